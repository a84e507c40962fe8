"""What was forecast beside what customers then did, and sums of forecasts with their intervals."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from helpers.base.sampling import Interval, ranks
from helpers.chapters.lifetime_value.models import Fit, alive, expected_orders, returns_within
from helpers.chapters.lifetime_value.purchases import WEEK


def probability(fitted: Fit, customers: pd.DataFrame, days: int) -> np.ndarray:
    """Return the probability that each customer orders within so many days."""
    x, last, age = (customers[name].to_numpy(float) for name in ("x", "last", "age"))
    active = alive(fitted.model, fitted.values, x, last, age)
    return np.clip(active * returns_within(fitted.model, fitted.values, x, age, days / WEEK), 0.0, 1.0)


def tracking(purchases: pd.DataFrame, fitted: Fit, then: datetime, today: datetime) -> pd.DataFrame:
    """Return repeat orders by week, as they were and as a model expects them of the customers known at a cut-off.

    By `week` (its first day): `actual`, `expected`; weeks up to the one that `today` cuts short.
    """
    days = purchases.loc[purchases["orders"] > 0, ["customer_id", "day"]]
    first = days.groupby("customer_id")["day"].min()
    first = first[first < then]
    repeats = days[days["customer_id"].isin(first.index)].merge(first.rename("first"), on="customer_id")
    repeats = repeats.loc[repeats["day"] > repeats["first"], "day"]
    start = first.min()
    weeks = int((pd.Timestamp(today) - start).days // WEEK)
    actual = np.bincount(((repeats - start).dt.days // WEEK).astype(int), minlength=weeks)[:weeks]
    born = np.bincount(((first - start).dt.days // WEEK).astype(int), minlength=weeks)[:weeks]
    # a customer who begins in the middle of a week has had half of it at its end
    ages = np.maximum(np.arange(weeks + 1) - 0.5, 0.0)
    zero = np.zeros(weeks + 1)
    started = alive(fitted.model, fitted.values, zero, zero, zero)
    each = np.diff(started * expected_orders(fitted.model, fitted.values, zero, zero, ages), prepend=0.0)[1:]
    expected = np.convolve(born, each)[:weeks]
    at = start + pd.to_timedelta(np.arange(weeks) * WEEK, unit="D")
    return pd.DataFrame({"actual": actual, "expected": expected}, index=pd.Index(at, name="week"))


def by_part(customers: pd.DataFrame, part: pd.Series, name: str) -> pd.DataFrame:
    """Return mean orders per customer as expected and as they were, by a part of the customers (`name`)."""
    by = customers.groupby(part.rename(name).astype(int))
    means = by[["next_orders", "expected"]].mean().rename(columns={"next_orders": "actual"})
    return means.assign(customers=by.size()).query("customers >= 20").reset_index()


def compare(forecasts: Mapping[str, pd.Series], actual: np.ndarray, bought: np.ndarray) -> pd.DataFrame:
    """Return how good forecasts of customers' worth are: `spearman`, `total_ratio`, `mae`, `auc` (of buying)."""
    rows = []
    for name, forecast in forecasts.items():
        values = forecast.to_numpy(float)
        ratio = values.sum() / actual.sum() if actual.sum() > 0 else np.nan
        auc = roc_auc_score(bought, values) if 0 < bought.mean() < 1 else np.nan
        rows.append((name, _spearman(actual, values), ratio, np.abs(values - actual).mean(), auc))
    return pd.DataFrame(rows, columns=["forecast", "spearman", "total_ratio", "mae", "auc"])


def rank_gain(actual: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return by how much one forecast's rank correlation with what was exceeds another's."""
    return _spearman(actual, one) - _spearman(actual, other)


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    a, b = ranks(one), ranks(other)
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0


def winner(compared: pd.DataFrame, gains: Mapping[str, Interval], *, doubtful: bool) -> str:
    """Return the forecast to rank customers by: the model, unless another is significantly better.

    Where the model is doubtful (a parameter at its bound), unless another is better at all.
    """
    best = compared.loc[compared["spearman"].idxmax(), "forecast"]
    if best == "model" or not (doubtful or gains[best].low > 0):
        return "model"
    return str(best)


def by_group(value: pd.DataFrame, group: pd.Series, drawn: pd.DataFrame) -> pd.DataFrame:
    """Return sums by group with the interval (95 % of draws) of its lifetime value, the largest first.

    Args:
        value: `worth_year`, `lifetime`, `value_at_risk` and `alive` of customers.
        group: of the same customers.
        drawn: draws x groups.
    """
    by = value.groupby(group.to_numpy())
    found = (
        by[["worth_year", "lifetime", "value_at_risk"]].sum().assign(customers=by.size(), alive=by["alive"].mean())
    )
    bounds = drawn.quantile([0.025, 0.975]).T.set_axis(["low", "high"], axis=1)
    return found.join(bounds).rename_axis("group").sort_values("lifetime", ascending=False)


def compare_dates(ways: Mapping[str, tuple], came: pd.Series, cut: datetime) -> pd.DataFrame:
    """Return how well ways to date the next order foresaw a window.

    Args:
        ways: by name: a score of each customer, higher for sooner, and the date of the next order.
        came: the date of the order in the window, missing without one.
        cut: start of the window; no order can be expected before it.

    Returns:
        `way`, `auc` (of ordering in the window), `days_off` (median days between the expected date and the order,
        of those who ordered).
    """
    ordered, rows = came.notna().to_numpy(), []
    for name, (score, on) in ways.items():
        off = (on.clip(lower=pd.Timestamp(cut)) - came).abs().dt.total_seconds() / 86_400
        auc = roc_auc_score(ordered, score) if 0 < ordered.mean() < 1 else np.nan
        rows.append((name, auc, float(off[ordered].median())))
    return pd.DataFrame(rows, columns=["way", "auc", "days_off"])

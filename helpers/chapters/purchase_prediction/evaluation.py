"""What the chapter measures beside scikit-learn's own scores, and when there is nothing to measure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.errors import StudyError
from helpers.base.sampling import ranks
from helpers.base.text import day
from helpers.chapters.purchase_prediction.features import features_of
from helpers.customers.snapshots import cut_offs
from helpers.predicting.audit import unusable
from helpers.predicting.folds import Folds


def check_limits(**limits: tuple[float, ...]) -> None:
    """Check parameters: `folds=(folds, 2)` asks for at least 2, `margin=(margin, 0, 1)` for a value between.

    Raises:
        StudyError: naming the parameter and the value.
    """
    for name, (value, low, *high) in limits.items():
        if value < low or (high and value > high[0]):
            allowed = f"between {low} and {high[0]}" if high else f"at least {low}"
            raise StudyError(f"purchase_prediction.{name} is {value}, but should be {allowed}.")


def dates_or_reason(lines: nw.LazyFrame, days: int, at_most: int, last: str | None) -> tuple[list[datetime], str]:
    """Return the cut-offs, the last one for the test; or why there are too few, as a sentence.

    Raises:
        StudyError: the study file itself asks for a cut-off that cannot be; that is for its author to correct.
    """
    try:
        dates = cut_offs(lines, days, at_most, last)
    except StudyError as error:
        if last is not None:
            raise
        return [], str(error)
    if len(dates) > 1:
        return dates, ""
    return [], (
        f"The sales data have room for one cut-off only ({day(dates[0])}), so a model tested there would have "
        f"nothing to learn from: choose a horizon shorter than {days} days."
    )


def why_not(known: pd.DataFrame, folds: int) -> str:
    """Return why nothing can be learned from customers at cut-offs, as a sentence; empty where something can.

    `known` are customers at two cut-offs or more, with `cut_off`, `customer_id` and `bought`.
    """
    latest = known["cut_off"].max()
    training, test = known[known["cut_off"] < latest], known[known["cut_off"] == latest]
    customers = training["customer_id"].nunique()
    if customers < folds:
        return f"There are {customers} customers before the last cut-off, fewer than the {folds} folds."
    buyers, others = (
        training.loc[training["bought"] == outcome, "customer_id"].nunique() for outcome in (True, False)
    )
    if min(buyers, others) < folds:
        kind = "bought again" if buyers < others else "did not buy again"
        return (
            f"Only {min(buyers, others)} of {customers} customers {kind} within the horizon, fewer than the "
            f"{folds} folds: there are not two outcomes to tell apart. Change purchase_prediction.horizon_days."
        )
    if test["bought"].nunique() < 2:
        who = "every" if test["bought"].all() else "no"
        return f"After {day(latest)} {who} customer bought within the horizon: choose another cut_off."
    return ""


def useless_features(training: pd.DataFrame, test: pd.DataFrame) -> dict[str, str]:
    """Return the features that say nothing -> why: constant or never known, in training or at the test."""
    features = features_of(training)
    in_training, at_test = unusable(training[features]), unusable(test[features])
    return {name: f"{why} at the test" for name, why in at_test.items()} | in_training


def new_customers_share(lines: nw.LazyFrame, test: pd.DataFrame, days: int) -> float:
    """Return the share of the horizon's revenue (or orders, without amounts) of who first bought within it."""
    moment, start = nw.col("ordered_at"), test["cut_off"].iloc[0].to_pydatetime()
    within = lines.filter(
        moment >= nw.lit(start), moment < nw.lit(start + timedelta(days=days)), ~nw.col("customer_id").is_null()
    )
    paid = "revenue" in lines.collect_schema().names()
    sums = nw.col("revenue").sum().cast(nw.Float64) if paid else nw.col("order_id").n_unique()
    all_of_it = within.select(sum=sums).collect("pyarrow").to_native().column("sum")[0].as_py() or 0.0
    known = float(test["next_spend" if paid else "next_orders"].sum())
    return 1 - known / all_of_it if all_of_it else 0.0


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return scikit-learn's roc_auc_score: how often a buyer scores above a non-buyer (ties count half).

    By ranks (Mann and Whitney, 1947), several times as fast as tracing the curve, which thousands of resamples
    feel; faster still for `places` of scores. nan where only one outcome is there.
    """
    positive = int(np.count_nonzero(labels))
    negative = len(labels) - positive
    if not positive or not negative:
        return float("nan")
    above = ranks(np.asarray(scores))[np.asarray(labels, dtype=bool)].sum()
    return float((above - positive * (positive + 1) / 2) / (positive * negative))


def auc_gain(labels: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return how far one model's AUC is above another's on the same customers."""
    return auc(labels, one) - auc(labels, other)


def scored_by_auc(model: Any, inputs: np.ndarray, labels: np.ndarray) -> float:
    """Return a model's AUC: scikit-learn's "roc_auc" for `scoring`, without its checks of every shuffle."""
    return auc(labels, model.predict_proba(inputs)[:, 1])


def judged_probabilities(estimators: Sequence[Any], inputs: pd.DataFrame, splits: Folds) -> np.ndarray:
    """Return the probability of each row that was judged, fold after fold, from the model that did not see it."""
    pairs = zip(estimators, splits, strict=True)
    return np.concatenate([model.predict_proba(inputs.iloc[judge])[:, 1] for model, (_, judge) in pairs])


def by_kind(test: pd.DataFrame, probabilities: np.ndarray, days: int) -> pd.DataFrame:
    """Return how the model does for different kinds of customers; `auc` is nan where all did the same."""
    kinds = {
        "One order so far": test["frequency"] == 1,
        "Two to four orders": test["frequency"].between(2, 4),
        "Five orders or more": test["frequency"] >= 5,
        "Known for less than the horizon": test["tenure"] < days,
        "Inactive for longer than the horizon": test["recency"] > days,
    }
    rows = [
        {
            "customer_kind": name,
            "customers": int(who.sum()),
            "probability": probabilities[who].mean(),
            "bought": test["bought"][who].mean(),
            "auc": auc(test["bought"][who].to_numpy(), probabilities[who]),
        }
        for name, who in kinds.items()
        if who.any()
    ]
    return pd.DataFrame(rows)

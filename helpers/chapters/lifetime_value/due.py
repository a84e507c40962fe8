"""When the next order is due: survival of the time to it, and each customer's and product's own rhythm."""

from datetime import datetime

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.stats import norm

from helpers.base.engine import day_of
from helpers.ledger.lines import collected

PRIOR = 1.0
"""Intervals of everybody's mean that are added to a customer's own, so that few intervals do not decide."""
DAY = pd.Timedelta(days=1)


def survival(durations: np.ndarray, ended: np.ndarray, level: float = 0.95) -> pd.DataFrame:
    """Return the product-limit estimate of how many have not yet ended after some time (Kaplan and Meier, 1958).

    Args:
        durations: above zero; of those that have not ended, how long they could be seen.
        ended: whether each has ended.
        level: of the interval: Greenwood's variance on the scale of log(-log), which keeps it within 0 and 1.

    Returns:
        By `time` (0, then each different duration): `share` that lasts longer, `low`, `high` and `value_at_risk`.
    """
    spans = pd.DataFrame({"time": durations, "ended": np.asarray(ended, dtype=float)})
    by = spans.groupby("time")["ended"].agg(["sum", "size"])
    value_at_risk = by["size"][::-1].cumsum()[::-1].to_numpy(float)
    died = by["sum"].to_numpy()
    share = np.cumprod(1 - died / value_at_risk)
    with np.errstate(all="ignore"):  # all have ended: no log
        spread = np.sqrt(np.cumsum(died / (value_at_risk * (value_at_risk - died))))
        log = np.log(share)
        steps = norm.ppf((1 + level) / 2) * spread / log  # below zero, as is the log
        sides = [np.exp(-np.exp(np.log(-log) + step)) for step in (-steps, steps)]
    low, high = (np.where(share == 1, 1.0, np.where(share == 0, 0.0, side)) for side in sides)
    found = pd.DataFrame({"share": share, "low": low, "high": high, "value_at_risk": value_at_risk}, by.index)
    if 0 not in found.index:
        found = pd.concat(
            [pd.DataFrame({"share": 1.0, "low": 1.0, "high": 1.0, "value_at_risk": len(spans)}, [0.0]), found]
        )
    return found.rename_axis("time")


def share_after(curve: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Return the share that lasts longer than some times; beyond the last seen time, that of the last."""
    place = np.searchsorted(curve.index.to_numpy(float), times, side="right") - 1
    return curve["share"].to_numpy()[np.maximum(place, 0)]


def time_at(curve: pd.DataFrame, shares: np.ndarray) -> np.ndarray:
    """Return when only some shares are left; missing where the curve does not come so low."""
    falling = -curve["share"].to_numpy()
    place = np.searchsorted(falling, -np.asarray(shares, dtype=float), side="left")
    times = np.append(curve.index.to_numpy(float), np.nan)
    return times[place]


def intervals_of(days: pd.DataFrame, until: datetime, by: list[str]) -> pd.DataFrame:
    """Return the time from each purchase day to the next, the last one open.

    Args:
        days: a row a purchase day: the columns `by` and `day`, sorted and different; days up to `until` count.
        until: when the last intervals are still open.
        by: whose intervals, such as `customer_id`.

    Returns:
        `by`, `day`, `number` (of the purchase day, from 1), `interval` (days), `ended`, and `own`: the mean of the
        intervals before it, with one of everybody's mean.
    """
    known = days.loc[days["day"] < until, [*by, "day"]]
    rows = known.sort_values([*by, "day"], ignore_index=True)
    each = rows.groupby(by)["day"]
    following = each.shift(-1)
    rows["number"] = each.cumcount() + 1
    rows["ended"] = following.notna()
    rows["interval"] = (following.fillna(pd.Timestamp(until)) - rows["day"]) / DAY
    finished = rows["interval"].where(rows["ended"], 0.0)
    usual = float(finished[rows["ended"]].mean()) if rows["ended"].any() else np.nan
    before = finished.groupby([rows[name] for name in by]).cumsum() - finished
    rows["own"] = (before + PRIOR * usual) / (rows["number"] - 1 + PRIOR)
    return rows


def rhythm(intervals: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the survival of intervals in units of the mean of the same customer's earlier ones."""
    late_enough = intervals[intervals["number"] > least]
    ratio = (late_enough["interval"] / late_enough["own"]).round(3)
    return survival(ratio.to_numpy(), late_enough["ended"].to_numpy())


def due(intervals: pd.DataFrame, curve: pd.DataFrame, least: int, late: float) -> pd.DataFrame:
    """Return when the next order of everybody with a rhythm is due.

    Args:
        intervals: of `intervals_of`.
        curve: of `rhythm`.
        least: intervals that make a rhythm.
        late: share of intervals that last as long, from which the next order is overdue.

    Returns:
        Of each open interval with at least so many before it: its columns, `usual_on` (when half of the intervals
        have ended), `due_on` (the same, given that there was no order until now; missing where most never end),
        `still_open` (the share of intervals that last longer), `overdue`.
    """
    still = intervals[~intervals["ended"] & (intervals["number"] > least)].copy()
    elapsed = (still["interval"] / still["own"]).to_numpy()
    still["still_open"] = share_after(curve, elapsed)
    still["usual_on"] = still["day"] + _days(still["own"] * float(time_at(curve, np.array([0.5]))[0]))
    still["due_on"] = still["day"] + _days(still["own"] * time_at(curve, still["still_open"].to_numpy() / 2))
    still["overdue"] = still["still_open"] <= late
    return still


def _days(number: pd.Series) -> pd.Series:
    return pd.to_timedelta(number.round(), unit="D")


def within(still: pd.DataFrame, curve: pd.DataFrame, days: int) -> np.ndarray:
    """Return the probability of an order in the next days, of open intervals, by their rhythm."""
    now = share_after(curve, (still["interval"] / still["own"]).to_numpy())
    then = share_after(curve, ((still["interval"] + days) / still["own"]).to_numpy())
    return np.where(now > 0, 1 - then / np.maximum(now, 1e-12), 0.0)


def product_days(lines: nw.LazyFrame, least: int) -> pd.DataFrame:
    """Return the days on which customers bought a product, for those who bought it on more than `least` days.

    A row a `customer_id`, `product` (its category where the lines have one, else code or name) and `day`; empty
    where products are not known.
    """
    names = lines.collect_schema().names()
    product = next((name for name in ("product_id", "product_name", "category") if name in names), None)
    if product is None:
        return pd.DataFrame(columns=["customer_id", "product", "day"])
    known = lines.filter(*(~nw.col(n).is_null() for n in ("customer_id", "ordered_at", product)))
    days = known.select("customer_id", product=nw.col(product), day=day_of("ordered_at"))
    found = collected(days.group_by("customer_id", "product", "day").agg(_n=nw.len())).drop(columns="_n")
    times = found.groupby(["customer_id", "product"])["day"].transform("size")
    return found[times > least].reset_index(drop=True)


def product_names(lines: nw.LazyFrame) -> dict[str, str]:
    """Return the most frequent name of each product code; none where products have no code, or codes no name."""
    if not {"product_id", "product_name"} <= set(lines.collect_schema().names()):
        return {}
    known = lines.filter(~nw.col("product_id").is_null(), ~nw.col("product_name").is_null())
    counts = collected(known.group_by("product_id", "product_name").agg(_n=nw.len()))
    most = counts.sort_values(["_n", "product_name"], ascending=[False, True]).drop_duplicates("product_id")
    return dict(zip(most["product_id"], most["product_name"], strict=True))

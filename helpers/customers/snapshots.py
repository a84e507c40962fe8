"""One global date splits a ledger: what was known before it, and what the customers then did.

Everything that predicts is computed from lines before the cut-off, everything that is predicted from lines of the
horizon after it, for all customers at the same date. So nothing of the future can reach a feature.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.base.engine import DuckDBEngine, distinct_rows
from helpers.base.errors import StudyError
from helpers.base.text import day
from helpers.customers.features import customer_features, span_of


class Snapshot(NamedTuple):
    """The customers known at a cut-off and what they did in the horizon after it."""

    cut_off: datetime
    days: int
    customers: pd.DataFrame
    """A row a customer who bought before the cut-off, by `customer_id`: the features of `customer_features` as of
    the cut-off, and `recent_spend` (net, where amounts are known), `recent_orders`: of as many days before it."""
    spend: np.ndarray
    """Net revenue in the horizon, aligned to `customers`: purchases less what was returned in the same days, so
    below zero for customers who returned more than they bought. 0 for customers who did neither (or have not yet
    had the time to), and for all where amounts are not known."""
    orders: np.ndarray
    """Orders in the horizon, aligned to `customers`."""

    @property
    def bought(self) -> np.ndarray:
        """Whether each customer bought in the horizon."""
        return self.orders > 0

    @property
    def rows(self) -> int:
        """Number of customers."""
        return len(self.customers)


def stacked(snapshots: Sequence[Snapshot]) -> pd.DataFrame:
    """Return the customers of several cut-offs in one frame: `cut_off`, their columns, and then what they did.

    Returns:
        A row a customer and cut-off, with `cut_off`, the columns of `Snapshot.customers`, `spend` and `bought`.
    """
    frames = [one.customers.assign(cut_off=one.cut_off, spend=one.spend, bought=one.bought) for one in snapshots]
    return pd.concat(frames, ignore_index=True)


def last_midnight(lines: nw.LazyFrame) -> datetime:
    """Return the midnight before the last order: the day after it may be incomplete."""
    last = lines.select(last=nw.col("ordered_at").max()).collect("pyarrow").to_native().to_pylist()[0]["last"]
    return last.replace(hour=0, minute=0, second=0, microsecond=0)


def cut_offs(lines: nw.LazyFrame, days: int, at_most: int, last: str | None = None) -> list[datetime]:
    """Return the dates a ledger can be cut at, the earliest first, so that horizons never overlap.

    The last horizon ends with the midnight before the last order's (that day may be incomplete), or starts at
    `last`; each earlier one ends where the next starts. Before a cut-off lie at least as many days as after it.

    Args:
        lines: clean purchases with `ordered_at`.
        days: length of the horizon.
        at_most: how many cut-offs are wanted; a short ledger has fewer.
        last: the last cut-off, as a date such as 2011-09-10.

    Raises:
        StudyError: the ledger is too short for one cut-off, or `last` is no date or outside it.
    """
    moment = nw.col("ordered_at")
    ends = lines.select(first=moment.min(), last=moment.max()).collect("pyarrow").to_native().to_pylist()[0]
    first, end = ends["first"], ends["last"]
    if end is None:
        raise StudyError("No transaction has an ordered_at: there is nothing before or after a date.")
    latest = end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    if last is not None:
        latest = _date(last)
        if not first < latest <= end:
            raise StudyError(
                f"The cut-off {last} is outside the sales data, whose orders go from {first:%Y-%m-%d} to "
                f"{end:%Y-%m-%d}: give a date between them."
            )
    found = [latest - timedelta(days=days * back) for back in range(at_most)]
    found = [cut_off for cut_off in found if cut_off - timedelta(days=days) >= first]
    if not found:
        raise StudyError(
            f"The orders go from {day(first)} to {day(end)}, too short for a horizon of {days} days "
            "with as many days before it: choose a shorter horizon."
        )
    return found[::-1]


def observe(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    cut_off: datetime,
    days: int,
    engine: DuckDBEngine,
    *,
    only: Collection[str] | None = None,
) -> Snapshot:
    """Return what was known of each customer at a cut-off, and what they did in the days after it.

    Args:
        lines: clean purchases.
        returns: lines brought back: features see those before the cut-off, spend has those of its days. Those
            without a moment are in no spend.
        cut_off: first moment of the horizon; features see nothing from it on.
        days: length of the horizon.
        engine: where the lines live.
        only: features that are wanted, where known; all where not given. What nobody wants is not computed.

    Raises:
        StudyError: nobody bought before the cut-off.
    """
    moment = nw.col("ordered_at")
    known = lines.filter(moment < nw.lit(cut_off), ~nw.col("customer_id").is_null())
    brought_back = returns
    if "ordered_at" in returns.collect_schema().names():
        brought_back = returns.filter(moment < nw.lit(cut_off))
    span = span_of(known, brought_back, snapshot=cut_off.isoformat())
    with engine.for_now():
        features = customer_features(known, brought_back, span, engine)
        if only is not None:
            there = features.collect_schema().names()
            features = features.select("customer_id", *(name for name in there if name in only))
        customers = features.sort("customer_id").collect("pandas").to_native()
    length, who = timedelta(days=days), customers["customer_id"]
    net, orders = _both_sides(lines, returns, cut_off, length, who)
    if _dated_amounts(lines):
        customers["recent_spend"] = net[False]
    customers["recent_orders"] = orders[False]
    return Snapshot(cut_off, days, customers, net[True], orders[True])


def of_customers(lines: nw.LazyFrame, ids: np.ndarray, engine: DuckDBEngine) -> nw.LazyFrame:
    """Return the lines of some customers."""
    wanted = engine.table(pa.table({"customer_id": pa.array(ids, pa.string())}))
    return lines.join(wanted, on="customer_id", how="semi")


def known_sales(lines: nw.LazyFrame, returns: nw.LazyFrame, start: datetime, days: int) -> float:
    """Return the net sales, in the days from a moment on, of the customers who had bought before it."""
    before = lines.filter(nw.col("ordered_at") < nw.lit(start), ~nw.col("customer_id").is_null())
    who = distinct_rows(before, "customer_id").collect("pandas").to_native()["customer_id"]
    return float(_both_sides(lines, returns, start, timedelta(days=days), who)[0][True].sum())


def net_sales(lines: nw.LazyFrame, returns: nw.LazyFrame, start: datetime, days: int) -> float:
    """Return the net sales of everybody in the days from a moment on: purchases and, below zero, returns.

    Lines without a customer count. 0 where amounts are not known.
    """
    ends = start, start + timedelta(days=days)
    parts = [_within(frame, *ends) for frame in (lines, returns) if _dated_amounts(frame)]
    sums = [part.select(sum=nw.col("revenue").sum().cast(nw.Float64)).collect("pyarrow") for part in parts]
    return float(sum(one.to_native().column("sum")[0].as_py() or 0.0 for one in sums))


def _both_sides(
    lines: nw.LazyFrame, returns: nw.LazyFrame, cut_off: datetime, length: timedelta, who: pd.Series
) -> tuple[dict[bool, np.ndarray], dict[bool, np.ndarray]]:
    """Return each customer's purchases less returns (0 without amounts), and their orders.

    Both by whether they are of the days from a moment on; the others are of as many days before it.
    """
    net, orders = {side: np.zeros(len(who)) for side in (False, True)}, {}
    for frame in (lines, returns):
        known, sums = frame.collect_schema().names(), {}
        if _dated_amounts(frame):
            sums["net"] = nw.col("revenue").sum().cast(nw.Float64)
        if frame is lines:
            sums["orders"] = nw.col("order_id").n_unique()
        if not sums or "customer_id" not in known:
            continue
        near = _within(frame, cut_off - length, cut_off + length)
        near = near.with_columns(after=nw.col("ordered_at") >= nw.lit(cut_off)).group_by("customer_id", "after")
        found = near.agg(**sums).collect("pandas").to_native()
        for side in (False, True):
            of_side = found[found["after"] == side].set_index("customer_id").reindex(who)
            if "net" in sums:
                net[side] += of_side["net"].fillna(0).to_numpy(float)
            if "orders" in sums:
                orders[side] = of_side["orders"].fillna(0).to_numpy(int)
    return net, orders


def _within(lines: nw.LazyFrame, start: datetime, end: datetime) -> nw.LazyFrame:
    return lines.filter(nw.col("ordered_at") >= nw.lit(start), nw.col("ordered_at") < nw.lit(end))


def _dated_amounts(lines: nw.LazyFrame) -> bool:
    return {"ordered_at", "revenue"} <= set(lines.collect_schema().names())


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise StudyError(f"The cut-off is {text!r}, but should be a date such as 2011-09-10.") from None

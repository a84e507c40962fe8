"""One global date splits a ledger: what was known before it, and what the customers then did.

Everything that predicts is computed from lines before the cut-off, everything that is predicted from lines of the
horizon after it, for all customers at the same date. So nothing of the future can reach a feature.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
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
    lines: nw.LazyFrame, returns: nw.LazyFrame, cut_off: datetime, days: int, engine: DuckDBEngine
) -> Snapshot:
    """Return what was known of each customer at a cut-off, and what they did in the days after it.

    Args:
        lines: clean purchases.
        returns: lines brought back: features see those before the cut-off, spend has those of its days. Those
            without a moment are in no spend.
        cut_off: first moment of the horizon; features see nothing from it on.
        days: length of the horizon.
        engine: where the lines live.

    Raises:
        StudyError: nobody bought before the cut-off.
    """
    moment = nw.col("ordered_at")
    known = lines.filter(moment < nw.lit(cut_off), ~nw.col("customer_id").is_null())
    brought_back = returns
    if "ordered_at" in returns.collect_schema().names():
        brought_back = returns.filter(moment < nw.lit(cut_off))
    span = span_of(known, brought_back, snapshot=cut_off.isoformat())
    features = customer_features(known, brought_back, span, engine).sort("customer_id")
    customers = features.collect("pandas").to_native()
    length, who = timedelta(days=days), customers["customer_id"]
    if "monetary" in customers:
        customers["recent_spend"] = _net(lines, returns, cut_off - length, cut_off, who)
    customers["recent_orders"] = _orders(lines, cut_off - length, cut_off, who)
    spend = _net(lines, returns, cut_off, cut_off + length, who)
    return Snapshot(cut_off, days, customers, spend, _orders(lines, cut_off, cut_off + length, who))


def net_sales(lines: nw.LazyFrame, returns: nw.LazyFrame, start: datetime, days: int) -> float:
    """Return the net sales of everybody in the days from a moment on: purchases and, below zero, returns.

    Lines without a customer count. 0 where amounts are not known.
    """
    ends = start, start + timedelta(days=days)
    parts = [_within(frame, *ends) for frame in (lines, returns) if _dated_amounts(frame)]
    sums = [part.select(sum=nw.col("revenue").sum().cast(nw.Float64)).collect("pyarrow") for part in parts]
    return float(sum(one.to_native().column("sum")[0].as_py() or 0.0 for one in sums))


def _net(lines: nw.LazyFrame, returns: nw.LazyFrame, start: datetime, end: datetime, who: pd.Series) -> np.ndarray:
    """Return each customer's purchases less returns, from a moment up to before another; 0 without amounts."""
    net = np.zeros(len(who))
    for frame in (lines, returns):
        if _dated_amounts(frame) and "customer_id" in frame.collect_schema().names():
            sums = _within(frame, start, end).group_by("customer_id")
            found = sums.agg(sum=nw.col("revenue").sum().cast(nw.Float64)).collect("pandas").to_native()
            net += found.set_index("customer_id")["sum"].reindex(who).fillna(0).to_numpy(float)
    return net


def _orders(lines: nw.LazyFrame, start: datetime, end: datetime, who: pd.Series) -> np.ndarray:
    """Return how many orders each customer placed, from a moment up to before another."""
    counts = _within(lines, start, end).group_by("customer_id").agg(orders=nw.col("order_id").n_unique())
    found = counts.collect("pandas").to_native().set_index("customer_id")["orders"]
    return found.reindex(who, fill_value=0).to_numpy(int)


def _within(lines: nw.LazyFrame, start: datetime, end: datetime) -> nw.LazyFrame:
    return lines.filter(nw.col("ordered_at") >= nw.lit(start), nw.col("ordered_at") < nw.lit(end))


def _dated_amounts(lines: nw.LazyFrame) -> bool:
    return {"ordered_at", "revenue"} <= set(lines.collect_schema().names())


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise StudyError(f"The cut-off is {text!r}, but should be a date such as 2011-09-10.") from None

"""Which few customers or products account for a month outside its range."""

from typing import Any, NamedTuple

import narwhals as nw
import pandas as pd

from helpers.chapters.what_changed.sales import totals

A_FEW = 5
"""Customers or products that may explain a month."""
ENOUGH = 1 / 3
"""Share of the deviation from which a few explain it."""
KINDS = (
    ("customer_id", "returned", -1),
    ("product", "returned", -1),
    ("customer_id", "sales", 1),
    ("product", "sales", 1),
    ("customer_id", "orders", 1),
)
"""By what a month may be explained: of whom, which sum, and whether more of it makes the month larger."""


class Cause(NamedTuple):
    """The few who account for a month outside its range."""

    by: str
    """`customer_id` or `product`."""
    measure: str
    """`sales`, `returned` or `orders`."""
    few: pd.DataFrame
    """By customer or product, the largest first: `effect` on the month and the `amount` in it."""
    share: float
    """Their effect over the month's deviation from what was expected."""


def explain(moves: nw.LazyFrame, month: pd.Period, missing: float, ratio: float | None) -> list[Cause]:
    """Return the few customers or products that account for a month's deviation, what happened in it first.

    Each customer and product is expected at what it did in the same month of the year before times the usual ratio
    of the two years; without seasons, at its mean of all other months.

    Args:
        moves: of `sales_and_returns`.
        month: the month to explain.
        missing: its actual less its expected sum.
        ratio: usual ratio of a month to that of the year before, if it was expected by it.

    Returns:
        Of returns and of sales (or orders), those that account for a third at least, by customer or by product,
        whichever is told by fewer; empty where no few do.
    """
    found: dict[str, Cause] = {}
    names = moves.collect_schema().names()
    for by, measure, sign in KINDS:
        names = moves.collect_schema().names()
        if (
            by not in names
            or (measure == "orders") == ("sales" in names)
            or (measure != "orders" and measure not in names)
        ):
            continue
        then = _sums(moves, month, by, measure)
        before = _sums(moves, month - 12, by, measure) * ratio if ratio else _mean(moves, month, by, measure)
        effect = sign * then.sub(before, fill_value=0.0)
        largest = effect.sort_values(ascending=missing < 0, kind="stable").head(A_FEW)
        largest = largest[(largest < 0) if missing < 0 else (largest > 0)]
        # those that hardly add to it are no part of the explanation
        largest = largest[largest.abs() >= 0.1 * abs(missing) / A_FEW]
        few = pd.DataFrame({"effect": largest, "amount": then.reindex(largest.index, fill_value=0.0)})
        cause = Cause(by, measure, few, float(largest.sum() / missing))
        if cause.share >= max(ENOUGH, 1.5 * found[measure].share if measure in found else 0):
            found[measure] = cause
    return sorted(found.values(), key=lambda cause: -abs(cause.few["amount"].sum()))


def _sums(moves: nw.LazyFrame, month: pd.Period, by: str, measure: str) -> pd.Series:
    start = month.start_time.to_pydatetime()
    return totals(moves.filter(nw.col("month") == nw.lit(start)), by)[measure]


def _mean(moves: nw.LazyFrame, month: pd.Period, by: str, measure: str) -> pd.Series:
    start = month.start_time.to_pydatetime()
    others = moves.filter(nw.col("month") != nw.lit(start))
    months = others.select(nw.col("month").n_unique()).collect("pyarrow").to_native().column(0)[0].as_py()
    return totals(others, by)[measure] / max(months, 1)


def finding(month: pd.Period, row: pd.Series, causes: list[Cause]) -> dict[str, Any]:
    """Return an unusual month as findings have it."""
    few = [
        {"measure": one.measure, "by": one.by, "share": one.share, "few": one.few["effect"].to_dict()}
        for one in causes
    ]
    return {"month": str(month), "actual": row["actual"], "expected": row["expected"], "causes": few}

"""Is the ledger in good health? Dates that run ahead, days without sales, a month cut short, wild prices.

Each check takes lazy lines and returns small results; what a study has no columns for is left out.
"""

from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from helpers.ledger.calendar import Calendar

HUNDREDFOLD = 100
"""A price this many times above or below the product's usual one is a slip of the keyboard until proved."""


def wild_prices(lines: nw.LazyFrame) -> pd.DataFrame:
    """Return lines whose price is a hundredfold above or below the median price of their product.

    Returns:
        line, product_id, unit_price, usual_price, times (price over the usual one), furthest first.
    """
    names = lines.collect_schema().names()
    wanted = ["line", "product_id", "unit_price"]
    if not set(wanted) <= set(names):
        return pd.DataFrame(columns=[*wanted, "usual_price", "times"])
    priced = lines.filter(nw.col("unit_price") > 0, ~nw.col("product_id").is_null())
    priced = priced.select("line", "product_id", nw.col("unit_price").cast(nw.Float64))
    usual = priced.group_by("product_id").agg(usual_price=nw.col("unit_price").median())
    compared = priced.join(usual, on="product_id").with_columns(times=nw.col("unit_price") / nw.col("usual_price"))
    wild = compared.filter((nw.col("times") >= HUNDREDFOLD) | (nw.col("times") <= 1 / HUNDREDFOLD))
    found = wild.collect("pandas").to_native()
    distance = found["times"].where(found["times"] >= 1, 1 / found["times"])
    return found.assign(_far=distance).sort_values(["_far", "line"], ascending=[False, True]).drop(columns="_far")


def checks(calendar: Calendar | None, wild: pd.DataFrame, today: date) -> pd.DataFrame:
    """Return the checks as a table for readers: what was checked, what was found, and what it means."""
    rows: list[dict[str, Any]] = []
    if calendar is not None:
        silent = ", ".join(calendar.silent_weekdays) or "none"
        empty = calendar.days - calendar.days_with_sales
        rows += [
            {
                "check": "Lines dated long after nearly all others",
                "found": f"{calendar.running_ahead:,}",
                "means": "a wrong year or a mixed-up date"
                if calendar.running_ahead
                else f"the ledger ends where its lines do, on {calendar.last}",
            },
            {
                "check": f"Last date against today ({today})",
                "found": str(calendar.last),
                "means": "lies in the future: check the dates" if calendar.last > today else "lies in the past",
            },
            {
                "check": "Days without sales",
                "found": f"{empty:,} of {calendar.days:,}",
                "means": f"weekdays that never sell: {silent}; longest silence {calendar.longest_gap} days, "
                f"after {calendar.gap_from}",
            },
            {
                "check": "Last month",
                "found": "complete" if calendar.last_month_complete else "incomplete",
                "means": "comparable with the others"
                if calendar.last_month_complete
                else f"ends on {calendar.last}: never compare it with a whole month",
            },
        ]
    if len(wild) or calendar is not None:
        rows.append(
            {
                "check": "Prices a hundredfold off the product's usual one",
                "found": f"{len(wild):,} lines",
                "means": "listed below; typos, or one code for different things" if len(wild) else "none found",
            }
        )
    return pd.DataFrame(rows, columns=["check", "found", "means"])

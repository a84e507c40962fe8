"""Is the ledger in good health? Dates that run ahead, days without sales, a month cut short, wild prices.

Each check takes lazy lines and returns small results; what a study has no columns for is left out.
"""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import narwhals as nw
import pandas as pd

HUNDREDFOLD = 100
"""A price this many times above or below the product's usual one is a slip of the keyboard until proved."""
AHEAD_DAYS = 31
"""A date this long after nearly all others runs ahead of the ledger."""
NEARLY_ALL = 0.999


class Calendar(NamedTuple):
    """How the days of a ledger are filled."""

    first: date
    last: date
    days: int
    days_with_sales: int
    silent_weekdays: list[str]
    longest_gap: int
    """Days between two days with sales, the silent ones."""
    gap_from: date
    last_month_complete: bool
    running_ahead: int
    """Lines dated more than a month after 99.9 % of all lines."""


def sales_days(lines: nw.LazyFrame) -> pd.DataFrame:
    """Return one row a day with sales: `day` (datetime64) and `lines`, in order; empty without dates."""
    if "ordered_at" not in lines.collect_schema().names():
        return pd.DataFrame({"day": pd.Series(dtype="datetime64[ns]"), "lines": pd.Series(dtype="int64")})
    dated = lines.filter(~nw.col("ordered_at").is_null())
    days = dated.with_columns(day=nw.col("ordered_at").dt.truncate("1d")).group_by("day").agg(lines=nw.len())
    return days.sort("day").collect("pandas").to_native()


def calendar_of(days: pd.DataFrame) -> Calendar | None:
    """Return how the days between the first and the last sale are filled; None where there are no dates."""
    if days.empty:
        return None
    dates = [moment.date() for moment in days["day"]]
    span = [dates[0] + timedelta(n) for n in range((dates[-1] - dates[0]).days + 1)]
    weekdays = {day.strftime("%A") for day in dates}
    # a span shorter than a week has weekdays that never had a chance
    silent = {day.strftime("%A") for day in span} - weekdays
    gaps = [((later - earlier).days - 1, earlier) for earlier, later in pairwise(dates)]
    longest, before = max(gaps, key=lambda gap: gap[0], default=(0, dates[0]))
    share = days["lines"].cumsum() / days["lines"].sum()
    usual_end = days.loc[share >= NEARLY_ALL, "day"].iloc[0]
    ahead = days.loc[days["day"] > usual_end + timedelta(AHEAD_DAYS), "lines"].sum()
    last = dates[-1]
    rest = [last + timedelta(n) for n in range(1, monthrange(last.year, last.month)[1] - last.day + 1)]
    return Calendar(
        first=dates[0],
        last=last,
        days=len(span),
        days_with_sales=len(dates),
        silent_weekdays=[d.strftime("%A") for d in span[:7] if d.strftime("%A") in silent],
        longest_gap=longest,
        gap_from=before,
        last_month_complete=not [day for day in rest if day.strftime("%A") in weekdays],
        running_ahead=int(ahead),
    )


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

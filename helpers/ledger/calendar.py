"""The calendar of a ledger: which days have sales, and whether its last month is over."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import narwhals as nw
import pandas as pd

from helpers.base.engine import day_of

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
    days = dated.with_columns(day=day_of("ordered_at")).group_by("day").agg(lines=nw.len())
    return days.sort("day").collect("pandas").to_native()


def calendar_of(days: pd.DataFrame) -> Calendar | None:
    """Return how the days between the first and the last sale are filled; None where there are no dates."""
    if days.empty:
        return None
    dates = [moment.date() for moment in days["day"]]
    span = [dates[0] + timedelta(n) for n in range((dates[-1] - dates[0]).days + 1)]
    weekdays = {day.strftime("%A") for day in dates}
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
        # a span shorter than a week has weekdays that never had a chance
        silent_weekdays=[d.strftime("%A") for d in span[:7] if d.strftime("%A") not in weekdays],
        longest_gap=longest,
        gap_from=before,
        last_month_complete=not [day for day in rest if day.strftime("%A") in weekdays],
        running_ahead=int(ahead),
    )

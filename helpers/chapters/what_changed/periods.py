"""Which two periods of the data are compared: as long as the data allows, and a year apart where it can be."""

from datetime import date, timedelta
from typing import NamedTuple

import narwhals as nw
import pandas as pd

from helpers.base.text import day
from helpers.ledger.calendar import calendar_of, sales_days

FIRST_DAYS = 3
"""Day of the month up to which a first sale may fall for the month to count as whole: shops rest at New Year."""
A_WEEK = 7
"""Days that two periods have at least."""


class Period(NamedTuple):
    """Days from `first` to `last`, both included, and what the period is called."""

    first: date
    last: date
    name: str

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


class Compared(NamedTuple):
    """Two periods: the later one is held against the earlier one."""

    before: Period
    after: Period
    why: str
    """Which periods are compared and why these, as a sentence."""

    @property
    def by_year(self) -> bool:
        """Whether the periods are a year apart, so that they have the same seasons."""
        return (self.after.first - self.before.first).days >= 365


class Dates(NamedTuple):
    """The days on which a ledger has sales."""

    first: date
    last: date
    months: pd.PeriodIndex
    """Calendar months that are whole, in order."""


def dates_of(lines: nw.LazyFrame) -> Dates | None:
    """Return the first and last day with sales and the whole months; None where no line has a date."""
    calendar = calendar_of(sales_days(lines))
    if calendar is None:
        return None
    months = pd.period_range(calendar.first, calendar.last, freq="M")
    first = 0 if calendar.first.day <= FIRST_DAYS else 1
    return Dates(calendar.first, calendar.last, months[first : len(months) - (not calendar.last_month_complete)])


def choose(dates: Dates) -> Compared | None:
    """Return the two periods to compare; None where the data has less than two weeks.

    The last two whole calendar years; else the last twelve whole months and the twelve before; else all days that
    the data also has a year earlier, if that is a week at least; else the last two whole months; else the later
    half of the days and the earlier half.
    """
    months = dates.months
    years = [year for year in months.year.unique() if (months.year == year).sum() == 12]
    if len(years) > 1 and years[-2] == years[-1] - 1:
        before, after = (Period(date(year, 1, 1), date(year, 12, 31), str(year)) for year in years[-2:])
        return Compared(before, after, f"The last two whole years of the data are {before.name} and {after.name}.")
    if len(months) >= 24:
        before, after = _months(months[-24:-12]), _months(months[-12:])
        why = (
            "The data has no two whole calendar years: the last twelve months are held against the twelve before."
        )
        return Compared(before, after, why)
    later = Period(_a_year(dates.first, 1), dates.last, "")
    if later.days >= A_WEEK:
        before, after = (_named(_a_year(later.first, back), _a_year(later.last, back)) for back in (-1, 0))
        why = f"The data has less than two years; only {after.name} was there a year before, too."
        return Compared(before, after, why)
    if len(months) > 1:
        before, after = _months(months[-2:-1]), _months(months[-1:])
        why = "The data has no day twice, a year apart: the last whole month is held against the one before."
        return Compared(before, after, why + " Season and change cannot be told apart.")
    half = ((dates.last - dates.first).days + 1) // 2
    if half < A_WEEK:
        return None
    before = _named(dates.last - timedelta(2 * half - 1), dates.last - timedelta(half))
    after = _named(dates.last - timedelta(half - 1), dates.last)
    return Compared(
        before, after, "The data is shorter than two months: its later half is held against the earlier."
    )


def to_date(dates: Dates) -> Compared | None:
    """Return this calendar year up to the last day and the same days of last year; None without those."""
    after = Period(date(dates.last.year, 1, 1), dates.last, f"{dates.last.year} to {_day(dates.last)}")
    before = Period(_a_year(after.first, -1), _a_year(after.last, -1), f"the same days of {dates.last.year - 1}")
    if dates.first > before.first + timedelta(FIRST_DAYS) or after.days < A_WEEK:
        return None
    return Compared(before, after, f"{after.name} is held against {before.name}.")


def within(lines: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """Return the lines of a period, by `day`."""
    start, end = pd.Timestamp(period.first).to_pydatetime(), pd.Timestamp(period.last).to_pydatetime()
    return lines.filter(nw.col("day") >= nw.lit(start), nw.col("day") <= nw.lit(end))


def _a_year(day: date, years: int) -> date:
    """Return the same day of another year; 28 February for a 29th that it has not."""
    return (pd.Timestamp(day) + pd.DateOffset(years=years)).date()


def _months(months: pd.PeriodIndex) -> Period:
    first, last = months[0], months[-1]
    ends = [month.strftime("%b %Y") for month in (first, last)]
    name = ends[0] if len(months) == 1 else " to ".join(ends)
    return Period(first.start_time.date(), last.end_time.date(), name)


def _named(first: date, last: date) -> Period:
    same_year, same_month = first.year == last.year, (first.year, first.month) == (last.year, last.month)
    begin = str(first.day) if same_month else _day(first) if same_year else day(first)
    return Period(first, last, f"{begin} to {day(last)}")


def _day(of: date) -> str:
    return f"{of.day} {of:%b}"

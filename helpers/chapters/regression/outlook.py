"""The sum of the period to come: the model's beside two figures that need no model, and which to plan with."""

from datetime import datetime
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.customers.snapshots import known_sales, net_sales
from helpers.predicting.ranges import SEASON
from helpers.predicting.ranges import YEAR as DAYS_OF_YEAR

FORECAST, LAST_YEAR, LAST_PERIOD = "forecast", "last year's same period", "last period"
"""What a sum to plan with may be taken from."""
YEAR = pd.DateOffset(years=1)
FAR = 1.5
"""Times last year's sum beyond which, up or down, the sum to plan with needs a reason."""


class YearBefore(NamedTuple):
    """Net sales of the same days a year before; None where the data does not reach back far enough."""

    known: float | None
    """Of the customers who had bought before these days, as a forecast has them."""
    everybody: float | None

    def is_far(self, figure: float) -> bool:
        """Return whether a sum to plan with is so far from everybody's of last year that it needs a reason."""
        return self.everybody is not None and not self.everybody / FAR < figure < self.everybody * FAR


class Outlook(NamedTuple):
    """The sums for the days to come, and what each would have said at every date that was forecast."""

    sums: pd.Series
    """By FORECAST, LAST_YEAR, LAST_PERIOD: of the days to come; NaN is not known."""
    past: pd.DataFrame
    """The same as columns, a row per date that was forecast, the test last; NaN is not known."""
    actual: pd.Series
    """Net spend in the days after each of these dates of the customers known at it."""
    margins: pd.Series
    """Half of each sum's range, as a share of the sum, by its own errors at these dates."""
    test_low: float
    test_high: float
    """Range that the forecast of the test had, by the errors before it; NaN where there were none."""

    @property
    def errors(self) -> pd.DataFrame:
        """How far each sum was above (or, below zero, below) the actual at each date, as a share of the actual."""
        off = self.past.sub(self.actual, axis="index")
        return off.div(self.actual.abs().where(self.actual != 0, 1), axis="index")

    @property
    def outside(self) -> bool:
        """Whether the actual of the test was outside the forecast's range."""
        actual = self.actual.iloc[-1]
        return bool(actual < self.test_low or actual > self.test_high)

    @property
    def basis(self) -> str:
        """The sum to plan with: that with the narrowest range as a share of it; of equals the forecast.

        Each is judged at every date at which it could be told. The dates at which all could be would leave out the
        one that matters, such as that after the last Christmas; and few dates make a range wide by themselves.
        A forecast that missed its own range is not planned with.
        """
        widths = self.margins[self.sums.notna()].dropna()
        others = widths.drop(FORECAST, errors="ignore")
        widths = others if self.outside and len(others) else widths
        return str(widths.idxmin()) if len(widths) else FORECAST

    @property
    def figure(self) -> float:
        """The sum to plan with."""
        return float(self.sums[self.basis])

    def range(self, basis: str) -> tuple[float, float]:
        """Return the range of a sum of the days to come, never below zero."""
        total, margin = self.sums[basis], self.margins[basis]
        return float(total * max(1 - margin, 0.0)), float(total * (1 + margin))

    def same_season(self, dates: pd.Series, today: datetime) -> bool:
        """Return whether the sum to plan with was tested at a date within SEASON days of today's, in any year.

        Args:
            dates: of the rows of `past`.
            today: the first of the days to come.
        """
        tested = pd.to_datetime(dates[self.past[self.basis].notna()])
        away = (pd.Timestamp(today) - tested).dt.days % DAYS_OF_YEAR
        return bool((np.minimum(away, DAYS_OF_YEAR - away) <= SEASON).any())

    def table(self) -> pd.DataFrame:
        """Return the sums, by width of range: `basis, next_sum, low_sum, high_sum, tests, off_least, off_most`.

        The last two are the lowest and the highest of its errors, each below zero where the sum was too low. A sum
        that is not known is left out.
        """
        low, high = zip(*map(self.range, self.sums.index), strict=True)
        found = pd.DataFrame({
            "basis": [name[:1].upper() + name[1:] for name in self.sums.index], "next_sum": self.sums,
            "low_sum": low, "high_sum": high, "tests": self.errors.count(),
            "off_least": self.errors.min(), "off_most": self.errors.max(), "width": self.margins,
        })  # fmt: skip
        return found.dropna(subset="next_sum").sort_values("width", kind="stable").drop(columns="width")

    def tests(self, dates: pd.Series) -> pd.DataFrame:
        """Return `cut_off, actual_sum`, and what each sum said of it, with its error: `{name}_sum, off_{name}`."""
        found = pd.DataFrame({"cut_off": dates, "actual_sum": self.actual})
        names = {FORECAST: "predicted", LAST_YEAR: "last_year", LAST_PERIOD: "last_period"}
        for basis, name in names.items():
            found = found.assign(**{f"{name}_sum": self.past[basis], f"off_{name}": self.errors[basis]})
        return found.dropna(axis="columns", how="all")


def year_before(lines: nw.LazyFrame, returns: nw.LazyFrame, start: datetime, days: int) -> YearBefore:
    """Return the net sales of the same days a year before.

    Customers count as known only where at least as many days as are summed lie before them: else nearly everybody
    would be new.
    """
    ends = lines.select(first=nw.col("ordered_at").min()).collect("pyarrow").to_native()
    first = ends.column("first")[0].as_py()
    then = (pd.Timestamp(start) - YEAR).to_pydatetime()
    if then < first or then + pd.Timedelta(days=days) > start:
        return YearBefore(None, None)
    everybody = net_sales(lines, returns, then, days)
    if then - pd.Timedelta(days=days) < first:
        return YearBefore(None, everybody)
    return YearBefore(known_sales(lines, returns, then, days), everybody)

"""The sum of the period to come: the model's beside two figures that need no model, and which to plan with."""

from datetime import datetime
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.customers.snapshots import net_sales, observe

FORECAST, LAST_YEAR, LAST_PERIOD = "forecast", "last year's same period", "last period"
"""What a sum to plan with may be taken from."""
YEAR = pd.DateOffset(years=1)


class YearBefore(NamedTuple):
    """Net sales of the same days a year before; None where the data does not reach back far enough."""

    known: float | None
    """Of the customers who had bought before these days, as a forecast has them."""
    everybody: float | None


class Outlook(NamedTuple):
    """The sums for the days to come, and what each would have said at the test."""

    figures: pd.DataFrame
    """Rows FORECAST, LAST_YEAR, LAST_PERIOD; `next` and, for the days of the test, `at_test`; NaN is not known."""
    actual: float
    """Net spend in the days of the test of the customers known before it."""
    low: float
    high: float
    """Range of the forecast for the days to come."""
    test_low: float
    test_high: float
    """Range that the forecast of the test had, by the errors before it; NaN where there were none."""

    @property
    def errors(self) -> pd.Series:
        """How far each figure was above (or, below zero, below) what came at the test, as a share of it."""
        off = self.figures["at_test"] - self.actual
        return off / abs(self.actual) if self.actual else off

    @property
    def outside(self) -> bool:
        """Whether what came at the test was outside the forecast's range."""
        return bool(self.actual < self.test_low or self.actual > self.test_high)

    @property
    def basis(self) -> str:
        """The figure to plan with: that with the least error at the test; of equals the forecast.

        A forecast that missed its own range is not planned with.
        """
        usable = self.errors.abs()[self.figures["next"].notna()].dropna()
        others = usable.drop(FORECAST)
        return str((others if self.outside and len(others) else usable).idxmin())

    @property
    def figure(self) -> float:
        """The sum to plan with."""
        return float(self.figures.loc[self.basis, "next"])

    def table(self) -> pd.DataFrame:
        """Return the sums as a table: `basis`, `next_sum`, `at_test`, `off` (a share of what came), best first."""
        found = self.figures.assign(off=self.errors).rename(columns={"next": "next_sum"})
        order = np.argsort(found["off"].abs().fillna(np.inf).to_numpy(), kind="stable")
        names = [name[:1].upper() + name[1:] for name in found.index]
        return found.assign(basis=names).iloc[order][["basis", "next_sum", "at_test", "off"]]


def year_before(
    lines: nw.LazyFrame, returns: nw.LazyFrame, start: datetime, days: int, engine: DuckDBEngine
) -> YearBefore:
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
    return YearBefore(float(observe(lines, returns, then, days, engine).spend.sum()), everybody)


def outlook(next_sums: dict[str, float | None], at_test: dict[str, float | None], past: pd.DataFrame) -> Outlook:
    """Return the sums side by side.

    Args:
        next_sums: of the days to come, by FORECAST, LAST_YEAR and LAST_PERIOD.
        at_test: the same for the days of the test.
        past: a row per date that was forecast, the test last: `actual`, `low`, `high` (by the errors before it)
            and `margin` (by its own as well).
    """
    figures = pd.DataFrame({"next": next_sums, "at_test": at_test}, dtype=float)
    test, total = past.iloc[-1], figures.loc[FORECAST, "next"]
    low, high = total * max(1 - test["margin"], 0.0), total * (1 + test["margin"])
    return Outlook(figures, float(test["actual"]), low, high, float(test["low"]), float(test["high"]))

"""What will customers spend in the next days? A ledger cut at several dates, the earlier ones to learn from.

Everything known at a cut-off is computed from lines before it, and what is predicted from lines of the days after
it (`helpers.customers.snapshots`). The last cut-off is the test. Models, their settings and their choice come
from the others.
"""

from datetime import datetime
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.chapters.regression.training import Task
from helpers.customers.snapshots import Snapshot, cut_offs, observe
from helpers.predicting.folds import check_folds, check_varies, grouped_folds

FEATURES = (
    "recency", "frequency", "monetary", "tenure", "purchase_days", "average_gap", "purchase_rate", "lines",
    "items", "unique_items", "average_ticket", "average_order", "average_price", "basket_size",
    "unique_basket_size", "returned_items", "return_rate", "recent_spend", "recent_orders",
)  # fmt: skip
"""What is known of a customer at a cut-off; a ledger without products or quantities has fewer."""
SEASON = "season"
"""The quarter in which the middle of a horizon lies: a feature only where cut-offs to learn from saw a year."""
YEAR = 365
TARGET = "spend ahead"


class Ahead(NamedTuple):
    """A ledger seen from several dates, the earliest first."""

    days: int
    observed: list[Snapshot]
    table: pd.DataFrame
    """A row a customer and cut-off: `customer_id`, `cut_off`, FEATURES and the outcome as TARGET."""

    @property
    def dates(self) -> list[datetime]:
        """The cut-offs."""
        return [one.cut_off for one in self.observed]

    @property
    def features(self) -> list[str]:
        """The features that this ledger has."""
        return [name for name in (*FEATURES, SEASON) if name in self.table]


def look_ahead(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    *,
    days: int,
    at_most: int,
    last: str | None,
    engine: DuckDBEngine,
) -> Ahead:
    """Return what was known of the customers at each cut-off, and what they spent in the days after it.

    Raises:
        StudyError: the ledger is too short for the horizon, or `last` is no date within it.
    """
    observed = [observe(lines, returns, date, days, engine) for date in cut_offs(lines, days, at_most, last)]
    table = pd.concat([_rows(one) for one in observed], ignore_index=True)
    learned = [one.cut_off for one in observed[:-1]]
    if learned and (learned[-1] - learned[0]).days + days >= YEAR:
        table[SEASON] = table["cut_off"].map(lambda date: season_of(date, days))
    return Ahead(days, observed, table)


def season_of(date: datetime, days: int) -> str:
    """Return the quarter in which the middle of the days from a date on lies."""
    return f"quarter {(pd.Timestamp(date) + pd.Timedelta(days=days / 2)).quarter}"


def _rows(observed: Snapshot) -> pd.DataFrame:
    known = [name for name in FEATURES if name in observed.customers]
    table = observed.customers[["customer_id", *known]].copy()
    table[known] = table[known].astype(float)
    return table.assign(**{"cut_off": observed.cut_off, TARGET: observed.spend})


def today(
    lines: nw.LazyFrame, returns: nw.LazyFrame, ahead: Ahead, engine: DuckDBEngine
) -> tuple[datetime, pd.DataFrame]:
    """Return the first moment after the ledger's last full day, and the customers as they are known then."""
    moment = lines.select(last=nw.col("ordered_at").max()).collect("pyarrow").to_native().to_pylist()[0]["last"]
    now = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    table = _rows(observe(lines, returns, now, ahead.days, engine))
    return now, table.assign(**{SEASON: season_of(now, ahead.days)})


def spend_task(ahead: Ahead, features: list[str], seed: int, folds: int, inner_folds: int) -> Task:
    """Return the task of predicting spend ahead: learn from the earlier cut-offs, test on the last.

    With one cut-off only, customers are divided into folds instead: nothing is then known of another time.

    Raises:
        StudyError: nobody spent anything, everybody spent the same, or there are fewer customers than folds.
    """
    table = ahead.table
    when = pd.factorize(table["cut_off"], sort=True)[0]
    y = table[TARGET].to_numpy(float)
    check_varies(y[when == when.max()], f"spend in the {ahead.days} days after {ahead.dates[-1]:%Y-%m-%d}")
    groups = pd.factorize(table["customer_id"], sort=True)[0]
    test = np.flatnonzero(when == when.max())
    check_folds(folds, len(test), "customers at the last cut-off")
    through_time = when.max() > 0
    outer = [(np.flatnonzero(when < when.max()), test)] if through_time else grouped_folds(groups, folds)
    return Task(
        target=TARGET,
        x=table[features],
        y=y,
        groups=groups,
        outer=outer,
        spend=bool(y.min() >= 0),
        seed=seed,
        inner_folds=inner_folds,
        when=when if through_time else None,
        last=table["recent_spend"].to_numpy(float),
    )


def described(ahead: Ahead) -> pd.DataFrame:
    """Return, a row a cut-off, how many customers were known and what they then did.

    Returns:
        `cut_off`, `customers`, `bought` (share), `mean_spend`, `largest`, `recent` (mean of as many days before)
        and `role` (learn or test).
    """
    rows = [
        {
            "cut_off": one.cut_off.date().isoformat(),
            "customers": len(one.customers),
            "bought": float(one.bought.mean()),
            "mean_spend": float(one.spend.mean()),
            "largest": float(one.spend.max()),
            "recent": float(one.customers["recent_spend"].mean()),
        }
        for one in ahead.observed
    ]
    roles = ["learn"] * (len(rows) - 1) + ["test" if len(rows) > 1 else "learn and test, by folds"]
    return pd.DataFrame(rows).assign(role=roles)

"""From a study's tables to a task: spend in the days after a date, or a column of a table of one row per customer.

Everything known at a cut-off is computed from lines before it, and what is predicted from lines of the days after
it (`helpers.customers.snapshots`). Where the data cannot carry the question, a sentence stands for the task.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.base.sampling import natural_order, sample_rows
from helpers.base.text import day
from helpers.base.vocabulary import kind, label
from helpers.customers.segments import SCORES
from helpers.customers.snapshots import Snapshot, cut_offs, observe, stacked
from helpers.predicting.audit import IDENTIFIERS, Audit, audit, check_column
from helpers.predicting.folds import check_folds, check_varies
from helpers.predicting.leaks import numbers
from helpers.predicting.tasks import Task, drawn

AMOUNT, SPEND = "revenue", "spend ahead"
"""What is predicted where the study names no target: a column, or in a ledger the spend of the next days."""
FEATURES = (
    "recency", "frequency", "monetary", "tenure", "purchase_days", "average_gap", "purchase_rate", "lines",
    "items", "unique_items", "average_ticket", "average_order", "average_price", "basket_size",
    "unique_basket_size", "returned_items", "return_rate", "recent_spend", "recent_orders",
)  # fmt: skip
"""What is known of a customer at a cut-off; a ledger without products or quantities has fewer."""
SEASON = "season"
"""The quarter in which the middle of a horizon lies: a feature only where cut-offs to learn from saw a year."""
YEAR = 365


@dataclass(frozen=True)
class Prepared:
    """What is predicted from what, or why nothing is."""

    target: str
    what: str
    """The target in words."""
    table: pd.DataFrame
    """A row per customer (and cut-off)."""
    task: Task | None = None
    refusal: str = ""
    """Why there is no task; empty where there is one."""
    audited: Audit | None = None
    left_out: dict[str, str] | None = None
    """Feature -> why no model may use it."""
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def spend(self) -> bool:
        """Whether the outcome is net spend in a period: zero for many, below zero where more came back."""
        return self.target == SPEND and self.task is not None

    @property
    def paid(self) -> bool:
        """Whether the outcome is money; a score, or a column that nobody said it of, is not."""
        return self.target == SPEND or kind(self.target) == "money"


def spend_ahead(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    engine: DuckDBEngine,
    *,
    days: int,
    at_most: int,
    last: str | None,
    target: str | None,
    features: Sequence[str] | None,
    known_after: Collection[str],
    folds: int,
    choose_on: int,
    seed: int,
) -> Prepared:
    """Return the task of predicting what customers spend in the days after a cut-off.

    Models learn from the earlier cut-offs, the last is the test. With one cut-off only, customers are divided into
    folds instead: nothing is then known of another time. Arguments are the chapter's parameters; `last` is one
    horizon before the end of the ledger where not given.

    Raises:
        StudyError: the study file names a target, a column that is not there, or a date outside the ledger.
    """
    if target is not None:
        raise StudyError(
            f"regression.target is {target!r}, but the source has dated orders, of which spend ahead is "
            "predicted: leave target out."
        )
    what = f"spend in the next {days} days"
    try:
        dates = cut_offs(lines, days, at_most, last)
    except StudyError as error:
        if last is not None:
            raise
        return Prepared(SPEND, what, pd.DataFrame(), refusal=str(error))
    snapshots = tuple(observe(lines, returns, date, days, engine, only=FEATURES) for date in dates)
    table = known_at(snapshots)
    saw_a_year = len(dates) > 1 and (dates[-2] - dates[0]).days + days >= YEAR
    table = table if saw_a_year else table.drop(columns=SEASON)
    named = [name for name in (*FEATURES, SEASON) if name in table] if features is None else list(features)
    when, groups = (pd.factorize(table[name], sort=True)[0] for name in ("cut_off", "customer_id"))
    asked = np.flatnonzero(drawn(groups.max() + 1, choose_on, seed)[0][groups])
    audited = audit(table, SPEND, named, compared=[*named, "cut_off"], after=known_after, asked=asked)
    used, reasons = usable_features(audited, table, named)
    y, at_last = table[SPEND].to_numpy(float), when == when.max()
    prepared = Prepared(SPEND, what, table, audited=audited, left_out=reasons, snapshots=snapshots)
    try:
        check_varies(y[at_last], f"spend in the {days} days after {day(dates[-1])}")
        check_folds(folds, int(at_last.sum()), "customers at the last cut-off")
    except StudyError as error:
        return replace(prepared, refusal=str(error))
    ids = table["customer_id"].astype(str).to_numpy()
    return replace(prepared, task=Task(table[used], y, groups, ids, when))


def known_at(snapshots: Sequence[Snapshot]) -> pd.DataFrame:
    """Return what is known at each cut-off, as floats, with the season of the days after it and their spend."""
    table = stacked(snapshots)
    known = [name for name in FEATURES if name in table]
    table = table[["customer_id", "cut_off", *known]].assign(**{SPEND: table["spend"]})
    table[known] = table[known].astype(float)
    seasons = {one.cut_off: season_of(one.cut_off, one.days) for one in snapshots}
    return table.assign(**{SEASON: table["cut_off"].map(seasons)})


def season_of(date: datetime, days: int) -> str:
    """Return the quarter in which the middle of the days from a date on lies."""
    return f"quarter {(pd.Timestamp(date) + pd.Timedelta(days=days / 2)).quarter}"


def described(snapshots: Sequence[Snapshot]) -> pd.DataFrame:
    """Return, a row per cut-off, how many customers were known and what they then did."""
    rows = (
        stacked(snapshots)
        .assign(cut_off=lambda frame: frame["cut_off"].dt.normalize())
        .groupby("cut_off")
        .agg(
            customers=("spend", "size"),
            bought=("bought", "mean"),
            mean_spend=("spend", "mean"),
            largest=("spend", "max"),
            mean_before=("recent_spend", "mean"),
        )
    )
    roles = ["learn"] * (len(rows) - 1) + ["test" if len(rows) > 1 else "learn and test, by folds"]
    return rows.reset_index().assign(role=roles)


def column(
    customers: pd.DataFrame,
    sources: Sequence[str],
    *,
    target: str | None,
    features: Sequence[str] | None,
    known_after: Collection[str],
    folds: int,
    choose_on: int,
    seed: int,
) -> Prepared:
    """Return the task of predicting a column of the customers, with all copies of a row in one fold.

    Raises:
        StudyError: the study file names a column that is not there or, as the target, no number.
    """
    target = target or AMOUNT
    table = in_order(customers, target)
    ranks = {*SCORES, "rfm_segment"} - {*sources}  # places among the others by what is to be predicted
    candidates = [
        str(name)
        for name in table.columns
        if name not in (*IDENTIFIERS, *ranks, target) and not pd.api.types.is_datetime64_any_dtype(table[name])
    ]
    own = [name for name in (*candidates, target) if name in sources]
    derived = [name for name in candidates if name not in sources]
    some = sample_rows(len(table), choose_on, seed)
    audited = audit(table, target, candidates, compared=own, derived=derived, after=known_after, asked=some)
    used, reasons = usable_features(audited, table, features, candidates, sources)
    y = table[target].to_numpy(float)
    prepared = Prepared(target, label(target).lower(), table, audited=audited, left_out=reasons)
    try:
        if not used:
            raise StudyError(f"No feature is left to predict {target!r} from: all are left out, as said above.")
        check_varies(y, f"column {target!r}")
        check_folds(folds, audited.distinct, "different rows")
    except StudyError as error:
        return replace(prepared, refusal=str(error))
    ids = table["customer_id"].astype(str).to_numpy()
    task = Task(as_features(table, used), y, audited.groups, ids, np.zeros(len(y), dtype=int))
    return replace(prepared, task=task)


def in_order(customers: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the customers who have a target, in the order of their ids, the target as floats."""
    check_column(customers, target)
    ordered = customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)
    values = numbers(ordered[[target]])
    if target not in values:
        raise StudyError(
            f"regression.target is {target!r}, which is no number: this chapter predicts amounts; classes are the "
            "business of chapter 09."
        )
    return ordered.assign(**{target: values[target]})[values[target].notna()].reset_index(drop=True)


def usable_features(
    audited: Audit,
    table: pd.DataFrame,
    wanted: Sequence[str] | None,
    candidates: Sequence[str] = (),
    sources: Sequence[str] = (),
) -> tuple[list[str], dict[str, str]]:
    """Return the features that a model may use, and why the others are left out."""
    named = list(candidates if wanted is None else wanted)
    reasons: dict[str, str] = {}
    for name in named:
        check_column(table, name)
        if name in audited.useless:
            reasons[name] = audited.useless[name]
        elif name in audited.suspects:
            reasons[name] = "gives the target away"
        elif name in audited.after:
            reasons[name] = "is known only after the event"
        elif wanted is None and name not in sources:
            reasons[name] = "is derived from other columns"
    return [name for name in named if name not in reasons], reasons


def as_features(table: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return features as models take them: numbers as floats, all else as text (a gap stays one)."""
    known, columns = numbers(table[list(features)]), {}
    for name in features:
        texts = table[name].astype(object).where(table[name].notna(), np.nan)
        columns[name] = known[name] if name in known else texts.map(str, na_action="ignore")
    return pd.DataFrame(columns)

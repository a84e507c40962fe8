"""Chapter 07's way from a study's tables to a task: spend ahead of a ledger, or a column of the customers.

Where the data cannot carry the question, `prepare` gives a sentence instead of a task, and the page goes without.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.chapters.regression.column import audit_column, column_task, in_order, usable_features
from helpers.chapters.regression.forecast import TARGET, Ahead, look_ahead, spend_task
from helpers.chapters.regression.intervals import quantile_band
from helpers.chapters.regression.training import Evaluation, Task
from helpers.customers.features import is_ledger
from helpers.predicting.audit import Audit, audit

AMOUNT = "revenue"
"""The column that is predicted where the customers have no dates and the study names no target."""


@dataclass(frozen=True)
class Prepared:
    """What is predicted from what, or why nothing is."""

    target: str
    task: Task | None
    refusal: str
    """Why there is no task; empty where there is one."""
    audited: Audit | None
    ahead: Ahead | None
    """The ledger at its cut-offs; None for a column of the customers."""
    customers: pd.DataFrame
    """The rows of the task: a customer each, or a customer and cut-off."""
    left_out: dict[str, str]
    """Feature -> why no model may use it."""

    @property
    def ids(self) -> np.ndarray:
        """The customers of the tested rows."""
        return self.customers["customer_id"].astype(str).to_numpy()[self.task.tested]


def prepare(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    customers: pd.DataFrame,
    section: dict[str, Any],
    *,
    seed: int,
    engine: DuckDBEngine,
) -> Prepared:
    """Return the task of a study, audited.

    Args:
        lines: clean purchases, or one line a customer.
        returns: lines brought back.
        customers: from chapter 03.
        section: parameters of the chapter by name.
        seed: of the study.
        engine: where the lines live.

    Raises:
        StudyError: the study file names a column that is not there, or a date outside the ledger.
    """
    target = section["target"]
    if target is None and is_ledger(lines):
        return _ahead(lines, returns, section, seed, engine)
    return _column(customers, lines.collect_schema().names(), target or AMOUNT, section, seed)


def _ahead(
    lines: nw.LazyFrame, returns: nw.LazyFrame, section: dict[str, Any], seed: int, engine: DuckDBEngine
) -> Prepared:
    nothing = Prepared(TARGET, None, "", None, None, pd.DataFrame(), {})
    last = section["last_cut_off"]
    try:
        ahead = look_ahead(
            lines, returns, days=section["horizon_days"], at_most=section["cut_offs"], last=last, engine=engine
        )
    except StudyError as error:
        if last is not None:
            raise
        return replace(nothing, refusal=str(error))
    table = ahead.table
    features = ahead.features if section["features"] is None else section["features"]
    found = audit(
        table, TARGET, features, compared=[*features, "cut_off"], after=section["known_after"], derived=()
    )
    used, reasons = usable_features(found, table, TARGET, features, features)
    try:
        task = spend_task(ahead, used, seed, section["folds"], section["inner_folds"])
    except StudyError as error:
        return replace(nothing, refusal=str(error), ahead=ahead, audited=found)
    return Prepared(TARGET, task, "", found, ahead, table, reasons)


def _column(
    customers: pd.DataFrame, sources: list[str], target: str, section: dict[str, Any], seed: int
) -> Prepared:
    ordered = in_order(customers, target)
    nothing = Prepared(target, None, "", None, None, ordered, {})
    found = audit_column(ordered, target, sources, section["known_after"])
    nothing = replace(nothing, audited=found)
    used, reasons = usable_features(found, ordered, target, section["features"], sources)
    try:
        if not used:
            raise StudyError(f"No feature is left to predict {target!r} from: all are left out, as said above.")
        task = column_task(
            ordered, used, found, target=target, seed=seed, folds=section["folds"], inner=section["inner_folds"]
        )
    except StudyError as error:
        return replace(nothing, refusal=str(error), left_out=reasons)
    return Prepared(target, task, "", found, None, ordered, reasons)


def forecast(evaluation: Evaluation, now: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return what customers will spend from today on, by the chosen model fitted on every cut-off.

    The intervals' margin is measured on the last cut-off, by models that knew only what came before it.

    Args:
        evaluation: whose choice and settings are used; through time.
        now: the customers as they are known today.
        level: share of outcomes that intervals should cover.

    Returns:
        `customer_id`, `predicted`, `low`, `high`, the highest prediction first.
    """
    task = evaluation.task
    known, new = np.arange(len(task.y)), len(task.y) + np.arange(len(now))
    longer = replace(
        task,
        x=pd.concat([task.x, now[list(task.x.columns)]], ignore_index=True),
        y=np.concatenate([task.y, np.zeros(len(now))]),
    )
    model = longer.fitted(evaluation.best, evaluation.settings(evaluation.best), known)
    latest = task.when.max()
    band = quantile_band(longer, known[task.when < latest], known[task.when == latest], new, level)
    table = pd.DataFrame({"customer_id": now["customer_id"].astype(str), "predicted": longer.predict(model, new)})
    band = band.around(table["predicted"].to_numpy())
    table = table.assign(low=band.low, high=band.high)
    return table.sort_values(["predicted", "customer_id"], ascending=[False, True], ignore_index=True)


def horizon_of(ahead: Ahead, start: datetime) -> str:
    """Return the days of a horizon in words: from its first to its last."""
    end = pd.Timestamp(start) + pd.Timedelta(days=ahead.days - 1)
    return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"

"""Predicting a column of the customers, such as the amount of a purchase; and as a published study did it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

from helpers.base.errors import StudyError
from helpers.base.sampling import natural_order
from helpers.chapters.regression.evaluation import r2, rmse
from helpers.chapters.regression.training import Task
from helpers.predicting.audit import IDENTIFIERS, Audit, audit, check_column
from helpers.predicting.folds import Folds, check_folds, check_varies, grouped_folds, shuffled_folds
from helpers.predicting.leaks import numbers


def in_order(customers: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the customers who have a target, in the order of their ids, the target as floats.

    Raises:
        StudyError: the target is no column, or no number.
    """
    check_column(customers, target)
    ordered = customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)
    values = numbers(ordered[[target]])
    if target not in values:
        raise StudyError(
            f"regression.target is {target!r}, which is no number: this chapter predicts amounts; classes are the "
            "business of chapter 09."
        )
    return ordered.assign(**{target: values[target]})[values[target].notna()].reset_index(drop=True)


def candidates(customers: pd.DataFrame, target: str) -> list[str]:
    """Return the columns that could help: all but identifiers, dates and the target."""
    return [
        str(name)
        for name in customers.columns
        if name not in (*IDENTIFIERS, target) and not pd.api.types.is_datetime64_any_dtype(customers[name])
    ]


def audit_column(customers: pd.DataFrame, target: str, sources: Sequence[str], after: Sequence[str]) -> Audit:
    """Look for copies, leaks and collinearity before a column is predicted.

    Args:
        customers: from `in_order`.
        target: the column.
        sources: the source's own columns; the others were derived.
        after: columns declared to be known only after the event.
    """
    features = candidates(customers, target)
    own = [name for name in (*features, target) if name in sources]
    derived = [name for name in features if name not in sources]
    return audit(customers, target, features, compared=own, derived=derived, after=after)


def usable_features(
    audited: Audit, customers: pd.DataFrame, target: str, wanted: Sequence[str] | None, sources: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """Return the features that a model may use, and why the others are left out.

    Args:
        audited: what was found.
        customers: from `in_order`.
        target: what is predicted.
        wanted: the features that the study names; where it names none, the source's own columns.
        sources: the source's own columns.

    Raises:
        StudyError: a named feature is no column.
    """
    named = candidates(customers, target) if wanted is None else list(wanted)
    reasons: dict[str, str] = {}
    for name in named:
        check_column(customers, name)
        if name in audited.useless:
            reasons[name] = audited.useless[name]
        elif name in audited.suspects:
            reasons[name] = "gives the target away"
        elif name in audited.after:
            reasons[name] = "is known only after the event"
        elif wanted is None and name not in sources:
            reasons[name] = "is derived from other columns"
    return [name for name in named if name not in reasons], reasons


def column_task(
    customers: pd.DataFrame, features: list[str], audited: Audit, *, target: str, seed: int, folds: int, inner: int
) -> Task:
    """Return the task of predicting a column, with all copies of a row in one fold.

    Raises:
        StudyError: the target is the same for everybody, or fewer rows differ than there are folds.
    """
    y = customers[target].to_numpy(float)
    check_varies(y, f"column {target!r}")
    check_folds(folds, audited.distinct, "different rows")
    return Task(
        target=target,
        x=as_features(customers, features),
        y=y,
        groups=audited.groups,
        outer=grouped_folds(audited.groups, folds),
        spend=False,
        seed=seed,
        inner_folds=inner,
    )


def as_features(customers: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return features as models take them: numbers as floats, all else as text (a gap stays one)."""
    known = numbers(customers[list(features)])
    columns = {
        name: known[name]
        if name in known
        else customers[name].astype(object).where(customers[name].notna(), np.nan)
        for name in features
    }
    return pd.DataFrame({name: _texts(column) for name, column in columns.items()})


def _texts(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column
    return column.map(str, na_action="ignore")


def as_published(
    customers: pd.DataFrame, target: str, groups: np.ndarray, recipe: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """Repeat a published forest, and hold it against folds that keep copies together.

    Args:
        customers: in the order of their ids.
        target: what was predicted.
        groups: a label a row; copies share it.
        recipe: `features`, `trees`, `test_share`, `decimals`, `drop_first` of the split; `fold_features`,
            `fold_trees` and `folds` of the folds (left out where there are no `fold_features`).
        seed: of the split, the folds and the forest.

    Returns:
        `r2`, `rmse`, `mean_rmse` (of predicting the training mean), `twins` (test rows with an identical row in
        training) and `test_rows` of the split; with folds also `shuffled_r2`, `shuffled_rmse`, `grouped_r2`,
        `grouped_rmse`, means over folds as studies report them.
    """
    x = _dummies(customers, recipe["features"], recipe["decimals"], recipe["drop_first"])
    y = customers[target].to_numpy(float)
    learn, test = train_test_split(np.arange(len(y)), test_size=recipe["test_share"], random_state=seed)
    predicted = _forest_fit(x, y, learn, recipe["trees"], seed).predict(x[test])
    found = {
        "r2": r2(y[test], predicted),
        "rmse": rmse(y[test], predicted),
        "mean_rmse": rmse(y[test], np.full(len(test), y[learn].mean())),
        "twins": int(np.isin(groups[test], groups[learn]).sum()),
        "test_rows": len(test),
    }
    if recipe["fold_features"]:
        x = _dummies(customers, recipe["fold_features"], None, False)
        ways = {
            "shuffled": shuffled_folds(len(y), recipe["folds"], seed),
            "grouped": grouped_folds(groups, recipe["folds"]),
        }
        for name, folds in ways.items():
            found |= {
                f"{name}_{key}": value for key, value in _over(x, y, folds, recipe["fold_trees"], seed).items()
            }
    return found


def _dummies(
    customers: pd.DataFrame, features: Sequence[str], decimals: int | None, drop_first: bool
) -> np.ndarray:
    for name in features:
        check_column(customers, name)
    table = pd.get_dummies(as_features(customers, features), drop_first=drop_first).astype(float)
    return (table if decimals is None else table.round(decimals)).to_numpy()


def _forest_fit(x: np.ndarray, y: np.ndarray, learn: np.ndarray, trees: int, seed: int) -> RandomForestRegressor:
    return RandomForestRegressor(trees, random_state=seed, n_jobs=1).fit(x[learn], y[learn])


def _over(x: np.ndarray, y: np.ndarray, folds: Folds, trees: int, seed: int) -> dict[str, float]:
    """Return the means over folds of R2 and RMSE."""
    scores = []
    for learn, test in folds:
        predicted = _forest_fit(x, y, learn, trees, seed).predict(x[test])
        scores.append((r2(y[test], predicted), rmse(y[test], predicted)))
    means = np.mean(scores, axis=0)
    return {"r2": float(means[0]), "rmse": float(means[1])}

"""Folds: which rows a model learns from and which it is measured on, and predictions that never saw their row.

Copies of a row are the trap: with one in training and one in the test, a model need only remember. So rows that
are the same can be kept in one fold (`grouped_folds`); the difference to shuffled folds is what was remembered.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from helpers.base.errors import StudyError

Folds = list[tuple[np.ndarray, np.ndarray]]
"""Positions to learn from and to be measured on, a pair a fold; each row is measured on once."""


def check_folds(folds: int, rows: int, what: str = "rows") -> None:
    """Check that a number of folds can be made.

    Raises:
        StudyError: fewer than two folds, or more of them than there are rows (or groups, as `what` says).
    """
    if folds < 2:
        raise StudyError(
            f"folds is {folds}, but a model needs at least 2: one part to learn from, one to be tested."
        )
    if rows < folds:
        raise StudyError(
            f"There are {rows:,} {what}, fewer than the {folds} folds they should be cut into: lower folds."
        )


def shuffled_folds(rows: int, folds: int, seed: int) -> Folds:
    """Return folds of rows in a random order.

    Raises:
        StudyError: there are fewer rows than folds.
    """
    check_folds(folds, rows)
    return list(KFold(folds, shuffle=True, random_state=seed).split(np.zeros((rows, 1))))


def stratified_folds(labels: np.ndarray, folds: int, seed: int) -> Folds:
    """Return shuffled folds that each hold about the same share of every class.

    Args:
        labels: the class of each row.
        folds: how many.
        seed: of the shuffling.

    Raises:
        StudyError: there are fewer rows than folds, or no class has as many rows as there are folds.
    """
    labels = np.asarray(labels)
    check_folds(folds, len(labels))
    check_folds(folds, int(np.unique(labels, return_counts=True)[1].max()), "rows of the largest class")
    return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros((len(labels), 1)), labels))


def grouped_folds(
    groups: np.ndarray, folds: int, seed: int | None = None, labels: np.ndarray | None = None
) -> Folds:
    """Return folds that never divide a group, such as copies of a row (`predicting.audit.identical_rows`).

    Args:
        groups: the group of each row.
        folds: how many.
        seed: shuffles the groups; without one they are spread so that folds are of nearly the same size, the
            largest groups first, which depends on no chance.
        labels: classes whose shares the folds should keep as far as the groups allow; needs a seed.

    Raises:
        StudyError: there are fewer groups than folds.
    """
    groups = np.asarray(groups)
    check_folds(folds, len(np.unique(groups)), "different rows")
    empty = np.zeros((len(groups), 1))
    if labels is not None:
        return list(StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(empty, labels, groups))
    if seed is None:
        return list(GroupKFold(folds).split(empty, groups=groups))
    return list(GroupKFold(folds, shuffle=True, random_state=seed).split(empty, groups=groups))


def out_of_fold(
    make: Callable[[], Any], x: pd.DataFrame | np.ndarray, y: np.ndarray, folds: Folds, method: str = "predict"
) -> np.ndarray:
    """Return the prediction of every row by a model that was fitted without its fold.

    Args:
        make: returns a new, unfitted model with `fit` and `method`.
        x: rows x features.
        y: what to predict, a value a row.
        folds: which cover every row once.
        method: `predict`, or `predict_proba` (its columns then follow the sorted classes of all of `y`; a class
            that a training part lacks gets 0).

    Raises:
        ValueError: the folds leave rows out or repeat them.
    """
    y = np.asarray(y)
    tested = np.concatenate([test for _, test in folds])
    if not np.array_equal(np.sort(tested), np.arange(len(y))):
        raise ValueError("The folds do not cover every row exactly once.")
    classes = np.unique(y) if method == "predict_proba" else None
    found = None
    for learn, test in folds:
        model = make().fit(_rows(x, learn), y[learn])
        predicted = np.asarray(getattr(model, method)(_rows(x, test)))
        if classes is not None:
            whole = np.zeros((len(test), len(classes)))
            whole[:, np.searchsorted(classes, model.classes_)] = predicted
            predicted = whole
        if found is None:
            found = np.empty((len(y), *predicted.shape[1:]), dtype=predicted.dtype if classes is None else float)
        # texts of a later fold may be longer than those of the first
        if predicted.dtype.kind == "U" and predicted.dtype.itemsize > found.dtype.itemsize:
            found = found.astype(predicted.dtype)
        found[test] = predicted
    return found


def _rows(x: pd.DataFrame | np.ndarray, positions: np.ndarray) -> pd.DataFrame | np.ndarray:
    return x.iloc[positions] if isinstance(x, pd.DataFrame) else x[positions]


def check_varies(y: np.ndarray, what: str) -> None:
    """Check that there is something to predict.

    Raises:
        StudyError: all values are the same, or there is none.
    """
    if len(np.unique(y)) < 2:
        values = Counter(y.tolist())
        only = f"{next(iter(values)):,g} for everybody" if values else "not known for anybody"
        raise StudyError(f"The {what} is {only}: there is nothing to predict.")

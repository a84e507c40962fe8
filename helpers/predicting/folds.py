"""Folds: which rows a model learns from and which it is measured on.

Copies of a row are the trap: with one in training and one in the test, a model need only remember. So rows that
are the same can be kept in one fold; the difference to scikit-learn's shuffled folds is what was remembered.
"""

from collections import Counter

import numpy as np
from sklearn.model_selection import GroupKFold

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


def grouped_folds(groups: np.ndarray, folds: int) -> Folds:
    """Return folds that never divide a group, such as copies of a row (`predicting.audit.identical_rows`).

    Groups are spread so that folds are of nearly the same size, the largest first, which depends on no chance.

    Raises:
        StudyError: there are fewer groups than folds.
    """
    check_folds(folds, len(np.unique(groups)), "different rows")
    return list(GroupKFold(folds).split(np.zeros((len(groups), 1)), groups=groups))


def check_varies(y: np.ndarray, what: str) -> None:
    """Check that there is something to predict.

    Raises:
        StudyError: all values are the same, or there is none.
    """
    if len(np.unique(y)) < 2:
        values = Counter(y.tolist())
        only = f"{next(iter(values)):,g} for everybody" if values else "not known for anybody"
        raise StudyError(f"The {what} is {only}: there is nothing to predict.")

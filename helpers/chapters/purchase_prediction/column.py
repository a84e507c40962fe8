"""A column of the customers as the thing to predict, in data without dates: can it, or does it only seem so?

Two ways in which it only seems so: copies of a row on both sides of a split, which a model need but remember, and
a label that was computed from the model's own inputs, which a model need but repeat.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from helpers.base.errors import StudyError
from helpers.predicting.audit import check_column, identical_rows
from helpers.predicting.folds import check_folds
from helpers.predicting.leaks import Leak, find_leaks, numbers


class Origin(NamedTuple):
    """Where a label comes from, if it can be seen that it was computed."""

    cut: str | None
    """A column that the label is a step of: all of one class lie above all of the other."""
    formula: Leak | None
    """The formula by which the inputs give that column; None also where the column is an input itself."""
    given: bool
    """Whether the column that the label is a step of is an input itself."""

    @property
    def computed(self) -> bool:
        """Whether the label follows from the inputs."""
        return self.given or self.formula is not None


def known_rows(
    customers: pd.DataFrame, column: str, inputs: Sequence[str], compared: Sequence[str], folds: int
) -> pd.DataFrame:
    """Return the customers with a value in a column, in the order of their lines: folds depend on the order.

    Raises:
        StudyError: no inputs are named, a column is missing or no number, the column has one value only, or there
            are fewer rows (or different rows) than folds.
    """
    if not inputs:
        raise StudyError(
            "purchase_prediction.columns names a column, but inputs is empty: name columns of numbers."
        )
    for name in (column, *inputs):
        check_column(customers, name)
    rows = customers[customers[column].notna()]
    rows = rows.sort_values("line", ignore_index=True) if "line" in rows else rows.reset_index(drop=True)
    if rows[column].nunique() < 2:
        raise StudyError(
            f"purchase_prediction.columns names {column!r}, which has {rows[column].nunique()} value(s): name a "
            "column of two or more."
        )
    known = numbers(rows[list(inputs)])
    for name in inputs:
        if name not in known:
            raise StudyError(
                f"purchase_prediction.inputs names {name!r}, but it holds no numbers: name another one."
            )
    check_folds(folds, len(rows))
    check_folds(folds, identical_rows(rows, compared).max() + 1, "different rows")
    return rows


def origin_of(customers: pd.DataFrame, column: str, inputs: Sequence[str]) -> Origin:
    """Return what a label was computed from, as far as the data show it."""
    cut = step_of(customers, column)
    given = cut in inputs
    leaks = find_leaks(customers[list(inputs)], customers[cut]) if cut and not given else []
    return Origin(cut, leaks[0] if leaks else None, given)


def step_of(customers: pd.DataFrame, column: str) -> str | None:
    """Return a column of numbers that a column of two classes cuts in two, the one with most values; or None."""
    classes = sorted(customers[column].dropna().unique(), key=str)
    if len(classes) != 2:
        return None
    upper = (customers[column] == classes[1]).to_numpy()
    steps = []
    for name, values in numbers(customers.drop(columns=column)).items():
        if values.isna().any() or values.nunique() < 10:
            continue
        above, below = values[upper], values[~upper]
        if above.min() > below.max() or below.min() > above.max():
            steps.append((-values.nunique(), name))
    return min(steps)[1] if steps else None

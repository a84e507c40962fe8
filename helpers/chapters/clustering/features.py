"""The columns that customers are grouped by, checked before anything is computed."""

import pandas as pd

from helpers.base.errors import StudyError
from helpers.customers.columns import finite_numbers, known

MOST_LEVELS = 8
"""Values up to which a column of text can be compared: each becomes a column of zeros and ones."""
LEVEL = ": "
"""Between a column of text and the value that one of its zeros and ones stands for."""


def usable_features(customers: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the features as floats, without those that all customers share.

    A column of few texts becomes one of zeros and ones for each of them. A number that is missing stays so; the
    chapter sets it to the median and says it (`narrative.filled`).

    Raises:
        StudyError: a feature is not there, or is text of many values, or fewer than three customers differ.
    """
    if not names:
        raise StudyError("clustering.features is empty: name at least one column of the customers.")
    columns = [_floats(customers, name) for name in known(customers, names, "clustering.features")]
    original = pd.concat(columns, axis=1)
    distinct = len(original.drop_duplicates())
    if distinct < 3:
        raise StudyError(
            f"{len(original):,} customers have {distinct} different values of {', '.join(names)}; groups need at "
            "least three customers that differ."
        )
    return original.loc[:, original.nunique() > 1]


def parts_of(original: pd.DataFrame) -> list[list[int]]:
    """Return the places of the columns that one column of the customers became, for each of these."""
    named = pd.Series(original.columns).str.split(LEVEL).str[0]
    return [places.tolist() for places in named.groupby(named, sort=False).groups.values()]


def _floats(customers: pd.DataFrame, name: str) -> pd.DataFrame:
    values = customers[name]
    if pd.api.types.is_numeric_dtype(values):
        return finite_numbers(customers, name, "clustering.features").to_frame()
    if values.nunique() > MOST_LEVELS:
        raise StudyError(
            f"clustering.features names {name}, a text of {values.nunique():,} values; groups are made from "
            f"numbers, and from texts of {MOST_LEVELS} values at most."
        )
    levels = pd.get_dummies(values.astype("string"), prefix=name, prefix_sep=LEVEL, dtype=float)
    return levels.iloc[:, 1:] if levels.shape[1] == 2 else levels  # of two, each says what the other does

"""The columns that customers are grouped by, checked before anything is computed."""

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError, nearest


def usable_features(customers: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the features as floats, without those that all customers share.

    Raises:
        StudyError: a feature is not there, is no number, is missing or infinite for somebody, or fewer than three
            customers differ.
    """
    if not names:
        raise StudyError("clustering.features is empty: name at least one column of the customers.")
    original = pd.DataFrame({name: _numbers(customers, name) for name in names})
    distinct = len(original.drop_duplicates())
    if distinct < 3:
        raise StudyError(
            f"{len(original):,} customers have {distinct} different values of {', '.join(names)}; groups need at "
            "least three customers that differ."
        )
    return original.loc[:, original.nunique() > 1]


def _numbers(customers: pd.DataFrame, name: str) -> pd.Series:
    """Return a feature as finite floats, or say what is wrong with it."""
    if name not in customers:
        raise StudyError(
            f"clustering.features names {name}, which is no column of the customers"
            f"{nearest(name, customers.columns) or '.'}"
        )
    if not pd.api.types.is_numeric_dtype(customers[name]):
        raise StudyError(f"clustering.features names {name}, which is text; groups are made from numbers.")
    values = customers[name].astype(float)
    unusable = int((~np.isfinite(values)).sum())
    if unusable:
        raise StudyError(
            f"{name} is missing or infinite for {unusable:,} of {len(values):,} customers; leave it out of "
            "clustering.features, or give those customers a value in the study's `features`."
        )
    return values

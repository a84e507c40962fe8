"""Columns of the customers that a study names, checked before anything is computed."""

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError, nearest


def finite_numbers(customers: pd.DataFrame, name: str, parameter: str) -> pd.Series:
    """Return a column as floats, missing where it is not finite; `parameter` is what names it.

    Raises:
        StudyError: the column is not there, is no number, or has no value at all.
    """
    if name not in customers:
        raise StudyError(
            f"{parameter} names {name}, which is no column of the customers"
            f"{nearest(name, customers.columns) or '.'}"
        )
    if not pd.api.types.is_numeric_dtype(customers[name]):
        raise StudyError(f"{parameter} names {name}, which is no number.")
    values = customers[name].astype(float)
    values = values.where(np.isfinite(values))
    if values.isna().all():
        raise StudyError(f"{parameter} names {name}, which has missing values only.")
    return values

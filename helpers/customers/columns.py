"""Columns of the customers that a study names, checked before anything is computed."""

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError, nearest
from helpers.base.vocabulary import FEATURES, MEASURES


def known(customers: pd.DataFrame, names: list[str], parameter: str) -> list[str]:
    """Return the named columns that the customers have; `parameter` is what names them.

    Features of the series itself that this data cannot give are left out, so that defaults suit any data;
    any other name must be there.

    Raises:
        StudyError: a name is neither a column nor a feature of the series, or none of them is there.
    """
    for name in names:
        if name not in customers and name not in FEATURES and name not in MEASURES:
            raise StudyError(
                f"{parameter} names {name}, which is no column of the customers"
                f"{nearest(name, customers.columns) or '.'}"
            )
    there = [name for name in names if name in customers]
    if not there:
        raise StudyError(
            f"{parameter} names {', '.join(names)}, and the customers have none of them: name others."
        )
    return there


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

"""The columns that customers are grouped by, checked before anything is computed."""

import pandas as pd

from helpers.base.errors import StudyError
from helpers.customers.columns import finite_numbers, known


def usable_features(customers: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the features as floats, without those that all customers share.

    Raises:
        StudyError: a feature is not there, is no number, is missing or infinite for somebody, or fewer than three
            customers differ.
    """
    if not names:
        raise StudyError("clustering.features is empty: name at least one column of the customers.")
    there = known(customers, names, "clustering.features")
    original = pd.DataFrame({name: finite_numbers(customers, name, "clustering.features") for name in there})
    for name, unusable in original.isna().sum().items():
        if unusable:
            raise StudyError(
                f"{name} is missing or infinite for {unusable:,} of {len(original):,} customers; leave it out of "
                "clustering.features, or give those customers a value in the study's `features`."
            )
    distinct = len(original.drop_duplicates())
    if distinct < 3:
        raise StudyError(
            f"{len(original):,} customers have {distinct} different values of {', '.join(names)}; groups need at "
            "least three customers that differ."
        )
    return original.loc[:, original.nunique() > 1]

"""What turns features into numbers for a model; nothing is learned from rows that are predicted."""

from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from helpers.customers.scales import transformed

LEVELS = 20
"""Levels of a category that get a column of their own; the rarer ones share one."""


def columns_of(
    x: pd.DataFrame, *, dummies: bool = False, scaled: bool = False, logs: bool = False
) -> ColumnTransformer:
    """Return what turns features into numbers; nothing is learned from rows that are predicted.

    Gaps are filled with medians, and a category that training lacked counts as a level of its own, or as none.
    Trees take a category as the number of its level: they cut levels apart in steps, and one column is much
    quicker than one for each level. A linear model or a tree to be drawn wants `dummies`.
    """
    texts = [name for name in x.columns if not pd.api.types.is_numeric_dtype(x[name])]
    numeric: list[Any] = [SimpleImputer(strategy="median", keep_empty_features=True)]
    numeric += [FunctionTransformer(transformed, kw_args={"transform": "log1p"})] if logs else []
    numeric += [StandardScaler()] if scaled else []
    coded: Any = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=LEVELS)
    if dummies:
        coded = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=LEVELS, sparse_output=False)
    parts = [
        ("numbers", make_pipeline(*numeric), [name for name in x.columns if name not in texts]),
        ("categories", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), coded), texts),
    ]
    return ColumnTransformer(parts, verbose_feature_names_out=False)

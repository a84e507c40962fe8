"""The models that predict an amount: baselines, a forest and two kinds of boosted trees, all in one form.

Two kinds of targets need two kinds of losses. A column such as an amount per purchase is predicted by squared
errors. Spend in a period is zero for many customers and very large for a few: there the Tweedie family is used
(Jorgensen, 1987), whose mean is what a budget needs and whose deviance a few large customers cannot rule alone.
"""

import importlib
import warnings
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge, TweedieRegressor
from sklearn.metrics import mean_squared_error, mean_tweedie_deviance
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from helpers.customers.scales import transformed

POWER = 1.5
"""Of the Tweedie family: between counts (1) and amounts that are never zero (2)."""
LEAST = 0.01
"""Share of the mean target below which no prediction of spend counts: a deviance has no value at zero."""
LEVELS = 20
"""Levels of a category that get a column of their own; the rarer ones share one."""
MEAN, LAST, LINEAR = "mean", "last period", "linear"
FOREST, HIST, XGB = "random forest", "histogram boosting", "XGBoost"
TREES = (FOREST, HIST, XGB)
BASELINES = (MEAN, LAST, LINEAR)
"""What the tuned models are held against; training folds choose among TREES."""

Params = Mapping[str, Any]


class Space(NamedTuple):
    """A setting that tuning may choose: from low to high, on a logarithmic scale or not."""

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers."""
        return isinstance(self.low, int)


SEARCHED: dict[str, dict[str, Space]] = {
    FOREST: {
        "n_estimators": Space(40, 120),
        "max_depth": Space(3, 14),
        "min_samples_leaf": Space(1, 30, True),
        "max_features": Space(0.3, 1.0),
    },
    HIST: {
        "learning_rate": Space(0.03, 0.2, True),
        "max_iter": Space(40, 150),
        "max_leaf_nodes": Space(4, 24),
        "min_samples_leaf": Space(5, 60, True),
        "l2_regularization": Space(0.01, 10.0, True),
    },
    XGB: {
        "learning_rate": Space(0.03, 0.2, True),
        "n_estimators": Space(40, 200),
        "max_depth": Space(2, 6),
        "min_child_weight": Space(1.0, 40.0, True),
        "subsample": Space(0.6, 1.0),
        "colsample_bytree": Space(0.5, 1.0),
    },
}
"""What is tuned in each family, and between which bounds."""

DEFAULTS: dict[str, Params] = {
    FOREST: {"n_estimators": 80, "max_depth": 10, "min_samples_leaf": 2, "max_features": 0.7},
    HIST: {
        "learning_rate": 0.06,
        "max_iter": 100,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 10,
        "l2_regularization": 1.0,
    },
    XGB: {
        "learning_rate": 0.06,
        "n_estimators": 120,
        "max_depth": 3,
        "min_child_weight": 3.0,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
    },
}
"""The first settings that tuning tries."""

CAUTIOUS: dict[str, Params] = {
    FOREST: {"max_depth": 8, "min_samples_leaf": 10, "max_features": 0.5},
    HIST: {"min_samples_leaf": 40},
    XGB: {"min_child_weight": 20.0},
}
"""What differs for spend ahead: a few very large customers should not have leaves of their own."""


def first_settings(family: str, *, spend: bool) -> dict[str, Any]:
    """Return the settings of a family that tuning tries first."""
    return {**DEFAULTS.get(family, {}), **(CAUTIOUS.get(family, {}) if spend else {})}


def build(family: str, x: pd.DataFrame, params: Params, seed: int, *, spend: bool) -> Pipeline:
    """Return an unfitted model with what prepares its columns.

    Gaps are filled with medians. A category that training lacked counts as a level of its own, or as none. Nothing
    is learned from rows that are predicted.

    Args:
        family: one of TREES, LINEAR or MEAN.
        x: the features, for the names and types of their columns.
        params: settings of the family.
        seed: of its random choices.
        spend: whether the target is spend in a period (never below zero) rather than any column.
    """
    if family == MEAN:
        return make_pipeline(FunctionTransformer(), DummyRegressor())
    return make_pipeline(prepared(x, linear=family == LINEAR, logs=spend), _estimator(family, params, seed, spend))


def prepared(x: pd.DataFrame, *, linear: bool, logs: bool) -> ColumnTransformer:
    """Return what turns features into numbers.

    Trees take a category as the number of its level: they cut levels apart in steps, and one column is much
    quicker
    than one for each level. A linear model (or a tree to be drawn) needs a column of 0 and 1 for each.

    Args:
        x: the features, for the names and types of their columns.
        linear: columns of 0 and 1, and numbers on one scale.
        logs: numbers on a logarithmic scale first, for a linear model of spend.
    """
    texts = [name for name in x.columns if not pd.api.types.is_numeric_dtype(x[name])]
    numeric: list[Any] = [SimpleImputer(strategy="median", keep_empty_features=True)]
    if linear:
        numeric += [FunctionTransformer(transformed, kw_args={"transform": "log1p"})] if logs else []
        numeric += [StandardScaler()]
    coded: Any = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=LEVELS)
    if linear:
        coded = dummies()
    parts = [
        ("numbers", make_pipeline(*numeric), [name for name in x.columns if name not in texts]),
        ("categories", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), coded), texts),
    ]
    return ColumnTransformer(parts, verbose_feature_names_out=False)


def dummies() -> OneHotEncoder:
    """Return what gives each level of a category a column of 0 and 1; rare and unknown levels share one."""
    return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=LEVELS, sparse_output=False)


def _estimator(family: str, params: Params, seed: int, spend: bool) -> Any:
    if family == LINEAR:
        return TweedieRegressor(power=POWER, alpha=0.1, max_iter=1000) if spend else Ridge(alpha=1.0)
    if family == FOREST:
        return RandomForestRegressor(**params, random_state=seed, n_jobs=1)
    if family == HIST:
        loss = "poisson" if spend else "squared_error"  # the nearest to Tweedie that it has
        return HistGradientBoostingRegressor(loss=loss, **params, early_stopping=False, random_state=seed)
    from xgboost import XGBRegressor  # takes a second to import

    aim = {"objective": "reg:tweedie", "tweedie_variance_power": POWER} if spend else {}
    return XGBRegressor(**params, **aim, tree_method="hist", nthread=1, random_state=seed)


def loss_of(spend: bool) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return what models are tuned and chosen by: mean Tweedie deviance for spend, else mean squared error."""
    return _deviance if spend else mean_squared_error


def _deviance(y: np.ndarray, predicted: np.ndarray) -> float:
    least = max(LEAST * float(np.mean(y)), 1e-6)
    return float(mean_tweedie_deviance(y, np.maximum(predicted, least), power=POWER))


def import_quietly(name: str) -> ModuleType:
    """Return a module, imported without warnings: progress bars ask for widgets, which no page should load."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)

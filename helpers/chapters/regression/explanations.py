"""What a model goes by, from several sides: none of them alone is the truth, and none says what causes what.

Correlation and mutual information look at one feature at a time; permutation importance asks what the model loses
on rows it did not see when a feature is shuffled; SHAP divides each prediction among the features; partial
dependence shows how the prediction moves with one feature; noise shows how much it hangs on exact values.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import mutual_info_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeRegressor

from helpers.chapters.regression.evaluation import mae, rmse, spearman
from helpers.chapters.regression.models import FOREST, LEVELS, dummies, import_quietly
from helpers.chapters.regression.training import Evaluation, Task

ROWS = 1500
"""Rows that the slow measures are computed on."""
SHUFFLES = 5
DEPTH = 3
"""Questions of the drawn tree: more of them nobody would read."""
NOISE = (0.0, 0.05, 0.1, 0.25, 0.5)
"""Noise added to every number, in its standard deviations."""
CURVE = 20
"""Points of a partial dependence curve."""


class Inside(NamedTuple):
    """A fitted model, and the held out rows it is explained on."""

    task: Task
    family: str
    model: Pipeline
    learn: np.ndarray
    test: np.ndarray
    """At most ROWS of the rows that the model did not see."""


def look_inside(evaluation: Evaluation) -> Inside:
    """Return the chosen model of the first outer fold, fitted on its training rows."""
    task = evaluation.task
    learn, test = task.outer[0]
    family = evaluation.best
    if len(test) > ROWS:
        test = np.sort(np.random.default_rng(task.seed).choice(test, ROWS, replace=False))
    return Inside(task, family, task.fitted(family, evaluation.settings(family), learn), learn, test)


def selection_table(inside: Inside) -> pd.DataFrame:
    """Return, a row a feature, how it goes with the target and what the model loses without it.

    Correlations are those of ranks (Spearman) for numbers, and the correlation ratio for categories; mutual
    information is in nats (Kraskov's nearest neighbours), both on training rows. The permutation importance is the
    growth of the mean absolute error on held out rows when the feature is shuffled.

    Returns:
        `feature`, `correlation`, `mutual_information`, `permutation` and `permutation_std`, the most important
        first.
    """
    task = inside.task
    rows = inside.learn
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(task.seed).choice(rows, ROWS, replace=False))
    x, y = task.x.iloc[rows], task.y[rows]
    coded = pd.DataFrame({name: _codes(x[name]) for name in x.columns})
    discrete = np.array([not pd.api.types.is_numeric_dtype(x[name]) for name in x.columns])
    shared = mutual_info_regression(coded, y, discrete_features=discrete, random_state=task.seed)
    lost = permutation(inside)
    table = pd.DataFrame(
        {
            "feature": list(x.columns),
            "correlation": [_association(x[name], y) for name in x.columns],
            "mutual_information": shared,
            "permutation": lost.mean(axis=1),
            "permutation_std": lost.std(axis=1),
        }
    )
    return table.sort_values(["permutation", "feature"], ascending=[False, True], ignore_index=True)


def _codes(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(values):
        return values.fillna(values.median()).fillna(0).to_numpy(float)
    return pd.factorize(values, sort=True)[0].astype(float)


def _association(values: pd.Series, y: np.ndarray) -> float:
    """Return Spearman's correlation of a number, or the correlation ratio (from 0 to 1) of a category."""
    if pd.api.types.is_numeric_dtype(values):
        known = values.notna().to_numpy()
        return spearman(y[known], values[known].to_numpy(float))
    means = pd.Series(y).groupby(values.to_numpy()).transform("mean")
    spread = float(np.var(y))
    return float(np.sqrt(np.nanvar(means) / spread)) if spread else np.nan


def permutation(inside: Inside) -> np.ndarray:
    """Return by how much the mean absolute error on held out rows grows when a feature is shuffled.

    Returns:
        Features x SHUFFLES.
    """
    task = inside.task
    x, y = task.x.iloc[inside.test], task.y[inside.test]
    before = mae(y, task.predict(inside.model, x))
    rng = np.random.default_rng(task.seed)
    found = np.zeros((x.shape[1], SHUFFLES))
    for place, name in enumerate(x.columns):
        for turn in range(SHUFFLES):
            shuffled = x.assign(**{name: x[name].to_numpy()[rng.permutation(len(x))]})
            found[place, turn] = mae(y, task.predict(inside.model, shuffled)) - before
    return found


class Shap(NamedTuple):
    """How each feature moved each prediction."""

    values: pd.DataFrame
    """Held out rows x features: by how much the feature moved the prediction."""
    features: pd.DataFrame
    """The same rows' features."""
    logs: bool
    """Whether moves are of the logarithm of the prediction, as models of spend add them up."""


def shap_values(inside: Inside) -> Shap:
    """Return SHAP values of held out rows (Lundberg and others, 2020, for trees)."""
    shap = import_quietly("shap")  # numba comes with it, which takes seconds
    columns, estimator = inside.model[0], inside.model[-1]
    x = inside.task.x.iloc[inside.test]
    values = shap.TreeExplainer(estimator).shap_values(columns.transform(x), check_additivity=False)
    table = pd.DataFrame(np.asarray(values, dtype=float), x.index, columns.get_feature_names_out())
    logs = inside.task.spend and inside.family != FOREST
    return Shap(table[list(x.columns)], x, logs)


def partial_dependence(inside: Inside, feature: str) -> pd.DataFrame:
    """Return the mean prediction of held out rows when everybody has the same value of a feature.

    Returns:
        `value` (between the 2.5th and 97.5th percentile, or the levels of a category) and `prediction`.
    """
    x = inside.task.x.iloc[inside.test]
    values = x[feature].dropna()
    if pd.api.types.is_numeric_dtype(values):
        points = np.unique(np.quantile(values, np.linspace(0.025, 0.975, CURVE)))
    else:
        points = values.value_counts().index[:LEVELS].sort_values().to_numpy()
    means = [float(inside.task.predict(inside.model, x.assign(**{feature: point})).mean()) for point in points]
    return pd.DataFrame({"value": points, "prediction": means})


def shallow_tree(inside: Inside) -> tuple[DecisionTreeRegressor, list[str]]:
    """Return a tree of few questions, learned from the training rows, and the names of its columns."""
    task = inside.task
    texts = [name for name in task.x.columns if not pd.api.types.is_numeric_dtype(task.x[name])]
    gaps = SimpleImputer(strategy="median", keep_empty_features=True)
    known = [name for name in task.x.columns if name not in texts]
    columns = ColumnTransformer(
        [("numbers", gaps, known), ("categories", dummies(), texts)], verbose_feature_names_out=False
    )
    x = columns.fit_transform(task.x.iloc[inside.learn])
    leaf = max(5, len(inside.learn) // 50)
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=leaf, random_state=task.seed)
    return tree.fit(x, task.y[inside.learn]), list(columns.get_feature_names_out())


def noise_table(inside: Inside) -> pd.DataFrame:
    """Return how the errors on held out rows grow when noise is added to every number.

    Returns:
        `noise` (in standard deviations of each feature on training rows), `mae`, `rmse`; means over SHUFFLES
        draws.
    """
    task = inside.task
    x, y = task.x.iloc[inside.test], task.y[inside.test]
    numeric = [name for name in x.columns if pd.api.types.is_numeric_dtype(x[name])]
    spread = task.x.iloc[inside.learn][numeric].std().fillna(0).to_numpy()
    rows = []
    for size in NOISE:
        rng = np.random.default_rng(task.seed)
        errors = []
        for _ in range(SHUFFLES if size else 1):
            moved = x.copy()
            moved[numeric] = x[numeric] + size * spread * rng.normal(size=(len(x), len(numeric)))
            predicted = task.predict(inside.model, moved)
            errors.append((mae(y, predicted), rmse(y, predicted)))
        rows.append((size, *np.mean(errors, axis=0)))
    return pd.DataFrame(rows, columns=["noise", "mae", "rmse"])

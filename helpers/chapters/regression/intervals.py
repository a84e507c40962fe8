"""Intervals that hold what they promise, as far as the data allows, and the coverage that was measured.

A conformal interval widens predictions by what they missed on rows the model had not seen. Where rows are
exchangeable it covers the outcome as often as it says, whatever the model. Spend ahead is not exchangeable: the
next season is another one, so there the promise is only as good as the measured coverage.
"""

from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline

from helpers.chapters.regression.models import prepared
from helpers.chapters.regression.training import Task, Tuned
from helpers.predicting.folds import Folds

CHUNK = 400
"""Rows whose intervals are worked out at a time: each needs a number for every row that was learned from."""
QUANTILES = {"max_iter": 100, "learning_rate": 0.05, "max_leaf_nodes": 8, "min_samples_leaf": 40}
"""Of the models that predict a low and a high amount."""


class Band(NamedTuple):
    """An interval for each row."""

    low: np.ndarray
    high: np.ndarray
    level: float
    """The share of outcomes it should cover."""

    def covers(self, y: np.ndarray) -> np.ndarray:
        """Return whether each outcome is within its interval."""
        return (y >= self.low) & (y <= self.high)

    def around(self, predicted: np.ndarray) -> "Band":
        """Return the intervals, widened where they do not hold their own prediction.

        Quantiles and a mean come from different models, and for a few very large customers they disagree.
        """
        return Band(np.minimum(self.low, predicted), np.maximum(self.high, predicted), self.level)

    @property
    def width(self) -> float:
        """The median width, in the unit of the target."""
        return float(np.median(self.high - self.low))


def conformal_quantile(scores: np.ndarray, level: float) -> float:
    """Return the margin that covers a share of new rows: the ceil((n + 1) level)-th smallest score of n.

    Infinite where there are too few scores for the level (Vovk, Gammerman and Shafer, 2005).
    """
    rank = int(np.ceil((len(scores) + 1) * level))
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else np.inf


def cv_plus(task: Task, tuned: Tuned, folds: Folds, new: np.ndarray, level: float) -> Band:
    """Return CV+ intervals (Barber, Candes, Ramdas and Tibshirani, 2021).

    Every training row is predicted by a model that was fitted without its fold. Each new row then gets, from that
    same model, its prediction with the training row's miss taken off and added; the interval lies between the
    quantiles of all of these.

    Args:
        task: what is predicted.
        tuned: the model and its settings.
        folds: within the training rows, as positions.
        new: positions of the rows to be covered; none of them is in the folds.
        level: the share of outcomes to cover.
    """
    misses, predicted = [], []
    for learn, test in folds:
        model = task.fitted(tuned.family, tuned.params, learn)
        misses.append(np.abs(task.y[test] - task.predict(model, test)))
        predicted.append(task.predict(model, new))
    sizes = [len(miss) for miss in misses]
    miss = np.concatenate(misses)
    rank = min(len(miss), int(np.ceil((len(miss) + 1) * level)))
    low, high = np.empty(len(new)), np.empty(len(new))
    for start in range(0, len(new), CHUNK):
        part = slice(start, start + CHUNK)
        middles = np.repeat(np.column_stack([one[part] for one in predicted]), sizes, axis=1)
        high[part] = np.partition(middles + miss, rank - 1, axis=1)[:, rank - 1]
        low[part] = -np.partition(miss - middles, rank - 1, axis=1)[:, rank - 1]
    return Band(np.maximum(low, 0) if task.spend else low, high, level)


def quantile_band(task: Task, learn: np.ndarray, calibrate: np.ndarray, new: np.ndarray, level: float) -> Band:
    """Return split conformal intervals around predicted quantiles (Romano, Patterson and Candes, 2019).

    Two models predict a low and a high amount for each customer, so that intervals are wide where spend is hard to
    tell. What they miss on other rows moves both ends.

    Args:
        task: what is predicted.
        learn: positions that the two models learn from.
        calibrate: positions, such as those of the latest training cut-off, on which the margin is measured.
        new: positions to be covered.
        level: the share of outcomes to cover.
    """
    tail = (1 - level) / 2
    ends = [_quantile_model(task, each).fit(task.x.iloc[learn], task.y[learn]) for each in (tail, 1 - tail)]
    low, high = (task.predict(model, calibrate) for model in ends)
    margin = conformal_quantile(np.maximum(low - task.y[calibrate], task.y[calibrate] - high), level)
    low, high = (task.predict(model, new) for model in ends)
    low, high = np.minimum(low, high) - margin, np.maximum(low, high) + margin
    middle = (low + high) / 2  # a negative margin may cross the ends
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    return Band(np.maximum(low, 0) if task.spend else low, high, level)


def _quantile_model(task: Task, quantile: float) -> Pipeline:
    model = HistGradientBoostingRegressor(
        loss="quantile", quantile=quantile, **QUANTILES, early_stopping=False, random_state=task.seed
    )
    return make_pipeline(prepared(task.x, linear=False, logs=False), model)

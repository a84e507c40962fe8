"""Intervals around what any model predicts, which widen predictions by what they missed on rows it had not seen.

Where rows are exchangeable a conformal interval covers the outcome as often as it says, whatever the model. Spend
ahead is not exchangeable: the next season is another one, so there only the measured coverage counts.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from helpers.predicting.folds import Folds, grouped_folds
from helpers.predicting.tasks import Task

CHUNK = 400
"""Rows whose intervals are worked out at a time: each needs a number for every row that was learned from."""
FITTED, PARTS = 6000, (5, 30)
"""Of few training rows a fold takes away what the model needs, and intervals come out too wide. So few rows are
cut into many parts: as many as together hold FITTED rows, at least and at most PARTS."""


class Band(NamedTuple):
    """An interval for each row."""

    low: np.ndarray
    high: np.ndarray

    def covers(self, y: np.ndarray) -> np.ndarray:
        """Return whether each outcome is within its interval."""
        return (y >= self.low) & (y <= self.high)

    def around(self, predicted: np.ndarray) -> "Band":
        """Return the intervals, widened where they do not hold their own prediction.

        Quantiles and a mean come from different models, and for a few very large customers they disagree.
        """
        return Band(np.minimum(self.low, predicted), np.maximum(self.high, predicted))

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


def calibration(task: Task, learn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return training rows to learn from, and others on which the margin of intervals is measured.

    Through time the latest cut-off is calibrated on; where there is one only, or no time, a half of the customers.
    """
    latest = task.when[learn] == task.when[learn].max()
    if not latest.all():
        return learn[~latest], learn[latest]
    half = task.groups[learn] % 2 == 0
    return learn[half], learn[~half]


def band_of(
    task: Task, fold_models: list[BaseEstimator], quantiles: BaseEstimator, level: float, floor: float
) -> Band:
    """Return an interval for every tested row, at or above a floor.

    Args:
        task: what is predicted.
        fold_models: for each fold the model that its training rows chose; fitted or not.
        quantiles: an unfitted pipeline whose step `model` predicts a quantile; used through time.
        level: the share of outcomes to cover.
        floor: what no outcome can be below.
    """
    rows = task.tested
    if task.through_time:
        before, calibrate = calibration(task, task.folds[0][0])
        return quantile_band(quantiles, task, before, calibrate, task.x.iloc[rows], level=level, floor=floor)
    low, high = np.empty(len(rows)), np.empty(len(rows))
    for model, (learn, test) in zip(fold_models, task.folds, strict=True):
        parts = min(int(np.clip(FITTED // len(learn), *PARTS)), len(np.unique(task.groups[learn])))
        folds = [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], parts)]
        band, places = cv_plus(model, task, folds, test, level=level, floor=floor), np.searchsorted(rows, test)
        low[places], high[places] = band.low, band.high
    return Band(low, high)


def cv_plus(
    model: BaseEstimator, task: Task, folds: Folds, new: np.ndarray, *, level: float, floor: float = -np.inf
) -> Band:
    """Return CV+ intervals (Barber, Candes, Ramdas and Tibshirani, 2021).

    Every training row is predicted by a model that was fitted without its fold. Each new row then gets, from that
    same model, its prediction with the training row's miss taken off and added; the interval lies between the
    quantiles of all of these.
    """
    misses, predicted = [], []
    for learn, test in folds:
        fitted = clone(model).fit(task.x.iloc[learn], task.y[learn])
        misses.append(np.abs(task.y[test] - np.asarray(fitted.predict(task.x.iloc[test]), dtype=float)))
        predicted.append(np.asarray(fitted.predict(task.x.iloc[new]), dtype=float))
    sizes = [len(miss) for miss in misses]
    miss = np.concatenate(misses)
    rank = min(len(miss), int(np.ceil((len(miss) + 1) * level)))
    low, high = np.empty(len(new)), np.empty(len(new))
    for start in range(0, len(new), CHUNK):
        part = slice(start, start + CHUNK)
        middles = np.repeat(np.column_stack([one[part] for one in predicted]), sizes, axis=1)
        high[part] = np.partition(middles + miss, rank - 1, axis=1)[:, rank - 1]
        low[part] = -np.partition(miss - middles, rank - 1, axis=1)[:, rank - 1]
    return Band(np.maximum(low, floor), high)


def quantile_band(
    quantiles: BaseEstimator,
    task: Task,
    learn: np.ndarray,
    calibrate: np.ndarray,
    new: pd.DataFrame,
    *,
    level: float,
    floor: float = -np.inf,
) -> Band:
    """Return split conformal intervals around predicted quantiles (Romano, Patterson and Candes, 2019).

    Two models predict a low and a high amount for each customer, so that intervals are wide where spend is hard to
    tell. What they miss on other rows moves both ends.
    """
    tail = (1 - level) / 2
    ends = [
        clone(quantiles).set_params(model__quantile=each).fit(task.x.iloc[learn], task.y[learn])
        for each in (tail, 1 - tail)
    ]
    low, high = (np.maximum(model.predict(task.x.iloc[calibrate]), floor) for model in ends)
    margin = conformal_quantile(np.maximum(low - task.y[calibrate], task.y[calibrate] - high), level)
    low, high = (np.maximum(model.predict(new), floor) for model in ends)
    low, high = np.minimum(low, high) - margin, np.maximum(low, high) + margin
    middle = (low + high) / 2  # a negative margin may cross the ends
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    return Band(np.maximum(low, floor), high)

"""Intervals around what any model predicts: by quantiles in time, else by what it missed on rows it had not seen.

Where rows are exchangeable a conformal interval covers the outcome as often as it says, whatever the model.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from helpers.predicting.folds import Folds, grouped_folds
from helpers.predicting.ranges import Band
from helpers.predicting.tasks import Task

CHUNK = 400
"""Rows whose intervals are worked out at a time: each needs a number for every row that was learned from."""
FITTED, PARTS = 6000, (5, 30)
"""Of few training rows a fold takes away what the model needs, and intervals come out too wide. So few rows are
cut into many parts: as many as together hold FITTED rows, at least and at most PARTS."""


def calibration(task: Task, learn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return training rows to learn from, and others on which the margin of intervals is measured.

    Through time the latest cut-off is calibrated on; where there is one only, or no time, a half of the customers.
    """
    latest = task.when[learn] == task.when[learn].max()
    if not latest.all():
        return learn[~latest], learn[latest]
    half = task.groups[learn] % 2 == 0
    return learn[half], learn[~half]


def folds_band(task: Task, fold_models: list[BaseEstimator], level: float, floor: float) -> Band:
    """Return an interval for every row, where there is no time.

    Args:
        task: what is predicted.
        fold_models: for each fold the model that its training rows chose; fitted or not.
        level: the share of outcomes to cover.
        floor: what no outcome can be below.
    """
    rows = task.tested
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


def quantile_ends(
    tails: Sequence[BaseEstimator], x: pd.DataFrame, y: np.ndarray, new: pd.DataFrame, floor: float
) -> np.ndarray:
    """Return a low and a high amount of new rows, by models of quantiles (Romano, Patterson and Candes, 2019).

    Args:
        tails: unfitted, of a low and a high quantile.
        x: rows to learn from.
        y: what came of them.
        new: rows to be told of.
        floor: what no amount can be below.
    """
    return np.sort([np.maximum(clone(tail).fit(x, y).predict(new), floor) for tail in tails], axis=0)

"""Intervals around what any model predicts, which widen predictions by what they missed on rows it had not seen.

Where rows are exchangeable a conformal interval covers the outcome as often as it says, whatever the model. Spend
ahead is not exchangeable: so it is calibrated on the last window and on the same season of the year before, where
there is one, and only the measured coverage counts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from helpers.predicting.folds import Folds, grouped_folds
from helpers.predicting.ranges import Missed, moves, same_season
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
    task: Task,
    fold_models: list[BaseEstimator],
    quantiles: BaseEstimator,
    level: float,
    floor: float,
    *,
    dates: Sequence[datetime] = (),
) -> Band:
    """Return an interval for every tested row, at or above a floor.

    Args:
        task: what is predicted.
        fold_models: for each fold the model that its training rows chose; fitted or not.
        quantiles: an unfitted pipeline whose step `model` predicts a quantile; used through time.
        level: the share of outcomes to cover.
        floor: what no outcome can be below.
        dates: of the cut-offs, the test's last; used through time.
    """
    rows = task.tested
    if task.through_time:
        windows = windows_before(task, task.folds[0][0], dates, dates[-1])
        return quantile_band(quantiles, task, windows, task.x.iloc[rows], level=level, floor=floor)
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
    windows: Folds,
    new: pd.DataFrame,
    *,
    level: float,
    floor: float = -np.inf,
) -> Band:
    """Return split conformal intervals around predicted quantiles (Romano, Patterson and Candes, 2019).

    Two models predict a low and a high amount for each customer, so that intervals are wide where spend is hard to
    tell. What they missed in the windows moves both ends, by predicted size (`helpers.predicting.ranges`).

    Args:
        quantiles: an unfitted pipeline whose step `model` predicts a quantile.
        task: what is predicted.
        windows: of `windows_before`: rows to learn from and to calibrate on, the last window first.
        new: rows to be given intervals, by the models of the last window.
        level: the share of outcomes to cover.
        floor: what no outcome can be below.
    """
    fitted, missed, tails = [], [], ((1 - level) / 2, (1 + level) / 2)
    for learn, calibrate in windows:
        x, y = task.x.iloc[learn], task.y[learn]
        fitted.append([clone(quantiles).set_params(model__quantile=tail).fit(x, y) for tail in tails])
        missed.append(Missed(*_ends(fitted[-1], task.x.iloc[calibrate], floor), task.y[calibrate]))
    moved = moves(missed, level, cautious=len(windows) == 1)
    return Band(*moved.around(*_ends(fitted[0], new, floor), floor))


def windows_before(task: Task, learn: np.ndarray, dates: Sequence[datetime], start: datetime) -> Folds:
    """Return training rows to learn from and to calibrate on: the last cut-off, and the season of a year before.

    Args:
        task: whose rows are meant.
        learn: positions of the training rows.
        dates: of the task's cut-offs.
        start: of the days that are to be predicted.
    """
    when = task.when[learn]
    seasons = [n for n in same_season(dates, start) if when.min() < n < when.max()]
    return [calibration(task, learn), *((learn[when < n], learn[when == n]) for n in seasons)]


def _ends(models: Sequence[BaseEstimator], x: pd.DataFrame, floor: float) -> tuple[np.ndarray, np.ndarray]:
    one, other = (np.maximum(model.predict(x), floor) for model in models)
    return np.minimum(one, other), np.maximum(one, other)

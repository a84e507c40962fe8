"""Intervals cover what they say where rows are alike, and are infinite where nothing can be said."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from helpers.chapters.regression.intervals import calibration, cv_plus, folds_band
from helpers.predicting.folds import grouped_folds
from helpers.predicting.tasks import Task


def make_task(rows, *, floor=-np.inf, seed=2, when=None):
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"size": rng.uniform(1, 10, rows)})
    y = np.maximum(10 * x["size"].to_numpy() + rng.normal(0, 1, rows) * x["size"].to_numpy(), floor)
    when = np.zeros(rows, int) if when is None else when
    by_date = [(np.flatnonzero(when < when.max()), np.flatnonzero(when == when.max()))]
    folds = by_date if when.max() else grouped_folds(np.arange(rows), 3)
    return Task(x, y, np.arange(rows), np.arange(rows).astype(str), when, folds)


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_cv_plus_covers_what_it_should(level):
    task = make_task(1200)
    learn, new = np.arange(400), np.arange(400, 1200)
    folds = [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], 8)]
    band = cv_plus(LinearRegression(), task, folds, new, level=level)
    assert band.covers(task.y[new]).mean() == pytest.approx(level, abs=0.04)
    assert (band.low < band.high).all()


def test_cv_plus_follows_its_definition():
    task = make_task(40)
    learn, new = np.arange(30), np.arange(30, 40)
    folds = [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], 3)]
    forest = RandomForestRegressor(5, random_state=1)
    band = cv_plus(forest, task, folds, new, level=0.8)
    low, high = [], []
    for a, b in folds:
        model = clone(forest).fit(task.x.iloc[a], task.y[a])
        miss = np.abs(task.y[b] - model.predict(task.x.iloc[b]))
        low.append(model.predict(task.x.iloc[new])[:, None] - miss)
        high.append(model.predict(task.x.iloc[new])[:, None] + miss)
    rank = int(np.ceil(31 * 0.8))
    assert band.high == pytest.approx(np.sort(np.hstack(high), axis=1)[:, rank - 1])
    assert band.low == pytest.approx(np.sort(np.hstack(low), axis=1)[:, 30 - rank])


def test_the_margin_is_measured_on_the_latest_cut_off_or_on_half_of_the_customers():
    task = make_task(60, when=np.repeat([0, 1, 2], 20))
    before, calibrate = calibration(task, task.folds[0][0])
    assert set(task.when[before]) == {0}
    assert set(task.when[calibrate]) == {1}
    before, calibrate = calibration(task, np.arange(20))
    assert sorted([*before, *calibrate]) == list(range(20))
    assert len(before) == 10


def test_every_row_has_an_interval_that_covers():
    task = make_task(300)
    band = folds_band(task, [LinearRegression()] * len(task.folds), 0.8, -np.inf)
    assert band.covers(task.y).mean() == pytest.approx(0.8, abs=0.1)

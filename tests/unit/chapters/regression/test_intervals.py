"""Intervals cover what they say where rows are alike, and are infinite where nothing can be said."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline

from helpers.chapters.regression.intervals import (
    Band,
    band_of,
    calibration,
    cv_plus,
    quantile_band,
    windows_before,
)
from helpers.predicting.folds import grouped_folds
from helpers.predicting.tasks import Task

DATES = pd.date_range("2024-01-01", periods=3, freq="90D")
QUANTILES = Pipeline([("model", HistGradientBoostingRegressor(loss="quantile", quantile=0.5, random_state=1))])


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


def test_predicted_quantiles_are_wide_where_spend_is_uncertain():
    task = make_task(3000, floor=0)
    learn, calibrate, new = np.arange(1200), np.arange(1200, 2000), task.x.iloc[2000:]
    band = quantile_band(QUANTILES, task, [(learn, calibrate)], new, level=0.9, floor=0.0)
    assert band.covers(task.y[2000:]).mean() == pytest.approx(0.9, abs=0.03)
    width, size = band.high - band.low, task.x["size"].to_numpy()[2000:]
    assert width[size > 8].mean() > 1.4 * width[size < 3].mean()
    assert band.low.min() >= 0


def test_a_band_is_widened_to_hold_its_prediction():
    band = Band(np.array([0.0, 2]), np.array([4.0, 3])).around(np.array([5.0, 1]))
    assert band.low.tolist() == [0, 1]
    assert band.high.tolist() == [5, 3]
    assert band.width == 3.5


def test_the_margin_is_measured_on_the_latest_cut_off_or_on_half_of_the_customers():
    task = make_task(60, when=np.repeat([0, 1, 2], 20))
    before, calibrate = calibration(task, task.folds[0][0])
    assert set(task.when[before]) == {0}
    assert set(task.when[calibrate]) == {1}
    before, calibrate = calibration(task, np.arange(20))
    assert sorted([*before, *calibrate]) == list(range(20))
    assert len(before) == 10


def test_the_season_of_a_year_before_is_calibrated_on_by_a_model_of_the_dates_before_it():
    task = make_task(120, when=np.repeat(np.arange(6), 20))
    dates = [pd.Timestamp("2022-01-01") + pd.Timedelta(days=90 * n) for n in range(6)]
    windows = windows_before(task, task.folds[0][0], dates, dates[-1])
    assert [(set(task.when[a]), set(task.when[b])) for a, b in windows] == [({0, 1, 2, 3}, {4}), ({0}, {1})]
    assert len(windows_before(task, task.folds[0][0], dates[:-1], dates[-2])) == 1  # nothing lies before the other


@pytest.mark.parametrize("when", [None, np.repeat([0, 1, 2], 100)], ids=["folds", "through time"])
def test_every_tested_row_has_an_interval_that_covers(when):
    task = make_task(300, when=when)
    band = band_of(task, [LinearRegression()] * len(task.folds), QUANTILES, 0.8, -np.inf, dates=DATES)
    assert band.covers(task.y[task.tested]).mean() == pytest.approx(0.8, abs=0.1)

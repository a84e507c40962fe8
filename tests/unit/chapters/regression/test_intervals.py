"""Intervals cover what they promise where rows are alike, and say infinity where nothing can be promised."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.regression.intervals import Band, conformal_quantile, cv_plus, quantile_band
from helpers.chapters.regression.models import FOREST, LINEAR
from helpers.chapters.regression.training import Task, Tuned
from helpers.predicting.folds import grouped_folds


def make_task(rows, *, spend=False, seed=2):
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"size": rng.uniform(1, 10, rows)})
    y = 10 * x["size"].to_numpy() + rng.normal(0, 1, rows) * x["size"].to_numpy()
    y = np.maximum(y, 0) if spend else y
    return Task("amount", x, y, np.arange(rows), [], spend=spend, seed=1)


def test_the_margin_by_hand():
    scores = np.arange(1.0, 10)  # nine of them: the ninth is ceil(10 x .9)
    assert conformal_quantile(scores, 0.9) == 9
    assert conformal_quantile(scores, 0.5) == 5
    assert conformal_quantile(scores, 0.95) == np.inf


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_cv_plus_covers_what_it_promises(level):
    task = make_task(1200)
    learn, new = np.arange(400), np.arange(400, 1200)
    folds = [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], 8)]
    band = cv_plus(task, Tuned(LINEAR, {}, 0.0), folds, new, level)
    assert band.covers(task.y[new]).mean() == pytest.approx(level, abs=0.04)
    assert (band.low < band.high).all()


def test_cv_plus_follows_its_definition():
    task = make_task(40)
    learn, new = np.arange(30), np.arange(30, 40)
    folds = [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], 3)]
    tuned = Tuned(FOREST, {"n_estimators": 5}, 0.0)
    band = cv_plus(task, tuned, folds, new, 0.8)
    low, high = [], []
    for a, b in folds:
        model = task.fitted(tuned.family, tuned.params, a)
        miss = np.abs(task.y[b] - task.predict(model, b))
        low.append(task.predict(model, new)[:, None] - miss)
        high.append(task.predict(model, new)[:, None] + miss)
    rank = int(np.ceil(31 * 0.8))
    assert band.high == pytest.approx(np.sort(np.hstack(high), axis=1)[:, rank - 1])
    assert band.low == pytest.approx(np.sort(np.hstack(low), axis=1)[:, 30 - rank])


def test_predicted_quantiles_are_wide_where_spend_is_uncertain():
    task = make_task(3000, spend=True)
    band = quantile_band(task, np.arange(1200), np.arange(1200, 2000), np.arange(2000, 3000), 0.9)
    assert band.covers(task.y[2000:]).mean() == pytest.approx(0.9, abs=0.03)
    width, size = band.high - band.low, task.x["size"].to_numpy()[2000:]
    assert width[size > 8].mean() > 1.4 * width[size < 3].mean()
    assert band.low.min() >= 0


def test_a_band_is_widened_to_hold_its_prediction():
    band = Band(np.array([0.0, 2]), np.array([4.0, 3]), 0.9).around(np.array([5.0, 1]))
    assert band.low.tolist() == [0, 1]
    assert band.high.tolist() == [5, 3]
    assert band.width == 3.5

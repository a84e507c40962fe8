"""A model is chosen by its scores fold by fold, and a complicated one only where it is clearly better."""

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import cross_val_score

from helpers.predicting.choosing import simplest, tweedie, tweedie_deviance


@pytest.mark.parametrize(
    ("other", "chosen"),
    [([0.71, 0.72, 0.73], "other"), ([0.7015, 0.7015, 0.7015], "simple"), ([0.9, 0.5, 0.8], "simple")],
    ids=["clearly better", "by nothing", "by chance"],
)
def test_the_simplest_stays_unless_another_is_clearly_better(other, chosen):
    assert simplest({"simple": [0.70, 0.70, 0.70], "other": other}) == chosen


def test_the_deviance_asks_for_the_mean_and_takes_a_prediction_of_nothing():
    y = np.array([0.0, 0.0, 0.0, 8.0, 100.0])
    at = {guess: tweedie_deviance(y, np.full(5, guess)) for guess in (0.0, y.mean() / 2, y.mean(), 2 * y.mean())}
    assert min(at, key=at.get) == y.mean()
    assert np.isfinite(at[0.0])


def test_scikit_learn_scores_by_it_with_the_sign_turned():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    scores = cross_val_score(DummyRegressor(), np.zeros((4, 1)), y, cv=2, scoring=tweedie)
    assert scores[0] == -tweedie_deviance(y[:2], np.full(2, 3.5))

"""The measures by hand."""

import numpy as np
import pytest

from helpers.chapters.regression.evaluation import (
    better_by,
    intervals,
    mae,
    r2,
    rmse,
    score_table,
    spearman,
    top_share,
)

Y = np.array([0.0, 10, 20, 70])


def test_the_measures_by_hand():
    predicted = np.array([10.0, 10, 20, 40])
    assert mae(Y, predicted) == 10
    assert rmse(Y, predicted) == pytest.approx(np.sqrt(250))
    assert r2(Y, predicted) == pytest.approx(1 - 1000 / 2900)
    assert spearman(Y, np.array([1.0, 2, 3, 9])) == pytest.approx(1)
    assert spearman(Y, np.array([9.0, 3, 2, 1])) == pytest.approx(-1)


def test_what_is_not_defined_is_nan():
    assert np.isnan(spearman(Y, np.ones(4)))
    assert np.isnan(r2(np.ones(4), Y))
    assert np.isnan(top_share(np.zeros(4), Y))


def test_the_top_tenth_by_hand_and_ties_share_their_places():
    y = np.zeros(20)
    y[:4] = [40, 30, 20, 10]
    assert top_share(y, -np.arange(20.0)) == pytest.approx(0.7)
    assert top_share(y, np.arange(20.0)) == 0
    assert top_share(y, np.ones(20)) == pytest.approx(0.1)
    tied = np.where(np.arange(20) == 0, 9.0, np.where(np.arange(20) < 4, 5.0, 0.0))
    assert top_share(y, tied) == pytest.approx((40 + 20) / 100)  # one place left for three with 60 together


def test_a_table_has_a_row_a_model():
    table = score_table(Y, {"one": Y, "other": np.zeros(4)})
    assert table["model"].tolist() == ["one", "other"]
    assert table["rmse"].tolist() == pytest.approx([0, np.sqrt(1350)])


def test_intervals_hold_the_measure_and_copies_make_them_no_narrower():
    rng = np.random.default_rng(1)
    once, missed = rng.normal(100, 20, 40), rng.normal(0, 10, 40)
    y, predicted = np.repeat(once, 6), np.repeat(once + missed, 6)
    apart = intervals(y, predicted, np.arange(240), 1)["mae"]
    together = intervals(y, predicted, np.repeat(np.arange(40), 6), 1)["mae"]
    assert apart.low < apart.value < apart.high
    assert together.value == apart.value
    assert together.high - together.low > 1.8 * (apart.high - apart.low)


def test_the_gain_over_a_baseline_is_a_paired_difference():
    rng = np.random.default_rng(1)
    y = rng.gamma(1, 100, 200)
    gain = better_by(y, y + 5, y + 8, np.arange(200), 1)
    assert gain["mae"] == pytest.approx((3, 3, 3))
    assert gain["rmse"].low > 0

"""Ranges hold in each group by size and over windows, and what cannot be told is the largest seen."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from helpers.predicting.ranges import (
    GROUPS,
    Missed,
    coverage_by_decile,
    held_by_decile,
    moves,
    quantile,
    same_season,
    size_group,
)


def test_the_quantile_by_hand():
    scores, one = np.arange(9.0, 0, -1), np.ones(9)  # nine of them: the ninth is ceil(10 x .9)
    assert (quantile(scores, one, 0.9), quantile(scores, one, 0.5)) == (9, 5)
    assert quantile(scores, one, 0.95) == 9  # more than they can tell
    assert quantile(np.array([3.0, 1, 2]), np.array([8.0, 1, 1]), 0.5) == 3


def world(customers, seed, *, factor=1.0):
    """Return customers with ends that are too narrow for small customers and too wide for large ones."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(3, 1, customers)
    spread = np.array([0.1, 0.2, 0.3, 0.5, 0.8])[size_group(size, 5)]
    actual = size * factor * np.exp(spread * rng.normal(size=customers))
    return size, Missed(size * 0.6, size * 1.6, actual)


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_ranges_hold_in_every_group_by_size(level):
    found, (size, new) = moves([world(20_000, 1)[1]], level), world(20_000, 2)
    low, high = found.around(new.low, new.high, 0.0)
    inside, group = (new.actual >= low) & (new.actual <= high), size_group(size, GROUPS)
    assert len(found.low) == GROUPS
    assert [inside[group == of].mean() for of in range(GROUPS)] == pytest.approx([level] * GROUPS, abs=0.03)
    assert (low >= 0).all() and (low <= high).all()


def test_two_windows_count_alike_whatever_their_size():
    many, few = world(4000, 1)[1], world(1000, 3, factor=2.0)[1]
    held = []
    for windows in ([many], [many, few], [few]):
        low, high = moves(windows, 0.9).around(few.low, few.high, 0.0)
        held.append(np.mean((few.actual >= low) & (few.actual <= high)))
    assert held[0] < 0.5 and held[1] > 0.8
    assert held[2] == pytest.approx(0.9, abs=0.01)


def test_where_nothing_can_lie_below_the_high_end_takes_the_whole_tail_unless_cautious():
    rng = np.random.default_rng(1)
    bought = Missed(np.zeros(5000), np.ones(5000), rng.exponential(size=5000) * (rng.random(5000) < 0.7))
    held = [
        np.mean(bought.actual <= moves([bought], 0.9, cautious=cautious).around(bought.low, bought.high, 0.0)[1])
        for cautious in (False, True)
    ]
    assert held == pytest.approx([0.9, 0.95], abs=0.005)


def test_ranges_are_not_narrowed_by_a_window_of_another_season():
    wide = Missed(np.zeros(500), np.full(500, 9.0), np.ones(500))
    moved = moves([wide], 0.9, cautious=True)
    assert (moved.low >= 0).all() and (moved.high >= 0).all()
    assert (moves([wide], 0.9).high < 0).all()


def test_few_customers_are_one_group():
    assert len(moves([world(150, 1)[1]], 0.9).low) == 1
    assert np.bincount(size_group(np.array([5.0, 1, 9, 7]), 2)).tolist() == [2, 2]
    assert size_group(np.array([5.0, 1, 9, 7]), 2).tolist() == [1, 1, 0, 0]


def test_a_season_is_a_year_before_give_or_take_half_of_it():
    dates = [datetime(2023, 1, 1), datetime(2023, 4, 1), datetime(2023, 12, 1)]
    assert same_season(dates, datetime(2024, 1, 5)) == [0]
    assert same_season(dates, datetime(2024, 7, 1)) == []


def test_where_ranges_missed_is_said_with_what_the_data_did_not_have():
    missed = np.r_[np.zeros(40), np.ones(160)].astype(bool)
    held = coverage_by_decile(np.arange(200.0), missed)
    told = held_by_decile(held, 0.9, through_time=True, season=False)
    assert "furthest from the 90" in told and "same season of the year before is not in the data" in told
    assert "among them" in held_by_decile(held, 0.9, through_time=True, season=True)
    assert "Customers behaved" not in held_by_decile(held, 0.9, through_time=False, season=True)
    good = held.assign(held_share=0.9)
    assert "in none of them further than 5 pts" in held_by_decile(good, 0.9, through_time=True, season=True)
    assert isinstance(held, pd.DataFrame) and held["customers"].sum() == 200

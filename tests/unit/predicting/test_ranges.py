"""Ranges hold in each group by size and over windows, and what cannot be told is the largest seen."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from helpers.predicting.deciles import DECILES, decile_of
from helpers.predicting.ranges import (
    Ahead,
    Band,
    held_in,
    most_like,
    moves,
    of_season,
    quantile,
    ranges_held,
    shown_words,
    tried,
)

DATES = [datetime(2022, 1, 1) + timedelta(days=90 * n) for n in range(7)]


def test_the_quantile_by_hand():
    scores = np.arange(9.0, 0, -1)  # nine of them: the ninth is ceil(10 x .9)
    assert [quantile(scores, share) for share in (0.9, 0.5, 0.95)] == [
        9,
        5,
        9,
    ]  # the last: more than they can tell


def world(customers, seed, *, factor=1.0):
    """Return customers with ends that are too narrow for small customers and too wide for large ones."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(3, 1, customers)
    spread = np.linspace(0.1, 0.8, DECILES)[decile_of(size) - 1]
    return Ahead(size * 0.6, size * 1.6, size, size * factor * np.exp(spread * rng.normal(size=customers)))


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_ranges_hold_in_every_decile_of_the_forecast(level):
    found, new = moves(world(20_000, 1), level, 0.0), world(20_000, 2)
    band, decile = found.around(*new[:3]), decile_of(new.forecast)
    inside = band.covers(new.actual)
    assert len(found.low) == DECILES
    assert [inside[decile == of].mean() for of in range(1, 11)] == pytest.approx([level] * DECILES, abs=0.04)
    assert (band.low >= 0).all() and (band.low <= band.high).all()


def test_where_nothing_can_lie_below_the_high_end_takes_the_whole_tail():
    rng = np.random.default_rng(1)
    spent = rng.exponential(size=5000) * (rng.random(5000) < 0.7)
    back = np.where(rng.random(5000) < 0.04, -1.0, spent)  # more came back: below any range
    for actual in (spent, back):
        bought = Ahead(np.zeros(5000), np.ones(5000), rng.random(5000), actual)
        band = moves(bought, 0.9, 0.0).around(*bought[:3])
        assert band.covers(actual).mean() == pytest.approx(0.9, abs=0.005)


def test_of_no_window_ends_stay_where_they_are_and_hold_the_forecast():
    band = moves(None, 0.9, 0.0).around(np.array([-1.0, 2]), np.array([4.0, 3]), np.array([5.0, 1]))
    assert (band.low.tolist(), band.high.tolist(), band.width) == ([0, 1], [5, 3], 3.5)


def test_few_customers_are_one_group():
    assert len(moves(world(90, 1), 0.9, 0.0).low) == 1
    assert decile_of(np.array([5.0, 1, 9, 7]), 2).tolist() == [2, 2, 1, 1]


def test_the_last_window_is_most_like_the_next_or_the_same_season_of_a_year_before():
    windows = dict(zip(DATES, range(len(DATES)), strict=True))
    for by_season, like in ((False, 4), (True, 1)):
        assert most_like(windows, DATES[5], by_season=by_season) == like
        assert most_like(windows, DATES[2], by_season=by_season) == 1
        assert most_like(windows, DATES[0], by_season=by_season) is None
    monthly = [datetime(2022, 1, 1) + timedelta(days=30 * n) for n in range(14)]
    assert most_like({date: date for date in monthly}, monthly[13], by_season=True) == monthly[1]
    assert of_season(datetime(2023, 1, 1), datetime(2024, 1, 5))
    assert not of_season(datetime(2023, 1, 1), datetime(2024, 7, 1))


def judged(shares, customers=200, *, zero=0.0, learned=4000, level=0.9):
    """Return how ranges held whose deciles hold some shares, of customers of whom a share spend nothing."""
    actual = np.concatenate([np.where(np.arange(customers) < share * customers, 0.5, 9.0) for share in shares])
    actual[np.tile(np.arange(customers) < zero * customers, len(shares))] = 0.0
    band, forecast = Band(np.zeros(len(actual)), np.ones(len(actual))), -np.arange(float(len(actual)))
    return held_in(band, forecast, actual, level, floor=0.0, learned=learned, in_season=True)


def test_ranges_hold_where_every_decile_does_or_chance_may_have_moved_it():
    assert judged([0.9] * 10).holds
    off = judged([0.9] * 9 + [0.75])
    assert not off.holds and off.furthest["decile"] == 10 and off.furthest["held_share"] == 0.75
    assert judged([0.9] * 9 + [0.75], customers=20).holds  # three of 20 customers are chance
    few_high = judged([0.86] * 10, customers=1000)
    assert few_high.table["holds"].all() and not few_high.holds  # no decile misses it, but all together do
    assert few_high.share == pytest.approx(0.86)


def test_where_nearly_all_spend_nothing_their_share_is_meant():
    assert judged([0.97] * 10, zero=0.97).holds
    assert not judged([1.0] * 10, customers=1000).holds


def test_ranges_that_hold_are_seldom_said_not_to():
    held = []
    for seed in range(60):
        known, new = world(700, 2 * seed), world(700, 2 * seed + 1)
        moved = moves(known, 0.9, 0.0)
        found = held_in(moved.around(*new[:3]), new.forecast, new.actual, 0.9, floor=0.0,
                        learned=moved.customers, in_season=True)  # fmt: skip
        held.append(found.holds)
    assert np.mean(held) > 0.93


def test_ranges_are_shown_only_where_those_of_earlier_windows_and_of_the_test_held():
    steady = {date: world(1000, n) for n, date in enumerate(DATES)}
    found = tried(steady, 0.9, 0.0, by_season=False)
    assert list(found) == DATES[4:]  # those whose season is known
    assert ranges_held(found) == (True, True)
    told = str(shown_words(found, 0.9, shown=True))
    assert "are shown: in each of 3 windows" in told
    turned = tried(steady | {DATES[5]: world(1000, 5, factor=2.0)}, 0.9, 0.0, by_season=False)
    assert ranges_held(turned) == (False, False)
    told = str(shown_words(turned, 0.9, shown=False))
    assert "No range of a single customer is shown: in the window from 27 Mar 2023 they held" in told
    at_test = tried(steady | {DATES[6]: world(1000, 6, factor=2.0)}, 0.9, 0.0, by_season=False)
    assert ranges_held(at_test) == (True, False)
    assert "in the window from 25 Jun 2023" in str(shown_words(at_test, 0.9, shown=False))


def test_ranges_of_a_season_that_the_data_does_not_know_are_not_shown():
    young = tried({date: world(1000, n) for n, date in enumerate(DATES[:4])}, 0.9, 0.0, by_season=True)
    assert list(young) == DATES[3:4] and ranges_held(young) == (False, False)
    assert "same days of a year before" in str(shown_words(young, 0.9, shown=False))
    once = tried({date: world(1000, n) for n, date in enumerate(DATES[:5])}, 0.9, 0.0, by_season=True)
    assert ranges_held(once) == (False, False)
    assert "no window before the test could show" in str(shown_words(once, 0.9, shown=False))


def test_without_time_the_test_alone_says_whether_ranges_are_shown():
    good, bad = {None: judged([0.9] * 10)}, {None: judged([0.9] * 9 + [0.7])}
    assert (ranges_held(good), ranges_held(bad)) == ((True, True), (True, False))
    assert "in the test they held that share" in str(shown_words(good, 0.9, shown=True))
    assert "in the test they held 70" in str(shown_words(bad, 0.9, shown=False))

"""How many will buy: shares moved by the season of a year before, and the rule that withholds levels."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from helpers.base.sampling import log_odds
from helpers.chapters.purchase_prediction.levels import (
    AS_LEARNED,
    IN_SEASON,
    LAST_WINDOW,
    Window,
    chosen_words,
    level_at,
    level_of,
    share_bought,
    share_in_season,
    shown_words,
    ways_to_set,
)
from helpers.predicting.deciles import may_be_shown, wilson

START = pd.Timestamp("2022-01-01")


def days(*bought):
    """Return purchases of ten customers who all bought on the first day, and some again in each 90 days."""
    rows = [(f"c{n}", START) for n in range(10)]
    rows += [
        (f"c{n}", START + pd.Timedelta(days=90 * place + 5))
        for place, many in enumerate(bought, 1)
        for n in range(many)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "day"])


def at(place):
    return START + pd.Timedelta(days=90 * place)


def test_the_share_that_bought_is_of_the_customers_known_then():
    assert share_bought(days(4, 7), at(1), 90) == pytest.approx(0.4)
    assert share_bought(days(4, 7), at(2), 90) == pytest.approx(0.7)
    assert share_bought(days(4, 7), at(0), 90) is None  # nothing lies before it


def test_the_season_moves_the_share_of_the_last_window_as_it_did_a_year_before():
    sales = days(5, 8, 5, 5, 4)
    odds = np.log(0.4 / 0.6) + np.log(0.8 / 0.2) - np.log(0.5 / 0.5)
    start = START + pd.Timedelta(days=365 + 180)  # a year before it, the second window begins
    moved = pd.concat(
        [sales[sales["day"] < at(4)], sales[sales["day"] > at(5)].assign(day=start - pd.Timedelta(days=9))]
    )
    assert share_in_season(moved, start, 90) == pytest.approx(expit(odds))
    assert share_in_season(sales, at(3), 90) is None
    assert share_in_season(sales, at(6), 400) is None


def test_the_level_is_where_it_was_asked_to_be_and_the_order_stays():
    odds = np.random.default_rng(1).normal(size=500)
    assert expit(odds + level_at(odds, 0.7)).mean() == pytest.approx(0.7)
    ways = ways_to_set(odds, (0.5, 2.0), 0.3)
    assert list(ways) == [AS_LEARNED, LAST_WINDOW, IN_SEASON]
    more, slope = ways[IN_SEASON]
    assert (expit(more + slope * odds).mean(), slope) == (pytest.approx(0.3), 2.0)
    assert list(ways_to_set(odds, (0.5, 2.0), None)) == [AS_LEARNED, LAST_WINDOW]
    assert list(ways_to_set(odds, (0.5, -1.0), 0.3)) == [AS_LEARNED]  # it would turn the order round
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


def world(customers, shift, seed=0):
    """Return probabilities and what customers did, whose odds are others by `shift`."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, customers)
    return expit(odds), rng.random(customers) < expit(odds + shift)


def test_levels_are_shown_where_the_season_is_known_and_every_decile_held():
    honest, off = level_of(*world(40_000, 0.0), 0.5, 0.5), level_of(*world(40_000, 0.5), 0.5, 0.5)
    assert honest.holds and abs(honest.off) < 0.02
    assert not off.holds and off.off < -0.08
    assert may_be_shown([honest]) and not may_be_shown([honest, off]) and not may_be_shown([])
    assert not may_be_shown([level_of(*world(40_000, 0.0), None, 0.5)])  # nobody knows the season


def test_few_customers_cannot_show_that_a_level_holds():
    shown = [may_be_shown([level_of(*world(300, 0.0, seed), 0.5, 0.5)]) for seed in range(100)]
    assert np.mean(shown) < 0.05


def test_a_level_that_one_share_for_all_beats_is_withheld():
    _, bought = world(40_000, 0.0)
    unsure = np.clip(np.random.default_rng(3).normal(0.5, 0.02, 40_000), 0, 1)
    window = level_of(unsure, bought, 0.5, 0.5)
    assert window.brier > window.constant and not window.holds


def test_intervals_of_shares_are_wilsons():
    low, high = wilson(np.array([0.0, 0.5]), np.array([10, 100]))
    assert low == pytest.approx([0.0, 0.4038], abs=1e-4)
    assert high == pytest.approx([0.2775, 0.5962], abs=1e-4)


def window(*, off=0.0, brier=0.2, season=True):
    """Return a window whose second decile was off by some share."""
    forecast = np.array([0.8, 0.5 + off])
    table = pd.DataFrame({"probability": forecast, "bought": [0.8, 0.5]})
    return Window(table, brier, 0.25, season)


MARCH, JUNE = pd.Timestamp("2024-03-01"), pd.Timestamp("2024-06-01")


@pytest.mark.parametrize(
    ("before", "test", "words"),
    [
        ({MARCH: window(off=0.02)}, window(off=-0.03), "in each of 2 windows every decile was within 5 pts"),
        (
            {MARCH: window(off=0.14)},
            window(off=0.02),
            "from 1 Mar 2024 the furthest decile was 14 pts off",
        ),
        ({MARCH: window(brier=0.3)}, window(), "in the window from 1 Mar 2024 one share for every customer did"),
        ({MARCH: window()}, window(off=-0.07), "in the window from 1 Jun 2024 the furthest decile was 7 pts off"),
        ({MARCH: window(season=False)}, window(season=False), "does not have the same days of a year before"),
        ({}, window(), "no window before the test could show whether they hold"),
    ],
)
def test_levels_are_shown_where_every_window_held_and_else_withheld_with_the_reason(before, test, words):
    allowed = may_be_shown(list(before.values()))
    shown = allowed and may_be_shown([test])
    told = shown_words(before | {JUNE: test}, test, JUNE, allowed=allowed, shown=shown)
    assert words in told
    assert shown == told.startswith("Probabilities are shown")
    assert shown != told.startswith("No probability is shown, only places and deciles")


def test_how_the_level_is_set_is_told_with_what_it_was_worth():
    briers = pd.DataFrame({AS_LEARNED: [0.25, 0.24], IN_SEASON: [0.2, 0.21]}, [MARCH, JUNE])
    told = chosen_words(briers, IN_SEASON, window(brier=0.21))
    assert "(0.200; as learned 0.250; lower is better)" in told
    assert "At the test it scores 0.210, as learned 0.240; one share for every customer scores 0.250." in told
    assert chosen_words(briers.tail(1), AS_LEARNED, window()).startswith("No window before the test")

"""Nobody is told to act on predictions that are no better than a guess, or whose order fails."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.regression.advice import (
    ALIKE,
    AS_BEFORE,
    CHANCE,
    FAILS,
    HOLDS,
    SEASONAL,
    business_table,
    forecast_groups,
    instead,
    order_fails,
    use_of_list,
)
from tests.unit.chapters.regression.test_narrative import made

PREDICTED = np.arange(20.0, 0, -1)  # two customers a decile: 2 in the top one, 8 next, 10 in the lower half
SEASONS = pd.Series([None] * 10 + ["Nov-Dec"] * 5 + [None] * 5)


def groups(top: float, middle: float, seasonal: float, rest: float, seasons=SEASONS) -> pd.DataFrame:
    """Return groups of which all but the lower half spent the same each."""
    actual = np.repeat([top, middle, seasonal, rest], [2, 8, 5, 5])
    return forecast_groups(PREDICTED, actual, seasons)


@pytest.mark.parametrize(
    ("evidence", "other"),
    [
        (made(), None),
        (made(gain=(1, -1, 3)), AS_BEFORE),
        (made(spend=False, against_mean=(1, -1, 3)), CHANCE),
    ],
)
def test_where_predictions_beat_no_simple_guess_all_are_treated_alike(evidence, other):
    assert instead(evidence) == other


def test_groups_add_up_and_an_order_that_holds_is_said_to():
    found = groups(30, 10, 4, 4)
    assert found["customers"].tolist() == [2, 8, 10]
    assert found["share"].sum() == pytest.approx(1)
    assert found["order"].tolist() == [HOLDS] * 3
    assert order_fails(found, "GBP") is None
    assert use_of_list(found, None, "GBP").endswith("its order held from group to group, too.")


def test_customers_of_one_season_are_named_where_they_alone_turn_the_order_round():
    found = groups(30, 10, 36, 4)
    assert found["order"].tolist() == [HOLDS, HOLDS, SEASONAL]
    told = order_fails(found, "GBP")
    assert "forecast £5.50 per customer, actual £20, 59\xa0% of all that was spent" in told
    assert "5 customers order in Nov-Dec only and account for 90\xa0% of it" in told
    assert "the 5 who order in Nov-Dec only before" in business_table(found, None)["action"].iloc[-1]
    assert "but not for customers who order in one season" in use_of_list(found, None, "GBP")


@pytest.mark.parametrize("found", [groups(30, 10, 36, 14), groups(30, 10, 20, 20, None)])
def test_an_order_that_fails_without_a_known_reason_is_told(found):
    assert found["order"].tolist() == [HOLDS, HOLDS, FAILS]
    assert "does not hold there" in order_fails(found, "GBP")
    assert business_table(found, None)["action"].iloc[-1] == ALIKE
    assert "neither its order nor its amounts held" in use_of_list(found, None, "GBP")


@pytest.mark.parametrize("found", [groups(30, 10, 4, 4), groups(30, 10, 36, 4), groups(30, 10, 36, 14)])
def test_no_two_sentences_disagree_on_whether_to_go_by_the_order(found):
    """A first reader met "go by the order of this list" beside "the order is not to be trusted"."""
    use, failing = use_of_list(found, None, "GBP"), order_fails(found, "GBP")
    assert use.endswith("its order held from group to group, too.") == (failing is None)
    assert set(business_table(found, CHANCE)["action"]) == {CHANCE}
    assert "Do not go by this list" in use_of_list(found, CHANCE, "GBP")

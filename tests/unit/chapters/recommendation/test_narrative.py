"""A list that its test does not support is not recommended, and what is said of it does not say otherwise."""

from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.recommendation import narrative
from helpers.chapters.recommendation.association_rules import Rules
from helpers.chapters.recommendation.cold_start import HYBRID
from helpers.chapters.recommendation.evaluation import Gain
from helpers.customers.actions import ACTIONS, BEFORE_SEASON, REVIEW

PRECISION = {"Blend": 0.29, "Buy again": 0.3, "Popular lately": 0.1, "Random": 0.01}
WINDOW = SimpleNamespace(
    cut_off=datetime(2025, 12, 20), end=datetime(2026, 1, 19), rows={"next": np.arange(567), "new": np.arange(338)}
)
JUDGED = SimpleNamespace(mean=lambda _question, model, _measure="precision": PRECISION[model], window=WINDOW)
ACTION_OF = {"a": ACTIONS["recent", "high"], "b": REVIEW, "c": BEFORE_SEASON.format(season="Nov-Dec")}
OFFERED = pd.DataFrame({"customer_id": ["a", "a", "b", "c"], "bought_before": [True, True, True, False]})
OFFERED["action"] = OFFERED["customer_id"].map(ACTION_OF)


def test_usual_products_are_shown_where_the_recommender_is_no_better():
    text = narrative.offered_next(JUDGED, "Blend", "Buy again", 10)
    assert text.startswith(
        "Show customers their usual products: the 567 who ordered from 20 Dec 2025 to 19 Jan 2026"
    )
    assert "bought 3.0 of 10 usual products, 1.0 of 10 recent best sellers and 2.9 of 10 that a recom" in text
    assert narrative.offered_next(JUDGED, "Blend", "Blend", 10).startswith(
        "Show customers what a recommender chooses: the 567"
    )
    assert "recommender" not in narrative.offered_next(JUDGED, "Buy again", "Buy again", 10)


@pytest.mark.parametrize("recommended", ["Blend", "Buy again"])
def test_nobody_was_offered_anything_in_the_test_and_nothing_says_so(recommended):
    gain = Gain(Interval(0.1, 0.05, 0.15), Interval(0.1, 0.05, 0.15))
    told = [
        narrative.offered_next(JUDGED, "Blend", recommended, 10),
        narrative.offered_new(JUDGED, "Blend", 10, gain),
        narrative.compared_with_baseline(JUDGED, "next", "Blend", gain, 10),
        *narrative.expected(JUDGED, "next", recommended, 10).values(),
    ]
    assert not [text for text in told if "offer" in text.lower()]
    assert told[0].endswith("Whether showing a list sells more was not tested.")
    assert not [text for text in told[:2] if "blend" in text.lower()]  # no reader of a headline has met the name


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        ((0.01, 0.002, 0.02), "significantly better than usual products"),
        ((0.01, -0.002, 0.02), "are as good, without a significant difference"),
        ((-0.01, -0.02, -0.002), "usual products are significantly better"),
    ],
)
def test_what_the_list_holds_follows_the_interval(gain, verdict):
    text = narrative.beats_usual_products(Gain(Interval(*gain), Interval(*gain)))
    assert verdict in text
    assert ("holds these" in text) == (gain[1] <= 0) == text.startswith("Do not pay")


def test_a_gain_of_the_last_window_alone_recommends_nothing():
    once = Gain(Interval(0.01, 0.002, 0.02), Interval(0.01, -0.002, 0.02))
    assert narrative.beats_usual_products(once).startswith("Do not pay")
    told = narrative.compared_with_baseline(JUDGED, "next", "Blend", once, 10, windows=3)
    assert told.endswith(
        "no significant difference (+0.02 to +0.20 products; -0.02 to +0.20 on average over 3 windows)."
    )


def test_too_few_windows_are_told():
    days = [SimpleNamespace(cut_off=datetime(2025, month, 20)) for month in (9, 10, 11, 12)]
    assert "serves to choose only" in narrative.through_time(days[:3], days[3], 3)
    assert "would need a longer history" in narrative.through_time(days[2:3], days[3], 3)
    assert "Only this one window" in narrative.through_time([], days[3], 3)


def test_a_list_that_is_its_own_baseline_is_held_against_a_simpler_one():
    assert narrative.expected(JUDGED, "next", "Blend", 10)["baseline"] == "3.0 of 10 (usual products)"
    assert narrative.expected(JUDGED, "next", "Buy again", 10)["baseline"] == "1.0 of 10 (recent best sellers)"
    assert narrative.expected(JUDGED, "new", "Popular lately", 10)["baseline"] == "0.10 of 10 (products at random)"


def test_a_list_that_nobody_measured_is_there_for_a_trial():
    assert "none is recommended" in narrative.lists_written(OFFERED, 5, measured=False)
    assert "recommended" not in narrative.lists_written(OFFERED, 5, measured=True)


def test_customers_who_must_not_get_a_list_yet_are_counted_and_in_no_order_to_send_one():
    told = narrative.lists_written(OFFERED, 5, measured=True)
    assert told.endswith("list of 5 products; use it now for 1. The other 2 wait: the column action says why.")
    todo = narrative.orders({"next": OFFERED}, "Popular of all time")
    assert todo["customers"].tolist()[:1] + todo["customers"].tolist()[2:] == [1, 1, 1]
    assert todo["what_to_do"].iloc[1] == "Show the best sellers of all time to customers who have not bought yet"
    free = OFFERED.drop(columns="action")
    assert narrative.lists_written(free, 5, measured=True) == "All 3 customers have a list of 5 products."
    assert narrative.orders({"new": free}, None)["customers"].tolist() == [3]


def cold(hybrid: tuple, best: tuple, random: tuple) -> pd.DataFrame:
    """Return lists for new customers: of each its hit rate, and the ends of the hybrid's difference to it."""
    rows = [(HYBRID, *hybrid), ("Popular of all time", *best), ("Random", *random)]
    return pd.DataFrame(rows, columns=["model", "hit_rate", "difference_low", "difference_high"])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            cold((0.26, 0, 0), (0.39, -0.2, 0.01), (0.08, 0.1, 0.3)),
            "one of 10 on the model's list, not significantly",
        ),
        (cold((0.26, 0, 0), (0.39, -0.2, -0.01), (0.08, 0.1, 0.3)), "model's list, significantly fewer"),
        (cold((0.5, 0, 0), (0.39, 0.05, 0.2), (0.08, 0.1, 0.3)), "Show new customers the model's list: 50\xa0%"),
        (cold((0.1, 0, 0), (0.05, 0, 0.1), (0.11, -0.1, 0.1)), "No list for new customers is better than chance"),
    ],
)
def test_what_new_customers_are_shown_follows_the_paired_difference(found, words):
    assert words in narrative.cold_start(found, 77, 10)


def test_pairs_are_told_as_what_to_show_together():
    pairs = pd.DataFrame({"product": ["Pot", "Cup"], "bought_with": ["Can", "Tray"], "confidence": [0.84, 0.1]})
    tested = Rules(pairs, 100, 5, 40, 400)
    told = narrative.rules(tested, pairs)
    assert told.startswith("Show or bundle 1 pair of products, such as Pot and Can: 84\xa0% of the orders with")
    assert "Of 400 pairs tested, 1 more is significantly more often in one order than at random" in told
    assert (
        "Show Cup and Tray side by side: of 400 pairs tested, 1 pair of products is significantly"
        in narrative.rules(tested, pairs.tail(1))
    )
    assert "none is in one order" in narrative.rules(tested, pairs.head(0))

"""What is said fits what was found."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.purchase_prediction import narrative
from helpers.chapters.purchase_prediction.targeting import (
    AT_TEST,
    BEFORE_TEST,
    CONTACT,
    EVERYBODY,
    FIRST,
    MODEL,
    NOBODY,
    NOT_TRIED,
    RECENT,
    REVIEW,
)

UP, DOWN, NONE = Interval(0.03, 0.01, 0.05), Interval(-0.03, -0.05, -0.02), Interval(0.001, -0.01, 0.01)


def test_the_simplest_model_is_named_with_the_highest():
    scores = pd.DataFrame({"A, C = 1": [0.7, 0.71], "B": [0.72, 0.70]})
    assert "A, C = 1 is used: mean AUC 0.7050" in narrative.choice(scores, "A, C = 1")
    assert "The highest is B with 0.7100" in narrative.choice(scores, "A, C = 1")
    assert "No other candidate" in narrative.choice(scores, "B")


def test_signs_name_the_strongest_first():
    text = narrative.signs(pd.Series({"recency": 0.5, "items": 1.1, "frequency": 1.8, "tenure": 0.9}))
    assert text.index("frequency (× 1.80)") < text.index("items (× 1.10)") < text.index("recency (× 0.50)")
    assert "lowers" not in narrative.signs(pd.Series({"frequency": 1.8}))


def test_balancing_is_worth_a_trial_only_where_it_gains():
    table = pd.DataFrame({"family": "logistic", "method": ["none", "weights", "smote"], "auc": [0.7, 0.701, 0.7]})
    assert "the ranking gains nothing" in narrative.balance(table)
    assert "gains 0.020 of AUC" in narrative.balance(table.assign(auc=[0.7, 0.72, 0.7]))


def test_the_test_says_what_is_significant():
    aucs = {"recency": 0.68, "reference": 0.74, "logistic": 0.76}
    text = narrative.test_result(aucs, "logistic", {"recency": UP, "reference": NONE})
    assert "in 76\N{NO-BREAK SPACE}% of all pairs" in text
    assert "significantly more, +0.030" in text
    assert "may be chance" in text
    assert "rare for a shop" not in text
    text = narrative.test_result(aucs | {"logistic": 0.95}, "logistic", {"recency": NONE, "reference": UP})
    assert "no significant difference" in text
    assert "improve the forecast" in text
    assert "rare for a shop" in text


@pytest.mark.parametrize(
    ("gain", "words"), [(UP, "ranks better"), (DOWN, "is worse"), (NONE, "simpler model is preferred")]
)
def test_the_network_must_earn_its_place(gain, words):
    assert words in narrative.network(gain)


def ways(model, everybody, recent, measure="profit"):
    policies = [MODEL, EVERYBODY, NOBODY, RECENT]
    return pd.DataFrame({"policy": policies, "contacted": [2, 9, 0, 2], measure: [model, everybody, 0.0, recent]})


LIST = pd.DataFrame({"contact": [FIRST, CONTACT, CONTACT, REVIEW]})


@pytest.mark.parametrize(
    ("best", "start"),
    [
        (EVERYBODY, "Contact 3 of 4 customers, all but 1 to review first: that costs £3, and pays"),
        (MODEL, "Contact the 3 of 4 customers whom the model selects (without 1 to review first): that costs £3, "
                "and pays"),
        (RECENT, "Contact the 3 most recent buyers (without 1 to review first): that costs £3, and pays"),
        (NOBODY, "Contact nobody beyond the actions of the segments: a mailing to all pays only"),
    ],
)  # fmt: skip
def test_the_plan_is_what_is_recommended_and_what_it_must_add_to_pay(best, start):
    told = ways(1498.0, 2090.0, 1000.0)
    text = narrative.contact_plan(LIST, told, best, "profit", break_even=0.008, cost="£3")
    assert text == f"{start} if at least 0.8\N{NO-BREAK SPACE}% of them buy only because of it."
    tested = narrative.contact_test(told, best, "GBP", 0.05, windows=3)
    assert tested.startswith(
        "Assume that 5.0\N{NO-BREAK SPACE}% of a contacted buyer's spend is due to the contact"
    )
    assert "£1,498" in tested and "£2,090" in tested
    assert ("selection earned most" in tested) == (best == MODEL)
    assert ("Over 3 windows" in tested) == (best != MODEL)


def test_a_model_that_lost_is_named_with_where_it_lost():
    assert narrative.lost(MODEL, None) == []
    [told] = narrative.lost(RECENT, (EVERYBODY, AT_TEST))
    assert "in the test its selection did worse than contacting everybody" in told
    [told] = narrative.lost(RECENT, (RECENT, BEFORE_TEST))
    assert "in the windows before the test its selection did worse than as many most recent buyers" in told
    assert "could be tried once only" in narrative.lost(EVERYBODY, (EVERYBODY, NOT_TRIED))[0]


def test_contacts_that_cost_more_than_they_earn_are_counted():
    assert "1 of the 3 contacts are expected to cost more" in narrative.expected_profit(
        pd.Series([3.0, -1, 2]), "", 0.05
    )
    told = narrative.expected_profit(pd.Series([3.0, 2]), "GBP", 0.05)
    assert told.endswith("£5. Another season may differ.") and "Assuming that 5.0" in told


def test_a_plan_without_amounts_counts_buyers_and_promises_no_profit():
    told = ways(40, 0, 30, "buyers")
    text = narrative.contact_plan(LIST.head(3), told, MODEL, "buyers", break_even=None)
    assert "the model's selection held 40 buyers, as many most recent buyers 30 buyers" in text
    assert "pays" not in text
    all_of_them = narrative.contact_plan(
        LIST.head(3), ways(1.0, 2.0, 0.0), EVERYBODY, "profit", break_even=0.5, cost="£3"
    )
    assert all_of_them.startswith("Contact all 3 customers: that costs £3, and pays")


def test_an_old_model_is_retrained_only_when_it_has_lost():
    assert "Retrain before a model is 90 days old" in narrative.ageing({30: NONE, 90: DOWN})
    assert "Up to 90 days no model" in narrative.ageing({30: NONE, 90: NONE})
    assert "too few dates" in narrative.ageing({})


def test_whom_the_model_knows_least_is_named():
    table = pd.DataFrame({"customer_kind": ["One order so far", "Five orders or more"], "auc": [0.6, 0.7]})
    assert "least about: one order so far. 10\N{NO-BREAK SPACE}% of the revenue" in narrative.kinds(table, 0.1)
    assert narrative.kinds(table.assign(auc=np.nan), 0.1).startswith("10\N{NO-BREAK SPACE}%")


def test_features_and_cut_offs_are_told():
    assert narrative.selection(["recency", "items"], 5) == "2 of 5 features are kept: recency and items."
    known = pd.DataFrame(
        {"cut_off": pd.to_datetime(["2024-01-01", "2024-03-31", "2024-03-31"]), "bought": [True, True, False]}
    )
    text = narrative.cut_offs(known, 90)
    assert "1 cut-off (1 rows" in text
    assert "2 customers known at 31 Mar 2024, of whom 50" in text


def test_an_accuracy_within_chance_of_guessing_is_no_prediction():
    near = {"grouped": 0.53, "guessing": 0.51}
    assert not narrative.beats_guessing(near, 400)
    assert narrative.beats_guessing(near, 40_000)
    assert narrative.beats_guessing({"grouped": 0.8, "guessing": 0.51}, 400)


def test_what_a_kept_model_is_not_for_follows_from_its_test():
    lost, won = (narrative.Interval(0.01, low, 0.02) for low in (-0.01, 0.005))
    told = narrative.not_for(lost, 90, calibrated=False)
    assert told[0].startswith("Choosing customers by it: at the test it was no better than days since")
    assert told[1].startswith("Counting buyers")
    assert len(narrative.not_for(won, 90, calibrated=True)) == len(told) - 2


def test_the_card_of_a_column_says_when_it_was_computed():
    accuracy = {"guessing": 0.5, "grouped": 0.9, "shuffled": 0.9}
    free = narrative.column_card("loyal", accuracy, narrative.Origin(None, None, False), 1000)
    assert free["leaks"] == ["No step or formula of the inputs gives loyal away."]
    given = narrative.column_card("loyal", accuracy, narrative.Origin("income", None, True), 1000)
    assert given["leaks"] == ["The inputs give loyal away: it was computed from annual income."]
    assert given["not_for"][0].startswith("Anything")
    bad = narrative.column_card("loyal", accuracy | {"grouped": 0.5}, narrative.Origin(None, None, False), 1000)
    assert bad["not_for"][0].startswith("Acting on any prediction")

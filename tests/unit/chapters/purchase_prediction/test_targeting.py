"""Tenths, profit and the threshold, on customers small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction.targeting import (
    GROUPS,
    Costs,
    best_threshold,
    check_costs,
    contacts,
    expected_profit,
    plan,
    policies,
    profit_curve,
    tenth_of,
    tenths,
)

P = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
SPEND = np.array([100.0, 0, 80, 60, 0, 0, 10, 0, 0, 0])
COSTS = Costs(contact=2, margin=0.5, uplift=0.2)  # a tenth of what a contacted customer spends


def test_tenths_of_ten_customers_are_one_each_and_the_gain_ends_with_all():
    found = tenths(P, SPEND > 0, SPEND)
    assert found["customers"].tolist() == [1] * 10
    assert found["share"].tolist() == [1, 0, 1, 1, 0, 0, 1, 0, 0, 0]
    assert found["lift"].iloc[0] == pytest.approx(2.5)
    assert found["gain"].tolist() == pytest.approx([0.25, 0.25, 0.5, 0.75, 0.75, 0.75, 1, 1, 1, 1])
    assert found["spend_gain"].iloc[0] == pytest.approx(0.4)
    assert found["spend_gain"].iloc[-1] == pytest.approx(1)


def test_tenths_differ_by_at_most_one_customer_and_follow_the_probability():
    probabilities = np.random.default_rng(0).uniform(size=87)
    found = tenth_of(probabilities)
    sizes = np.bincount(found)[1:]
    assert len(sizes) == 10
    assert sizes.max() - sizes.min() == 1
    assert probabilities[found == 1].min() > probabilities[found == 2].max()


def test_profit_by_hand():
    curve = profit_curve(P, SPEND, COSTS)
    assert curve["profit"].round(6).tolist() == [8, 6, 12, 16, 14, 12, 11, 9, 7, 5]
    assert best_threshold(P, SPEND, COSTS) == 0.6


def test_customers_with_one_probability_are_contacted_together():
    curve = profit_curve(np.array([0.5, 0.5, 0.2]), np.array([100.0, 0, 0]), COSTS)
    assert curve["contacted"].tolist() == [2, 3]


def test_a_contact_that_never_pays_is_made_with_nobody():
    assert best_threshold(P, SPEND, Costs(1000, 0.5, 0.2)) == 1.0
    assert best_threshold(P, np.zeros(10), COSTS) == 1.0


def test_a_free_contact_reaches_every_buyer():
    assert best_threshold(P, SPEND, Costs(0, 0.5, 0.2)) == 0.3


def test_one_huge_order_does_not_decide():
    spend = SPEND.copy()
    spend[9] = 1e6
    assert best_threshold(P, spend, COSTS) == 0.05  # of five buyers it is still the largest
    many = np.concatenate([np.tile(SPEND, 100), [1e6]])
    assert best_threshold(np.concatenate([np.tile(P, 100), [0.01]]), many, COSTS) == 0.6


def test_ways_of_choosing_side_by_side():
    found = policies(P, SPEND, 0.7, COSTS).set_index("policy")
    assert found.loc["Threshold from training"].tolist() == [3, 2, pytest.approx(12)]
    assert found.loc["Threshold of a half"].tolist() == [5, 3, pytest.approx(14)]
    assert found.loc["Everybody"].tolist() == [10, 4, pytest.approx(5)]
    assert found.loc["Best threshold in hindsight", "profit"] == pytest.approx(16)
    assert found.loc["As many, drawn by lot", "profit"] == pytest.approx(1.5)


def people():
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(10)],
            "monetary": [10.0, 900, 20, 30, 40, 50, 60, 800, 70, 80],
            "recency": range(10),
            "frequency": range(10),
        }
    )


def test_the_list_says_whom_to_contact_and_the_plan_counts_everybody():
    listed = contacts(people(), P[::-1], 0.6)
    assert listed["customer_id"].tolist() == [f"c{number}" for number in range(9, -1, -1)]
    assert listed["contact"].tolist() == ["yes"] * 4 + ["no"] * 6
    assert listed["rank"].tolist() == list(range(1, 11))
    groups = listed.set_index("customer_id")["group"]
    assert groups["c7"] == "Keep close"
    assert groups["c1"] == "Look at by hand"
    assert groups["c6"] == "Remind"
    assert groups["c0"] == "Leave be"
    found = plan(listed)
    assert found["customers"].sum() == 10
    assert found["share_of_revenue"].sum() == pytest.approx(1)
    assert found["what_to_do"].tolist() == [dict(GROUPS.values())[name] for name in found["group"]]


def test_expected_profit_multiplies_probability_and_spend():
    listed = contacts(people(), P[::-1], 0.8)
    spend = pd.Series({tenth: 100.0 for tenth in range(1, 11)})
    assert expected_profit(listed, spend, COSTS) == pytest.approx(0.1 * (90 + 80) - 4)


@pytest.mark.parametrize(
    ("costs", "words"),
    [((-1, 0.3, 0.1), "contact_cost is -1"), ((1, 1.3, 0.1), "margin is 1.3"), ((1, 0.3, -0.1), "uplift is -0.1")],
)
def test_costs_that_cannot_be_are_a_sentence(costs, words):
    with pytest.raises(StudyError, match=words):
        check_costs(Costs(*costs))

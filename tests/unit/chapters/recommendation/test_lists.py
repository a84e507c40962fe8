"""The lists as tables: everybody's, a few customers', and similar products."""

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.evaluation import Lists
from helpers.chapters.recommendation.features import Known
from helpers.chapters.recommendation.lists import (
    NOT_NOW,
    example_customers,
    held_back,
    nearest_products,
    shown_lists,
    shown_reasons,
    similar_to_best_sellers,
    with_actions,
    with_reasons,
)
from helpers.customers.actions import ACTIONS, BEFORE_SEASON, REVIEW, kind_of
from tests.consistency import STANCE
from tests.unit.chapters.recommendation.test_reasons import NAMES, SIMILAR, TRAIN

KNOWN = Known(TRAIN, pd.DataFrame({"product_name": NAMES}), pd.DataFrame(index=range(4)))


def test_the_table_has_a_row_a_place_and_skips_empty_ones():
    lists = np.array([[0, 2], [1, -1]])
    offered = Lists(lists, np.array([[2.0, 1.0], [0.5, 0.0]]))
    found = with_reasons(KNOWN, offered, SIMILAR)
    assert found["customer_id"].tolist() == ["c000", "c000", "c001"]
    assert found["rank"].tolist() == [1, 2, 1]
    assert found["product_name"].tolist() == ["Cup", "Bowl", "Plate"]
    assert found["reason"].tolist()[1] == "Because they bought Plate"
    assert found["bought_before"].tolist() == [True, False, False]


def test_the_nearest_come_first_and_ties_go_to_the_more_popular():
    pairs = nearest_products(SIMILAR, 5)
    third = pairs[pairs["column"] == 2]
    assert third["other"].tolist() == [1, 0]
    assert third["similarity"].tolist() == [0.9, 0.3]
    even = sparse.csr_matrix(np.array([[0, 0.5, 0.5], [0.5, 0, 0], [0.5, 0, 0]]))
    assert nearest_products(even, 1)["other"].tolist() == [1, 0, 0]
    shown = similar_to_best_sellers(SIMILAR, pd.DataFrame({"product_name": NAMES}), best_sellers=2, nearest=1)
    assert shown[["product", "also_bought"]].to_numpy().tolist() == [["Cup", "Bowl"], ["Plate", "Bowl"]]


def test_shown_customers_are_those_asked_for_and_then_one_of_each_segment_in_turn():
    customers = pd.DataFrame(
        {
            "customer_id": list("abcdefg"),
            "rfm_segment": ["X", "X", "X", "Y", "Y", "Z", "Z"],
            "frequency": [1, 5, 9, 2, 2, 3, 8],
        }
    )
    known = np.array(list("abcdef"))
    assert example_customers(customers, known, [], 4) == ["b", "d", "f", "a"]
    assert example_customers(customers, known, ["c", "none"], 3) == ["c", "b", "d"]
    assert example_customers(customers.drop(columns="rfm_segment"), known, ["e"], 3) == ["e", "a", "b"]


def test_shown_lists_say_what_was_bought_most_and_what_is_offered_first():
    customers = pd.DataFrame({"customer_id": TRAIN.customers, "rfm_segment": ["A", "B", "A", "B"]})
    offered = with_reasons(KNOWN, Lists(np.array([[2, 3]] * 4), np.ones((4, 2))), SIMILAR)
    shown = shown_lists(["c000", "c003"], {"new": offered}, KNOWN, customers, shown=1).to_dict("records")
    assert shown[0] == {
        "customer_id": "c000", "rfm_segment": "A", "bought_most": "Cup (3)", "offered_new": "Bowl",
    }  # fmt: skip
    flagged = customers.assign(action="Review first: see why", flag=["60 % sent back", None, None, None])
    first = shown_lists(["c000", "c003"], {"new": offered}, KNOWN, flagged, shown=1).iloc[0]
    assert first[["action", "flag"]].tolist() == ["Review first", "60 % sent back"]
    assert shown_reasons(["c003"], offered, 1)[["rank", "product_name"]].to_numpy().tolist() == [[1, "Bowl"]]


def test_lists_carry_the_action_and_the_reason_of_a_flag():
    customers = pd.DataFrame({"customer_id": ["b", "a"], "action": ["Keep: thank", "Review first: see"]})
    customers["flag"] = [None, "sent back 60 % of the units"]
    found = with_actions(pd.DataFrame({"customer_id": ["a", "a", "b"], "rank": [1, 2, 1]}), customers)
    assert found["action"].tolist() == ["Review first: see"] * 2 + ["Keep: thank"]
    assert found["flag"].tolist()[:2] == ["sent back 60 % of the units"] * 2
    assert list(with_actions(found[["customer_id"]], customers[["customer_id"]])) == ["customer_id"]


def test_a_list_is_held_back_wherever_the_action_is_not_to_act():
    kinds = {kind_of(action) for action in [*ACTIONS.values(), REVIEW, BEFORE_SEASON]}
    assert set(NOT_NOW) == {kind for kind in kinds if STANCE[kind] != "act"}
    offered = pd.DataFrame({"customer_id": ["a", "a", "b", "c"], "action": [REVIEW, REVIEW, "Keep: thank", None]})
    assert held_back(offered).to_dict() == {"Review first": 1}
    assert held_back(offered[["customer_id"]]).empty

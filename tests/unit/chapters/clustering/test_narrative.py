"""What chapter 04 says: copies, groups or none; and its list of customers."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.clustering.narrative import (
    advice,
    copies,
    customer_list,
    left_out,
    most_revenue,
    no_groups,
    used,
)


def test_copies_are_said_with_the_rows_that_differ_in_anything():
    original = pd.DataFrame({"a": [1, 2, 3] * 10})
    customers = original.assign(customer_id=[str(n) for n in range(30)], town=["x", "y", "z"] * 5 + ["x"] * 15)
    (said,) = copies(customers, original)
    assert said.startswith("Only 3 of 30 customers differ in what is clustered; 5 of 30 rows are distinct")


def test_a_few_copies_are_only_counted_and_none_not_mentioned():
    original = pd.DataFrame({"a": [1, 2, 3, 3]})
    assert copies(original, original) == ["1 customer equals another one in every feature."]
    assert copies(original, original.head(3)) == []


def test_features_that_were_not_used_are_named():
    used = pd.DataFrame({"a": [1.0, np.nan], "plan: x": [0.0, 1.0]})
    assert left_out(["a", "b", "plan", "monetary"], pd.DataFrame({"a": [1], "b": [1], "plan": ["x"]}), used) == [
        "Not used, because this data cannot give it: monetary.",
        "Not used, because all customers share one value: b.",
        "Missing, and set to the median: a of 1.",
    ]
    assert left_out(["a"], pd.DataFrame({"a": [1]}), used[:1]) == []


def test_the_group_with_most_revenue_is_said():
    profiles = pd.DataFrame(
        {
            "group": ["Fading", "<b>"],
            "customers": [3000, 10],
            "customer_share": [0.9, 0.1],
            "revenue_total": [10, 90],
            "revenue_share": [0.1, 0.9],
        }
    )
    said = most_revenue(profiles)
    assert said.startswith("Customers fall into 2 groups; 10 customers (10\N{NO-BREAK SPACE}%) account for 90")
    assert "&lt;b&gt;" in said
    assert most_revenue(profiles[["group", "customers"]]) == "Customers fall into 2 groups."


def test_where_there_is_no_structure_nothing_speaks_of_groups_as_found():
    assert no_groups(True, ["age"]) == "Customers form no natural groups by age: use the RFM segments."
    many = ["age", "gender: f", "gender: m", "recency", *(f"answer_{n}" for n in range(6))]
    assert " by age, gender, recency, answer 0, answer 1 and 4 other columns." in no_groups(False, many)
    assert "answer 1 and answer 2." in no_groups(False, many[:-3])
    assert no_groups(False, []) == "Customers form no natural groups."
    assert "parts, because they are no groups" in used(False, 8, 8)
    assert used(True, 6, 4) == "The tests propose 6 groups; 4 are used, as the parameters ask."
    assert used(True, 6, 6) is None


@pytest.mark.parametrize(
    ("structure", "segmented", "said", "unsaid"),
    [
        (True, True, "begin with Group A: its 90 customers account for £4,000 of sales", "Test before acting"),
        (False, True, "no natural groups to act on. Act on the RFM segments", "Group A"),
        (True, False, "Test before acting", "RFM"),
        (False, False, "Treat all customers alike", "RFM"),
    ],
)
def test_groups_give_no_advice_of_their_own(structure, segmented, said, unsaid):
    profiles = pd.DataFrame(
        {"group": ["Group B: new", "Group A: old"], "customers": [9, 90], "revenue_total": [7.0, 4000.0]}
    )
    text = advice(structure, segmented, profiles, "GBP")
    assert said in text
    unpriced = advice(structure, segmented, profiles[["group"]], "GBP")
    assert "Group A" not in unpriced
    assert unsaid not in text


def test_the_list_starts_with_the_largest_revenue_and_has_segment_flag_and_action():
    customers = pd.DataFrame(
        {"customer_id": ["1", "2", "3"], "monetary": [5.0, 50.0, 20.0], "rfm_segment": list("xyz")}
    )
    groups = pd.Series(["Group A: new", "Group B: old", "Group A: new"])
    listed = customer_list(customers, groups)
    assert listed["customer_id"].tolist() == ["2", "3", "1"]
    assert list(listed) == ["customer_id", "rfm_segment", "natural_group", "monetary"]
    assert listed["natural_group"].tolist() == ["Group B", "Group A", "Group A"]
    flagged = customers.assign(flag=[None, "many returns", None], action="Keep")
    assert list(customer_list(flagged, None)) == ["customer_id", "rfm_segment", "flag", "action", "monetary"]
    assert list(customer_list(flagged.assign(flag=None), None))[2] == "action"

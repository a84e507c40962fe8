"""Who is contacted, and what that earns, on customers small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.purchase_prediction.targeting import GROUPS, by_group, contact_list, policies

P = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
SPEND = np.array([100.0, 0, 80, 60, 0, 0, 10, 0, 0, 0])


def test_ways_of_choosing_side_by_side():
    profit = 0.1 * SPEND - 2
    ways = policies({"Threshold from training": P >= 0.7, "Everybody": P > 0}, profit, SPEND > 0)
    found = ways.set_index("policy")
    assert found.loc["Threshold from training"].tolist() == [3, 2, pytest.approx(12)]
    assert found.loc["Everybody"].tolist() == [10, 4, pytest.approx(5)]
    assert found.loc["As many, drawn by lot"].tolist() == [3, 1, pytest.approx(1.5)]


def people():
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(10)],
            "monetary": [10.0, 900, 20, 30, 40, 50, 60, 800, 70, 80],
            "recency": range(10),
            "frequency": range(10),
        }
    )


def test_the_list_says_whom_to_contact_and_the_groups_count_everybody():
    contacts = contact_list(people(), P[::-1], 0.6)
    assert contacts["customer_id"].tolist() == [f"c{number}" for number in range(9, -1, -1)]
    assert contacts["contact"].tolist() == ["yes"] * 4 + ["no"] * 6
    assert contacts["rank"].tolist() == contacts["decile"].tolist() == list(range(1, 11))
    groups = contacts.set_index("customer_id")["group"]
    assert groups["c7"] == "Keep close"
    assert groups["c1"] == "Look at by hand"
    assert groups["c6"] == "Remind"
    assert groups["c0"] == "Leave be"
    totals = by_group(contacts)
    assert totals["customers"].sum() == 10
    assert totals["revenue_share"].sum() == pytest.approx(1)
    assert totals["what_to_do"].tolist() == [dict(GROUPS.values())[name] for name in totals["group"]]

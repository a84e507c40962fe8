"""What a group is called follows from its profile and from nothing else."""

import numpy as np
import pandas as pd
import pytest

from helpers.customers.profiles import deviations, group_names, phrase, profile

RFM = ["recency", "frequency", "monetary"]


@pytest.fixture
def shop():
    """Thirty-one quiet, twelve regular and five large customers, with their clusters."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], [31, 12, 5])
    levels = np.array([[110, 2, 400], [10, 9, 3400], [4, 48, 31000]])[labels]
    values = levels * rng.uniform(0.9, 1.1, levels.shape)
    frame = pd.DataFrame(values, columns=RFM)
    return frame.assign(customer_id=[str(n) for n in range(len(frame))]), labels


def test_letters_follow_from_revenue_and_words_from_the_medians(shop):
    found = profile(*shop, RFM)
    assert found["cluster"].tolist() == [0, 1, 2]
    assert found["group"].str.partition(":")[0].tolist() == ["Group C", "Group B", "Group A"]
    assert set(found["group"][2].partition(": ")[2].split(", ")) <= {"recent", "many orders", "high spend"}
    assert found["customers"].tolist() == [31, 12, 5]
    assert found["customer_share"].sum() == pytest.approx(1)
    assert found["revenue_share"].sum() == pytest.approx(1)
    assert found["recency"].tolist() == pytest.approx([110, 10, 4], rel=0.1)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_number_of_a_cluster_decides_nothing(shop, order):
    customers, labels = shop
    found = profile(customers, np.array(order)[labels], RFM)
    assert dict(zip(found["group"], found["customers"], strict=True)) == dict(
        zip(profile(*shop, RFM)["group"], [31, 12, 5], strict=True)
    )


def test_without_amounts_the_largest_group_comes_first(shop):
    customers, labels = shop
    found = profile(customers.drop(columns="monetary"), labels, RFM[:2], called="Part")
    assert found["group"].str.partition(":")[0].tolist() == ["Part A", "Part B", "Part C"]
    assert "revenue_share" not in found


@pytest.mark.parametrize("clusters", [2, 5, 12, 30])
def test_every_group_is_called_otherwise_and_in_the_order_of_its_revenue(clusters):
    rng = np.random.default_rng(clusters)
    customers = pd.DataFrame(rng.lognormal(size=(400, 4)), columns=[*RFM, "tenure"])
    labels = rng.permutation(np.arange(400) % clusters)
    for features in (RFM, ["recency"]):
        found = profile(customers, labels, features)
        assert found["group"].is_unique
        assert found.sort_values("group")["revenue_total"].is_monotonic_decreasing


def test_groups_of_other_customers_are_called_by_what_marks_them():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 50)
    customers = pd.DataFrame(
        {"age": np.where(labels, 60, 25) + rng.normal(size=100), "revenue": rng.uniform(size=100)}
    )
    found = profile(customers, labels, ["age", "revenue"])
    assert ["younger" in found["group"][0], "older" in found["group"][1]] == [True, True]
    assert found["revenue"].tolist() == customers.groupby(labels)["revenue"].median().tolist()
    away = deviations(customers, labels, ["age", "revenue"])
    assert away.loc[0, "age"] < -0.5 < 0.5 < away.loc[1, "age"]


def test_who_spends_less_than_the_average_customer_has_no_high_spend():
    """A few large customers lift the mean: £727 each is above the median, below the £857 of the average."""
    customers = pd.DataFrame({"monetary": [100.0] * 60 + [700.0] * 30 + [9000.0] * 10, "recency": 5.0})
    customers["frequency"] = np.repeat([1.0, 2.0, 9.0], [60, 30, 10])
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    found = profile(customers, labels, RFM).set_index("customers")["group"]
    assert deviations(customers, labels, RFM).loc[1, "monetary"] > 0.5
    assert "high spend" not in found[30] and "low spend" not in found[30]
    assert "high spend" in found[10] and "low spend" in found[60]


def test_words_for_features_nobody_foresaw():
    assert phrase("age", False) == "younger"
    assert phrase("shoe_size", True) == "high shoe size"
    assert phrase("plan: x", True) == "plan x"


def test_words_differ_by_more_than_their_order():
    # both are older with small purchases, each more of the one; what they bought before tells them apart
    away = pd.DataFrame(
        {"age": [0.9, 1.0, -1.0], "revenue": [-1.0, -0.9, 0.9], "previous_purchases": [0.8, -0.8, 0.1]}
    )
    assert list(group_names(away, [2, 0, 1], "Group").values()) == [
        "Group A: younger, large purchases",
        "Group B: small purchases, older, many earlier purchases",
        "Group C: older, small purchases, few earlier purchases",
    ]


def test_what_nothing_marks_is_average():
    assert group_names(pd.DataFrame({"age": [0.1, -0.1]}), [0, 1], "Group") == {
        0: "Group A: average in all features",
        1: "Group B: average in all features",
    }

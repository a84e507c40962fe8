"""Names follow from the profile and from nothing else."""

import numpy as np
import pandas as pd
import pytest

from helpers.customers.profiles import ARCHETYPES, business_table, deviations, name_segments, phrase, profile

RECENCY = {"Champions": 4, "Loyal customers": 10, "Quiet occasional buyers": 110}


@pytest.fixture
def shop():
    """Thirty-one quiet, twelve loyal customers and five champions, with their clusters."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], [31, 12, 5])
    levels = np.array([[110, 2, 400], [10, 9, 3400], [4, 48, 31000]])[labels]
    values = levels * rng.uniform(0.9, 1.1, levels.shape)
    frame = pd.DataFrame(values, columns=["recency", "frequency", "monetary"])
    return frame.assign(customer_id=[str(n) for n in range(len(frame))]), labels


def test_names_follow_from_the_ranks(shop):
    found = profile(*shop, ["recency", "frequency", "monetary"])
    assert found["segment"].tolist() == ["Quiet occasional buyers", "Loyal customers", "Champions"]
    assert found["customers"].tolist() == [31, 12, 5]
    assert found["customer_share"].sum() == pytest.approx(1)
    assert found["revenue_share"].sum() == pytest.approx(1)
    assert found.set_index("segment")["recency"].to_dict() == pytest.approx(RECENCY, rel=0.1)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_number_of_a_cluster_does_not_name_it(shop, order):
    customers, labels = shop
    found = profile(customers, np.array(order)[labels], ["recency", "frequency", "monetary"])
    named = dict(zip(found["segment"], found["customers"], strict=True))
    assert named == {"Quiet occasional buyers": 31, "Loyal customers": 12, "Champions": 5}


def test_the_low_value_cluster_is_not_called_champions(shop):
    customers, labels = shop
    turned = customers.assign(monetary=-customers["monetary"], frequency=-customers["frequency"])
    assert "Champions" not in profile(turned, labels, ["recency", "frequency", "monetary"])["segment"].tolist()


@pytest.mark.parametrize("clusters", range(2, 13))
def test_every_segment_has_a_name_of_its_own_and_advice(clusters):
    rng = np.random.default_rng(clusters)
    customers = pd.DataFrame(rng.lognormal(size=(400, 4)), columns=["recency", "frequency", "monetary", "tenure"])
    labels = rng.permutation(np.arange(400) % clusters)
    for features in (["recency", "frequency", "monetary"], ["recency"]):
        found = profile(customers, labels, features)
        assert found["segment"].is_unique
        assert found[["opportunity", "action"]].map(bool).all(axis=None)
    found = profile(
        customers[["tenure", "monetary"]].rename(columns={"monetary": "spent"}), labels, ["tenure", "spent"]
    )
    assert found["segment"].is_unique


def test_customers_without_a_ledger_are_named_by_what_marks_them():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 50)
    customers = pd.DataFrame(
        {"age": np.where(labels, 60, 25) + rng.normal(size=100), "revenue": rng.uniform(size=100)}
    )
    found = profile(customers, labels, ["age", "revenue"])
    assert found["segment"].str.split(",").str[0].tolist() == ["Younger", "Older"]
    assert found["revenue"].tolist() == customers.groupby(labels)["revenue"].median().tolist()
    away = deviations(customers, labels, ["age", "revenue"])
    assert away.loc[0, "age"] < -0.5 < 0.5 < away.loc[1, "age"]


def test_equal_profiles_still_have_different_names():
    medians = pd.DataFrame({"age": [30.0, 30.0, 30.0]})
    named = name_segments(medians, medians * 0, np.array([0.4, 0.3, 0.3]))
    assert len({name for name, _ in named}) == 3


def test_words_for_features_nobody_foresaw():
    assert phrase("age", False) == "younger"
    assert phrase("shoe_size", True) == "high shoe size"


def test_the_business_table_says_who_and_what_with_the_most_valuable_first(shop):
    found = profile(*shop, ["recency", "frequency", "monetary"])
    table = business_table(found, ["recency", "frequency", "monetary"], "GBP")
    assert table.columns.tolist() == ["segment", "who", "opportunity", "action"]
    assert table["segment"].iloc[-1] == "Quiet occasional buyers"
    champions = table.set_index("segment").loc["Champions", "who"]
    assert champions.startswith("5 customers (10.4 %)")
    assert "GBP" in champions
    assert table["action"].is_unique


def test_archetypes_have_names_of_their_own_and_the_last_fits_everybody():
    assert len({kind.name for kind in ARCHETYPES}) == len(ARCHETYPES)
    assert not ARCHETYPES[-1].ranks


def test_names_differ_by_more_than_the_order_of_their_words():
    # both are older with small purchases, each more of the one; what they bought before tells them apart
    away = pd.DataFrame(
        {"age": [0.9, 1.0, -1.0], "revenue": [-1.0, -0.9, 0.9], "previous_purchases": [0.8, -0.8, 0.1]}
    )
    named = [name for name, _ in name_segments(away, away, np.array([0.4, 0.3, 0.3]))]
    assert named == [
        "Small purchases, older, many earlier purchases",
        "Older, small purchases, few earlier purchases",
        "Younger, large purchases",
    ]


def test_counts_of_one_and_halves_are_written_as_people_write_them(shop):
    customers, labels = shop
    quiet = customers.assign(recency=198.5, frequency=1.0)
    who = business_table(profile(quiet, labels, ["monetary"]), ["monetary"], "GBP")["who"].iloc[0]
    assert "last order 198.5 days ago, 1 order, " in who

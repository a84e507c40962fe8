"""A review list is ranked, says why each row is on it and what to check, and in units that people read."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.anomaly.context import AMOUNT, ORDER_SIZE, PRICE, in_order
from helpers.chapters.anomaly.detectors import ROBUST, Level
from helpers.chapters.anomaly.narrative import headline, worth, worth_findings
from helpers.chapters.anomaly.reasons import feature_table, reasons, times
from helpers.chapters.anomaly.review import anomalies_table, by_reason, review_list, sheets, shown_list
from tests.unit.chapters.anomaly.cells import level_of
from tests.unit.chapters.anomaly.test_detectors import people, z_of


def flagged_people():
    """Return a level in which two customers, the fourth and the tenth, are on the list."""
    frame = people(monetary=np.arange(200.0))
    frame.loc[[3, 9], "a"] = [80.0, 60.0]
    return level_of(frame, ["a", "b"], ROBUST, 0.01)


def test_reasons_are_in_words_with_the_values_behind_them():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"line": np.arange(300), PRICE: rng.normal(0, 0.05, 300), AMOUNT: rng.normal(0, 0.1, 300)}
    )
    frame[["unit_price", "revenue"]] = 5.0, 10.0
    frame.loc[7, [PRICE, AMOUNT, "unit_price", "revenue"]] = [np.log(100), np.log(50), 795.0, 1590.0]
    frame.loc[8, [PRICE, AMOUNT]] = 0.0
    frame.loc[9, [PRICE, AMOUNT, "unit_price"]] = [np.log(1 / 400), 0.0, 0.0]
    z = z_of(frame[[PRICE, AMOUNT]])
    asked = pd.DataFrame({ROBUST: np.zeros(300)})
    asked.loc[[7, 8, 9], ROBUST] = [3.0, 2.0, 1.0]
    level = Level("line", frame, frame[[PRICE, AMOUNT]], z, asked, ROBUST, 0.01, [PRICE])
    told = reasons(level, frame.loc[[7, 8, 9]].assign(customer_id="c"), "GBP")
    assert told["why"].iloc[0] == (
        "Price £795.00, 100 times the product's usual £7.95; "
        "amount £1,590.00, 50 times the customer's usual £31.80"
    )
    assert told["check"].iloc[0].startswith("Compare the price")
    assert told["why"].iloc[1].startswith("No single value")
    assert told["why"].iloc[2] == "Price £0.00, where the product has its price otherwise"
    nobody = reasons(level, frame.loc[[7, 8, 9]].assign(product_name="x"), "GBP")
    assert nobody["why"].iloc[0].endswith("50 times the product's usual £31.80")
    assert reasons(level, frame.loc[[7, 8, 9]], "GBP")["why"].iloc[0].endswith("50 times the usual £31.80")


@pytest.mark.parametrize(
    ("size_in", "told"),
    [("revenue", "£90 per order"), ("quantity", "90 units per order"), ("line", "90 lines per order")],
)
def test_the_size_of_an_order_is_told_in_what_it_is_measured_in(size_in, told):
    rng = np.random.default_rng(4)
    sizes = pd.DataFrame({ORDER_SIZE: rng.normal(1, 0.1, 100)})
    sizes.loc[5, ORDER_SIZE] = np.log(90)
    scores = sizes.rename(columns={ORDER_SIZE: ROBUST})
    level = Level("customer", sizes, sizes, z_of(sizes), scores, ROBUST, 0.01, [ORDER_SIZE])
    found = reasons(replace(level, size_in=size_in), sizes.loc[[5]], "GBP")
    assert found["why"].iloc[0] == f"{told} on average"


def test_without_amounts_the_reasons_have_no_column_of_money():
    found = by_reason({"line": pd.DataFrame({"reason": ["x"], "check": ["Look."]})})
    assert list(found) == ["list", "furthest_from_usual", "rows", "what_to_check"]


def test_ratios_are_told_both_ways():
    told = [times(np.log(ratio)) for ratio in (2.5, 0.4, 1 / 50, 1200)]
    assert told == ["2.5 times", "0.40 times", "1/50 of", "1,200 times"]


def test_a_list_is_ranked_and_its_table_has_a_row_a_flagged_one():
    level = flagged_people()
    found = review_list(level, level.table[level.flagged], "GBP")
    assert found["id"].tolist() == ["3", "9"]
    assert found["rank"].tolist() == [1, 2]
    assert found["votes"].tolist() == [3, 3]
    assert found["why"].iloc[0].startswith("A 80, above the usual 10.")
    saved = anomalies_table({"customer": found})
    assert saved[["level", "id", "rank"]].to_numpy().tolist() == [["customer", "3", 1], ["customer", "9", 2]]
    assert list(anomalies_table({}).columns) == list(saved.columns)
    plan = by_reason({"customer": found})
    assert plan[["furthest_from_usual", "rows", "revenue"]].to_numpy().tolist() == [["A", 2, 12.0]]
    assert list(by_reason({})) == list(plan)
    assert shown_list(found, "customer")["customer"].tolist() == ["3", "9"]
    assert list(sheets({"customer": found}, plan, {})) == ["Customers", "Reasons"]


def test_a_list_whose_first_row_comes_later_in_the_table_keeps_its_values():
    frame = people(monetary=np.arange(200.0))
    frame.loc[[3, 9], "a"] = [60.0, 80.0]
    level = level_of(frame, ["a", "b"], ROBUST, 0.01)
    found = review_list(level, frame[level.flagged], "GBP")
    assert found[["id", "monetary"]].to_numpy().tolist() == [["9", 9.0], ["3", 3.0]]


def test_what_the_flagged_are_worth_is_said():
    level = flagged_people()
    assert "hardly better" in worth(level)
    assert worth_findings(level)["mean_amount_flagged"] == 6
    assert "2 of 200 customers need review" in headline(level, {})
    one = level_of(level.table, ["a", "b"], ROBUST, 0.005)
    assert "1 of 200 customers needs review" in headline(one, {})
    rich = level_of(level.table.assign(monetary=level.flagged * 500.0 + 1), ["a", "b"], ROBUST, 0.01)
    assert "some are the best there are" in worth(rich)
    bare = level_of(level.table.drop(columns="monetary"), ["a", "b"], ROBUST, 0.01)
    assert "not in the source" in worth(bare)
    assert worth_findings(bare) == {}


def test_customers_stand_in_natural_order():
    frame = pd.DataFrame({"country": ["x", "y", "z"], "customer_id": ["10", "9", "100"]})
    assert in_order(frame).to_numpy().tolist() == [["9", "y"], ["10", "x"], ["100", "z"]]


def test_features_are_shown_in_units_that_people_read():
    row = feature_table(pd.DataFrame({PRICE: np.log(np.linspace(1, 100, 101))})).iloc[0]
    assert (row["feature"], row["median"], row["largest"]) == ("Price, times usual", "50.50", "100")

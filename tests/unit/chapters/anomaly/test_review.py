"""A review list is ranked, says why each row is on it and what to check, and in units that people read."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.anomaly.charts import pair_grid
from helpers.chapters.anomaly.context import (
    AMOUNT,
    DATE,
    PRICE,
    QUANTITY,
    RETURNS,
    TWICE,
)
from helpers.chapters.anomaly.detectors import ROBUST, Level
from helpers.chapters.anomaly.levels import BACK, ORDER_SIZE
from helpers.chapters.anomaly.narrative import found_in_test, headline, review_first, worth, worth_findings
from helpers.chapters.anomaly.reasons import CHECKS, SENT_BACK, feature_table, reasons, times
from helpers.chapters.anomaly.review import (
    anomalies_table,
    by_reason,
    lists_to_take_away,
    review_list,
    sheets,
    shown_list,
)
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
    assert found["why"].iloc[0].startswith(f"{told} on average (typical customer: ")


def test_no_ratio_near_one_is_a_reason_and_no_usual_quantity_is_a_part_of_a_piece():
    """However alike the others are: prices within a few per cent once made reasons "1.0 times the usual"."""
    ratios = [AMOUNT, PRICE, QUANTITY, RETURNS]
    values = np.repeat(np.linspace(0.001, 2, 20)[:, None], 4, axis=1)
    values_of, far = pd.DataFrame(values, columns=ratios), pd.DataFrame(9.0, index=range(20), columns=ratios)
    frame = pd.DataFrame({"line": range(20), "unit_price": 10.0, "revenue": 50.0, "quantity": 5.0})
    level = Level("line", frame, values_of, far, pd.DataFrame({ROBUST: np.arange(20.0)}), ROBUST, 1.0, ratios)
    told = reasons(level, frame[::-1], "GBP")["why"]
    assert (told == "No single value is far from usual; the combination is rare").any()
    given = [float(ratio) for ratio in re.findall(r"([\d.]+) times", " ".join(told))]
    assert len(given) > 5
    assert min(given) >= 1.2 and not told.str.contains("1.0 times").any()
    assert not told.str.contains(r"where 0|back 0 %").any()


def test_dates_and_lines_entered_twice_are_told():
    frame = pd.DataFrame({"line": range(300), DATE: 0.0, TWICE: 0.0})
    frame.loc[7, DATE], frame.loc[8, TWICE] = np.log(31), np.log(2)
    values = frame[[DATE, TWICE]]
    scores = pd.DataFrame({ROBUST: frame[DATE] + frame[TWICE]})
    told = reasons(
        Level("line", frame, values, z_of(values), scores, ROBUST, 2 / 300, list(values)), frame.loc[[7, 8]], ""
    )
    assert told["why"].tolist() == [
        "Dated 31 days off the orders numbered next to it",
        "As much of this product was the customer's a day before at most",
    ]
    assert told["check"].str.startswith(("Compare the date", "Look at the customer's orders")).all()
    assert pair_grid(Level("line", frame, values, values, scores, ROBUST, 2 / 300, list(values)), 1) is None


def test_large_orders_that_are_sent_back_are_not_called_a_large_account():
    frame = pd.DataFrame({"customer_id": range(200), ORDER_SIZE: 3.0, BACK: 0.0, "monetary": 50.0})
    frame[ORDER_SIZE] += np.random.default_rng(4).normal(0, 0.1, 200)
    frame.loc[3, [ORDER_SIZE, BACK, "monetary"]] = [8.0, 0.6, 9000.0]
    frame.loc[4, [ORDER_SIZE, "monetary"]] = [8.0, 9500.0]
    features = [ORDER_SIZE, BACK]
    scores = frame[[ORDER_SIZE]].rename(columns={ORDER_SIZE: ROBUST})
    level = Level("customer", frame, frame[features], z_of(frame[features]), scores, ROBUST, 0.01, features)
    found = reasons(level, frame.loc[[3, 4]], "GBP")
    assert found["reason"].tolist() == [SENT_BACK, ORDER_SIZE]
    assert found["check"].iloc[0].startswith("Stop deliveries")
    review = found.assign(monetary=[9000.0, 9500.0], rank=[1, 2])
    said = review_first("customer", review, 18_500.0, "GBP")
    assert "£18.5k of past sales, £9,000 of it from 1 customer who sent much" in said


@pytest.mark.parametrize("name", list(CHECKS))
def test_what_to_check_can_be_done_with_orders_of_the_past(name):
    assert not re.search("ship|before the delivery|ask before", CHECKS[name], re.I)


def test_without_amounts_the_reasons_have_no_column_of_money():
    found = by_reason({"line": pd.DataFrame({"reason": ["x"], "check": ["Look."]})})
    assert list(found) == ["level", "main_reason", "number", "what_to_check"]


def test_ratios_are_told_both_ways():
    told = [times(np.log(ratio)) for ratio in (2.5, 0.4, 1 / 50, 1200)]
    assert told == ["2.5 times", "0.40 times", "1/50 of", "1,200 times"]


def test_a_list_is_ranked_and_its_table_has_a_row_a_flagged_one():
    level = flagged_people()
    found = review_list(level, level.table[level.flagged], "GBP")
    assert found["id"].tolist() == ["9", "3"]  # the larger amount first
    assert found["rank"].tolist() == [1, 2]
    assert found["votes"].tolist() == [3, 3]
    assert found["why"].iloc[1].startswith("A 80, above the usual 10.")
    saved = anomalies_table({"customer": found})
    assert saved[["level", "id", "rank"]].to_numpy().tolist() == [["customer", "9", 1], ["customer", "3", 2]]
    assert list(anomalies_table({}).columns) == list(saved.columns)
    plan = by_reason({"customer": found})
    assert plan[["main_reason", "number", "revenue"]].to_numpy().tolist() == [["A", 2, 12.0]]
    assert list(by_reason({})) == list(plan)
    assert shown_list(found, "customer")["customer"].tolist() == ["9", "3"]
    taken = lists_to_take_away({"customer": found})
    assert taken[["level", "rank", "id", "amount"]].to_numpy().tolist() == [
        ["customer", 1, "9", 9.0],
        ["customer", 2, "3", 3.0],
    ]
    assert taken["why"].str.len().min() > 0
    assert list(sheets({"customer": found}, plan, {})) == ["Customers", "Reasons"]


def test_a_list_whose_first_row_comes_later_in_the_table_keeps_its_values():
    frame = people(monetary=np.arange(200.0))
    frame.loc[[3, 9], "a"] = [60.0, 80.0]
    level = level_of(frame, ["a", "b"], ROBUST, 0.01)
    found = review_list(level, frame[level.flagged], "GBP")
    assert found[["id", "monetary"]].to_numpy().tolist() == [["9", 9.0], ["3", 3.0]]


def test_what_the_flagged_are_worth_is_said():
    level = flagged_people()
    assert "spend £6 each on average, the others £100" in worth(level, "GBP")
    assert worth_findings(level)["mean_amount_flagged"] == 6
    bare = level_of(level.table.drop(columns="monetary"), ["a", "b"], ROBUST, 0.01)
    assert "not in the source" in worth(bare, "GBP")
    assert worth_findings(bare) == {}


def test_headlines_say_what_is_listed_and_what_a_test_found():
    one, two = pd.DataFrame({"revenue": [40.0]}), pd.DataFrame({"monetary": [100.0, -20.0]})
    said = headline({"line": one, "customer": two}, "GBP")
    assert said.startswith("2 customers (£120 of sales) and 1 order line (£40 of sales) are listed for review")
    assert "1 order line is listed" in headline({"line": one[[]].assign(a=1)}, "GBP")
    found = pd.DataFrame(
        {"injected": [8], "precision_at_rate": [0.75], "found_price": [1.0], "found_quantity": [0.5]}
    )
    said = found_in_test("line", found.set_axis([ROBUST]), ROBUST, 3)
    said = said.replace("\xa0", " ")
    assert "found 75 % of 8 errors made on purpose (a quantity times 50, a price times 100), but only 50 %" in said
    alone = found.assign(precision_at_rate=1.0, found_quantity=1.0).set_axis([ROBUST])
    assert "found all of 8 errors made on purpose (a quantity" in found_in_test("line", alone, ROBUST, 3)


def test_features_are_shown_in_units_that_people_read():
    row = feature_table(pd.DataFrame({PRICE: np.log(np.linspace(1, 100, 101))})).iloc[0]
    assert (row["feature"], row["median"], row["largest"]) == ("Price, times usual", "50.50", "100")

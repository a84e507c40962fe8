"""Customers and orders are compared by what their lines are like, and by no more than the ledger says."""

from math import log

import pandas as pd
import pytest

from helpers.chapters.anomaly.context import PRIOR
from helpers.chapters.anomaly.levels import customer_context, in_order
from tests.unit.chapters.anomaly.test_context import context_of, ledger


def test_a_customers_features_are_known_answers(engine):
    rows = [("a", f"o{n}", "p", 1, 10) for n in range(4)] + [
        ("a", "o5", "p", 30, 10),
        ("b", "same1", "p", 1, 40),
        ("b", "same2", "p", 1, 10),
    ]
    back = ledger(("a", "r", "p", -17, 10), ("b", "r", "p", -1, 10))  # one piece is less than a large line
    found = customer_context(context_of(engine, ledger(*rows), back)).set_index("customer_id")
    assert found.loc["b", "largest_price_ratio"] == pytest.approx(log(4))
    assert found.loc["a", "largest_price_ratio"] == pytest.approx(0)
    assert found.loc["a", "average_order_size"] == pytest.approx(log(340 / 5))
    usual = (5 * log(10) + PRIOR * log(10)) / (5 + PRIOR)  # the middle order of all is 10 as well
    assert found.loc["a", "largest_order_ratio"] == pytest.approx(log(300) - usual)
    assert found["most_orders_in_a_day"].tolist() == pytest.approx([0, log(2)])
    assert found["share_returned"].tolist() == pytest.approx([0.5, 0])


@pytest.mark.parametrize(("units", "share"), [(9, 0), (10, 0.1)])
def test_returns_count_from_a_tenth_of_what_was_bought(engine, units, share):
    rows = [("a", "o1", "p", 100, 10), *[("b", f"o{n}", "p", 1, 10) for n in range(2, 30)]]
    found = customer_context(context_of(engine, ledger(*rows), ledger(("a", "r", "p", -units, 10))))
    assert found["share_returned"].tolist() == pytest.approx([share, 0])


def test_without_amounts_an_order_is_as_large_as_its_units_or_its_lines(engine):
    lines = ledger(("a", "o1", "p", 5, 1), ("a", "o1", "q", 1, 1), ("a", "o2", "p", 1, 1))
    units = context_of(engine, lines.drop_columns(["unit_price", "revenue"]))
    assert customer_context(units)["average_order_size"].tolist() == pytest.approx([log(3.5)])
    bare = context_of(engine, lines.drop_columns(["unit_price", "revenue", "quantity"]))
    assert customer_context(bare)["average_order_size"].tolist() == pytest.approx([log(1.5)])


def test_customers_stand_in_natural_order():
    frame = pd.DataFrame({"country": ["x", "y", "z"], "customer_id": ["10", "9", "100"]})
    assert in_order(frame).to_numpy().tolist() == [["9", "y"], ["10", "x"], ["100", "z"]]

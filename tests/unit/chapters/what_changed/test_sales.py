"""Purchases and returns are summed by anything, in decimals until the end."""

import pytest

from helpers.chapters.what_changed.sales import (
    by_month,
    first_choices,
    product_names,
    purchase_days,
    sales_and_returns,
    totals,
)
from tests.unit.conftest import numbered

ORDERS = {
    "customer_id": ["a", "a", "b", None],
    "order_id": ["1", "1", "2", "3"],
    "ordered_at": ["2024-01-05 10:00", "2024-01-05 10:00", "2024-03-01 09:00", "2024-03-02 09:00"],
    "product_id": ["x", "y", "x", "x"],
    "product_name": ["Cup", "Tray", "CUP", "Cup"],
    "quantity": ["2", "1", "3", "1"],
    "revenue": ["0.10", "0.20", "0.70", "5.00"],
}
BACK = {
    "customer_id": ["b"],
    "order_id": ["C9"],
    "ordered_at": ["2024-04-02 09:00"],
    "product_id": ["x"],
    "product_name": ["Cup"],
    "quantity": ["-1"],
    "revenue": ["-0.30"],
}


@pytest.fixture
def moves_of(engine):
    """Return a function that makes moves of the shop's columns, without some of them."""
    from datetime import datetime

    def made(*without, customers=None):
        frames = []
        for columns in (ORDERS, BACK):
            kept = {name: values for name, values in columns.items() if name not in without}
            if "ordered_at" in kept:
                kept["ordered_at"] = [datetime.fromisoformat(value) for value in kept["ordered_at"]]
            frames.append(engine.table(numbered(**kept)))
        return sales_and_returns(*frames, customers, engine)

    return made


def test_money_is_exact_and_returns_are_no_orders(moves_of):
    found = totals(moves_of(), "all").iloc[0]
    assert found["sales"] == 6.0
    assert found["returned"] == 0.3
    assert found["net"] == 5.7
    assert (found["customers"], found["orders"], found["items"]) == (3, 3, 7)


def test_an_order_without_a_customer_is_a_customer_of_its_own(moves_of):
    assert set(totals(moves_of(), "customer_id").index) == {"a", "b", "3"}


def test_months_between_are_there_and_a_month_of_returns_counts_below_zero(moves_of):
    found = by_month(moves_of())
    assert [str(month) for month in found.index] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert found["net"].tolist() == [0.3, 0.0, 5.7, -0.3]
    assert found["customers"].tolist() == [1, 0, 2, 0]


@pytest.mark.parametrize(
    ("without", "left"),
    [
        (("revenue",), ["customers", "orders", "items"]),
        (("quantity",), ["customers", "orders", "sales", "returned", "net"]),
        (("customer_id",), ["orders", "items", "sales", "returned", "net"]),
        (("product_id", "product_name"), ["customers", "orders", "items", "sales", "returned", "net"]),
    ],
)
def test_what_is_not_known_is_not_summed(moves_of, without, left):
    assert list(totals(moves_of(*without), "all").columns) == left


def test_a_product_is_called_what_it_is_called_most(engine):
    found = product_names(engine.table(numbered(**{n: ORDERS[n] for n in ("product_id", "product_name")})))
    assert found == {"x": "Cup", "y": "Tray"}


def test_first_choices_are_of_the_first_day(moves_of, engine):
    moves = moves_of()
    bought = purchase_days(moves)
    seen = totals(moves, "customer_id", "day").query("customers > 0").reset_index()
    assert bought.equals(seen[["customer_id", "day"]])
    firsts = bought.groupby("customer_id")["day"].min()
    found = first_choices(moves, firsts, {"x": "Cup", "y": "Tray"}, engine)
    assert found["first product"].to_dict() == {"3": "Cup", "a": "Tray", "b": "Cup"}
    assert "country" not in found

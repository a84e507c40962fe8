"""What is known at a cut-off never knows what comes after it."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.customers.snapshots import (
    cut_offs,
    known_sales,
    last_midnight,
    net_sales,
    observe,
    of_customers,
    stacked,
)

START = datetime(2024, 1, 1, 10)


def lines_of(*orders):
    """Return lines of (customer, day, revenue)."""
    return pd.DataFrame(
        {
            "customer_id": [customer for customer, *_ in orders],
            "order_id": [f"o{number}" for number in range(len(orders))],
            "ordered_at": [START + timedelta(days=day) for _, day, _ in orders],
            "revenue": [float(revenue) for *_, revenue in orders],
        }
    )


ORDERS = (("a", 0, 10), ("b", 5, 20), ("a", 40, 30), ("a", 62, 40), ("c", 63, 50), ("b", 95, 60))


@pytest.fixture
def engine():
    with open_engine() as opened:
        yield opened


def framed(engine, orders):
    return engine.table(pa.Table.from_pandas(lines_of(*orders), preserve_index=False))


def test_horizons_do_not_overlap_and_the_last_ends_with_the_last_full_day(engine):
    found = cut_offs(framed(engine, ORDERS), days=30, at_most=9)
    assert found == [datetime(2024, 2, 5), datetime(2024, 3, 6)]


def test_what_comes_after_the_cut_off_is_the_outcome_and_no_feature(engine):
    cut_off = datetime(2024, 3, 1)  # day 60
    seen = observe(framed(engine, ORDERS), framed(engine, ORDERS[:1]), cut_off, 30, engine)
    assert seen.customers["customer_id"].tolist() == ["a", "b"]
    assert seen.customers["monetary"].tolist() == [40, 20]
    assert seen.customers["recent_spend"].tolist() == [30, 0]
    assert seen.spend.tolist() == [40, 0]
    assert seen.bought.tolist() == [True, False]


def test_the_future_may_change_without_a_feature_noticing(engine):
    cut_off = datetime(2024, 3, 1)
    other = [*ORDERS[:3], ("a", 70, 9999), ("b", 61, 8888)]
    one = observe(framed(engine, ORDERS), framed(engine, ORDERS[:1]), cut_off, 30, engine)
    two = observe(framed(engine, other), framed(engine, ORDERS[:1]), cut_off, 30, engine)
    pd.testing.assert_frame_equal(one.customers, two.customers)
    assert one.spend.tolist() != two.spend.tolist()


@pytest.mark.parametrize(
    ("days", "last", "words"),
    [(80, None, "too short"), (30, "2025-01-01", "outside the sales data"), (30, "soon", "should be a date")],
)
def test_a_cut_off_that_cannot_be_is_a_sentence(engine, days, last, words):
    with pytest.raises(StudyError, match=words):
        cut_offs(framed(engine, ORDERS), days, 3, last)


def test_several_cut_offs_make_one_frame_with_what_came_after_each(engine):
    lines, returns = framed(engine, ORDERS), framed(engine, ORDERS[:1])
    frame = stacked([observe(lines, returns, date, 30, engine) for date in cut_offs(lines, 30, 9)])
    assert frame[["customer_id", "spend", "bought"]].to_numpy().tolist() == [
        ["a", 70.0, True], ["b", 0.0, False], ["a", 0.0, False], ["b", 0.0, False], ["c", 0.0, False]
    ]  # fmt: skip
    assert frame["cut_off"].nunique() == 2
    assert last_midnight(lines) == datetime(2024, 4, 5)


def test_spend_is_net_of_what_came_back_in_the_same_days(engine):
    cut_off, back = datetime(2024, 3, 1), (("a", 50, -7), ("a", 65, -45), ("c", 66, -5), ("b", 91, -9))
    seen = observe(framed(engine, ORDERS), framed(engine, back), cut_off, 30, engine)
    assert seen.customers["recent_spend"].tolist() == [30 - 7, 0]
    assert seen.spend.tolist() == [40 - 45, 0]
    assert seen.orders.tolist() == [1, 0]
    assert net_sales(framed(engine, ORDERS), framed(engine, back), cut_off, 30) == 40 - 45 + 50 - 5


@pytest.mark.parametrize("seed", range(5))
def test_spend_adds_up_to_the_net_sales_of_the_customers_known(engine, seed):
    rng = np.random.default_rng(seed)
    bought, back = (
        [(f"c{rng.integers(9)}", int(rng.integers(90)), sign * int(rng.integers(1, 99))) for _ in range(60)]
        for sign in (1, -1)
    )
    cut_off, days = START + timedelta(days=45), 30
    seen = observe(framed(engine, bought), framed(engine, back), cut_off, days, engine)
    known = {customer for customer, day, _ in bought if day < 45}
    within = [(who, paid) for who, day, paid in (*bought, *back) if 45 <= day < 45 + days]
    assert seen.spend.sum() == sum(paid for who, paid in within if who in known)
    assert net_sales(framed(engine, bought), framed(engine, back), cut_off, days) == sum(p for _, p in within)
    assert seen.spend.min() < 0


def test_what_nobody_wants_is_left_out_and_the_rest_is_the_same(engine):
    cut_off = datetime(2024, 3, 1)
    lines, returns = framed(engine, ORDERS), framed(engine, ORDERS[:1])
    whole = observe(lines, returns, cut_off, 30, engine)
    some = observe(lines, returns, cut_off, 30, engine, only=("recency", "never_heard_of"))
    names = ["customer_id", "recency", "recent_spend", "recent_orders"]
    assert list(some.customers) == names
    pd.testing.assert_frame_equal(some.customers, whole.customers[names])
    assert some.spend.tolist() == whole.spend.tolist() and some.orders.tolist() == whole.orders.tolist()


def test_sales_are_those_of_customers_who_bought_before(engine):
    lines, returns = framed(engine, ORDERS), framed(engine, ORDERS[:1])
    cut_off = datetime(2024, 3, 1)
    assert known_sales(lines, returns, cut_off, 30) == observe(lines, returns, cut_off, 30, engine).spend.sum() > 0


def test_lines_of_some_customers(engine):
    found = of_customers(framed(engine, ORDERS), np.array(["b"]), engine).collect("pandas").to_native()
    assert len(found) == sum(order[0] == "b" for order in ORDERS) > 0 and set(found["customer_id"]) == {"b"}

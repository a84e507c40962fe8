"""The parts of a change sum to it, whatever was sold: the notebook's own cells on random sums."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.what_changed.narrative import factors
from helpers.chapters.what_changed.sales import LEVELS
from tests.unit.chapters.cells import run

CELLS = ("chain = ", "effects = ")


def decomposed(levels):
    """Run the cells on `before` and `after` sums of groups; money is known where sales are."""
    paid = "sales" in levels["before"]
    world = run("what_changed", *CELLS, levels=levels, monthly=levels["after"], worth="net" if paid else "orders")
    return world["parts"], world["change"]


def random_levels(rng, groups=40, columns=LEVELS):
    """Return sums of two periods, some zero, some below it, as returns among the lines would leave them."""
    frames = {}
    for when in ("before", "after"):
        frame = pd.DataFrame(rng.integers(1, 50, (groups, 4)).cumsum(axis=1), columns=LEVELS).astype(float)
        frame["sales"] = (frame["sales"] * rng.normal(10, 8, groups)).round(2)  # may be below zero
        frame.loc[rng.random(groups) < 0.15] = 0.0  # nothing sold
        frame.loc[rng.random(groups) < 0.1, "items"] = 0.0  # money without items
        frame["returned"] = (rng.random(groups) * 30).round(2)
        frame["net"] = frame["sales"] - frame["returned"]
        paid = ["returned", "net"] if "sales" in columns else []
        frames[when] = frame[[*columns, *paid]]
    return pd.concat(frames, axis=1)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    "columns", [LEVELS, ("customers", "orders", "sales"), ("orders", "items", "sales"), LEVELS[:3], LEVELS[:2]]
)
def test_parts_sum_to_the_change(seed, columns):
    parts, change = decomposed(random_levels(np.random.default_rng(seed), columns=columns))
    assert change.abs().max() > 1
    np.testing.assert_allclose(parts.sum(axis=1), change, atol=1e-6)


def test_a_part_is_called_by_what_it_is_counted_within():
    assert list(factors(LEVELS)) == list(LEVELS)
    assert list(factors(LEVELS).values())[1:] == ["orders_per_customer", "items_per_order", "price_per_item"]
    assert factors(["customers", "sales"])["sales"] == "spend_per_customer"
    assert factors(["orders", "sales"]) == {"orders": "orders", "sales": "value_per_order"}


def sums(**columns):
    frame = pd.DataFrame(columns, index=["one"]).astype(float)
    return frame.assign(net=frame["sales"] - frame["returned"])


def test_what_alone_changed_is_the_whole_change():
    before = sums(customers=10, orders=20, items=60, sales=300, returned=5)
    cheaper = sums(customers=10, orders=20, items=60, sales=240, returned=5)
    parts, _ = decomposed(pd.concat({"before": before, "after": cheaper}, axis=1))
    assert parts.loc["one"].round(9).to_dict() == {
        "customers": 0, "orders_per_customer": 0, "items_per_order": 0, "price_per_item": -60, "returns": 0,
    }  # fmt: skip


def test_a_group_that_is_new_is_new_customers():
    before = sums(customers=0, orders=0, items=0, sales=0, returned=0)
    after = sums(customers=10, orders=20, items=60, sales=300, returned=7)
    parts, change = decomposed(pd.concat({"before": before, "after": after}, axis=1))
    assert parts.loc["one", "customers"] == pytest.approx(300)
    assert parts.loc["one", "returns"] == -7
    assert change["one"] == 293


def test_two_factors_share_what_they_do_together():
    """Twice the customers with twice the orders: of 300 more, each alone makes 100; they share the rest."""
    before = sums(customers=10, orders=10, items=10, sales=100, returned=0)
    after = sums(customers=20, orders=40, items=40, sales=400, returned=0)
    parts, _ = decomposed(pd.concat({"before": before, "after": after}, axis=1))
    assert parts.loc["one", ["customers", "orders_per_customer"]].tolist() == pytest.approx([150, 150])

"""What is planted is in the copy and nowhere else, and what is found of it is counted as it should be."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.anomaly.context import AMOUNT, PRICE, QUANTITY
from helpers.chapters.anomaly.detectors import BOTH, FOREST, LOF, ROBUST, Settings
from helpers.chapters.anomaly.injection import (
    ABUSE,
    BURST,
    BURST_LINES,
    BURST_ORDERS,
    PRICE_KIND,
    QUANTITY_KIND,
    best_detector,
    evaluate,
    plant_customers,
    plant_lines,
)
from helpers.chapters.anomaly.review import measure
from tests.unit.conftest import arrow_lines, rows_of

START = datetime(2024, 1, 2, 10)


def shop(customers=60, orders=5, per_order=3):
    """Return a quiet shop: prices fixed, quantities of one to six, for some thirty times that."""
    rng = np.random.default_rng(11)
    rows = []
    for customer in range(customers):
        for order in range(orders):
            for place in range(per_order):
                quantity, price = int(rng.integers(1, 7)) * (30 if customer % 2 else 1), 2 + 3 * place
                rows.append(
                    {
                        "line": len(rows) + 1,
                        "customer_id": f"c{customer:02d}",
                        "order_id": f"o{customer}-{order}",
                        "ordered_at": START
                        + timedelta(days=int(rng.integers(0, 300))) * 1
                        + timedelta(minutes=order),
                        "product_id": f"p{place}",
                        "quantity": quantity,
                        "unit_price": price,
                        "revenue": quantity * price,
                    }
                )
    return arrow_lines(rows)


@pytest.fixture(scope="module")
def ledger(engine):
    lines = shop()
    back = shop(customers=3, orders=1).to_pandas().assign(quantity=-1)
    return engine.table(lines), engine.table(arrow_lines(back.astype({"line": int}).to_dict("records")))


def test_planted_lines_are_wrong_in_one_cell_and_its_amount(engine, ledger):
    planted = plant_lines(*ledger, 0.04, 5, engine)
    before, after = (pd.DataFrame(rows_of(frame)).set_index("line") for frame in (ledger[0], planted.lines))
    changed = planted.kinds
    assert changed.value_counts().to_dict() == {QUANTITY_KIND: 18, PRICE_KIND: 18}
    assert (before.drop(changed.index) == after.drop(changed.index)).all().all()
    more = after.loc[changed[changed == QUANTITY_KIND].index]
    assert (more["quantity"] == 50 * before.loc[more.index, "quantity"]).all()
    assert (more["unit_price"] == before.loc[more.index, "unit_price"]).all()
    assert (more["revenue"] == more["quantity"] * more["unit_price"]).all()
    dear = after.loc[changed[changed == PRICE_KIND].index]
    assert (dear["revenue"] == 100 * before.loc[dear.index, "revenue"]).all()


def test_the_same_seed_plants_the_same(engine, ledger):
    one, two, other = (plant_lines(*ledger, 0.04, seed, engine).kinds for seed in (5, 5, 6))
    assert one.equals(two)
    assert not one.index.equals(other.index)


def test_planted_customers_get_bursts_and_returns_of_their_own_things(engine, ledger):
    planted = plant_customers(*ledger, 0.4, 5, engine)
    kinds = planted.kinds
    assert kinds.value_counts().to_dict() == {QUANTITY_KIND: 6, PRICE_KIND: 6, BURST: 6, ABUSE: 6}
    after = pd.DataFrame(rows_of(planted.lines))
    new = after[after["line"] > 900]
    assert set(new["customer_id"]) == set(kinds[kinds == BURST].index)
    by_day = new.groupby(["customer_id", new["ordered_at"].dt.date])["order_id"].nunique()
    assert by_day.tolist() == [BURST_ORDERS] * 6
    assert len(new) == 6 * BURST_ORDERS * BURST_LINES
    assert after["line"].is_unique
    back = pd.DataFrame(rows_of(planted.returns))
    abusers = back[back["customer_id"].isin(set(kinds[kinds == ABUSE].index))]
    assert abusers.groupby("customer_id").size().min() >= 12  # of fifteen lines
    assert (abusers["quantity"] < 0).all()


def test_without_returns_nobody_can_be_planted_as_one_who_returns(engine, ledger):
    planted = plant_customers(ledger[0], ledger[1].head(0), 0.4, 5, engine)
    assert ABUSE not in set(planted.kinds)
    assert BURST in set(planted.kinds)


def test_too_few_to_measure_anything_is_nothing(engine, ledger):
    assert plant_lines(*ledger, 0.005, 5, engine) is None
    assert plant_customers(*ledger, 0.02, 5, engine) is None
    bare = ledger[0].drop("unit_price")
    assert plant_lines(bare, ledger[1], 0.04, 5, engine) is None


def test_a_detector_is_judged_by_its_first_places():
    kinds = np.array(["price", "", "quantity", "", "price", ""])
    found = evaluate({"x": np.array([9.0, 8, 7, 1, 2, 3])}, kinds).iloc[0]
    assert found["planted"] == 3
    assert found["precision"] == pytest.approx(2 / 3)
    assert (found["recall_price"], found["recall_quantity"]) == (0.5, 1.0)
    assert found["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_rows_without_a_score_do_not_count():
    kinds = np.array(["price", "", "price", ""])
    found = evaluate({"x": np.array([1.0, 0.5, np.nan, np.nan])}, kinds).iloc[0]
    assert (found["rows"], found["planted"], found["precision"]) == (2, 1, 1)


def test_the_ranking_detector_is_the_most_precise_and_never_the_local_one():
    frame = pd.DataFrame({"detector": [FOREST, ROBUST, BOTH, LOF], "average_precision": [0.5, 0.7, 0.6, 0.9]})
    assert best_detector(frame) == ROBUST
    assert best_detector(frame.assign(average_precision=0.5)) == BOTH


def test_planted_lines_are_found_by_their_context_and_not_by_their_amount(engine, ledger):
    measured = measure("line", ledger, (AMOUNT, PRICE, QUANTITY), Settings(0.01), 0.04, engine=engine)
    assert measured.chosen["precision"] > 0.95
    assert measured.precision.low <= measured.chosen["precision"] <= measured.precision.high
    by_set = measured.sets.set_index("set")["average_precision"]
    assert by_set["... and quantity against usual"] > by_set["Amount by itself"]
    assert set(measured.recalls) == {QUANTITY_KIND, PRICE_KIND}


def test_a_source_without_orders_has_nothing_planted(engine, ledger):
    plain = ledger[0].drop("order_id")
    assert measure("customer", (plain, ledger[1]), ("x",), Settings(), 0.1, engine=engine) is None

"""What is injected is in the copy and nowhere else, and what is found of it is counted as it should be."""

from datetime import datetime, timedelta

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from helpers.chapters.anomaly.detectors import ROBUST
from helpers.chapters.anomaly.injection import (
    ABUSE,
    BURST,
    BURST_LINES,
    BURST_ORDERS,
    DATE_KIND,
    DAYS_LATE,
    PRICE_KIND,
    QUANTITY_KIND,
    TWICE_KIND,
    inject,
    injected_tables,
    of_some,
)
from helpers.chapters.anomaly.narrative import measured, recalls
from tests.unit.chapters.anomaly.cells import DETECTORS, run_cells
from tests.unit.conftest import arrow_lines, rows_of

START = datetime(2024, 1, 2, 10)


def shop(customers=60, orders=5, per_order=3):
    """Return a quiet shop: prices fixed, quantities of one to six, for some thirty times that, numbers by date."""
    rng = np.random.default_rng(11)
    rows, days = [], rng.integers(0, 300, (customers, orders))
    for customer in range(customers):
        for order in range(orders):
            for place in range(per_order):
                quantity, price = int(rng.integers(1, 7)) * (30 if customer % 2 else 1), 2 + 3 * place
                day = days[customer, order]
                rows.append(
                    {
                        "line": len(rows) + 1,
                        "customer_id": f"c{customer:02d}",
                        "order_id": f"{day:03d}{customer:02d}{order}",
                        "ordered_at": START + timedelta(days=int(day), minutes=order),
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


def test_of_some_customers_all_lines_and_returns_are_there_and_of_others_none(engine, ledger):
    lines, returns = ledger
    some, back, asked = of_some(lines, returns, 20, 3, engine)
    own, everything, brought = (pd.DataFrame(rows_of(frame)) for frame in (some, lines, returns))
    chosen = set(own["customer_id"])
    assert asked == (20, 60, "customers") and len(chosen) == 20
    assert own["line"].tolist() == everything.loc[everything["customer_id"].isin(chosen), "line"].tolist()
    assert len(rows_of(back)) == brought["customer_id"].isin(chosen).sum()
    assert chosen != {f"c{number:02d}" for number in range(20)}  # drawn at random, not the first ones
    assert of_some(lines, returns, 60, 3, engine) == (lines, returns, (60, 60, "customers"))


@pytest.mark.parametrize(
    ("without", "key"), [(["customer_id"], "order_id"), (["customer_id", "order_id"], "line")]
)
def test_where_customers_are_unknown_whole_orders_are_drawn_or_lines(engine, ledger, without, key):
    lines = ledger[0].drop(*without)
    some, back, asked = of_some(lines, ledger[1], 3, 3, engine)
    own, everything = (pd.DataFrame(rows_of(frame)) for frame in (some, lines))
    chosen = set(own[key])
    assert asked == (60, everything[key].nunique(), f"{key.removesuffix('_id')}s") and len(chosen) == 60
    assert own["line"].tolist() == everything.loc[everything[key].isin(chosen), "line"].tolist()
    assert back is ledger[1]


def test_injected_lines_are_wrong_in_one_cell_and_its_amount(engine, ledger):
    copy = inject("line", *ledger, share=0.04, seed=5, engine=engine)
    before, after = (pd.DataFrame(rows_of(frame)).set_index("line") for frame in (ledger[0], copy.lines))
    assert copy.kinds.value_counts().to_dict() == dict.fromkeys(
        (QUANTITY_KIND, PRICE_KIND, DATE_KIND, TWICE_KIND), 9
    )
    changed, added = (copy.kinds[again] for again in (copy.kinds != TWICE_KIND, copy.kinds == TWICE_KIND))
    assert (before.drop(changed.index) == after.drop([*changed.index, *added.index])).all().all()
    late = changed.index[changed == DATE_KIND]
    assert (after.loc[late, "ordered_at"] - before.loc[late, "ordered_at"] == timedelta(days=DAYS_LATE)).all()
    assert (after.loc[late].drop(columns="ordered_at") == before.loc[late].drop(columns="ordered_at")).all().all()
    more = after.loc[changed[changed == QUANTITY_KIND].index]
    assert (more["quantity"] == 50 * before.loc[more.index, "quantity"]).all()
    assert (more["unit_price"] == before.loc[more.index, "unit_price"]).all()
    assert (more["revenue"] == more["quantity"] * more["unit_price"]).all()
    dear = after.loc[changed[changed == PRICE_KIND].index]
    assert (dear["revenue"] == 100 * before.loc[dear.index, "revenue"]).all()


def test_the_largest_lines_that_are_not_wrong_are_entered_once_more(engine, ledger):
    copy = inject("line", *ledger, share=0.04, seed=5, engine=engine)
    after = pd.DataFrame(rows_of(copy.lines)).set_index("line")
    again = after.loc[copy.kinds.index[copy.kinds == TWICE_KIND]]
    others = after.drop(copy.kinds.index)
    assert again.index.tolist() == [*range(901, 910)]
    assert again["revenue"].tolist() == sorted(others["revenue"], reverse=True)[:9]
    known = {tuple(row) for row in others.drop(columns="order_id").to_numpy()}
    assert {tuple(row) for row in again.drop(columns="order_id").to_numpy()} <= known
    assert set(again["order_id"].str.removesuffix("-2")) <= set(others["order_id"]) - set(again["order_id"])


@pytest.mark.parametrize("name", ["customer_id", "product_id", "order_id"])
def test_where_an_id_is_missing_everywhere_nothing_is_entered_twice(engine, ledger, name):
    nameless = ledger[0].with_columns(**{name: nw.lit(None, nw.String)})
    assert TWICE_KIND not in set(inject("line", nameless, ledger[1], share=0.04, seed=5, engine=engine).kinds)
    assert (
        injected_tables(nameless, ledger[1], 0.04, 5, engine)["line", "second copy"]["injected"].ne("").sum() == 27
    )


def test_the_same_seed_injects_the_same(engine, ledger):
    one, two, other = (inject("line", *ledger, share=0.04, seed=seed, engine=engine).kinds for seed in (5, 5, 6))
    assert one.equals(two)
    assert not one.index.equals(other.index)


def test_injected_customers_get_bursts_and_returns_of_their_own_things(engine, ledger):
    copy = inject("customer", *ledger, share=0.4, seed=5, engine=engine)
    kinds = copy.kinds
    assert kinds.value_counts().to_dict() == {QUANTITY_KIND: 6, PRICE_KIND: 6, BURST: 6, ABUSE: 6}
    after = pd.DataFrame(rows_of(copy.lines))
    new = after[after["line"] > 900]
    assert set(new["customer_id"]) == set(kinds[kinds == BURST].index)
    by_day = new.groupby(["customer_id", new["ordered_at"].dt.date])["order_id"].nunique()
    assert by_day.tolist() == [BURST_ORDERS] * 6
    assert len(new) == 6 * BURST_ORDERS * BURST_LINES
    assert after["line"].is_unique
    back = pd.DataFrame(rows_of(copy.returns))
    abusers = back[back["customer_id"].isin(set(kinds[kinds == ABUSE].index))]
    assert abusers.groupby("customer_id").size().min() >= 12  # of fifteen lines
    assert (abusers["quantity"] < 0).all()


def test_without_returns_nobody_can_be_made_one_who_returns(engine, ledger):
    copy = inject("customer", ledger[0], ledger[1].head(0), share=0.4, seed=5, engine=engine)
    assert ABUSE not in set(copy.kinds)
    assert BURST in set(copy.kinds)


def test_too_few_to_measure_anything_is_nothing(engine, ledger):
    assert inject("line", *ledger, share=0.005, seed=5, engine=engine) is None
    assert inject("customer", *ledger, share=0.02, seed=5, engine=engine) is None
    bare = ledger[0].drop("unit_price", "quantity", "order_id")
    assert inject("line", bare, ledger[1], share=0.04, seed=5, engine=engine) is None


def test_quantities_go_wrong_where_there_are_no_prices(engine, ledger):
    made = inject("line", ledger[0].drop("unit_price"), ledger[1], share=0.04, seed=5, engine=engine)
    assert set(made.kinds) == {QUANTITY_KIND, DATE_KIND, TWICE_KIND}
    before, after = (pd.DataFrame(rows_of(x)).set_index("line") for x in (ledger[0], made.lines))
    ratio = (after["revenue"].astype(float) / before["revenue"].astype(float)).dropna()
    wrong = made.kinds.index[made.kinds == QUANTITY_KIND]
    assert set(ratio[wrong]) == {50} and set(ratio.drop(wrong)) == {1}


def test_without_customers_one_line_of_an_order_goes_wrong(engine, ledger):
    nobody = ledger[0].drop("customer_id")
    tables = injected_tables(nobody, ledger[1], 0.1, 3, engine)
    assert {level for level, _ in tables} == {"line", "order"}
    orders = tables["order", "second copy"]
    assert (orders["injected"] != "").sum() == 30  # a tenth of three hundred
    wrong = orders[orders["injected"] == PRICE_KIND]
    assert wrong["largest_price_ratio"].min() == pytest.approx(np.log(100))


def evaluated(score, kinds):
    """Return the row of a detector, as the notebook's cell evaluates it."""
    key = ("line", "second copy")
    space = run_cells(
        "evaluation",
        copies={key: pd.DataFrame({"injected": kinds})},
        matrices={key: None},
        scores={key: pd.DataFrame({"robust_z": score})},
    )
    return space["measured"][key].loc["robust_z"]


def test_a_detector_is_judged_by_its_first_places():
    row = evaluated([9.0, 8, 7, 1, 2, 3], ["price", "", "quantity", "", "price", ""])
    assert row["injected"] == 3
    assert row["precision_at_rate"] == pytest.approx(2 / 3)
    assert (row["found_price"], row["found_quantity"]) == (0.5, 1.0)
    assert row["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_rows_without_a_score_do_not_count():
    row = evaluated([1.0, 0.5, np.nan, np.nan], ["price", "", "price", ""])
    assert (row["rows"], row["injected"], row["precision_at_rate"]) == (2, 1, 1)


def test_injected_lines_are_found_by_their_context_and_not_by_their_amount(engine, ledger):
    copies = injected_tables(*ledger, 0.04, 42, engine)
    assert {level for level, _ in copies} == {"line"}  # customers are too few for this share
    space = run_cells(*DETECTORS, "evaluation", "choice", tables=copies, copies=copies)
    chosen = space["evaluations"]["line"].loc[space["detectors"]["line"]]
    assert chosen["precision_at_rate"] > 0.95
    assert space["precision"]["line"].low <= chosen["precision_at_rate"] <= space["precision"]["line"].high
    truth = copies["line", "second copy"]["injected"] != ""
    by_amount = average_precision_score(truth, copies["line", "second copy"]["revenue"])
    assert chosen["average_precision"] > by_amount
    recalled = recalls(space["evaluations"]["line"], space["detectors"]["line"])
    assert set(recalled) == {QUANTITY_KIND, PRICE_KIND, DATE_KIND, TWICE_KIND}
    said = measured("line", space["evaluations"]["line"], ROBUST, space["precision"]["line"])
    assert "36 lines got an error: " in said

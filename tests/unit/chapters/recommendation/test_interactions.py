"""A ledger becomes a matrix, and one date splits it."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.recommendation.interactions import (
    catalogue,
    codes,
    interactions,
    keyed,
    split,
    windows,
)
from tests.unit.chapters.recommendation.test_models import REPEATS, ledger_of
from tests.unit.conftest import numbered

DAYS = [datetime(2024, 1, day) for day in (1, 1, 5, 11, 11, 20, 21, 22, 25)]
WHO = ["b", "b", "a", "b", "b", "a", "b", "c", "a"]
WHAT = ["x", "y", "x", "x", "x", "y", "z", "x", "new"]
ORDERS = ["1", "1", "2", "3", "3", "4", "5", "6", "7"]
CUT = datetime(2024, 1, 20)


@pytest.fixture
def ledger(engine):
    def lines(**columns):
        whole = {
            "customer_id": WHO,
            "product_id": WHAT,
            "order_id": ORDERS,
            "ordered_at": DAYS,
            "revenue": ["4.00"] * len(WHO),
            "quantity": ["2"] * len(WHO),
            "product_name": ["the X", "Y", "the X", "an X", "an X", "Y", "Z", "the X", "N"],
        } | columns
        return engine.table(numbered(**{n: v for n, v in whole.items() if v is not None}))

    return lines


def test_cells_count_orders_and_products_stand_most_bought_first(ledger):
    found = interactions(keyed(ledger()))
    assert found.customers.tolist() == ["a", "b", "c"]
    assert found.products.tolist() == ["x", "y", "new", "z"]  # 3 customers, 2, 1, 1 and then by code
    assert found.matrix(found.orders).toarray().tolist() == [[1, 1, 1, 0], [2, 1, 0, 1], [1, 0, 0, 0]]
    assert found.popularity.tolist() == [3, 2, 1, 1]


def test_ages_count_from_the_cut_off_and_nothing_from_it_on_is_seen(ledger):
    found = interactions(keyed(ledger()), CUT)
    assert found.customers.tolist() == ["a", "b"]
    assert found.products.tolist() == ["x", "y"]
    assert found.matrix(found.age).toarray().tolist() == [[15, 0], [9, 19]]
    assert found.matrix(found.orders).toarray().tolist() == [[1, 0], [2, 1]]


def test_weights_are_log_counts_halved_with_every_half_life(ledger):
    found = interactions(keyed(ledger()), CUT)
    assert found.weighted(9).toarray()[1, 0] == pytest.approx(np.log(3) / 2)
    assert found.decayed(15).toarray()[0, 0] == pytest.approx(0.5)


def test_the_split_knows_what_is_new_and_who_came_later(ledger):
    found = split(keyed(ledger()), CUT, datetime(2024, 2, 1))
    assert found.relevant["next"].toarray().tolist() == [
        [0, 1],
        [0, 0],
    ]  # a bought y; z and new were unknown before
    assert found.relevant["new"].toarray().tolist() == [[0, 1], [0, 0]]
    assert found.rows["next"].tolist() == [0]
    assert found.came_back == 2  # b bought too, but only what nobody had bought before
    assert found.newcomers["customer_id"].tolist() == ["c"]
    repeats = split(keyed(ledger()), datetime(2024, 1, 10), datetime(2024, 2, 1))
    assert repeats.relevant["next"].toarray().tolist() == [[0, 1], [1, 0]]
    assert repeats.relevant["new"].toarray().tolist() == [[0, 1], [0, 0]]  # b's x is a repeat


def test_the_window_ends_where_it_should(ledger):
    assert split(keyed(ledger()), CUT, datetime(2024, 1, 20, 0, 0, 0, 1)).relevant["next"].nnz == 1
    assert split(keyed(ledger()), datetime(2024, 1, 19), CUT).relevant["next"].nnz == 0


def test_a_source_without_codes_dates_or_orders_still_has_interactions(ledger):
    found = interactions(keyed(ledger(product_id=None, ordered_at=None, order_id=None)))
    assert found.products.tolist() == ["the X", "Y", "N", "Z", "an X"]  # three customers, two, one and by name
    assert found.now is None
    assert found.age.tolist() == [0] * len(found.row)
    assert found.matrix(found.orders).toarray()[1, found.products.tolist().index("an X")] == 2  # lines count


def test_lines_without_a_customer_or_product_do_not_count(ledger):
    found = interactions(keyed(ledger(customer_id=[None, *WHO[1:]], product_id=[*WHAT[:-1], None])))
    assert found.matrix(found.orders).toarray().sum() == 6
    assert "new" not in found.products


def test_what_is_missing_is_named(ledger):
    with pytest.raises(StudyError, match="neither product_id nor product_name"):
        keyed(ledger(product_id=None, product_name=None))
    with pytest.raises(StudyError, match="before 1 Jan 2023"):
        interactions(keyed(ledger()), datetime(2023, 1, 1))


def test_the_catalogue_has_the_commonest_name_and_the_price_of_a_unit(ledger):
    lines = keyed(ledger())
    found = catalogue(lines, interactions(lines))
    assert found["product_name"].tolist() == ["the X", "Y", "N", "Z"]
    assert found["price"].tolist() == [2.0] * 4
    nameless = keyed(ledger(product_name=None, revenue=None))
    found = catalogue(nameless, interactions(nameless))
    assert found["product_name"].tolist() == found["product_id"].tolist()
    assert not found["named"].any()
    assert found["price"].isna().all()


def test_codes_ascend_whatever_the_order_of_the_rows():
    values, places = codes(pa.chunked_array([["b", "é", "a"], ["b"]]))
    assert values.tolist() == ["a", "b", "é"]
    assert places.tolist() == [1, 2, 0, 1]


def test_windows_are_planned_from_the_end(engine):
    (earlier,), test, why = windows(ledger_of(engine, REPEATS), 30, None)
    assert (earlier.cut_off, test.cut_off) == (datetime(2024, 4, 13), datetime(2024, 5, 13))
    several, last, _ = windows(ledger_of(engine, REPEATS), 30, None, at_most=3)
    assert [one.cut_off for one in several] == [datetime(2024, 3, 14), datetime(2024, 4, 13)]
    assert last.cut_off == test.cut_off
    assert test.end == datetime(2024, 6, 12)
    assert why == ""
    assert windows(ledger_of(engine, REPEATS), 30, "2024-04-01")[1].cut_off == datetime(2024, 4, 1)


@pytest.mark.parametrize("cut_off", ["2023-06-01", "2031-01-01", "soon"])
def test_a_cut_off_outside_the_ledger_stops_with_a_sentence(engine, cut_off):
    with pytest.raises(StudyError, match=cut_off):
        windows(ledger_of(engine, REPEATS), 30, cut_off)


def test_a_ledger_that_is_too_short_or_whose_customers_never_come_back_has_no_windows_and_says_why(engine):
    *short, why = windows(ledger_of(engine, REPEATS[:6]), 300, None)
    assert short == [[], None]
    assert "too short" in why
    once = [(f"c{n:02d}", f"p{n % 3}", f"2024-{1 + n // 5:02d}-{1 + n % 5:02d}") for n in range(60)]
    _, alone, why = windows(ledger_of(engine, once), 60, None)
    assert alone is None
    assert "nothing to be right about" in why


def test_a_window_may_be_judged_by_some_customers_and_still_be_learned_from_by_all(engine):
    lines = ledger_of(engine, REPEATS)
    _, window, _ = windows(lines, 30, None)
    judges = window.rows["next"][:1]
    some = window.judged_by(window.train.customers[judges])
    assert some.rows["next"].tolist() == judges.tolist() and len(window.rows["next"]) > 1
    assert (some.relevant["next"][judges] != window.relevant["next"][judges]).nnz == 0
    assert some.train is window.train and some.drawn and not window.drawn
    assert window.judged_by(np.array(["nobody"])) is window

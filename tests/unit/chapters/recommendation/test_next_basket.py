"""Next-basket models against the sums of their papers, written out order by order."""

from datetime import datetime

import numpy as np
import pytest

from helpers.chapters.recommendation import next_basket
from helpers.chapters.recommendation.features import Known, known_before, known_now
from helpers.chapters.recommendation.interactions import Baskets, baskets, interactions, keyed, windows
from helpers.chapters.recommendation.next_basket import TifuKnn, UpCf
from tests.unit.chapters.recommendation.test_models import REPEATS, known, ledger_of, made
from tests.unit.conftest import numbered

HISTORIES = [
    [[0, 1], [0], [2], [0, 2], [1]],
    [[0], [0, 2]],
    [[2, 3]],
    [[1], [1, 3], [0], [1]],
]
"""Each customer's orders of products, the first one first."""


def of_histories() -> Known:
    """Return what is known where customers placed the orders of HISTORIES."""
    counts = np.zeros((4, 4), dtype=int)
    cells = []
    for row, orders in enumerate(HISTORIES):
        for back, order in enumerate(reversed(orders)):
            for product in order:
                counts[row, product] += 1
                cells.append((row, product, back))
    train = made(counts)
    place = {int(name[1:]): column for column, name in enumerate(train.products)}
    row, product, back = np.array(cells).T
    column = np.array([place[one] for one in product.tolist()])
    held = Baskets(row, column, back, np.array([len(orders) for orders in HISTORIES]), train.shape)
    return known(train)._replace(baskets=lambda: held)


def by_product(what: Known, scores: np.ndarray) -> np.ndarray:
    """Return scores with products in the order of their numbers."""
    return scores[:, np.argsort(what.train.products)]


def test_tifu_knn_is_the_sum_of_its_paper():
    model = TifuKnn(neighbours=2, group=2, within=0.9, across=0.7, own=0.6)
    vectors = []
    for orders in HISTORIES:
        latest = orders[::-1]
        groups = [latest[start : start + 2] for start in range(0, len(latest), 2)]
        vector = np.zeros(4)
        for age, group in enumerate(groups):
            mean = np.zeros(4)
            for place, order in enumerate(group):
                mean[order] += 0.9**place / len(group)
            vector += 0.7**age * mean / len(groups)
        vectors.append(vector)
    for row, found in enumerate(by_product(of_histories(), model.fit(of_histories())(np.arange(4)))):
        others = sorted(
            (one for one in range(4) if one != row), key=lambda o: np.linalg.norm(vectors[o] - vectors[row])
        )
        near = np.mean([vectors[one] for one in others[:2]], axis=0)
        assert found == pytest.approx(0.6 * vectors[row] + 0.4 * near)


def test_up_cf_is_the_sum_of_its_paper():
    share = np.zeros((4, 4))
    for row, orders in enumerate(HISTORIES):
        for order in orders[-3:]:
            share[row, order] += 1 / min(3, len(orders))
    length = (share**2).sum(axis=1)
    alike = share @ share.T / np.outer(length**0.25, length**0.75)
    found = by_product(
        of_histories(), UpCf(last=3, asymmetry=0.25, locality=2).fit(of_histories())(np.array([0, 3]))
    )
    assert found == pytest.approx((alike**2 @ share)[[0, 3]])


@pytest.mark.parametrize(
    "model",
    [TifuKnn(neighbours=2, group=2, within=0.9, across=0.7, own=0.6), UpCf(last=3, asymmetry=0.25, locality=2)],
    ids=lambda model: type(model).__name__,
)
def test_of_many_customers_some_stand_for_all_and_everybody_keeps_their_own_orders(model, monkeypatch):
    rng, held = np.random.default_rng(1), np.arange(600)
    row, column = np.repeat(held, 6), np.concatenate([rng.permutation(12)[:6] + 12 * (n % 2) for n in held])
    past = Baskets(row, column, np.tile(np.arange(6), 600), np.full(600, 6), (600, 24))
    what = of_histories()._replace(baskets=lambda: past)
    everybody = model.fit(what)(held)
    monkeypatch.setattr(next_basket, "OTHERS", 200)
    some = model.fit(what)(held)
    assert np.corrcoef(some.ravel(), everybody.ravel())[0, 1] > 0.9
    assert some.sum() == pytest.approx(everybody.sum(), rel=0.05)
    latest = past.matrix((past.back == 0).astype(float)).toarray() > 0
    assert (some[latest] > 0).all()


@pytest.mark.parametrize("numbers", [True, False])
def test_orders_are_counted_back_from_each_customers_last(engine, numbers):
    who, what = ["a", "a", "a", "b", "a"], ["x", "y", "x", "x", "x"]
    order, day = ["9", "9", "10", "11", "12"], [1, 1, 3, 4, 7]
    columns = {
        "customer_id": who,
        "product_id": what,
        "ordered_at": [datetime(2024, 1, one) for one in day],
        "revenue": ["1.00"] * 5,
    } | ({"order_id": order} if numbers else {})
    lines = keyed(engine.table(numbered(**columns)))
    train = interactions(lines)
    held = baskets(lines, train)
    assert held.orders.tolist() == [3, 1]
    named = zip(train.customers[held.row], train.products[held.column], held.back.tolist(), strict=True)
    assert sorted(named) == [("a", "x", 0), ("a", "x", 1), ("a", "x", 2), ("a", "y", 2), ("b", "x", 0)]


def test_orders_are_read_only_up_to_the_cut_off_and_only_where_there_are_dates(engine):
    lines = ledger_of(engine, REPEATS)
    _, window, _ = windows(lines, 30, None)
    before = known_before(lines, window, engine).baskets()
    assert before.orders.tolist() == [5] * 12
    assert before.shape == window.train.shape
    undated = keyed(engine.table(numbered(customer_id=["a", "b"], product_id=["x", "y"], order_id=["1", "2"])))
    people = engine.table(numbered(customer_id=["a", "b"])).collect("pandas").to_native()
    what = known_now(undated, interactions(undated), people, [])
    assert what.baskets is None and UpCf(last=3, asymmetry=0.25, locality=2).fit(what) is None

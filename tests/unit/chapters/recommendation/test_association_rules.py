"""Rules: a planted pair is found, chance is not, and the correction counts every pair."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import binomtest

from helpers.chapters.recommendation import narrative
from helpers.chapters.recommendation.association_rules import Baskets, baskets, rules, with_names
from helpers.chapters.recommendation.interactions import keyed
from tests.unit.conftest import numbered


def orders_of(matrix: np.ndarray) -> Baskets:
    names = np.array([f"p{n:02d}" for n in range(matrix.shape[1])], dtype=object)
    return Baskets(names, sparse.csr_matrix(matrix.astype(np.int32)))


def by_chance(seed: int, orders: int = 600, products: int = 40, share: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).random((orders, products)) < share


def test_baskets_hold_each_product_once(engine):
    lines = numbered(
        customer_id=["a"] * 5, order_id=["1", "1", "1", "2", None], product_id=["x", "y", "x", "y", "z"]
    )
    found = baskets(keyed(engine.table(lines)))
    assert found.products.tolist() == ["x", "y"]
    assert found.matrix.toarray().tolist() == [[1, 1], [0, 1]]
    assert baskets(keyed(engine.table(numbered(customer_id=["a"], order_id=[None], product_id=["x"])))) is None


def test_lift_confidence_and_support_are_those_of_the_counts():
    matrix = np.zeros((100, 3), dtype=int)
    matrix[:20, 0] = matrix[:15, 1] = 1
    matrix[15:30, 1] += 1
    found = rules(orders_of(matrix), share=0.01, at_least=5).pairs
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["product"], row["bought_with"], row["orders_with_both"]) == ("p00", "p01", 20)
    assert row["support"] == pytest.approx(0.2)
    assert row["lift"] == pytest.approx(20 * 100 / (20 * 30))
    assert row["confidence"] == pytest.approx(1)
    # no other pair meets, so orders' sizes explain nothing: 20 of 20 orders, at 30 in 100 by chance
    assert row["q"] == pytest.approx(binomtest(20, 20, 0.3, alternative="greater").pvalue, rel=1e-6, abs=0)


def test_products_that_meet_because_some_orders_are_large_are_no_rule():
    sizes = np.where(np.arange(2000) < 200, 0.5, 0.05)[:, None]
    matrix = np.random.default_rng(3).random((2000, 12)) < sizes
    assert rules(orders_of(matrix), share=0.002, at_least=20).pairs.empty
    matrix[200:300, [2, 9]] = True
    found = rules(orders_of(matrix), share=0.002, at_least=20).pairs
    assert set(found.iloc[0][["product", "bought_with"]]) == {"p02", "p09"}
    assert len(found) == 1


def test_a_planted_pair_is_found_and_chance_is_not():
    matrix = by_chance(seed=1)
    matrix[:40, 7] = matrix[:40, 23] = True
    found = rules(orders_of(matrix), share=0.005, at_least=5)
    assert found.pairs[["product", "bought_with"]].to_numpy().tolist() in ([["p07", "p23"]], [["p23", "p07"]])
    assert found.possible == 40 * 39 // 2


def test_without_correction_chance_would_give_rules_and_with_it_hardly_any():
    luck, reported = 0, 0
    for seed in range(20):
        matrix = by_chance(seed)
        found = rules(orders_of(matrix), share=0.002, at_least=1)
        reported += len(found.pairs)
        common = matrix.T.astype(int) @ matrix
        each = np.diag(common)
        lift = common * len(matrix) / np.outer(each, each)
        luck += int((np.triu(lift, 1) > 1.5).sum())
    assert luck > 200
    assert reported <= 4


def test_the_floor_holds_and_is_the_larger_of_share_and_count():
    matrix = by_chance(seed=2)
    matrix[:40, 7] = matrix[:40, 23] = True
    assert rules(orders_of(matrix), share=0.1, at_least=5).floor == 60
    assert len(rules(orders_of(matrix), share=0.1, at_least=5).pairs) == 0
    assert rules(orders_of(matrix), share=0.001, at_least=20).floor == 20


def test_a_single_product_or_order_has_no_rules():
    for matrix in (np.ones((5, 1)), np.ones((1, 3)), np.zeros((4, 3))):
        found = rules(orders_of(matrix), share=0.1, at_least=1)
        assert len(found.pairs) == 0
        assert ("Fewer than two products" in narrative.rules(found, found.pairs)) == (found.possible == 0)


def test_names_stand_for_codes():
    found = rules(orders_of(np.vstack([np.ones((30, 2)), np.zeros((70, 2))])), 0.1, 1).pairs
    names = pd.Series({"p00": "Cup"})  # where there is none, the code stays
    assert with_names(found, names)[["product", "bought_with"]].to_numpy().tolist() == [["Cup", "p01"]]

"""Measures of lists, on lists whose worth can be counted by hand."""

import numpy as np
import pytest
from scipy import sparse

from helpers.chapters.recommendation.metrics import per_customer, reach, top_k

RELEVANT = sparse.csr_matrix(np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]]))
LISTS = np.array([[2, 1, 0], [0, 2, 3], [4, 3, -1]])


def test_measures_of_a_customer():
    found = per_customer(LISTS, RELEVANT)
    assert found["precision"].tolist() == pytest.approx([2 / 3, 0, 1 / 3])
    assert found["recall"].tolist() == pytest.approx([2 / 3, 0, 1])
    assert found["hit_rate"].tolist() == [1, 0, 1]
    assert found["map"].tolist() == pytest.approx([(1 + 2 / 3) / 3, 0, 1 / 2])
    best = 1 + 1 / np.log2(3) + 1 / 2
    assert found["ndcg"].tolist() == pytest.approx([(1 + 1 / 2) / best, 0, 1 / np.log2(3)])


def test_a_perfect_list_scores_one_and_an_empty_place_is_no_hit():
    perfect = per_customer(np.array([[0, 2, 4]]), RELEVANT[:1])
    assert perfect.iloc[0].tolist() == pytest.approx([1] * 5)
    empty = per_customer(np.array([[-1, -1, -1]]), sparse.csr_matrix(np.array([[1, 0, 0, 0, 1]])))
    assert empty.iloc[0].tolist() == [0] * 5


def test_reach_counts_products_surprise_and_the_top():
    popularity = np.array([8, 4, 2, 1, 1, 1, 1, 1, 1, 0])
    found = reach(np.array([[0, 1], [0, 9], [0, -1]]), popularity, customers=8)
    assert found["coverage"] == pytest.approx(3 / 10)
    assert found["novelty"] == pytest.approx((0 + 1 + 0 + 3 + 0) / 5)  # nobody's product counts as one customer's
    assert found["head"] == pytest.approx(3 / 5)


def test_the_highest_scores_come_first_and_ties_go_to_the_lower_column():
    scores = np.array([[0.0, 2, 1, 2, 2], [5, 5, 5, 5, 5], [0, 0, 0, 0, 9]])
    assert top_k(scores, 2).tolist() == [[1, 3], [0, 1], [4, 0]]
    assert top_k(scores, 4).tolist() == [[1, 3, 4, 2], [0, 1, 2, 3], [4, 0, 1, 2]]


def test_excluded_products_are_never_listed_and_short_lists_have_empty_places():
    scores = np.array([[3.0, 2, 1], [1, 2, 3]])
    excluded = sparse.csr_matrix(np.array([[1, 0, 0], [1, 1, 1]]))
    assert top_k(scores, 2, excluded).tolist() == [[1, 2], [-1, -1]]
    assert top_k(scores, 5, excluded).tolist() == [[1, 2, -1, -1, -1], [-1] * 5]


@pytest.mark.parametrize("seed", range(5))
def test_top_k_agrees_with_a_full_sort(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, (40, 30)).astype(float)  # many ties
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :7]
    assert top_k(scores, 7).tolist() == expected.tolist()

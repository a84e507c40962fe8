"""Forests of four kinds give leaves; leaves are labels, and their distance is Hamming's."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding.leaves import (
    KINDS,
    Forest,
    grow,
    hamming,
    hamming_neighbours,
    importances_of,
    leaves_of,
    one_hot,
)


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(3)
    x = rng.random((120, 4))
    return x, 3 * (x[:, 1] > 0.5) + 0.1 * x[:, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_a_leaf_a_tree_and_finds_what_matters(customers, kind):
    x, y = customers
    model = grow(x, y, Forest(kind, trees=12))
    leaves = leaves_of(model, x)
    assert leaves.shape == (120, 12)
    assert leaves.dtype == np.int64
    assert all(len(np.unique(column)) > 1 for column in leaves[:, :3].T)
    importances = importances_of(model)
    assert importances.sum() == pytest.approx(1)
    assert importances.argmax() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_grows_the_same_forest(customers, kind):
    x, y = customers
    forest = Forest(kind, trees=8, seed=5)
    assert np.array_equal(leaves_of(grow(x, y, forest), x), leaves_of(grow(x, y, forest), x))


def test_another_seed_grows_another_forest(customers):
    x, y = customers
    one, other = (leaves_of(grow(x, y, Forest(trees=8, seed=seed)), x) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_hamming_is_the_share_of_trees_that_separate_two_customers():
    leaves = np.array([[1, 5, 9], [1, 5, 8], [2, 6, 7]])
    assert hamming(leaves, leaves) == pytest.approx(np.array([[0, 1 / 3, 1], [1 / 3, 0, 1], [1, 1, 0]]))


def test_hamming_agrees_with_scipy_and_does_not_care_for_the_size_of_numbers():
    rng = np.random.default_rng(0)
    leaves = rng.integers(0, 6, (40, 15))
    renamed = rng.permutation(6)[leaves] * 1000
    assert hamming(leaves, leaves) == pytest.approx(cdist(leaves, leaves, "hamming"), abs=1e-6)
    assert hamming(renamed, renamed) == pytest.approx(hamming(leaves, leaves))


def test_a_leaf_that_was_not_seen_is_shared_with_nobody():
    known = np.array([[1, 1], [2, 1]])
    coding = one_hot(known)
    assert coding.width == 3
    assert coding.code(np.array([[7, 1]])).toarray().tolist() == [[0, 0, 1]]
    assert hamming(np.array([[7, 1]]), known).tolist() == [[0.5, 0.5]]


def test_neighbours_start_with_the_customer_and_are_the_nearest():
    leaves = np.random.default_rng(1).integers(0, 4, (60, 20))
    leaves[7] = leaves[3]  # a twin, before it in the order
    indices, distances = hamming_neighbours(leaves, 5)
    assert indices[:, 0].tolist() == list(range(60))
    assert indices[7, 1] == 3
    away = cdist(leaves, leaves, "hamming")
    np.fill_diagonal(away, -1)
    expected = np.maximum(np.sort(away, axis=1)[:, :5], 0)
    assert distances == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "foerst"}, "did you mean forest"),
        ({"trees": 0}, "tree_embedding.trees is 0"),
        ({"min_samples_leaf": 0}, "min_samples_leaf is 0"),
        ({"max_features": "some"}, "max_features is 'some'"),
    ],
)
def test_settings_that_do_not_fit_are_named(change, words):
    with pytest.raises(StudyError, match=words):
        Forest(**change)

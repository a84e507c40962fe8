"""Embeddings keep together what shares leaves; correspondence analysis is what the textbook says."""

import numpy as np
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding.embeddings import NEIGHBOURS, Embedding, embed, find_neighbours, umap_points
from helpers.chapters.tree_embedding.leaves import one_hot


@pytest.fixture(scope="module")
def leaves():
    """Two groups of customers who share no leaf, with noise inside each."""
    rng = np.random.default_rng(2)
    group = np.repeat([0, 1], 60)
    return rng.integers(0, 3, (120, 25)) + 10 * group[:, None]


@pytest.mark.parametrize("kind", ["correspondence", "svd", "pca"])
def test_two_groups_that_share_no_leaf_are_apart_on_an_axis(leaves, kind):
    points = embed(leaves, Embedding(kind, 2)).points
    assert points.shape == (120, 2)
    apart = [abs(points[:60, a].mean() - points[60:, a].mean()) / points[:60, a].std() for a in (0, 1)]
    assert max(apart) > 5


def test_correspondence_analysis_is_the_svd_of_standardised_residuals(leaves):
    code = one_hot(leaves).code(leaves).toarray().astype(float)
    share = code / code.sum()
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    residuals = (share - np.outer(rows, columns)) / np.sqrt(np.outer(rows, columns))
    left, values, _ = np.linalg.svd(residuals, full_matrices=False)
    expected = left[:, :1] * values[:1]
    points = embed(leaves, Embedding("correspondence", 1)).points
    ratio = points[:, 0] / expected[:, 0]
    assert ratio == pytest.approx(np.full(120, ratio[0]), rel=1e-4)
    assert abs(ratio[0]) > 0


@pytest.mark.parametrize("kind", ["correspondence", "svd", "pca"])
def test_customers_seen_again_are_placed_where_they_were(leaves, kind):
    found = embed(leaves, Embedding(kind, 3))
    assert found.place(leaves[:7]) == pytest.approx(found.points[:7], abs=1e-6)


def test_the_size_of_leaf_numbers_means_nothing_to_correspondence_analysis(leaves):
    renamed = np.random.default_rng(5).permutation(100)[leaves]
    one, other = (embed(data, Embedding("correspondence", 1)).points for data in (leaves, renamed))
    assert np.abs(other) == pytest.approx(np.abs(one), abs=1e-5)
    pca = [np.abs(embed(data, Embedding("pca", 1)).points) for data in (leaves, renamed)]
    assert not np.allclose(*pca)


def test_euclidean_neighbours_are_the_nearest_ones_and_start_with_the_customer():
    points = np.arange(40.0)[:, None] ** 1.5
    indices, distances = find_neighbours(points)
    assert indices.shape == (40, NEIGHBOURS)
    assert indices[:, 0].tolist() == list(range(40))
    assert distances[0, 1] == 1


def test_umap_keeps_groups_apart_and_repeats_itself(leaves):
    near = find_neighbours(leaves, "hamming")
    one, other = (umap_points(near, leaves, 2, seed=1) for _ in range(2))
    assert np.array_equal(one, other)
    middle = [one[:60].mean(axis=0), one[60:].mean(axis=0)]
    spread = max(np.linalg.norm(one[:60] - middle[0], axis=1).max(), 1e-9)
    assert np.linalg.norm(middle[0] - middle[1]) > spread


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "umpa"}, "did you mean umap"),
        ({"metric": "haming"}, "did you mean hamming"),
        ({"dimensions": 0}, "dimensions is 0"),
    ],
)
def test_settings_that_do_not_fit_are_named(change, words):
    with pytest.raises(StudyError, match=words):
        Embedding(**change)

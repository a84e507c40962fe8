"""Leaves are labels; weighted and centred, one-hot leaves are a correspondence analysis."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding.embedding import LeafWeights, Leaves


@pytest.fixture(scope="module")
def leaves():
    """Two groups of customers who share no leaf, with noise inside each."""
    rng = np.random.default_rng(2)
    group = np.repeat([0, 1], 60)
    return rng.integers(0, 3, (120, 25)) + 10 * group[:, None]


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(3)
    x = rng.random((120, 4))
    return x, 3 * (x[:, 1] > 0.5) + 0.1 * x[:, 0]


def embedding(dimensions):
    return make_pipeline(
        OneHotEncoder(handle_unknown="ignore", dtype=np.float32),
        LeafWeights(),
        PCA(dimensions, svd_solver="arpack", random_state=1),
    )


def test_a_forest_gives_a_leaf_a_tree_and_is_itself_not_touched(customers):
    x, y = customers
    forest = RandomForestRegressor(12, random_state=1)
    leaves = Leaves(forest).fit(x, y)
    assert np.array_equal(leaves.transform(x[:5]), clone(forest).fit(x, y).apply(x[:5]))
    assert leaves.transform(x).shape == (120, 12)
    assert not hasattr(forest, "estimators_")


def test_correspondence_analysis_is_the_svd_of_standardised_residuals(leaves):
    code = OneHotEncoder(sparse_output=False).fit_transform(leaves)
    share = code / code.sum()
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    residuals = (share - np.outer(rows, columns)) / np.sqrt(np.outer(rows, columns))
    left, values, _ = np.linalg.svd(residuals, full_matrices=False)
    expected = left[:, :1] * values[:1]
    ratio = embedding(1).fit_transform(leaves)[:, 0] / expected[:, 0]
    assert ratio == pytest.approx(np.full(120, ratio[0]), rel=1e-4)
    assert abs(ratio[0]) > 0


def test_two_groups_that_share_no_leaf_are_apart_on_an_axis(leaves):
    points = embedding(2).fit_transform(leaves)
    apart = [abs(points[:60, a].mean() - points[60:, a].mean()) / points[:60, a].std() for a in (0, 1)]
    assert max(apart) > 5


def test_customers_seen_again_are_placed_where_they_were(leaves):
    space = embedding(3)
    points = space.fit_transform(leaves)
    assert space.transform(leaves[:7]) == pytest.approx(points[:7], abs=1e-5)


def test_the_size_of_leaf_numbers_means_nothing(leaves):
    renamed = np.random.default_rng(5).permutation(100)[leaves]
    one, other = (embedding(1).fit_transform(data) for data in (leaves, renamed))
    assert np.abs(other) == pytest.approx(np.abs(one), abs=1e-5)


def test_a_leaf_that_was_not_seen_has_no_column(leaves):
    space = embedding(2).fit(leaves)
    stranger = np.full((1, 25), 99)
    middle = space[-1].transform(np.zeros((1, space[1].weights_.size)))
    assert space.transform(stranger) == pytest.approx(middle)


def test_trees_that_ask_nothing_are_refused_in_a_sentence():
    with pytest.raises(StudyError, match=r"same leaves.*min_samples_leaf"):
        embedding(1).fit(np.zeros((20, 5), dtype=int))

"""Grouping by clones of an estimator: numbers by size, measures, and what is said when it cannot be done."""

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from helpers.base.errors import StudyError
from helpers.grouping import clusters
from helpers.grouping.clusters import (
    Silhouette,
    fit,
    fits,
    grouped,
    join,
    numbers_to_try,
    reseeded,
    silhouette_rows,
    sized,
)

KMEANS = KMeans(n_init=4, random_state=42)
ALGORITHMS = (KMEANS, GaussianMixture(random_state=42), AgglomerativeClustering())


@pytest.fixture(scope="module")
def three_groups():
    """Sixty, forty and twenty rows around three far points, in mixed order, with the truth."""
    rng = np.random.default_rng(1)
    truth = rng.permutation(np.repeat([0, 1, 2], [60, 40, 20]))
    return np.array([[0, 0], [8, 0], [0, 8]])[truth] + rng.normal(0, 0.5, (120, 2)), truth


@pytest.mark.parametrize("estimator", ALGORITHMS, ids=lambda estimator: type(estimator).__name__)
def test_each_algorithm_finds_groups_that_are_there(three_groups, estimator):
    data, truth = three_groups
    three = fits(data, estimator, [2, 3])[3]
    assert adjusted_rand_score(truth, three.labels) == pytest.approx(1)
    assert three.sizes == [60, 40, 20]
    assert not hasattr(estimator, "n_features_in_")  # a clone was fitted


def test_a_tree_of_too_many_rows_is_built_on_a_sample_and_the_others_join(three_groups, monkeypatch):
    data, truth = three_groups
    monkeypatch.setattr(clusters, "WARD_ROWS", 50)
    assert adjusted_rand_score(truth, fit(data, AgglomerativeClustering(3)).labels) == pytest.approx(1)


def test_those_who_were_not_grouped_join_the_nearest_centre(three_groups):
    data, truth = three_groups
    asked = np.arange(0, 120, 3)
    everybody = join(data, fit(data[asked], sized(KMEANS, 3)), asked)
    assert len(everybody.labels) == 120
    assert adjusted_rand_score(truth, everybody.labels) == pytest.approx(1)
    whole = fit(data, sized(KMEANS, 3))
    assert join(data, whole, np.arange(120)) is whole


def test_the_largest_cluster_is_number_zero_whatever_the_algorithm_called_it():
    data = np.arange(6.0)[:, None]
    group = grouped(data, np.array([7, 7, 3, 3, 3, 5]))
    assert group.labels.tolist() == [1, 1, 0, 0, 0, 2]
    assert group.centres.ravel().tolist() == [3.0, 0.5, 5.0]


def test_inertia_is_the_sum_of_squares_to_the_centres(three_groups):
    data, _ = three_groups
    three = fit(data, sized(KMEANS, 3))
    by_hand = sum(((data[three.labels == c] - data[three.labels == c].mean(0)) ** 2).sum() for c in range(3))
    assert three.inertia == pytest.approx(by_hand, rel=1e-6)
    assert grouped(data, three.labels).inertia == pytest.approx(by_hand, rel=1e-12)


def test_another_seed_is_for_estimators_that_have_one():
    assert reseeded(KMEANS, 7).random_state == 7
    assert KMEANS.random_state == 42
    assert reseeded(AgglomerativeClustering(), 7).n_clusters == 2


def test_the_silhouette_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    data, labels = rng.normal(size=(80, 3)), np.r_[0, rng.integers(1, 4, 79)]  # one cluster of a single row
    assert Silhouette(data, 500, 1).of(labels) == pytest.approx(silhouette_score(data, labels), abs=1e-9)


def test_a_sampled_silhouette_is_near_the_whole_one(three_groups):
    data, labels = three_groups
    whole, sampled = Silhouette(data, 500, 1).of(labels), Silhouette(data, 60, 1)
    assert len(sampled.rows) == 60
    assert sampled.of(labels) == pytest.approx(whole, abs=0.05)
    assert sampled.of(labels) != whole


def test_a_sample_holds_some_of_each_cluster():
    labels = np.repeat([0, 1], [9998, 2])
    group = grouped(np.zeros((10000, 1)), labels)
    rows = silhouette_rows([group], 50, 1)
    assert 50 < len(rows) <= 54
    assert set(labels[rows]) == {0, 1}
    assert len(silhouette_rows([group], 10000, 1)) == 10000


@pytest.mark.parametrize(
    ("distinct", "numbers", "said"),
    [
        (50, (1, 8, None), "at least 2"),
        (50, (6, 4, None), "the smaller one first"),
        (50, (2, 8, 1), "one group is no grouping"),
        (4, (2, 8, 9), "n_clusters is 9, but only 4 customers differ"),
        (4, (6, 8, None), "k_min is 6, but only 4 customers differ"),
    ],
)
def test_numbers_of_clusters_that_make_no_sense_are_said(distinct, numbers, said):
    with pytest.raises(StudyError, match=said):
        numbers_to_try("clustering", distinct, *numbers)


def test_the_numbers_to_try_are_those_that_the_rows_allow():
    assert numbers_to_try("clustering", 4, 2, 5, None) == [2, 3]
    assert numbers_to_try("clustering", 50, 2, 3, 6) == [2, 3, 6]


def test_more_clusters_than_distinct_rows_are_refused():
    with pytest.raises(StudyError, match="5 clusters cannot be made of 4 customers"):
        fits(np.repeat(np.arange(4.0), 5)[:, None], KMEANS, [5])

"""Resamples tell groups that are there from groups that are cut."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from helpers.base.sampling import resample
from helpers.grouping.clusters import fits
from helpers.grouping.stability import _best_jaccard, bootstrap_ari, cluster_jaccard

KMEANS = KMeans(n_init=3, random_state=42)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    centres = np.repeat([[0, 0], [9, 0], [0, 9]], 50, axis=0)
    return centres + rng.normal(size=(150, 2))


def test_planted_groups_come_back_and_others_do_not(data):
    groups = fits(data, KMEANS, [3, 6])
    found = bootstrap_ari(data, KMEANS, groups, bootstraps=6, seed=42)
    assert found[3].shape == (6,)
    assert found[3].min() > 0.98
    assert found[6].mean() < 0.9


def test_the_jaccard_index_knows_the_weak_clusters(data):
    rng = np.random.default_rng(2)
    ring = np.vstack([data[:50], rng.uniform(20, 30, (100, 2))])  # a tight group, and a square to be cut
    found = cluster_jaccard(ring, KMEANS, fits(ring, KMEANS, [5])[5], bootstraps=12, seed=42)
    tight = found["jaccard"].idxmax()
    assert found.loc[tight, "verdict"] == "comes back"
    assert found.loc[tight, "jaccard"] > 0.95
    assert found["jaccard"].min() < 0.9
    assert found["dissolved"].between(0, 1).all()
    assert found["cluster"].tolist() == [0, 1, 2, 3, 4]


def test_the_best_jaccard_by_hand():
    members = np.array([True, True, True, False, False])
    # against {0, 1}: 2 shared of 3; against {2, 3, 4}: 1 of 5
    assert _best_jaccard(members, np.array([0, 0, 1, 1, 1])) == pytest.approx(2 / 3)
    assert np.isnan(_best_jaccard(~members & members, np.array([0, 0, 1, 1, 1])))


def test_resamples_repeat_and_differ():
    assert np.array_equal(resample(50, 1, 0), resample(50, 1, 0))
    assert not np.array_equal(resample(50, 1, 0), resample(50, 1, 1))
    assert not np.array_equal(resample(50, 1, 0), resample(50, 2, 0))


def test_too_few_distinct_rows_in_a_resample_give_no_number_but_no_error():
    data = np.array([[0.0], [1.0], [2.0], [3.0]])
    found = bootstrap_ari(data, KMEANS, fits(data, KMEANS, [4]), bootstraps=3, seed=42)
    assert set(found) == {4}

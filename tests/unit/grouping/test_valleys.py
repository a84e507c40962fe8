"""Valleys between groups: none in one cloud, however it is bent, and a deep one around each group."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans

from helpers.grouping.valleys import _far_ends, depths, landscape, smoothed, unity
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME

PARAMETERS = chapter_parameters(BY_NAME["clustering"].notebook)()
LEVEL = PARAMETERS.hump_level


def shallowest(data: np.ndarray, k: int, seed: int = 0) -> float:
    labels = KMeans(k, n_init=5, random_state=seed).fit_predict(data)
    return float(depths(landscape(data, np.random.default_rng(seed)), labels).min())


def around(centres, rng: np.random.Generator, each: int = 200) -> np.ndarray:
    return np.repeat(np.array(centres, dtype=float), each, axis=0) + rng.normal(size=(each * len(centres), 2))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_one_cloud_has_no_valley(k):
    rng = np.random.default_rng(1)
    assert shallowest(rng.normal(size=(800, 3)), k) < 0
    assert shallowest(rng.uniform(size=(800, 3)), k) < 0


def test_separated_groups_have_one_each_on_a_grid_as_well():
    rng = np.random.default_rng(2)
    assert shallowest(around([[0, 0], [6, 0], [0, 6]], rng), 3) > 0
    assert shallowest(around([[0, 0], [6, 0], [0, 6], [6, 6]], rng), 4) > 0


def test_a_group_cut_in_two_has_none():
    data = around([[0, 0], [9, 0]], np.random.default_rng(3))
    labels = np.repeat([0, 1], 200)
    cut = np.where((labels == 0) & (data[:, 1] > 0), 2, labels)
    land = landscape(data, np.random.default_rng(0))
    first, other, half = depths(land, cut)
    assert first < 0 > half
    assert other > 0
    assert (depths(land, labels) > 0).all()


@pytest.mark.parametrize("customers", [300, 800])
def test_a_thin_line_is_one_hump_whatever_gaps_chance_leaves(customers):
    called = []
    for seed in range(12):
        rng = np.random.default_rng([6, seed])
        along = rng.uniform(0, 1.5 * np.pi, customers)
        data = np.column_stack([np.cos(along), np.sin(along)]) + rng.normal(0, 0.15, (customers, 2))
        land = landscape(data, rng)
        for k in (2, 3, 4, 5):
            labels = KMeans(k, n_init=5, random_state=0).fit_predict(data)
            called.append((depths(land, labels).min() > 0, unity(land, labels).max() < LEVEL))
    by_valley, both = sum(deep for deep, _ in called), sum(deep and two for deep, two in called)
    assert both < by_valley / 3


def test_two_groups_are_two_humps_however_small_one_is():
    rng = np.random.default_rng(7)
    data = np.vstack([rng.normal(size=(260, 3)), rng.normal([8, 0, 0], size=(25, 3))])
    land, labels = landscape(data, rng), np.repeat([0, 1], [260, 25])
    assert (unity(land, labels) < LEVEL).all()
    halves = np.where(labels == 0, 2 * (data[:, 1] > 0), labels)
    cut, small, other = unity(land, halves)
    assert cut == other > LEVEL > small
    far = landscape(np.vstack([rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) + 1000]), rng)
    assert unity(far, np.repeat([0, 1], 50)).tolist() == [0, 0]  # no road leads from one to the other


def test_copies_are_no_further_evidence():
    once, each = [], []
    for seed in range(10):
        rng = np.random.default_rng([8, seed])
        data = np.repeat(rng.normal(size=(50, 3)), 6, axis=0)
        land = landscape(data, rng)
        assert land.once.sum() == 50
        for k in (2, 3, 4):
            labels = KMeans(k, n_init=5, random_state=0).fit_predict(data)
            once.append(unity(land, labels).max() < LEVEL)
            each.append(unity(land._replace(once=np.ones(300, dtype=bool)), labels).max() < LEVEL)
    assert sum(once) < sum(each) / 3, (sum(once), sum(each))


def test_counts_are_no_groups():
    rng = np.random.default_rng(4)
    orders = rng.poisson(3, 900) + 1.0
    data = np.column_stack([np.log1p(orders), rng.normal(size=900)])
    assert len(np.unique(smoothed(data, rng)[:, 0])) > 850
    assert shallowest(data, 3) < 0
    same = np.column_stack([np.ones(50), np.arange(50.0)])
    assert np.array_equal(smoothed(same, rng), same)  # one value is left as it is, and so is what differs


def test_groups_that_never_meet_are_apart_without_end():
    data = np.concatenate(
        [np.random.default_rng(5).normal(size=(100, 2)), np.random.default_rng(6).normal(size=(100, 2)) + 1e6]
    )
    land = landscape(data, np.random.default_rng(0))
    assert np.isinf(depths(land, np.repeat([0, 1], 100))).all()


def test_the_far_end_of_a_group_is_of_different_customers():
    customers, copies = 20, 4
    one, other = np.r_[np.arange(customers - 1), [customers - 1] * copies], np.arange(1, customers + copies)
    lengths = np.r_[np.ones(customers - 1), np.full(copies, 1e-12)]  # the last customer is there five times

    def along(rows: int) -> np.ndarray:
        here = other < rows
        roads = csr_matrix((lengths[here], (one[here], other[here])), shape=(rows, rows))
        first, once = np.arange(rows) < customers // 2, np.arange(rows) < customers
        return _far_ends(roads.maximum(roads.T), first, np.zeros(rows), once)

    np.testing.assert_allclose(along(customers + copies)[:customers], along(customers))

"""Valleys between groups: none in one cloud, however it is bent, and a deep one around each group."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from helpers.grouping.valleys import depths, landscape, smoothed
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME

DEEP = chapter_parameters(BY_NAME["clustering"].notebook)().valley_depth


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
    along = rng.uniform(0, 1.5 * np.pi, 800)
    horseshoe = np.column_stack([np.cos(along), np.sin(along)]) + rng.normal(0, 0.15, (800, 2))
    assert shallowest(horseshoe, k) < DEEP


def test_separated_groups_have_one_each_on_a_grid_as_well():
    rng = np.random.default_rng(2)
    assert shallowest(around([[0, 0], [6, 0], [0, 6]], rng), 3) > DEEP
    assert shallowest(around([[0, 0], [6, 0], [0, 6], [6, 6]], rng), 4) > DEEP


def test_a_group_cut_in_two_has_none():
    data = around([[0, 0], [9, 0]], np.random.default_rng(3))
    labels = np.repeat([0, 1], 200)
    cut = np.where((labels == 0) & (data[:, 1] > 0), 2, labels)
    land = landscape(data, np.random.default_rng(0))
    first, other, half = depths(land, cut)
    assert first < DEEP > half
    assert other > DEEP
    assert (depths(land, labels) > DEEP).all()


def test_counts_are_no_groups():
    rng = np.random.default_rng(4)
    orders = rng.poisson(3, 900) + 1.0
    data = np.column_stack([np.log1p(orders), rng.normal(size=900)])
    assert len(np.unique(smoothed(data, rng)[:, 0])) > 850
    assert shallowest(data, 3) < DEEP
    same = np.column_stack([np.ones(50), np.arange(50.0)])
    assert np.array_equal(smoothed(same, rng), same)  # one value is left as it is, and so is what differs


def test_groups_that_never_meet_are_apart_without_end():
    data = np.concatenate(
        [np.random.default_rng(5).normal(size=(100, 2)), np.random.default_rng(6).normal(size=(100, 2)) + 1e6]
    )
    land = landscape(data, np.random.default_rng(0))
    assert np.isinf(depths(land, np.repeat([0, 1], 100))).all()

"""The nulls keep what they promise to keep and destroy the rest."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from helpers.grouping.null_models import by_parts, copula, null_by_k, permuted

KMEANS = KMeans(n_init=2, random_state=42)


@pytest.fixture(scope="module")
def correlated():
    rng = np.random.default_rng(4)
    base = rng.normal(size=3000)
    return np.column_stack([np.exp(base), base + rng.normal(0, 0.5, 3000), -base + rng.normal(0, 2, 3000)])


@pytest.mark.parametrize("null", [permuted, copula])
def test_a_null_has_exactly_the_datas_own_values_in_each_column(correlated, null):
    drawn = null(correlated, np.random.default_rng(1))
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(correlated, axis=0))
    assert not np.array_equal(drawn, correlated)


def test_permuting_destroys_the_correlation_and_the_copula_keeps_it(correlated):
    real = spearmanr(correlated).statistic
    assert abs(real[0, 1]) > 0.8
    mixed = spearmanr(permuted(correlated, np.random.default_rng(1))).statistic
    kept = spearmanr(copula(correlated, np.random.default_rng(1))).statistic
    assert np.abs(mixed[np.triu_indices(3, 1)]).max() < 0.06
    assert kept == pytest.approx(real, abs=0.05)


def test_the_copula_has_no_groups():
    """Within a corner the two columns still hang together, as in one cloud; within a real group they do not."""
    rng = np.random.default_rng(6)
    group = np.repeat([0, 1], 500)
    data = np.column_stack([group * 10, np.roll(group, 100) * 10]) + rng.normal(size=(1000, 2))
    drawn = copula(data, rng)
    within = np.corrcoef(drawn[(drawn > 5).all(axis=1)], rowvar=False)[0, 1]
    real = np.corrcoef(data[(data > 5).all(axis=1)], rowvar=False)[0, 1]
    assert within > real + 0.1


def test_nulls_by_k_are_repeatable_and_score_below_real_groups(correlated):
    data = correlated[:300]
    first = null_by_k(data, KMEANS, [2, 3], draws=2, bootstraps=2, seed=42)
    assert first.equals(null_by_k(data, KMEANS, [2, 3], draws=2, bootstraps=2, seed=42))
    assert first["k"].tolist() == [2, 3]
    assert first["silhouette_copula"].iloc[0] > first["silhouette_permuted"].iloc[0] > 0.1
    assert first.filter(like="stability").to_numpy().min() > 0


def test_a_null_is_copied_as_often_as_the_data(correlated):
    few = correlated[:25]
    once = null_by_k(few, KMEANS, [8], draws=3, bootstraps=2, seed=42)
    copied = null_by_k(np.repeat(few, 8, axis=0), KMEANS, [8], draws=3, bootstraps=2, seed=42)
    assert copied["silhouette_copula"].iloc[0] > once["silhouette_copula"].iloc[0] + 0.05


def test_one_feature_has_nulls_too():
    data = np.random.default_rng(1).normal(size=(60, 1))
    found = null_by_k(data, KMEANS, [2], draws=1, bootstraps=1, seed=42)
    of_one_draw = found.filter(like="_error")
    assert found.drop(columns=of_one_draw.columns).notna().all(axis=None) and of_one_draw.isna().all(axis=None)


def test_the_error_of_a_null_is_how_far_its_mean_moves(correlated):
    """The standard error of six draws, told by them, is that of the means of other sixes."""
    data = correlated[:200]
    means = [null_by_k(data, KMEANS, [3], draws=6, bootstraps=1, seed=100 * turn) for turn in range(12)]
    for measure in ("silhouette_null", "stability_null"):
        told = np.mean([one[f"{measure}_error"].iloc[0] for one in means])
        assert told == pytest.approx(np.std([one[measure].iloc[0] for one in means], ddof=1), rel=0.6)


@pytest.fixture(scope="module")
def answers():
    """Return two numbers, and the zeros and ones of a text of four values; none has to do with another."""
    rng = np.random.default_rng(5)
    return np.column_stack([np.eye(4)[rng.integers(4, size=400)], rng.normal(0, 0.3, (400, 2))])


TEXT = [[4], [0, 1, 2, 3], [5]]
"""The parts of `answers`, in an order of their own."""


@pytest.mark.parametrize("null", [permuted, copula])
def test_the_zeros_and_ones_of_a_text_stay_together(answers, null):
    drawn = by_parts(null, answers, TEXT, np.random.default_rng(1))
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(answers, axis=0))
    assert (drawn[:, :4].sum(axis=1) == 1).all() and not np.array_equal(drawn, answers)


def test_a_text_alone_makes_no_structure(answers):
    """Its values are as far apart as groups are; in nulls that mix its zeros and ones they are not."""
    real = silhouette_score(answers, KMEANS.set_params(n_clusters=4).fit_predict(answers))
    apart, together = (
        null_by_k(answers, KMEANS, [4], draws=2, bootstraps=1, seed=42, parts=parts)["silhouette_null"].iloc[0]
        for parts in (None, TEXT)
    )
    assert real > apart + 0.05
    assert together == pytest.approx(real, abs=0.02)

"""Injected groups are far above random data and come back; chance does neither."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from helpers.chapters.tree_embedding.pipeline import run
from helpers.chapters.tree_embedding.validation import compare, null_by_k, stability
from helpers.grouping.null_models import copula, permuted
from tests.unit.chapters.tree_embedding.parts import GROUPS, kmeans, matrices, space

KS = [2, 3, 4]
PARTS = (np.arange(200), np.arange(200, 300))


@pytest.fixture(scope="module")
def labels():
    x, y, _ = matrices()
    return {k: group.labels for k, group in run(x, y, space(), kmeans(), KS).groups.items()}


def random_data(x, y):
    rng = np.random.default_rng(1)
    drawn = copula(np.column_stack([x, y]), rng)
    return {"permuted": [(permuted(x, rng), y)] * 2, "copula": [(drawn[:, :-1], drawn[:, -1])]}


def test_injected_groups_come_back_in_resamples_and_other_numbers_do_less(labels):
    x, y, _ = matrices()
    found = stability(x, y, labels, space(), kmeans(), resamples=2, seed=1)
    assert found[GROUPS] == 1
    assert found[4] < 1


def test_random_data_is_neither_separate_nor_stable(labels):
    x, y, _ = matrices()
    nulls = null_by_k(random_data(x, y), space(), kmeans(), KS, most=2000, seed=1)
    assert len(nulls) == len(KS)
    at = nulls.iloc[KS.index(GROUPS)]
    own = run(x, y, space(), kmeans(), KS).silhouettes(2000, seed=1)[GROUPS]
    assert own > at["silhouette_null"] + 0.1
    assert at["stability_permuted"] < 0.5
    assert at["silhouette_null"] == max(at["silhouette_permuted"], at["silhouette_copula"])
    assert at["stability_null"] == max(at["stability_permuted"], at["stability_copula"])


def test_a_number_that_random_data_does_not_allow_has_no_null():
    x = np.repeat([[0.0], [1.0], [2.0]], 20, axis=0)
    data = {"permuted": [(x, x[:, 0])]}
    nulls = null_by_k(data, space(dimensions=1), kmeans(), [2, 50], most=2000, seed=1)
    assert nulls["silhouette_null"].notna().tolist() == [True, False]


def test_forests_and_sets_are_compared_against_their_own_nulls():
    x, y, _ = matrices()
    given = {"parts": PARTS, "most": 2000, "seed": 1}
    extra = ExtraTreesRegressor(30, min_samples_leaf=5, random_state=42)
    kinds = {"Random": (x, space()), "Extra": (x, space(extra))}
    forests = compare(kinds, y, kmeans(), GROUPS, by="forest", **given)
    assert forests["forest"].tolist() == ["Random", "Extra"]
    assert forests["above_null"].to_numpy() == pytest.approx(forests["silhouette"] - forests["silhouette_null"])
    sets = compare(
        {"good": (x[:, [0]], space()), "bad": (x[:, [2]], space())}, y, kmeans(), GROUPS, by="set", **given
    )
    good, bad = sets.to_dict("records")
    assert good["features"] == 1
    assert good["r2_holdout"] > 0.8
    assert bad["r2_holdout"] < 0.2
    assert good["agreement"] == 1


def test_a_variant_that_does_not_allow_so_many_clusters_is_left_out():
    x = np.repeat([[0.0], [1.0], [2.0]], 100, axis=0)
    given = {"parts": PARTS, "most": 2000, "seed": 1}
    assert compare({"Flat": (x, space(dimensions=1))}, x[:, 0], kmeans(), 50, by="forest", **given).empty

"""The pipeline finds planted groups, places customers it has not seen, and refuses what cannot be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding import pipeline as tree_embedding
from helpers.chapters.tree_embedding.embeddings import Embedding
from helpers.chapters.tree_embedding.leaves import Forest
from helpers.chapters.tree_embedding.pipeline import Settings, cluster, fit, prepare, vote
from helpers.chapters.tree_embedding.validation import (
    by_k,
    compare_forests,
    compare_sets,
    compare_stages,
    from_seeds,
    hold_out,
    holdout,
    in_other_spaces,
    null_silhouettes,
    other_seeds,
    propose,
    resamples,
    uniform,
    without_groups,
)

SETTINGS = Settings(
    features=("items", "recency", "chance"),
    forest=Forest(trees=30, min_samples_leaf=20),
    embedding=Embedding(dimensions=2),
    k_max=4,
    n_init=2,
)
GROUPS = 3


def planted(rows: int = 300) -> pd.DataFrame:
    """Three kinds of customers by items; recency follows, `chance` says nothing."""
    rng = np.random.default_rng(8)
    kind = np.arange(rows) % GROUPS
    items = 10.0 ** (1 + kind) * rng.uniform(0.9, 1.1, rows)
    return pd.DataFrame(
        {
            "customer_id": [str(n) for n in range(rows, 0, -1)],
            "kind": kind,
            "items": items,
            "recency": 300 - 100 * kind + rng.integers(0, 20, rows),
            "frequency": 1 + kind,
            "monetary": items * 2,
            "chance": rng.random(rows),
            "gross_revenue": 10.0 ** (1 + kind) * rng.uniform(0.9, 1.1, rows),
        }
    )


@pytest.fixture(scope="module")
def inputs():
    return prepare(planted(), SETTINGS)


@pytest.fixture(scope="module")
def fitted(inputs):
    return fit(inputs.x, inputs.y, SETTINGS)


def test_customers_stand_in_the_order_of_their_ids_or_of_the_ledger():
    assert prepare(planted(12), SETTINGS).customers["customer_id"].tolist() == [str(n) for n in range(1, 13)]
    lines = pd.Series({str(n): (n * 5) % 13 for n in range(1, 13)})
    ordered = prepare(planted(12), replace(SETTINGS, row_order="first_line"), lines)
    assert ordered.customers["customer_id"].map(lines).is_monotonic_increasing
    assert ordered.customers["customer_id"].tolist() != [str(n) for n in range(1, 13)]


def test_features_and_target_run_from_zero_to_one_and_shares_stay():
    customers = planted().assign(share_monday=np.linspace(0.2, 0.4, 300))
    found = prepare(customers, replace(SETTINGS, features=("items", "share_monday")))
    assert found.x[:, 0].min() == 0
    assert found.x[:, 0].max() == 1
    assert sorted({found.x[:, 1].min(), found.x[:, 1].max()}) == pytest.approx([0.2, 0.4])
    assert (found.y.min(), found.y.max()) == (0, 1)


def test_missing_values_become_the_median_and_are_counted_and_constants_go():
    customers = planted().assign(latitude=[np.nan, np.nan, *np.linspace(1, 3, 298)], same=1)
    found = prepare(customers, replace(SETTINGS, features=("items", "latitude", "same")))
    assert found.filled == {"latitude": 2}
    assert found.features == ["items", "latitude"]
    assert (found.original["latitude"] == 2).sum() == 2


def test_planted_groups_are_found_and_stand_above_the_null(inputs, fitted):
    nulls = {"permuted": null_silhouettes(inputs, SETTINGS, 2)}
    again, part = from_seeds(inputs, fitted, [0, 1]), hold_out(inputs, SETTINGS)
    table = by_k(fitted, nulls, again, part, inputs)
    assert table["k"].tolist() == [2, 3, 4]
    k = propose(table)
    assert k == GROUPS
    assert table.set_index("k").loc[k, ["agreement", "held_out"]].tolist() == [1, 1]
    nulls = nulls["permuted"]
    assert adjusted_rand_score(inputs.customers["kind"], fitted.labels(k)) == 1
    assert fitted.silhouettes[k] > nulls[k] + 0.3


def test_customers_without_groups_keep_what_their_kind_of_null_promises(inputs):
    made = {
        kind: without_groups(inputs, kind, np.random.default_rng(1)) for kind in ("permuted", "uniform", "copula")
    }
    correlation = {kind: abs(np.corrcoef(x[:, 0], y)[0, 1]) for kind, (x, y) in made.items()}
    assert correlation["permuted"] < 0.2
    assert correlation["uniform"] < 0.2
    assert correlation["copula"] > 0.5
    assert np.array_equal(np.sort(made["copula"][0], axis=0), np.sort(inputs.x, axis=0))
    assert np.array_equal(made["permuted"][1], inputs.y)


def test_pure_chance_stands_hardly_above_the_null():
    inputs = prepare(planted(), replace(SETTINGS, features=("chance",)))
    customers = inputs.customers.assign(gross_revenue=np.random.default_rng(1).random(300))
    inputs = prepare(customers, replace(SETTINGS, features=("chance",)))
    one = fit(inputs.x, inputs.y, SETTINGS)
    nulls = null_silhouettes(inputs, SETTINGS, 3)
    assert abs(one.silhouettes[3] - nulls[3]) < 0.15


@pytest.mark.parametrize("algorithm", ["kmeans", "gmm"])
def test_customers_who_were_held_out_are_placed_with_their_kind(inputs, algorithm):
    settings = replace(SETTINGS, algorithm=algorithm)
    seen, unseen = np.arange(200), np.arange(200, 300)
    part = fit(inputs.x[seen], inputs.y[seen], settings)
    placed = part.place(inputs.x[unseen], GROUPS)
    assert adjusted_rand_score(inputs.customers["kind"].iloc[unseen], placed) == 1


def test_evidence_of_planted_groups_is_strong(inputs, fitted):
    seeds = other_seeds(fitted, from_seeds(inputs, fitted, [0, 1]), GROUPS)
    assert seeds["seed"].tolist() == [0, 1]
    assert (seeds["agreement"] == 1).all()
    assert seeds["best_k"].tolist() == [GROUPS, GROUPS]
    assert min(resamples(inputs, fitted, GROUPS, 2)) == 1
    held = holdout(inputs, fitted, GROUPS, hold_out(inputs, SETTINGS, 0.3))
    assert held["ari"] == 1
    assert 0.8 < held["r2_holdout"] <= held["r2_in_sample"]


def test_the_same_labels_are_scored_in_other_spaces(inputs, fitted):
    found = in_other_spaces(inputs, inputs, fitted.labels(GROUPS), SETTINGS)
    assert set(found) == {"features", "all_features", "log_rfm"}
    assert found["log_rfm"] > 0.9
    shuffled = np.random.default_rng(0).permutation(fitted.labels(GROUPS))
    assert in_other_spaces(inputs, inputs, shuffled, SETTINGS)["log_rfm"] < 0.05


def test_stages_are_replaced_one_at_a_time(inputs, fitted):
    stages = [{}, {"forest": "extra_trees"}, {"embedding": "svd"}, {"algorithm": "gmm"}]
    found = compare_stages(inputs, fitted, [2, 3], stages)
    assert set(zip(found["forest"], found["embedding"], found["algorithm"], strict=True)) == {
        ("Random forest", "Correspondence analysis", "K-Means"),
        ("Extra trees", "Correspondence analysis", "K-Means"),
        ("Random forest", "Truncated SVD", "K-Means"),
        ("Random forest", "Correspondence analysis", "Gaussian mixture"),
    }
    own = found[(found["forest"] == "Random forest") & (found["embedding"] == "Correspondence analysis")]
    assert own[own["algorithm"] == "K-Means"]["silhouette"].iloc[0] == fitted.silhouettes[GROUPS]
    assert found["silhouette"].is_monotonic_decreasing


def test_forests_and_sets_are_compared_against_their_own_nulls(inputs, fitted):
    forests = compare_forests(inputs, fitted, GROUPS, ("forest", "extra_trees"))
    assert set(forests["forest"]) == {"Random forest", "Extra trees"}
    sets = compare_sets(inputs, {"good": ["items"], "bad": ["chance"]}, SETTINGS, GROUPS)
    good, bad = sets.to_dict("records")
    assert good["r2_holdout"] > 0.8
    assert bad["r2_holdout"] < 0.2
    assert good["agreement"] == 1


def test_a_vote_takes_the_lower_label_of_equally_frequent_ones():
    away = np.array([[0.0, 0.1, 0.2, 0.3]])
    assert vote(away, np.array([1, 0, 0, 1])).tolist() == [0]
    assert vote(away, np.array([1, 0, 1, 1])).tolist() == [1]


def tried(silhouette, null, agreement, held_out):
    columns = {"silhouette": silhouette, "null": null, "agreement": agreement, "held_out": held_out}
    return pd.DataFrame({"k": range(2, 2 + len(silhouette))} | columns)


def test_proposals_prefer_few_groups_where_the_gap_is_nearly_as_large():
    one = [1.0] * 4
    assert propose(tried([0.5, 0.59, 0.61, 0.4], [0.3, 0.3, 0.3, 0.39], one, one)) == 3


def test_groups_that_do_not_come_back_are_not_proposed():
    table = tried([0.9, 0.6, 0.5], [0.1, 0.2, 0.2], [0.9, 0.9, 0.9], [0.1, 0.8, 0.9])
    assert propose(table) == 3
    assert propose(table.assign(agreement=0.1)) == 2  # none does: of all


def test_nothing_to_choose_from_is_said_in_a_sentence():
    with pytest.raises(StudyError, match="no groups to be found"):
        propose(tried([], [], [], []))


def test_uniform_noise_has_the_shape_of_the_data_and_none_of_its_values():
    data = np.full((50, 3), 7.0)
    noise = uniform(data, np.random.default_rng(0))
    assert noise.shape == (50, 3)
    assert 0 <= noise.min() < 0.2
    assert 0.8 < noise.max() <= 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": ("itmes",)}, "did you mean items"),
        ({"features": ("customer_id",)}, "customer_id, which is no number"),
        ({"features": ("items", "gross_revenue")}, "what the forest is to learn"),
        ({"features": ("same",)}, "none of them differs"),
        ({"target": "monetray"}, "did you mean monetary"),
        ({"target": "same"}, "same for all customers"),
        ({"target": "gaps"}, "gaps, which has missing values"),
    ],
)
def test_columns_that_do_not_fit_are_named(change, words):
    customers = planted().assign(same=1.0, gaps=[np.nan, *range(299)])
    with pytest.raises(StudyError, match=words):
        prepare(customers, replace(SETTINGS, **change))


def test_too_few_customers_are_refused_in_a_sentence():
    with pytest.raises(StudyError, match="9 customers are too few"):
        prepare(planted(9), SETTINGS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"algorithm": "kmean"}, "did you mean kmeans"),
        ({"target_transform": "log"}, "did you mean log1p"),
        ({"row_order": "random"}, "row_order is 'random'"),
        ({"k_min": 1}, "k_min is 1"),
        ({"k_min": 5, "k_max": 4}, "k_min is 5"),
        ({"n_clusters": 1}, "one group is no grouping"),
    ],
)
def test_settings_that_do_not_fit_are_named(change, words):
    with pytest.raises(StudyError, match=words):
        replace(SETTINGS, **change)


def test_another_seed_reaches_every_stage():
    other = SETTINGS.seeded(9)
    assert (other.seed, other.forest.seed, other.embedding.seed) == (9, 9, 9)
    assert other.seeded(42) == SETTINGS


class Collapsing(GaussianMixture):
    """A mixture that shrinks to a point when asked for three components."""

    def fit_predict(self, points):
        if self.n_components == 3:
            raise ValueError("some components have ill-defined empirical covariance")
        if self.n_components == 4:
            raise ValueError("another problem")
        return super().fit_predict(points)


def test_a_mixture_that_collapses_is_left_out_and_another_problem_is_told(fitted, monkeypatch):
    monkeypatch.setattr(tree_embedding, "GaussianMixture", Collapsing)
    settings = replace(SETTINGS, algorithm="gmm")
    assert set(cluster(fitted.points, settings, [2, 3])) == {2}
    with pytest.raises(ValueError, match="another problem"):
        cluster(fitted.points, settings, [4])


def test_a_number_of_clusters_that_cannot_be_is_refused_in_a_sentence(fitted):
    with pytest.raises(StudyError, match="cannot be divided into 99 clusters"):
        fitted.labels(99)


def test_trees_that_ask_nothing_put_everybody_into_one_place(inputs):
    stumps = replace(SETTINGS, forest=Forest(trees=3, min_samples_leaf=200))
    one = fit(inputs.x, inputs.y, stumps)
    assert one.groups == {}
    assert len(np.unique(one.points)) == 1
    found = compare_forests(inputs, one, 2, ("forest",))
    assert len(found) == 0

"""Preparing features, grouping, measuring and proposing; and what is said when it cannot be done."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from helpers.base.errors import StudyError
from helpers.base.sampling import natural_order
from helpers.chapters.clustering.narrative import fictional_names, read_copies, read_original, read_starts
from helpers.chapters.clustering.validation import (
    Effort,
    beats_nulls,
    compare,
    effort_from,
    findings,
    gather,
    prepare,
    propose,
    settings_from,
    verdict,
)
from helpers.grouping.clusters import ALGORITHMS, Settings, Silhouette, fit, fits, grouped, ks_of, measures
from helpers.grouping.surrogate import explain

QUICK = Effort(bootstraps=4, null_draws=2, null_bootstraps=2)
PLAIN = Settings(features=("a", "b"), transform="none", k_max=5)


def people(**columns):
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({"customer_id": [str(12000 + n) for n in range(rows)], **columns})


@pytest.fixture(scope="module")
def three_groups():
    """Sixty, forty and twenty customers around three far points, in mixed order, with the truth."""
    rng = np.random.default_rng(1)
    truth = rng.permutation(np.repeat([0, 1, 2], [60, 40, 20]))
    points = np.array([[0, 0], [8, 0], [0, 8]])[truth] + rng.normal(0, 0.5, (120, 2))
    return people(a=points[:, 0], b=points[:, 1]), truth


def test_ids_are_ordered_as_numbers_where_they_are_numbers():
    ids = pd.Series(["10", "9", "b", "100", "1", "a"])
    assert ids[natural_order(ids)].tolist() == ["1", "9", "10", "100", "a", "b"]


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_each_algorithm_finds_groups_that_are_there(three_groups, algorithm):
    customers, truth = three_groups
    settings = Settings(features=("a", "b"), transform="none", algorithm=algorithm)
    found = fit(prepare(customers, settings).data, 3, settings)
    assert adjusted_rand_score(truth, found.labels) == pytest.approx(1)
    assert found.sizes == [60, 40, 20]


def test_the_largest_cluster_is_number_zero_whatever_the_algorithm_called_it():
    data = np.arange(6.0)[:, None]
    found = grouped(data, np.array([7, 7, 3, 3, 3, 5]))
    assert found.labels.tolist() == [1, 1, 0, 0, 0, 2]
    assert found.centres.ravel().tolist() == [3.0, 0.5, 5.0]


def test_inertia_is_the_sum_of_squares_to_the_centres(three_groups):
    data = prepare(three_groups[0], PLAIN).data
    found = fit(data, 3, PLAIN)
    by_hand = sum(((data[found.labels == c] - data[found.labels == c].mean(0)) ** 2).sum() for c in range(3))
    assert found.inertia == pytest.approx(by_hand, rel=1e-6)


def test_the_silhouette_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    data, labels = rng.normal(size=(80, 3)), np.r_[0, rng.integers(1, 4, 79)]  # one cluster of a single row
    assert Silhouette(data, 500, 1).of(labels) == pytest.approx(silhouette_score(data, labels), abs=1e-9)


def test_a_sampled_silhouette_is_near_the_whole_one(three_groups):
    data, labels = prepare(three_groups[0], PLAIN).data, three_groups[1]
    whole, sampled = Silhouette(data, 500, 1).of(labels), Silhouette(data, 60, 1)
    assert len(sampled.rows) == 60
    assert sampled.of(labels) == pytest.approx(whole, abs=0.05)
    assert sampled.of(labels) != whole


def test_the_log_keeps_the_sign_and_features_are_standardised():
    prepared = prepare(people(a=[-10.0, 0, 10, 30], b=[1.0, 2, 3, 5]), Settings(features=("a", "b")))
    assert np.all(np.diff(prepared.data[:, 0]) > 0)
    assert prepared.data.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert prepared.data.std(axis=0) == pytest.approx([1, 1])


def test_rounding_makes_rows_equal_that_nearly_are():
    customers = people(a=[1.00001, 1.00002, 2, 3], b=[1.0, 1, 2, 3])
    rounded = Settings(features=("a", "b"), transform="none", decimals=4)
    assert prepare(customers, PLAIN).distinct == 4
    assert prepare(customers, rounded).distinct == 3


def test_a_constant_feature_is_left_out_and_said(three_groups):
    customers = three_groups[0].assign(same=1.0)
    prepared = prepare(customers, Settings(features=("a", "same", "b"), transform="none"))
    assert prepared.features == ["a", "b"]
    assert any("same" in text for text in read_copies(prepared, Effort()))


BAD = {
    "one customer": (people(a=[1.0], b=[2.0]), "at least three customers that differ"),
    "all identical": (people(a=[1.0] * 9, b=[2.0] * 9), "9 customers have 1 different values"),
    "infinite": (people(a=[1.0, np.inf, 3], b=[1.0, 2, 3]), "a is missing or infinite for 1 of 3"),
    "missing": (people(a=[1.0, 2, 3], b=[np.nan, np.nan, 3]), "b is missing or infinite for 2 of 3"),
    "text": (people(a=["x", "y", "z"], b=[1.0, 2, 3]), "a, which is text"),
    "not there": (
        people(a=[1.0, 2, 3], bb=[1.0, 2, 3]),
        "b, which is no column of the customers; did you mean bb?",
    ),
}


@pytest.mark.parametrize(("customers", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_grouped_is_said(customers, said):
    with pytest.raises(StudyError) as error:
        prepare(customers, PLAIN)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"algorithm": "kmean"}, "did you mean kmeans?"),
        ({"transform": "log"}, "should be one of none, log1p"),
        ({"k_min": 1}, "at least 2"),
        ({"k_min": 6, "k_max": 4}, "the smaller one first"),
        ({"n_clusters": 1}, "one group is no grouping"),
        ({"n_init": 0}, "starts at least once"),
        ({"features": []}, "clustering.features is empty"),
    ],
)
def test_settings_that_make_no_sense_are_said(change, said):
    with pytest.raises(StudyError) as error:
        settings_from({"features": ["a"]} | change, 42)
    assert said in str(error.value)


def test_more_clusters_than_distinct_customers_are_refused():
    data = np.repeat(np.arange(4.0), 5)[:, None]
    with pytest.raises(StudyError, match="5 clusters cannot be made of 4 customers"):
        fits(data, [5], PLAIN)
    asked = Settings(features=("a",), n_clusters=9)
    with pytest.raises(StudyError, match="n_clusters is 9, but only 4 customers differ"):
        ks_of(asked, 4)
    assert ks_of(PLAIN, 4) == [2, 3]
    assert ks_of(Settings(features=("a",), k_max=3, n_clusters=6), 50) == [2, 3, 6]


def test_the_studys_seed_holds_unless_the_chapter_has_one():
    assert settings_from({"features": ["a"], "seed": None}, 7).seed == 7
    assert settings_from({"features": ["a"], "seed": 0}, 7).seed == 0


def by_k(**columns):
    rows = len(columns["silhouette"])
    return pd.DataFrame({"k": range(2, 2 + rows), "stability_null": 0.5, "silhouette_null": 0.3} | columns)


def test_stability_comes_before_silhouette_and_parsimony_after():
    assert propose(by_k(silhouette=[0.4, 0.6, 0.5], stability=[0.9, 0.2, 0.9])) == 4  # 3 does not come back
    assert propose(by_k(silhouette=[0.5, 0.504, 0.45], stability=[0.9, 0.9, 0.9])) == 2  # 3 is hardly better
    assert propose(by_k(silhouette=[0.4, 0.6, 0.5], stability=[0.1, 0.2, 0.1])) == 3  # none comes back


def test_structure_needs_both_margins():
    frame = by_k(silhouette=[0.36, 0.36, 0.34], stability=[0.6, 0.5, 0.6])
    assert beats_nulls(frame, Effort()).tolist() == [True, False, False]


def test_planted_groups_are_structure_and_an_even_spread_is_not():
    # six groups at random places: each feature by itself has no gaps that a null could keep
    rng = np.random.default_rng(8)
    points = np.repeat(rng.normal(size=(6, 4)), 40, axis=0) + rng.normal(0, 0.15, (240, 4))
    six = Settings(features=tuple("abcd"), transform="none", k_max=7)
    real = gather(people(**dict(zip("abcd", points.T, strict=True))), six, QUICK)
    assert (real.k, real.structure) == (6, True)
    assert verdict(real).startswith("There is structure")
    edge = gather(people(**dict(zip("abcd", points.T, strict=True))), replace(six, k_max=6), QUICK)
    assert (edge.k, edge.beats_nulls, edge.structure) == (6, True, False)  # whether it ends there was not asked
    assert verdict(edge).startswith("Groups, but no number of them")
    rng = np.random.default_rng(2)
    even = gather(people(a=rng.uniform(size=200), b=rng.uniform(size=200)), PLAIN, QUICK)
    assert not even.structure
    assert "no" in verdict(even)


def test_the_number_asked_for_overrides_the_proposal(three_groups):
    asked = gather(three_groups[0], Settings(features=("a", "b"), transform="none", n_clusters=7, k_max=4), QUICK)
    assert (asked.proposed, asked.k, len(asked.group.sizes)) == (3, 7, 7)


def test_findings_have_the_names_that_others_read(three_groups):
    found = findings(gather(three_groups[0], PLAIN, QUICK))
    names = (
        "n_clusters silhouette silhouette_original silhouette_null stability_ari stability_null sizes structure"
    )
    assert {*names.split(), "by_k"} <= set(found)
    assert [row["k"] for row in found["by_k"]] == [2, 3, 4, 5]
    assert set(found["by_k"][0]) == {"k", "inertia", "silhouette", "null", "stability"}
    assert found["sizes"] == sorted(found["sizes"], reverse=True)


def test_effort_below_one_is_refused():
    section = {"bootstraps": 0, "null_draws": 1, "silhouette_sample": 100}
    with pytest.raises(StudyError, match="bootstraps is 0"):
        effort_from(section)


def test_the_three_algorithms_are_compared_with_the_chosen_one(three_groups):
    data = prepare(three_groups[0], PLAIN).data
    compared = compare(data, 3, PLAIN, Silhouette(data, 500, 1))
    assert compared["agreement"].tolist() == pytest.approx([1, 1, 1])
    frame = measures(data, fits(data, [2, 3], PLAIN), Silhouette(data, 500, 1))
    assert frame.loc[1, "silhouette"] > frame.loc[0, "silhouette"] > 0.3
    assert frame.loc[1, "davies_bouldin"] < frame.loc[0, "davies_bouldin"]


def test_the_surrogate_knows_which_feature_made_the_labels(three_groups):
    customers, _ = three_groups
    original = customers[["a", "b"]].assign(noise=np.random.default_rng(5).normal(size=len(customers)))
    labels = (original["a"] > 4).astype(int).to_numpy()
    told = explain(original, labels, ["left", "right"], depths=[3], trees=[30], tree_depth=2, seed=1)
    assert told.importances.loc[0, "feature"] == "a"
    assert told.importances["forest"].sum() == pytest.approx(1)
    assert told.accuracy > 0.9
    assert told.rules["customers"].sum() == len(original)
    assert set(told.rules["segment"]) == {"left", "right"}
    right = told.rules.set_index("segment").loc["right", "rule"]
    assert right.startswith("A above")


def test_copies_are_said(three_groups):
    copied = pd.concat([three_groups[0].head(20)] * 6, ignore_index=True)
    copied["customer_id"] = [str(n) for n in range(len(copied))]
    assert "Only 20 of 120 customers differ" in read_copies(prepare(copied, PLAIN), Effort())[0]


def test_a_poor_optimum_is_called_one(three_groups):
    found = gather(three_groups[0], Settings(features=("a", "b"), transform="none", n_init=1), QUICK)
    names = ["x"] * (found.k - 1) + ["Champions"]
    better = {"n_init": 10, "inertia": found.group.inertia / 2, "silhouette": 0.9, "sizes": [60, 40, 20]}
    said = read_starts(found, better, names)
    assert "poor optimum" in said[0]
    assert said[1].endswith("Champions.")
    same = better | {"inertia": found.group.inertia}
    assert "poor optimum" not in read_starts(found, same, names)[0]
    assert "holds in both" in read_original(found)


def test_invented_names_are_different_and_repeat_with_the_seed():
    names = fictional_names(4000, 1)
    assert len(set(names)) == 4000
    assert names == fictional_names(4000, 1)
    assert names != fictional_names(4000, 2)

"""The judge: what is proposed, what counts as structure, and the sentence for each case."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from helpers.grouping.clusters import Silhouette, fits
from helpers.grouping.null_models import null_by_k
from helpers.grouping.stability import bootstrap_ari
from helpers.grouping.structure import apart, beats_nulls, evidence, gaps, has_structure, propose, verdict
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME

PARAMETERS = chapter_parameters(BY_NAME["clustering"].notebook)()
LEVEL = PARAMETERS.hump_level


def by_k(**columns):
    rows = len(columns["silhouette"])
    given = {"stability_null": 0.5, "silhouette_null": 0.3, "valley": -0.2, "one_hump": 0.3, "real": False}
    return pd.DataFrame({"k": range(2, 2 + rows)} | given | columns)


def judged(gap=True, **columns):
    """As chapter 05 judges; the last division leaves a gap, or none does."""
    frame = by_k(**columns)
    frame["gap"] = [False] * (len(frame) - 1) + [gap]
    return frame.assign(real=beats_nulls(frame, 0.05, 0.01) & frame["gap"].any())


def test_stability_comes_before_silhouette_and_parsimony_after():
    assert propose(by_k(silhouette=[0.4, 0.6, 0.5], stability=[0.9, 0.2, 0.9])) == 4  # 3 does not come back
    assert propose(by_k(silhouette=[0.5, 0.504, 0.45], stability=[0.9, 0.9, 0.9])) == 2  # 3 is hardly better
    assert propose(by_k(silhouette=[0.4, 0.6, 0.5], stability=[0.1, 0.2, 0.1])) == 3  # none comes back


def test_structure_needs_both_margins():
    assert judged(silhouette=[0.36, 0.36, 0.34], stability=[0.6, 0.5, 0.6])["real"].tolist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("silhouette", "stability", "k", "said"),
    [
        ([0.5, 0.31], [0.8, 0.4], 2, "The 2 groups .*0.80 of 1\\)\\. No other number of groups"),
        ([0.5, 0.5, 0.3], [0.8, 0.8, 0.4], 2, "The 2 groups .* pass both tests, too; 2 is the smallest"),
        ([0.5, 0.4, 0.3], [0.8, 0.8, 0.4], 3, "The 3 groups .* pass both tests, too.$"),
        ([0.3, 0.5], [0.8, 0.8], 3, "No number of groups stands out: .*k_max"),
        (
            [0.32, 0.3],
            [0.95, 0.5],
            2,
            "No natural groups, one division into 2: .* Beyond two parts it is a continuum",
        ),
        ([0.32, 0.3], [0.85, 0.5], 2, "No natural groups: cut into 2, random data divides nearly as well"),
    ],
)
def test_each_case_has_its_sentence(silhouette, stability, k, said):
    table = judged(silhouette=silhouette, stability=stability)
    assert pd.Series(verdict(table, k)).str.match(said).all()
    assert has_structure(table, k) == said.startswith("The ")
    plain = str(verdict(table, k))
    assert not [word for word in ("silhouette", "Rand", "null") if word in plain]  # those stand in `evidence`
    at = table.set_index("k").loc[k]
    measures = [f"{at['silhouette']:.3f}", "0.300", f"{at['stability']:.2f}", "0.50"]
    assert all(one in evidence(table, k) for one in measures)


def test_groups_that_only_beat_random_data_are_none_where_nothing_leaves_a_gap():
    columns = {"silhouette": [0.5, 0.31], "stability": [0.8, 0.4]}
    assert "though some meet without a gap" in verdict(judged(**columns), 2)
    none = judged(gap=False, **columns)
    assert not has_structure(none, 2)
    assert "customers pass from one part to the next without a gap" in verdict(none, 2)
    table = by_k(**columns).assign(valley=[0.9, 0.9], one_hump=[0.01, 0.2])
    assert gaps(table, 0.05).tolist() == [True, False]
    assert not gaps(table.assign(valley=-0.1), 0.05).any()


def measured(data, ks):
    kmeans = KMeans(n_init=3, random_state=42)
    groups, silhouette = fits(data, kmeans, ks), Silhouette(data, 500, 1)
    stability = bootstrap_ari(data, kmeans, groups, bootstraps=4, seed=42)
    table = pd.DataFrame(
        {
            "k": ks,
            "silhouette": [silhouette.of(groups[k].labels) for k in ks],
            "stability": [stability[k].mean() for k in ks],
        }
    ).merge(null_by_k(data, kmeans, ks, draws=2, bootstraps=2, seed=42))
    return table.assign(real=beats_nulls(table, 0.05, 0.01))


def test_injected_groups_are_structure_and_an_even_spread_is_not():
    # six groups at random places: each feature by itself has no gaps that a null could keep
    rng = np.random.default_rng(8)
    points = np.repeat(rng.normal(size=(6, 4)), 40, axis=0) + rng.normal(0, 0.15, (240, 4))
    six = measured(points, [2, 3, 4, 5, 6, 7])
    assert propose(six) == 6
    assert has_structure(six, 6)
    assert not has_structure(six[six["k"] <= 6], 6)  # whether it ends there was not asked
    even = measured(np.random.default_rng(2).uniform(size=(200, 2)), [2, 3, 4, 5])
    assert not has_structure(even, propose(even))


def test_where_there_are_valleys_they_decide():
    columns = {"silhouette": [0.5, 0.6, 0.3], "stability": [0.95, 0.95, 0.4]}
    cloud, table = (
        by_k(**columns, valley=[first, -0.4, 1.0], one_hump=[0.01, 0.01, 0.01]) for first in (-0.2, 0.9)
    )
    for frame in (cloud, table):
        frame["real"] = apart(frame, LEVEL)
    assert not apart(table.assign(one_hump=0.2), LEVEL).any()  # a gap by chance
    steady = table.assign(stability=[0.8, 0.95, 0.4], stability_null=0.99)
    assert apart(steady, LEVEL).tolist() == [True, False, False]  # most of the time is enough
    assert propose(cloud) == 3  # 4 does not come back, whatever lies between
    assert propose(table) == 2
    assert table["real"].tolist() == [True, False, False]
    assert "lie apart, with few customers between" in verdict(table, 2)
    assert "at most 41\N{NO-BREAK SPACE}% as dense" in evidence(table, 2)
    assert "without a gap" in verdict(table, 3)
    assert "as densely as within" in evidence(table, 3)
    chance, unsteady = (table.assign(**column, real=False) for column in ({"one_hump": 0.2}, {"stability": 0.7}))
    assert "such as chance leaves" in verdict(chance, 2)
    assert "other samples of customers are cut differently" in verdict(unsteady, 2)

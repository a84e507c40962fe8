"""The method finds injected groups, places customers it has not seen, and refuses what cannot be."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_samples, silhouette_score
from sklearn.preprocessing import minmax_scale

from helpers.base.errors import StudyError
from helpers.base.sampling import bootstrap, sample_rows
from helpers.chapters.tree_embedding.pipeline import features_of, in_batches, in_order, run
from helpers.grouping.clusters import join
from tests.unit.chapters.tree_embedding.parts import FEATURES, GROUPS, injected, kmeans, matrices, space


@pytest.fixture(scope="module")
def whole():
    x, y, _ = matrices()
    return run(x, y, space(), kmeans(), [2, 3, 4])


def test_customers_stand_in_the_order_of_their_ids():
    assert in_order(injected(12))["customer_id"].tolist() == [str(n) for n in range(1, 13)]


def test_missing_values_become_the_median_and_constants_go():
    customers = injected().assign(latitude=[np.nan, np.inf, *np.linspace(1, 3, 298)], same=1)
    features = features_of(customers, ["items", "latitude", "same"], "gross_revenue")
    assert list(features) == ["items", "latitude"]
    assert features["latitude"].iloc[:2].tolist() == [2, 2]


def test_injected_groups_are_found(whole):
    _, _, customers = matrices()
    silhouettes = whole.silhouettes(2000, seed=1)
    assert max(silhouettes, key=silhouettes.get) == GROUPS
    assert adjusted_rand_score(customers["kind"], whole.labels(GROUPS)) == 1
    assert whole.groups[GROUPS].sizes == [100, 100, 100]


def test_customers_who_were_held_out_are_placed_with_their_kind():
    x, y, customers = matrices()
    seen, unseen = np.arange(200), np.arange(200, 300)
    placed = run(x[seen], y[seen], space(), kmeans(), [GROUPS]).place(x[unseen])[GROUPS]
    assert adjusted_rand_score(customers["kind"].iloc[unseen], placed) == 1


def test_another_seed_reaches_every_step_and_the_estimators_stay_as_they_were():
    x, y, _ = matrices()
    given, clusters = space(), kmeans()
    one = run(x, y, given, clusters, [GROUPS], seed=9)
    states = [value for name, value in one.space.get_params().items() if name.endswith("random_state")]
    assert states == [9, 9]
    assert not hasattr(given[0], "forest_")
    assert given.get_params()["leaves__forest__random_state"] == clusters.random_state == 42


def test_more_clusters_than_places_are_left_out():
    x = np.repeat([[0.0], [1.0], [2.0]], 10, axis=0)
    one = run(x, x[:, 0], space(dimensions=1), kmeans(), [2, 3, 4])
    assert set(one.groups) <= {2, 3}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"names": ["itmes"]}, "did you mean items"),
        ({"names": ["customer_id"]}, "customer_id, which is no number"),
        ({"names": ["items", "gross_revenue"]}, "what the forest is to learn"),
        ({"names": ["same"]}, "none of them differs"),
        ({"target": "monetray"}, "did you mean monetary"),
        ({"target": "same"}, "same for all customers"),
        ({"target": "gaps"}, "gaps, which has missing values"),
    ],
)
def test_columns_that_do_not_fit_are_named(change, words):
    customers = injected().assign(same=1.0, gaps=[np.nan, *range(299)])
    with pytest.raises(StudyError, match=words):
        features_of(customers, **{"names": FEATURES, "target": "gross_revenue"} | change)


def test_too_few_customers_or_customers_without_orders_are_refused_in_a_sentence():
    with pytest.raises(StudyError, match="9 customers are too few"):
        in_order(injected(9))
    with pytest.raises(StudyError, match=r"only orders with dates give; leave tree_embedding out"):
        in_order(pd.DataFrame({"customer_id": [str(n) for n in range(20)], "age": 30}))


def test_a_forest_of_some_customers_places_everybody_as_one_of_all_does():
    """And a sample of everybody has their silhouette, within its interval; one of the richest only has not."""
    customers = in_order(injected(1200)).sort_values("gross_revenue", ignore_index=True)
    x, y = minmax_scale(customers[FEATURES]), minmax_scale(np.log1p(customers["gross_revenue"]))

    def placed(asked):
        one = run(x[asked], y[asked], space(), kmeans(), [GROUPS])
        points = in_batches(one.space.transform, x)
        return points, join(points, one.groups[GROUPS], asked)

    points, some = placed(sample_rows(len(x), 300, seed=1))
    assert adjusted_rand_score(customers["kind"], some.labels) > 0.98
    rows = sample_rows(len(x), 200, seed=2)
    within = bootstrap(np.mean, silhouette_samples(points[rows], some.labels[rows]), seed=1)
    assert within.low <= silhouette_score(points, some.labels) <= within.high
    assert adjusted_rand_score(customers["kind"], placed(np.arange(900, 1200))[1].labels) < 0.6

"""The elimination keeps what matters, and gives the same on every run."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import ExtraTreesRegressor

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding.elimination import eliminate
from tests.unit.chapters.tree_embedding.parts import space

NOISE = [f"noise_{place}" for place in range(4)]
FEW = ExtraTreesRegressor(
    20, max_features="sqrt", min_samples_leaf=5, bootstrap=True, oob_score=True, random_state=42
)


def search(x, y, last=3, workers=1):
    small = space(FEW, dimensions=4)
    clusters = KMeans(n_init=1, random_state=42)
    return eliminate(x, y, small, clusters, ks=[2, 3], most=200, seed=42, last=last, workers=workers)


@pytest.fixture(scope="module")
def customers():
    """Items and orders follow from the kind of customer, and so does what they spend; the rest is noise."""
    rng = np.random.default_rng(4)
    kind = np.arange(240) % 3
    x = pd.DataFrame({"items": kind / 2, "orders": (kind + rng.uniform(0, 0.4, 240)) / 2.4})
    x[NOISE] = rng.random((240, 4))
    return x, kind / 2


@pytest.fixture(scope="module")
def whole(customers):
    return search(*customers)


def test_noise_goes_first_and_what_matters_stays(whole):
    assert set(whole.path["removed"].iloc[1:]) <= set(NOISE)
    assert {"items", "orders"} <= set(whole.selected)


def test_every_feature_is_tried_in_every_round(whole):
    assert whole.evaluations == 6 + 5 + 4 + 3
    assert whole.path["features"].tolist() == [6, 5, 4, 3, 2]
    assert whole.path["removed"].iloc[0] is None


def test_fifty_features_down_to_nine_are_the_published_number_of_runs():
    assert sum(range(9, 51)) == 1239


def test_the_score_is_the_distance_from_the_null_and_sets_must_predict(whole):
    path = whole.path
    assert path["score"].to_numpy() == pytest.approx((path["silhouette"] - path["silhouette_null"]).to_numpy())
    useful = path[path["r2"] >= 0.98 * path["r2"].max()]
    chosen = useful[useful["features"] == len(whole.selected)].iloc[0]
    assert chosen["score"] >= 0.98 * useful["score"].max()
    assert (useful[useful["features"] < len(whole.selected)]["score"] < 0.98 * useful["score"].max()).all()


def test_what_cuts_neatly_but_does_not_predict_is_not_kept_for_its_silhouette():
    rng = np.random.default_rng(7)
    x = pd.DataFrame({"items": rng.random(300)})
    for name in NOISE:  # two neat halves each, which have nothing to do with revenue
        x[name] = rng.integers(0, 2, 300) + 0.01 * rng.random(300)
    neat = search(x, x["items"].to_numpy(), last=2)
    assert "items" not in set(neat.path["removed"])
    assert "items" in neat.selected


def same(one, other) -> bool:
    return one.path.equals(other.path) and one.selected == other.selected


def test_two_processes_find_what_one_finds(customers, whole):
    assert same(search(*customers, workers=2), whole)


@pytest.mark.parametrize(("last", "workers"), [(1, 1), (3, 0)])
def test_a_search_that_cannot_be_is_refused(customers, last, workers):
    with pytest.raises(StudyError, match="give at least 2 features"):
        search(*customers, last, workers)


def test_too_few_features_are_refused(customers):
    with pytest.raises(StudyError, match="the customers have 6 features"):
        search(*customers, last=6)

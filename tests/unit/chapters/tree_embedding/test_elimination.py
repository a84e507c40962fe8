"""The elimination keeps what matters, gives the same on every run, and goes on where it was interrupted."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import ExtraTreesRegressor

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding import elimination
from helpers.chapters.tree_embedding.elimination import eliminate, evaluate
from tests.unit.chapters.tree_embedding.parts import space

NOISE = [f"noise_{place}" for place in range(4)]
FEW = ExtraTreesRegressor(
    20, max_features="sqrt", min_samples_leaf=5, bootstrap=True, oob_score=True, random_state=42
)


def search(x, y, checkpoint, last=3, workers=1):
    small = space(FEW, dimensions=4)
    clusters = KMeans(n_init=1, random_state=42)
    given = {"last": last, "workers": workers, "checkpoint": checkpoint}
    return eliminate(x, y, small, clusters, ks=[2, 3], most=200, seed=42, **given)


@pytest.fixture(scope="module")
def customers():
    """Items and orders follow from the kind of customer, and so does what they spend; the rest is noise."""
    rng = np.random.default_rng(4)
    kind = np.arange(240) % 3
    x = pd.DataFrame({"items": kind / 2, "orders": (kind + rng.uniform(0, 0.4, 240)) / 2.4})
    x[NOISE] = rng.random((240, 4))
    return x, kind / 2


@pytest.fixture(scope="module")
def whole(customers, tmp_path_factory):
    return search(*customers, tmp_path_factory.mktemp("whole") / "state.json")


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


def test_what_cuts_neatly_but_does_not_predict_is_not_kept_for_its_silhouette(tmp_path):
    rng = np.random.default_rng(7)
    x = pd.DataFrame({"items": rng.random(300)})
    for name in NOISE:  # two neat halves each, which have nothing to do with revenue
        x[name] = rng.integers(0, 2, 300) + 0.01 * rng.random(300)
    neat = search(x, x["items"].to_numpy(), tmp_path / "state.json", last=2)
    assert "items" not in set(neat.path["removed"])
    assert "items" in neat.selected


def same(one, other) -> bool:
    return one.path.equals(other.path) and one.selected == other.selected


def test_two_processes_find_what_one_finds(customers, whole, tmp_path):
    assert same(search(*customers, tmp_path / "state.json", workers=2), whole)


def test_an_interrupted_search_goes_on_where_it_was(customers, whole, tmp_path, monkeypatch):
    calls = []

    def stopping(*args, **options):
        calls.append(1)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return evaluate(*args, **options)

    monkeypatch.setattr(elimination, "evaluate", stopping)
    state = tmp_path / "state.json"
    with pytest.raises(KeyboardInterrupt):
        search(*customers, state)
    done = len(json.loads(state.read_text())["rounds"])
    assert 1 < done < len(whole.path)
    calls.clear()
    monkeypatch.setattr(elimination, "evaluate", lambda *args, **opts: calls.append(1) or evaluate(*args, **opts))
    assert same(search(*customers, state), whole)
    assert 0 < len(calls) < whole.evaluations
    calls.clear()
    again = search(*customers, state)  # finished: read, not computed
    assert not calls
    assert same(again, whole)
    assert again.seconds > 0


@pytest.mark.parametrize(("last", "workers"), [(1, 1), (3, 0)])
def test_a_search_that_cannot_be_is_refused(customers, tmp_path, last, workers):
    with pytest.raises(StudyError, match="give at least 2 features"):
        search(*customers, tmp_path / "state.json", last, workers)


def test_too_few_features_are_refused(customers, tmp_path):
    with pytest.raises(StudyError, match="the customers have 6 features"):
        search(*customers, tmp_path / "state.json", last=6)

"""The elimination keeps what matters, gives the same on every run, and goes on where it was interrupted."""

import json

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding import elimination
from helpers.chapters.tree_embedding.elimination import Cheap, Search, eliminate, evaluate
from helpers.chapters.tree_embedding.pipeline import Settings, prepare

SEARCH = Search(last=3, workers=1, cheap=Cheap(trees=20, ks=(2, 3), rows=200))
NOISE = tuple(f"noise_{place}" for place in range(4))


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(4)
    kind = np.arange(240) % 3
    customers = pd.DataFrame(
        {"customer_id": [str(n) for n in range(240)], "gross_revenue": 10.0 ** (1 + kind), "items": 5.0**kind}
    )
    customers["orders"] = kind + rng.uniform(0, 0.4, 240)
    for name in NOISE:
        customers[name] = rng.random(240)
    return prepare(customers, Settings(features=("items", "orders", *NOISE)))


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    return eliminate(inputs, SEARCH, tmp_path_factory.mktemp("whole") / "state.json")


def test_noise_goes_first_and_what_matters_stays(whole):
    assert set(whole.order) <= set(NOISE)
    assert {"items", "orders"} <= set(whole.selected)


def test_every_feature_is_tried_in_every_round(whole):
    assert whole.evaluations == 6 + 5 + 4 + 3
    assert whole.path["features"].tolist() == [6, 5, 4, 3, 2]
    assert len(whole.order) == 4
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
    items = rng.random(300)
    customers = pd.DataFrame({"customer_id": [str(n) for n in range(300)], "gross_revenue": np.exp(3 * items)})
    customers["items"] = items
    for name in NOISE:  # two neat halves each, which have nothing to do with revenue
        customers[name] = rng.integers(0, 2, 300) + 0.01 * rng.random(300)
    neat = prepare(customers, Settings(features=("items", *NOISE)))
    found = eliminate(neat, Search(last=2, workers=1, cheap=SEARCH.cheap), tmp_path / "state.json")
    assert "items" not in found.order
    assert "items" in found.selected


def same(one, other) -> bool:
    return one.order == other.order and one.path.equals(other.path) and one.selected == other.selected


def test_two_processes_find_what_one_finds(inputs, whole, tmp_path):
    two = Search(last=3, workers=2, cheap=SEARCH.cheap)
    assert same(eliminate(inputs, two, tmp_path / "state.json"), whole)


def test_an_interrupted_search_goes_on_where_it_was(inputs, whole, tmp_path, monkeypatch):
    calls = []

    def stopping(x, y, cheap):
        calls.append(x.shape[1])
        if len(calls) == 12:
            raise KeyboardInterrupt
        return evaluate(x, y, cheap)

    monkeypatch.setattr(elimination, "evaluate", stopping)
    state = tmp_path / "state.json"
    with pytest.raises(KeyboardInterrupt):
        eliminate(inputs, SEARCH, state)
    done = len(json.loads(state.read_text())["rounds"])
    assert 1 < done < len(whole.path)
    calls.clear()
    monkeypatch.setattr(elimination, "evaluate", lambda x, y, cheap: calls.append(1) or evaluate(x, y, cheap))
    assert same(eliminate(inputs, SEARCH, state), whole)
    assert 0 < len(calls) < whole.evaluations
    calls.clear()
    again = eliminate(inputs, SEARCH, state)  # finished: read, not computed
    assert not calls
    assert same(again, whole)
    assert again.seconds > 0


def test_progress_is_told_of_every_set(inputs, tmp_path):
    seen = []

    class Bar:
        def __init__(self, total, initial, unit):
            self.total = total
            assert (initial, unit) == (0, "set")

        def update(self):
            seen.append(1)

        def close(self):
            seen.append(self.total)

    eliminate(inputs, Search(last=5, workers=1, cheap=SEARCH.cheap), tmp_path / "state.json", Bar)
    assert seen == [1] * 11 + [11]


@pytest.mark.parametrize(("last", "workers"), [(1, 1), (3, 0)])
def test_a_search_that_cannot_be_is_refused(last, workers):
    with pytest.raises(StudyError, match="give at least 2 features"):
        Search(last=last, workers=workers)


def test_too_few_features_are_refused(inputs, tmp_path):
    with pytest.raises(StudyError, match="the customers have 6 features"):
        eliminate(inputs, Search(last=6, workers=1), tmp_path / "state.json")

"""The blend and its tuning."""

import numpy as np
import pytest

from helpers.chapters.recommendation import blend
from helpers.chapters.recommendation.evaluation import evaluate
from helpers.chapters.recommendation.metrics import top_k
from helpers.chapters.recommendation.models import Scores, fit
from tests.unit.chapters.recommendation.test_evaluation import PLAIN, of_two_tastes
from tests.unit.chapters.recommendation.test_models import known

WINDOW = of_two_tastes()


@pytest.fixture(scope="module")
def fitted() -> dict[str, Scores]:
    plain = fit(PLAIN, known(WINDOW.train))
    return plain | {"UP-CF": plain["ALS"]}


def test_the_tuned_blend_is_at_least_as_precise_as_each_component_where_it_was_tuned(fitted):
    weights = blend.tune([blend.trials(WINDOW, fitted, 1)], 3)
    judged = evaluate(WINDOW, fitted, 3, blend.blends(weights, fitted, WINDOW.train))
    for question in weights:
        names = [name for name in blend.COMPONENTS if question == "next" or name != blend.HISTORY]
        alone = [judged.mean(question, name) for name in names]
        assert judged.mean(question, blend.BLEND) >= max(alone) - 1e-12
    assert weights["new"][blend.HISTORY] == 0


def test_a_blend_of_one_component_ranks_like_it(fitted):
    one = {"next": {"EASE": 2.0, "Popular lately": 0.0}}
    mixed = blend.blends(one, fitted, WINDOW.train)["next"]
    scores = {name: model(np.arange(20)) for name, model in fitted.items()}
    assert top_k(blend.weighted_sum(mixed, scores), 5).tolist() == top_k(scores["EASE"], 5).tolist()


def test_only_what_a_choice_is_made_of_is_needed():
    weights = blend.equal_weights()
    weights["new"] = {"EASE": 2.0, "UP-CF": 0.0}
    assert blend.needed({"next": "ALS", "new": "Blend"}, weights) == {"ALS", "EASE"}
    assert blend.needed({"next": "Blend", "new": "ALS"}, weights) == {*blend.COMPONENTS, "ALS"}


def test_a_question_whose_parts_were_not_fitted_has_no_blend(fitted):
    weights = {"next": {"Buy again": 1.0, "EASE": 0.0}, "new": {"UP-CF": 1.0}}
    only = {"Buy again": fitted["Buy again"]}
    assert list(blend.blends(weights, only, WINDOW.train)) == ["next"]


def test_weights_are_those_of_all_past_windows_and_equal_where_there_is_none(fitted):
    assert blend.tune([], 3) == blend.equal_weights()
    other = of_two_tastes(seed=6)
    past = [blend.trials(window, fitted, 1) for window in (WINDOW, other)]
    weights = blend.tune(past, 3)["next"]
    means = {
        name: np.mean([trial["next"].precision({name: 1.0}, 3) for trial in past]) for name in blend.COMPONENTS
    }
    assert np.mean([trial["next"].precision(weights, 3) for trial in past]) >= max(means.values())


def test_a_trial_is_as_precise_as_the_lists_that_are_written(fitted):
    trial = blend.trials(WINDOW, fitted, 1)
    weights = {"EASE": 1.0, "Nearest neighbours": 0.5, "Popular lately": 2.0}
    for question in ("next", "new"):
        mixed = blend.blends({question: weights}, fitted, WINDOW.train)
        judged = evaluate(WINDOW, fitted, 3, dict.fromkeys(("next", "new"), mixed[question]))
        assert trial[question].precision(weights, 3) == pytest.approx(judged.mean(question, blend.BLEND))

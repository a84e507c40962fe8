"""A weighted sum of models, and the search for its weights on earlier windows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from helpers.base.sampling import sample_rows
from helpers.chapters.recommendation.interactions import QUESTIONS, Interactions, Split, values_at
from helpers.chapters.recommendation.metrics import top_k
from helpers.chapters.recommendation.models import Scores

BLEND = "Blend"
COMPONENTS = ("EASE", "Nearest neighbours", "UP-CF", "Popular lately", "Buy again")
"""What a blend is made of: models of each kind of evidence that are quick to learn. LightFM was one of them, at
most of the cost; on three windows of `online_retail` before the kept one a blend is as precise without it."""
HISTORY = "Buy again"
"""The component that says nothing of products a customer never bought."""
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Weights that tuning tries, each in units of the component's own spread."""
ROUNDS = 2
TUNING_ROWS = 1500
"""Customers of a window on whom the blend is tuned at most, drawn at random: their scores are all held at once."""
DEPTH = 30
"""First places of each component's list that a blend's list can be made of while it is tuned."""
BATCH = 512
"""Customers scored at a time."""
SCALE_ROWS = 500
"""Customers whose scores say how far a component's scores spread."""

Weights = dict[str, float]
"""Component -> weight, in units of one over its scale."""


def weighted_sum(weights: Weights, scores: Mapping[str, np.ndarray]) -> np.ndarray:
    return sum(weight * scores[name] for name, weight in weights.items() if weight)


def equal_weights() -> dict[str, Weights]:
    return {question: dict.fromkeys(COMPONENTS, 1.0) for question in QUESTIONS}


def needed(chosen: Mapping[str, str], weights: Mapping[str, Weights]) -> set[str]:
    """Return the models that the chosen ones are made of; `chosen` is question -> model."""
    blended = [question for question, name in chosen.items() if name == BLEND]
    parts = {name for question in blended for name, weight in weights[question].items() if weight}
    return parts | set(chosen.values()) - {BLEND}


def blends(
    weights: Mapping[str, Weights], fitted: Mapping[str, Scores], train: Interactions
) -> dict[str, Weights]:
    """Return the weights of each question in units of the scores of fitted models.

    A question whose parts were not all fitted has none: its chosen model is no blend.
    """
    scales = component_scales(fitted, train)
    used = {
        question: {name: weight for name, weight in own.items() if weight} for question, own in weights.items()
    }
    return {
        question: {name: weight / scales[name] for name, weight in own.items()}
        for question, own in used.items()
        if own.keys() <= scales.keys()
    }


def component_scales(fitted: Mapping[str, Scores], train: Interactions) -> dict[str, float]:
    """Return how far the scores of each component spread over the products: mean standard deviation of a customer.

    One number for all customers keeps what a model says of how sure it is: a customer's strong history stays
    strong beside that of one who hardly buys.
    """
    rows = np.unique(np.linspace(0, len(train.customers) - 1, SCALE_ROWS).astype(int))
    spreads = {name: float(np.mean(fitted[name](rows).std(axis=1))) for name in COMPONENTS if name in fitted}
    return {name: spread if spread > 0 else 1.0 for name, spread in spreads.items()}


class Trial(NamedTuple):
    """What the components of a blend would have offered in one window, and what of it was right."""

    scores: dict[str, np.ndarray]
    """Component -> customers x products, in units of the component's spread; the same products for all of them,
    those on somebody's list of DEPTH, the more popular first."""
    offered: np.ndarray
    """Whether there is a product in a place: customers have different numbers of them."""
    right: np.ndarray
    """Whether the customer bought it."""

    def precision(self, weights: Weights, k: int) -> float:
        """Return the mean precision of a blend's lists; of equal scores the more popular product comes first."""
        total = weighted_sum(weights, self.scores) - 1e-6 * np.arange(self.right.shape[1], dtype=np.float32)
        total[~self.offered] = -np.inf
        best = np.argpartition(-total, min(k, total.shape[1]) - 1, axis=1)[:, :k]
        return float(np.take_along_axis(self.right, best, axis=1).sum() / (len(total) * k))


def trials(window: Split, fitted: Mapping[str, Scores], seed: int) -> dict[str, Trial]:
    """Return by question what fitted components would have offered in an earlier window."""
    scales = component_scales(fitted, window.train)
    found = {}
    for question in window.asked:
        rows = window.rows[question][sample_rows(len(window.rows[question]), TUNING_ROWS, seed)]
        names = [name for name in COMPONENTS if name in scales and (question == "next" or name != HISTORY)]
        width = min(len(names) * DEPTH, window.train.shape[1])
        columns = np.full((len(rows), width), -1)
        scores = {name: np.zeros((len(rows), width), dtype=np.float32) for name in names}
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            dense = {name: np.asarray(fitted[name](rows[part])) / scales[name] for name in names}
            bought = window.train.seen[rows[part]] if question == "new" else None
            lists = np.sort(np.hstack([top_k(values, DEPTH, bought) for values in dense.values()]), axis=1)
            lists[:, 1:][lists[:, 1:] == lists[:, :-1]] = -1
            # the different ones first, the more popular (the lower columns) before the others
            lists = np.sort(np.where(lists < 0, window.train.shape[1], lists), axis=1)[:, :width]
            columns[part] = np.where(lists == window.train.shape[1], -1, lists)
            for name, values in dense.items():
                scores[name][part] = np.take_along_axis(values, np.maximum(columns[part], 0), axis=1)
        places = np.repeat(np.arange(len(rows)), width)
        bought_later = values_at(window.relevant[question][rows], places, np.maximum(columns, 0).ravel())
        right = (bought_later > 0).reshape(columns.shape) & (columns >= 0)
        found[question] = Trial(scores, columns >= 0, right)
    return found


def tune(past: Sequence[Mapping[str, Trial]], k: int) -> dict[str, Weights]:
    """Return for each question the weights whose blend was most precise in past windows, each counting the same.

    Coordinate search: from the best single component, one weight after the other takes the value that helps most,
    in so many rounds. A weight changes only for a better precision, so that ties keep the simpler blend. All have
    an equal say in a question that no window asked. The kept window must not be seen here.
    """
    best = equal_weights()
    for question in QUESTIONS:
        asked = [trial[question] for trial in past if question in trial]
        if asked:
            best[question] = dict.fromkeys(COMPONENTS, 0.0) | _search(asked, k)
    return best


def _search(asked: Sequence[Trial], k: int) -> Weights:
    def precision(weights: Weights) -> float:
        return sum(trial.precision(weights, k) for trial in asked) / len(asked)

    names = list(asked[-1].scores)
    alone = {name: precision({name: 1.0}) for name in names}
    first = max(names, key=lambda name: alone[name])
    best, weights = alone[first], {name: float(name == first) for name in names}
    for _ in range(ROUNDS):
        before = best
        for name in names:
            for weight in WEIGHTS:
                tried = weights | {name: weight}
                if weight == weights[name] or not any(tried.values()):
                    continue
                if (value := precision(tried)) > best:
                    best, weights = value, tried
        if best == before:
            break
    return weights

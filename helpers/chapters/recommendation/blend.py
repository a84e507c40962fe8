"""A weighted sum of models, and the search for its weights on an earlier window."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from helpers.base.sampling import sample_rows
from helpers.chapters.recommendation.interactions import QUESTIONS, Interactions, Split
from helpers.chapters.recommendation.metrics import top_k
from helpers.chapters.recommendation.models import Scores

BLEND = "Blend"
COMPONENTS = ("EASE", "Nearest neighbours", "LightFM", "Popular lately", "Purchase history")
"""What a blend is made of: one model of each kind of evidence."""
HISTORY = "Purchase history"
"""The component that says nothing of products a customer never bought."""
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Weights that tuning tries, each in units of the component's own spread."""
ROUNDS = 2
TUNING_ROWS = 4000
"""Customers on whom the blend is tuned at most, drawn at random: their scores are all held at once."""
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


def tune(window: Split, fitted: Mapping[str, Scores], k: int, seed: int) -> dict[str, Weights]:
    """Return for each question the weights whose blend is most precise in this window.

    Coordinate search: from the best single component, one weight after the other takes the value that helps most,
    in so many rounds. A weight changes only for a better precision, so that ties keep the simpler blend.
    The window is the earlier one: the test window must not be seen here.
    """
    scales = component_scales(fitted, window.train)
    best = equal_weights()
    for question in QUESTIONS:
        everybody = window.rows[question]
        rows = everybody[sample_rows(len(everybody), TUNING_ROWS, seed)]
        if not len(rows):
            continue
        bought = window.train.seen[rows] if question == "new" else None
        names = [name for name in COMPONENTS if question == "next" or name != HISTORY]
        scores = {name: (fitted[name](rows) / scales[name]).astype(np.float32) for name in names}
        relevant = window.relevant[question][rows].toarray() > 0
        best[question] = dict.fromkeys(COMPONENTS, 0.0) | _search(scores, relevant, bought, k)
    return best


def _search(
    scores: dict[str, np.ndarray], relevant: np.ndarray, bought: sparse.csr_matrix | None, k: int
) -> Weights:
    def precision(weights: Weights) -> float:
        lists = top_k(weighted_sum(weights, scores), k, bought)
        return float(np.take_along_axis(relevant, lists, axis=1).mean())

    names = list(scores)
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

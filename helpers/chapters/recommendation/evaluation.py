"""Lists for customers, and what they are worth: all models on the same customers, in two questions.

*next*: what will they buy, repeats allowed. *new*: what will they buy that they never bought before.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.sampling import bootstrap, mean_difference
from helpers.chapters.recommendation.blend import BLEND, Weights, weighted_sum
from helpers.chapters.recommendation.interactions import QUESTIONS, Interactions, Split
from helpers.chapters.recommendation.metrics import MEASURES, per_customer, reach, top_k
from helpers.chapters.recommendation.models import Scores

BATCH = 512
"""Customers scored at a time: a dense matrix of all customers and products would not fit."""
BASELINES = ("Random", "Popular of all time", "Popular lately", "Buy again")
"""Models that learn nothing of who is like whom."""
AGAINST = {"next": "Buy again", "new": "Popular lately"}
"""The baseline that a model must beat in each question."""


class Lists(NamedTuple):
    """What customers are offered."""

    columns: np.ndarray
    """Customers x k, columns of products, the best first; -1 is an empty place."""
    scores: np.ndarray


def recommend(
    train: Interactions,
    fitted: Mapping[str, Scores],
    names: Mapping[str, Collection[str]],
    k: int,
    *,
    blends: Mapping[str, Weights] | None = None,
    rows: Mapping[str, np.ndarray] | None = None,
    new_only: Collection[str] = ("new",),
) -> dict[str, dict[str, Lists]]:
    """Return lists by question and model, of the models named for each question; one may be the question's blend.

    They are for the customers in `rows`, by question and ascending, or for everybody. In the questions of
    `new_only` nobody is offered what they have bought.
    """
    rows = rows or dict.fromkeys(names, np.arange(len(train.customers)))
    empty = {question: (len(rows[question]), k) for question in names}
    lists = {
        question: {name: Lists(np.full(empty[question], -1), np.zeros(empty[question])) for name in asked}
        for question, asked in names.items()
    }
    for batch in batches(np.unique(np.concatenate([rows[question] for question in names]))):
        scores = {name: model(batch) for name, model in fitted.items()}
        for question, asked in names.items():
            here = np.isin(batch, rows[question])
            places = np.searchsorted(rows[question], batch[here])
            bought = train.seen[batch[here]] if question in new_only else None
            for name in asked if len(places) else ():
                values = np.asarray(weighted_sum(blends[question], scores) if name == BLEND else scores[name])[
                    here
                ]
                best = top_k(values, k, bought)
                lists[question][name].columns[places] = best
                lists[question][name].scores[places] = np.take_along_axis(values, np.maximum(best, 0), axis=1)
    return lists


def batches(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


class Evaluation(NamedTuple):
    """What each model recommended in one window, and what it was worth."""

    window: Split
    lists: dict[str, dict[str, Lists]]
    measures: dict[str, dict[str, pd.DataFrame]]
    """Question -> model -> measures, a row a customer of `window.rows[question]`."""

    def values(self, question: str, model: str, measure: str = "precision") -> np.ndarray:
        """Return one measure of one model, a value a customer."""
        return self.measures[question][model][measure].to_numpy()

    def mean(self, question: str, model: str, measure: str = "precision") -> float:
        """Return one measure of one model, averaged over the customers."""
        return float(self.values(question, model, measure).mean())

    def best(self, question: str) -> str:
        """Return the most precise model, ties to the first fitted."""
        return max(self.measures[question], key=lambda model: self.mean(question, model))


def evaluate(
    window: Split, fitted: Mapping[str, Scores], k: int, blends: Mapping[str, Weights] | None = None
) -> Evaluation:
    """Let every model, and the blends, recommend to every customer of a window, in both questions."""
    asked = {question: [*fitted, *([BLEND] if blends else [])] for question in QUESTIONS}
    lists = recommend(window.train, fitted, asked, k, blends=blends, rows=window.rows)
    measures = {
        question: {
            name: per_customer(offered.columns, window.relevant[question][window.rows[question]])
            for name, offered in lists[question].items()
        }
        for question in QUESTIONS
    }
    return Evaluation(window, lists, measures)


def compared(evaluation: Evaluation, question: str, seed: int) -> pd.DataFrame:
    """Return what each model is worth, to customers (`per_customer`) and to the shop (`reach`), the best first."""
    train = evaluation.window.train
    rows = []
    for model, measures in evaluation.measures[question].items():
        precision = bootstrap(np.mean, measures["precision"].to_numpy(), seed=seed)
        others = {name: float(measures[name].mean()) for name in MEASURES if name != "precision"}
        shop = reach(evaluation.lists[question][model].columns, train.popularity, len(train.customers))
        bounds = {"precision_low": precision.low, "precision_high": precision.high}
        rows.append({"model": model, "precision": precision.value, **bounds, **others, **shop})
    return pd.DataFrame(rows).sort_values(["precision", "model"], ascending=[False, True], ignore_index=True)


def differences(evaluation: Evaluation, question: str, seed: int) -> pd.DataFrame:
    """Return each model's paired difference to the question's baseline: `model, difference, low, high`."""
    against = evaluation.values(question, AGAINST[question])
    rows = []
    for model in evaluation.measures[question]:
        if model not in (AGAINST[question], "Random"):
            gain = bootstrap(mean_difference, evaluation.values(question, model), against, seed=seed)
            rows.append({"model": model, "difference": gain.value, "low": gain.low, "high": gain.high})
    return pd.DataFrame(rows)

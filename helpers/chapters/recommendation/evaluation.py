"""Lists for customers, and what they are worth: all models on the same customers, in two questions.

*next*: what will they buy, repeats allowed. *new*: what will they buy that they never bought before.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers.base.sampling import Interval, window_means
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


class Gain(NamedTuple):
    """What the lists of a model are worth more than the baseline's, of the same customers."""

    kept: Interval
    """In the last window, which nothing was chosen on."""
    lasting: Interval
    """On average over all windows, each judged by what was chosen before it."""

    @property
    def verdict(self) -> int:
        """1 where both intervals are above zero, -1 where both are below, else 0: no difference shown."""
        return int(self.kept.low > 0 and self.lasting.low > 0) - int(self.kept.high < 0 and self.lasting.high < 0)


def common_models(windows: Sequence[Evaluation], question: str) -> list[str]:
    """Return the models that all windows judged, in the order in which the last one did."""
    return [m for m in windows[-1].measures[question] if all(m in w.measures[question] for w in windows)]


def most_precise(windows: Sequence[Evaluation], *questions: str) -> Any:
    """Return the model with the highest mean precision over windows and questions, ties to the first fitted."""
    asked = [(one, question) for one in windows for question in questions if question in one.window.asked]
    names = common_models(windows, questions[0])
    return max(names, key=lambda model: np.mean([one.mean(question, model) for one, question in asked]))


def stacked(
    windows: Sequence[Evaluation], question: str, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the precision of models, a row a customer in a window; the window of each row, and the customer."""
    asked = [one for one in windows if question in one.window.asked]
    who = [one.window.train.customers[one.window.rows[question]] for one in asked]
    precision = np.vstack([np.column_stack([one.values(question, name) for name in names]) for one in asked])
    when = np.repeat(np.arange(len(asked)), [len(customers) for customers in who])
    return precision, when, np.unique(np.concatenate(who), return_inverse=True)[1]


def over_windows(windows: Sequence[Evaluation], question: str, seed: int) -> dict[str, tuple[Interval, Interval]]:
    """Return each model's mean precision over windows, and its paired difference to the question's baseline."""
    names = common_models(windows, question)
    precision, when, who = stacked(windows, question, names)
    against = precision[:, [names.index(AGAINST[question])]]
    found = window_means(np.hstack([precision, precision - against]), when, who, seed=seed)
    return dict(zip(names, zip(found[: len(names)], found[len(names) :], strict=True), strict=True))


def compared(windows: Sequence[Evaluation], question: str, seed: int) -> pd.DataFrame:
    """Return what each model is worth in the last window and over all of them, the best over all of them first.

    Returns:
        `model`; `precision` in the last window with `precision_low, precision_high`; `mean_precision` over the
        windows with `mean_low, mean_high`; `gain` and `mean_gain`, the same of the difference to the baseline;
        and, in the last window, the other measures of `per_customer` (to customers) and of `reach` (to the shop).
    """
    kept, rows = windows[-1], []
    train = kept.window.train
    lasting, last = over_windows(windows, question, seed), over_windows(windows[-1:], question, seed)
    for model, (mean, mean_gain) in lasting.items():
        intervals = {"precision": last[model][0], "mean": mean, "gain": last[model][1], "mean_gain": mean_gain}
        bounds = {f"{name}_{end}": getattr(i, end) for name, i in intervals.items() for end in ("low", "high")}
        values = {"precision": last[model][0].value, "mean_precision": mean.value}
        gains = {"gain": last[model][1].value, "mean_gain": mean_gain.value}
        others = {name: float(kept.measures[question][model][name].mean()) for name in MEASURES[1:]}
        shop = reach(kept.lists[question][model].columns, train.popularity, len(train.customers))
        rows.append({"model": model} | values | gains | bounds | others | shop)
    return pd.DataFrame(rows).sort_values(["mean_precision", "model"], ascending=[False, True], ignore_index=True)


def gain_of(table: pd.DataFrame, model: str) -> Gain:
    """Return a model's gain over the baseline, of the table of `compared`."""
    row = table.set_index("model").loc[model]
    return Gain(*(Interval(row[n], row[f"{n}_low"], row[f"{n}_high"]) for n in ("gain", "mean_gain")))

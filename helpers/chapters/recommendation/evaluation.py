"""Which model recommends best: all of them on the same customers, and a blend tuned on an earlier window.

Two questions, always both. *next*: what will they buy, repeats allowed. *new*: what will they buy that they never
bought before. Every choice (the weights of the blend, the best model) is made on an earlier window, and the test
window only says what the choice is worth.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.errors import StudyError
from helpers.base.sampling import Interval, bootstrap, mean_difference
from helpers.chapters.recommendation import models as recommenders
from helpers.chapters.recommendation.interactions import Interactions, Split
from helpers.chapters.recommendation.lightfm import Settings
from helpers.chapters.recommendation.metrics import MEASURES, per_customer, reach
from helpers.chapters.recommendation.models import Scores, top_k

QUESTIONS = {"next": "repeats allowed", "new": "new products only"}
BATCH = 512
"""Customers scored at a time: a dense matrix of all customers and products would not fit."""
RANDOM, ALL_TIME, RECENT, AGAIN = "Random", "Popular of all time", "Popular lately", "Buy again"
HABITS, NEIGHBOURS, EASE, ALS = "Habits", "Nearest neighbours", "EASE", "ALS"
LIGHTFM, HYBRID, CONTENT, BLEND = "LightFM", "LightFM hybrid", "Content", "Blend"
COMPONENTS = (EASE, NEIGHBOURS, LIGHTFM, RECENT, HABITS)
"""What a blend is made of: one model of each kind of evidence."""
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Weights that tuning tries, each in units of the component's own spread."""
ROUNDS = 2
TUNING_ROWS = 4000
"""Customers on whom the blend is tuned at most, drawn at random: their scores are all held at once."""
SCALE_ROWS = 500
"""Customers whose scores say how far a component's scores spread."""


@dataclass(frozen=True)
class Options:
    """How the models are fitted and compared."""

    k: int
    seed: int
    recent_days: float
    half_life: float
    habit_half_life: float
    nearest: int
    ease_penalty: float
    ease_products: int
    als_factors: int
    lightfm: Settings
    als_iterations: int = 10
    price_bands: int = 8
    """Groups of equal size that prices are cut into."""
    draws: int = 1000
    """Resamples behind each interval."""


def options_from(section: Mapping[str, Any], seed: int) -> Options:
    """Return what a chapter's parameters ask for.

    Raises:
        StudyError: a number is below what makes sense.
    """
    counts = ("k", "neighbours", "ease_products", "als_factors", "components", "epochs", "hybrid_epochs")
    for name in (*counts, "horizon_days", "rule_orders"):
        if section[name] < 1:
            raise StudyError(f"recommendation.{name} is {section[name]}, but should be at least 1.")
    for name in ("recent_days", "half_life", "habit_half_life", "lightfm_half_life", "ease_penalty"):
        if section[name] <= 0:
            raise StudyError(f"recommendation.{name} is {section[name]}, but should be above 0.")
    bounds = section["activity"]
    if len(bounds) != 2 or not 1 < bounds[0] < bounds[1]:
        raise StudyError(
            f"recommendation.activity is {bounds}, but should be two numbers of orders, the lower one first and "
            "above 1, such as [2, 5]."
        )
    plain = {name: section[name] for name in Options.__dataclass_fields__ if name in section}
    fitted = Settings(
        components=section["components"],
        epochs=section["epochs"],
        hybrid_epochs=section["hybrid_epochs"],
        half_life=section["lightfm_half_life"],
        seed=seed,
    )
    return Options(**plain, seed=seed, nearest=section["neighbours"], lightfm=fitted)


Weights = Mapping[str, float]
"""Component -> weight, in units of one over its scale."""


class Blend(NamedTuple):
    """A weighted sum of components, each divided by how far its scores spread."""

    weights: Weights
    scales: Mapping[str, float]

    def of(self, scores: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the blend of the components' scores for some customers."""
        return sum(weight / self.scales[name] * scores[name] for name, weight in self.weights.items() if weight)


def fit_plain(train: Interactions, options: Options, only: Collection[str] | None = None) -> dict[str, Scores]:
    """Fit the models that need nothing but the interactions, LightFM aside: all of them, or those named."""
    makers: dict[str, Callable[[], Scores]] = {
        RANDOM: lambda: recommenders.random_order(train, options.seed),
        ALL_TIME: lambda: recommenders.popularity(train),
        RECENT: lambda: recommenders.recent_popularity(train, options.recent_days),
        AGAIN: lambda: recommenders.buy_again(train),
        HABITS: lambda: recommenders.habits(train, options.habit_half_life),
        NEIGHBOURS: lambda: recommenders.neighbours(train, options.half_life, options.nearest),
        EASE: lambda: recommenders.ease(train, options.half_life, options.ease_penalty, options.ease_products),
        ALS: lambda: recommenders.als(
            train, options.half_life, options.als_factors, options.als_iterations, options.seed
        ),
    }
    return {name: fit() for name, fit in makers.items() if only is None or name in only}


def component_scales(models: Mapping[str, Scores], train: Interactions) -> dict[str, float]:
    """Return how far the scores of each component spread over the products: mean standard deviation of a customer.

    One number for all customers keeps what a model says of how sure it is: a customer's strong habits stay
    strong beside those of one who hardly buys.
    """
    rows = np.unique(np.linspace(0, len(train.customers) - 1, SCALE_ROWS).astype(int))
    scales = {}
    for name in [name for name in COMPONENTS if name in models]:
        spread = float(np.mean(models[name](rows).std(axis=1)))
        scales[name] = spread if spread > 0 else 1.0
    return scales


class Evaluation(NamedTuple):
    """What each model recommended in one window, and what it was worth."""

    split: Split
    k: int
    lists: dict[str, dict[str, np.ndarray]]
    """Question -> model -> customers x k columns of products."""
    measures: dict[str, dict[str, pd.DataFrame]]
    """Question -> model -> measures, a row a customer of `split.rows[question]`."""

    def values(self, question: str, model: str, measure: str = "precision") -> np.ndarray:
        """Return one measure of one model, a value a customer."""
        return self.measures[question][model][measure].to_numpy()

    def mean(self, question: str, model: str, measure: str = "precision") -> float:
        """Return one measure of one model, averaged over the customers."""
        return float(self.values(question, model, measure).mean())


def evaluate(
    split: Split, models: Mapping[str, Scores], k: int, blends: Mapping[str, Blend] | None = None
) -> Evaluation:
    """Let every model recommend to every evaluated customer, in both questions.

    Args:
        split: of the window.
        models: fitted on `split.train`.
        k: length of the lists.
        blends: question -> blend of these models; it is evaluated in its own question.
    """
    blends = blends or {}
    wanted = {question: [*models, *([BLEND] if question in blends else [])] for question in QUESTIONS}
    lists = {q: {name: np.full((len(split.rows[q]), k), -1) for name in wanted[q]} for q in QUESTIONS}
    for rows in batches(split.rows["next"]):
        scores = {name: model(rows) for name, model in models.items()}
        for question in QUESTIONS:
            asked = np.isin(rows, split.rows[question])
            places = np.searchsorted(split.rows[question], rows[asked])
            if not len(places):
                continue
            known = split.train.seen[rows[asked]] if question == "new" else None
            for name in wanted[question]:
                values = blends[question].of(scores) if name == BLEND else scores[name]
                lists[question][name][places] = top_k(values[asked], k, known)
    measures = {
        q: {name: per_customer(found, split.relevant[q][split.rows[q]]) for name, found in lists[q].items()}
        for q in QUESTIONS
    }
    return Evaluation(split, k, lists, measures)


def batches(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield rows in batches, in their order."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def tune(
    split: Split, models: Mapping[str, Scores], scales: Mapping[str, float], options: Options
) -> dict[str, dict[str, float]]:
    """Return for each question the weights whose blend is most precise in this window.

    Coordinate search: from the best single component, one weight after the other takes the value that helps most,
    in so many rounds. A weight changes only for a better precision, so that ties keep the simpler blend.

    Args:
        split: of the earlier window; the test window must not be seen here.
        models: fitted on `split.train`.
        scales: of the components.
        options: for the length of the lists and the seed.
    """
    found = {}
    for question in QUESTIONS:
        rows = split.rows[question]
        if len(rows) > TUNING_ROWS:
            rows = np.sort(np.random.default_rng(options.seed).choice(rows, TUNING_ROWS, replace=False))
        if not len(rows):
            found[question] = dict.fromkeys(COMPONENTS, 1.0)
            continue
        known = split.train.seen[rows] if question == "new" else None
        names = [name for name in COMPONENTS if question == "next" or name != HABITS]
        scores = {name: (models[name](rows) / scales[name]).astype(np.float32) for name in names}
        relevant = split.relevant[question][rows].toarray() > 0
        found[question] = dict.fromkeys(COMPONENTS, 0.0) | _search(scores, relevant, known, options.k)
    return found


def _search(
    scores: dict[str, np.ndarray], relevant: np.ndarray, known: sparse.csr_matrix | None, k: int
) -> dict[str, float]:
    """Return the weights of the coordinate search."""

    def precision(weights: Weights) -> float:
        blend = sum(np.float32(weight) * scores[name] for name, weight in weights.items() if weight)
        return float(np.take_along_axis(relevant, top_k(blend, k, known), axis=1).mean())

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


def compared(evaluation: Evaluation, question: str, options: Options) -> pd.DataFrame:
    """Return what each model is worth, to customers and to the shop, the most precise first.

    Returns:
        `model`, the measures of `per_customer` averaged, `low` and `high` (interval of the precision), `coverage`,
        `novelty` (bits), `head` (share of places taken by the most bought tenth of the products).
    """
    train = evaluation.split.train
    rows = []
    for model, measures in evaluation.measures[question].items():
        precision = interval(measures["precision"].to_numpy(), options)
        shop = reach(evaluation.lists[question][model], train.popularity, len(train.customers))
        means = {name: float(measures[name].mean()) for name in MEASURES}
        rows.append({"model": model, **means, "low": precision.low, "high": precision.high, **shop._asdict()})
    found = pd.DataFrame(rows).sort_values(["precision", "model"], ascending=[False, True], ignore_index=True)
    return found[["model", "precision", "low", "high", *[m for m in MEASURES if m != "precision"], *shop._fields]]


def interval(values: np.ndarray, options: Options) -> Interval:
    """Return the mean of a measure of customers with its bootstrap interval."""
    return bootstrap(_mean, values, seed=options.seed, draws=options.draws)


def _mean(values: np.ndarray) -> float:
    return float(values.mean())


def difference(evaluation: Evaluation, question: str, model: str, other: str, options: Options) -> Interval:
    """Return how far a model's precision is above another's, paired by customer, with its interval."""
    one, two = evaluation.values(question, model), evaluation.values(question, other)
    return bootstrap(mean_difference, one, two, seed=options.seed, draws=options.draws)


def differences(evaluation: Evaluation, question: str, options: Options) -> pd.DataFrame:
    """Return each model's paired difference to the baselines: `model, against, difference, low, high`."""
    rows = []
    for against in (AGAIN, RECENT) if question == "next" else (RECENT,):
        for model in evaluation.measures[question]:
            if model not in (against, RANDOM):
                found = difference(evaluation, question, model, against, options)
                rows.append({"model": model, "against": against, **found._asdict()})
    return pd.DataFrame(rows).rename(columns={"value": "difference"})


def best_model(evaluation: Evaluation, question: str) -> str:
    """Return the most precise model of a window, ties to the first fitted."""
    models = list(evaluation.measures[question])
    return max(models, key=lambda model: evaluation.mean(question, model))


class Offers(NamedTuple):
    """What every customer is offered, in one question."""

    lists: np.ndarray
    """Customers x k, columns of products; -1 is an empty place."""
    scores: np.ndarray


def offers(
    train: Interactions,
    models: Mapping[str, Scores],
    k: int,
    choices: Mapping[str, str | Blend],
    new_only: Collection[str] = ("new",),
) -> dict[str, Offers]:
    """Return a list for every customer in each question.

    Args:
        train: everything known.
        models: fitted on it; only those that are needed.
        k: length of the lists.
        choices: question -> name of a model, or a blend of models.
        new_only: questions in which nobody is offered what they have bought.
    """
    everybody = np.arange(len(train.customers))
    found = {q: ([], []) for q in choices}
    for rows in batches(everybody):
        scores = {name: model(rows) for name, model in models.items()}
        for question, choice in choices.items():
            values = choice.of(scores) if isinstance(choice, Blend) else scores[choice]
            best = top_k(values, k, train.seen[rows] if question in new_only else None)
            found[question][0].append(best)
            found[question][1].append(np.take_along_axis(np.asarray(values), np.maximum(best, 0), axis=1))
    return {q: Offers(np.concatenate(best), np.concatenate(values)) for q, (best, values) in found.items()}

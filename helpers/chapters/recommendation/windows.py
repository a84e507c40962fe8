"""The windows of chapter 08: an earlier one in which every choice is made, and the test window that judges it.

The one ends where the other starts, and both are as long. All customers are split at the same date, so nothing
that was bought in a window is known to a model, nor to a feature, that is judged in it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

import narwhals as nw
import pandas as pd
from scipy import sparse

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.chapters.recommendation import cold_start
from helpers.chapters.recommendation import models as recommenders
from helpers.chapters.recommendation.evaluation import (
    ALL_TIME,
    BLEND,
    COMPONENTS,
    CONTENT,
    HYBRID,
    LIGHTFM,
    QUESTIONS,
    Blend,
    Evaluation,
    Offers,
    Options,
    best_model,
    component_scales,
    evaluate,
    fit_plain,
    offers,
    tune,
)
from helpers.chapters.recommendation.interactions import Interactions, Split, catalogue, interactions, split
from helpers.chapters.recommendation.lightfm import (
    Hybrid,
    customer_features,
    hybrid,
    learning_curve,
    product_features,
    warp,
)
from helpers.chapters.recommendation.models import Scores
from helpers.customers.scores import score
from helpers.customers.snapshots import cut_offs, observe

SCORES = 5
"""Groups into which recency, frequency and money rank customers as of a cut-off."""
CURVE_STOPS = 5
"""Stops of the learning curve."""


class Plan(NamedTuple):
    """The cut-offs of a study, or why it has none."""

    earlier: datetime | None
    test: datetime | None
    days: int
    why: str
    """Why there is no test window; empty where there is one."""


def plan(lines: nw.LazyFrame, cut_off: str | None, days: int) -> Plan:
    """Return the cut-offs that a ledger allows: the one asked for, or the last with a whole horizon after it.

    Raises:
        StudyError: the cut-off asked for is no date, or outside the ledger, or too near to its start.
    """
    if days < 1:
        raise StudyError(f"recommendation.horizon_days is {days}, but a window needs at least one day.")
    if "ordered_at" not in lines.collect_schema().names():
        return Plan(None, None, days, "The source has no dates, so there is no before and no after.")
    try:
        found = cut_offs(lines, days, 2, cut_off)
    except StudyError as error:
        if cut_off is not None:
            raise
        return Plan(None, None, days, str(error))
    return Plan(found[0] if len(found) > 1 else None, found[-1], days, "")


class Window(NamedTuple):
    """One window with all models fitted before it and judged in it."""

    evaluation: Evaluation
    models: dict[str, Scores]
    hybrid: Hybrid | None
    described: pd.DataFrame
    """Features of the customers as of the cut-off, in the order of the interactions."""
    products: pd.DataFrame
    curve: pd.DataFrame
    """Precision of LightFM by epochs: `epochs`, and a column a question."""
    weights: dict[str, dict[str, float]]
    """Question -> component -> weight of the blend."""

    @property
    def split(self) -> Split:
        """The split of the window."""
        return self.evaluation.split

    def without_models(self) -> "Window":
        """Return the window without its models, which are large and not needed once it has been judged."""
        return self._replace(models={}, hybrid=None)


def window(
    lines: nw.LazyFrame,
    cut_off: datetime,
    *,
    options: Options,
    plan: Plan,
    engine: DuckDBEngine,
    weights: dict[str, dict[str, float]] | None = None,
) -> Window | None:
    """Fit every model before a cut-off and evaluate it after; None where no customer known before buys after.

    Args:
        lines: of `interactions.keyed`.
        cut_off: first moment of the window.
        options: of the models.
        plan: for the window's length.
        engine: where the lines live.
        weights: of the blends; without them they are tuned in this window.
    """
    days = plan.days
    apart = split(lines, cut_off, cut_off + timedelta(days=days))
    if not len(apart.rows["next"]):
        return None
    known = lines.filter(nw.col("ordered_at") < nw.lit(cut_off))
    products = catalogue(known, apart.train)
    described = described_at(lines, cut_off, days, apart.train, engine)
    models = fit_plain(apart.train, options)
    # the curve is read where choices are made; in the test window only its end counts
    stops = CURVE_STOPS if weights is None else 1
    step = max(1, -(-options.lightfm.epochs // stops))
    curve, models[LIGHTFM] = learning_curve(
        apart.train, options.lightfm, step, lambda scores: _precision(apart, scores, options.k)
    )
    mixed = hybrid(
        apart.train, customer_features(described), product_features(products, options.price_bands), options.lightfm
    )
    models[HYBRID] = mixed.scores
    if (content := content_scores(apart.train, products, options)) is not None:
        models[CONTENT] = content
    scales = component_scales(models, apart.train)
    if weights is None:
        weights = tune(apart, models, scales, options)
    blends = {question: Blend(weights[question], scales) for question in QUESTIONS}
    judged = evaluate(apart, models, options.k, blends)
    return Window(judged, models, mixed, described, products, curve, weights)


def _precision(apart: Split, scores: Scores, k: int) -> dict[str, float]:
    judged = evaluate(apart, {LIGHTFM: scores}, k)
    return {question: judged.mean(question, LIGHTFM) for question in QUESTIONS if len(apart.rows[question])}


def likeness(train: Interactions, products: pd.DataFrame, nearest: int) -> sparse.csr_matrix:
    """Return how alike products are, for reasons: by common customers or, where nobody bought two, by words."""
    similar = recommenders.similar_items(train, nearest)
    texts = content_texts(products) if not similar.nnz else None
    if texts is None:
        return similar
    alike = sparse.csr_matrix(texts @ texts.T)
    alike.setdiag(0)
    alike.eliminate_zeros()
    return alike


def content_scores(train: Interactions, products: pd.DataFrame, options: Options) -> Scores | None:
    """Return the content-based model; None where products have no words."""
    texts = content_texts(products)
    return None if texts is None else recommenders.by_content(train, texts, options.half_life)


def content_texts(products: pd.DataFrame) -> sparse.csr_matrix | None:
    """Return weights of the words of names and categories; None where there are none."""
    words = products["product_name"].where(products["named"], "")
    if "category" in products:
        words = words + " " + products["category"].fillna("")
    return recommenders.text_weights(words.tolist())


def described_at(
    lines: nw.LazyFrame, cut_off: datetime, days: int, train: Interactions, engine: DuckDBEngine
) -> pd.DataFrame:
    """Return what was known of each customer at the cut-off: scores of recency, frequency, money, and the country.

    The segment in the table of customers knows the whole ledger, so it would carry the future into the past.
    """
    needed = {"order_id", "ordered_at", "revenue"}
    if not needed <= set(lines.collect_schema().names()):
        return pd.DataFrame(index=range(len(train.customers)))
    seen = observe(lines, lines.head(0), cut_off, days, engine).customers
    scores, _ = score(seen, SCORES)
    found = scores.assign(customer_id=seen["customer_id"])
    if "country" in seen:
        found["country"] = seen["country"]
    return found.set_index("customer_id").reindex(train.customers).reset_index(drop=True)


class Choice(NamedTuple):
    """What is recommended in the end, chosen in the earlier window."""

    models: dict[str, str]
    """Question -> name of the model."""
    weights: dict[str, dict[str, float]]
    tuned: bool
    """Whether there was an earlier window to choose in."""

    @property
    def hybrid(self) -> bool:
        """Whether the hybrid is what is left to recommend with."""
        return HYBRID in self.models.values()


def choose(earlier: Window | None) -> Choice:
    """Return the best models of the earlier window; without one, a blend of equal weights."""
    if earlier is None:
        return Choice(dict.fromkeys(QUESTIONS, BLEND), equal_weights(), False)
    best = {
        question: best_model(earlier.evaluation, question) if len(earlier.split.rows[question]) else BLEND
        for question in QUESTIONS
    }
    return Choice(best, earlier.weights, True)


def without_evaluation(customers: pd.DataFrame, features: Collection[str]) -> Choice:
    """Return what to recommend with where nothing can be evaluated: features, or else popularity."""
    name = HYBRID if len(shared_features(customers, features).columns) else ALL_TIME
    return Choice(dict.fromkeys(QUESTIONS, name), equal_weights(), False)


def equal_weights() -> dict[str, dict[str, float]]:
    """Return blends in which every component has a say."""
    return {question: dict.fromkeys(COMPONENTS, 1.0) for question in QUESTIONS}


def shared_features(customers: pd.DataFrame, features: Collection[str]) -> pd.DataFrame:
    """Return those of the features that the customers have, by `customer_id`."""
    there = [name for name in features if name in customers and customers[name].notna().any()]
    return customers.set_index("customer_id")[there]


class Final(NamedTuple):
    """The chosen models fitted on everything, and what they offer to every customer."""

    train: Interactions
    products: pd.DataFrame
    offers: dict[str, Offers]
    """By question; and `content`, the content-based model's, where nothing could be evaluated."""
    hybrid: Hybrid | None
    described: pd.DataFrame
    """Features of the customers, in the order of the interactions."""


def final(
    lines: nw.LazyFrame, choice: Choice, options: Options, customers: pd.DataFrame, features: Collection[str]
) -> Final:
    """Fit the chosen models on the whole ledger and let them recommend to every customer.

    Args:
        lines: of `interactions.keyed`.
        choice: of `choose`.
        options: of the models.
        customers: table of customers, for the hybrid.
        features: columns of it that are features.
    """
    train = interactions(lines)
    products = catalogue(lines, train)
    described = shared_features(customers, features).reindex(train.customers).reset_index(drop=True)
    blended = [q for q, name in choice.models.items() if name == BLEND]
    needed = {name for q in blended for name, weight in choice.weights[q].items() if weight}
    needed |= set(choice.models.values()) - {BLEND}
    models = fit_plain(train, options, only=needed)
    mixed = None
    if LIGHTFM in needed:
        models[LIGHTFM] = warp(train, options.lightfm)
    if HYBRID in needed:
        told = product_features(products, options.price_bands)
        mixed = hybrid(train, customer_features(described), told, options.lightfm)
        models[HYBRID] = mixed.scores
    if CONTENT in needed:
        models[CONTENT] = content_scores(train, products, options)
    scales = component_scales(models, train)
    choices = {q: Blend(choice.weights[q], scales) if q in blended else name for q, name in choice.models.items()}
    # where nothing could be evaluated there is no habit either: what they have is not offered again
    blind = not blended and not choice.tuned
    if blind and CONTENT not in models and (content := content_scores(train, products, options)) is not None:
        models[CONTENT] = content
        choices["content"] = CONTENT
    known = tuple(choices) if blind else ("new",)
    return Final(train, products, offers(train, models, options.k, choices, known), mixed, described)


def hidden_customers(
    lines: nw.LazyFrame, customers: pd.DataFrame, features: Collection[str], options: Options
) -> pd.DataFrame:
    """Test recommendations from features on customers hidden in turn: the frame of `cold_start.compare`."""
    train = interactions(lines)
    described = shared_features(customers, features).reindex(train.customers).reset_index(drop=True)
    return cold_start.hidden(train, catalogue(lines, train), described, options)


def kinds_of_strangers(test: Window | None, ready: Final, features: Collection[str]) -> pd.DataFrame:
    """Return what newcomers of each kind would be offered, by the hybrid there is: `cold_start.by_feature`."""
    if ready.hybrid is not None:
        mixed, described, products = ready.hybrid, ready.described, ready.products
    elif test is not None:
        mixed, products = test.hybrid, test.products
        described = test.described[[name for name in features if name in test.described]]
    else:
        return pd.DataFrame()
    return cold_start.by_feature(mixed, described, products["product_name"].to_numpy(), shown=3, groups=5)

"""Three families of models that say how probable a purchase is, and how one of them is chosen.

All of it happens on training data: customers at cut-offs before the last one, in folds that keep a customer's rows
together. The last cut-off is for the test alone.
"""

import warnings
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline as SamplingPipeline
from scipy.stats import rankdata
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, precision_score, recall_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from helpers.base.errors import StudyError, nearest
from helpers.chapters.purchase_prediction.features import Snapshot, complete, long_tailed
from helpers.predicting.folds import Folds, grouped_folds

FAMILIES = {"logistic": "Logistic regression", "boosting": "Gradient boosting", "network": "Neural network"}
"""From the simplest to the least: a later family must earn its place."""
ACTIVATIONS = ("relu", "tanh", "logistic", "identity")
PENALTIES = (0.001, 0.01, 0.1, 1.0)
"""Values of C, the inverse of the L2 penalty, that are tried for the logistic regression; the strongest first."""
BOOSTING = ({"max_leaf_nodes": 4, "max_iter": 150}, {"max_leaf_nodes": 8, "max_iter": 100})
"""Small trees, learned slowly: customers are few and the outcome is noisy."""
CLEARLY = 2.0
"""Standard errors by which a more complicated model must be better than a simpler one."""
MATERIAL = 0.002
"""AUC by which it must be better in any case: nearly the same models differ surely, and by nothing."""
EPOCHS = 120
"""Passes over the training data after which a network stops in any case."""


class Training(NamedTuple):
    """Customers at past cut-offs with their outcome; a customer may be in it once for each cut-off."""

    inputs: pd.DataFrame
    """Features as the models see them: long tails as logarithms."""
    bought: np.ndarray
    spend: np.ndarray
    customers: np.ndarray
    period: np.ndarray
    """Number of the cut-off of each row, from 0."""
    splits: Folds
    """Rows to learn from and rows to judge by, for each fold (`forward_folds`)."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.bought)


class Network(NamedTuple):
    """The grid of the neural network."""

    layers: Sequence[Sequence[int]] = ((8,), (16, 8))
    activations: Sequence[str] = ("relu", "tanh")
    penalties: Sequence[float] = (0.1, 10.0)
    members: int = 5
    """Networks from different starts whose mean is the final network's answer."""

    def checked(self) -> "Network":
        """Return the grid, after checking that networks can be made of it.

        Raises:
            StudyError: naming the parameter and the value.
        """
        if not self.layers or any(not sizes or min(sizes) < 1 for sizes in self.layers):
            raise StudyError(
                f"purchase_prediction.network_layers is {self.layers}: give sizes such as [[16], [16, 8]]."
            )
        for activation in self.activations:
            if activation not in ACTIVATIONS:
                raise StudyError(
                    "purchase_prediction.network_activations names "
                    f"{activation!r}{nearest(activation, ACTIVATIONS)}"
                )
        if not self.activations or not self.penalties or min(self.penalties) < 0 or self.members < 1:
            raise StudyError(
                "purchase_prediction: a network needs at least one activation, penalties of 0 or more and one "
                "member."
            )
        return self


class Candidate(NamedTuple):
    """One model to try: its family and what is set in it."""

    family: str
    settings: Mapping[str, Any]

    @property
    def words(self) -> str:
        """The settings, for a table."""
        return ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in self.settings.items())


class Tried(NamedTuple):
    """A candidate with what it reached on the training folds."""

    candidate: Candidate
    fold_aucs: list[float]
    probabilities: np.ndarray
    """Of every row that was judged, from the model that did not see it; nan for the others."""

    @property
    def auc(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.fold_aucs))


def as_inputs(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the features without holes and without long tails: log(1 + x) of amounts, counts and days."""
    numbers = complete(customers)
    tails = long_tailed(list(numbers))
    numbers[tails] = np.log1p(numbers[tails].clip(lower=0))
    return numbers


def training_of(snapshots: Sequence[Snapshot], folds: int, seed: int) -> Training:
    """Stack the customers of past cut-offs, and divide them into folds.

    Raises:
        StudyError: there are fewer customers than folds, or all of them bought, or none.
    """
    customers = np.concatenate([s.customers["customer_id"].to_numpy() for s in snapshots])
    bought = np.concatenate([s.bought for s in snapshots])
    check_outcome(bought, customers, folds)
    period = np.repeat(np.arange(len(snapshots)), [s.rows for s in snapshots])
    return Training(
        pd.concat([as_inputs(s.customers) for s in snapshots], ignore_index=True),
        bought,
        np.concatenate([s.spend for s in snapshots]),
        customers,
        period,
        forward_folds(bought, customers, period, folds, seed),
    )


def forward_folds(bought: np.ndarray, customers: np.ndarray, period: np.ndarray, folds: int, seed: int) -> Folds:
    """Return folds that look into the future as the test does: learn from earlier cut-offs, judge at the last one.

    Customers are divided into folds, and whoever is judged was not learned from at any date. Where there is only
    one cut-off, its own customers are learned from.
    """
    divided = grouped_folds(customers, folds, seed, labels=bought)
    last = period.max()
    if last == 0:
        return divided
    return [(learn[period[learn] < last], judge[period[judge] == last]) for learn, judge in divided]


def check_outcome(bought: np.ndarray, customers: np.ndarray, folds: int) -> None:
    """Check that there is something to learn.

    Raises:
        StudyError: there are fewer customers than folds, or all outcomes are the same, or nearly so.
    """
    distinct = len(set(customers))
    if distinct < folds:
        raise StudyError(
            f"There are {distinct} customers before the last cut-off, fewer than the {folds} folds: lower "
            "purchase_prediction.folds, or wait for more customers."
        )
    least = min(len(set(customers[bought])), len(set(customers[~bought])))
    if least < folds:
        kind = "bought again" if bought.mean() < 0.5 else "did not buy again"
        raise StudyError(
            f"Only {least} of {distinct} customers {kind} within the horizon, fewer than the {folds} folds: there "
            "are not two outcomes to tell apart. Change purchase_prediction.horizon_days."
        )


def check_settings(days: int, at_most: int, folds: int, draws: int) -> None:
    """Check the numbers that a study file gives this chapter.

    Raises:
        StudyError: naming the parameter and the value.
    """
    least = {
        "horizon_days": (days, 1),
        "cut_offs_at_most": (at_most, 2),
        "folds": (folds, 2),
        "resamples": (draws, 50),
    }
    for name, (given, lowest) in least.items():
        if given < lowest:
            raise StudyError(f"purchase_prediction.{name} is {given}, but should be at least {lowest}.")


def candidates(network: Network) -> list[Candidate]:
    """Return every model to try, by family, the simplest settings first."""
    grid = [
        {"layers": tuple(layers), "activation": activation, "penalty": penalty, "early_stopping": stop}
        for layers, penalty, activation, stop in product(
            network.layers, sorted(network.penalties, reverse=True), network.activations, (True, False)
        )
    ]
    return [
        *(Candidate("logistic", {"C": penalty}) for penalty in PENALTIES),
        *(Candidate("boosting", settings) for settings in BOOSTING),
        *(Candidate("network", settings) for settings in grid),
    ]


def build(candidate: Candidate, seed: int, weight: str | None = None) -> Pipeline:
    """Return an untrained model.

    Args:
        candidate: what to build.
        seed: of its random choices.
        weight: `balanced` weighs both outcomes alike, however many customers have each.
    """
    return Pipeline([("scale", StandardScaler()), ("model", _model(candidate, seed, weight))])


def _model(candidate: Candidate, seed: int, weight: str | None) -> ClassifierMixin:
    settings = dict(candidate.settings)
    if candidate.family == "logistic":
        return LogisticRegression(**settings, class_weight=weight, max_iter=5000)
    if candidate.family == "boosting":
        slow = {"learning_rate": 0.04, "min_samples_leaf": 40, "l2_regularization": 5.0, "max_features": 0.5}
        own = settings | slow | {"early_stopping": False, "class_weight": weight}
        return HistGradientBoostingClassifier(**own, random_state=seed)
    return MLPClassifier(
        hidden_layer_sizes=tuple(settings["layers"]),
        activation=settings["activation"],
        alpha=settings["penalty"],
        early_stopping=settings["early_stopping"],
        n_iter_no_change=8,
        max_iter=EPOCHS if settings["early_stopping"] else EPOCHS // 4,
        learning_rate_init=0.003,
        batch_size=128,
        random_state=seed,
    )


def fit(
    candidate: Candidate, inputs: pd.DataFrame, bought: np.ndarray, seed: int, members: int = 1
) -> list[Pipeline]:
    """Return a trained model: one, or for a network as many as asked for, from different starts.

    A network's answer depends on where it starts; the mean of several is steadier than any of them.
    """
    count = members if candidate.family == "network" else 1
    return [fitted(build(candidate, seed + member), inputs, bought) for member in range(count)]


def fitted(model: Pipeline, inputs: pd.DataFrame, bought: np.ndarray) -> Pipeline:
    """Return a model after training. A network that ends after its last epoch is meant to: that is no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, bought)


def predict(models: Sequence[Pipeline], inputs: pd.DataFrame) -> np.ndarray:
    """Return the probability of a purchase: the mean of the models' answers."""
    return np.mean([model.predict_proba(inputs)[:, 1] for model in models], axis=0)


def try_out(candidate: Candidate, training: Training, features: Sequence[str], seed: int) -> Tried:
    """Return what a candidate reaches on the training folds, each judged by customers it did not see."""
    inputs, found = training.inputs[list(features)], np.full(training.rows, np.nan)
    aucs = []
    for learn, judge in training.splits:
        model = fitted(build(candidate, seed), inputs.iloc[learn], training.bought[learn])
        found[judge] = model.predict_proba(inputs.iloc[judge])[:, 1]
        aucs.append(auc(training.bought[judge], found[judge]))
    return Tried(candidate, aucs, found)


def choose(tried: Sequence[Tried], family: str | None = None) -> Tried:
    """Return the model to use: the simplest that no other one clearly beats on the training folds.

    Clearly: by more than `MATERIAL` and by more than `CLEARLY` standard errors of the differences fold by fold.
    (Breiman, Friedman, Olshen and Stone, 1984, ask for one; of many candidates one beats another by chance.)

    Args:
        tried: candidates in the order of `candidates`, the simplest first.
        family: one of `FAMILIES`, to choose within it.
    """
    eligible = [t for t in tried if family in (None, t.candidate.family)]
    chosen = eligible[0]
    for other in eligible[1:]:
        gain = np.array(other.fold_aucs) - np.array(chosen.fold_aucs)
        if gain.mean() > max(MATERIAL, CLEARLY * gain.std(ddof=1) / np.sqrt(len(gain))):
            chosen = other
    return chosen


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve: how often a buyer scores above a non-buyer (ties count half).

    By ranks (Mann and Whitney, 1947), several times as fast as tracing the curve, which thousands of resamples
    feel. nan where only one outcome is there.
    """
    positive = int(np.count_nonzero(labels))
    negative = len(labels) - positive
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(scores)[np.asarray(labels, dtype=bool)].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))


def auc_gain(labels: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return how far one model's AUC is above another's on the same customers."""
    return auc(labels, one) - auc(labels, other)


def measures(labels: np.ndarray, probabilities: np.ndarray, threshold: float) -> dict[str, float]:
    """Return `auc`, `pr_auc`, `brier`, and at the threshold `accuracy`, `precision`, `recall` and `f1`."""
    said = probabilities >= threshold
    return {
        "auc": auc(labels, probabilities),
        "pr_auc": float(average_precision_score(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "accuracy": float(np.mean(said == labels)),
        "precision": float(precision_score(labels, said, zero_division=0)),
        "recall": float(recall_score(labels, said, zero_division=0)),
        "f1": float(f1_score(labels, said, zero_division=0)),
    }


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(str(part) for part in value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


NEIGHBOURS = 5


METHODS = {"none": "As they are", "weights": "Weights", "smote": "SMOTE in training folds"}


def balanced(candidate: Candidate, method: str, labels: np.ndarray, seed: int) -> SamplingPipeline:
    """Return an untrained model that balances the outcomes when it is fitted, and never when it predicts.

    Args:
        candidate: the model.
        method: one of `METHODS`.
        labels: of the rows it will be fitted on; SMOTE needs some of each.
        seed: of the model and of SMOTE.
    """
    model = build(candidate, seed, weight="balanced" if method == "weights" else None)
    if method != "smote":
        return model
    rarer = int(min(np.count_nonzero(labels), np.count_nonzero(~labels)))
    sampler = SMOTE(k_neighbors=max(1, min(NEIGHBOURS, rarer - 1)), random_state=seed)
    return SamplingPipeline([model.steps[0], ("smote", sampler), model.steps[1]])


def compare_balance(
    training: Training, features: Sequence[str], models: Sequence[Candidate], seed: int
) -> pd.DataFrame:
    """Return what each way of balancing reaches on the training folds.

    Returns:
        A row a model and way: `family`, `method`, the measures of `measures` at a half, and `excess`: mean
        probability less the share that bought, 0 for a model that promises what happens.
    """
    inputs = training.inputs[list(features)]
    rows = []
    for candidate in models:
        for method in METHODS:
            found = np.full(training.rows, np.nan)
            for learn, judge in training.splits:
                labels = training.bought[learn]
                model = balanced(candidate, method, labels, seed).fit(inputs.iloc[learn], labels)
                found[judge] = model.predict_proba(inputs.iloc[judge])[:, 1]
            seen = ~np.isnan(found)
            reached = measures(training.bought[seen], found[seen], 0.5)
            excess = float(found[seen].mean() - training.bought[seen].mean())
            rows.append({"family": candidate.family, "method": method, **reached, "excess": excess})
    return pd.DataFrame(rows)

"""From a ledger to a tested model: cut-offs, training folds, the choice, and the one look at the test."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.base.sampling import Interval, bootstrap
from helpers.chapters.purchase_prediction.features import REFERENCE, Snapshot, end_of, features_of, snapshot
from helpers.chapters.purchase_prediction.models import (
    FAMILIES,
    Candidate,
    Training,
    Tried,
    as_inputs,
    auc,
    auc_gain,
    build,
    choose,
    fit,
    measures,
    predict,
    training_of,
)
from helpers.chapters.purchase_prediction.selection import Selection
from helpers.chapters.purchase_prediction.targeting import Costs, best_threshold, tenths
from helpers.customers.snapshots import cut_offs
from helpers.predicting.audit import unusable

REFERENCE_MODEL = Candidate("logistic", {"C": 1.0})
"""Logistic regression on the logarithms of recency, frequency and monetary, hardly penalised: what any model must
beat to be worth its features."""


class Ledger(NamedTuple):
    """Customers of a ledger at its cut-offs: those to learn from, those to be tested on, and those of today."""

    past: list[Snapshot]
    test: Snapshot
    now: Snapshot
    training: Training
    unusable: dict[str, str]
    """Feature -> why it can say nothing here."""
    strangers: float
    """Share of the revenue in the test's horizon that came from customers not known at its cut-off."""


def read_ledger(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    engine: DuckDBEngine,
    *,
    days: int,
    cut_off: str | None,
    at_most: int,
    folds: int,
    seed: int,
) -> Ledger:
    """Return the customers at the cut-offs of a ledger, divided into training and test.

    Raises:
        StudyError: the ledger is too short for two cut-offs, a parameter cannot be, or there is nothing to tell
            apart.
    """
    dates = cut_offs(lines, days, at_most, cut_off)
    if len(dates) < 2:
        raise StudyError(
            f"The ledger has room for one cut-off only ({dates[0]:%Y-%m-%d}), so a model tested there would have "
            f"nothing to learn from: choose a horizon shorter than {days} days."
        )
    found = [snapshot(lines, returns, date, days, engine) for date in dates]
    now = snapshot(lines, returns, end_of(lines), days, engine, to_come=True)
    training = training_of(found[:-1], folds, seed)
    if found[-1].bought.all() or not found[-1].bought.any():
        raise StudyError(
            f"In the {days} days from {dates[-1]:%Y-%m-%d} {'every' if found[-1].bought.all() else 'no'} customer "
            "bought, so a test there could tell nothing apart: choose another cut-off or horizon."
        )
    return Ledger(found[:-1], found[-1], now, training, _unusable(found), _strangers(lines, found[-1]))


def ledger_or_reason(
    lines: nw.LazyFrame, returns: nw.LazyFrame, engine: DuckDBEngine, **asked: Any
) -> tuple[Ledger | None, str]:
    """Return what `read_ledger` returns, or why this ledger has nothing to learn from, as a sentence.

    Raises:
        StudyError: the study file itself asks for a cut-off that cannot be; that is for its author to mend.
    """
    try:
        return read_ledger(lines, returns, engine, **asked), ""
    except StudyError as error:
        if asked.get("cut_off") is not None:
            raise
        return None, str(error)


def _unusable(snapshots: Sequence[Snapshot]) -> dict[str, str]:
    """Return the features that say nothing: constant or never known, in training or at the test."""
    training = pd.concat([each.customers for each in snapshots[:-1]])
    features = features_of(training)
    found = unusable(training[features])
    at_test = unusable(snapshots[-1].customers[features])
    found |= {name: f"{why} at the test" for name, why in at_test.items() if name not in found}
    if "season_orders" in found and snapshots[0].customers["season_orders"].isna().all():
        found["season_orders"] = "asks for a year before the cut-off, which the ledger does not have"
    return {name: found[name] for name in features if name in found}


def _strangers(lines: nw.LazyFrame, test: Snapshot) -> float:
    """Return the share of the horizon's revenue from customers who first bought within it."""
    moment = nw.col("ordered_at")
    end = test.cut_off + timedelta(days=test.days)
    within = lines.filter(moment >= nw.lit(test.cut_off), moment < nw.lit(end), ~nw.col("customer_id").is_null())
    total = within.select(sum=nw.col("revenue").sum().cast(nw.Float64)).collect("pyarrow").to_native()
    revenue = total.column("sum")[0].as_py() or 0.0
    return 1 - float(test.spend.sum()) / revenue if revenue else 0.0


class Tested(NamedTuple):
    """What the models reach at the last cut-off, which none of them was chosen on."""

    probabilities: dict[str, np.ndarray]
    """By `recency` (a score, no probability), `reference` and the families of models."""
    chosen: str
    """The family that was chosen on the training folds."""
    threshold: float
    """From which a contact pays, chosen on training folds."""
    table: pd.DataFrame
    """A row a model: `model` and `measures`; `low` and `high` of the AUC."""
    gains: dict[str, Interval]
    """Difference of AUC with its interval: `recency`, `reference` (chosen less these), `network` (less
    logistic)."""

    @property
    def best(self) -> np.ndarray:
        """Probabilities of the chosen model."""
        return self.probabilities[self.chosen]


def judge_once(
    ledger: Ledger,
    selection: Selection,
    tried: Sequence[Tried],
    costs: Costs,
    *,
    seed: int,
    draws: int,
    members: int,
) -> Tested:
    """Fit the chosen model of each family on all training rows, and judge it at the last cut-off.

    Args:
        ledger: training and test.
        selection: the features.
        tried: every candidate on the training folds.
        costs: of a contact, for the threshold.
        seed: of models and resamples.
        draws: resamples of an interval.
        members: networks whose mean answers.
    """
    training, inputs, labels = ledger.training, as_inputs(ledger.test.customers), ledger.test.bought
    found = {"recency": -ledger.test.customers["recency"].to_numpy(float)}
    found["reference"] = _answers(REFERENCE_MODEL, training, inputs, list(REFERENCE), seed=seed, members=1)
    for family in FAMILIES:
        candidate = choose(tried, family).candidate
        found[family] = _answers(candidate, training, inputs, selection.kept, seed=seed, members=members)
    best = choose(tried)
    chosen = best.candidate.family
    judged = ~np.isnan(best.probabilities)
    threshold = best_threshold(best.probabilities[judged], training.spend[judged], costs)
    rows = []
    for name, scores in found.items():
        interval = bootstrap(auc, labels, scores, seed=seed, draws=draws)
        reached = {"auc": interval.value} if name == "recency" else measures(labels, scores, threshold)
        rows.append({"model": name, **reached, "low": interval.low, "high": interval.high})
    pairs = {
        "recency": (chosen, "recency"),
        "reference": (chosen, "reference"),
        "network": ("network", "logistic"),
    }
    gains = {
        name: bootstrap(auc_gain, labels, found[one], found[other], seed=seed, draws=draws)
        for name, (one, other) in pairs.items()
    }
    return Tested(found, chosen, threshold, pd.DataFrame(rows), gains)


def _answers(
    candidate: Candidate,
    training: Training,
    inputs: pd.DataFrame,
    features: list[str],
    *,
    seed: int,
    members: int,
) -> np.ndarray:
    models = fit(candidate, training.inputs[features], training.bought, seed, members)
    return predict(models, inputs[features])


def score_now(
    ledger: Ledger, features: Sequence[str], candidate: Candidate, seed: int, members: int
) -> tuple[np.ndarray, list[Pipeline]]:
    """Return today's probabilities, of a model that has learned from every cut-off, the test's included."""
    every = [*ledger.past, ledger.test]
    inputs = pd.concat([as_inputs(each.customers)[list(features)] for each in every], ignore_index=True)
    models = fit(candidate, inputs, np.concatenate([each.bought for each in every]), seed, members)
    return predict(models, as_inputs(ledger.now.customers)[list(features)]), models


def learning_curves(
    training: Training, features: Sequence[str], candidate: Candidate, epochs: int, seed: int
) -> pd.DataFrame:
    """Return how a network learns, with its penalty and without, on the first fold.

    Returns:
        A row an epoch and variant: `epoch`, `variant`, `learned` and `judged` (log loss on the rows learned from
        and on those kept back).
    """
    learn, judge = training.splits[0]
    inputs = training.inputs[list(features)]
    rows = []
    for variant, penalty in (("with the chosen penalty", candidate.settings["penalty"]), ("without penalty", 0.0)):
        settings = dict(candidate.settings) | {"penalty": penalty, "early_stopping": False}
        pipeline = build(Candidate("network", settings), seed)
        scale, network = pipeline[0], pipeline[1]
        seen, kept = scale.fit_transform(inputs.iloc[learn]), scale.transform(inputs.iloc[judge])
        for epoch in range(1, epochs + 1):
            network.partial_fit(seen, training.bought[learn], classes=[False, True])
            rows.append(
                {
                    "epoch": epoch,
                    "variant": variant,
                    "learned": log_loss(training.bought[learn], network.predict_proba(seen)[:, 1]),
                    "judged": log_loss(training.bought[judge], network.predict_proba(kept)[:, 1]),
                }
            )
    return pd.DataFrame(rows)


def weights(ledger: Ledger, features: Sequence[str], seed: int) -> pd.DataFrame:
    """Return what a penalised logistic regression makes of each feature, the strongest first.

    Returns:
        `feature` and `odds`: by how much the odds of a purchase change with one standard deviation more of it.
    """
    model = build(Candidate("logistic", {"C": 0.01}), seed)
    model.fit(ledger.training.inputs[list(features)], ledger.training.bought)
    regression: LogisticRegression = model[-1]
    frame = pd.DataFrame({"feature": list(features), "odds": np.exp(regression.coef_[0])})
    order = np.argsort(-np.abs(regression.coef_[0]), kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def by_kind(test: Snapshot, probabilities: np.ndarray) -> pd.DataFrame:
    """Return how the model does for different kinds of customers: those it knows little of, and the others.

    Returns:
        `kind`, `customers`, `expected`, `share`, `auc` (nan where all did the same).
    """
    frequency, recency = test.customers["frequency"].to_numpy(), test.customers["recency"].to_numpy()
    tenure = test.customers["tenure"].to_numpy()
    kinds = {
        "One order so far": frequency == 1,
        "Two to four orders": (frequency >= 2) & (frequency <= 4),
        "Five orders or more": frequency >= 5,
        "Known for less than the horizon": tenure < test.days,
        "Silent for longer than the horizon": recency > test.days,
    }
    rows = [
        {
            "kind": name,
            "customers": int(who.sum()),
            "expected": float(probabilities[who].mean()),
            "share": float(test.bought[who].mean()),
            "auc": auc(test.bought[who], probabilities[who]),
        }
        for name, who in kinds.items()
        if who.any()
    ]
    return pd.DataFrame(rows, columns=["kind", "customers", "expected", "share", "auc"])


def dates_table(ledger: Ledger) -> pd.DataFrame:
    """Return the cut-offs and what each is for: `cut_off`, `use`, `customers`, `share` (that bought), `spend`."""
    named = [(each, "to learn from") for each in ledger.past] + [(ledger.test, "to be tested on")]
    rows: list[dict[str, object]] = [
        {
            "cut_off": each.cut_off,
            "use": use,
            "customers": each.rows,
            "share": float(each.bought.mean()),
            "spend": float(each.spend.sum()),
        }
        for each, use in named
    ]
    rows.append({"cut_off": ledger.now.cut_off, "use": "to be contacted", "customers": ledger.now.rows})
    return pd.DataFrame(rows)


def spend_by_tenth(tested: Tested, test: Snapshot) -> pd.Series:
    """Return the mean spend of buyers at the test, indexed by tenth."""
    found = tenths(tested.best, test.bought, test.spend)
    buyers = found["share"] * found["customers"]
    return pd.Series((found["spend"] / buyers.where(buyers > 0)).fillna(0).to_numpy(), index=found["tenth"])


def horizon_end(each: Snapshot) -> datetime:
    """Return the first moment after a snapshot's horizon."""
    return each.cut_off + timedelta(days=each.days)

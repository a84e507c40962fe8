"""Predicting an amount with evidence: models tuned and chosen on training folds, measured on rows they never saw.

A `Task` says what is predicted from what, and how rows are divided. A column of the customers is divided into
folds that keep copies together; spend ahead is divided by time, and its test is the last cut-off. Either way the
settings of a model and the choice among models come from folds inside the training rows, never from the test.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from helpers.chapters.regression.models import (
    LAST,
    LINEAR,
    MEAN,
    SEARCHED,
    TREES,
    Params,
    build,
    first_settings,
    import_quietly,
    loss_of,
)
from helpers.predicting.folds import Folds, grouped_folds

LOOKS_BACK = 3
"""Cut-offs that tuning validates on: the latest ones, each by what came before it."""


@dataclass(frozen=True)
class Task:
    """What is predicted from what, and how the rows are divided."""

    target: str
    x: pd.DataFrame
    """Features, a row a customer (and cut-off)."""
    y: np.ndarray
    groups: np.ndarray
    """A label a row that training and test never share: copies of a row, or a customer at several cut-offs."""
    outer: Folds
    """Rows to learn from and to be measured on."""
    spend: bool
    """Whether the target is spend in a period and never below zero."""
    seed: int
    inner_folds: int = 3
    when: np.ndarray | None = None
    """The cut-off of each row, from 0; None where rows have no time."""
    last: np.ndarray | None = None
    """Of each row, the same amount in the period before: the simplest guess for spend ahead."""

    @property
    def tested(self) -> np.ndarray:
        """Positions of the rows that are measured on, in order."""
        return np.sort(np.concatenate([test for _, test in self.outer]))

    def inner(self, learn: np.ndarray) -> Folds:
        """Return the folds within training rows, as positions.

        Through time each of the latest cut-offs is predicted from those before it. Where a ledger has fewer than
        LOOKS_BACK of them, the choice would hang on one season: folds of customers are added.
        """
        folds: Folds = []
        if self.when is not None:
            moments = self.when[learn]
            later = np.unique(moments)[1:][-LOOKS_BACK:]
            folds = [(learn[moments < moment], learn[moments == moment]) for moment in later]
        wanted = self.inner_folds if self.when is None else LOOKS_BACK - len(folds)
        parts = min(wanted, len(np.unique(self.groups[learn])))
        if parts >= 2:
            cut = grouped_folds(self.groups[learn], parts)
            folds += [(learn[within], learn[test]) for within, test in cut]
        return folds

    def model(self, family: str, params: Params) -> Pipeline:
        """Return an unfitted model of a family."""
        return build(family, self.x, params, self.seed, spend=self.spend)

    def fitted(self, family: str, params: Params, rows: np.ndarray) -> Pipeline:
        """Return a model fitted on some rows."""
        return self.model(family, params).fit(self.x.iloc[rows], self.y[rows])

    def predict(self, model: Pipeline, rows: np.ndarray | pd.DataFrame) -> np.ndarray:
        """Return predictions for rows by position, or for features given; spend is never below zero."""
        x = rows if isinstance(rows, pd.DataFrame) else self.x.iloc[rows]
        predicted = np.asarray(model.predict(x), dtype=float)
        return np.maximum(predicted, 0) if self.spend else predicted


class Tuned(NamedTuple):
    """A family's best settings on the folds within training rows."""

    family: str
    params: dict[str, Any]
    loss: float
    """Mean over those folds of what is tuned by."""


def tune(task: Task, family: str, folds: Folds, trials: int) -> Tuned:
    """Find the settings of a family with the least loss on folds within training rows (Optuna, TPE, seeded).

    The first trial has the family's defaults, so tuning cannot do worse on those folds. The linear baseline has
    nothing to tune.
    """
    loss = loss_of(task.spend)

    def mean_loss(params: Params) -> float:
        losses = []
        for learn, test in folds:
            model = task.fitted(family, params, learn)
            losses.append(loss(task.y[test], task.predict(model, test)))
        return float(np.mean(losses))

    if family == LINEAR or trials <= 1:
        params = first_settings(family, spend=task.spend)
        return Tuned(family, params, mean_loss(params))
    optuna = import_quietly("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=task.seed, n_startup_trials=trials // 2))
    study.enqueue_trial(first_settings(family, spend=task.spend))
    study.optimize(lambda trial: mean_loss(_suggested(trial, family)), n_trials=trials)
    return Tuned(family, dict(study.best_params), float(study.best_value))


def _suggested(trial: Any, family: str) -> dict[str, Any]:
    """Return settings that Optuna suggests within the family's bounds."""
    return {
        name: (trial.suggest_int if space.whole else trial.suggest_float)(
            name, space.low, space.high, log=space.log
        )
        for name, space in SEARCHED[family].items()
    }


@dataclass(frozen=True)
class Evaluation:
    """Predictions for every tested row by every model, and what training folds chose."""

    task: Task
    rows: np.ndarray
    """Positions of the tested rows, in order."""
    predictions: dict[str, np.ndarray]
    """Model -> prediction of each tested row; baselines first."""
    tuned: list[dict[str, Tuned]]
    """For each outer fold: family -> its settings and loss on the training folds."""

    @property
    def y(self) -> np.ndarray:
        """Outcomes of the tested rows."""
        return self.task.y[self.rows]

    @property
    def groups(self) -> np.ndarray:
        """Groups of the tested rows, numbered anew from 0."""
        return np.unique(self.task.groups[self.rows], return_inverse=True)[1]

    @property
    def choices(self) -> list[str]:
        """The family that each outer fold's training rows chose."""
        return [min(TREES, key=lambda family, found=found: (found[family].loss, family)) for found in self.tuned]

    @property
    def best(self) -> str:
        """The family chosen most often; of equals the one with the least loss on training folds."""
        counts = Counter(self.choices)
        return min(counts, key=lambda family: (-counts[family], self.loss(family)))

    @property
    def chosen(self) -> np.ndarray:
        """The prediction of each tested row by the family its own fold's training rows chose."""
        found = np.empty(len(self.rows))
        for choice, (_, test) in zip(self.choices, self.task.outer, strict=True):
            places = np.searchsorted(self.rows, test)
            found[places] = self.predictions[choice][places]
        return found

    @property
    def baseline(self) -> str:
        """The simplest guess: the last period where there is one, else the mean."""
        return LAST if LAST in self.predictions else MEAN

    def loss(self, family: str) -> float:
        """Return a family's mean loss on training folds."""
        return float(np.mean([found[family].loss for found in self.tuned]))

    def settings(self, family: str) -> dict[str, Any]:
        """Return a family's settings of the first outer fold, whose model the explanations look into."""
        return self.tuned[0][family].params


def evaluate(task: Task, trials: int) -> Evaluation:
    """Tune, choose and measure: every model predicts rows that neither it nor its settings have seen.

    Args:
        task: what, from what, and how divided.
        trials: settings that tuning tries for each family and outer fold.
    """
    rows = task.tested
    names = [MEAN, *([LAST] if task.last is not None else []), LINEAR, *TREES]
    predictions = {name: np.empty(len(rows)) for name in names}
    tuned = []
    for learn, test in task.outer:
        places = np.searchsorted(rows, test)
        predictions[MEAN][places] = task.y[learn].mean()
        if task.last is not None:
            predictions[LAST][places] = task.last[test]
        folds = task.inner(learn)
        found = {family: tune(task, family, folds, trials) for family in (LINEAR, *TREES)}
        for family, one in found.items():
            predictions[family][places] = task.predict(task.fitted(family, one.params, learn), test)
        tuned.append(found)
    return Evaluation(task, rows, predictions, tuned)


def inner_table(evaluation: Evaluation) -> pd.DataFrame:
    """Return what training folds say: `model`, `loss` (mean over outer folds), `chosen` (in how many of them)."""
    counts = Counter(evaluation.choices)
    rows = [(family, evaluation.loss(family), counts[family]) for family in (LINEAR, *TREES)]
    return pd.DataFrame(rows, columns=["model", "loss", "chosen"])

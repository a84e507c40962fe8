"""What speaks for or against the predictions: scores with intervals, and how much they hang on exact values."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from helpers.base.sampling import Interval, bootstrap
from helpers.predicting.ranges import Band
from helpers.predicting.tasks import Task

MEAN, LAST, LINEAR = "mean", "last period", "linear"
BASELINES = (MEAN, LAST, LINEAR)
"""What the tuned models are held against."""
TOO_GOOD = 0.65
"""Rank correlation above which spend ahead is not to be believed: somewhere the future got in."""
DRAWS = 400
"""Resamples of an interval."""
NOISE, SHUFFLES = (0.0, 0.05, 0.1, 0.25, 0.5), 5
"""Noise added to every number, in its standard deviations, and draws of it."""

Measure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Evidence:
    """What the chosen predictions score on rows they did not see."""

    y: np.ndarray
    chosen: np.ndarray
    """The prediction of each tested row by the model that its own fold's training rows chose."""
    choices: list[str]
    """That model, for each fold."""
    best: str
    """The model chosen most often; of equals the one with the least loss on training folds."""
    scores: pd.DataFrame
    """A row per model: `model` and the measures, baselines first."""
    measured: dict[str, Interval]
    """Of the chosen predictions, by measure."""
    gains: dict[str, Interval]
    """How much lower their mae and rmse are than the baseline's."""
    against_mean: dict[str, Interval]
    """The same against the mean."""
    spend: bool
    """Whether spend ahead is predicted."""

    @property
    def baseline(self) -> str:
        """The simplest guess: the last period where there is one, else the mean."""
        return LAST if LAST in set(self.scores["model"]) else MEAN

    @property
    def predictable(self) -> bool:
        """Whether squared errors are significantly below those of the mean."""
        return self.against_mean["rmse"].low > 0

    @property
    def beats_baseline(self) -> bool:
        """Whether absolute errors are significantly below those of the baseline."""
        return self.gains["mae"].low > 0

    @property
    def worth_using(self) -> bool:
        """Whether anybody should act on the predictions."""
        return self.beats_baseline if self.baseline == LAST else self.predictable

    def of(self, model: str, measure: str) -> float:
        """Return a measure of a model."""
        return float(self.scores.set_index("model").loc[model, measure])


def weigh(
    task: Task,
    predictions: pd.DataFrame,
    losses: pd.DataFrame,
    measures: Mapping[str, Measure],
    *,
    spend: bool,
    seed: int,
) -> Evidence:
    """Measure the chosen predictions, and their difference to the baselines, with bootstrap intervals.

    Args:
        task: what is predicted.
        predictions: tested rows x models, baselines first.
        losses: folds x models, on training folds; the lowest of those that are no baseline is chosen.
        measures: functions of outcomes and predictions.
        spend: whether spend ahead is predicted.
        seed: of the resamples.
    """
    y, tested = task.y[predictions.index], predictions.index
    groups = np.unique(task.groups[tested], return_inverse=True)[1]
    offered = losses.drop(columns=[name for name in losses if name in BASELINES])
    choices = offered.idxmin(axis=1).tolist()
    counts = Counter(choices)
    best = min(counts, key=lambda name: (-counts[name], losses[name].mean()))
    chosen = pd.Series(np.nan, tested)
    for choice, (_, test) in zip(choices, task.folds, strict=True):
        chosen[test] = predictions.loc[test, choice]
    chosen = chosen.to_numpy()
    table = {key: [of(y, predictions[name].to_numpy()) for name in predictions] for key, of in measures.items()}
    scores = pd.DataFrame({"model": predictions.columns} | table)
    # the mean differs from fold to fold, and the order of those means says nothing
    scores.loc[scores["model"] == MEAN, ["spearman", "top_decile_share"]] = np.nan
    shared = {"seed": seed, "draws": DRAWS, "groups": groups}
    measured = {name: bootstrap(of, y, chosen, **shared) for name, of in measures.items()}
    against = {
        name: {
            key: bootstrap(_gain(of), y, chosen, predictions[name].to_numpy(), **shared, symmetric=True)
            for key, of in (("mae", mean_absolute_error), ("rmse", root_mean_squared_error))
        }
        for name in {MEAN, LAST} & set(predictions)
    }
    return Evidence(
        y, chosen, choices, best, scores, measured, against.get(LAST, against[MEAN]), against[MEAN], spend
    )


def _gain(of: Measure) -> Callable[..., float]:
    return lambda y, predicted, baseline: of(y, baseline) - of(y, predicted)


def training_table(losses: pd.DataFrame, choices: list[str]) -> pd.DataFrame:
    """Return what training folds say: `model`, `loss` (mean over folds), `chosen` (in how many of them)."""
    counts = Counter(choices)
    times = [counts[name] for name in losses]
    return pd.DataFrame({"model": list(losses), "loss": losses.mean().to_numpy(), "chosen": times})


def noise_table(
    model: BaseEstimator, x: pd.DataFrame, y: np.ndarray, spread: pd.Series, seed: int
) -> pd.DataFrame:
    """Return how the errors of a fitted model grow with noise, in standard deviations of training rows."""
    numeric, scale = list(spread.index), spread.fillna(0).to_numpy()
    rows = []
    for size in NOISE:
        rng = np.random.default_rng(seed)
        errors = []
        for _ in range(SHUFFLES if size else 1):
            moved = x.copy()
            moved[numeric] = x[numeric] + size * scale * rng.normal(size=(len(x), len(numeric)))
            predicted = model.predict(moved)
            errors.append((mean_absolute_error(y, predicted), root_mean_squared_error(y, predicted)))
        rows.append((size, *np.mean(errors, axis=0)))
    return pd.DataFrame(rows, columns=["noise", "mae", "rmse"])


def prediction_table(ids: np.ndarray, evidence: Evidence, band: Band | None) -> pd.DataFrame:
    """Return, per tested customer, what was predicted out of fold and what came, the highest prediction first.

    Ranges, and whether each held, are in it where there is a band to be shown.
    """
    y, ranges = evidence.y, {}
    if band is not None:
        ranges = {"low": band.low, "high": band.high, "covered": band.covers(y)}
    table = pd.DataFrame({"customer_id": ids, "predicted": evidence.chosen, **ranges, "actual": y})
    table = table.assign(error=y - evidence.chosen)
    return table.sort_values(["predicted", "customer_id"], ascending=[False, True], ignore_index=True)

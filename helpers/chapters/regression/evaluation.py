"""Everything that speaks for or against the predictions: scores with intervals, coverage, a verdict, findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from helpers.base.sampling import Interval, bootstrap
from helpers.chapters.regression.intervals import Band, cv_plus, quantile_band
from helpers.chapters.regression.models import MEAN
from helpers.chapters.regression.training import Evaluation
from helpers.predicting.folds import grouped_folds

TOO_GOOD = 0.65
"""Rank correlation above which spend ahead is not to be believed: somewhere the future got in."""

FITTED, PARTS = 6000, (5, 30)
"""Of few training rows a fold takes away what the model needs, and intervals come out too wide. So few rows are
cut into many parts: as many as together hold FITTED rows, at least and at most PARTS."""


@dataclass(frozen=True)
class Evidence:
    """An evaluation with its intervals."""

    evaluation: Evaluation
    scores: pd.DataFrame
    """A row a model: the measures below, baselines first."""
    measured: dict[str, Interval]
    """Of the chosen model, by measure."""
    gains: dict[str, Interval]
    """How much lower its mae and rmse are than the baseline's."""
    against_mean: dict[str, Interval]
    """The same against the mean."""
    band: Band
    """An interval for each tested row."""
    covered: Interval
    """The share of outcomes that their intervals cover, and how surely it is known."""

    @property
    def coverage(self) -> float:
        """The share of outcomes that their intervals cover."""
        return self.covered.value

    @property
    def predictable(self) -> bool:
        """Whether squared errors are surely below those of the mean."""
        return self.against_mean["rmse"].low > 0

    @property
    def beats_baseline(self) -> bool:
        """Whether absolute errors are surely below those of the baseline."""
        return self.gains["mae"].low > 0

    @property
    def worth_using(self) -> bool:
        """Whether anybody should act on the predictions."""
        return self.beats_baseline if self.evaluation.task.last is not None else self.predictable

    def of(self, model: str, measure: str) -> float:
        """Return a measure of a model."""
        return float(self.scores.set_index("model").loc[model, measure])


def weigh(evaluation: Evaluation, level: float) -> Evidence:
    """Measure the chosen predictions, their difference to the baselines, and the coverage of their intervals.

    Args:
        evaluation: of every model.
        level: share of outcomes that intervals should cover.
    """
    y, groups, seed = evaluation.y, evaluation.groups, evaluation.task.seed
    scores = score_table(y, evaluation.predictions)
    # the mean differs from fold to fold, and the order of those means says nothing
    scores.loc[scores["model"] == MEAN, ["spearman", "top_decile_share"]] = np.nan
    baseline, mean = evaluation.predictions[evaluation.baseline], evaluation.predictions[MEAN]
    band = band_of(evaluation, level)
    covers = band.covers(y).astype(float)
    return Evidence(
        evaluation=evaluation,
        scores=scores,
        measured=intervals(y, evaluation.chosen, groups, seed),
        gains=better_by(y, evaluation.chosen, baseline, groups, seed),
        against_mean=better_by(y, evaluation.chosen, mean, groups, seed),
        band=band,
        covered=bootstrap(np.mean, covers, seed=seed, draws=DRAWS, groups=groups),
    )


def band_of(evaluation: Evaluation, level: float) -> Band:
    """Return an interval for every tested row.

    Through time the margin is measured on the latest training cut-off, by models that knew only what came before
    it; with one earlier cut-off, on a half of its customers. Without time it is CV+ within each fold's training
    rows.
    An interval always holds its prediction.
    """
    task = evaluation.task
    if task.when is not None:
        latest = task.when[evaluation.rows].max() - 1
        before, calibrate = np.flatnonzero(task.when < latest), np.flatnonzero(task.when == latest)
        if not len(before):
            half = task.groups[calibrate] % 2 == 0
            before, calibrate = calibrate[half], calibrate[~half]
        return quantile_band(task, before, calibrate, evaluation.rows, level).around(evaluation.chosen)
    low, high = np.empty(len(evaluation.rows)), np.empty(len(evaluation.rows))
    for choice, tuned, (learn, test) in zip(evaluation.choices, evaluation.tuned, task.outer, strict=True):
        parts = min(int(np.clip(FITTED // len(learn), *PARTS)), len(np.unique(task.groups[learn])))
        folds = [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], parts)]
        found = cv_plus(task, tuned[choice], folds, test, level)
        places = np.searchsorted(evaluation.rows, test)
        low[places], high[places] = found.low, found.high
    return Band(low, high, level).around(evaluation.chosen)


def findings(evidence: Evidence) -> dict[str, Any]:
    """Return what is recorded of the predictions, by the names that tests and claims know."""
    evaluation = evidence.evaluation
    y, baseline = evaluation.y, evaluation.predictions[evaluation.baseline]
    found: dict[str, Any] = {"rows": len(y)}
    found |= {name: interval.value for name, interval in evidence.measured.items()}
    found |= {
        "baseline": evaluation.baseline,
        "baseline_mae": mae(y, baseline),
        "baseline_rmse": rmse(y, baseline),
        "coverage": evidence.coverage,
        "coverage_interval": [evidence.covered.low, evidence.covered.high],
        "coverage_nominal": evidence.band.level,
        "interval_width": evidence.band.width,
        "best_model": evaluation.best,
        "settings": evaluation.settings(evaluation.best),
        "intervals": {name: [one.low, one.high] for name, one in evidence.measured.items()},
        "mae_gain": list(evidence.gains["mae"]),
        "predictable": evidence.predictable,
        "by_model": evidence.scores.to_dict("records"),
    }
    return found


def prediction_table(
    evidence: Evidence, ids: np.ndarray, extra: dict[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """Return, a row a tested customer, what was predicted out of fold and what came, the highest prediction first.

    Returns:
        `customer_id`, `predicted`, `low`, `high`, `actual`, the extra columns, `error`, `covered`.
    """
    y, chosen = evidence.evaluation.y, evidence.evaluation.chosen
    table = pd.DataFrame({"customer_id": ids, "predicted": chosen, "low": evidence.band.low})
    table = table.assign(high=evidence.band.high, actual=y, **(extra or {}))
    table = table.assign(error=y - chosen, covered=evidence.band.covers(y))
    return table.sort_values(["predicted", "customer_id"], ascending=[False, True], ignore_index=True)


def tenths(evidence: Evidence) -> pd.DataFrame:
    """Return, by tenth of the prediction (1 the highest), what was predicted and what came.

    Returns:
        `tenth`, `customers`, `predicted`, `actual` (means) and `share` of all that came.
    """
    y, chosen = evidence.evaluation.y, evidence.evaluation.chosen
    order = np.argsort(-chosen, kind="stable")
    rows = []
    for number, part in enumerate(np.array_split(order, min(10, len(order))), start=1):
        share = y[part].sum() / y.sum() if y.sum() else np.nan
        rows.append((number, len(part), chosen[part].mean(), y[part].mean(), share))
    return pd.DataFrame(rows, columns=["tenth", "customers", "predicted", "actual", "share"])


TOP = 0.1
"""Share of the customers that a campaign might reach: the predicted top tenth."""


DRAWS = 400
"""Resamples of an interval."""


def r2(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of the variance that is explained; below 0 it is worse than the mean of these very rows."""
    spread = float(((y - y.mean()) ** 2).sum())
    return float(1 - ((y - predicted) ** 2).sum() / spread) if spread > 0 else np.nan


def rmse(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return the root of the mean squared error, in the unit of the target."""
    return float(np.sqrt(((y - predicted) ** 2).mean()))


def mae(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean absolute error, in the unit of the target."""
    return float(np.abs(y - predicted).mean())


def spearman(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return the rank correlation; nan where all predictions or all outcomes are the same."""
    ranks = rankdata(y), rankdata(predicted)
    if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return np.nan
    return float(np.corrcoef(*ranks)[0, 1])


def top_share(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of all that the tenth with the highest predictions brings.

    Equal predictions share the places that are left evenly, so that no order of the rows can matter.
    """
    total, places = float(y.sum()), max(1, int(TOP * len(y)))
    if total <= 0:
        return np.nan
    last = np.partition(predicted, -places)[-places]
    above, level = predicted > last, predicted == last
    return float((y[above].sum() + y[level].mean() * (places - above.sum())) / total)


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "r2": r2,
    "rmse": rmse,
    "mae": mae,
    "spearman": spearman,
    "top_decile_share": top_share,
}


def score_table(y: np.ndarray, predictions: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return, a row a model, its name as `model` and every measure."""
    rows = [{"model": name} | {key: of(y, p) for key, of in MEASURES.items()} for name, p in predictions.items()]
    return pd.DataFrame(rows, columns=["model", *MEASURES])


def intervals(y: np.ndarray, predicted: np.ndarray, groups: np.ndarray, seed: int) -> dict[str, Interval]:
    """Return each measure with its bootstrap interval; copies of a row are drawn together."""
    return {
        name: bootstrap(of, y, predicted, seed=seed, draws=DRAWS, groups=groups) for name, of in MEASURES.items()
    }


def better_by(
    y: np.ndarray, predicted: np.ndarray, baseline: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, Interval]:
    """Return how much lower the errors are than a baseline's, for `mae` and `rmse`, with intervals."""
    return {
        name: bootstrap(_gain(of), y, predicted, baseline, seed=seed, draws=DRAWS, groups=groups)
        for name, of in (("mae", mae), ("rmse", rmse))
    }


def _gain(of: Callable[[np.ndarray, np.ndarray], float]) -> Callable[..., float]:
    return lambda y, predicted, baseline: of(y, baseline) - of(y, predicted)

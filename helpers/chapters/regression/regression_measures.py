"""How good predictions of an amount are: five measures, with intervals, and the difference to a baseline."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from helpers.base.sampling import Interval, bootstrap

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

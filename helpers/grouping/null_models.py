"""Data without groups, to hold a result against: every algorithm finds clusters, also where there are none.

Two nulls, because each destroys something else. Permuting every column keeps the single distributions and loses
how the features hang together. The Gaussian copula keeps both (the distributions exactly, the correlation of the
ranks closely) and has no groups beyond them. Correlated features alone lift a silhouette, so the second is the
harder one.

Copies of a row make any grouping look tight and stable. So the null is drawn for the rows that differ, and each is
then repeated as often as the row it stands for: real data gains nothing over it by being copied.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.base import BaseEstimator

from helpers.grouping.clusters import Silhouette, fits, reseeded
from helpers.grouping.stability import bootstrap_ari

NULL_ROWS = 2000
"""Rows of null data that a silhouette is computed on: it is averaged over draws, so a sample will do."""


def permuted(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the data with each column in a random order of its own."""
    return rng.permuted(data, axis=0)


def copula(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return rows drawn from a Gaussian copula with the data's own distributions and rank correlation.

    Ranks become normal scores; rows are drawn from the normal distribution with their correlation; each drawn
    column then receives the data's own values in the order of its ranks, so that distributions are kept exactly.
    """
    scores = norm.ppf((rankdata(data, axis=0) - 0.5) / len(data))
    correlation = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    drawn = rng.multivariate_normal(np.zeros(data.shape[1]), correlation, len(data), method="eigh")
    places = drawn.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(np.sort(data, axis=0), places, axis=0)


def by_parts(
    null: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    data: np.ndarray,
    parts: list[list[int]],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return null data in which the columns of a part stay together: the zeros and ones that one text became.

    Dealt out one by one, they would make customers of two genders, and any data would look tight beside them. The
    copula takes the levels of a part in the order of their mean in the data's first principal component.
    """
    if len(parts) == data.shape[1]:
        return null(data, rng)
    first = np.linalg.svd(data - data.mean(axis=0), full_matrices=False)[0][:, 0]
    codes, levels = data[:, [part[0] for part in parts]], {}
    for place, part in enumerate(parts):
        if len(part) > 1:
            values, found = np.unique(data[:, part], axis=0, return_inverse=True)
            order = np.argsort(np.bincount(found, first) / np.bincount(found))
            codes[:, place], levels[place] = np.argsort(order)[found], values[order]
    drawn = null(codes, rng)
    joined = [levels[i][drawn[:, i].astype(int)] if i in levels else drawn[:, [i]] for i in range(len(parts))]
    return np.hstack(joined)[:, np.argsort(np.concatenate(parts))]


NULLS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "permuted": permuted,
    "copula": copula,
}


def null_by_k(
    data: np.ndarray,
    estimator: BaseEstimator,
    ks: list[int],
    *,
    draws: int,
    bootstraps: int = 2,
    seed: int,
    parts: list[list[int]] | None = None,
) -> pd.DataFrame:
    """Return what the same analysis measures in data without groups, means over draws.

    Args:
        data: the clustered space.
        estimator: unfitted, as for the real data.
        ks: numbers of clusters.
        draws: sets of null data of each kind.
        bootstraps: resamples of each of them; draws differ more than the resamples of one, so a few will do.
        seed: of the draws; each set is clustered from a seed of its own.
        parts: places of columns that stay together (`by_parts`); each column is a part where none are given.

    Returns:
        A row a k: `k`, `silhouette_permuted`, `silhouette_copula`, `stability_permuted`, `stability_copula`, and
        the higher of both kinds, `silhouette_null` and `stability_null`. Of these also the standard error over the
        draws, `silhouette_null_error` and `stability_null_error`; missing where there is one draw.
    """
    parts = parts or [[place] for place in range(data.shape[1])]
    measured = []
    for draw in range(draws):
        rngs = {name: np.random.default_rng([seed, kind, draw]) for kind, name in enumerate(NULLS)}
        model = reseeded(estimator, seed + draw)
        measured.append(_one_draw(data, model, ks, rngs, parts, bootstraps=bootstraps, seed=seed + draw))
    means = sum(measured[1:], measured[0]) / draws  # a k that one of the draws does not allow has none
    squares = [(each - means) ** 2 for each in measured]
    errors = (sum(squares[1:], squares[0]) / ((draws - 1) * draws)) ** 0.5 if draws > 1 else means * np.nan
    for measure in ("silhouette", "stability"):
        kinds = [f"{measure}_{name}" for name in NULLS]
        means[f"{measure}_null"] = means[kinds].max(axis=1)
        harder = means[kinds].eq(means[f"{measure}_null"], axis=0)
        means[f"{measure}_null_error"] = errors[kinds].where(harder).max(axis=1)
    return means.rename_axis("k").reset_index()


def _one_draw(
    data: np.ndarray,
    estimator: BaseEstimator,
    ks: list[int],
    rngs: dict[str, np.random.Generator],
    parts: list[list[int]],
    *,
    bootstraps: int,
    seed: int,
) -> pd.DataFrame:
    """Return silhouette and stability in one set of null data of each kind, a row a k."""
    distinct, copies = np.unique(data, axis=0, return_counts=True)
    measured = {}
    for name, rng in rngs.items():
        null = np.repeat(by_parts(NULLS[name], distinct, parts, rng), copies, axis=0)
        # values that occur often may leave fewer rows that differ than the data has
        groups = fits(null, estimator, [k for k in ks if k <= len(np.unique(null, axis=0))])
        silhouette = Silhouette(null, NULL_ROWS, seed)
        stability = bootstrap_ari(null, estimator, groups, bootstraps=bootstraps, seed=seed)
        measured[f"silhouette_{name}"] = {k: silhouette.of(group.labels) for k, group in groups.items()}
        measured[f"stability_{name}"] = {k: values.mean() for k, values in stability.items()}
    return pd.DataFrame(measured, index=ks)

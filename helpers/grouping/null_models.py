"""Data without groups, to hold a result against: every algorithm finds clusters, also where there are none.

Two nulls, because each destroys something else. Permuting every column keeps the single distributions and loses
how the features hang together. The Gaussian copula keeps both (the distributions exactly, the correlation of the
ranks closely) and has no groups beyond them. Correlated features alone lift a silhouette, so the second is the
harder one.

Copies of a row make any grouping look tight and stable. So the null is drawn for the rows that differ, and each is
then repeated as often as the row it stands for: real data gains nothing over it by being copied.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from helpers.grouping.clusters import Settings, Silhouette, fits
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


NULLS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "permuted": permuted,
    "copula": copula,
}


def null_by_k(data: np.ndarray, ks: list[int], settings: Settings, draws: int, bootstraps: int) -> pd.DataFrame:
    """Return what the same analysis finds in data without groups, means over draws.

    Args:
        data: the clustered space.
        ks: numbers of clusters.
        settings: algorithm, starts and seed, as for the real data.
        draws: sets of null data of each kind.
        bootstraps: resamples of each of them.

    Returns:
        A row a k: `k`, `silhouette_permuted`, `silhouette_copula`, `stability_permuted`, `stability_copula`.
    """
    distinct, copies = np.unique(data, axis=0, return_counts=True)
    found = {name: np.zeros((len(ks), draws, 2)) for name in NULLS}
    for draw in range(draws):
        for number, (name, make) in enumerate(NULLS.items()):
            rng = np.random.default_rng([settings.seed, number, draw])
            null = np.repeat(make(distinct, rng), copies, axis=0)
            # values that occur often may leave fewer rows that differ than the data has
            own = replace(settings, seed=settings.seed + draw)
            usable = [k for k in ks if k <= len(np.unique(null, axis=0))]
            groups = fits(null, usable, own)
            silhouette = Silhouette(null, NULL_ROWS, own.seed)
            ari = bootstrap_ari(null, groups, own, bootstraps)
            for place, k in enumerate(ks):
                known = k in groups
                found[name][place, draw] = (silhouette.of(groups[k].labels), ari[k].mean()) if known else np.nan
    columns: dict[str, np.ndarray | list[int]] = {"k": ks}
    for position, measure in enumerate(("silhouette", "stability")):
        columns |= {f"{measure}_{name}": values[:, :, position].mean(axis=1) for name, values in found.items()}
    return pd.DataFrame(columns)

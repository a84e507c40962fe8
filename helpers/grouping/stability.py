"""Would the groups come back with other customers? Resamples answer, for the whole and for each cluster."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import adjusted_rand_score

from helpers.base.sampling import resample
from helpers.grouping.clusters import Fit, fit, fits, nearest_centre, sized

DISSOLVED, STABLE = 0.6, 0.75
"""Mean Jaccard below which a cluster does not come back, and above which it is a stable one (Hennig, 2007)."""


def bootstrap_ari(
    data: np.ndarray, estimator: BaseEstimator, groups: dict[int, Fit], *, bootstraps: int, seed: int
) -> dict[int, np.ndarray]:
    """Return how far groupings of resamples agree with the groupings of all rows.

    Each resample is grouped anew, every row then goes to the nearest of the new centres, and the adjusted Rand
    index (Hubert and Arabie, 1985) compares that with the groups of all rows: 1 is the same, 0 what chance gives.

    Returns:
        Bootstraps many indices by number of clusters.
    """
    indices: dict[int, list[float]] = {k: [] for k in groups}
    for number in range(bootstraps):
        rows = resample(len(data), seed, number)
        distinct = len(np.unique(data[rows], axis=0))
        for k, group in fits(data[rows], estimator, [k for k in groups if k <= distinct]).items():
            everyone = nearest_centre(data, group.centres)
            indices[k].append(adjusted_rand_score(groups[k].labels, everyone))
    return {k: np.array(values or [np.nan]) for k, values in indices.items()}


def cluster_jaccard(
    data: np.ndarray, estimator: BaseEstimator, group: Fit, *, bootstraps: int, seed: int
) -> pd.DataFrame:
    """Return how well each cluster comes back in resamples.

    For each resample and cluster: the largest Jaccard index between the cluster's rows in the resample and any
    cluster of the resample (Hennig, 2007, "Cluster-wise assessment of cluster stability").

    Returns:
        A row a cluster: `cluster`, `jaccard` (mean), `dissolved` (share of resamples where it is at most a half),
        `verdict`.
    """
    k = len(group.sizes)
    indices = np.full((bootstraps, k), np.nan)
    for number in range(bootstraps):
        drawn = resample(len(data), seed, number)
        if len(np.unique(data[drawn], axis=0)) < k:
            continue
        again = fit(data[drawn], sized(estimator, k))
        rows, first = np.unique(drawn, return_index=True)  # a customer drawn twice is one member
        indices[number] = [_best_jaccard(group.labels[rows] == c, again.labels[first]) for c in range(k)]
    mean = np.nanmean(indices, axis=0)
    return pd.DataFrame(
        {
            "cluster": range(k),
            "jaccard": mean,
            "dissolved": np.nanmean(np.where(np.isnan(indices), np.nan, indices <= 0.5), axis=0),
            "verdict": [_verdict(value) for value in mean],
        }
    )


def _best_jaccard(members: np.ndarray, labels: np.ndarray) -> float:
    """Return the largest Jaccard index of a set of rows with any cluster; nan where the set is empty."""
    if not members.any():
        return float("nan")
    shared = np.bincount(labels[members], minlength=labels.max() + 1)
    sizes = np.bincount(labels)
    return float((shared / (sizes + members.sum() - shared)).max())


def _verdict(jaccard: float) -> str:
    if jaccard >= STABLE:
        return "comes back"
    return "a tendency" if jaccard >= DISSOLVED else "does not come back"

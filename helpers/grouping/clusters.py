"""Groups of rows by number of groups, from one unfitted scikit-learn estimator that is cloned for each.

Cluster 0 is always the largest, because an algorithm's own numbers mean nothing and change with the seed.
"""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestCentroid
from threadpoolctl import ThreadpoolController

from helpers.base.errors import StudyError
from helpers.base.sampling import sample_rows

WARD_ROWS = 3000
"""Rows a tree is built on at most: its memory grows with their square. Others join the nearest centre."""


@dataclass(frozen=True)
class Fit:
    """A grouping: the cluster of each row, cluster 0 the largest."""

    labels: np.ndarray
    centres: np.ndarray
    """Means of the clusters, clusters x features."""
    inertia: float
    """Sum of squared distances to the centres; from k-means, as it reports it when it stops."""

    @property
    def sizes(self) -> list[int]:
        """Rows of each cluster, largest first."""
        return np.bincount(self.labels).tolist()


def numbers_to_try(chapter: str, distinct: int, k_min: int, k_max: int, n_clusters: int | None) -> list[int]:
    """Return the numbers of clusters from k_min to k_max that the rows allow, and the one asked for.

    Args:
        chapter: whose parameters these are.
        distinct: rows that differ.
        k_min: the smallest number.
        k_max: the largest; fewer are tried where fewer rows differ.
        n_clusters: a number that is asked for.

    Raises:
        StudyError: naming the parameter that the rows do not allow.
    """
    if not 2 <= k_min <= k_max:
        raise StudyError(
            f"{chapter}.k_min is {k_min} and {chapter}.k_max {k_max}; they should be at least 2, the smaller one "
            "first."
        )
    if n_clusters is not None and n_clusters < 2:
        raise StudyError(f"{chapter}.n_clusters is {n_clusters}, but one group is no grouping: give 2 or more.")
    if n_clusters is not None and n_clusters >= distinct:
        raise StudyError(
            f"{chapter}.n_clusters is {n_clusters}, but only {distinct} customers differ; give fewer than that."
        )
    if k_min >= distinct:
        raise StudyError(f"{chapter}.k_min is {k_min}, but only {distinct} customers differ; lower it.")
    asked = set() if n_clusters is None else {n_clusters}
    return sorted({*range(k_min, min(k_max, distinct - 1) + 1), *asked})


def sized(estimator: BaseEstimator, k: int) -> BaseEstimator:
    """Return an unfitted copy of an estimator for k clusters, which a mixture calls components."""
    name = "n_components" if "n_components" in estimator.get_params() else "n_clusters"
    return clone(estimator).set_params(**{name: k})


def reseeded(estimator: BaseEstimator, seed: int) -> BaseEstimator:
    """Return an unfitted copy of an estimator whose random choices, those of its parts too, start from a seed."""
    random_states = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
    return clone(estimator).set_params(**dict.fromkeys(random_states, seed))


@cache
def _threads() -> ThreadpoolController:
    """Return the pools of this process: looking for them takes longer than a small fit."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager:
    """Return a context for many small fits: threads that wait for each other cost more than they save."""
    return _threads().limit(limits=1)


def fit(data: np.ndarray, model: BaseEstimator) -> Fit:
    """Group rows by a model that knows its number of clusters.

    Where a model compares every row with every other, it sees a sample, and the others join the nearest centre.
    """
    rows = np.arange(len(data))
    if isinstance(model, AgglomerativeClustering):
        rows = sample_rows(len(data), WARD_ROWS, seed=0)
    with one_thread():
        labels = model.fit_predict(data[rows])
    if len(rows) < len(data):
        everyone = NearestCentroid().fit(data[rows], labels).predict(data)
        everyone[rows] = labels
        labels = everyone
    # k-means stops a little before the centres rest, and published inertias are those it reports
    return grouped(data, labels, getattr(model, "inertia_", None))


def fits(data: np.ndarray, estimator: BaseEstimator, ks: Iterable[int]) -> dict[int, Fit]:
    """Group rows once for each number of clusters, each time by a clone of the estimator.

    Raises:
        StudyError: there are fewer distinct rows than clusters.
    """
    ks, distinct = list(ks), len(np.unique(data, axis=0))
    if ks and max(ks) > distinct:
        raise StudyError(
            f"{max(ks)} clusters cannot be made of {distinct} customers that differ; lower n_clusters or k_max."
        )
    return {k: fit(data, sized(estimator, k)) for k in ks}


def grouped(data: np.ndarray, labels: np.ndarray, inertia: float | None = None) -> Fit:
    """Return labels as a grouping: numbered by falling size (ties by the first row), with centres."""
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    number = np.empty(len(counts), dtype=int)
    number[np.lexsort((first, -counts))] = np.arange(len(counts))
    labels = number[inverse]
    centres = np.array([data[labels == cluster].mean(axis=0) for cluster in range(len(counts))])
    spread = float(((data - centres[labels]) ** 2).sum()) if inertia is None else float(inertia)
    return Fit(labels, centres, spread)


def nearest_centre(data: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the number of the centre that is nearest to each row."""
    return euclidean_distances(data, centres).argmin(axis=1)


def join(data: np.ndarray, group: Fit, rows: np.ndarray) -> Fit:
    """Return a grouping of some rows as one of all, with their centres: the others join the nearest one.

    Args:
        data: all rows.
        group: of some of them.
        rows: the places of these in the data, in their order.
    """
    if len(rows) == len(data):
        return group
    labels = nearest_centre(data, group.centres)
    labels[rows] = group.labels
    return Fit(labels, group.centres, group.inertia)


def silhouette_rows(groups: Collection[Fit], most: int, seed: int) -> np.ndarray:
    """Return the rows to compute silhouettes on: all, or a random sample where there are too many.

    A cluster that has no two rows in the sample gets its first ones, because a silhouette compares clusters.
    """
    rows = len(next(iter(groups)).labels)
    sample = sample_rows(rows, most, seed)
    members = [np.flatnonzero(group.labels == c) for group in groups for c in range(len(group.sizes))]
    missing = [own[:2] for own in members if np.isin(own, sample).sum() < 2]
    return np.unique(np.concatenate([sample, *missing]))


class Silhouette:
    """Mean silhouettes (Rousseeuw, 1987) of many groupings of the same rows; the distances are computed once.

    The values are those of scikit-learn's `silhouette_score`. Above `most` rows it is the mean over a random
    sample, because the distances need memory with the square.
    """

    def __init__(self, data: np.ndarray, most: int, seed: int) -> None:
        self.rows = sample_rows(len(data), most, seed)
        self._distances = euclidean_distances(data[self.rows])

    def of(self, labels: np.ndarray) -> float:
        """Return the mean silhouette from -1 to 1; nan where the sample falls into fewer than two groups."""
        _, own = np.unique(labels[self.rows], return_inverse=True)
        sizes = np.bincount(own)
        if len(sizes) < 2:
            return float("nan")
        sums = self._distances @ np.eye(len(sizes))[own]
        at = np.arange(len(own))
        within = sums[at, own] / np.maximum(sizes[own] - 1, 1)
        others = sums / sizes
        others[at, own] = np.inf
        nearest_other = others.min(axis=1)
        larger = np.maximum(within, nearest_other)
        values = np.divide(nearest_other - within, larger, out=np.zeros_like(larger), where=larger > 0)
        return float(np.where(sizes[own] > 1, values, 0.0).mean())

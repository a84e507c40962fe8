"""Groups of customers by number of groups: features made comparable, three algorithms, four measures.

The data is small (one row a customer), so all of this is numpy and scikit-learn. Cluster 0 is always the largest,
because an algorithm's own numbers mean nothing and change with the seed.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from helpers.base.errors import StudyError, check_choice
from helpers.base.sampling import sample_rows


@dataclass(frozen=True)
class Settings:
    """How customers are grouped; the fields are parameters of the chapter."""

    features: tuple[str, ...]
    decimals: int | None = None
    transform: str = "log1p"
    scale: str = "standard"
    algorithm: str = "kmeans"
    k_min: int = 2
    k_max: int = 8
    n_clusters: int | None = None
    n_init: int = 10
    seed: int = 42

    def __post_init__(self) -> None:
        for name, known in (("transform", TRANSFORMS), ("scale", SCALES), ("algorithm", tuple(ALGORITHMS))):
            check_choice(f"clustering.{name}", getattr(self, name), known)
        check_numbers("clustering", self.k_min, self.k_max, self.n_clusters)
        if self.n_init < 1:
            raise StudyError(f"clustering.n_init is {self.n_init}, but an algorithm starts at least once.")
        if not self.features:
            raise StudyError("clustering.features is empty: name at least one column of the customers.")


TRANSFORMS = ("none", "log1p")


SCALES = ("standard", "minmax", "none")


ALGORITHMS = {"kmeans": "K-Means", "gmm": "Gaussian mixture", "ward": "Hierarchical (Ward)"}
WARD_ROWS = 3000
"""Customers a tree is built on at most: its memory grows with their square. Others join the nearest centre."""


def check_numbers(chapter: str, k_min: int, k_max: int, n_clusters: int | None) -> None:
    """Check the numbers of clusters that a chapter's section asks for.

    Raises:
        StudyError: naming the key.
    """
    if not 2 <= k_min <= k_max:
        raise StudyError(
            f"{chapter}.k_min is {k_min} and {chapter}.k_max {k_max}; they should be at least 2, the smaller one "
            "first."
        )
    if n_clusters is not None and n_clusters < 2:
        raise StudyError(f"{chapter}.n_clusters is {n_clusters}, but one group is no grouping: give 2 or more.")


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


def fit(data: np.ndarray, k: int, settings: Settings) -> Fit:
    """Group rows into k clusters by the algorithm of the settings.

    Raises:
        StudyError: there are fewer distinct rows than clusters.
    """
    return fits(data, [k], settings)[k]


def fits(data: np.ndarray, ks: list[int], settings: Settings) -> dict[int, Fit]:
    """Group rows once for each number of clusters; a tree is built once and cut at each.

    Raises:
        StudyError: there are fewer distinct rows than clusters.
    """
    distinct = len(np.unique(data, axis=0))
    if ks and max(ks) > distinct:
        raise StudyError(
            f"{max(ks)} clusters cannot be made of {distinct} customers that differ; lower clustering.n_clusters "
            "or clustering.k_max."
        )
    with threadpool_limits(1):  # many small fits: threads that wait for each other cost more than they bring
        return _fits(data, ks, settings)


def _fits(data: np.ndarray, ks: list[int], settings: Settings) -> dict[int, Fit]:
    if settings.algorithm == "ward":
        rows = sample_rows(len(data), WARD_ROWS, settings.seed)
        tree = linkage(data[rows], "ward")
        return {k: grouped(data, _joined(data, rows, fcluster(tree, k, "maxclust") - 1)) for k in ks}
    return {
        k: _k_means(data, k, settings) if settings.algorithm == "kmeans" else _mixture(data, k, settings)
        for k in ks
    }


def _k_means(data: np.ndarray, k: int, settings: Settings) -> Fit:
    model = KMeans(k, init="k-means++", n_init=settings.n_init, random_state=settings.seed).fit(data)
    # it stops a little before the centres rest, and published inertias are those it reports
    return replace(grouped(data, model.labels_), inertia=float(model.inertia_))


def _mixture(data: np.ndarray, k: int, settings: Settings) -> Fit:
    # a mixture's starts are k-means solutions already, and each costs ten times as much
    starts = min(settings.n_init, 2)
    return grouped(
        data, GaussianMixture(k, n_init=starts, random_state=settings.seed, reg_covar=1e-4).fit_predict(data)
    )


def _joined(data: np.ndarray, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return labels of all rows from those of a sample: the others go to the nearest centre."""
    if len(rows) == len(data):
        return labels
    everyone = nearest_centre(data, means(data[rows], labels))
    everyone[rows] = labels
    return everyone


def grouped(data: np.ndarray, labels: np.ndarray) -> Fit:
    """Return labels as a grouping: numbered by falling size (ties by the first row), with centres."""
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    number = np.empty(len(counts), dtype=int)
    number[np.lexsort((first, -counts))] = np.arange(len(counts))
    labels = number[inverse]
    centres = means(data, labels)
    return Fit(labels, centres, float(((data - centres[labels]) ** 2).sum()))


def means(data: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean of each cluster, clusters x features."""
    return np.array([data[labels == cluster].mean(axis=0) for cluster in np.unique(labels)])


def nearest_centre(data: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the number of the centre that is nearest to each row."""
    return euclidean_distances(data, centres).argmin(axis=1)


class Silhouette:
    """Mean silhouettes (Rousseeuw, 1987) of many groupings of the same rows; the distances are computed once.

    Above `most` rows it is the mean over a random sample, because the distances need memory with the square.
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


def ks_of(settings: Settings, distinct: int) -> list[int]:
    """Return the numbers of clusters to try: no more than distinct rows less one.

    Raises:
        StudyError: `n_clusters` is more than there are distinct rows, or nothing is left to try.
    """
    if settings.n_clusters is not None and settings.n_clusters > distinct:
        raise StudyError(
            f"clustering.n_clusters is {settings.n_clusters}, but only {distinct} customers differ; "
            "give at most that."
        )
    ks = list(range(settings.k_min, min(settings.k_max, distinct - 1) + 1))
    if not ks:
        raise StudyError(f"clustering.k_min is {settings.k_min}, but only {distinct} customers differ; lower it.")
    if settings.n_clusters is not None:
        ks = sorted({*ks, settings.n_clusters})
    return ks


def measures(data: np.ndarray, groups: dict[int, Fit], silhouette: Silhouette) -> pd.DataFrame:
    """Return the quality of each grouping: one row a number of clusters, in order.

    `inertia` and `davies_bouldin` are better when small, `silhouette` and `calinski_harabasz` when large.
    """
    rows = []
    for k, group in sorted(groups.items()):
        several = 1 < len(group.sizes) < len(data)
        rows.append(
            {
                "k": k,
                "inertia": group.inertia,
                "silhouette": silhouette.of(group.labels),
                "calinski_harabasz": calinski_harabasz_score(data, group.labels) if several else float("nan"),
                "davies_bouldin": davies_bouldin_score(data, group.labels) if several else float("nan"),
                "smallest": group.sizes[-1],
            }
        )
    return pd.DataFrame(rows)

"""Groups of customers by number of groups: features made comparable, three algorithms, four measures.

The data is small (one row a customer), so all of this is numpy and scikit-learn. Cluster 0 is always the largest,
because an algorithm's own numbers mean nothing and change with the seed.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from threadpoolctl import threadpool_limits

from helpers.base.errors import StudyError, check_choice, nearest
from helpers.base.vocabulary import label

ALGORITHMS = {"kmeans": "K-Means", "gmm": "Gaussian mixture", "ward": "Hierarchical (Ward)"}
TRANSFORMS = ("none", "log1p")
SCALES = ("standard", "minmax", "none")
WARD_ROWS = 3000
"""Customers a tree is built on at most: its memory grows with their square. Others join the nearest centre."""


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


def settings_from(section: dict[str, Any], seed: int) -> Settings:
    """Return the settings in a study file's section; keys that belong to other parts of the chapter are passed by.

    Args:
        section: parameters of the chapter by name.
        seed: the study's, which holds unless the section has one of its own.
    """
    own = {name: section[name] for name in Settings.__dataclass_fields__ if section.get(name) is not None}
    return Settings(**{"seed": seed} | own | {"features": tuple(section["features"])})


@dataclass(frozen=True)
class Prepared:
    """Customers ready to be grouped, in the order of their ids."""

    customers: pd.DataFrame
    """The customers' table in natural order of the ids."""
    original: pd.DataFrame
    """The features as they are, one row a customer."""
    data: np.ndarray
    """The space that is clustered: transformed and scaled, customers x features."""
    constant: tuple[str, ...]
    """Features left out because all customers share one value."""
    distinct: int
    """Rows of `data` that differ."""

    @property
    def features(self) -> list[str]:
        """The features that are used."""
        return list(self.original.columns)


def prepare(customers: pd.DataFrame, settings: Settings) -> Prepared:
    """Order the customers, choose the features, transform and scale them.

    The order is that of the ids (numbers as numbers): with one start, k-means depends on it.

    Raises:
        StudyError: a feature is not there, is no number, is missing or infinite for somebody, or fewer than three
            customers differ.
    """
    ordered = customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)
    original = pd.DataFrame({name: _numbers(ordered, name) for name in settings.features})
    if settings.decimals is not None:
        original = original.round(settings.decimals)
    varying = [name for name in original if original[name].nunique() > 1]
    distinct = len(original.drop_duplicates())
    if distinct < 3:
        raise StudyError(
            f"{len(ordered):,} customers have {distinct} different values of {', '.join(settings.features)}; "
            "groups need at least three customers that differ."
        )
    used = original[varying]
    plain = used.to_numpy(dtype=float)
    return Prepared(
        customers=ordered,
        original=used,
        data=scaled(transformed(plain, settings.transform), settings.scale),
        constant=tuple(name for name in original if name not in varying),
        distinct=distinct,
    )


def natural_order(ids: pd.Series) -> pd.Index:
    """Return the index that sorts ids: numbers by size before other texts by the alphabet."""
    texts = ids.astype(str)
    digits = texts.str.fullmatch(r"\d+")
    keys = pd.DataFrame({"text": ~digits, "length": texts.str.len().where(digits, 0), "id": texts})
    return keys.sort_values(["text", "length", "id"], kind="stable").index


def _numbers(customers: pd.DataFrame, name: str) -> pd.Series:
    """Return a feature as finite floats, or say what is wrong with it."""
    if name not in customers:
        raise StudyError(
            f"clustering.features names {name}, which is no column of the customers"
            f"{nearest(name, customers.columns) or '.'}"
        )
    if not pd.api.types.is_numeric_dtype(customers[name]):
        raise StudyError(f"clustering.features names {name}, which is text; groups are made from numbers.")
    values = customers[name].astype(float)
    unusable = int((~np.isfinite(values)).sum())
    if unusable:
        raise StudyError(
            f"{name} is missing or infinite for {unusable:,} of {len(values):,} customers; leave it out of "
            "clustering.features, or give those customers a value in the study's `features`."
        )
    return values


def transformed(values: np.ndarray, transform: str) -> np.ndarray:
    """Return values on the scale they are compared on; log1p keeps the sign of what is below zero."""
    return np.sign(values) * np.log1p(np.abs(values)) if transform == "log1p" else values


def scaled(values: np.ndarray, scale: str) -> np.ndarray:
    """Return columns in comparable units: standard deviations, or the range from 0 to 1."""
    if scale == "none":
        return values
    return (StandardScaler() if scale == "standard" else MinMaxScaler()).fit_transform(values)


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


def sample_rows(rows: int, most: int, seed: int) -> np.ndarray:
    """Return the positions of all rows, or of a random sample of them in their order where there are too many."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


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


def compare(data: np.ndarray, k: int, settings: Settings, silhouette: Silhouette) -> pd.DataFrame:
    """Return the three algorithms side by side at one number of clusters.

    `agreement` is the adjusted Rand index with the algorithm of the settings: 1 is the same groups, 0 chance.
    """
    groups = {name: fit(data, k, replace(settings, algorithm=name)) for name in ALGORITHMS}
    reference = groups[settings.algorithm].labels
    return pd.DataFrame(
        {
            "algorithm": [ALGORITHMS[name] for name in groups],
            "silhouette": [silhouette.of(group.labels) for group in groups.values()],
            "agreement": [adjusted_rand_score(reference, group.labels) for group in groups.values()],
            "sizes": [", ".join(f"{size:,}" for size in group.sizes) for group in groups.values()],
        }
    )


def feature_list(features: list[str]) -> str:
    """Return features as a list in a sentence."""
    names = [label(name).lower() for name in features]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]

"""Which groups does a forest see? Customers -> forest -> leaves -> embedding -> clusters, by one set of settings.

The forest learns a customer's revenue from everything else that is known of them. Customers whom many trees put
into the same leaves are alike in what matters for revenue; that likeness becomes a space, and the space is
clustered. The published pipeline and the honest one are two sets of settings of the same functions.
"""

from dataclasses import dataclass, field, replace
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from helpers.base.errors import StudyError, check_choice, nearest
from helpers.base.sampling import natural_order
from helpers.chapters.tree_embedding.embeddings import NEIGHBOURS, Embedded, Embedding, Neighbours, embed
from helpers.chapters.tree_embedding.leaves import Forest, grow, hamming, leaves_of
from helpers.customers.features import fifty
from helpers.customers.scales import scaled
from helpers.grouping import clusters as clustering
from helpers.grouping.clusters import Fit, Silhouette, grouped, nearest_centre

ALGORITHMS = {"kmeans": "K-Means", "gmm": "Gaussian mixture"}
TRANSFORMS = ("none", "log1p")
ROW_ORDERS = ("customer_id", "first_line")
DIGITS = 10
"""Decimals of the scaled features and target: the last bits of a float, which depend on how it was added up, must
not decide between two equally good splits."""
FEWEST = 10
"""Customers that a forest, its clusters and a holdout of them need at least."""


@dataclass(frozen=True)
class Settings:
    """One pipeline; the fields are parameters of the chapter."""

    features: tuple[str, ...] = ()
    """Columns that the forest learns from; empty stands for the fifty of the customers."""
    target: str = "gross_revenue"
    target_transform: str = "log1p"
    row_order: str = "customer_id"
    forest: Forest = field(default_factory=Forest)
    embedding: Embedding = field(default_factory=Embedding)
    algorithm: str = "kmeans"
    n_init: int = 5
    k_min: int = 2
    k_max: int = 8
    n_clusters: int | None = None
    silhouette_rows: int = 2000
    seed: int = 42

    def __post_init__(self) -> None:
        known_values = (
            ("algorithm", tuple(ALGORITHMS)),
            ("target_transform", TRANSFORMS),
            ("row_order", ROW_ORDERS),
        )
        for name, known in known_values:
            check_choice(f"tree_embedding.{name}", getattr(self, name), known)
        clustering.numbers_to_try("tree_embedding", 1000, self.k_min, self.k_max, self.n_clusters)

    @property
    def ks(self) -> list[int]:
        """The numbers of clusters to try."""
        own = [] if self.n_clusters is None else [self.n_clusters]
        return sorted({*range(self.k_min, self.k_max + 1), *own})

    def on_all_features(self) -> "Settings":
        """Return the same pipeline on all features of the customers."""
        return replace(self, features=())

    def only(self, k: int) -> "Settings":
        """Return the same pipeline with one number of clusters."""
        return replace(self, k_min=k, k_max=k, n_clusters=k)

    def seeded(self, seed: int) -> "Settings":
        """Return the same pipeline with another seed in all of its stages."""
        return replace(
            self,
            seed=seed,
            forest=replace(self.forest, seed=seed),
            embedding=replace(self.embedding, seed=seed),
        )


def settings_from(section: dict[str, Any], seed: int) -> Settings:
    """Return the pipeline that a study file's section describes.

    Args:
        section: parameters of the chapter by name.
        seed: the study's.
    """
    forest = Forest(
        section["forest"], section["trees"], section["max_features"], section["min_samples_leaf"], seed=seed
    )
    embedding = Embedding(section["embedding"], section["dimensions"], section["metric"], seed=seed)
    same = ("target", "target_transform", "row_order", "algorithm", "k_min", "k_max", "n_clusters")
    return Settings(
        features=tuple(section["features"]),
        forest=forest,
        embedding=embedding,
        silhouette_rows=section["silhouette_sample"],
        seed=seed,
        **{name: section[name] for name in same},
    )


@dataclass(frozen=True)
class Inputs:
    """Customers as the forest is shown them."""

    customers: pd.DataFrame
    original: pd.DataFrame
    """The features in their own units, a row a customer; missing values filled."""
    x: np.ndarray
    """The same, scaled: shares as they are, everything else from 0 to 1."""
    y: np.ndarray
    """The target, transformed and scaled from 0 to 1."""
    filled: dict[str, int]
    """Customers whose feature was missing and is now the median, by feature."""

    @property
    def features(self) -> list[str]:
        """The features that are used."""
        return list(self.original.columns)

    def only(self, features: list[str]) -> "Inputs":
        """Return the same customers with fewer features."""
        places = [self.features.index(name) for name in features]
        return replace(self, original=self.original[features], x=np.ascontiguousarray(self.x[:, places]))


def prepare(customers: pd.DataFrame, settings: Settings, order: pd.Series | None = None) -> Inputs:
    """Return the customers in order, with their features scaled and the target apart.

    Args:
        customers: the table of chapter 03.
        settings: which features and target.
        order: for each customer_id, the first line they appear in; needed for that row order.

    Raises:
        StudyError: a column is not there or no number, the target is among the features, or there are too few
            customers.
    """
    rows = natural_order(customers["customer_id"])
    if settings.row_order == "first_line" and order is not None:
        rows = customers["customer_id"].map(order).sort_values(kind="stable").index
    ordered = customers.loc[rows].reset_index(drop=True)
    if len(ordered) < FEWEST:
        raise StudyError(
            f"{len(ordered):,} customers are too few for a forest and groups of its leaves, which need {FEWEST}; "
            "leave tree_embedding out of the study's chapters."
        )
    names = list(settings.features) or fifty(ordered)
    if settings.target in names:
        raise StudyError(f"tree_embedding.features names {settings.target}, which is what the forest is to learn.")
    target = _numbers(ordered, settings.target, "target")
    found = pd.DataFrame({name: _numbers(ordered, name, "features") for name in names})
    varying = [name for name in found if found[name].nunique() > 1]
    if not varying:
        raise StudyError("The forest has no feature to learn from: none of them differs between customers.")
    original = found[varying].fillna(found[varying].median())
    if settings.target_transform == "log1p":
        target = np.sign(target) * np.log1p(target.abs())
    if target.nunique() < 2:
        raise StudyError(f"{settings.target} is the same for all customers: there is nothing to learn.")
    missing = found[varying].isna().sum()
    return Inputs(
        customers=ordered,
        original=original,
        x=np.column_stack([_scaled(original[name]) for name in varying]),
        y=scaled(target.to_numpy(float)[:, None], "minmax").ravel().round(DIGITS),
        filled={str(name): int(count) for name, count in missing.items() if count},
    )


def _numbers(customers: pd.DataFrame, name: str, parameter: str) -> pd.Series:
    """Return a column as floats, missing where it is not finite, or say what is wrong with it."""
    if name not in customers:
        raise StudyError(
            f"tree_embedding.{parameter} names {name}, which is no column of the customers"
            f"{nearest(name, customers.columns) or '.'}"
        )
    if not pd.api.types.is_numeric_dtype(customers[name]):
        raise StudyError(f"tree_embedding.{parameter} names {name}, which is no number.")
    values = customers[name].astype(float)
    values = values.where(np.isfinite(values))
    if values.isna().all() or (parameter == "target" and values.isna().any()):
        raise StudyError(f"tree_embedding.{parameter} names {name}, which has missing values.")
    return values


def _scaled(values: pd.Series) -> np.ndarray:
    """Return a feature from 0 to 1; a share is so already, and keeps its own meaning."""
    column = values.to_numpy(float)
    if not str(values.name).startswith("share_"):
        column = scaled(column[:, None], "minmax").ravel()
    return column.round(DIGITS)


@dataclass(frozen=True)
class Fitted:
    """A pipeline that has run."""

    settings: Settings
    model: Any
    leaves: np.ndarray
    embedded: Embedded
    groups: dict[int, Fit]
    silhouettes: dict[int, float]
    """In the embedding, by number of clusters."""
    seconds: float
    """CPU seconds of the whole run."""

    @property
    def points(self) -> np.ndarray:
        """Customers in the embedding."""
        return self.embedded.points

    @property
    def best_k(self) -> int:
        """The number of clusters with the highest silhouette; the smaller one of equals."""
        return max(self.silhouettes, key=lambda k: (self.silhouettes[k], -k))

    def labels(self, k: int) -> np.ndarray:
        """The cluster of each customer at a number of clusters, cluster 0 the largest.

        Raises:
            StudyError: the customers cannot be divided into so many.
        """
        if k not in self.groups:
            possible = ", ".join(str(one) for one in self.groups) or "none"
            raise StudyError(
                f"The embedding cannot be divided into {k} clusters: change tree_embedding.n_clusters or k_max. "
                f"Of the numbers tried, these can be: {possible}."
            )
        return self.groups[k].labels

    def place(self, x: np.ndarray, k: int) -> np.ndarray:
        """Return the cluster of customers the pipeline has not seen.

        Where the embedding has a place for them, they go to the nearest centre of K-Means; elsewhere they join
        most of the customers whose leaves are nearest to theirs (Hamming).
        """
        leaves = leaves_of(self.model, x)
        if self.embedded.place is not None and self.settings.algorithm == "kmeans":
            return nearest_centre(self.embedded.place(leaves), self.groups[k].centres)
        return vote(hamming(leaves, self.leaves), self.labels(k))


def vote(away: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the label that most of each row's nearest have; of equally frequent ones the lower number.

    Args:
        away: distances, new customers x known ones.
        labels: of the known ones.
    """
    near = np.argsort(away, axis=1, kind="stable")[:, :NEIGHBOURS]
    counts = np.eye(labels.max() + 1, dtype=int)[labels[near]].sum(axis=1)
    return counts.argmax(axis=1)


def fit(x: np.ndarray, y: np.ndarray, settings: Settings, neighbours: Neighbours | None = None) -> Fitted:
    """Run the pipeline.

    Args:
        x: customers x features, scaled.
        y: the target.
        settings: the pipeline.
        neighbours: of the leaves, where they are known already.
    """
    start = process_time()
    with threadpool_limits(1):  # a mixture in many dimensions takes ten times as long with threads that wait
        model = grow(x, y, settings.forest)
        leaves = leaves_of(model, x)
        embedded = embed(leaves, settings.embedding, neighbours)
        groups = cluster(embedded.points, settings)
        silhouettes = score(embedded.points, groups, settings)
    return Fitted(settings, model, leaves, embedded, groups, silhouettes, process_time() - start)


def cluster(points: np.ndarray, settings: Settings, ks: list[int] | None = None) -> dict[int, Fit]:
    """Return a grouping for each number of clusters (the settings', if not given) that the points allow.

    A number for which a mixture collapses has none.
    """
    most = min(len(np.unique(points, axis=0)), len(points) - 1)
    ks = [k for k in ks or settings.ks if k <= most]
    if settings.algorithm == "kmeans":
        return clustering.fits(points, KMeans(n_init=settings.n_init, random_state=settings.seed), ks)
    mixtures = {k: _mixture(points, k, settings.seed) for k in ks}
    return {k: grouped(points, labels) for k, labels in mixtures.items() if labels is not None}


def _mixture(points: np.ndarray, k: int, seed: int) -> np.ndarray | None:
    """Return the components that a Gaussian mixture puts customers into; None where it collapses."""
    try:
        return GaussianMixture(k, random_state=seed).fit_predict(points)
    except ValueError as error:
        if "ill-defined empirical covariance" in str(error):
            return None  # with so many components, one of them has shrunk to a point
        raise


def score(points: np.ndarray, groups: dict[int, Fit], settings: Settings) -> dict[int, float]:
    """Return the mean silhouette of each grouping, on a sample where there are many customers."""
    silhouette = Silhouette(points, settings.silhouette_rows, settings.seed)
    return {k: silhouette.of(group.labels) for k, group in groups.items()}

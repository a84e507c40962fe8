"""The chapter's method as one step that can be repeated: on random data, from other seeds, on other customers.

The notebook takes the steps one by one: a forest learns what a customer is worth, customers whom many of its trees
put into the same leaves are near each other, and k-means groups them. Here the same steps run again, from unfitted
scikit-learn estimators.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from helpers.base.errors import StudyError
from helpers.base.sampling import natural_order
from helpers.customers.columns import finite_numbers
from helpers.grouping.clusters import Fit, Silhouette, fits, nearest_centre, one_thread, reseeded

FEWEST = 10
"""Customers that a forest, its clusters and a holdout of them need at least."""
BATCH = 20_000
"""Customers whose leaves are in memory at a time: a hundred megabytes, at some hundred trees."""
NEEDED = ("recency", "frequency", "monetary", "gross_revenue")
LEAVE_OUT = "leave tree_embedding out of the study's chapters."


def in_order(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the customers in the order of their ids: what a forest draws depends on it.

    Raises:
        StudyError: there are too few, or they have no orders.
    """
    if len(customers) < FEWEST:
        raise StudyError(
            f"{len(customers):,} customers are too few for a forest and groups of its leaves, which need "
            f"{FEWEST}; {LEAVE_OUT}"
        )
    if not set(NEEDED) <= set(customers):
        raise StudyError(
            f"The customers have no {', '.join(NEEDED)}, which only orders with dates give; {LEAVE_OUT}"
        )
    return customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)


def features_of(customers: pd.DataFrame, names: list[str], target: str) -> pd.DataFrame:
    """Return the features in their own units: those that differ, gaps filled with the median.

    Raises:
        StudyError: a feature or the target is not there or no number, or there is nothing to learn.
    """
    if target in names:
        raise StudyError(f"tree_embedding.features names {target}, which is what the forest is to learn.")
    worth = finite_numbers(customers, target, "tree_embedding.target")
    if worth.isna().any():
        raise StudyError(f"tree_embedding.target names {target}, which has missing values.")
    if worth.nunique() < 2:
        raise StudyError(f"{target} is the same for all customers: there is nothing to learn.")
    values = pd.DataFrame({name: finite_numbers(customers, name, "tree_embedding.features") for name in names})
    varying = values.loc[:, values.nunique() > 1]
    if varying.empty:
        raise StudyError("The forest has no feature to learn from: none of them differs between customers.")
    return varying.fillna(varying.median())


class Run(NamedTuple):
    """The method, run on some customers."""

    space: Pipeline
    """From features to the embedding, fitted."""
    points: np.ndarray
    """The customers in the embedding."""
    groups: dict[int, Fit]
    """By number of clusters."""

    @property
    def forest(self) -> Any:
        """The fitted forest."""
        return self.space[0].forest_

    def labels(self, k: int) -> np.ndarray:
        """Return the cluster of each customer."""
        return self.groups[k].labels

    def silhouettes(self, most: int, seed: int) -> dict[int, float]:
        """Return the mean silhouette by number of clusters, on a sample of at most so many customers."""
        silhouette = Silhouette(self.points, most, seed)
        return {k: silhouette.of(group.labels) for k, group in self.groups.items()}

    def place(self, x: np.ndarray) -> dict[int, np.ndarray]:
        """Return the clusters of customers who were not there, by number of clusters: of the nearest centre."""
        points = self.space.transform(x)
        return {k: nearest_centre(points, group.centres) for k, group in self.groups.items()}


def in_batches(place: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the places of customers in an embedding; so many at a time that their leaves fit into memory."""
    return np.vstack([place(x[start : start + BATCH]) for start in range(0, len(x), BATCH)])


def run(
    x: np.ndarray,
    y: np.ndarray,
    space: Pipeline,
    kmeans: BaseEstimator,
    ks: Iterable[int],
    *,
    seed: int | None = None,
) -> Run:
    """Run the method once, on scaled features and what the forest learns, with unfitted estimators.

    The first step of `space` is `Leaves`. Numbers of clusters that the points do not allow are left out; a seed is
    that of all random choices, instead of the estimators' own.
    """
    space, kmeans = (clone(one) if seed is None else reseeded(one, seed) for one in (space, kmeans))
    with one_thread():
        weighted = space[:-1].fit_transform(x, y)
        points = space[-1].fit(weighted).transform(weighted)  # as new ones are placed: equal ones, equal places
        most = min(len(np.unique(points, axis=0)), len(points) - 1)
        return Run(space, points, fits(points, kmeans, [k for k in ks if k <= most]))

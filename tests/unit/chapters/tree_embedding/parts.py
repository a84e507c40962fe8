"""Customers of three kinds, and the unfitted estimators that the tests of this folder share."""

from functools import cache

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, minmax_scale

from helpers.chapters.tree_embedding.embedding import LeafWeights, Leaves
from helpers.chapters.tree_embedding.pipeline import in_order

GROUPS = 3
FEATURES = ["items", "recency", "chance"]


def injected(rows: int = 300) -> pd.DataFrame:
    """Three kinds of customers by items; recency follows, `chance` says nothing."""
    rng = np.random.default_rng(8)
    kind = np.arange(rows) % GROUPS
    items = 10.0 ** (1 + kind) * rng.uniform(0.9, 1.1, rows)
    return pd.DataFrame(
        {
            "customer_id": [str(n) for n in range(rows, 0, -1)],
            "kind": kind,
            "items": items,
            "recency": 300 - 100 * kind + rng.integers(0, 20, rows),
            "frequency": 1 + kind,
            "monetary": items * 2,
            "chance": rng.random(rows),
            "gross_revenue": 10.0 ** (1 + kind) * rng.uniform(0.9, 1.1, rows),
        }
    )


@cache
def matrices() -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Their features and target from 0 to 1, and the customers."""
    customers = in_order(injected())
    return minmax_scale(customers[FEATURES]), minmax_scale(np.log1p(customers["gross_revenue"])), customers


FOREST = RandomForestRegressor(30, max_features="sqrt", min_samples_leaf=5, random_state=42)


def space(forest: BaseEstimator = FOREST, dimensions: int = 2) -> Pipeline:
    """The way to the embedding."""
    coding = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    return make_pipeline(
        Leaves(forest), coding, LeafWeights(), PCA(dimensions, svd_solver="arpack", random_state=42)
    )


def kmeans() -> KMeans:
    """What makes the groups."""
    return KMeans(n_init=2, random_state=42)

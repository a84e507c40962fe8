"""What does a forest see in a customer? The leaf that each of its trees puts them into.

Four kinds of forest give the same thing: a matrix of leaf numbers, a row a customer, a column a tree. The numbers
are labels. Leaf 7 is no nearer to leaf 8 than to leaf 90, so what two customers have in common is the share of
trees that put them into the same leaf, and its complement is the Hamming distance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from helpers.base.errors import StudyError, check_choice

KINDS = {
    "forest": "Random forest",
    "extra_trees": "Extra trees",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
}
BLOCK = 1000
"""Customers compared with all others at a time: all distances at once need memory with the square."""


@dataclass(frozen=True)
class Forest:
    """Which trees are grown; boosters grow theirs by their own library's rules, with as many trees."""

    kind: str = "forest"
    trees: int = 300
    max_features: str | float | None = "sqrt"
    """Features a split may choose from, as scikit-learn names it; None is all of them."""
    min_samples_leaf: int = 1
    seed: int = 42

    def __post_init__(self) -> None:
        check_choice("tree_embedding.forest", self.kind, KINDS)
        for name in ("trees", "min_samples_leaf"):
            if getattr(self, name) < 1:
                raise StudyError(f"tree_embedding.{name} is {getattr(self, name)}, but should be at least 1.")
        share = self.max_features
        if isinstance(share, str) and share not in ("sqrt", "log2"):
            raise StudyError(
                f"tree_embedding.max_features is {share!r}; give sqrt, log2, a share, or null for all."
            )


def grow(x: np.ndarray, y: np.ndarray, forest: Forest) -> Any:
    """Return a fitted forest that predicts y from x, on one thread.

    Args:
        x: customers x features.
        y: what the forest learns, one value a customer.
        forest: which trees.
    """
    if forest.kind in ("forest", "extra_trees"):
        model = RandomForestRegressor if forest.kind == "forest" else ExtraTreesRegressor
        return model(
            forest.trees,
            max_features=1.0 if forest.max_features is None else forest.max_features,
            min_samples_leaf=forest.min_samples_leaf,
            random_state=forest.seed,
            n_jobs=1,
        ).fit(x, y)
    if forest.kind == "xgboost":
        from xgboost import XGBRegressor

        return XGBRegressor(n_estimators=forest.trees, random_state=forest.seed, n_jobs=1).fit(x, y)
    from lightgbm import LGBMRegressor

    # importance as the others measure it, by what a split gains, not by how often it is used
    own = {"importance_type": "gain", "n_jobs": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}
    return LGBMRegressor(n_estimators=forest.trees, random_state=forest.seed, **own).fit(x, y)


def leaves_of(model: Any, x: np.ndarray) -> np.ndarray:
    """Return the number of the leaf that each tree puts each customer into, customers x trees (int64)."""
    found = model.predict(x, pred_leaf=True) if hasattr(model, "booster_") else model.apply(x)
    return np.asarray(found).astype(np.int64).reshape(len(x), -1)


def importances_of(model: Any) -> np.ndarray:
    """Return how much each feature matters to a forest, as shares of all."""
    values = np.asarray(model.feature_importances_, dtype=float)
    return values / values.sum() if values.sum() else values


@dataclass(frozen=True)
class OneHot:
    """Which leaves of each tree were seen, so that customers who come later can be coded alike."""

    seen: tuple[np.ndarray, ...]
    """Sorted leaf numbers of each tree."""

    @property
    def width(self) -> int:
        """Leaves of all trees together."""
        return sum(len(known) for known in self.seen)

    def code(self, leaves: np.ndarray) -> sparse.csr_matrix:
        """Return a row a customer with a one in the column of each of their leaves; an unseen leaf has none."""
        rows, columns, start = [], [], 0
        for tree, known in enumerate(self.seen):
            place = np.minimum(np.searchsorted(known, leaves[:, tree]), len(known) - 1)
            hit = np.flatnonzero(known[place] == leaves[:, tree])
            rows.append(hit)
            columns.append(start + place[hit])
            start += len(known)
        at = (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_matrix((np.ones(len(at[0]), dtype=np.float32), at), shape=(len(leaves), start))


def one_hot(leaves: np.ndarray) -> OneHot:
    """Return the coding of a leaf matrix."""
    return OneHot(tuple(np.unique(column) for column in leaves.T))


def hamming(leaves: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the share of trees in which two customers fall into different leaves, leaves x others."""
    coding = one_hot(others)
    shared = (coding.code(leaves) @ coding.code(others).T).toarray()
    return 1 - shared / leaves.shape[1]


def hamming_neighbours(leaves: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions and Hamming distances of each customer's nearest ones, the customer first.

    Equal distances are ordered by position, so that the same leaves always give the same neighbours.
    """
    coding = one_hot(leaves)
    code, transposed = coding.code(leaves), coding.code(leaves).T.tocsc()
    indices, distances = [], []
    for start in range(0, len(leaves), BLOCK):
        away = 1 - (code[start : start + BLOCK] @ transposed).toarray() / leaves.shape[1]
        own = np.arange(len(away))
        away[own, start + own] = -1  # a twin is as near as the customer, who still comes first
        nearest_ones = np.argsort(away, axis=1, kind="stable")[:, :number]
        indices.append(nearest_ones)
        distances.append(np.maximum(np.take_along_axis(away, nearest_ones, axis=1), 0))
    return np.concatenate(indices), np.concatenate(distances).astype(np.float32)

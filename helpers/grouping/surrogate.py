"""Clusters explained by a model that learns to predict them: what matters, and rules a person can read.

This is circular, and the page says so: the labels were made from the same features, so high accuracy proves
nothing about the segments. It only tells how a segment can be described.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.tree import DecisionTreeClassifier

from helpers.base.text import number
from helpers.base.vocabulary import label

RULE_DEPTH = 4
"""Questions on the way to a rule: more of them nobody would remember."""
FOLDS = 5
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Surrogate:
    """A forest that repeats the clusters, and a shallow tree that puts them into rules."""

    accuracy: float
    """Of the forest, on the fifth of the customers it did not see."""
    depth: int | None
    trees: int
    importances: pd.DataFrame
    """`feature`, `forest` (impurity, sums to 1), `permutation` (accuracy lost when shuffled), largest first."""
    rules: pd.DataFrame
    """`rule`, `segment`, `customers`, `share` of them in the segment; a row a leaf."""
    tree_accuracy: float
    """Of the shallow tree, on the same fifth."""


def explain(
    original: pd.DataFrame,
    labels: np.ndarray,
    segments: list[str],
    *,
    depths: list[int | None],
    trees: list[int],
    tree_depth: int = RULE_DEPTH,
    seed: int,
) -> Surrogate:
    """Fit the forest (the best of a grid, chosen on the training customers alone) and the tree.

    Args:
        original: the features in their own units, one row a customer.
        labels: the cluster of each row.
        segments: the name of each cluster.
        depths: depths of the forest's trees to try; None is without limit.
        trees: numbers of trees to try.
        tree_depth: depth of the tree that becomes rules.
        seed: of the split and the models.
    """
    # a cluster of one customer cannot be in both parts
    whole = labels if np.bincount(labels).min() > 1 and len(set(labels)) <= TEST_SHARE * len(labels) else None
    parts = train_test_split(original, labels, test_size=TEST_SHARE, stratify=whole, random_state=seed)
    learn_x, test_x, learn_y, test_y = parts
    forest = _forest(learn_x, learn_y, depths, trees, seed)
    shuffled = permutation_importance(forest, test_x, test_y, n_repeats=5, random_state=seed)
    importances = pd.DataFrame(
        {
            "feature": list(original.columns),
            "forest": forest.feature_importances_,
            "permutation": shuffled.importances_mean,
        }
    )
    tree = DecisionTreeClassifier(
        max_depth=tree_depth, max_leaf_nodes=2 * len(segments), min_samples_leaf=5, random_state=seed
    ).fit(learn_x, learn_y)
    return Surrogate(
        accuracy=float(forest.score(test_x, test_y)),
        depth=forest.max_depth,
        trees=forest.n_estimators,
        importances=importances.sort_values(["forest", "feature"], ascending=[False, True], ignore_index=True),
        rules=rules_of(tree, original, labels, segments),
        tree_accuracy=float(tree.score(test_x, test_y)),
    )


def _forest(
    x: pd.DataFrame, y: np.ndarray, depths: list[int | None], trees: list[int], seed: int
) -> RandomForestClassifier:
    """Return the forest with the best cross-validated accuracy; a grid of one needs no search."""
    forest = RandomForestClassifier(random_state=seed, max_depth=depths[0], n_estimators=trees[0])
    folds = min(FOLDS, int(np.unique(y, return_counts=True)[1].min()))
    if len(depths) * len(trees) == 1 or folds < 2:
        return forest.fit(x, y)
    grid = {"max_depth": depths, "n_estimators": trees}
    return GridSearchCV(forest, grid, cv=folds).fit(x, y).best_estimator_


def rules_of(
    tree: DecisionTreeClassifier, original: pd.DataFrame, labels: np.ndarray, segments: list[str]
) -> pd.DataFrame:
    """Return the leaves of a tree as rules, with how many customers each describes and how purely."""
    leaves = tree.apply(original)
    paths = _paths(tree, list(original.columns))
    rows = []
    for leaf, bounds in paths.items():
        inside = labels[leaves == leaf]
        if len(inside):
            most = int(np.bincount(inside).argmax())
            rows.append((_sentence(bounds), segments[most], len(inside), float((inside == most).mean())))
    frame = pd.DataFrame(rows, columns=["rule", "segment", "customers", "share"])
    return frame.sort_values(["customers", "rule"], ascending=[False, True], ignore_index=True)


def _paths(tree: DecisionTreeClassifier, features: list[str]) -> dict[int, dict[str, tuple[float, float]]]:
    """Return the bounds (above, at most) of each feature on the way to each leaf."""
    found: dict[int, dict[str, tuple[float, float]]] = {}
    waiting: list[tuple[int, dict[str, tuple[float, float]]]] = [(0, {})]
    inner = tree.tree_
    while waiting:
        node, bounds = waiting.pop()
        if inner.children_left[node] < 0:
            found[node] = bounds
            continue
        name, limit = features[inner.feature[node]], float(inner.threshold[node])
        low, high = bounds.get(name, (-np.inf, np.inf))
        waiting.append((int(inner.children_left[node]), bounds | {name: (low, min(high, limit))}))
        waiting.append((int(inner.children_right[node]), bounds | {name: (max(low, limit), high)}))
    return found


def _sentence(bounds: dict[str, tuple[float, float]]) -> str:
    """Return bounds as a rule: `Frequency above 3.5 and recency at most 40`."""
    parts = []
    for name, (low, high) in bounds.items():
        what = label(name).lower()
        if np.isfinite(low) and np.isfinite(high):
            parts.append(f"{what} above {number(low)} and at most {number(high)}")
        else:
            parts.append(f"{what} above {number(low)}" if np.isfinite(low) else f"{what} at most {number(high)}")
    text = ", ".join(parts) or "everybody"
    return text[0].upper() + text[1:]

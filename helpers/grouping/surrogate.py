"""Clusters explained by a model that learns to predict them: what matters, and rules a person can read.

This is circular, and the page says so: the labels were made from the same features, so high accuracy proves
nothing about whether the groups exist. It only tells how a group can be described.
"""

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from helpers.base.text import number
from helpers.base.vocabulary import label


def strata(labels: np.ndarray, test_size: float) -> np.ndarray | None:
    """Return the labels to stratify a split by; None where a cluster is too small to be in both parts."""
    sizes = np.bincount(labels)
    return labels if sizes.min() > 1 and len(sizes) <= test_size * len(labels) else None


def rules_of(
    tree: DecisionTreeClassifier, original: pd.DataFrame, labels: np.ndarray, names: list[str]
) -> pd.DataFrame:
    """Return the leaves of a tree as rules, with how many customers each describes and how purely."""
    leaves = tree.apply(original)
    paths = _paths(tree, list(original.columns))
    rows = []
    for leaf, bounds in paths.items():
        inside = labels[leaves == leaf]
        if len(inside):
            most = int(np.bincount(inside).argmax())
            rows.append((_sentence(bounds), names[most], len(inside), float((inside == most).mean())))
    frame = pd.DataFrame(rows, columns=["rule", "group", "customers", "share"])
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

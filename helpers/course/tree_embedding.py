"""The exercises of chapter 05."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from helpers.course.exercises import Exercise, Names


def _half_of_the_importance(names: Names) -> int:
    so_far, taken = 0.0, 0
    for importance in sorted(names["importances"], reverse=True):
        so_far, taken = so_far + importance, taken + 1
        if so_far > 0.5:
            break
    return taken


def _most_alike(names: Names, seed: int) -> float:
    """Return the largest share of trees in which somebody is in a customer's leaf, by the one-hot leaves."""
    one_hot = names["one_hot"]
    customer = seed % one_hot.shape[0]
    shared = (one_hot @ one_hot[[customer]].T).toarray().ravel()
    return float(np.delete(shared, customer).max() / shared[customer])


def _r2_unseen(names: Names, columns: np.ndarray | slice = slice(None)) -> float:
    """Return R², by its definition, of customers that a forest of some columns did not see."""
    x, y, seen, unseen = names["X"][:, columns], names["y"], names["seen"], names["unseen"]
    missed = y[unseen] - clone(names["forest"]).fit(x[seen], y[seen]).predict(x[unseen])
    return float(1 - (missed**2).sum() / ((y[unseen] - y[unseen].mean()) ** 2).sum())


def _is_missed(names: Names) -> str:
    rest = np.delete(np.arange(names["X"].shape[1]), np.argmax(names["importances"]))
    return "holds" if _r2_unseen(names) - _r2_unseen(names, rest) > 0.05 else "does not hold"


def _by_dimensions(names: Names) -> np.ndarray:
    """Return the silhouettes of two groups in two and in eight dimensions, whatever the parameter is now."""
    weighted, rows, seed = names["weighted"], names["sample"], names["seed"]
    found = []
    for dimensions in (2, 8):
        axes = PCA(dimensions, svd_solver="arpack", random_state=seed).fit(weighted)
        places = axes.transform(weighted)
        groups = KMeans(2, n_init=5, random_state=seed).fit(places).labels_
        found.append(silhouette_score(places[rows], groups[rows]))
    return np.array(found)


def _swapped(answer: Any, right: np.ndarray) -> str | None:
    given = np.asarray(answer, dtype=float)
    turned = given.shape == right.shape and np.allclose(given, right[::-1], rtol=0.01)
    return "The order is the other way round: two dimensions first." if turned else None


EXERCISES = (
    Exercise(
        "Sort the importances, the largest first, and add them up with cumsum.",
        _half_of_the_importance,
        lambda answer, right: "A number of features is asked for." if 0 < answer < 1 else None,
        within=0,
        slip="The share reached is given instead of the number of features, or the last feature is not counted.",
    ),
    Exercise(
        "(leaves == leaves[customer]).mean(axis=1) says with each customer in what share of the trees.",
        _most_alike,
        lambda answer, right: (
            "Leave the customer out: they share every leaf with themselves." if answer == 1 else None
        ),
        own=True,
        slip="The customer is compared with themselves, or numbers of leaves are taken for quantities.",
    ),
    Exercise(
        "Which customers had the forest seen when it was fitted?",
        _r2_unseen,
        lambda answer, right: (
            "That forest was fitted on all customers, so none of these is new to it." if answer > right else None
        ),
        slip="Only the tested rows are new, and the forest stays the one that was fitted on everybody.",
    ),
    Exercise(
        "Fit clone(forest) on the customers of `seen` without that column of X, and compare its R² of `unseen`.",
        _is_missed,
        slip="Importance is read as need: that another feature can stand in for this one is not thought of.",
    ),
    Exercise(
        "After running on, the table of every number of groups has it; by_k is that table.",
        _by_dimensions,
        _swapped,
        slip="Two dimensions are called the better embedding because their silhouette is higher.",
    ),
    Exercise(
        "What is the embedding made of, and was it asked to keep customers apart?",
        slip="Shuffling is thought to take the groups away, so that the silhouette of the null must be near zero.",
    ),
)

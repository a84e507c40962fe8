"""The exercises of chapter 04."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from helpers.course.exercises import Exercise, Names


def _labels(names: Names) -> np.ndarray:
    """Return the groups of the customers that choices were made on."""
    return names["groups"][names["chosen"]].labels


def _wrong_side(names: Names) -> int:
    """Count customers nearer to another group, by the definition: mean distance to its members, own ones apart."""
    x, labels = names["X"], _labels(names)
    sums = np.column_stack([cdist(x, x[labels == group]).sum(axis=1) for group in np.unique(labels)])
    sizes = np.bincount(labels)
    own = sums[np.arange(len(x)), labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[np.arange(len(x)), labels] = np.inf
    return int(((means.min(axis=1) < own) & (sizes[labels] > 1)).sum())


def _in_another_space(answer: float, right: float) -> str:
    """Only the cell as it was given measures raw units; of any other mistake it is said what to check."""
    return (
        "In raw units, distances are those of the feature with the largest numbers. If you have left these, "
        "check both arguments: the rows that were grouped, and the groups that were chosen."
    )


def _worse_starts(names: Names) -> int:
    inertias = [KMeans(names["chosen"], n_init=1, random_state=s).fit(names["X"]).inertia_ for s in range(20)]
    return sum(inertia > 1.01 * min(inertias) for inertia in inertias)


def _with_noise(names: Names, seed: int) -> float:
    x = names["X"]
    wider = np.hstack([x, np.random.default_rng(seed).normal(size=len(x))[:, None]])
    groups = KMeans(names["chosen"], n_init=10, random_state=0).fit(wider).labels_
    return float(silhouette_score(wider, groups))


EXERCISES = (
    Exercise(
        "silhouette_samples of sklearn.metrics has one for each customer; it takes what silhouette_score takes.",
        _wrong_side,
        slip="The mean silhouette is given, or the share instead of the number.",
    ),
    Exercise(
        "Keep each fit's inertia_ in a list; then compare with the smallest.",
        _worse_starts,
        slip="n_init is forgotten, so every fit has ten starts and none is worse.",
    ),
    Exercise(
        "In which space did the algorithm look for groups: in pounds and days, or in what came out of the scaler?",
        lambda names: float(silhouette_score(names["X"], _labels(names))),
        _in_another_space,
        within=1e-4,
        slip="The raw table is scaled, but the logarithm before it is forgotten.",
    ),
    Exercise(
        "What would the forest reach on the groups of shuffled customers?",
        lambda names: "does not hold",
        slip="A high accuracy on held-out customers is taken for evidence: they were held out from the forest, "
        "not from the labels.",
    ),
    Exercise(
        "np.column_stack puts columns side by side; the fit and the silhouette take the same wider matrix.",
        _with_noise,
        own=True,
        slip="The silhouette is computed on X without the new column, or with the chapter's labels.",
    ),
    Exercise(
        "Think of a long cloud cut in the middle, and of a round one.",
        slip="Correlation is taken for groups.",
    ),
)

"""How much of what a forest's groups show is there? The whole method again, on random data and on other customers.

A silhouette in an embedding is measured in a space that was made to have groups, so it says nothing by itself.
What counts is how far it is above that of customers without any, and whether the groups come back.
"""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import adjusted_rand_score, r2_score
from sklearn.pipeline import Pipeline

from helpers.base.sampling import resample
from helpers.chapters.tree_embedding.pipeline import run
from helpers.grouping.null_models import permuted


def stability(
    x: np.ndarray,
    y: np.ndarray,
    labels: dict[int, np.ndarray],
    space: Pipeline,
    kmeans: BaseEstimator,
    *,
    resamples: int,
    seed: int,
) -> dict[int, float]:
    """Return how far the groups of resamples agree with those of all customers, by number of clusters.

    For each resample the forest is grown, its leaves embedded and the groups made anew; then all customers are
    placed there, and the adjusted Rand index (Hubert and Arabie, 1985) compares. The mean over resamples.
    """
    indices: dict[int, list[float]] = {k: [] for k in labels}
    for number in range(resamples):
        rows = resample(len(x), seed, number)
        again = run(x[rows], y[rows], space, kmeans, labels)
        for k, placed in again.place(x).items():
            indices[k].append(adjusted_rand_score(labels[k], placed))
    return {k: float(np.mean(values)) if values else np.nan for k, values in indices.items()}


def null_by_k(
    random_data: dict[str, list[tuple[np.ndarray, np.ndarray]]],
    space: Pipeline,
    kmeans: BaseEstimator,
    ks: list[int],
    *,
    most: int,
    seed: int,
) -> pd.DataFrame:
    """Return what the method measures in random data, means over its draws.

    `random_data` holds, by kind, features and target of each draw; each has a seed of its own, from `seed` on.
    A row a k, in their order: `silhouette_<kind>` and `stability_<kind>` for each kind, and the higher of them,
    `silhouette_null` and `stability_null`. Silhouettes are computed on at most `most` customers.
    """
    by_k = pd.DataFrame(index=ks)
    for kind, draws in random_data.items():
        measured = []
        for seed_of_draw, (x, y) in enumerate(draws, start=seed):
            one = run(x, y, space, kmeans, ks, seed=seed_of_draw)
            labels = {k: group.labels for k, group in one.groups.items()}
            back = stability(x, y, labels, space, kmeans, resamples=1, seed=seed_of_draw)
            measured.append(pd.DataFrame({"silhouette": one.silhouettes(most, seed_of_draw), "stability": back}))
        mean = (sum(measured[1:], measured[0]) / len(measured)).reindex(ks)  # random data may allow fewer groups
        by_k[[f"silhouette_{kind}", f"stability_{kind}"]] = mean[["silhouette", "stability"]]
    for measure in ("silhouette", "stability"):
        by_k[f"{measure}_null"] = by_k[[f"{measure}_{kind}" for kind in random_data]].max(axis=1)
    return by_k.reset_index(drop=True)


def compare(
    variants: dict[str, tuple[np.ndarray, Pipeline]],
    y: np.ndarray,
    kmeans: BaseEstimator,
    k: int,
    *,
    by: str,
    parts: tuple[np.ndarray, np.ndarray],
    most: int,
    seed: int,
) -> pd.DataFrame:
    """Return variants of the method, each against its own null and its own holdout.

    Variants are features and the unfitted way to the embedding, by name; `by` is the heading of the names, `parts`
    are the customers seen and unseen in the holdout. A row a variant that allows k clusters: `features`, how many,
    `silhouette`, `silhouette_null` (shuffled features), `above_null`, `r2_holdout`, `agreement` (of the groups
    unseen customers are put into).
    """
    seen, unseen = parts
    rows = []
    for variant, (x, space) in variants.items():
        whole = run(x, y, space, kmeans, [k])
        part = run(x[seen], y[seen], space, kmeans, [k])
        if k not in whole.groups or k not in part.groups:
            continue
        silhouette = whole.silhouettes(most, seed)[k]
        shuffled = run(permuted(x, np.random.default_rng([seed, 0])), y, space, kmeans, [k])
        null = shuffled.silhouettes(most, seed).get(k, np.nan)
        rows.append(
            {
                by: variant,
                "features": x.shape[1],
                "silhouette": silhouette,
                "silhouette_null": null,
                "above_null": silhouette - null,
                "r2_holdout": r2_score(y[unseen], part.forest.predict(x[unseen])),
                "agreement": adjusted_rand_score(whole.labels(k)[unseen], part.place(x[unseen])[k]),
            }
        )
    columns = [by, "features", "silhouette", "silhouette_null", "above_null", "r2_holdout", "agreement"]
    return pd.DataFrame(rows, columns=columns)

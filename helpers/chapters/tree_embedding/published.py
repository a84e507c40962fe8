"""The Insiders study's own pipeline, beside ours: what only its reproduction needs.

Its customers stand in the order in which the ledger first names them, which decides what a forest draws. Its UMAP
compiles itself in every process, which is no part of an evaluation. Its search over features was measured in
hours.
"""

from typing import Any

import numpy as np
import pandas as pd

from helpers.base.text import number
from helpers.chapters.tree_embedding.embeddings import NEIGHBOURS, find_neighbours, umap_points
from helpers.chapters.tree_embedding.pipeline import Fitted, Inputs, Settings

STAGES = [
    {},
    {"forest": "extra_trees"},
    {"forest": "xgboost"},
    {"forest": "lightgbm"},
    {"metric": "hamming"},
    {"embedding": "tsne"},
    {"embedding": "pca"},
    {"embedding": "svd", "dimensions": 10},
    {"algorithm": "kmeans"},
]
"""What the study varied, one stage at a time, and two that it did not try: the Hamming distance, and a few axes of
one-hot leaves."""

CLUSTERS = [18, 22, 36]
"""Numbers of clusters that are tried for each of them; the study's own best ones were among these."""


def first_lines(raw: pd.DataFrame) -> pd.Series:
    """Return, by customer_id, the first line of the ledger that names a customer."""
    return raw.dropna(subset="customer_id").groupby("customer_id")["line"].min()


def compile_umap(settings: Settings) -> None:
    """Let UMAP compile itself on a few invented customers, where the pipeline is going to use it."""
    if settings.embedding.kind == "umap":
        points = np.random.default_rng(0).random((4 * NEIGHBOURS, 3))
        umap_points(find_neighbours(points), points, 2, settings.seed)


def maps(fitted: Fitted, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Return UMAP's two-dimensional maps of the leaves and of the plain features, customers x 2 each."""
    seed = fitted.settings.seed
    near = find_neighbours(fitted.leaves, fitted.settings.embedding.metric)
    return (
        umap_points(near, fitted.leaves, 2, seed),
        umap_points(find_neighbours(inputs.x), inputs.x, 2, seed),
    )


def findings(
    fitted: Fitted,
    k: int,
    *,
    elsewhere: dict[str, float],
    nulls: dict[str, dict[int, float]],
    seeds: pd.DataFrame,
    held: dict[str, float],
) -> dict[str, Any]:
    """Return what is recorded of the reproduced pipeline, under the names of our own.

    Args:
        fitted: the pipeline.
        k: the number of clusters.
        elsewhere: silhouettes of its labels in other spaces.
        nulls: by kind, silhouettes by number of clusters.
        seeds: `other_seeds` of it.
        held: `holdout` of it.
    """
    at_k = {f"silhouette_null_{kind}": values.get(k) for kind, values in nulls.items()}
    return {
        "n_clusters": k,
        "best_k": fitted.best_k,
        "silhouette_embedding": fitted.silhouettes[k],
        "silhouette_null": max((value for value in at_k.values() if value is not None), default=None),
        **at_k,
        **{f"silhouette_{space}": value for space, value in elsewhere.items()},
        "by_k": [{"k": k, "silhouette": value} for k, value in fitted.silhouettes.items()],
        "stability_ari": seeds["agreement"].mean(),
        "seeds": seeds.to_dict("records"),
        "seeds_best_k": seeds["best_k"].tolist(),
        "holdout_ari": held["ari"],
        "holdout_ari_seen": held["ari_seen"],
        "holdout_silhouette": held["silhouette"],
        "r2_in_sample": held["r2_in_sample"],
        "r2_holdout": held["r2_holdout"],
        "sizes": fitted.groups[k].sizes,
    }


def headline(fitted: Fitted, k: int, elsewhere: dict[str, float], null: dict[int, float]) -> str:
    """Return what the reproduction comes to, in a sentence."""
    by_chance = null.get(k, float("nan"))
    return (
        f"{k} clusters score {fitted.silhouettes[k]:.3f} in the embedding, {by_chance:.3f} of which shuffled "
        f"features reach too; in the features they were made from, the same clusters score "
        f"{elsewhere['features']:.3f}."
    )


def cost(seconds: float, evaluations: int, published: float) -> dict[str, float]:
    """Return what the search cost, and what it would have cost with the published pipeline.

    Args:
        seconds: CPU seconds of the search.
        evaluations: sets it tried.
        published: CPU seconds of one run of the published pipeline, measured in the same chapter.
    """
    return {
        "evaluations": evaluations,
        "seconds": seconds,
        "published_seconds_each": published,
        "published_seconds": published * evaluations,
        "ratio": published * evaluations / seconds,
    }


def read_cost(found: dict[str, float]) -> str:
    """Say what the search cost, beside what it would have cost as published."""
    return (
        f"The search tried {number(int(found['evaluations']))} sets of features in {found['seconds'] / 60:.1f} "
        f"CPU minutes. One run of the published pipeline took {found['published_seconds_each']:.0f} CPU seconds "
        f"here, so the published way would have taken {found['published_seconds'] / 3600:.1f} CPU hours, "
        f"{found['ratio']:.0f} times as long."
    )

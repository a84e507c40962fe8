"""Chapter 05's verdict: are there groups in the space that the leaves of a forest make?

That space was made of cuts, and has valleys whatever customers are. So random data goes through the same forest.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from helpers.chapters.tree_embedding import pipeline, validation
from helpers.chapters.tree_embedding.embedding import LeafWeights, Leaves
from helpers.grouping.null_models import NULLS
from helpers.grouping.structure import beats_nulls, has_structure, propose
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.operating_characteristics import structure
from tests.operating_characteristics.trial import Setting

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
PARAMETERS = chapter_parameters(BY_NAME["tree_embedding"].notebook)()
CUSTOMERS, FEATURES = 300, 10


def says_structure(draw: Draw, rng: np.random.Generator) -> bool:
    """Return the chapter's verdict on a data set, by its own steps (chapter 05, sections 1 to 5).

    Where no number of groups has a silhouette clearly above random data's, their stability is not asked.
    """
    x, y = draw(rng, CUSTOMERS)
    seed, of = int(rng.integers(2**31)), PARAMETERS
    forest = RandomForestRegressor(
        of.trees, max_features=of.max_features, min_samples_leaf=of.min_samples_leaf, random_state=seed
    )
    pca = PCA(of.dimensions, svd_solver="arpack", random_state=seed)
    coding = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    space, kmeans = make_pipeline(Leaves(forest), coding, LeafWeights(), pca), KMeans(n_init=5, random_state=seed)
    ks = list(range(of.k_min, of.k_max + 1))
    found = pipeline.run(x, y, space, kmeans, ks)
    by_k = pd.DataFrame({"k": ks, "silhouette": found.silhouettes(of.silhouette_sample, seed).values()})
    by_k[["stability", "silhouette_null", "stability_null"]] = 1.0, -1.0, -1.0
    for kind in ("copula", "permuted"):  # the harder one first
        random = []
        for draw_number in range(of.null_draws):
            columns = np.column_stack([x, y]) if kind == "copula" else x
            columns = NULLS[kind](columns, np.random.default_rng([seed, draw_number]))
            random.append((columns[:, : x.shape[1]], columns[:, -1] if kind == "copula" else y))
        nulls = validation.null_by_k({kind: random}, space, kmeans, ks, most=of.silhouette_sample, seed=seed)
        for name in ("silhouette_null", "stability_null"):
            by_k[name] = np.maximum(by_k[name], nulls[name])
        if not beats_nulls(by_k, of.silhouette_margin, -1).any():
            return False
    labels = {k: found.labels(k) for k in ks}
    back = validation.stability(x, y, labels, space, kmeans, resamples=of.bootstraps, seed=seed)
    by_k["stability"] = by_k["k"].map(back)
    by_k["real"] = beats_nulls(by_k, of.silhouette_margin, of.stability_margin)
    return has_structure(by_k, propose(by_k))


def in_degree(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Customers of whom each feature says something about how keen they are, and the worth all of it."""
    keen = rng.normal(size=n)
    features = keen[:, None] * np.linspace(0.9, 0.1, FEATURES) + rng.normal(size=(n, FEATURES))
    return features, keen + 0.3 * rng.normal(size=n)


def by_counts(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Recency, frequency and others of customers who differ in degree; the worth is their monetary value."""
    rfm = structure.counts(rng, n)
    return np.column_stack([rfm[:, :2], rfm[:, [1]] + rng.normal(size=(n, FEATURES - 2))]), rfm[:, 2]


def grouped(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Separated groups of customers, the smaller ones of whom are worth more."""
    group = rng.choice(3, n, p=[0.7, 0.2, 0.1])
    return 6 * np.eye(3, FEATURES)[group] + rng.normal(size=(n, FEATURES)), group + 0.5 * rng.normal(size=n)


SETTINGS = [
    Setting("structure in leaves", f"{name}, {CUSTOMERS} customers", truth, partial(says_structure, draw),
            amounts={"customers": CUSTOMERS}, main=truth == "something")
    for name, truth, draw in (
        ("customers who differ in degree", "nothing", in_degree),
        ("customers who differ in degree, with counts", "nothing", by_counts),
        ("separated groups of unequal sizes", "something", grouped),
    )
]  # fmt: skip

"""Chapter 05's verdict: are there groups in the space that the leaves of a forest make?

That space was made of cuts, and has valleys whatever customers are. So random data goes through the same forest,
and gaps are looked for among the features.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from helpers.chapters.tree_embedding import pipeline, validation
from helpers.chapters.tree_embedding.embedding import LeafWeights, Leaves
from helpers.grouping.null_models import NULLS
from helpers.grouping.structure import beats_nulls, gaps, has_structure, propose
from helpers.grouping.valleys import depths, landscape, unity
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.operating_characteristics import structure
from tests.operating_characteristics.trial import Setting

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
PARAMETERS = chapter_parameters(BY_NAME["tree_embedding"].notebook)()
FEATURES = 10


def says_structure(draw: Draw, customers: int, rng: np.random.Generator) -> bool:
    """Return the chapter's verdict on a data set, by its own steps (chapter 05, sections 1 to 5).

    Where no division leaves gaps, random data is not asked; where no silhouette is clearly above that of the
    harder null, nothing else is.
    """
    x, y = draw(rng, customers)
    seed, of = int(rng.integers(2**31)), PARAMETERS
    forest = RandomForestRegressor(
        of.trees, max_features=of.max_features, min_samples_leaf=of.min_samples_leaf, random_state=seed
    )
    pca = PCA(of.dimensions, svd_solver="arpack", random_state=seed)
    coding = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    space, kmeans = make_pipeline(Leaves(forest), coding, LeafWeights(), pca), KMeans(n_init=5, random_state=seed)
    ks = list(range(of.k_min, of.k_max + 1))
    found = pipeline.run(x, y, space, kmeans, ks)
    labels = {k: found.labels(k) for k in ks}
    by_k = pd.DataFrame({"k": ks, "silhouette": found.silhouettes(of.silhouette_sample, seed).values()})
    tamed = np.where(x.min(axis=0) >= 0, np.log1p(np.maximum(x, 0)), x)
    by_importance = FunctionTransformer(lambda scaled: scaled * np.sqrt(found.forest.feature_importances_))
    uncut = make_pipeline(StandardScaler(), by_importance, PCA(min(of.dimensions, *x.shape), random_state=seed))
    land = landscape(tamed, np.random.default_rng(seed), uncut)
    by_k["valley"] = [depths(land, labels[k]).min() for k in ks]
    by_k["one_hump"] = [unity(land, labels[k], seed).max() for k in ks]
    if not gaps(by_k, of.hump_level / len(by_k)).any():
        return False
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
    days_and_orders, like_orders = np.expm1(rfm[:, :2]), rfm[:, [1]] + rng.normal(size=(n, FEATURES - 2))
    return np.column_stack([days_and_orders, like_orders]), rfm[:, 2]


def with_worth(draw: structure.Draw, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Data of chapter 04's trials, features of chance beside it; the worth is the sum of what is none."""
    told = draw(rng, n)
    told = (told - told.mean(axis=0)) / told.std(axis=0)
    return np.hstack([told, rng.normal(size=(n, FEATURES - told.shape[1]))]), told.sum(axis=1) + rng.normal(size=n)


def grouped(
    centres: list[list[int]], shares: list[float], rng: np.random.Generator, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Groups of customers, each worth more than the one before, and features of chance."""
    group = rng.choice(len(shares), n, p=shares)
    features = rng.normal(size=(n, FEATURES))
    features[:, : len(centres[0])] += np.array(centres)[group]
    return features, group + 0.5 * rng.normal(size=n)


def with_copies(draw: Draw, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each customer three times."""
    features, worth = draw(rng, n // 3)
    return np.repeat(features, 3, axis=0), np.repeat(worth, 3)


UNEQUAL = partial(grouped, [[6, 0, 0], [0, 6, 0], [0, 0, 6]], [0.7, 0.2, 0.1])
GRID = partial(grouped, [[0, 0], [6, 0], [0, 6], [6, 6]], [0.25] * 4)
NOTHING = {
    "customers who differ in degree": in_degree,
    "customers who differ in degree, with counts": by_counts,
    **{
        name: partial(with_worth, structure.NOTHING[name])
        for name in (
            "an even spread",
            "a cloud with long tails",
            "a bent continuum (parabola)",
            "a thin bent continuum (horseshoe of two features)",
            "a cloud with copies",
        )
    },
}
SOMETHING = {
    "separated groups of unequal sizes": UNEQUAL,
    "a grid of groups": GRID,
    "separated groups with copies": partial(with_copies, UNEQUAL),
}
LARGE = ("customers who differ in degree", "customers who differ in degree, with counts",
         "separated groups of unequal sizes")  # fmt: skip
"""Kinds of data that are tried with many customers, too: each takes its time."""
SETTINGS = [
    Setting("structure in leaves", f"{name}, {n:,} customers", truth, partial(says_structure, draw, n),
            amounts={"customers": n}, main=truth == "something")
    for truth, kinds in (("nothing", NOTHING), ("something", SOMETHING))
    for name, draw in kinds.items()
    for n in ((300, 1500) if name in LARGE else (300,))
]  # fmt: skip

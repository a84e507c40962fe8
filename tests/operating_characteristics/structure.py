"""Chapter 04's verdict: are there natural groups? Clouds and continua without any, and data made of groups."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from helpers.grouping.clusters import Silhouette, fit, sized
from helpers.grouping.stability import bootstrap_ari
from helpers.grouping.structure import apart, has_structure, propose
from helpers.grouping.valleys import depths, landscape, unity
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.operating_characteristics.trial import Setting

Draw = Callable[[np.random.Generator, int], np.ndarray]
PARAMETERS = chapter_parameters(BY_NAME["clustering"].notebook)()
KS = range(PARAMETERS.k_min, PARAMETERS.k_max + 1)


def says_structure(draw: Draw, customers: int, rng: np.random.Generator) -> bool:
    """Return the chapter's verdict on a data set, by its own steps (chapter 04, sections 2 to 5).

    Only what the verdict depends on is computed. It is yes where the number of groups that is proposed is not the
    largest one tried, and the proposal is one of the real numbers with nearly the best silhouette. So the real
    number below the largest that has the best one stands for all of these, and the largest is tested only where it
    would be proposed instead.
    """
    drawn = draw(rng, customers)
    data = (drawn - drawn.mean(axis=0)) / drawn.std(axis=0)
    seed = int(rng.integers(2**31))
    estimator = KMeans(n_init=PARAMETERS.n_init, random_state=seed)
    land = landscape(data, np.random.default_rng(seed))
    *smaller, largest = KS
    groups = {k: fit(data, sized(estimator, k)) for k in smaller}
    valleys = {k: depths(land, groups[k].labels).min() for k in smaller}
    with_valley = [k for k in smaller if valleys[k] > 0]
    if not with_valley:
        return False

    def real(k: int) -> bool:
        """Return whether k groups are real; a test that is failed spares the dearer ones after it."""
        row = pd.DataFrame({"valley": [valleys[k]], "one_hump": 1.0, "stability": 0.0})
        if valleys[k] > 0:
            row["one_hump"] = unity(land, groups[k].labels, seed).max()
        if row["one_hump"].item() < PARAMETERS.hump_level:
            again = {"bootstraps": PARAMETERS.bootstraps, "seed": seed}
            row["stability"] = bootstrap_ari(data, estimator, {k: groups[k]}, **again)[k].mean()
        return bool(apart(row, PARAMETERS.hump_level).item())

    groups[largest] = fit(data, sized(estimator, largest))
    valleys[largest] = depths(land, groups[largest].labels).min()
    measure = Silhouette(data, PARAMETERS.silhouette_sample, seed)
    silhouettes = {k: measure.of(groups[k].labels) for k in (*with_valley, largest)}
    best = next((k for k in sorted(with_valley, key=silhouettes.get, reverse=True) if real(k)), None)
    if best is None:
        return False
    both = pd.DataFrame({"k": [best, largest], "real": True})
    both["silhouette"], both["valley"] = both["k"].map(silhouettes), both["k"].map(valleys)
    if not has_structure(both, propose(both)):
        both["real"] = [True, real(largest)]
    return has_structure(both, propose(both))


def cloud(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, 3))


def correlated(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.multivariate_normal(np.zeros(4), 0.7 + 0.3 * np.eye(4), n)


def even(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.uniform(size=(n, 3))


def long_tails(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.lognormal(0, 0.8, (n, 3))


def many_features(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, 6))


def counts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Recency, frequency and monetary value of customers who differ in degree only, as chapter 04 tames them."""
    keen = rng.normal(size=n)
    orders = rng.geometric(np.clip(1 / np.exp(0.8 + 0.5 * keen), 0, 0.95))
    days = rng.exponential(120 * np.exp(-0.5 * keen)).round()
    return np.log1p(np.column_stack([days, orders, orders * np.exp(3 + 0.6 * rng.normal(size=n))]))


def parabola(rng: np.random.Generator, n: int) -> np.ndarray:
    along = rng.uniform(-2, 2, n)
    return np.column_stack([along, along**2, np.zeros(n)]) + rng.normal(0, 0.25, (n, 3))


def horseshoe(rng: np.random.Generator, n: int) -> np.ndarray:
    along = rng.uniform(0, 1.5 * np.pi, n)
    return np.column_stack([np.cos(along), np.sin(along), np.zeros(n)]) + rng.normal(0, 0.15, (n, 3))


def thin_horseshoe(rng: np.random.Generator, n: int) -> np.ndarray:
    return horseshoe(rng, n)[:, :2]


def copies(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.repeat(rng.normal(size=(n // 3, 3)), 3, axis=0)


def blobs(centres: list[list[float]], shares: list[float], rng: np.random.Generator, n: int) -> np.ndarray:
    return np.array(centres)[rng.choice(len(shares), n, p=shares)] + rng.normal(size=(n, len(centres[0])))


FOUR = partial(blobs, [[0, 0, 0], [5, 0, 0], [0, 5, 0], [0, 0, 5]], [0.25] * 4)
UNEQUAL = partial(blobs, [[0, 0, 0], [7, 0, 0], [0, 7, 0]], [0.7, 0.2, 0.1])
GRID = partial(blobs, [[0, 0], [5, 0], [0, 5], [5, 5]], [0.25] * 4)
OVERLAPPING = partial(blobs, [[0, 0, 0], [2.5, 0, 0], [0, 2.5, 0]], [1 / 3] * 3)


def uniform_copies(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.repeat(FOUR(rng, n // 3), 3, axis=0)


NOTHING = {
    "a round cloud": cloud,
    "a correlated cloud": correlated,
    "an even spread": even,
    "a cloud with long tails": long_tails,
    "a cloud of six features": many_features,
    "customers who differ in degree": counts,
    "a bent continuum (parabola)": parabola,
    "a bent continuum (horseshoe)": horseshoe,
    "a thin bent continuum (horseshoe of two features)": thin_horseshoe,
    "a cloud with copies": copies,
}
SOMETHING = {
    "four separated groups": FOUR,
    "separated groups of unequal sizes": UNEQUAL,
    "a grid of groups": GRID,
    "separated groups with copies": uniform_copies,
}
EITHER = {"overlapping groups": OVERLAPPING}
SIZES = (300, 1500, 5000)
SETTINGS = [
    Setting("structure", f"{name}, {n:,} customers", truth, partial(says_structure, draw, n),
            amounts={"customers": n}, main=truth == "something")
    for truth, kinds in (("nothing", NOTHING), ("something", SOMETHING), ("either", EITHER))
    for name, draw in kinds.items()
    for n in SIZES
]  # fmt: skip

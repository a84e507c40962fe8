"""Which features are needed? Backward elimination: leave out, one at a time, the feature that is missed least.

In every round each remaining feature is tried. What a set is worth is measured in two ways. Fewer features raise
a silhouette mechanically, so what counts is its distance from the same method on shuffled features, one null for
each number of features. And a silhouette knows nothing of revenue: left to itself, the search would keep shares of
weekdays, which cut customers neatly, and throw out what they buy. So a set must also predict revenue nearly as
well as the best set before it, on customers its trees have not drawn (R2 out of bag).
"""

from collections.abc import Iterator
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from tqdm import tqdm

from helpers.base.errors import StudyError
from helpers.chapters.tree_embedding.pipeline import run
from helpers.grouping.null_models import permuted

KEPT = 0.98
"""Share of the best score and of the best R2 that a smaller set must keep: the published study's own tolerance."""


class Elimination(NamedTuple):
    """A finished search."""

    path: pd.DataFrame
    """A row a set, from all features on: `features` (how many), `removed`, `k`, `silhouette`, `silhouette_null`,
    `score` (their largest difference over the numbers of clusters), `r2` (out of bag)."""
    selected: list[str]
    """The proposed set, in the order of the features."""
    evaluations: int
    """Sets that were tried, without nulls and the whole set."""
    seconds: float
    """CPU seconds of all evaluations together."""


class Search(NamedTuple):
    """What every evaluation of a search shares."""

    x: pd.DataFrame
    y: np.ndarray
    space: Pipeline
    kmeans: BaseEstimator
    ks: list[int]
    most: int
    seed: int


def eliminate(
    x: pd.DataFrame,
    y: np.ndarray,
    space: Pipeline,
    kmeans: BaseEstimator,
    *,
    ks: list[int],
    last: int,
    most: int,
    seed: int,
    workers: int,
) -> Elimination:
    """Take features away until few are left, and propose a set.

    `x` are all features, scaled; `y` is what the forest learns. `space` is unfitted and cheap, and its forest
    scores itself out of bag. Of the numbers of clusters, the one furthest above its null counts. `last` is the
    smallest set in which every feature is still tried, `most` the customers that a silhouette is computed on.

    Raises:
        StudyError: there are not more features than the smallest set, or a number is too small.
    """
    if last < 2 or workers < 1:
        raise StudyError(
            f"tree_embedding.eliminate_to is {last} and workers {workers}; give at least 2 features and 1 process."
        )
    if x.shape[1] <= last:
        raise StudyError(
            f"tree_embedding.eliminate_to is {last}, but the customers have {x.shape[1]} features; give fewer."
        )
    search = Search(x.astype(np.float32), y, space, kmeans, ks, most, seed)  # what trees use; half as much to send
    rounds, seconds, left = [_whole(search)], 0.0, list(x)
    sizes = range(x.shape[1], last - 1, -1)
    try:
        with tqdm(total=sum(sizes), unit="set", mininterval=30, leave=False) as bar:
            while len(left) >= last:
                needed = KEPT * max(entry["r2"] for entry in rounds)
                entry, spent = _round(search, left, needed, workers, bar)
                left.remove(entry["removed"])
                rounds.append(entry)
                seconds += spent
    finally:
        get_reusable_executor().shutdown(wait=True)  # nothing is left running
    path = pd.DataFrame(rounds)
    path.insert(0, "features", range(x.shape[1], x.shape[1] - len(path), -1))
    return Elimination(path, selected(path, list(x)), sum(sizes), seconds)


def selected(path: pd.DataFrame, features: list[str]) -> list[str]:
    """Return the smallest set with nearly the best R2 and, of such sets, nearly the best score."""
    useful = path[path["r2"] >= KEPT * path["r2"].max()]
    good = useful[useful["score"] >= KEPT * useful["score"].max()]
    gone = set(path.loc[: good.index.max(), "removed"])
    return [name for name in features if name not in gone]


class Measured(NamedTuple):
    """One evaluation."""

    silhouettes: dict[int, float]
    """By number of clusters."""
    r2: float
    """Of the trees, on customers they have not drawn."""
    seconds: float


def evaluate(search: Search, features: list[str], shuffled: bool = False) -> Measured:
    """Run the method on some of the features, as they are or shuffled."""
    start = process_time()
    x = np.ascontiguousarray(search.x[features])
    if shuffled:
        x = permuted(x, np.random.default_rng([search.seed, len(features)]))
    one = run(x, search.y, search.space, search.kmeans, search.ks)
    silhouettes = one.silhouettes(search.most, search.seed)
    return Measured(silhouettes, float(one.forest.oob_score_), process_time() - start)


def _whole(search: Search) -> dict[str, Any]:
    """Return the entry of the whole set."""
    features = list(search.x)
    return {"removed": None} | _scored(evaluate(search, features), evaluate(search, features, shuffled=True))


def _round(
    search: Search, left: list[str], needed: float, workers: int, bar: tqdm
) -> tuple[dict[str, Any], float]:
    """Try to leave out each feature; return the entry of the one that is missed least, and the CPU seconds.

    Only sets with an R2 of at least `needed` take part; where none has it, the one that comes nearest is taken.
    """
    sets = [[name for name in left if name != out] for out in left]
    results = _evaluated(search, sets, workers)
    null = next(results)
    tried = []
    for measured in results:
        tried.append(measured)
        bar.update()
    entries = [{"removed": out} | _scored(one, null) for out, one in zip(left, tried, strict=True)]
    fit_for_use = [entry for entry in entries if entry["r2"] >= needed]
    best = (
        max(fit_for_use, key=lambda entry: entry["score"])  # the first of equals
        if fit_for_use
        else max(entries, key=lambda entry: entry["r2"])
    )
    return best, null.seconds + sum(one.seconds for one in tried)


def _evaluated(search: Search, sets: list[list[str]], workers: int) -> Iterator[Measured]:
    """Evaluate sets on the workers, each with one thread for its linear algebra: first their null, then each."""
    jobs = [delayed(evaluate)(search, sets[-1], shuffled=True), *(delayed(evaluate)(search, one) for one in sets)]
    with parallel_config(backend="loky", inner_max_num_threads=1):
        yield from Parallel(n_jobs=workers, return_as="generator")(jobs)


def _scored(measured: Measured, null: Measured) -> dict[str, Any]:
    """Return silhouette, null and score at the number of clusters that is furthest above its null, and R2."""
    own, chance = pd.Series(measured.silhouettes), pd.Series(null.silhouettes)
    above = (own - chance).dropna()
    if above.empty:
        return {"k": None, "silhouette": 0.0, "silhouette_null": 0.0, "score": -1.0, "r2": measured.r2}
    k = above.idxmax()  # the smaller one of equals
    return {
        "k": int(k),
        "silhouette": float(own[k]),
        "silhouette_null": float(chance[k]),
        "score": float(above[k]),
        "r2": measured.r2,
    }

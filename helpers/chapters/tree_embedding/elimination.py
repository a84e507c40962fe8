"""Which features are needed? Backward elimination: leave out, one at a time, the feature that is missed least.

In every round each remaining feature is tried, as a published study did in about twenty hours. The whole search
takes minutes here, because one evaluation is small: a few extremely random trees, their leaves as a sparse matrix,
a few axes, k-means, a silhouette on a sample. It is also a better one. Fewer features raise a silhouette
mechanically, so what counts is its distance from the same pipeline on shuffled features, one null for each number
of features. And a silhouette knows nothing of revenue: left to itself, the search would keep shares of weekdays,
which cut customers neatly, and throw out what they buy. So a set must also predict revenue nearly as well as the
best set before it, on customers its trees have not drawn (R2 out of bag).

The search is resumed where it was interrupted: after each round its state is written to a file that names what it
was computed from. The file lies in the study's report folder but outside of what a chapter delivers, because a
build that fails or is stopped throws the chapter's own staging folder away, and this is what must survive it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from sklearn.ensemble import ExtraTreesRegressor
from threadpoolctl import threadpool_limits

from helpers.base.errors import StudyError
from helpers.base.files import read_json, write_json
from helpers.chapters.tree_embedding.embeddings import Embedding, embed
from helpers.chapters.tree_embedding.leaves import leaves_of
from helpers.chapters.tree_embedding.pipeline import Inputs, Settings, cluster, score
from helpers.grouping.null_models import permuted

KEPT = 0.98
"""Share of the best score and of the best R2 that a smaller set must keep: the published study's own tolerance."""


@dataclass(frozen=True)
class Cheap:
    """One evaluation of the search."""

    trees: int = 30
    min_samples_leaf: int = 5
    dimensions: int = 4
    ks: tuple[int, ...] = (5, 6, 8)
    rows: int = 1000
    """Customers that the silhouette is computed on."""
    seed: int = 42


@dataclass(frozen=True)
class Search:
    """How far features are taken away, and on how many processes."""

    last: int = 9
    """The smallest set in which every feature is still tried."""
    workers: int = 2
    cheap: Cheap = field(default_factory=Cheap)

    def __post_init__(self) -> None:
        if self.last < 2 or self.workers < 1:
            raise StudyError(
                f"tree_embedding.eliminate_to is {self.last} and workers {self.workers}; give at least 2 features "
                "and 1 process."
            )


class Elimination(NamedTuple):
    """A finished search."""

    path: pd.DataFrame
    """A row a set, from all features on: `features` (how many), `removed`, `k`, `silhouette`, `silhouette_null`,
    `score` (their largest difference over the numbers of clusters), `r2` (out of bag)."""
    order: list[str]
    """Features in the order in which they were taken away."""
    selected: list[str]
    """The proposed set, in the order of the features."""
    evaluations: int
    """Sets that were tried, without nulls and the whole set."""
    seconds: float
    """CPU seconds of all processes together, starting them included."""


class Measured(NamedTuple):
    """One evaluation: what it found, and what it cost in which process."""

    silhouettes: dict[int, float]
    """By number of clusters."""
    r2: float
    """Of the trees, on customers they have not drawn."""
    process: int = 0
    start: float = 0.0
    end: float = 0.0
    """The process's CPU clock."""


def evaluate(x: np.ndarray, y: np.ndarray, cheap: Cheap) -> Measured:
    """Run the small pipeline."""
    settings = Settings(n_init=1, silhouette_rows=cheap.rows, seed=cheap.seed)
    with threadpool_limits(1):
        trees = ExtraTreesRegressor(
            cheap.trees,
            max_features="sqrt",
            min_samples_leaf=cheap.min_samples_leaf,
            bootstrap=True,
            oob_score=True,
            random_state=cheap.seed,
            n_jobs=1,
        ).fit(x, y)
        embedding = Embedding("correspondence", cheap.dimensions, seed=cheap.seed)
        points = embed(leaves_of(trees, x), embedding).points
        silhouettes = score(points, cluster(points, settings, list(cheap.ks)), settings)
    return Measured(silhouettes, float(trees.oob_score_))


def _timed(x: np.ndarray, y: np.ndarray, columns: list[int], shuffled: bool, cheap: Cheap) -> Measured:
    """Evaluate some of the columns, as they are or shuffled, in whichever process this runs."""
    start = process_time()
    used = np.ascontiguousarray(x[:, columns])
    if shuffled:
        used = permuted(used, np.random.default_rng([cheap.seed, len(columns)]))
    return evaluate(used, y, cheap)._replace(process=os.getpid(), start=start, end=process_time())


class _Clock:
    """Adds up the CPU seconds of this process and its workers, from when a search starts."""

    def __init__(self, before: float) -> None:
        self._before, self._start = before, process_time()
        self._workers: dict[int, float] = {}

    def note(self, process: int, start: float, end: float) -> None:
        """Count an evaluation; a worker's first one brings what starting it has cost."""
        if process != os.getpid():
            self._workers[process] = self._workers.get(process, start) + end - start

    @property
    def seconds(self) -> float:
        """CPU seconds so far, those before an interruption included."""
        return self._before + process_time() - self._start + sum(self._workers.values())


def eliminate(
    inputs: Inputs, search: Search, checkpoint: Path, progress: Callable[..., Any] | None = None
) -> Elimination:
    """Take features away until few are left, and propose a set.

    Args:
        inputs: the customers with all features.
        search: how far, and on how many processes.
        checkpoint: the file that the state is kept in; its name says what it was computed from (`report.cache`).
        progress: such as tqdm, called with `total` and `initial`; None shows nothing.

    Raises:
        StudyError: there are not more features than the smallest set.
    """
    if len(inputs.features) <= search.last:
        raise StudyError(
            f"tree_embedding.eliminate_to is {search.last}, but the customers have {len(inputs.features)} "
            "features; give fewer."
        )
    state = read_json(checkpoint) or {"rounds": [], "seconds": 0.0}
    removed = [entry["removed"] for entry in state["rounds"][1:]]
    left = [place for place, name in enumerate(inputs.features) if name not in removed]
    clock = _Clock(state["seconds"])
    sizes = range(len(inputs.features), search.last - 1, -1)
    bar = None
    if progress is not None:
        bar = progress(total=sum(sizes), initial=sum(list(sizes)[: len(removed)]), unit="set")
    try:
        if not state["rounds"]:
            state["rounds"].append(_whole(inputs, left, search, clock))
        for _ in sizes[len(removed) :]:
            needed = KEPT * max(entry["r2"] for entry in state["rounds"])
            entry = _round(inputs, left, search, clock, needed=needed, bar=bar)
            left.remove(inputs.features.index(entry["removed"]))
            state["rounds"].append(entry)
            state["seconds"] = clock.seconds
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            write_json(checkpoint, state)
    finally:
        if bar is not None:
            bar.close()
        get_reusable_executor().shutdown(wait=True)  # nothing is left running
    return _result(inputs.features, state["rounds"], sum(sizes), state["seconds"])


def _whole(inputs: Inputs, left: list[int], search: Search, clock: _Clock) -> dict[str, Any]:
    """Return the entry of the whole set."""
    null, found = _run(inputs, [(left, True), (left, False)], search, clock)
    return {"removed": None} | _scored(found, null)


def _round(
    inputs: Inputs, left: list[int], search: Search, clock: _Clock, *, needed: float, bar: Any
) -> dict[str, Any]:
    """Try to leave out each feature; return the entry of the one that is missed least (the first of equals).

    Only sets with an R2 of at least `needed` take part; where none has it, the one that comes nearest is taken.
    """
    sets = [[place for place in left if place != out] for out in left]
    jobs = [(sets[-1], True), *((columns, False) for columns in sets)]
    results = []
    for measured in _run(inputs, jobs, search, clock):
        results.append(measured)
        if bar is not None and len(results) > 1:
            bar.update()
    null, *tried = results
    entries = [_scored(found, null) for found in tried]
    fit_for_use = [place for place, entry in enumerate(entries) if entry["r2"] >= needed]
    best = (
        max(fit_for_use, key=lambda place: (entries[place]["score"], -place))
        if fit_for_use
        else max(range(len(entries)), key=lambda place: (entries[place]["r2"], -place))
    )
    return {"removed": inputs.features[left[best]]} | entries[best]


def _scored(found: Measured, null: Measured) -> dict[str, Any]:
    """Return silhouette, null and score at the number of clusters that is furthest above its null, and R2."""
    own, chance = found.silhouettes, null.silhouettes
    shared = [k for k in own if k in chance and np.isfinite(own[k]) and np.isfinite(chance[k])]
    if not shared:
        return {"k": None, "silhouette": 0.0, "silhouette_null": 0.0, "score": -1.0, "r2": found.r2}
    k = max(shared, key=lambda k: (own[k] - chance[k], -k))
    gap = own[k] - chance[k]
    return {"k": k, "silhouette": own[k], "silhouette_null": chance[k], "score": gap, "r2": found.r2}


def _run(inputs: Inputs, jobs: list[tuple[list[int], bool]], search: Search, clock: _Clock) -> Iterator[Measured]:
    """Evaluate sets of columns on the workers, each with one thread for its linear algebra; yield in order."""
    x = inputs.x.astype(np.float32)  # what trees work with; half as much to send
    tasks = (delayed(_timed)(x, inputs.y, columns, shuffled, search.cheap) for columns, shuffled in jobs)
    with parallel_config(backend="loky", inner_max_num_threads=1):
        for measured in Parallel(n_jobs=search.workers, return_as="generator")(tasks):
            clock.note(measured.process, measured.start, measured.end)
            yield measured


def _result(features: list[str], rounds: list[dict[str, Any]], evaluations: int, seconds: float) -> Elimination:
    """Return the search with its proposal: the smallest set with nearly the best R2 and nearly the best score."""
    path = pd.DataFrame(rounds)
    path.insert(0, "features", range(len(features), len(features) - len(rounds), -1))
    useful = path[path["r2"] >= KEPT * path["r2"].max()]
    good = useful[useful["score"] >= KEPT * useful["score"].max()]
    last = int(good.index.max())
    order = [str(name) for name in path["removed"].iloc[1:]]
    gone = set(order[:last])
    return Elimination(path, order, [name for name in features if name not in gone], evaluations, seconds)

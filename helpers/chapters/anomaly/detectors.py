"""Which rows are unlike the others? Features made comparable, three detectors, their agreement, and a ranking.

The detectors see numbers only: whether a row is wrong, fraudulent or just a good customer, people decide. Scores
are larger for what is more unusual, and rows of equal score stand in the order of the frame.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from helpers.base.errors import StudyError, nearest
from helpers.base.vocabulary import label
from helpers.chapters.anomaly.context import CUSTOMER_FEATURES, LINE_FEATURES, PRICE

FOREST, ROBUST, BOTH, LOF = "isolation_forest", "robust_z", "both", "lof"
NAMES = {
    FOREST: "Isolation Forest",
    ROBUST: "Robust z-score",
    BOTH: "Forest and z-score, mean rank",
    LOF: "Local outlier factor",
}
RANKING = (BOTH, FOREST, ROBUST)
"""Detectors that may rank the list, in this order where they are equally good. The local outlier factor is only a
second opinion: it calls a row unusual when its neighbours stand closer together, and copies do that."""
UPWARDS = (set(LINE_FEATURES) | set(CUSTOMER_FEATURES)) - {PRICE}
"""Features of which only more than usual is suspicious; of the others, less is too."""
ROWS_NEEDED = 20
"""Rows below which "unusual" means nothing."""
TAIL = 0.99
"""Share of the rows that a feature's spread is read from."""
LOF_ROWS = 10_000
"""Rows that the local outlier factor is computed on at most; it compares neighbours, which is slow for many."""


@dataclass(frozen=True)
class Settings:
    """How unusual rows are looked for; the fields are parameters of the chapter."""

    contamination: float = 0.02
    n_estimators: int = 100
    lof_neighbours: int = 20
    seed: int = 42

    def __post_init__(self) -> None:
        if not 0 < self.contamination <= 0.5:
            raise StudyError(
                f"anomaly.contamination is {self.contamination}, but should be a share above 0 and at most 0.5."
            )
        for name in ("n_estimators", "lof_neighbours"):
            if getattr(self, name) < 1:
                raise StudyError(f"anomaly.{name} is {getattr(self, name)}, but should be at least 1.")


@dataclass(frozen=True)
class Space:
    """Rows as numbers, with what is usual in each feature."""

    features: tuple[str, ...]
    values: np.ndarray
    """Rows x features, in their own units; missing ones stand at the median."""
    usual: np.ndarray
    """The median of each feature."""
    spread: np.ndarray
    """Of each feature, in its own units; see `spread_of`."""
    notes: tuple[str, ...] = field(default=())
    """What was left out or filled in, in sentences."""

    @property
    def problem(self) -> str | None:
        """Why nothing can be said, or None."""
        if len(self.values) < ROWS_NEEDED:
            return f"with {len(self.values)} rows, fewer than {ROWS_NEEDED}, nothing can be called unusual"
        return None if self.features else "no feature is left in which the rows differ"

    @property
    def away(self) -> np.ndarray:
        """How far each value is from the usual one, in spreads, 0 or more; rows x features."""
        distance = (self.values - self.usual) / self.spread
        one_sided = np.array([name in UPWARDS for name in self.features], dtype=bool)
        return np.where(one_sided, distance.clip(min=0), np.abs(distance))

    def only(self, features: Sequence[str]) -> "Space":
        """Return the space of some of the features."""
        at = [self.features.index(name) for name in features]
        return Space(tuple(features), self.values[:, at], self.usual[at], self.spread[at])

    def rows(self, numbers: np.ndarray) -> "Space":
        """Return the space of some of the rows; what is usual stays that of all."""
        return Space(self.features, self.values[numbers], self.usual, self.spread)


def space_of(frame: pd.DataFrame, features: Sequence[str], where: str) -> Space:
    """Return the features of a frame as a space; constant and empty ones are left out, and it is said.

    Args:
        frame: a row a line or customer.
        features: columns of it.
        where: the parameter that names them, for messages.

    Raises:
        StudyError: a feature is no column, or no number.
    """
    used, columns, notes = [], [], []
    for name in features:
        values = _numbers(frame, name, where)
        missing = int(np.isnan(values).sum())
        if missing == len(values):
            notes.append(f"{label(name)} is left out: no row has a value.")
            continue
        if missing:
            notes.append(f"{label(name)} is missing in {missing:,} rows, which count as usual there.")
            values = np.where(np.isnan(values), np.nanmedian(values), values)
        if np.ptp(values) == 0:
            notes.append(f"{label(name)} is left out: it is the same in all rows.")
            continue
        used.append(name)
        columns.append(values)
    values = np.column_stack(columns) if used else np.empty((len(frame), 0))
    usual = np.median(values, axis=0) if len(values) else np.zeros(len(used))
    away = [np.abs(c - m) if n not in UPWARDS else c - m for n, c, m in zip(used, columns, usual, strict=True)]
    spread = np.array([spread_of(distance) for distance in away])
    return Space(tuple(used), values, usual, spread, tuple(notes))


def _numbers(frame: pd.DataFrame, name: str, where: str) -> np.ndarray:
    if name not in frame:
        raise StudyError(f"{where} names {name}, which is not there{nearest(name, frame.columns) or '.'}")
    if frame[name].isna().all():  # of an empty column nobody can say whether it is text
        return np.full(len(frame), np.nan)
    if not pd.api.types.is_numeric_dtype(frame[name]):
        raise StudyError(f"{where} names {name}, which is text; detectors need numbers.")
    values = frame[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def spread_of(distance: np.ndarray) -> float:
    """Return what one step away from the usual is, of distances from the median.

    1.4826 x the median absolute deviation (Iglewicz and Hoaglin, 1993), or where the tail is heavier than a normal
    one, its 99th percentile over that of a normal distribution (2.33): most prices are exactly the usual one, and
    by the median alone every discount would be an outlier. Where 99 rows of 100 agree, 1.2533 x the mean absolute
    deviation.
    """
    middle = 1.4826 * float(np.median(np.abs(distance)))
    tail = float(np.quantile(distance, TAIL)) / norm.ppf(TAIL)
    return max(middle, tail) or 1.2533 * float(np.abs(distance).mean())


def forest_scores(values: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the anomaly score of an Isolation Forest (Liu, Ting and Zhou, 2008), from 0 to 1."""
    forest = IsolationForest(n_estimators=settings.n_estimators, random_state=settings.seed, n_jobs=1)
    return -forest.fit(values).score_samples(values)


def lof_scores(values: np.ndarray, settings: Settings) -> np.ndarray:
    """Return local outlier factors (Breunig and others, 2000) in standard deviations of the features.

    Of more than LOF_ROWS rows a random sample is scored, the others are nan.
    """
    rows = np.arange(len(values))
    if len(rows) > LOF_ROWS:
        rows = np.sort(np.random.default_rng(settings.seed).choice(len(rows), LOF_ROWS, replace=False))
    scaled = StandardScaler().fit_transform(values[rows])
    factor = LocalOutlierFactor(n_neighbors=min(settings.lof_neighbours, len(rows) - 1), n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of copies; the chapter says what they do
        factor.fit(scaled)
    found = np.full(len(values), np.nan)
    found[rows] = -factor.negative_outlier_factor_
    return found


def detect(space: Space, settings: Settings) -> dict[str, np.ndarray]:
    """Return the scores of each detector, a score a row."""
    forest = forest_scores(space.values, settings)
    robust = space.away.max(axis=1)
    both = (rankdata(forest) + rankdata(robust)) / (2 * len(robust))
    return {BOTH: both, FOREST: forest, ROBUST: robust, LOF: lof_scores(space.values, settings)}


def flagged_count(rows: int, contamination: float) -> int:
    """Return how many of so many rows a contamination flags: the share, rounded up."""
    return math.ceil(round(rows * contamination, 6))


def ranked(scores: np.ndarray) -> np.ndarray:
    """Return row numbers, the most unusual first; nan last."""
    return np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")


def flag(scores: np.ndarray, contamination: float) -> np.ndarray:
    """Return which rows are flagged: the given share of those that have a score."""
    count = flagged_count(int(np.isfinite(scores).sum()), contamination)
    found = np.zeros(len(scores), dtype=bool)
    found[ranked(scores)[:count]] = True
    return found


def agreement(scores: dict[str, np.ndarray], contamination: float) -> pd.DataFrame:
    """Return how far detectors flag the same rows, a row a pair: `one, other, rows, flagged, shared, share`.

    Each flags the same share of the rows that both have scored.
    """
    found = []
    for one, other in combinations((FOREST, ROBUST, LOF), 2):
        scored = np.isfinite(scores[one]) & np.isfinite(scores[other])
        flags = [flag(scores[name][scored], contamination) for name in (one, other)]
        shared, many = int((flags[0] & flags[1]).sum()), int(flags[0].sum())
        row = {"one": NAMES[one], "other": NAMES[other], "rows": int(scored.sum()), "flagged": many}
        found.append(row | {"shared": shared, "share": shared / many if many else 0.0})
    return pd.DataFrame(found)


def votes(scores: dict[str, np.ndarray], contamination: float) -> np.ndarray:
    """Return how many of the three detectors flag each row; one that scored a sample only has no vote."""
    voting = [scores[name] for name in (FOREST, ROBUST, LOF) if np.isfinite(scores[name]).all()]
    return np.sum([flag(each, contamination) for each in voting], axis=0)


def by_contamination(scores: dict[str, np.ndarray], shares: Sequence[float]) -> pd.DataFrame:
    """Return what the assumed share changes: `contamination, flagged, shared` (by forest and z-score)."""
    found = []
    for share in shares:
        one, other = (flag(scores[name], share) for name in (FOREST, ROBUST))
        found.append(
            {"contamination": share, "flagged": int(one.sum()), "shared": float((one & other).sum() / one.sum())}
        )
    return pd.DataFrame(found)


def by_trees(space: Space, settings: Settings, trees: Sequence[int]) -> pd.DataFrame:
    """Return how far two forests that differ in the seed alone flag the same rows, by number of trees.

    Returns:
        `trees, shared`: the share of what one flags that the other flags too.
    """
    found = []
    for count in trees:
        flags = []
        for seed in (settings.seed, settings.seed + 1):
            again = Settings(settings.contamination, count, settings.lof_neighbours, seed)
            flags.append(flag(forest_scores(space.values, again), settings.contamination))
        found.append({"trees": count, "shared": float((flags[0] & flags[1]).sum() / flags[0].sum())})
    return pd.DataFrame(found)

"""Which rows are unlike the others? What detectors see of a table, and what their scores put on a list.

The detectors themselves stand in the chapter's cells. They see numbers only: whether a row is wrong, fraudulent or
just a good customer, people decide. Scores are larger for what is more unusual, and rows of equal score stand in
the order of the table.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError, nearest
from helpers.chapters.anomaly.context import LINE_FEATURES
from helpers.chapters.anomaly.levels import COMPUTED, ORDER_SIZE

FOREST, ROBUST, BOTH, LOF = "isolation_forest", "robust_z", "both", "lof"
NAMES = {
    BOTH: "Forest and z-score, mean rank",
    FOREST: "Isolation Forest",
    ROBUST: "Robust z-score",
    LOF: "Local outlier factor",
}
RANKING = (BOTH, FOREST, ROBUST)
"""Detectors that may rank the list, in this order where they are equally good. The local outlier factor is only a
second opinion: it calls a row unusual when its neighbours stand closer together, and copies do that."""
ROWS_NEEDED = 20
"""Rows below which "unusual" means nothing."""


def check_parameters(shares: Mapping[str, float], counts: Mapping[str, int]) -> None:
    """Raise a StudyError that names the first parameter whose value makes no sense."""
    for name, share in shares.items():
        if not 0 < share <= 0.5:
            raise StudyError(f"anomaly.{name} is {share}, but should be a share above 0 and at most 0.5.")
    for name, count in counts.items():
        if count < 1:
            raise StudyError(f"anomaly.{name} is {count}, but should be at least 1.")


def matrix(table: pd.DataFrame, features: Sequence[str], where: str) -> pd.DataFrame:
    """Return the features of a table as numbers, missing ones at the median; what is the same in all rows is out.

    The other context features of a line, and how large a customer's orders are, come along behind: they take no
    part in a score, but explain it. No column is left where nothing can be scored (`narrative.nothing_to_score`
    says why); `where` is the parameter that names the features.

    Raises:
        StudyError: a feature is no column, or no number.
    """
    possible = [name for name in features if name in table or name not in COMPUTED]
    wanted = dict.fromkeys([*possible, *(name for name in (*LINE_FEATURES, ORDER_SIZE) if name in table)])
    values = pd.DataFrame({name: _numbers(table, name, where) for name in wanted}, index=table.index)
    usable = values.loc[:, values.max() > values.min()]
    enough = len(table) >= ROWS_NEEDED and any(name in usable for name in possible)
    if not enough:
        return values.iloc[:, :0]
    gaps = usable.columns[usable.isna().any()]
    return usable.fillna(usable[gaps].median()) if len(gaps) else usable  # of millions of lines no copy too many


def _numbers(table: pd.DataFrame, name: str, where: str) -> pd.Series:
    if name not in table:
        raise StudyError(f"{where} names {name}, which is not there{nearest(name, table.columns) or '.'}")
    if table[name].isna().all():  # of an empty column nobody can say whether it is text
        return pd.Series(np.nan, index=table.index)
    if not pd.api.types.is_numeric_dtype(table[name]):
        raise StudyError(f"{where} names {name}, which is text; detectors need numbers.")
    return table[name].astype(float).replace([np.inf, -np.inf], np.nan)


def once_each(rows: pd.DataFrame, score: Callable[[pd.DataFrame], np.ndarray]) -> np.ndarray:
    """Return the score of each row, computed once for rows that are alike: of millions of lines most are."""
    place = rows.groupby(list(rows), sort=False).ngroup()
    return score(rows[~place.duplicated()])[place.to_numpy()]


@dataclass(frozen=True)
class Level:
    """Lines, customers or orders with their scores: what lists, charts and sentences are made of."""

    name: str
    """`line`, `customer` or `order`."""
    table: pd.DataFrame
    """A row a line, customer or order, its id in the first column."""
    X: pd.DataFrame
    """Rows x features, in their own units (see `matrix`)."""
    z: pd.DataFrame
    """How far each value is from the usual one, in spreads, 0 or more."""
    scores: pd.DataFrame
    """Rows x detectors."""
    detector: str
    """Whose scores rank the list."""
    share: float
    """Of the rows, on the list."""
    features: Sequence[str]
    """What the detectors were asked to see; the other columns of X explain a row."""
    size_in: str = "revenue"
    """What the size of an order is measured in (`LineContext.size_in`)."""

    @property
    def scored(self) -> list[str]:
        """Features that the detectors see."""
        return [name for name in self.features if name in self.X]

    @cached_property
    def order(self) -> np.ndarray:
        """Row numbers of the list, the most unusual first."""
        return flagged_rows(self.scores[self.detector], self.share).to_numpy()

    @cached_property
    def flagged(self) -> np.ndarray:
        """Which rows are on the list."""
        return np.isin(np.arange(len(self.table)), self.order)


def flagged_rows(score: pd.Series, share: float) -> pd.Index:
    """Return the rows with the highest scores: a share of those that have one, rounded up."""
    known = score.dropna()
    return known.nlargest(math.ceil(round(len(known) * share, 6))).index


def agreement(scores: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return how far detectors flag the same rows, a row a pair.

    Each flags the same share of the rows that both have scored: `flagged_by_each`, `by_both` and its `share`.
    """
    rows = []
    for one, other in combinations((FOREST, ROBUST, LOF), 2):
        scored = scores[[one, other]].dropna()
        flagged = [flagged_rows(scored[name], share) for name in (one, other)]
        many, shared = len(flagged[0]), len(flagged[0].intersection(flagged[1]))
        row = {"detector": NAMES[one], "other_detector": NAMES[other], "rows": len(scored)}
        rows.append(row | {"flagged_by_each": many, "by_both": shared, "share": shared / many if many else 0.0})
    return pd.DataFrame(rows)


def votes(scores: pd.DataFrame, share: float) -> np.ndarray:
    """Return how many of the three detectors flag each row; one that scored a sample only has no vote."""
    voting = scores[[FOREST, ROBUST, LOF]].dropna(axis="columns")
    return np.sum([scores.index.isin(flagged_rows(voting[name], share)) for name in voting], axis=0)


def best_detector(evaluation: pd.DataFrame) -> str:
    """Return the detector with the highest average precision among those that may rank the list."""
    precision = evaluation["average_precision"].round(10)
    return max(RANKING, key=lambda name: (precision[name], -RANKING.index(name)))

"""The two lists of chapter 06, lines and customers: what is measured on planted copies, and what is then flagged.

Two copies are planted. The first chooses the detector that ranks the list, the second says how good it is:
measured on the copy it was chosen on, the best of several would always look a little better than it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.base.sampling import Interval, bootstrap
from helpers.chapters.anomaly.context import (
    AMOUNT,
    LINE_FEATURES,
    ORDERS,
    PRICE,
    QUANTITY,
    RETURNS,
    line_context,
    load_context,
)
from helpers.chapters.anomaly.customer_context import customer_context
from helpers.chapters.anomaly.detectors import BOTH, ROBUST, Settings, Space, detect, flag, ranked, space_of, votes
from helpers.chapters.anomaly.injection import (
    Planted,
    best_detector,
    evaluate,
    found_at_rate,
    plant_customers,
    plant_lines,
)
from helpers.customers.features import is_ledger
from helpers.grouping.clusters import natural_order

DRAWS = 500
"""Resamples of an interval."""
SETS = {
    "Amount by itself": (),
    "Amount against own usual": (AMOUNT,),
    "... and price against usual": (AMOUNT, PRICE),
    "... and quantity against usual": (AMOUNT, PRICE, QUANTITY),
    "... and orders a day, returns": (AMOUNT, PRICE, QUANTITY, ORDERS, RETURNS),
}
"""Sets of line features, each adding to the one before; the first is no context at all."""


@dataclass(frozen=True)
class Level:
    """Lines or customers with their scores."""

    name: str
    frame: pd.DataFrame
    """A row a line or customer, its id in the first column."""
    space: Space
    scores: dict[str, np.ndarray]
    detector: str
    contamination: float
    besides: Space | None = None
    """Features that explain a row but take no part in its score."""

    @property
    def flagged(self) -> np.ndarray:
        """Which rows are on the list."""
        return flag(self.scores[self.detector], self.contamination)

    @property
    def order(self) -> np.ndarray:
        """Row numbers of the list, the most unusual first."""
        return ranked(self.scores[self.detector])[: int(self.flagged.sum())]

    @property
    def votes(self) -> np.ndarray:
        """How many detectors flag each row."""
        return votes(self.scores, self.contamination)


def level_of(
    frame: pd.DataFrame, features: Sequence[str], settings: Settings, detector: str, besides: Sequence[str] = ()
) -> Level:
    """Score lines or customers. A level of which nothing can be said has no scores, and `space.problem` says why.

    Args:
        frame: a row a line or customer, `line` or `customer_id` in the first column.
        features: columns that the detectors see.
        settings: of the detectors.
        detector: whose scores rank the list.
        besides: columns that explain a row where they are far from usual.

    Raises:
        StudyError: a feature is not there or no number.
    """
    name = "line" if frame.columns[0] == "line" else "customer"
    space = space_of(frame, features, f"anomaly.{name}_features")
    scores = {} if space.problem else detect(space, settings)
    others = space_of(frame, [other for other in besides if other not in features], "") if besides else None
    return Level(name, frame, space, scores, detector, settings.contamination, others)


class Measured(NamedTuple):
    """What the detectors find of what was planted."""

    choosing: pd.DataFrame
    """`evaluate` on the copy that chose the detector."""
    reported: pd.DataFrame
    """The same on a second copy."""
    detector: str
    precision: Interval
    """Of the chosen detector on the second copy, at the planted rate."""
    sets: pd.DataFrame
    """`set, precision, average_precision` of the z-score on growing sets of features; empty for customers."""

    @property
    def chosen(self) -> pd.Series:
        """The figures of the chosen detector on the second copy."""
        return self.reported.set_index("detector").loc[self.detector]

    @property
    def recalls(self) -> dict[str, float]:
        """Share found at the planted rate, by kind."""
        return {
            name.removeprefix("recall_"): float(value)
            for name, value in self.chosen.items()
            if name.startswith("recall_")
        }


Plant = Callable[[nw.LazyFrame, nw.LazyFrame, float, int, DuckDBEngine], Planted | None]


def measure(
    level: str,
    ledger: tuple[nw.LazyFrame, nw.LazyFrame],
    features: Sequence[str],
    settings: Settings,
    share: float,
    *,
    engine: DuckDBEngine,
) -> Measured | None:
    """Plant anomalies in two copies of a ledger, and find them.

    Args:
        level: `line` or `customer`.
        ledger: purchases and returns.
        features: those of the level that the detectors see; columns that are not computed of lines are left out.
        settings: of the detectors; the first copy is drawn from their seed, the second from the next one.
        share: of the lines or customers that are planted.
        engine: where the ledger lives.

    Returns:
        The figures, or None where nothing can be planted: no dated orders, too few rows, or no feature.
    """
    if not is_ledger(ledger[0]):
        return None
    plant: Plant = plant_lines if level == "line" else plant_customers
    found, sets, hits = [], pd.DataFrame(), np.empty(0)
    for turn in (0, 1):
        planted = plant(*ledger, share, settings.seed + turn, engine)
        if planted is None:
            return None
        context = line_context(planted.lines, planted.returns, engine)
        frame = load_context(context) if level == "line" else customer_context(context)
        kinds = planted.kinds.reindex(frame.iloc[:, 0]).fillna("").to_numpy(dtype=str)
        space = space_of(frame, [name for name in features if name in frame], f"anomaly.{level}_features")
        if space.problem:
            return None
        scores = detect(space, settings)
        found.append(evaluate(scores, kinds))
        detector = best_detector(found[0])
        hits = (kinds[found_at_rate(scores[detector], kinds)] != "").astype(float)
        if level == "line" and turn:
            sets = _by_set(frame, kinds)
    interval = bootstrap(np.mean, hits, seed=settings.seed, draws=DRAWS)
    return Measured(found[0], found[1], detector, interval, sets)


def _by_set(frame: pd.DataFrame, kinds: np.ndarray) -> pd.DataFrame:
    """Return what growing sets of line features find with the z-score."""
    space, rows = space_of(frame, [name for name in LINE_FEATURES if name in frame], "anomaly.line_features"), []
    for name, wanted in SETS.items():
        if not set(wanted) <= set(space.features):
            continue
        scores = space.only(wanted).away.max(axis=1) if wanted else frame["log_amount"].to_numpy()
        row = evaluate({ROBUST: scores}, kinds).iloc[0]
        rows.append({"set": name, "precision": row["precision"], "average_precision": row["average_precision"]})
    return pd.DataFrame(rows)


def detector_of(measured: Measured | None) -> str:
    """Return the detector that ranks: the one that was chosen, or both opinions where nothing could be planted."""
    return measured.detector if measured else BOTH


def customers_with_context(customers: pd.DataFrame, context: pd.DataFrame | None) -> pd.DataFrame:
    """Return customers in natural order of their ids, the id first, with context features where there are some."""
    ordered = customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)
    if context is not None:
        ordered = ordered.merge(context, on="customer_id", how="left", validate="one_to_one")
    return ordered[["customer_id", *(name for name in ordered if name != "customer_id")]]

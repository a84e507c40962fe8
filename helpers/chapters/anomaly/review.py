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
from helpers.base.sampling import Interval, bootstrap, natural_order
from helpers.base.text import money, percent
from helpers.chapters.anomaly.context import (
    AMOUNT,
    LINE_FEATURES,
    ORDERS,
    PRICE,
    QUANTITY,
    RETURNS,
    customer_context,
    line_context,
    load_context,
)
from helpers.chapters.anomaly.detectors import BOTH, ROBUST, Settings, Space, detect, flag, ranked, space_of, votes
from helpers.chapters.anomaly.injection import (
    KIND_NAMES,
    KINDS,
    Planted,
    best_detector,
    evaluate,
    found_at_rate,
    plant_customers,
    plant_lines,
)
from helpers.chapters.anomaly.reasons import axis_of, reasons
from helpers.customers.features import is_ledger
from helpers.customers.profiles import value_column

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


COLUMNS = ("level", "id", "rank", "score", "votes", "why", "check")
"""Of the table `anomalies`, which names what a reviewer needs; the values stand in the lists."""


SHOWN = {"line": ("customer_id", "product_name"), "customer": ("country", "rfm_segment", "age")}
"""What the page shows of a flagged row beside its reasons, where it is known; the files have all of it."""


NAMES_OF_LIST = {
    "rank": "Place",
    "votes": "Detectors",
    "why": "Why",
    "check": "What to check",
    "customer": "Customer",
}


EVALUATION = {
    "names": {
        "name": "Detector",
        "rows": "Rows",
        "planted": "Planted",
        "precision": "Precision",
        "average_precision": "Average precision",
    }
    | {f"recall_{kind}": f"Found: {name.lower()}" for kind, name in KIND_NAMES.items()},
    "formats": {"precision": "{:.3f}".format, "average_precision": "{:.3f}".format}
    | {f"recall_{kind}": lambda share: "–" if np.isnan(share) else percent(share) for kind in KINDS},
}


AGREEMENT = {
    "names": {
        "one": "One",
        "other": "Other",
        "rows": "Rows",
        "flagged": "Flagged by each",
        "shared": "By both",
        "share": "Share",
    },
    "formats": {"share": percent},
}


def review_list(level: Level, values: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return the flagged rows, the most unusual first: `rank, score, votes, why, check, reason` and what is known.

    Args:
        level: with its scores.
        values: of the flagged rows in the order of the level's frame, its id in the first column.
        currency: of amounts.
    """
    order = level.order
    place = {row: rank for rank, row in enumerate(np.sort(order))}
    known = values.iloc[[place[row] for row in order]].reset_index(drop=True)
    besides = level.besides.rows(order) if level.besides else None
    told = reasons(known, level.space.rows(order), currency, besides)
    head = pd.DataFrame({"rank": np.arange(1, len(order) + 1), "id": known.iloc[:, 0].astype(str)})
    head["score"] = level.scores[level.detector][order]
    head["votes"] = level.votes[order]
    return pd.concat([head, told, known], axis=1)


def anomalies_table(lists: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the table `anomalies` of the lists by level; without any it has columns and no rows."""
    parts = [found.assign(level=level)[list(COLUMNS)] for level, found in lists.items()]
    types = {"level": str, "id": str, "rank": "int64", "score": float, "votes": "int64", "why": str, "check": str}
    if not parts:
        return pd.DataFrame(
            {name: pd.Series(dtype="object" if kind is str else kind) for name, kind in types.items()}
        )
    return pd.concat(parts, ignore_index=True).astype(types)


def shown_list(found: pd.DataFrame, level: str, rows: int) -> pd.DataFrame:
    """Return the columns of a list that the page shows, at most so many rows."""
    chosen = ["rank", "id", "votes", *(name for name in SHOWN[level] if name in found), "why", "check"]
    return found[chosen].head(rows).rename(columns={"id": level})


def by_reason(lists: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the business table: `level, reason, rows, amount, check`, for each level the largest amount first.

    `amount` is the revenue of the rows, where it is known: what stands behind a question, not what is lost.
    """
    rows = []
    for level, found in lists.items():
        value = "revenue" if level == "line" else value_column(found)
        for reason, group in found.groupby("reason", sort=True):
            amount = float(group[value].abs().sum()) if value else None
            rows.append(
                {
                    "level": level,
                    "reason": axis_of(str(reason)) if reason else "Combination",
                    "rows": len(group),
                    "amount": amount,
                    "check": group["check"].iloc[0],
                }
            )
    frame = pd.DataFrame(rows, columns=["level", "reason", "rows", "amount", "check"])
    return frame.sort_values(["level", "amount", "reason"], ascending=[True, False, True], ignore_index=True)


def money_in(currency: str) -> Callable[[float], str]:
    """Return a function that writes amounts."""
    return lambda amount: "–" if amount is None or np.isnan(amount) else money(amount, currency)


PLAN_NAMES = {
    "level": "List",
    "reason": "Furthest from usual",
    "rows": "Rows",
    "amount": "Amount",
    "check": "What to check",
}


def sheets(
    lists: dict[str, pd.DataFrame], plan: pd.DataFrame, measured: dict[str, Measured | None]
) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook: the lists with their values, the reasons, and how good the lists are."""
    found = {f"{level.capitalize()}s": each.drop(columns=["reason"]) for level, each in lists.items()}
    found["Reasons"] = plan
    for level, each in measured.items():
        if each is not None:
            found[f"Planted {level}s"] = each.reported.drop(columns=["detector"])
    return found

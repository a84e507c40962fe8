"""What chapter 06 hands over: the review lists, the table `anomalies`, the business table and a workbook."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.chapters.anomaly.charts import KIND_NAMES
from helpers.chapters.anomaly.context_terms import axis_of
from helpers.chapters.anomaly.injection import (
    KINDS,
)
from helpers.chapters.anomaly.reasons import reasons
from helpers.chapters.anomaly.review import Level, Measured
from helpers.customers.profiles import value_column
from helpers.show.display import money, percent

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

"""The review lists of chapter 06: flagged lines and customers, why each is there, and what to check first."""

import numpy as np
import pandas as pd

from helpers.chapters.anomaly.detectors import Level, votes
from helpers.chapters.anomaly.reasons import axis_of, reasons
from helpers.customers.profiles import value_column

COLUMNS = {"level": str, "id": str, "rank": "int64", "score": float, "votes": "int64", "why": str, "check": str}
"""Of the table `anomalies`, which names what a reviewer needs; the values stand in the lists."""
SHOWN = {
    "line": ("ordered_at", "order_id", "customer_id", "product_name"),
    "customer": ("country", "age"),
    "order": (),
}
"""What the page shows of a flagged row beside its amount and reasons, where known; the workbook has all of it."""
LOOKED_UP = ("customer_id", "order_id", "ordered_at", "product_id", "product_name", "quantity", "unit_price")
"""What the file of the lists says of a row, where known, so that it can be looked up."""


def review_list(level: Level, values: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return the flagged rows: `rank, id, score, votes, why, check, reason` and what is known.

    They stand in the order of work: the reason that most money is about first, and within it the largest amount;
    the most unusual first where no amount is known. `values` are those of the flagged rows in the order of the
    level's table, its id in the first column.
    """
    order = level.order
    known = values.iloc[np.argsort(np.argsort(order))].reset_index(drop=True)
    head = pd.DataFrame({"rank": 0, "id": known.iloc[:, 0].astype(str)})
    head["score"] = level.scores[level.detector].to_numpy()[order]
    head["votes"] = votes(level.scores, level.share)[order]
    found = pd.concat([head, reasons(level, known, currency), known], axis=1)
    if value := value_column(found):
        amounts = found[value].astype(float).abs()
        of_reason = amounts.groupby(found["reason"]).transform("sum")
        by_money = np.lexsort([-amounts, found["reason"], -of_reason])
        found = found.iloc[by_money].reset_index(drop=True)
    return found.assign(rank=np.arange(1, len(found) + 1))


def anomalies_table(lists: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the table `anomalies` of the lists by level; without any it has columns and no rows."""
    none = pd.DataFrame(columns=list(COLUMNS))
    parts = [each.assign(level=level)[list(COLUMNS)] for level, each in lists.items()]
    return pd.concat(parts or [none], ignore_index=True).astype(COLUMNS)


def lists_to_take_away(lists: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the lists one below the other, each row with its amount and what it is looked up by."""
    parts = []
    for level, each in sorted(lists.items()):
        value = value_column(each)
        found = each.assign(level=level, **({"amount": each[value].astype(float)} if value else {}))
        parts.append(found[[n for n in ("level", "rank", "id", "amount", *LOOKED_UP, "votes") if n in found]])
        parts[-1] = parts[-1].assign(why=each["why"], what_to_check=each["check"])
    last = ["votes", "why", "what_to_check"]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["level", "rank", "id", *last])
    return frame[[*(name for name in frame if name not in last), *last]]


def shown_list(review: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the columns of a list that the page shows."""
    known = [name for name in (value_column(review), *SHOWN[level]) if name in review]
    chosen = ["rank", "id", "votes", *known, "why", "check"]
    headings = {"rank": "place", "id": level, "votes": "found_by", "check": "what_to_check"}
    return review[chosen].rename(columns=headings)


def by_reason(lists: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row for each kind of reason: `level`, `main_reason`, `number`, `revenue` and `what_to_check`.

    For each list the largest amount comes first. `revenue` is that of the rows, where any is known: past sales,
    not what is lost.
    """
    rows = []
    for level, review in lists.items():
        value = value_column(review)
        for reason, group in review.groupby("reason", sort=True):
            row = {"level": level, "main_reason": axis_of(str(reason)) if reason else "Combination"}
            revenue = float(group[value].abs().sum()) if value else np.nan
            rows.append(row | {"number": len(group), "revenue": revenue, "what_to_check": group["check"].iloc[0]})
    frame = pd.DataFrame(rows, columns=["level", "main_reason", "number", "revenue", "what_to_check"])
    order = ["level", "revenue", "main_reason"]
    ordered = frame.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return ordered if ordered["revenue"].notna().any() or ordered.empty else ordered.drop(columns="revenue")


def amount_of(review: pd.DataFrame) -> float | None:
    """Return the money that the rows of a list are about; None where it is not known."""
    value = value_column(review)
    return float(review[value].abs().sum()) if value else None


def sheets(
    lists: dict[str, pd.DataFrame], plan: pd.DataFrame, evaluations: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook: the lists with their values, the reasons, and how good the lists are."""
    reviews = {f"{level.capitalize()}s": each.drop(columns=["reason"]) for level, each in lists.items()}
    measured = {f"Injected {level}s": each for level, each in evaluations.items()}
    return reviews | {"Reasons": plan} | measured

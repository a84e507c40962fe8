"""Customers in the order of a prediction, cut into ten parts: what was predicted of each part, and what came."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

DECILES = 10
TOP = 0.1
"""Share of the customers that a campaign might reach: the top decile."""


def by_score(scores: np.ndarray) -> np.ndarray:
    """Return positions from the highest score to the lowest; of equals the first row first."""
    return np.argsort(-scores, kind="stable")


def decile_of(scores: np.ndarray, parts: int = DECILES) -> np.ndarray:
    """Return the decile of each row, or another part, 1 for the highest; they differ by at most one row."""
    places = np.empty(len(scores), dtype=int)
    places[by_score(scores)] = np.arange(len(scores))
    return places * parts // len(scores) + 1


def by_decile(predicted: np.ndarray, actual: np.ndarray) -> pd.DataFrame:
    """Return what came, by decile of what was predicted.

    Args:
        predicted: an amount or a probability, a row a customer.
        actual: the amount, or whether it happened.

    Returns:
        A row a decile from the highest: `decile`, `customers`, `predicted` and `actual` (means), `share` of all
        that came, `gain` (that share, so far), `lift` (the mean over that of all).
    """
    actual = np.asarray(actual, dtype=float)
    frame = pd.DataFrame({"decile": decile_of(predicted), "predicted": predicted, "actual": actual})
    by = frame.groupby("decile")
    table = by.agg(customers=("actual", "size"), predicted=("predicted", "mean"), actual=("actual", "mean"))
    total, mean = actual.sum(), actual.mean()
    table["share"] = by["actual"].sum() / total if total else np.nan
    table["gain"] = table["share"].cumsum()
    table["lift"] = table["actual"] / mean if mean else np.nan
    return table.reset_index()


def top_share(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of all that came from the top decile by prediction.

    Equal predictions share the places that are left evenly, so that no order of the rows can matter.
    """
    total, places = float(actual.sum()), max(1, int(TOP * len(actual)))
    if total <= 0:
        return np.nan
    last = np.partition(predicted, -places)[-places]
    above, level = predicted > last, predicted == last
    return float((actual[above].sum() + actual[level].mean() * (places - above.sum())) / total)


def wilson(shares: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of the 95 % intervals of shares, each of so many customers (Wilson, 1927)."""
    z = norm.ppf(0.975)
    middle = (shares + z**2 / (2 * counts)) / (1 + z**2 / counts)
    margin = z / (1 + z**2 / counts) * np.sqrt(shares * (1 - shares) / counts + z**2 / (4 * counts**2))
    return middle - margin, middle + margin


def may_be_shown(windows: Sequence[Any]) -> bool:
    """Return whether what was judged in windows may be shown: each `in_season` (it was known) and `holds`."""
    return bool(windows) and all(one.in_season and one.holds for one in windows)

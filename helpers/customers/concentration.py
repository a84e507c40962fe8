"""How much depends on a few: shares of the revenue, from the largest customer (or product) on."""

from math import ceil

import numpy as np
import pandas as pd

CURVE_POINTS = 200
"""Points that a concentration curve is drawn with, however many customers there are."""


def shares_of(amounts: pd.Series) -> np.ndarray:
    """Return the shares of a total, smallest first; amounts at or below zero have no share."""
    largest_last = np.sort(amounts[amounts > 0].to_numpy(float))
    return largest_last / largest_last.sum()


def gini(shares: np.ndarray) -> float:
    """Return the Gini coefficient: 0 where all shares are the same, towards 1 where one is all.

    Half the mean difference of all pairs over the mean, computed from the ranks: Damgaard and Weiner (2000),
    without the correction for small samples.

    Args:
        shares: of `shares_of`, smallest first.
    """
    ranks = np.arange(1, len(shares) + 1)
    return float((2 * ranks - len(shares) - 1) @ shares / len(shares))


def top_share(shares: np.ndarray, part: float) -> float:
    """Return what the largest part of the units account for; 0.1 is the top decile, at least one unit."""
    return float(shares[-ceil(part * len(shares) - 1e-9) :].sum())


def curve(shares: np.ndarray) -> pd.DataFrame:
    """Return `units` and `revenue`: the largest so many account for so much, both as shares from 0 to 1."""
    upto = np.concatenate([[0.0], np.cumsum(shares[::-1])])
    at = np.unique(np.linspace(0, len(shares), min(len(shares), CURVE_POINTS) + 1).round().astype(int))
    return pd.DataFrame({"units": at / len(shares), "revenue": upto[at]})

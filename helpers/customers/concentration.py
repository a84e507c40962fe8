"""TODO."""

from math import ceil
from typing import NamedTuple

import numpy as np
import pandas as pd

SHARES = (0.01, 0.1, 0.2)


CURVE_POINTS = 200
"""Points that a concentration curve is drawn with, however many customers there are."""


class Concentration(NamedTuple):
    """How unevenly revenue is spread over customers or products."""

    column: str
    units: int
    left_out: int
    """Units whose returns outweigh their purchases: they have no share of the revenue."""
    gini: float
    """0 where all bring the same, towards 1 where one brings all."""
    top: dict[float, float]
    """Share of the revenue that the largest 1, 10 and 20 % bring."""
    curve: pd.DataFrame
    """`units` and `revenue`: the largest so many bring so much, both as shares from 0 to 1."""


def concentrated(column: str, revenue: np.ndarray, left_out: int = 0) -> Concentration:
    """Return the concentration of amounts above zero; `Concentration` says what the parts mean.

    The Gini coefficient is half the mean difference of all pairs over the mean, computed from the ranks:
    Damgaard and Weiner (2000), without the correction for small samples.
    """
    revenue = np.sort(revenue)[::-1]
    count, total = len(revenue), revenue.sum()
    upto = np.concatenate([[0.0], np.cumsum(revenue) / total])
    ranks = np.arange(count, 0, -1)  # 1 for the smallest
    gini = float((2 * ranks - count - 1) @ revenue / (count * total))
    at = np.unique(np.linspace(0, count, min(count, CURVE_POINTS) + 1).round().astype(int))
    return Concentration(
        column=column,
        units=count,
        left_out=left_out,
        gini=gini,
        top={share: float(upto[ceil(share * count - 1e-9)]) for share in SHARES},
        curve=pd.DataFrame({"units": at / count, "revenue": upto[at]}),
    )

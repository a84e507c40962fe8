"""How far a measured figure would move with other customers, and samples of them that choices are made on."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.text import sentence

FEWEST_DRAWS, MOST_DRAWN = 100, 20_000_000
"""Resamples that an interval rests on at least, and rows that all of them draw together: of more rows there are
fewer resamples, because their bounds are closer and a few more digits of them say nothing."""


class Interval(NamedTuple):
    """A measured value and the bounds that its resamples stay within."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether both bounds are on the same side of zero."""
        return self.low > 0 or self.high < 0


def bootstrap(
    measure: Callable[..., float],
    *aligned: np.ndarray,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
    groups: np.ndarray | None = None,
) -> Interval:
    """Return a measure with its percentile bootstrap interval (Efron and Tibshirani, 1993, chapter 13).

    Rows are drawn with repetition, the same ones from every array: a difference between two models on the same
    customers is a paired one. A draw that the measure is not defined for (nan) is left out.

    Args:
        measure: of arrays of equal length, such as outcomes and predictions of customers.
        aligned: those arrays, a row a customer.
        seed: of the draws.
        draws: resamples; fewer where there are very many rows (`MOST_DRAWN`).
        level: share of the resamples between the bounds.
        groups: a label from 0 a row; rows that share one, such as copies, are drawn together, because they are one
            observation and not several.

    Raises:
        ValueError: the arrays differ in length, or are empty.
    """
    rows = len(aligned[0])
    if not rows or any(len(array) != rows for array in aligned):
        raise ValueError(f"The arrays have {[len(array) for array in aligned]} rows; all need the same, and some.")
    rng = np.random.default_rng(seed)
    draws = min(draws, max(FEWEST_DRAWS, MOST_DRAWN // rows))
    members = None
    if groups is not None and groups.max() + 1 < rows:
        members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    found = []
    for _ in range(draws):
        if members is None:
            drawn = rng.integers(0, rows, rows)
        else:
            drawn = np.concatenate([members[group] for group in rng.integers(0, len(members), len(members))])
        found.append(measure(*(array[drawn] for array in aligned)))
    tail = (1 - level) / 2
    low, high = np.nanquantile(found, [tail, 1 - tail])
    return Interval(float(measure(*aligned)), float(low), float(high))


def mean_difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far the mean of one measure of customers is above that of another of the same customers."""
    return float(one.mean() - other.mean())


def natural_order(ids: pd.Series) -> pd.Index:
    """Return the index that sorts ids: numbers by size before other texts by the alphabet."""
    texts = ids.astype(str)
    digits = texts.str.fullmatch(r"\d+")
    keys = pd.DataFrame({"text": ~digits, "length": texts.str.len().where(digits, 0), "id": texts})
    return keys.sort_values(["text", "length", "id"], kind="stable").index


def sample_rows(rows: int, most: int, seed: int) -> np.ndarray:
    """Return the positions of all rows, or of a random sample of them in their order where there are too many."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def chosen_on(drawn: int, customers: int, error: str, **values: Any) -> Markup | None:
    """Say that choices were made on a random sample, and how far off that may be; None where everybody was in it.

    Args:
        drawn: customers in the sample (`sample_rows`), at most `choose_on` of them.
        customers: all of them.
        error: the rest of the sentence: what the sample's size leaves open, in figures, without the full stop.
        values: what `error` quotes.
    """
    if drawn >= customers:
        return None
    start = sentence("Choices were made on {n} of {all} customers, drawn at random", n=drawn, all=customers)
    return sentence("{start}; {error}.", start=start, error=sentence(error, **values))


def resample(rows: int, seed: int, number: int) -> np.ndarray:
    """Return the positions of a bootstrap sample (with repetition); the same seed and number give the same one."""
    return np.random.default_rng([seed, number]).integers(0, rows, rows)

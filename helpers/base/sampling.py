"""How far a measured figure would move with other customers, and samples of them that choices are made on."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from scipy.special import logit
from scipy.stats import rankdata

from helpers.base.text import sentence

MOST_DRAWN = 10_000
"""Rows of a resample at most. Of more, so many are drawn, and the interval shrinks by the root of their share
(Bickel, Götze and van Zwet, 1997, "Resampling fewer than n observations")."""

COUNTED = 2**24
"""Whole numbers below this are counted rather than sorted."""


LEAST = 1e-9
"""Probabilities are at least so far from 0 and 1 where odds are asked for."""


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
    symmetric: bool = False,
) -> Interval:
    """Return a measure with its percentile bootstrap interval (Efron and Tibshirani, 1993, chapter 13).

    Rows are drawn with repetition, the same ones from every array: a difference between two models on the same
    customers is a paired one. A draw that the measure is not defined for (nan) is left out. Of more than
    MOST_DRAWN rows (or groups) so many are drawn: an interval costs the same however many customers there are.

    Args:
        measure: of arrays of equal length, such as outcomes and predictions of customers.
        aligned: those arrays, a row a customer.
        seed: of the draws.
        draws: resamples.
        level: share of the resamples between the bounds.
        groups: a label from 0 a row; rows that share one, such as copies, are drawn together, because they are one
            observation and not several.
        symmetric: whether the bounds are as far from the value on both sides (Hall, 1988, "On symmetric bootstrap
            confidence intervals"). For differences of amounts, where the nearer percentile is too near.

    Raises:
        ValueError: the arrays differ in length, or are empty.
    """
    rows = len(aligned[0])
    if not rows or any(len(array) != rows for array in aligned):
        raise ValueError(f"The arrays have {[len(array) for array in aligned]} rows; all need the same, and some.")
    rng = np.random.default_rng(seed)
    sizes = None if groups is None or groups.max() + 1 >= rows else np.bincount(groups)
    if sizes is not None:
        members, ends = np.argsort(groups, kind="stable"), sizes.cumsum()  # rows by group, and where each one ends
    units = rows if sizes is None else len(sizes)
    size = min(units, MOST_DRAWN)
    found = []
    for _ in range(draws):
        drawn = rng.integers(0, units, size)
        if sizes is not None:
            many = sizes[drawn]
            drawn = members[np.repeat(ends[drawn] - many.cumsum(), many) + np.arange(many.sum())]
        found.append(measure(*(array[drawn] for array in aligned)))
    tail, value = (1 - level) / 2, float(measure(*aligned))
    low, high = np.nanquantile(found, [tail, 1 - tail])
    if symmetric:
        off = np.nanquantile(np.abs(np.array(found) - value), level)
        low, high = value - off, value + off
    if size < units:
        low, high = (value + (end - value) * np.sqrt(size / units) for end in (low, high))
    return Interval(value, float(low), float(high))


def window_means(
    values: np.ndarray, when: np.ndarray, groups: np.ndarray, *, seed: int, draws: int = 1000, level: float = 0.95
) -> list[Interval]:
    """Return the means of several measures over windows of time, each window counting the same.

    Customers are drawn with repetition, each with all their rows, because the same customer in two windows is not
    two observations (Cameron, Gelbach and Miller, 2008). Bounds are as far from the mean on both sides, as those
    of `bootstrap(symmetric=True)`. All measures share the draws, so a thousand cost little more than one.

    Args:
        values: rows (a customer in a window) x measures.
        when: the window of each row, from 0; each has rows.
        groups: the customer of each row, from 0.
        seed: of the draws.
        draws: resamples.
        level: share of the resamples between the bounds.
    """
    units, windows, measures = int(groups.max()) + 1, int(when.max()) + 1, values.shape[1]
    sums, rows = np.zeros((units, windows, measures)), np.zeros((units, windows))
    np.add.at(sums, (groups, when), values)
    np.add.at(rows, (groups, when), 1)
    rng, size = np.random.default_rng(seed), min(units, MOST_DRAWN)
    found, flat = np.full((draws, measures), np.nan), sums.reshape(units, -1)
    for draw in range(draws):
        times = np.bincount(rng.integers(0, units, size), minlength=units).astype(float)
        drawn = times @ rows
        if drawn.all():  # a window of very few customers may have none
            found[draw] = ((times @ flat).reshape(windows, measures) / drawn[:, None]).mean(axis=0)
    means = (sums.sum(axis=0) / rows.sum(axis=0)[:, None]).mean(axis=0)
    off = np.nanquantile(np.abs(found - means), level, axis=0) * np.sqrt(size / units)
    return [Interval(float(m), float(m - o), float(m + o)) for m, o in zip(means, off, strict=True)]


def places(values: np.ndarray) -> np.ndarray:
    """Return the place of each value among the different ones, from 0: as good as the values where ranks count."""
    return np.unique(values, return_inverse=True)[1]


def ranks(values: np.ndarray) -> np.ndarray:
    """Return scipy's rankdata: ranks from 1, equals sharing the mean of theirs.

    Whole numbers from 0, such as `places`, are counted and not sorted: a thousand resamples need no more sorting.
    """
    if values.dtype.kind not in "iu" or not len(values) or values.min() < 0 or values.max() >= COUNTED:
        return rankdata(values)
    counts = np.bincount(values)
    return (np.cumsum(counts) - (counts - 1) / 2)[values]


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return the log odds of probabilities; certainty, which has none, counts as nearly certain."""
    return logit(np.clip(probabilities, LEAST, 1 - LEAST))


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


def chosen_on(drawn: int, of: int, error: str, what: str = "customers", **values: Any) -> Markup | None:
    """Say that choices were made on a random sample, and how far off that may be; None where everybody was in it.

    Args:
        drawn: customers in the sample (`sample_rows`), at most `choose_on` of them.
        of: all of them.
        error: the rest of the sentence: what the sample's size leaves open, in figures, without the full stop.
        what: what these are, where they are no customers.
        values: what `error` quotes.
    """
    if drawn >= of:
        return None
    start = sentence("Choices were made on {n} of {all} {what}, drawn at random", n=drawn, all=of, what=what)
    return sentence("{start}; {error}.", start=start, error=sentence(error, what=what, **values))


def resample(rows: int, seed: int, number: int) -> np.ndarray:
    """Return the positions of a bootstrap sample (with repetition); the same seed and number give the same one."""
    return np.random.default_rng([seed, number]).integers(0, rows, rows)

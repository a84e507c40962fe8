"""Named segments of customers who are alike in recency, frequency and money: one name for every three scores.

The table of segments gives each combination one name, and is checked to do so before it is used.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pandas as pd

from helpers.base.errors import StudyError
from helpers.customers.scores import MEASURES, score

SCORES = tuple(f"{letter}_score" for letter in MEASURES)
VALUE = "fm"
"""Frequency and money in one: the mean of their scores, a half rounded up."""
Segments = Mapping[str, Mapping[str, list[int]]]
"""Name of a segment -> the lowest and highest r, f, m or fm score it covers; a score not named may be any."""


def check_segments(segments: Segments, quantiles: int) -> dict[tuple[int, int, int], str]:
    """Return the segment of every combination of recency, frequency and money scores.

    Raises:
        StudyError: the table leaves a combination out or names it twice, or a range is not two scores.
    """
    if quantiles < 2:
        raise StudyError(f"rfm.quantiles is {quantiles}, but a ranking needs at least 2 groups.")
    for name, ranges in segments.items():
        for letter, limits in ranges.items():
            _check_range(name, letter, limits, quantiles)
    table: dict[tuple[int, int, int], str] = {}
    for scores in product(range(1, quantiles + 1), repeat=len(MEASURES)):
        by_letter = dict(zip(MEASURES, scores, strict=True))
        said = ", ".join(f"{letter} {score}" for letter, score in by_letter.items())
        by_letter[VALUE] = (by_letter["f"] + by_letter["m"] + 1) // 2
        names = [
            name
            for name, ranges in segments.items()
            if all(low <= by_letter[letter] <= high for letter, (low, high) in ranges.items())
        ]
        if not names:
            raise StudyError(
                f"rfm.segments covers no customer with the scores {said}: give one segment that range."
            )
        if len(names) > 1:
            raise StudyError(
                f"rfm.segments covers the scores {said} twice, by {names[0]} and {names[1]}: narrow one."
            )
        table[scores] = names[0]
    return table


def _check_range(name: str, letter: str, limits: Any, quantiles: int) -> None:
    where = f"rfm.segments: {name}.{letter}"
    if letter not in (*MEASURES, VALUE):
        raise StudyError(f"{where} is no score; the scores are {', '.join((*MEASURES, VALUE))}.")
    if len(limits) != 2 or not 1 <= limits[0] <= limits[1] <= quantiles:
        raise StudyError(
            f"{where} is {limits}, but should be the lowest and highest score, from 1 to {quantiles}."
        )


def segmented(customers: pd.DataFrame, segments: Segments, quantiles: int) -> pd.DataFrame:
    """Return customers with their scores and segment; as they are where recency or frequency is not known.

    Args:
        customers: a row a customer, with `recency`, `frequency` and, where amounts are known, `monetary`.
        segments: the table of segments.
        quantiles: number of groups that customers are ranked into.

    Raises:
        StudyError: of `check_segments`.
    """
    if not {"recency", "frequency"} <= set(customers):
        return customers
    scores, named = score(customers, quantiles), check_segments(segments, quantiles)
    found = [named[combination] for combination in scores.itertuples(index=False, name=None)]
    return customers.assign(**scores, rfm_segment=found)

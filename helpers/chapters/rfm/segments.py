"""Which customers are alike in recency, frequency and money? Scores, named segments and their summary.

A score is a customer's place in the ranking by one measure, in as many equal groups as asked; 5 of 5 is best
(most recent, most often, most money). The segment table gives every combination of scores one name, and is
checked to do so before it is used.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError
from helpers.base.vocabulary import label
from helpers.customers.scores import MEASURES, Ties, score

SCORES = tuple(f"{letter}_score" for letter in MEASURES)
Segments = Mapping[str, Mapping[str, list[int]]]
"""Name of a segment -> the lowest and highest r, f and m score it covers; a score not named may be any."""


def check_segments(segments: Segments, quantiles: int) -> dict[tuple[int, int, int], str]:
    """Return the segment of every combination of scores.

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
    if letter not in MEASURES:
        raise StudyError(f"{where} is no score; the scores are {', '.join(MEASURES)}.")
    if len(limits) != 2 or not 1 <= limits[0] <= limits[1] <= quantiles:
        raise StudyError(
            f"{where} is {limits}, but should be the lowest and highest score, from 1 to {quantiles}."
        )


def scored_where_known(customers: pd.DataFrame, segments: Segments, quantiles: int) -> pd.DataFrame:
    """Return customers of a source without orders, with scores and segment where it says how recently and often.

    Raises:
        StudyError: of `check_segments`.
    """
    if not {"recency", "frequency"} <= set(customers):
        return customers
    scores, named = score(customers, quantiles)[0], check_segments(segments, quantiles)
    found = [named[combination] for combination in scores.itertuples(index=False, name=None)]
    return customers.assign(**scores, rfm_segment=found)


def ties_table(ties: list[Ties], customers: int) -> pd.DataFrame:
    """Return what the ranking had to decide, a row a measure: `measure, values, groups, tied, share`."""
    rows = [(label(tie.measure), tie.values, tie.groups, tie.customers, tie.customers / customers) for tie in ties]
    return pd.DataFrame(rows, columns=["measure", "values", "groups", "tied", "share"])


def summary(customers: pd.DataFrame, segments: Segments) -> pd.DataFrame:
    """Sum up each segment, most revenue first, with its median recency (days), frequency (orders) and monetary.

    Without amounts the one with most customers comes first. A segment without customers has zeros and no medians.
    """
    grouped = customers.groupby("rfm_segment")
    measures = [name for name in MEASURES.values() if name in customers]
    amounts = {"revenue": grouped["monetary"].sum()} if "monetary" in measures else {}
    totals = pd.DataFrame({"customers": grouped.size()} | amounts).reindex(list(segments), fill_value=0)
    shares = (totals / totals.sum().replace(0, 1)).add_suffix("_share")
    shares = shares.rename(columns={"customers_share": "customer_share"})
    found = totals.join(shares).join(grouped[measures].median())
    columns = [n for n in ("customers", "customer_share", "revenue", "revenue_share") if n in found] + measures
    by = "revenue" if amounts else "customers"
    ordered = found[columns].sort_values(by, ascending=False, kind="stable")
    return ordered.rename_axis("rfm_segment").reset_index()


def abc(amounts: pd.Series, limits: list[float]) -> pd.DataFrame:
    """Return classes of customers by the share of revenue that they and the larger ones bring.

    The limits [0.8, 0.95] mean A up to 80 %, B up to 95 %, C the rest. The customer who crosses a limit still
    belongs to the class it closes; revenue below zero counts as nothing.

    Raises:
        StudyError: the limits do not rise from above 0 to below 1.
    """
    if sorted(set(limits)) != limits or not limits or limits[0] <= 0 or limits[-1] >= 1:
        raise StudyError(f"rfm.abc is {limits}, but should be shares that rise, between 0 and 1: [0.8, 0.95].")
    largest = amounts.clip(lower=0).sort_values(ascending=False)
    before = (largest.cumsum() - largest) / (largest.sum() or 1)
    place = np.searchsorted(limits, before.round(12), side="right")
    classes = largest.groupby(place).agg(customers="size", revenue="sum")
    classes = classes.reindex(range(len(limits) + 1), fill_value=0)
    classes["customer_share"] = classes["customers"] / max(len(largest), 1)
    classes["revenue_share"] = classes["revenue"] / (largest.sum() or 1)
    classes["class"] = [chr(ord("A") + rank) for rank in classes.index]
    return classes[["class", "customers", "customer_share", "revenue", "revenue_share"]]

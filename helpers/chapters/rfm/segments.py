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
from markupsafe import Markup

from helpers.base.errors import StudyError
from helpers.base.text import money, number, percent, sentence
from helpers.base.vocabulary import label
from helpers.customers.scores import MEASURES, Ties

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
    """Check one range of the segment table."""
    where = f"rfm.segments: {name}.{letter}"
    if letter not in MEASURES:
        raise StudyError(f"{where} is no score; the scores are {', '.join(MEASURES)}.")
    if len(limits) != 2 or not 1 <= limits[0] <= limits[1] <= quantiles:
        raise StudyError(
            f"{where} is {limits}, but should be the lowest and highest score, from 1 to {quantiles}."
        )


def ties_table(ties: list[Ties], customers: int) -> pd.DataFrame:
    """Return what the ranking had to decide, a row a measure: `measure, values, groups, tied, share`."""
    rows = [(label(tie.measure), tie.values, tie.groups, tie.customers, tie.customers / customers) for tie in ties]
    return pd.DataFrame(rows, columns=["measure", "values", "groups", "tied", "share"])


def warnings(ties: list[Ties], customers: int, quantiles: int) -> list[str]:
    """Return a sentence for each measure whose scores say less than they seem to."""
    told = []
    if customers < quantiles:
        told.append(f"Customers: {customers:,}, groups: {quantiles}. Some groups are therefore empty.")
    for tie in ties:
        if tie.values < 2:
            told.append(
                f"All customers have the same {tie.measure}: there is nothing to rank; all get the middle score."
            )
        elif tie.values < quantiles:
            told.append(
                f"There are only {tie.values} different values of {tie.measure} for {quantiles} groups: its "
                "scores tell less apart than they seem to."
            )
        elif tie.customers > customers / 2:
            told.append(
                f"More than half of the customers have a {tie.measure} that falls into several groups: read its "
                "lower scores as one."
            )
    return told


def summary(customers: pd.DataFrame, segments: Segments) -> pd.DataFrame:
    """Return a row for each segment of the table, most revenue first.

    Returns:
        `rfm_segment, customers, customer_share, revenue, revenue_share` and the medians of recency (days),
        frequency (orders) and monetary; a segment without customers has zeros and no medians.
    """
    grouped = customers.groupby("rfm_segment")
    found = pd.DataFrame(
        {"customers": grouped.size(), "revenue": grouped["monetary"].sum()}
        | {measure: grouped[measure].median() for measure in MEASURES.values()}
    ).reindex(list(segments))
    found[["customers", "revenue"]] = found[["customers", "revenue"]].fillna(0)
    found["customers"] = found["customers"].astype("int64")
    found["customer_share"] = found["customers"] / len(customers)
    total = found["revenue"].sum()
    found["revenue_share"] = found["revenue"] / total if total else 0.0
    columns = ["customers", "customer_share", "revenue", "revenue_share", *MEASURES.values()]
    ordered = found[columns].sort_values("revenue", ascending=False, kind="stable")
    return ordered.rename_axis("rfm_segment").reset_index()


def abc(amounts: pd.Series, limits: list[float]) -> pd.DataFrame:
    """Return classes of customers by the share of revenue that they and the larger ones bring.

    Args:
        amounts: revenue of each customer; below zero counts as nothing.
        limits: rising shares, [0.8, 0.95] for A up to 80 %, B up to 95 %, C the rest. The customer who crosses a
            limit still belongs to the class it closes.

    Returns:
        `class, customers, customer_share, revenue, revenue_share`, A first.

    Raises:
        StudyError: the limits do not rise from above 0 to below 1.
    """
    if sorted(set(limits)) != limits or not limits or limits[0] <= 0 or limits[-1] >= 1:
        raise StudyError(f"rfm.abc is {limits}, but should be shares that rise, between 0 and 1: [0.8, 0.95].")
    largest = np.sort(amounts.clip(lower=0).to_numpy(dtype=float))[::-1]
    total = largest.sum()
    before = (np.cumsum(largest) - largest) / total if total else np.zeros(len(largest))
    place = np.searchsorted(limits, before.round(12), side="right")
    rows = []
    for rank in range(len(limits) + 1):
        mine = largest[place == rank]
        rows.append(
            {
                "class": chr(ord("A") + rank),
                "customers": len(mine),
                "customer_share": len(mine) / max(len(largest), 1),
                "revenue": float(mine.sum()),
                "revenue_share": float(mine.sum() / total) if total else 0.0,
            }
        )
    return pd.DataFrame(rows)


def classes_told(classes: pd.DataFrame, gini: float) -> Markup:
    """Say what the best class accounts for."""
    best = classes.iloc[0]
    return sentence(
        "{n} customers ({share}) are of class A and account for {revenue} of the revenue; the Gini coefficient is "
        "{gini:.2f}, where 0 is all the same and 1 is one customer alone.",
        n=int(best["customers"]),
        share=percent(best["customer_share"]),
        revenue=percent(best["revenue_share"]),
        gini=gini,
    )


_RECENCY = {"recent": "more recently than most", "slipping": "fairly recently", "away": "longer ago than most"}
_FREQUENCY = {"often": "more often than most", "sometimes": "a middling number of times", "seldom": "seldom"}
_ACTION = {
    ("recent", "often"): "Thank them, ask them, show them what is new first; no discounts, they buy without.",
    ("recent", "sometimes"): "Suggest what goes with their last order; invite them to the next while it is fresh.",
    ("recent", "seldom"): "Welcome them: see that their first orders went well, and give a reason for the next.",
    ("slipping", "often"): "Keep the habit alive: a personal message now, before they grow silent.",
    ("slipping", "sometimes"): "Remind them with something chosen from what they bought.",
    ("slipping", "seldom"): "A limited offer soon; after that, leave them in peace.",
    ("away", "often"): "Call or write in person, ask what went wrong, and win them back: they are worth the time.",
    ("away", "sometimes"): "One win-back offer, measured against a group that gets none.",
    ("away", "seldom"): "Spend nothing on them beyond the newsletter.",
}


def advice(found: pd.DataFrame, segments: Segments, quantiles: int, currency: str = "") -> pd.DataFrame:
    """Return the business table: `segment, who, customers, revenue_share, action` for segments with customers.

    Who they are (with their medians) and what to do follow from the scores a segment covers, so a study's own
    segments get theirs too.
    """
    rows = []
    for each in found[found["customers"] > 0].itertuples():
        recency, frequency = _place(segments[each.rfm_segment], quantiles)
        orders = f"{number(each.frequency)} {'order' if each.frequency == 1 else 'orders'}"
        typical = f"{number(each.recency)} days ago, {orders}, {money(each.monetary, currency)}"
        rows.append(
            {
                "segment": each.rfm_segment,
                "who": f"Bought {_RECENCY[recency]} and {_FREQUENCY[frequency]}; typically {typical}",
                "customers": each.customers,
                "revenue_share": each.revenue_share,
                "action": _ACTION[recency, frequency],
            }
        )
    return pd.DataFrame(rows)


def _place(ranges: Mapping[str, list[int]], quantiles: int) -> tuple[str, str]:
    """Return where the middle of a segment's ranges lies, in words."""
    words = {"r": ("away", "slipping", "recent"), "f": ("seldom", "sometimes", "often")}
    place = []
    for letter, names in words.items():
        low, high = ranges.get(letter, (1, quantiles))
        share = ((low + high) / 2 - 0.5) / quantiles
        place.append(names[min(int(share * 3), 2)])
    return place[0], place[1]

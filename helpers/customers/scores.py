"""Scores: a customer's place in the ranking by recency, frequency and money, as one of a number of groups.

Customers with the same value get the same score, that of the lowest place they share; so groups differ in size
where many have one value. (It is the percent rank of SQL, cut into equal parts.)
"""

from typing import NamedTuple

import pandas as pd

MEASURES = {"r": "recency", "f": "frequency", "m": "monetary"}


class Ties(NamedTuple):
    """What equal values do to the groups of one measure."""

    measure: str
    values: int
    """Different values among the customers."""
    groups: int
    """Groups that have a customer in them."""
    customers: int
    """Customers whose value lies on a boundary between groups of equal size; they stay together in one."""


def score(customers: pd.DataFrame, quantiles: int) -> pd.DataFrame:
    """Return `r_score`, `f_score`, `m_score` (1 to `quantiles`, the best highest), as the cells of chapter 03 do.

    Args:
        customers: `recency`, `frequency`, `monetary` (where amounts are known); a row a customer.
        quantiles: number of groups.
    """
    measures = customers[[name for name in MEASURES.values() if name in customers]].round({"monetary": 2})
    places = pd.DataFrame(
        {
            "r_score": (-measures["recency"]).rank(method="min"),
            "f_score": measures["frequency"].rank(method="min"),
            "m_score": measures[measures.columns[-1]].rank(method="min"),  # without amounts: orders again
        }
    )
    scores = ((places - 1) * quantiles // max(len(places), 1) + 1).astype("int64")
    alike = measures.reindex(columns=MEASURES.values()).nunique() < 2
    scores.loc[:, alike.to_numpy()] = (quantiles + 1) // 2  # all the same, or not known: nothing to rank
    return scores


def ties_of(customers: pd.DataFrame, scores: pd.DataFrame, quantiles: int) -> list[Ties]:
    """Return, for each measure, how many equal customers groups of equal size would have taken apart."""
    ties = []
    for letter, measure in MEASURES.items():
        if measure not in customers:
            continue
        values, groups = customers[measure], scores[f"{letter}_score"]
        equal = (values.rank(method="first") - 1) * quantiles // max(len(values), 1)
        split = equal.groupby(values).transform("nunique") > 1
        ties.append(Ties(measure, values.nunique(), groups.nunique(), int(split.sum())))
    return ties

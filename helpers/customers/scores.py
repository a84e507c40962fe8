"""Scores: a customer's place in the ranking by recency, frequency and money, as one of a number of groups.

Customers with the same value get the same score, that of the lowest place they share; so groups differ in size
where many have one value. (It is the percent rank of SQL, cut into equal parts.)
"""

from typing import NamedTuple

import numpy as np
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
    return score_among(customers, customers, quantiles)


def score_among(customers: pd.DataFrame, others: pd.DataFrame, quantiles: int) -> pd.DataFrame:
    """Return the scores that customers would have among others: the same values get the same scores at any date.

    A customer's place is the number of others with a lower value; beyond the best the score stays the highest.

    Args:
        customers: `recency`, `frequency`, `monetary` (where amounts are known); a row a customer.
        others: the same columns, of those who are ranked.
        quantiles: number of groups.
    """
    scores = pd.DataFrame(index=customers.index)
    for letter, measure in MEASURES.items():
        if measure not in others or others[measure].round(2).nunique() < 2:
            scores[f"{letter}_score"] = (quantiles + 1) // 2  # all the same, or not known: nothing to rank
            continue
        sign = -1 if measure == "recency" else 1  # the fewest days are best
        ranked, values = (sign * frame[measure].round(2).to_numpy() for frame in (others, customers))
        places = np.searchsorted(np.sort(ranked), values)
        scores[f"{letter}_score"] = np.minimum(places * quantiles // len(ranked) + 1, quantiles)
    return scores.astype("int64")


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

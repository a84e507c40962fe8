"""Scores: a customer's place in the ranking by recency, frequency and money, in groups of equal size."""

from typing import NamedTuple

import pandas as pd

MEASURES = {"r": "recency", "f": "frequency", "m": "monetary"}


class Ties(NamedTuple):
    """What ranking had to decide for one measure."""

    measure: str
    values: int
    """Different values among the customers."""
    groups: int
    """Groups that have a customer in them."""
    customers: int
    """Customers whose value is on both sides of a boundary between two groups."""


def score(customers: pd.DataFrame, quantiles: int) -> tuple[pd.DataFrame, list[Ties]]:
    """Return the three scores of each customer, as the cells of chapter 03 do, and what ties were broken.

    Args:
        customers: `customer_id`, `recency`, `frequency`, `monetary` (where amounts are known); a row a customer.
        quantiles: number of groups.

    Returns:
        A frame with `r_score`, `f_score`, `m_score` (1 to `quantiles`), and a `Ties` for each measure.
    """
    measures = customers[[name for name in MEASURES.values() if name in customers]].round({"monetary": 2})
    rounded = customers.assign(**measures)
    by_money = rounded.sort_values([*measures.columns[2:], "customer_id"])
    by_orders = rounded.sort_values(["frequency", "customer_id"])
    places = {
        "r_score": (-by_money["recency"]).rank(method="first"),
        "f_score": by_money["frequency"].rank(method="first"),
        "m_score": by_orders[measures.columns[-1]].rank(method="first"),  # without amounts: orders again
    }
    scores = (pd.DataFrame(places) - 1) * quantiles // max(len(customers), 1) + 1
    scores = scores.astype("int64").reindex(customers.index)
    alike = measures.reindex(columns=MEASURES.values()).nunique() < 2
    scores.loc[:, alike.to_numpy()] = (quantiles + 1) // 2  # all the same, or not known: nothing to rank
    return scores, ties_of(rounded, scores)


def ties_of(customers: pd.DataFrame, scores: pd.DataFrame) -> list[Ties]:
    """Return, for each measure, how many customers have a value that falls into several groups."""
    ties = []
    for letter, measure in MEASURES.items():
        if measure not in customers:
            continue
        groups, values = scores[f"{letter}_score"], customers[measure]
        split = groups.groupby(values).transform("nunique") > 1
        ties.append(Ties(measure, values.nunique(), groups.nunique(), int(split.sum())))
    return ties

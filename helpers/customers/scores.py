"""TODO."""

from typing import NamedTuple

import numpy as np
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
    """Customers whose value stands on both sides of a boundary between two groups."""


def score(customers: pd.DataFrame, quantiles: int) -> tuple[pd.DataFrame, list[Ties]]:
    """Return the three scores of each customer, and what ties the ranking had to break.

    The groups are equally large because customers are ranked, not cut at quantile values: with many customers
    of one order, quantile values coincide and groups would silently vanish. Of customers with the same value the
    one with more money ranks higher (with more orders, where money itself is ranked), then the one whose
    customer_id comes later. Recency breaks no tie: it would give every customer of one recent order a higher
    frequency score than all the others of one order, and no customer would be new. Where all customers have the
    same value there is nothing to rank, and all get the middle score.

    Args:
        customers: `customer_id`, `recency`, `frequency`, `monetary`; a row a customer.
        quantiles: number of groups.

    Returns:
        A frame with `r_score`, `f_score`, `m_score` (1 to `quantiles`), and a `Ties` for each measure.
    """
    # upwards is better in each
    better = pd.DataFrame(
        {
            "recency": -customers["recency"],
            "frequency": customers["frequency"],
            "monetary": customers["monetary"].round(2),
        }
    )
    better["customer_id"] = customers["customer_id"]
    scores, ties = {}, []
    for letter, measure in MEASURES.items():
        second = "frequency" if measure == "monetary" else "monetary"
        order = better.sort_values([measure, second, "customer_id"]).index
        place = pd.Series(np.arange(len(order)), index=order)
        groups = place * quantiles // max(len(order), 1) + 1
        if better[measure].nunique() < 2:
            groups = groups * 0 + (quantiles + 1) // 2
        scores[f"{letter}_score"] = groups.reindex(customers.index).astype("int64")
        split = groups.groupby(better[measure]).transform("nunique") > 1
        ties.append(Ties(measure, better[measure].nunique(), groups.nunique(), int(split.sum())))
    return pd.DataFrame(scores), ties

"""How good a list of recommendations is: for the customer who gets it, and for the shop as a whole.

Definitions follow Manning, Raghavan and Schütze (2008), chapter 8; relevance is yes or no.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.interactions import values_at

MEASURES = {
    "precision": "Precision",
    "recall": "Recall",
    "map": "Average precision",
    "ndcg": "NDCG",
    "hit_rate": "Hit rate",
}
"""Measures of a customer's list, and how a table heads them."""
HEAD_SHARE = 0.1
"""The part of the catalogue that is called its head: the most bought products."""


def per_customer(lists: np.ndarray, relevant: sparse.csr_matrix) -> pd.DataFrame:
    """Return what each customer's list is worth.

    Args:
        lists: customers x k, columns of products, the best first; -1 is an empty place.
        relevant: customers x products, above 0 where a product is right; each row has at least one.

    Returns:
        A row a customer: `precision` (right ones of k places), `recall` (of what is right), `map` (mean precision
        at each right one, over the smaller of k and the number of right ones), `ndcg` (gain discounted by
        log2(1 + place), over the best possible list's), `hit_rate` (whether any is right).
    """
    k = lists.shape[1]
    hits = hits_of(lists, relevant)
    right = relevant.getnnz(axis=1)
    possible = np.minimum(right, k)
    places = np.arange(1, k + 1)
    discount = 1 / np.log2(places + 1)
    ideal = np.cumsum(discount)[possible - 1]
    precision_at = np.cumsum(hits, axis=1) / places
    return pd.DataFrame(
        {
            "precision": hits.mean(axis=1),
            "recall": hits.sum(axis=1) / right,
            "map": (precision_at * hits).sum(axis=1) / possible,
            "ndcg": (hits @ discount) / ideal,
            "hit_rate": hits.any(axis=1).astype(float),
        }
    )


def hits_of(lists: np.ndarray, relevant: sparse.csr_matrix) -> np.ndarray:
    """Return whether each place of each list is right, as 0 or 1; an empty place is not."""
    rows = np.repeat(np.arange(len(lists)), lists.shape[1])
    found = values_at(relevant, rows, np.maximum(lists, 0).ravel()).reshape(lists.shape) > 0
    return (found & (lists >= 0)).astype(float)


class Reach(NamedTuple):
    """What lists do to the catalogue."""

    coverage: float
    """Share of the products that are on at least one list."""
    novelty: float
    """Mean surprise of a place in bits: minus log2 of the share of customers who bought the product."""
    head: float
    """Share of the places that the most bought tenth of the products takes: popularity bias."""


def reach(lists: np.ndarray, popularity: np.ndarray, customers: int) -> Reach:
    """Return how much of the catalogue lists reach, and how well known it is.

    Novelty is mean self-information (Zhou et al., 2010); a product nobody bought counts as bought by one.

    Args:
        lists: customers x k, columns of products; -1 is an empty place.
        popularity: customers of each product before, the most bought first.
        customers: in all.
    """
    shown = lists[lists >= 0]
    if not len(shown):
        return Reach(0.0, float("nan"), float("nan"))
    share = np.maximum(popularity[shown], 1) / customers
    head = max(1, int(np.ceil(HEAD_SHARE * len(popularity))))
    return Reach(
        coverage=len(np.unique(shown)) / len(popularity),
        novelty=float(-np.log2(share).mean()),
        head=float((shown < head).mean()),
    )

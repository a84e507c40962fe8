"""How good a list of recommendations is: for the customer who gets it, and for the shop as a whole.

Definitions follow Manning, Raghavan and Schütze (2008), chapter 8; relevance is yes or no.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.interactions import values_at

MEASURES = ("precision", "recall", "map", "ndcg", "hit_rate")
"""Measures of a customer's list."""
TOP_SHARE = 0.1
"""The part of the catalogue that is called its top: the most bought products."""


def top_k(scores: np.ndarray, k: int, excluded: sparse.csr_matrix | None = None) -> np.ndarray:
    """Return the columns of each row's k highest scores, the highest first, ties to the lower column.

    A row does not get what is above 0 in `excluded`; places are -1 where nothing else is left.
    """
    scores = np.array(scores, dtype=np.float64, order="C")
    if excluded is not None:
        scores[excluded.nonzero()] = -np.inf
    rows, best = np.arange(len(scores)), np.full((len(scores), k), -1)
    for place in range(
        min(k, scores.shape[1])
    ):  # so few maxima are found faster than many equal scores are parted
        column = scores.argmax(axis=1)
        left = scores[rows, column] > -np.inf
        best[left, place] = column[left]
        scores[rows, column] = -np.inf
    return best


def per_customer(lists: np.ndarray, relevant: sparse.csr_matrix) -> pd.DataFrame:
    """Return what each customer's list is worth; in `relevant` each customer has at least one product above 0.

    `precision` (right ones of k places), `recall` (of what is right), `map` (mean precision at each right one,
    over the smaller of k and the number of right ones), `ndcg` (gain discounted by log2(1 + place), over the best
    possible list's), `hit_rate` (whether any is right).
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
    right = values_at(relevant, rows, np.maximum(lists, 0).ravel()).reshape(lists.shape) > 0
    return (right & (lists >= 0)).astype(float)


def reach(lists: np.ndarray, popularity: np.ndarray, customers: int) -> dict[str, float]:
    """Return how much of the catalogue lists reach, and how well known it is.

    `coverage` (share of the products that are on at least one list), `novelty` (mean surprise of a place in bits:
    minus log2 of the share of customers who bought the product, Zhou et al., 2010; a product nobody bought counts
    as bought by one) and `head` (share of the places that the most bought tenth takes: popularity bias).
    """
    shown = lists[lists >= 0]
    if not len(shown):
        return {"coverage": 0.0, "novelty": float("nan"), "head": float("nan")}
    return {
        "coverage": len(np.unique(shown)) / len(popularity),
        "novelty": float(-np.log2(np.maximum(popularity[shown], 1) / customers).mean()),
        "head": float((shown < top_products(len(popularity))).mean()),
    }


def top_products(products: int) -> int:
    """Return how many products are the most bought tenth of the catalogue."""
    return max(1, int(np.ceil(TOP_SHARE * products)))

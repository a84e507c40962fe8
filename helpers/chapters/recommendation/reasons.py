"""Why a customer is offered a product, in a sentence a person can check: what they bought, or what it is like."""

from datetime import timedelta

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.text import day, number
from helpers.base.vocabulary import label
from helpers.chapters.recommendation.evaluation import batches
from helpers.chapters.recommendation.interactions import Interactions, values_at

POPULAR = "Popular with other customers"
ALIKE = 1.05
"""How many times as often as all customers those of a kind must buy a product for it to be a reason."""


def reasons(
    train: Interactions,
    lists: np.ndarray,
    similar: sparse.csr_matrix,
    names: np.ndarray,
    described: pd.DataFrame | None = None,
) -> np.ndarray:
    """Return a reason for each place of each list; an empty place has an empty one.

    A product they bought before is explained by how often; another by the most similar product they bought
    (of equally similar ones the more popular); where none is similar, by customers of the same kind who buy it
    more often than others do, or else by its popularity.
    """
    kinds = _kinds(train, described) if described is not None else []
    orders, age = train.matrix(train.orders), train.matrix(train.age + 1)  # a zero would not be kept
    why = np.full(lists.shape, "", dtype=object)
    for rows in batches(np.arange(len(lists))):
        wanted = lists[rows]
        at = (np.repeat(rows, wanted.shape[1]), np.maximum(wanted, 0).ravel())
        bought = values_at(orders, *at).reshape(wanted.shape).astype(int)
        days = values_at(age, *at).reshape(wanted.shape) - 1
        best = _most_similar(train, rows, wanted, similar)
        for i, place in zip(*np.nonzero(wanted >= 0), strict=True):
            if bought[i, place]:
                last = train.now - timedelta(days=float(days[i, place])) if train.now is not None else None
                why[rows[i], place] = _again(bought[i, place], last)
            elif best[i, place] >= 0:
                why[rows[i], place] = f"Because they bought {names[best[i, place]]}"
            else:
                why[rows[i], place] = _by_kind(kinds, rows[i], wanted[i, place])
    return why


def _most_similar(
    train: Interactions, rows: np.ndarray, lists: np.ndarray, similar: sparse.csr_matrix
) -> np.ndarray:
    """Return for each place the column of the customer's own product that is most like it, or -1."""
    past = [train.seen.indices[train.seen.indptr[row] : train.seen.indptr[row + 1]] for row in rows]
    lengths = np.array([len(own) for own in past])
    k = lists.shape[1]
    offered = np.repeat(lists.ravel(), np.repeat(lengths, k))
    own = np.concatenate([np.tile(columns, k) for columns in past])
    similarity = values_at(similar, np.maximum(offered, 0), own)
    best = np.full(lists.size, -1)
    place = np.repeat(np.arange(lists.size), np.repeat(lengths, k))
    # the last one written wins: least similar first, and of equals the less popular (the higher column) first
    order = np.lexsort((-own, similarity))
    order = order[similarity[order] > 0]
    best[place[order]] = own[order]
    return best.reshape(lists.shape)


def _kinds(train: Interactions, described: pd.DataFrame) -> list[tuple[str, np.ndarray, pd.DataFrame]]:
    """Return for each feature its name, each customer's value, and how many times as often each value buys what.

    A product's share among the purchases of customers with a value, over its share among all purchases.
    """
    kinds = []
    overall = train.popularity / train.popularity.sum()
    for name in described.columns:
        values = described[name].astype("string").fillna("").to_numpy(str)
        counts = pd.crosstab(values[train.row], train.column)
        counts = counts.reindex(columns=range(len(train.products)), fill_value=0)
        shares = counts.div(counts.sum(axis=1), axis=0) / overall
        kinds.append((label(name).lower(), values, shares.drop(index="", errors="ignore")))
    return kinds


def _by_kind(kinds: list[tuple[str, np.ndarray, pd.DataFrame]], row: int, column: int) -> str:
    """Return the feature of a customer whose holders buy the product most above average, in words."""
    best, reason = ALIKE, POPULAR
    for name, values, shares in kinds:
        if values[row] in shares.index and (times := float(shares.at[values[row], column])) >= best:
            best, reason = times, f"Bought {times:.1f} times as often as usual by {name} {values[row]}"
    return reason


def _again(orders: int, last: pd.Timestamp | None) -> str:
    times = "once" if orders == 1 else "twice" if orders == 2 else f"{number(orders)} times"
    return f"Bought {times}" + (f", last on {day(last)}" if last is not None else "")

"""Why a customer is offered a product, in a sentence a person can check: what they bought, or what it is like."""

from sys import intern

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
    because = np.array([f"Because they bought {name}" for name in names], dtype=object)
    for rows in batches(np.arange(len(lists))):
        wanted = lists[rows]
        at = (np.repeat(rows, wanted.shape[1]), np.maximum(wanted, 0).ravel())
        bought = values_at(orders, *at).reshape(wanted.shape).astype(int)
        days = values_at(age, *at).reshape(wanted.shape) - 1
        best = _most_similar(train, rows, wanted, similar)
        texts = np.where(best >= 0, because[best], "")
        again = (wanted >= 0) & (bought > 0)
        texts[again] = _again(bought[again], days[again], train.now)
        for i, place in zip(*np.nonzero((wanted >= 0) & ~again & (best < 0)), strict=True):
            texts[i, place] = _by_kind(kinds, rows[i], wanted[i, place])
        why[rows] = np.where(wanted >= 0, texts, "")
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


def _again(orders: np.ndarray, days: np.ndarray, now: pd.Timestamp | None) -> np.ndarray:
    """Return how often and when last, in words, for each number of orders and days since the last of them."""
    texts = pd.Series(orders).map({n: f"Bought {_times(n)}" for n in np.unique(orders)})
    if now is not None:
        last = (now - pd.Series(pd.to_timedelta(days, "D"))).dt.normalize()
        texts += last.map({date: f", last on {day(date)}" for date in last.unique()})
    return texts.map(intern).to_numpy(object)  # many say the same, and millions of lists are held at once


def _times(orders: int) -> str:
    return "once" if orders == 1 else "twice" if orders == 2 else f"{number(int(orders))} times"

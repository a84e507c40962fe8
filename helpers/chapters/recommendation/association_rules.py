"""Which products are bought in the same order more often than at random?

A rule counts the orders that hold both products. Lift is that count over the one expected if the two were bought
independently; a rule is reported only with enough orders behind it, and only if its lift is more than the size of
orders explains and survives the correction for having tested every pair (Benjamini and Hochberg, 1995).
"""

from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import binom, false_discovery_control

from helpers.base.engine import distinct_rows
from helpers.chapters.recommendation.interactions import codes

LEVEL = 0.05
"""False-discovery rate of the rules that are reported."""


class Baskets(NamedTuple):
    """Orders and the products in them."""

    products: np.ndarray
    matrix: sparse.csr_matrix
    """Orders x products, 1 where an order holds a product."""


class Rules(NamedTuple):
    """Pairs that were tested and those that hold."""

    pairs: pd.DataFrame
    """A row a pair, the highest lift first: `product, bought_with` (codes, the rarer first), `orders_with_both`,
    `support` (their share), `lift`, `confidence` (share of the rarer one's orders that hold the other), `q`
    (false-discovery rate)."""
    orders: int
    floor: int
    tested: int
    """Pairs that met the floor and more often than chance; only these can be rules."""
    possible: int
    """Pairs of products that each are in as many orders as the floor: what the correction counts."""


def baskets(lines: nw.LazyFrame) -> Baskets | None:
    """Return the orders of the lines (of `interactions.keyed`); None where no order holds a product."""
    pairs = distinct_rows(lines.filter(~nw.col("order_id").is_null()), "order_id", "product_id")
    cells = pairs.collect("pyarrow").to_native()
    if not cells.num_rows:
        return None
    orders, row = codes(cells.column("order_id"))
    products, column = codes(cells.column("product_id"))
    ones = np.ones(len(row), dtype=np.int32)
    return Baskets(products, sparse.csr_matrix((ones, (row, column)), shape=(len(orders), len(products))))


def rules(held: Baskets, share: float, at_least: int) -> Rules:
    """Return the pairs that are bought together more often than chance explains, by so many orders at least.

    The floor is the larger of a share of all orders and a number of them.
    """
    orders = held.matrix.shape[0]
    floor = max(at_least, int(np.ceil(share * orders)))
    each = np.asarray(held.matrix.sum(axis=0)).ravel()
    kept = np.flatnonzero(each >= floor)  # a pair is in no more orders than either product
    common = held.matrix[:, kept]
    together = sparse.triu(common.T @ common, k=1).tocoo()
    enough = together.data >= floor
    one, two, both = together.row[enough], together.col[enough], together.data[enough].astype(float)
    n_one, n_two = each[kept][one].astype(float), each[kept][two].astype(float)
    lift = both * orders / (n_one * n_two)
    # the chance of as many common orders or more, if each order of the rarer one held the other by its size alone
    share_by_size = np.minimum(
        _by_size(held, both, n_one * n_two / orders) * np.maximum(n_one, n_two) / orders, 1.0
    )
    chance = binom.sf(both - 1, np.minimum(n_one, n_two), share_by_size)
    possible = len(kept) * (len(kept) - 1) // 2
    # pairs below the floor were looked at too: they count as tested, with nothing found
    everything = np.concatenate([chance, np.ones(possible - len(chance))])
    q = false_discovery_control(everything)[: len(chance)] if possible else chance
    frame = pd.DataFrame(
        {
            "product": held.products[kept][np.where(n_one <= n_two, one, two)],
            "bought_with": held.products[kept][np.where(n_one <= n_two, two, one)],
            "orders_with_both": both.astype(int),
            "support": both / orders,
            "lift": lift,
            "confidence": both / np.minimum(n_one, n_two),
            "q": q,
        }
    )
    holds = frame[(frame["lift"] > 1) & (frame["q"] <= LEVEL)]
    ordered = holds.sort_values(
        ["lift", "product", "bought_with"], ascending=[False, True, True], ignore_index=True
    )
    return Rules(ordered, orders, floor, len(frame), possible)


def _by_size(held: Baskets, both: np.ndarray, at_random: np.ndarray) -> np.ndarray:
    """Return how many times as often as at random two products meet only because some orders are large.

    It is the lift of all other pairs together: in large orders even unrelated products meet.

    Args:
        held: orders and products.
        both: orders with both products of each pair.
        at_random: the same, if every order were as likely to hold them.
    """
    each = np.asarray(held.matrix.sum(axis=0)).ravel().astype(float)
    size = np.asarray(held.matrix.sum(axis=1)).ravel().astype(float)
    met = (size * (size - 1)).sum() / 2 - both
    expected = (each.sum() ** 2 - np.square(each).sum()) / 2 / len(size) - at_random
    return np.maximum(np.divide(met, expected, out=np.ones(len(both)), where=expected > 0), 1.0)


def with_names(pairs: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return rules with names of products (by code) instead of their codes, where they have one."""
    sides = ("product", "bought_with")
    return pairs.assign(**{side: pairs[side].map(names).fillna(pairs[side]).to_numpy() for side in sides})

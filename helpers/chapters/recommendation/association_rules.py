"""Which products are bought in the same order more often than chance has them meet, and is it more than luck?

A rule counts the orders that hold both products. Lift is that count over the one expected if the two were bought
independently; a rule is reported only with enough orders behind it, and only if its lift survives the correction
for having tested every pair (Benjamini and Hochberg, 1995).
"""

from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import false_discovery_control, hypergeom

from helpers.base.engine import distinct_rows
from helpers.base.text import percent
from helpers.chapters.recommendation.interactions import codes

LEVEL = 0.05
"""Share of the reported rules that may be luck."""


class Baskets(NamedTuple):
    """Orders and the products in them."""

    products: np.ndarray
    matrix: sparse.csr_matrix
    """Orders x products, 1 where an order holds a product."""


class Rules(NamedTuple):
    """Pairs that were tested and those that hold."""

    found: pd.DataFrame
    """A row a pair, the highest lift first: `product, other` (codes, the rarer first), `orders` (with both),
    `support` (their share), `lift`, `confidence` (share of the rarer one's orders that hold the other), `q` (share
    of luck among rules at least as sure)."""
    orders: int
    floor: int
    tested: int
    """Pairs that met the floor and more often than chance; only these can be rules."""
    possible: int
    """Pairs of products that each are in as many orders as the floor: what the correction counts."""


def baskets(lines: nw.LazyFrame) -> Baskets | None:
    """Return the orders of the lines (of `interactions.keyed`); None where the source has no orders."""
    if "order_id" not in lines.collect_schema().names():
        return None
    pairs = distinct_rows(lines.filter(~nw.col("order_id").is_null()), "order_id", "product_id")
    cells = pairs.collect("pyarrow").to_native()
    if not cells.num_rows:
        return None
    orders, row = codes(cells.column("order_id"))
    products, column = codes(cells.column("product_id"))
    ones = np.ones(len(row), dtype=np.int32)
    return Baskets(products, sparse.csr_matrix((ones, (row, column)), shape=(len(orders), len(products))))


def rules(found: Baskets, share: float, at_least: int) -> Rules:
    """Return the pairs of products that are bought together more often than chance explains.

    Args:
        found: orders and their products.
        share: of all orders that must hold both.
        at_least: orders that must hold both, if that is more.
    """
    orders = found.matrix.shape[0]
    floor = max(at_least, int(np.ceil(share * orders)))
    each = np.asarray(found.matrix.sum(axis=0)).ravel()
    kept = np.flatnonzero(each >= floor)  # a pair is in no more orders than either product
    common = found.matrix[:, kept]
    together = sparse.triu(common.T @ common, k=1).tocoo()
    enough = together.data >= floor
    one, two, both = together.row[enough], together.col[enough], together.data[enough].astype(float)
    n_one, n_two = each[kept][one].astype(float), each[kept][two].astype(float)
    lift = both * orders / (n_one * n_two)
    # the chance of as many common orders or more, if the orders of the one were drawn without regard to the other
    chance = hypergeom.sf(both - 1, orders, n_one, n_two)
    possible = len(kept) * (len(kept) - 1) // 2
    # pairs below the floor were looked at too: they count as tested, with nothing found
    everything = np.concatenate([chance, np.ones(possible - len(chance))])
    q = false_discovery_control(everything)[: len(chance)] if possible else chance
    frame = pd.DataFrame(
        {
            "product": found.products[kept][np.where(n_one <= n_two, one, two)],
            "other": found.products[kept][np.where(n_one <= n_two, two, one)],
            "orders": both.astype(int),
            "support": both / orders,
            "lift": lift,
            "confidence": both / np.minimum(n_one, n_two),
            "q": q,
        }
    )
    holds = frame[(frame["lift"] > 1) & (frame["q"] <= LEVEL)]
    ordered = holds.sort_values(["lift", "product", "other"], ascending=[False, True, True], ignore_index=True)
    return Rules(ordered, orders, floor, len(frame), possible)


TABLE = {
    "names": {
        "product": "Product",
        "other": "With it",
        "orders": "Orders with both",
        "support": "Share of the orders",
        "lift": "Times chance",
        "confidence": "Of the rarer one's orders",
        "q": "Luck among as sure ones",
    },
    "formats": {
        "support": lambda value: percent(value, 2),
        "confidence": percent,
        "lift": "{:,.1f}".format,
        "q": lambda value: "under 0.001" if value < 0.001 else f"{value:.3f}",
    },
}
"""How a table of rules is headed and written."""


def with_names(found: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return rules with names of products instead of their codes."""
    names = catalogue.set_index("product_id")["product_name"]
    return found.assign(**{side: found[side].map(names).to_numpy() for side in ("product", "other")})


def read(rules: Rules) -> str:
    """Say how many rules there are, and what was asked of them."""
    return (
        f"Of {rules.possible:,} pairs of products that are each in at least {rules.floor:,} of the "
        f"{rules.orders:,} orders, {rules.tested:,} are together in as many, and {len(rules.found):,} of these "
        f"more often than chance explains, with at most {percent(LEVEL, 0)} of them expected to be luck "
        "(Benjamini-Hochberg over all pairs)."
    )

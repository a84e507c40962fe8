"""How many association rules are left where the products of a built study are dealt anew among its orders.

    PYTHONPATH=CHECKOUT python tests/bench/dealt_anew.py reports/STUDY/tables/transactions.parquet

Each order keeps its size and each product its number of orders, so what is left follows from these alone and is
no rule. Pairs of orders trade products at random (curveball: Strona and others, 2014), ten times as often as there
are orders. CHECKOUT is the state of the code whose test is asked.
"""

import random
import sys
from pathlib import Path

import numpy as np
from scipy import sparse

from helpers.base.engine import open_engine
from helpers.chapters.recommendation.association_rules import Baskets, baskets, rules
from helpers.chapters.recommendation.interactions import keyed

SHARE, AT_LEAST = 0.002, 20
"""The chapter's defaults of `rule_share` and `rule_orders`."""


def dealt_anew(held: Baskets, seed: int) -> Baskets:
    """Return the orders with other products."""
    draw = random.Random(seed)
    orders = [set(products) for products in np.split(held.matrix.indices, held.matrix.indptr[1:-1])]
    for _ in range(10 * len(orders)):
        one, other = draw.sample(orders, 2)
        mine, yours = one - other, other - one
        pool = sorted(mine | yours)
        draw.shuffle(pool)
        one.difference_update(mine)
        one.update(pool[: len(mine)])
        other.difference_update(yours)
        other.update(pool[len(mine) :])
    columns = np.concatenate([[*order] for order in orders])
    cells = (np.ones(len(columns), dtype=np.int32), columns, held.matrix.indptr)
    return held._replace(matrix=sparse.csr_matrix(cells, shape=held.matrix.shape))


def main(transactions: str) -> None:
    """Print the rules of the orders as they are, and of two deals."""
    with open_engine() as engine:
        held = baskets(keyed(engine.scan(Path(transactions))))
    print(f"as they are: {len(rules(held, SHARE, AT_LEAST).pairs):,} rules")
    for seed in range(2):
        anew = dealt_anew(held, seed)
        print(f"dealt anew, {seed}: {len(rules(anew, SHARE, AT_LEAST).pairs):,} rules")


if __name__ == "__main__":
    main(*sys.argv[1:])

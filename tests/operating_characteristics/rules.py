"""Chapter 08's association rules: which products are bought together more often than at random?"""

from functools import partial

import numpy as np
from scipy import sparse

from helpers.chapters.recommendation.association_rules import Baskets, rules
from tests.operating_characteristics.trial import Setting

SHARE, AT_LEAST = 0.002, 20
"""The chapter's own floor."""
PRODUCTS = 80


def independent(rng: np.random.Generator, orders: int, *, spread: float) -> np.ndarray:
    """Return orders x products, drawn without regard to each other; a few products are in many orders.

    Args:
        spread: of the logarithm of the orders' sizes: 0 where all are alike.
    """
    popular = 0.25 * np.arange(1, PRODUCTS + 1) ** -0.6
    size = np.exp(rng.normal(-(spread**2) / 2, spread, (orders, 1)))
    return rng.random((orders, PRODUCTS)) < popular * size


def called(matrix: np.ndarray) -> set[tuple[int, int]]:
    """Return the pairs that the chapter calls rules."""
    held = Baskets(np.arange(PRODUCTS), sparse.csr_matrix(matrix.astype(np.int32)))
    pairs = rules(held, SHARE, AT_LEAST).pairs
    return {tuple(sorted(pair)) for pair in zip(pairs["product"], pairs["bought_with"], strict=True)}


def says_rule(spread: float, orders: int, rng: np.random.Generator) -> bool:
    """Return whether any rule is called where products are independent."""
    return bool(called(independent(rng, orders, spread=spread)))


def finds_pair(pair: tuple[int, int], times: float, orders: int, rng: np.random.Generator) -> bool:
    """Return whether a pair of products (by their rank) is found that is bought together so many times as often.

    Each is in as many orders as it would be without the other.
    """
    matrix = independent(rng, orders, spread=0.0)
    one, other = 0.25 * (np.array(pair) + 1.0) ** -0.6
    both = times * one * other
    drawn = rng.choice(4, orders, p=[1 - one - other + both, one - both, other - both, both])
    matrix[:, pair[0]], matrix[:, pair[1]] = np.isin(drawn, (1, 3)), np.isin(drawn, (2, 3))
    return pair in called(matrix)


BEST, ORDINARY = (0, 1), (8, 12)
MAIN = "two ordinary products with a lift of 3"
SIZES = (500, 3000, 10000)
SETTINGS = [
    Setting("rules", f"{name}, {n:,} orders", truth, partial(trial, n), amounts={"orders": n}, main=name == MAIN)
    for truth, kinds in (
        (
            "nothing",
            {
                f"independent products in orders of {sizes} sizes": partial(says_rule, spread)
                for spread, sizes in ((0.0, "like"), (0.5, "unlike"), (1.0, "very unlike"))
            },
        ),
        (
            "something",
            {
                "two best sellers with a lift of 2": partial(finds_pair, BEST, 2),
                "two ordinary products with a lift of 2": partial(finds_pair, ORDINARY, 2),
                MAIN: partial(finds_pair, ORDINARY, 3),
            },
        ),
    )
    for name, trial in kinds.items()
    for n in SIZES
]

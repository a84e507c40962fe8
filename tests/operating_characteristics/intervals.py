"""Ranges of single customers (07, 11): how often they hold where spend grows and has a season, by size too."""

from functools import partial

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from helpers.predicting.ranges import Missed, moves, size_group
from tests.operating_characteristics.trial import Setting

LEVEL = 0.9
"""The chapters' own."""
CUSTOMERS, WINDOWS, A_YEAR = 700, 7, 4
"""Customers at each cut-off, cut-offs, and how many of them a year has."""
YEAR = np.array([0.8, 0.9, 1.0, 1.6])
"""Of orders by quarter; the last cut-off looks at the fourth."""


def spend(rng: np.random.Generator, *, growth: float, season: np.ndarray, seasonal: float) -> tuple:
    """Return what is known of customers at each cut-off, windows x customers x features, and what they then spent.

    Args:
        rng: of the draws.
        growth: of orders from a window to the next.
        season: of orders by quarter, for every customer.
        seasonal: share of the customers who order in the fourth quarter only.
    """
    rate, amount = rng.gamma(0.8, 1.5, CUSTOMERS), np.exp(rng.normal(3, 0.8, CUSTOMERS))
    only = rng.random(CUSTOMERS) < seasonal
    quarter = (np.arange(-1, WINDOWS) - WINDOWS) % A_YEAR  # the last window's is the fourth
    level = season[quarter] * (1 + growth) ** np.arange(WINDOWS + 1)
    expected = np.outer(level, rate) * np.where(only, np.where(quarter == 3, 4.0, 0.0)[:, None], 1.0)
    orders = rng.poisson(expected)
    done = amount * orders * np.exp(rng.normal(0, 0.4, orders.shape))
    past = np.cumsum(orders, axis=0) / np.arange(1, WINDOWS + 2)[:, None]
    known = np.stack([orders, done, past, np.broadcast_to(amount, orders.shape)], axis=2)
    return known[:-1], done[1:]


def held(
    growth: float, season: np.ndarray, seasonal: float, rng: np.random.Generator, *, known: bool, part: int | None
) -> float:
    """Return the share of the last window's customers whose range held, as the chapters make it.

    `known` is whether the same season of a year before is in the data, `part` the fifth by size that is asked.
    """
    x, y = spend(rng, growth=growth, season=season, seasonal=seasonal)
    first = 0 if known else WINDOWS - A_YEAR
    test, missed, last = WINDOWS - 1, [], None
    for window in [test - 1, *([test - A_YEAR] if known else [])]:
        rows = slice(first, window)
        models = [
            HistGradientBoostingRegressor(
                loss="quantile", quantile=tail, max_iter=40, learning_rate=0.1, max_leaf_nodes=8,
                min_samples_leaf=40, early_stopping=False, random_state=1,
            ).fit(x[rows].reshape(-1, x.shape[2]), y[rows].ravel())
            for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
        ]  # fmt: skip
        missed.append(Missed(*(np.maximum(one.predict(x[window]), 0) for one in models), y[window]))
        last = last or models
    low, high = (np.maximum(one.predict(x[test]), 0) for one in last)
    group = size_group(high, 5)
    low, high = moves(missed, LEVEL, cautious=not known).around(low, high, 0.0)
    inside = (y[test] >= low) & (y[test] <= high)
    return float(inside.mean() if part is None else inside[group == part].mean())


EVEN = np.ones(A_YEAR)
KINDS = {
    "steady spend": ((0.0, EVEN, 0.0), True),
    "spend that grows by 5 % a quarter": ((0.05, EVEN, 0.0), True),
    "spend with a season that the data knows": ((0.0, YEAR, 0.1), True),
    "spend with a season, in data younger than a year": ((0.0, YEAR, 0.1), False),
}
FIFTHS = {"": None, ", the largest fifth": 0, ", the smallest fifth": 4}
SETTINGS = [
    Setting("intervals", f"{name}{of}", "covered", partial(held, *kind, known=known, part=part), LEVEL)
    for of, part in FIFTHS.items()
    for name, (kind, known) in KINDS.items()
    if part is None or "season" in name
]

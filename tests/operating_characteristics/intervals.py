"""Ranges of single customers (07, 11): how often they are shown and then hold, where spend grows, turns or drifts.

A trial is a shop of CUSTOMERS. Its ranges are made and judged as in the chapters; what a reader gets is how often
they hold in the window after the test, of these customers and of MORE of their kind, so that chance says little.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from helpers.chapters.lifetime_value.models import NBD, distinct, expected_worth, fit, fit_spend, outlook
from helpers.chapters.lifetime_value.purchases import WEEK, customers_at
from helpers.predicting.ranges import Ahead, held_in, most_like, moves, ranges_held, tried
from helpers.show.error_rates import WITHHELD, WORST
from tests.operating_characteristics.trial import Setting

LEVEL = 0.9
"""The chapters' own."""
CUSTOMERS, MORE = 700, 1000
DAYS, A_YEAR = 90, 4
"""Days of a window, and windows of a year."""
START = datetime(2021, 1, 1)
YEAR, EVEN = np.array([0.8, 0.9, 1.0, 1.6]), np.ones(A_YEAR)
"""Of orders by quarter; the reader's window is the fourth."""


class Kind(NamedTuple):
    """What moves the orders of a shop."""

    growth: float = 0.0
    """Of orders from a window to the next."""
    season: np.ndarray = EVEN
    """Of orders by quarter, for every customer."""
    seasonal: float = 0.0
    """Share of the customers who order in the fourth quarter only."""
    drift: float = 0.0
    """Standard deviation of a step of the log of all orders, from a window to the next."""
    windows: int = 8
    """That the data has, the first known to no model."""


def shop(kind: Kind, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return orders and spend, windows x customers; the last window is the reader's."""
    customers, windows = CUSTOMERS + MORE, kind.windows + 1
    rate, amount = rng.gamma(0.8, 1.5, customers), np.exp(rng.normal(3, 0.8, customers))
    only = rng.random(customers) < kind.seasonal
    quarter = (np.arange(windows) - windows) % A_YEAR
    level = kind.season[quarter] * np.exp(np.cumsum(np.log1p(kind.growth) + kind.drift * rng.normal(size=windows)))
    expected = np.outer(level, rate) * np.where(only, np.where(quarter == 3, 4.0, 0.0)[:, None], 1.0)
    orders = rng.poisson(expected)
    return orders, amount * orders * np.exp(rng.normal(0, 0.4, orders.shape))


def by_quantiles(orders: np.ndarray, spend: np.ndarray) -> list[Ahead | None]:
    """Return what chapter 07's quantile models say of each window from the models of those before it."""
    so_far = np.arange(1, len(orders) + 1)[:, None]
    season = np.broadcast_to(so_far % A_YEAR, orders.shape)  # known to models that saw a year of it
    means = [np.cumsum(one, axis=0) / so_far for one in (orders, spend)]
    known = np.stack([orders, spend, *means, season], axis=2)[:-1]
    said = []
    for window in range(1, len(known)):
        if window < len(known) - A_YEAR:
            said.append(None)  # no range rests on it
            continue
        x, y = known[:window, :CUSTOMERS].reshape(-1, known.shape[2]), spend[1 : window + 1, :CUSTOMERS].ravel()
        asked = slice(CUSTOMERS if window < len(known) - 1 else None)
        tails = [
            HistGradientBoostingRegressor(
                loss="quantile", quantile=tail, max_iter=20, learning_rate=0.2, max_leaf_nodes=8,
                min_samples_leaf=40, early_stopping=False, random_state=1,
            ).fit(x, y).predict(known[window, asked])
            for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
        ]  # fmt: skip
        ends = np.sort(np.maximum(tails, 0), axis=0)
        said.append(Ahead(*ends, known[window, asked, 3], spend[window + 1, asked]))
    return said


def by_simulation(orders: np.ndarray, spend: np.ndarray, rng: np.random.Generator) -> list[Ahead]:
    """Return what chapter 11's simulations say of each window from what was known before it."""
    window, customer = np.nonzero(orders)
    times = orders[window, customer]
    each = pd.DataFrame({"customer_id": customer, "spend": spend[window, customer] / times, "day": window * DAYS})
    each = each.loc[each.index.repeat(times)]
    each["day"] = START + pd.to_timedelta(each["day"] + rng.integers(0, DAYS, len(each)), unit="D")
    days = each.groupby(["customer_id", "day"], as_index=False)["spend"].sum().assign(orders=1, returned=0.0)
    said = []
    for window in range(2, len(orders)):
        people = customers_at(days, START + timedelta(days=DAYS * window), DAYS)
        own = people[people.index < CUSTOMERS]
        of_orders, of_spend = fit(NBD, distinct(own)), fit_spend(own["n"], own["mean"])
        asked = people if window == len(orders) - 1 else own
        spans = outlook(
            of_orders, of_spend, asked, {"next": DAYS / WEEK}, discount=0.0, groups={}, draws=40, seed=1
        )
        ends = (side["next"].to_numpy(float) for side in (spans.low, spans.high))
        worth = expected_worth(of_orders, of_spend, asked, DAYS / WEEK)
        said.append(Ahead(*ends, worth, asked["next_worth"].to_numpy(float)))
    return said


def read(kind: Kind, rng: np.random.Generator, *, simulated: bool) -> dict[str, float | list[float] | None]:
    """Return whether ranges are withheld and, where not, how often they hold for their reader: of all, by decile.

    Coverage of a decile of which more than LEVEL spend nothing is told from what it is meant to be (`held_in`).
    """
    orders, spend = shop(kind, rng)
    *past, now = by_simulation(orders, spend, rng) if simulated else by_quantiles(orders, spend)
    dates = [START + timedelta(days=DAYS * number) for number in range(len(past) + 1)]
    windows = dict(zip(dates, past, strict=False))
    if not ranges_held(tried(windows, LEVEL, 0.0, by_season=simulated))[1]:
        return {"": None, WORST: None, WITHHELD: 1.0}
    moved = moves(most_like(windows, dates[-1], by_season=simulated), LEVEL, 0.0)
    held = held_in(moved.around(*now[:3]), now.forecast, now.actual, LEVEL, floor=0.0,
                   learned=moved.customers, in_season=True)  # fmt: skip
    deciles = held.table["held_share"] - held.table["meant"] + LEVEL
    return {"": held.share, WORST: deciles.tolist(), WITHHELD: 0.0}


KINDS = {
    "steady spend": Kind(),
    "spend that grows by 5 % a quarter": Kind(growth=0.05),
    "spend with a season that the data knows": Kind(season=YEAR, seasonal=0.1),
    "spend with a season, in data younger than a year": Kind(season=YEAR, seasonal=0.1, windows=4),
    "spend that drifts by 20 % a quarter": Kind(drift=0.2),
}
METHODS = {"": False, ", by models of orders": True}
SETTINGS = [
    Setting("intervals", f"{name}{of}{part}", "covered", partial(read, kind, simulated=simulated),
            None if part == WITHHELD else LEVEL, part=part)
    for of, simulated in METHODS.items() for name, kind in KINDS.items() for part in ("", WORST, WITHHELD)
]  # fmt: skip

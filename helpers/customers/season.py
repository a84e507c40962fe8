"""Customers who buy in one season of the year only: which, whether chance shows as many, and who missed it.

A customer is seasonal where at least three quarters of the calendar months in which they bought lie within one
window of at most three months of the year, and these in at least two years. Some customers look so by chance: few
months of a busy season are soon found in it. So each customer's number of months is drawn anew from the shop's own
months, and a season is named only where many more customers keep to it than such draws show.
"""

from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.sampling import sample_rows

MOST_MONTHS = 3
"""Calendar months of the longest window that is called a season."""
INSIDE = 0.75
"""Share of a customer's months that have to lie in the window: one month outside, of four or more."""
FEWEST = 20
"""Customers below which a season is not named."""
BY_CHANCE = 0.2
"""Share of a season's customers that the draws may account for, at most."""
DRAWS, DRAWN = 20, 20_000
"""Draws, and customers that they are made for; where there are more, a random sample of them stands for all."""
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WINDOWS = [(start, length) for length in range(1, MOST_MONTHS + 1) for start in range(12)]
"""First month of the year, from 0, and number of months; a window may run over New Year."""


class Seasons(NamedTuple):
    """Who buys in one season only, and the seasons that were found."""

    customers: pd.DataFrame
    """By `customer_id`, for all of them: `season` (such as `Nov-Dec`; None where they have none), `out_of_season`
    (they have a season, and it is not on now), `missed_seasons` (whole seasons since their last order; 0 without a
    season) and `next_season` (first day of the season that is on or comes next; NaT without one)."""
    found: pd.DataFrame
    """A row a season, most customers first: `season, customers, by_chance` (customers that draws show on average),
    `inside` (share of their months that lie in it)."""


def find_seasons(days: pd.DataFrame, now: datetime, *, seed: int = 42) -> Seasons:
    """Find customers who buy in one season of the year only.

    Args:
        days: `customer_id` and `day` (datetime64) of each purchase, in any order; the same day twice does no harm.
        now: the moment they are looked at from.
        seed: of the draws.
    """
    who, everyone = pd.factorize(days["customer_id"], sort=True)
    month = (days["day"].dt.year * 12 + days["day"].dt.month - 1).to_numpy(int)
    first = month.min() if len(month) else 0
    span = np.arange(first, month.max() + 1) if len(month) else np.arange(0)
    bought = np.zeros((len(everyone), len(span)), dtype=bool)
    bought[who, month - first] = True
    several = bought.sum(axis=1) > 1  # of one month nothing can be told
    confined, expected = _confined(bought[several], span), _by_chance(bought[several], span, seed)
    place, rows = np.full(len(everyone), -1), []
    while True:
        counts = confined.sum(axis=1)
        named = (counts >= FEWEST) & (expected <= BY_CHANCE * counts)
        if not named.any():
            break
        excess = np.where(named, (counts - expected) / np.sqrt(np.maximum(expected, 1 / DRAWS)), -np.inf)
        best = int(excess.argmax())
        members = np.flatnonzero(several)[confined[best]]
        place[members] = best
        theirs = bought[members]
        inside = theirs[:, _within(span, best)].sum() / theirs.sum()
        rows.append((_name(best), len(members), float(expected[best]), float(inside)))
        confined[:, confined[best]] = False  # a customer has one season
    found = pd.DataFrame(rows, columns=["season", "customers", "by_chance", "inside"])
    customers = pd.DataFrame(index=pd.Index(everyone, name="customer_id")).assign(
        **_state(place, bought, span, now)
    )
    return Seasons(customers, found.sort_values("customers", ascending=False, kind="stable", ignore_index=True))


def _within(span: np.ndarray, window: int) -> np.ndarray:
    start, length = WINDOWS[window]
    return (span - start) % 12 < length


def _confined(bought: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Return whether each window (down) holds a customer's purchases (across), in at least two years."""
    rows = np.zeros((len(WINDOWS), len(bought)), dtype=bool)
    months = bought.sum(axis=1)
    for window, (start, _) in enumerate(WINDOWS):
        columns = np.flatnonzero(_within(span, window))
        years = (span[columns] - start) // 12  # of the season's first month: it may run over New Year
        if len(set(years)) < 2:
            continue
        inside = bought[:, columns]
        seasons = np.logical_or.reduceat(inside, np.flatnonzero(np.diff(years, prepend=-1)), axis=1)
        rows[window] = (inside.sum(axis=1) >= INSIDE * months) & (seasons.sum(axis=1) >= 2)
    return rows


def _by_chance(bought: np.ndarray, span: np.ndarray, seed: int) -> np.ndarray:
    """Return how many customers keep to each window where everybody's months are drawn from the shop's.

    Each customer keeps their number of months; months are drawn without repetition, in proportion to the customers
    who bought in them (the largest of log weights plus Gumbel noise: Efraimidis and Spirakis, 2006).
    """
    rng = np.random.default_rng(seed)
    with np.errstate(divide="ignore"):
        weights = np.log(bought.sum(axis=0))
    drawn = bought[sample_rows(len(bought), DRAWN, seed)]
    months = drawn.sum(axis=1)
    total = np.zeros(len(WINDOWS))
    for _ in range(DRAWS if len(drawn) else 0):
        keys = weights + rng.gumbel(size=drawn.shape)
        least = np.take_along_axis(-np.sort(-keys, axis=1), months[:, None] - 1, axis=1)
        total += _confined(keys >= least, span).sum(axis=1)
    return total / DRAWS * (len(bought) / max(len(drawn), 1))


def _name(window: int) -> str:
    start, length = WINDOWS[window]
    return NAMES[start] if length == 1 else f"{NAMES[start]}-{NAMES[(start + length - 1) % 12]}"


def _state(place: np.ndarray, bought: np.ndarray, span: np.ndarray, now: datetime) -> dict[str, object]:
    """Return the columns of `Seasons.customers`, of the window of each customer (-1: none)."""
    start, length = np.array([WINDOWS[window] for window in place]).reshape(-1, 2).T
    has, this = place >= 0, now.year * 12 + now.month - 1
    last = span[bought.shape[1] - 1 - bought[:, ::-1].argmax(axis=1)] if len(bought) else np.array([], dtype=int)
    begun = (this - start) // 12  # the season that began last, by the year it began in
    on = this - (begun * 12 + start) < length
    over = begun - on  # the last season that is over
    missed = np.maximum(over - (last - start) // 12, 0)
    following = (begun + ~on) * 12 + start
    first = [
        pd.Timestamp(int(m) // 12, int(m) % 12 + 1, 1) if h else pd.NaT
        for m, h in zip(following, has, strict=True)
    ]
    return {
        "season": pd.array([_name(window) if window >= 0 else None for window in place], dtype=object),
        "out_of_season": has & ~on,
        "missed_seasons": np.where(has, missed, 0),
        "next_season": pd.to_datetime(first),
    }

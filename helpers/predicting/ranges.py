"""Ranges of single customers that hold over time and for small and large ones: conformal, by window and by size.

Ends that any model gives are moved by what they missed in earlier windows, by models that had not seen these.
Each group of customers by predicted size has its own moves (Mondrian: Vovk, Gammerman and Shafer, 2005). Windows
are the last one and, where the data has it, the same season of a year before, and count alike whatever their size
(weighted conformal prediction: Tibshirani, Barber, Candes and Ramdas, 2019).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.text import number, percent, sentence
from helpers.predicting.deciles import by_score, decile_of, wilson

GROUPS, LEAST = 5, 100
"""Groups by predicted size, and customers that each has at least in every window: few tell no tail."""
DECILE = 0.05
"""Coverage of a decile further from its level than this is said to miss it."""
YEAR, SEASON = 365, 45
"""Days of a year, and how many a date may be from another's day of the year to be of the same season."""


class Missed(NamedTuple):
    """The ends that a window's customers had, by a model that had not seen it, and what came."""

    low: np.ndarray
    high: np.ndarray
    actual: np.ndarray


class Moves(NamedTuple):
    """How far each group's ends are moved out, in the unit of `_unit`; the group of the largest first."""

    low: np.ndarray
    high: np.ndarray
    usual: float
    """The mean amount of the windows that were calibrated on."""

    def around(self, low: np.ndarray, high: np.ndarray, floor: float = -np.inf) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of other customers, moved; never below the floor, and never crossed."""
        group = size_group(high, len(self.low))
        low = low - self.low[group] * _unit(low, self.usual)
        high = high + self.high[group] * _unit(high, self.usual)
        middle = (low + high) / 2
        return np.maximum(np.minimum(low, middle), floor), np.maximum(np.maximum(high, middle), floor)


def moves(windows: Sequence[Missed], level: float, *, cautious: bool = False) -> Moves:
    """Return the moves that let ends hold a share of the outcomes, in each group of the windows together.

    Args:
        windows: at least one; each counts alike.
        level: the share.
        cautious: where the season is not among the windows. Then ends are moved out only, because a window may
            hold more for its season, and each is to be missed by half of what the level leaves. Else the high end
            takes what a low end of zero leaves, and the level itself is met.
    """
    many = int(np.clip(min(len(one.actual) for one in windows) // LEAST, 1, GROUPS))
    low, high, actual = (np.concatenate([one[part] for one in windows]) for part in range(3))
    group = np.concatenate([size_group(one.high, many) for one in windows])
    weight = np.concatenate([np.full(len(one.actual), 1 / len(one.actual)) for one in windows])
    usual = float(weight @ np.abs(actual)) / len(windows) or 1.0
    below, above = (low - actual) / _unit(low, usual), (actual - high) / _unit(high, usual)
    tail, found = (1 - level) / 2, []
    for of in range(many):
        here = group == of
        down = quantile(below[here], weight[here], 1 - tail)
        outside = float(np.average(below[here] > down, weights=weight[here]))
        up = quantile(above[here], weight[here], 1 - (tail if cautious else 2 * tail - outside))
        found.append((down, up))
    return Moves(*np.maximum(found, 0.0 if cautious else -np.inf).T, usual)


def quantile(scores: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Return the score that holds a share of the weight, that of one more customer counted as above all.

    With equal weights it is the ceil((n + 1) share)-th smallest of n, or the largest.
    """
    order = np.argsort(scores, kind="stable")
    held = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    return float(scores[order][min(np.searchsorted(held, share - 1e-9), len(scores) - 1)])


def size_group(sizes: np.ndarray, many: int) -> np.ndarray:
    """Return the group of each customer by size, from 0 for the largest; groups differ by at most one customer."""
    group = np.empty(len(sizes), dtype=int)
    group[by_score(sizes)] = np.arange(len(sizes)) * many // max(len(sizes), 1)
    return group


def same_season(dates: Sequence[datetime], start: datetime) -> list[int]:
    """Return the numbers of the dates that lie a year before a start, within SEASON days."""
    return [n for n, date in enumerate(dates) if abs((start - date).days - YEAR) <= SEASON]


def coverage_by_decile(predicted: np.ndarray, covered: np.ndarray) -> pd.DataFrame:
    """Return, by decile of what was predicted, how many outcomes were within their range, with 95 % intervals."""
    rows = pd.DataFrame({"decile": decile_of(predicted), "predicted": predicted, "held": covered.astype(float)})
    by = rows.groupby("decile")
    found = by.agg(customers=("held", "size"), predicted=("predicted", "mean"), held_share=("held", "mean"))
    low, high = wilson(found["held_share"].to_numpy(), found["customers"].to_numpy())
    return found.assign(held_low=low, held_high=high).reset_index()


def furthest(table: pd.DataFrame, level: float) -> pd.Series:
    """Return the row of `coverage_by_decile` whose coverage is furthest from a level."""
    return table.loc[(table["held_share"] - level).abs().idxmax()]


def held_by_decile(held: pd.DataFrame, level: float, *, through_time: bool, season: bool) -> Markup:
    """Say in which decile of the forecast ranges held furthest from their level, and what may be why.

    `season` is whether the same season of a year before was calibrated on.
    """
    worst = furthest(held, level)
    off = worst["held_share"] - level
    template = (
        "By decile of the forecast the ranges held {least} to {most}; in none of them further than {within} "
    )
    template += "pts from the {level} meant."
    if abs(off) > DECILE:
        template = (
            "By decile of the forecast the ranges held {least} to {most}; furthest from the {level} meant in "
        )
        template += "decile {decile}, forecast {forecast} on average."
        if through_time:
            template += " Customers behaved otherwise than in the windows that the ranges were calibrated on"
            template += (
                ", the same season of the year before among them."
                if season
                else "; the same season of the year before is not in the data."
            )
    shares = {"least": percent(held["held_share"].min()), "most": percent(held["held_share"].max())}
    shares |= {"level": percent(level, 0), "within": round(100 * DECILE), "decile": int(worst["decile"])}
    return sentence(template, forecast=number(float(f"{worst['predicted']:.3g}")), **shares)


def _unit(ends: np.ndarray, usual: float) -> np.ndarray:
    """Return the unit that an end is moved in: larger for larger amounts, and never zero."""
    return np.abs(ends) + usual

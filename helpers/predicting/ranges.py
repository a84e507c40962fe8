"""Ranges of single customers that hold over time and for small and large ones, and whether they may be shown.

Ends that any model gives are moved by what they missed in an earlier window, by models that had not seen it.
It is the window most like the one to come (nonexchangeable: Barber, Candes, Ramdas and Tibshirani, 2023), and
each decile of the forecast has its own moves (Mondrian: Vovk, Gammerman and Shafer, 2005). No window tells of
a change ahead: so ranges are shown only where they held in earlier windows, each made by the windows before
it alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from scipy.stats import betabinom

from helpers.base.text import day, percent, sentence
from helpers.predicting.deciles import DECILES, decile_of, may_be_shown, wilson

LEAST = 50
"""Customers that each group by forecast has at least in every window: few tell no tail."""
IN_ALL, OF_DECILE = 0.02, 0.05
"""How far coverage of all customers, and of a decile, may be from what is meant, chance left aside."""
CHANCE = 0.01
"""How often ranges that hold may be said not to: by all customers of a window, and by its deciles."""
YEAR, SEASON = 365, 45
"""Days of a year, and how many a date may be from another's day of the year to be of the same season."""


class Band(NamedTuple):
    """A range for each customer."""

    low: np.ndarray
    high: np.ndarray

    def covers(self, y: np.ndarray) -> np.ndarray:
        """Return whether each outcome is within its range."""
        return (y >= self.low) & (y <= self.high)

    def around(self, forecast: np.ndarray) -> "Band":
        """Return the ranges, widened where they do not hold their own forecast: it comes from another model."""
        return Band(np.minimum(self.low, forecast), np.maximum(self.high, forecast))

    @property
    def width(self) -> float:
        """The median width, in the unit of the target."""
        return float(np.median(self.high - self.low))


class Ahead(NamedTuple):
    """What a model that had not seen a window said of its customers, and what came."""

    low: np.ndarray
    high: np.ndarray
    forecast: np.ndarray
    actual: np.ndarray


class Moves(NamedTuple):
    """How far each group's ends are moved out, in the unit of `_unit`; the highest forecasts first."""

    low: np.ndarray
    high: np.ndarray
    usual: float
    """The mean amount of the window that was calibrated on."""
    floor: float
    customers: int
    """That were calibrated on."""

    def around(self, low: np.ndarray, high: np.ndarray, forecast: np.ndarray) -> Band:
        """Return the ranges of other customers: ends moved, never below the floor, and never crossed."""
        group = decile_of(forecast, len(self.low)) - 1
        low = low - self.low[group] * _unit(low, self.usual)
        high = high + self.high[group] * _unit(high, self.usual)
        middle = (low + high) / 2
        band = Band(np.minimum(low, middle), np.maximum(high, middle)).around(forecast)
        return Band(*(np.maximum(end, self.floor) for end in band))


class Held(NamedTuple):
    """How often the ranges of a window held."""

    table: pd.DataFrame
    """By `decile` of the forecast: `customers`, `predicted`, `meant`, `held_share` (95 % interval), `holds`."""
    share: float
    """Of all customers."""
    meant: float
    """What that should be."""
    in_all: bool
    """Whether it is, within IN_ALL or chance."""
    in_season: bool
    """Whether the same season of a year before is among the windows, where there is time."""

    @property
    def holds(self) -> bool:
        """Whether ranges held for all customers together and in every decile."""
        return self.in_all and bool(self.table["holds"].all())

    @property
    def furthest(self) -> pd.Series:
        """The decile furthest from what it is meant to hold."""
        off = (self.table["held_share"] - self.table["meant"]).abs()
        return self.table.loc[(off + ~self.table["holds"]).idxmax()]


def most_like(windows: Mapping[datetime, Ahead], start: datetime, *, by_season: bool) -> Ahead | None:
    """Return the window before a start that is most like the one to come, by what models missed in it.

    Args:
        windows: that do not overlap, in order, by their date.
        start: of the window to come.
        by_season: for models that know no season: then it is the same season of a year before, where the data has
            it. Models that know the season miss as much as in the last window.
    """
    before = [date for date in windows if date < start]
    seasons = [date for date in before if by_season and of_season(date, start)]
    like = seasons[len(seasons) // 2 :][:1] or before[-1:]
    return windows[like[0]] if like else None


def of_season(date: datetime, start: datetime) -> bool:
    """Return whether a date lies a year before a start, within SEASON days."""
    return abs((start - date).days - YEAR) <= SEASON


def moves(window: Ahead | None, level: float, floor: float) -> Moves:
    """Return the moves that let ranges hold a share of the outcomes, in each group of a window by its forecast.

    The high end takes what the low end leaves: where nothing can lie below a low end of zero, all of it.

    Args:
        window: that is calibrated on; without one, ends stay where they are.
        level: the share.
        floor: what no end is below.
    """
    if window is None:
        return Moves(np.zeros(1), np.zeros(1), 1.0, floor, 0)
    low, high, forecast, actual = window
    many = int(np.clip(len(actual) // LEAST, 1, DECILES))
    group, usual = decile_of(forecast, many), float(np.abs(actual).mean()) or 1.0
    below, above = (low - actual) / _unit(low, usual), (actual - high) / _unit(high, usual)
    found = []
    for of in range(1, many + 1):
        here = group == of
        down = quantile(below[here], (1 + level) / 2)
        outside = np.mean((below[here] > down) | (actual[here] < floor))
        found.append((down, quantile(above[here], level + outside)))
    return Moves(*np.array(found).T, usual, floor, len(actual))


def quantile(scores: np.ndarray, share: float) -> float:
    """Return the ceil((n + 1) share)-th smallest of n scores, or the largest: it holds a share of new ones."""
    rank = int(np.ceil((len(scores) + 1) * share - 1e-9))
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def held_in(
    band: Band, forecast: np.ndarray, actual: np.ndarray, level: float, *, floor: float, learned: int,
    in_season: bool,
) -> Held:  # fmt: skip
    """Return how often ranges held, and whether that is what they are meant to hold or differs by chance alone.

    Where more than this share of a decile spend nothing, no range can hold less, and their share is meant.

    Args:
        band: the ranges.
        forecast: by which customers are divided into deciles.
        actual: what came.
        level: share that ranges are meant to hold.
        floor: the least that can come.
        learned: customers that the ranges were calibrated on.
        in_season: of `Held`.
    """
    rows = pd.DataFrame({"decile": decile_of(forecast), "predicted": forecast, "held": band.covers(actual)})
    by = rows.assign(held=rows["held"].astype(float), least=actual == floor).groupby("decile")
    table = by.agg(customers=("held", "size"), predicted=("predicted", "mean"), meant=("least", "mean"),
                   held_share=("held", "mean")).reset_index()  # fmt: skip
    table["meant"] = table["meant"].clip(lower=level)
    table["held_low"], table["held_high"] = wilson(table["held_share"].to_numpy(), table["customers"].to_numpy())
    table["holds"] = _within(table, learned / DECILES, OF_DECILE, CHANCE / DECILES)
    of_all = pd.DataFrame({
        "customers": len(rows), "held_share": rows["held"].mean(),
        "meant": np.average(table["meant"], weights=table["customers"]),
    }, index=[0])  # fmt: skip
    in_all = bool(_within(of_all, learned, IN_ALL, CHANCE).all())
    return Held(table, *of_all.loc[0, ["held_share", "meant"]].astype(float), in_all, in_season)


def _within(table: pd.DataFrame, learned: float, most: float, chance: float) -> np.ndarray:
    """Return whether shares that held are as near to what is meant as `most`, or as chance allows.

    Ranges that were calibrated on so many customers hold a share of others that is beta-binomial (Vovk, 2012,
    "Conditional validity of inductive conformal predictors").
    """
    meant = table["meant"].clip(upper=1 - 1 / (learned + 2))
    by_chance = betabinom(table["customers"], meant * (learned + 1), (1 - meant) * (learned + 1))
    least, highest = (by_chance.ppf(end) / table["customers"] for end in (chance / 2, 1 - chance / 2))
    low, high = np.minimum(least, table["meant"] - most), np.maximum(highest, table["meant"] + most)
    return ((table["held_share"] >= low - 1e-9) & (table["held_share"] <= high + 1e-9)).to_numpy()


def tried(
    windows: Mapping[datetime, Ahead], level: float, floor: float, *, by_season: bool
) -> dict[datetime, Held]:
    """Return how ranges held in each window whose season was known, and in the last, made as they are used."""
    found = {}
    for start, window in windows.items():
        in_season = any(of_season(date, start) for date in windows)
        if in_season or start == list(windows)[-1]:
            moved = moves(most_like(windows, start, by_season=by_season), level, floor)
            found[start] = held_in(
                moved.around(*window[:3]), window.forecast, window.actual, level,
                floor=floor, learned=moved.customers, in_season=in_season,
            )  # fmt: skip
    return found


def ranges_held(windows: Mapping[datetime | None, Held]) -> tuple[bool, bool]:
    """Return whether the windows before the last, the test, allow to show ranges, and whether the test does, too.

    Without time there is the test alone, its date None.
    """
    *before, at_test = windows.values()
    allowed = None in windows or may_be_shown(before)
    return allowed, allowed and may_be_shown([at_test])


def shown_words(windows: Mapping[datetime | None, Held], level: float, *, shown: bool) -> Markup:
    """Whether ranges are shown, by how they held in the windows, the last of them the test, and why not."""
    judged = {date: one for date, one in windows.items() if one.in_season}
    test, at_test = list(windows.items())[-1]
    values = {"level": percent(level, 0), "share": percent(at_test.share), "most": round(100 * OF_DECILE)}
    if shown:
        where = f"in each of {len(judged)} windows" if test else "in the test"
        template = (
            "Ranges of {level} are shown: {where} they held that share of the outcomes (within {all} pts, in "
        )
        template += "every decile of the forecast within {most}, or as near as chance allows)."
        return sentence(template, where=where, all=round(100 * IN_ALL), **values)
    poor = [(date, one) for date, one in judged.items() if date != test and not one.holds]
    date, one = poor[-1] if poor else (test, at_test)
    worst = one.furthest
    why = "{where} they held {all} of the outcomes instead of {meant}"
    values |= {"where": f"in the window from {day(date)}" if date else "in the test"}
    values |= {"all": percent(one.share), "meant": percent(one.meant)}
    if not at_test.in_season:
        why = "the data does not have the same days of a year before, so they cannot know the season"
    elif test and len(judged) == 1:
        why = "no window before the test could show whether they hold"
    elif not worst["holds"]:
        why = "{where} they held {all} instead of {meant} in decile {decile} of the forecast"
        values |= {"all": percent(worst["held_share"]), "meant": percent(worst["meant"])}
    template = f"No range of a single customer is shown: {why}. "
    template += "At the test ranges of {level} held {share} ({furthest} in decile {at})."
    values |= {"decile": int(worst["decile"]), "at": int(at_test.furthest["decile"])}
    return sentence(template, furthest=percent(at_test.furthest["held_share"]), **values)


def _unit(ends: np.ndarray, usual: float) -> np.ndarray:
    """Return the unit that an end is moved in: larger for larger amounts, and never zero."""
    return np.abs(ends) + usual

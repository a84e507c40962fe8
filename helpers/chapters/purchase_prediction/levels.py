"""How many will buy: the level of the probabilities, set on earlier windows, and whether it may be shown.

A window is a cut-off and the days after it. Its forecast is that of a model of the dates before it. What sets the
level, and whether it may be shown, is told by windows before it alone: the rule is tried as it is used.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from scipy.optimize import brentq
from scipy.special import expit, logit

from helpers.base.text import day, sentence
from helpers.predicting.deciles import by_decile, wilson

AS_LEARNED, LAST_WINDOW, IN_SEASON = "As learned", "By the window before", "By the window before and the season"
"""Ways to set the level: not at all, as the last window asks for, and moved as buying moved a year before."""
WITHIN = 0.05
"""Difference between forecast and actual share of a decile beyond which no level is shown."""
YEAR = pd.Timedelta(days=365)


class Window(NamedTuple):
    """What the level of a window was worth."""

    reliability: pd.DataFrame
    """Of `reliability`."""
    brier: float
    constant: float
    """Brier score of forecasting one share for everybody: that of the season, else that of the window before."""
    in_season: bool
    """Whether the same days of the year before are in the data."""

    @property
    def off(self) -> float:
        """The largest difference of a decile, forecast less actual: above zero, too many were forecast."""
        gaps = self.reliability["probability"] - self.reliability["bought"]
        return float(gaps.loc[gaps.abs().idxmax()])

    @property
    def holds(self) -> bool:
        """Whether it beat a constant, and no decile was further off than WITHIN."""
        return self.brier < self.constant and abs(self.off) <= WITHIN


def level_at(odds: np.ndarray, share: float) -> float:
    """Return what to add to log odds so that their probabilities have a mean of `share`, between 0 and 1."""
    return float(brentq(lambda more: expit(odds + more).mean() - share, -50, 50))


def ways_to_set(
    odds: np.ndarray, platt: tuple[float, float] | None, share: float | None
) -> dict[str, tuple[float, float]]:
    """Return the ways to set a window's level, as intercept and slope of its log odds.

    Args:
        odds: of the window's forecast.
        platt: intercept and slope by the window before (Platt, 1999); None where it tells none. A slope that is
            not above zero would turn the order round, and counts as none.
        share: that is expected to buy by the season; None where the data does not know it.
    """
    ways = {AS_LEARNED: (0.0, 1.0)}
    if platt is not None and platt[1] > 0:
        ways[LAST_WINDOW] = platt
        if share is not None:
            ways[IN_SEASON] = (level_at(platt[1] * odds, share), platt[1])
    return ways


def share_bought(purchases: pd.DataFrame, start: pd.Timestamp, days: int) -> float | None:
    """Return the share of the customers known at a moment who bought in the days from it on.

    `purchases` are of `purchase_days`, up to the end of these days at least. None where the data does not have as
    many days before them, as for `cut_offs`.
    """
    length, day = pd.Timedelta(days=days), purchases["day"]
    if start - length < day.min():
        return None
    known = purchases.loc[day < start, "customer_id"].unique()
    within = purchases.loc[(day >= start) & (day < start + length), "customer_id"].unique()
    return float(pd.Index(known).isin(within).mean()) if len(known) else None


def share_in_season(purchases: pd.DataFrame, start: pd.Timestamp, days: int) -> float | None:
    """Return the share expected to buy from a moment on: that of the window before, moved as a year before.

    The move is one of log odds, from the same days a year before as the last window to those of this one. None
    where the data does not reach back so far, or everybody or nobody bought in one of these.
    """
    length = pd.Timedelta(days=days)
    if length > YEAR:
        return None
    starts = (start - length, start - YEAR, start - YEAR - length)
    last, then, before = (share_bought(purchases, at, days) for at in starts)
    if any(share is None or not 0 < share < 1 for share in (last, then, before)):
        return None
    return float(expit(logit(last) + logit(then) - logit(before)))


def reliability(probabilities: np.ndarray, bought: np.ndarray) -> pd.DataFrame:
    """Return, by decile, customers, mean forecast and share that bought, with its 95 % interval (Wilson, 1927)."""
    table = by_decile(probabilities, bought).rename(columns={"predicted": "probability", "actual": "bought"})
    low, high = wilson(table["bought"].to_numpy(), table["customers"].to_numpy())
    return table[["decile", "customers", "probability", "bought"]].assign(bought_low=low, bought_high=high)


def level_of(probabilities: np.ndarray, bought: np.ndarray, share: float | None, last_share: float) -> Window:
    """Return what a window's level was worth; the shares are the season's and that of the window before."""
    constant = last_share if share is None else share
    bought = bought.astype(float)
    scores = (float(np.mean((told - bought) ** 2)) for told in (probabilities, constant))
    return Window(reliability(probabilities, bought), *scores, share is not None)


def may_be_shown(windows: Sequence[Window]) -> bool:
    """Return whether levels may be shown after these windows: the season was known, and every one held."""
    return bool(windows) and all(one.in_season and one.holds for one in windows)


def chosen_words(briers: pd.DataFrame, way: str, at_test: Window) -> Markup:
    """Which way to set the level is used, by the last window before the test, and how it did at the test."""
    template = "No window before the test tells how to set the level, so it stays as learned. "
    if len(briers) > 1:
        template = (
            "The level is set {way}: of the ways tried, its Brier score was lowest in the last window before the "
            "test ({chosen:.3f}; as learned {learned:.3f}; lower is better). "
        )
    template += "At the test it scores {brier:.3f}, as learned {raw:.3f}; one share for every customer scores "
    template += "{constant:.3f}."
    before, test = briers.iloc[-2 if len(briers) > 1 else -1], briers.iloc[-1]
    scores = {"brier": at_test.brier, "raw": test[AS_LEARNED], "constant": at_test.constant}
    scores |= {"chosen": before[way], "learned": before[AS_LEARNED]}
    return sentence(template, way=way[:1].lower() + way[1:], **scores)


def shown_words(
    windows: Mapping[datetime, Window], at_test: Window, test: datetime, *, allowed: bool, shown: bool
) -> Markup:
    """Whether probabilities are shown, by which rule, and how far off a decile was at the test.

    Args:
        windows: those that the level could be judged in, by their cut-off.
        at_test: the last of them.
        test: its cut-off.
        allowed: whether the windows before the test allowed to show levels.
        shown: whether they are, the test included.
    """
    off, most = at_test.off, _points(WITHIN)
    if shown:
        template = (
            "Probabilities are shown: in each of {n} windows every decile was within {most} pts of what happened "
            "(at most {off} pts off at the test), and one share for all did worse."
        )
        return sentence(template, n=len(windows), most=most, off=_points(off))
    poor = [(date, one) for date, one in windows.items() if date != test and not one.holds]
    date, one = poor[-1] if poor else (test, at_test)
    why = "in the window from {date} the furthest decile was {gap} pts off, more than {most}"
    if not at_test.in_season:
        why = "the data does not have the same days of a year before, so the level of the season is not known"
    elif not poor and not allowed:
        why = "no window before the test could show whether they hold"
    elif abs(one.off) <= WITHIN:
        why = "in the window from {date} one share for every customer did better"
    template = f"No probability is shown, only places and deciles: {why}. "
    template += "At the test the furthest decile was {off} pts too {side}."
    side = "high" if off > 0 else "low"
    return sentence(template, date=day(date), gap=_points(one.off), most=most, off=_points(off), side=side)


def _points(share: float) -> str:
    return f"{100 * abs(share):.0f}"

"""How groups lie across the RFM segments, in words."""

import pandas as pd
from markupsafe import Markup

from helpers.base.text import listed, percent, sentence


def _short(name: str) -> str:
    return name.partition(":")[0]


OVERLAP = {0.3: "hardly overlap", 0.6: "overlap in part", 1.1: "largely agree"}
"""What groups and segments do, by the adjusted Rand index below which it is said."""
PURE = 0.8
"""Share of a group in one segment from which it is nearly that segment."""


def crosswalk_title(counts: pd.DataFrame) -> str:
    """Return what a crosswalk of shares of the segments shows: the segment most within one group, and least."""
    within = counts.div(counts.sum(axis=1), axis=0)
    most, least = within.max(axis=1).idxmax(), within.max(axis=1).idxmin()
    (first, top), (last, part) = ((_short(within.loc[s].idxmax()), within.loc[s].max()) for s in (most, least))
    title = f"{'All' if top == 1 else percent(top, 0) + ' of'} {most} are in {first}"
    return title if most == least else f"{title}; {least} spread most, {percent(part, 0)} at best in {last}"


def revenue_title(revenue: pd.DataFrame) -> str:
    """Return which segment in which group accounts for most of the revenue; `revenue` is segments x groups."""
    segment, group = revenue.stack().idxmax()
    share = percent(revenue.loc[segment, group] / revenue.to_numpy().sum(), 0)
    return f"{segment} in {_short(group)} account for {share} of the revenue"


def agreement(counts: pd.DataFrame, ari: float) -> Markup:
    """Say how far groups and RFM segments overlap, and which groups are nearly one segment.

    Args:
        counts: customers, segments x groups (`Group A: recent, many orders`).
        ari: the adjusted Rand index of the two.
    """
    within = counts / counts.sum()
    pure = [name for name in within if within[name].max() >= PURE]
    told = [f"{_short(name)} ({percent(within[name].max(), 0)} {within[name].idxmax()})" for name in pure]
    return sentence(
        "Groups and RFM segments {how} (adjusted Rand index {ari:.2f}: 1 is the same division, 0 chance). {which}",
        how=next(words for below, words in OVERLAP.items() if ari < below),
        ari=ari,
        which=f"Nearly one segment: {listed(told)}." if told else "No group is nearly one segment.",
    )

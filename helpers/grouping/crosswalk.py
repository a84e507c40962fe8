"""How groups lie across the RFM segments, in words."""

import pandas as pd
from markupsafe import Markup

from helpers.base.text import listed, percent, sentence


def _short(name: str) -> str:
    return name.partition(":")[0]


def crosswalk_title(counts: pd.DataFrame) -> str:
    """Return what a crosswalk shows: the group that lies most within one segment, and the one that does least."""
    within = counts / counts.sum()
    most, least = within.max().idxmax(), within.max().idxmin()
    first, last = (f"{percent(within[name].max(), 0)} {within[name].idxmax()}" for name in (most, least))
    return f"{_short(most)} is {first}, {_short(least)} at best {last}"


def revenue_title(revenue: pd.DataFrame) -> str:
    """Return which segment in which group accounts for most of the revenue; `revenue` is segments x groups."""
    segment, group = revenue.stack().idxmax()
    share = percent(revenue.loc[segment, group] / revenue.to_numpy().sum(), 0)
    return f"{segment} in {_short(group)} account for {share} of the revenue"


def agreement(counts: pd.DataFrame, ari: float) -> Markup:
    """Say how far groups and RFM segments agree, and how much of each group is in its largest segment.

    Args:
        counts: customers, segments x groups (`Group A: recent, many orders`).
        ari: the adjusted Rand index of the two.
    """
    within = counts / counts.sum()
    told = [f"{_short(name)} {percent(within[name].max(), 0)} {within[name].idxmax()}" for name in within]
    return sentence(
        "Groups and RFM segments agree at {ari:.2f} (adjusted Rand index: 1 is the same division, 0 chance). The "
        "largest segment in each group: {told}.",
        ari=ari,
        told=listed(told),
    )

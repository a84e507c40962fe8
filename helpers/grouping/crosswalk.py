"""How groups lie across the RFM segments, in a sentence."""

import pandas as pd
from markupsafe import Markup

from helpers.base.text import listed, percent, sentence


def agreement(counts: pd.DataFrame, ari: float) -> Markup:
    """Say how far groups and RFM segments agree, and how much of each group is in its main segment.

    Args:
        counts: customers, segments x groups.
        ari: the adjusted Rand index of the two.
    """
    within = counts / counts.sum()
    told = [
        f"{name.partition(':')[0]}: {percent(within[name].max(), 0)} {within[name].idxmax()}" for name in within
    ]
    return sentence(
        "Groups and RFM segments agree at {ari:.2f} (adjusted Rand index: 1 is the same division, 0 chance). "
        "Largest segment of each group: {told}.",
        ari=ari,
        told=listed(told),
    )

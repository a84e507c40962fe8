"""The judge of structure: which number of groups to use, and whether there are groups at all.

One judge and one set of thresholds for every chapter, from a table with a row a number of groups: `k`,
`silhouette`, `stability`, and what random data of the same shape reaches in the same analysis, `silhouette_null`
and `stability_null`. A chapter that has no null of its stability puts COMES_BACK there. Whether groups are real is
a column `real`, from the valleys between the groups (`valley` and `one_hump`, of `helpers.grouping.valleys`).
Groups of customers in a space of their own features have to be `apart`. A space that a forest's cuts made has
valleys by itself: there groups have to beat the nulls (`beats_nulls`), and some division has to leave gaps among
the features (column `gap`, by `gaps`), since counts and long tails beat the nulls, too.
"""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval, chosen_on
from helpers.base.text import percent, sentence
from helpers.grouping.stability import STABLE

NEARLY = 0.01
"""Silhouettes this far below the best one count as equal to it, and the smaller k wins."""
NOISE = 0.02
"""Stability this far below the null's counts as equal to it: both are means over a few draws, and near one there
is no room above."""
COMES_BACK = 0.9
"""Stability from which a division is called one that comes back."""


def propose(by_k: pd.DataFrame) -> int:
    """Return the k to recommend: real groups, or else stability above the null; silhouette, parsimony."""
    if by_k["real"].any():
        candidates = by_k[by_k["real"]]
    else:
        stable = by_k[by_k["stability"] >= by_k["stability_null"] - NOISE]
        candidates = stable if len(stable) else by_k
    nearly_best = candidates["silhouette"] >= candidates["silhouette"].max() - NEARLY
    return int(candidates.loc[nearly_best, "k"].min()) if nearly_best.any() else int(by_k["k"].min())


def beats_nulls(by_k: pd.DataFrame, silhouette_margin: float, stability_margin: float) -> pd.Series:
    """Return for each k whether silhouette and stability are above the nulls by the margins."""
    above = by_k["silhouette"] >= by_k["silhouette_null"] + silhouette_margin
    return above & (by_k["stability"] >= by_k["stability_null"] + stability_margin)


def gaps(by_k: pd.DataFrame, level: float) -> pd.Series:
    """Return for each k whether there is a valley around each group that chance would not leave.

    Args:
        by_k: the table.
        level: below which the p-value of one hump has to be.
    """
    return (by_k["valley"] > 0) & (by_k["one_hump"] < level)


def apart(by_k: pd.DataFrame, level: float) -> pd.Series:
    """Return for each k whether there are gaps around all groups (`gaps`), and they come back in most resamples.

    They need not come back as often as random data's: a small group far off is lost in some resamples.
    """
    return gaps(by_k, level) & (by_k["stability"] >= STABLE)


def has_structure(by_k: pd.DataFrame, k: int) -> bool:
    """Return whether k groups are real (column `real`), short of the largest k that was tried."""
    return bool(by_k.set_index("k").loc[k, "real"]) and k < by_k["k"].max()


def evidence(by_k: pd.DataFrame, k: int) -> str:
    """Return the measures behind the verdict as a sentence, beside what random data reaches."""
    at = by_k.set_index("k").loc[k]
    valley = "Between some of the parts customers lie as densely as within them."
    if at["valley"] > 0:
        p = f"{at['one_hump']:.2f} at most" if at["one_hump"] >= 0.01 else "less than 0.01"
        valley = (
            f"Between any two groups customers are at most {percent(np.exp(-at['valley']))} as dense as in the "
            f"thinner one. That neighbours are one hump has a p-value of {p} (dip test)."
        )
    return sentence(
        "Cut into {n}, the customers have a silhouette of {silhouette:.3f}, where random data of the same shape "
        "reaches {silhouette_null:.3f}; their stability (adjusted Rand index) is {stability:.2f}, that of random "
        "data {stability_null:.2f}. {valley}",
        n=k,
        valley=valley,
        **at[["silhouette", "silhouette_null", "stability", "stability_null"]],
    )


def verdict(by_k: pd.DataFrame, k: int) -> str:
    """Return in plain words whether there are groups, and what a larger k would mean; `evidence` has the measures.

    Args:
        by_k: the table, with a column `real`.
        k: the number of groups that is used.
    """
    at = by_k.set_index("k").loc[k]
    if has_structure(by_k, k):
        others = by_k["real"] & (by_k["k"] != k)
        best = f"; {k} is the smallest that separates them as well as any" if k == propose(by_k) else ""
        return sentence(
            "The {n} groups of customers {distinct}, and come back in other samples of customers "
            "(agreement {stability:.2f} of 1). {beyond}.",
            n=k,
            distinct="lie apart, with few customers between them"
            if at.get("gap", True)
            else "are more distinct than chance would make them (though some meet without a gap)",
            stability=at["stability"],
            beyond=f"Other numbers of groups pass both tests, too{best}"
            if others.any()
            else "No other number of groups passes both tests",
        )
    if at["real"]:
        return sentence(
            "No number of groups stands out: the best, {k}, is the largest that was tried. Try more (k_max) "
            "before calling this a structure.",
            k=k,
        )
    if at["stability"] >= COMES_BACK and at["silhouette"] > at["silhouette_null"]:
        return sentence(
            "No natural groups, one division into {n}: it comes back in other samples of customers, yet {but}. "
            "Beyond {k} parts it is a continuum, and a larger k is a business choice.",
            n=k,
            but=_why_not(at, by_k),
            k=in_words(k),
        )
    return sentence(
        "No natural groups: cut into {n}, {but}. Any number of parts would only cut an even spread of customers.",
        n=k,
        but=_why_not(at, by_k),
    )


def _why_not(at: pd.Series, by_k: pd.DataFrame) -> str:
    """Say why parts are no groups."""
    if "gap" in at and by_k["gap"].any():
        return "random data divides nearly as well"
    if at["valley"] <= 0:
        return "customers pass from one part to the next without a gap"
    if at["stability"] < STABLE:
        return "other samples of customers are cut differently"
    return "the gaps between the parts are such as chance leaves"


def on_a_sample(asked: int, customers: int, k: int, silhouette: Interval, stability: float) -> Markup | None:
    """Say what was chosen on a sample of the customers, and how far off it may be.

    `silhouette` has the bounds of the mean silhouette of k groups, `stability` is that of such a sample's groups.
    """
    return chosen_on(
        asked,
        customers,
        "the silhouette of {k} groups of all of them is {low:.3f} to {high:.3f} (95 % interval), and groups made "
        "on another sample of as many agree with these to {stability:.2f} (adjusted Rand index: 1 is the same)",
        k=k,
        low=silhouette.low,
        high=silhouette.high,
        stability=stability,
    )


def sample_findings(asked: int, silhouette: Interval) -> dict[str, Any]:
    """Return what is recorded of a sample that choices were made on."""
    return {"customers": asked, "silhouette_low": silhouette.low, "silhouette_high": silhouette.high}


def in_words(number: int) -> str:
    """Return a small number as a word."""
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)

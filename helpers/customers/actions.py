"""What to do with a customer: one table for the whole series.

Chapter 03 writes what is here into the column `action` of the table of customers; every other chapter reads it
there. A later chapter may refine an action (when, with which offer, in which order), and never opposes it:
customers whom chapter 06 flags are reviewed before anything else is done.
"""

from collections.abc import Mapping

import pandas as pd

from helpers.customers.segments import VALUE, Segments

ACTIONS = {
    ("recent", "high"): "Keep: thank them and show them what is new first, without a discount",
    ("recent", "middle"): "Develop: suggest what goes with their last order",
    ("recent", "low"): "Welcome: see that the first orders went well, and give a reason for the next",
    ("slipping", "high"): "Keep: send a personal message now",
    ("slipping", "middle"): "Remind: suggest something chosen from what they bought",
    ("slipping", "low"): "Remind: make one limited offer",
    ("away", "high"): "Win back: contact them in person and ask what would make them order again",
    ("away", "middle"): "Win back: make one offer, measured against a group that gets none",
    ("away", "low"): "Newsletter only: general mailings, no offer of their own",
}
"""By how recently and how much a segment's customers buy; the word before the colon is the kind of action."""
REVIEW = "Review first: see why the customer is flagged before any contact"
BEFORE_SEASON = "Write before the season: they order in {season} only"


def action_of_segment(ranges: Mapping[str, list[int]], quantiles: int) -> str:
    """Return what to do with a segment, from where the middle of its scores lies; a study's own get theirs too."""
    return ACTIONS[place(ranges, quantiles)]


def place(ranges: Mapping[str, list[int]], quantiles: int) -> tuple[str, str]:
    """Return how recently (recent, slipping, away) and how much (high, middle, low) a segment's customers buy."""
    words = {"r": ("away", "slipping", "recent"), VALUE: ("low", "middle", "high")}
    value = ranges.get(VALUE) or ranges.get("f") or ranges.get("m") or [1, quantiles]
    found = []
    for (low, high), names in zip((ranges.get("r", [1, quantiles]), value), words.values(), strict=True):
        share = ((low + high) / 2 - 0.5) / quantiles
        found.append(names[min(int(share * 3), 2)])
    return found[0], found[1]


def actions(customers: pd.DataFrame, segments: Segments, quantiles: int) -> pd.Series:
    """Return each customer's action: that of the segment, before their season that, and of flagged ones a review.

    Args:
        customers: `rfm_segment` and, where they are known, `buying_season` (the months they buy in, or missing)
            and `flag` (why chapter 06 flags them, or missing).
        segments: the table of segments.
        quantiles: number of groups that customers are ranked into.
    """
    by_segment = {name: action_of_segment(ranges, quantiles) for name, ranges in segments.items()}
    found = customers["rfm_segment"].map(by_segment)
    if "buying_season" in customers:
        season = customers["buying_season"]
        found = found.where(season.isna(), season.map(lambda months: BEFORE_SEASON.format(season=months)))
    if "flag" in customers:
        found = found.where(customers["flag"].isna(), REVIEW)
    return found


def kind_of(action: str) -> str:
    """Return the kind of an action: the words before its colon."""
    return action.partition(":")[0]

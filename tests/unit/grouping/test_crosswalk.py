"""How groups lie across the segments, in words."""

import pandas as pd

from helpers.grouping.crosswalk import agreement, crosswalk_title, revenue_title

COUNTS = pd.DataFrame({"Group A: new": [30, 10], "Group B: old": [1, 99]}, index=["Loyal", "At risk"])


def test_groups_that_are_nearly_a_segment_are_named():
    text = agreement(COUNTS, 0.314)
    assert "overlap in part (adjusted Rand index 0.31" in text
    assert text.endswith("Nearly one segment: Group B (99\N{NO-BREAK SPACE}% At risk).")
    assert "hardly overlap" in agreement(COUNTS, 0.1)
    assert "largely agree" in agreement(COUNTS, 1.0)
    assert agreement(COUNTS[["Group A: new"]], 0.1).endswith("No group is nearly one segment.")


def test_the_title_tells_the_shares_that_the_chart_draws():
    title = crosswalk_title(COUNTS)
    assert title == "97 % of Loyal are in Group A; At risk spread most, 91 % at best in Group B"
    drawn = COUNTS.div(COUNTS.sum(axis=1), axis=0)  # as the notebooks draw it: shares of the segments
    assert {f"{share:.0%}".replace("%", " %") for share in drawn.max(axis=1)} == {"97 %", "91 %"}
    assert crosswalk_title(COUNTS.loc[["Loyal"]] * [1, 0]) == "All Loyal are in Group A"
    assert crosswalk_title(COUNTS.loc[["Loyal"]]) == "97 % of Loyal are in Group A"


def test_the_title_of_the_revenue_names_the_largest_cell():
    assert revenue_title(COUNTS * 2) == "At risk in Group B account for 71 % of the revenue"

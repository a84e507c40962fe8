"""How groups lie across the segments, in words."""

import pandas as pd

from helpers.grouping.crosswalk import agreement, crosswalk_title, revenue_title

COUNTS = pd.DataFrame({"Group A: new": [30, 10], "Group B: old": [1, 99]}, index=["Loyal", "At risk"])


def test_each_group_has_its_largest_segment():
    text = agreement(COUNTS, 0.314)
    assert "agree at 0.31" in text
    assert "Group A 75\N{NO-BREAK SPACE}% Loyal and Group B 99\N{NO-BREAK SPACE}% At risk" in text


def test_the_title_names_the_purest_group_and_the_most_spread():
    assert crosswalk_title(COUNTS) == "Group B is 99 % At risk, Group A at best 75 % Loyal"


def test_the_title_of_the_revenue_names_the_largest_cell():
    assert revenue_title(COUNTS * 2) == "At risk in Group B account for 71 % of the revenue"

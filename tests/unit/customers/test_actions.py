"""What to do with a customer: one action each, and a flag before everything."""

import pandas as pd
import pytest

from helpers.customers.actions import ACTIONS, REVIEW, action_of_segment, actions, kind_of
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME

DEFAULT = chapter_parameters(BY_NAME["rfm"].notebook)().segments


@pytest.mark.parametrize(
    ("segment", "kind"),
    [("Champions", "Keep"), ("New", "Welcome"), ("At risk", "Win back"), ("Not to lose", "Win back"),
     ("Hibernating", "Newsletter only")],
)  # fmt: skip
def test_a_segment_gets_what_its_scores_say(segment, kind):
    assert kind_of(action_of_segment(DEFAULT[segment], 5)) == kind


def test_a_study_s_own_segments_get_an_action_by_the_same_table():
    assert action_of_segment({"r": [2, 2], "f": [2, 2]}, 2) == ACTIONS["recent", "high"]
    assert action_of_segment({}, 5) == ACTIONS["slipping", "middle"]


def test_a_flag_goes_before_the_season_and_the_season_before_the_segment():
    customers = pd.DataFrame({
        "rfm_segment": ["Champions", "Hibernating", "Hibernating"],
        "buying_season": [None, "November and December", "November and December"],
        "flag": [None, None, "sent back 60 % of the units"],
    })  # fmt: skip
    found = actions(customers, DEFAULT, 5).tolist()
    assert found[0] == ACTIONS["recent", "high"]
    assert "November and December" in found[1]
    assert found[2] == REVIEW


def test_without_flags_or_seasons_the_segment_says_it():
    customers = pd.DataFrame({"rfm_segment": ["Champions"], "flag": [None], "buying_season": [None]})
    assert actions(customers, DEFAULT, 5).tolist() == actions(customers[["rfm_segment"]], DEFAULT, 5).tolist()

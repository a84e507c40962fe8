"""Scores, the segment table and what is read from them."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.rfm import narrative
from helpers.chapters.rfm import segments as rfm
from helpers.customers.scores import ties_of
from helpers.customers.segments import check_segments, segmented
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.unit.customers.test_scores import many, people

DEFAULT = chapter_parameters(BY_NAME["rfm"].notebook)().segments
HALVES = {"low": {"r": [1, 1]}, "high": {"r": [2, 2]}}


def with_segments(customers, segments, quantiles):
    """Return customers with their scores and segment, as the cells of chapter 03 do, and the ties."""
    found = segmented(customers, segments, quantiles)
    return found, ties_of(customers, found, quantiles)


def test_the_default_table_covers_every_score_once():
    table = check_segments(DEFAULT, 5)
    assert len(table) == 125
    assert set(table.values()) == set(DEFAULT)
    assert table[5, 5, 5] == "Champions"
    assert table[5, 5, 1] == "Potential loyalists"  # many orders of little money are no champion's
    assert table[1, 1, 5] == "At risk"  # one order of much money
    assert table[5, 1, 2] == table[5, 2, 1] == "Potential loyalists"  # a mean of 1.5 is rounded up


@pytest.mark.parametrize(
    ("segments", "said"),
    [
        ({"low": {"r": [1, 1]}}, "no customer with the scores r 2, f 1, m 1"),
        ({"all": {}, "high": {"r": [2, 2]}}, "r 2, f 1, m 1 twice, by all and high"),
        ({"low": {"r": [1, 3]}}, "low.r is"),
        ({"low": {"r": [2, 1]}}, "low.r is"),
        ({"low": {"r": [1]}}, "low.r is"),
        ({"low": {"x": [1, 2]}}, "low.x is no score"),
        ({}, "covers no customer"),
    ],
)
def test_a_table_that_does_not_cover_each_score_once_is_refused(segments, said):
    with pytest.raises(StudyError, match=r"rfm\.segments") as caught:
        check_segments(segments, 2)
    assert said in str(caught.value)


def test_the_default_table_is_refused_for_other_groups():
    with pytest.raises(StudyError, match=r"rfm\.segments"):
        check_segments(DEFAULT, 4)
    with pytest.raises(StudyError, match=r"rfm\.quantiles"):
        check_segments(HALVES, 1)


def test_identical_customers_get_the_middle_score_and_the_page_says_so():
    customers, ties = with_segments(people([3] * 7, [2] * 7, [1] * 7), DEFAULT, 5)
    assert set(customers["rfm_segment"]) == {"Need attention"}
    said = narrative.warnings(ties, 7, 5)
    assert len(said) == 3
    assert all("nothing to rank" in sentence for sentence in said)


def test_one_customer_has_a_segment_and_a_warning():
    customers, ties = with_segments(people([3], [2], [1]), DEFAULT, 5)
    assert len(customers) == 1
    assert "Customers: 1, groups: 5." in narrative.warnings(ties, 1, 5)[0]
    assert rfm.summary(customers, DEFAULT)["customers"].sum() == 1


def test_no_warning_where_ranking_tells_all_apart():
    numbers = np.arange(50)
    assert narrative.warnings(with_segments(people(numbers, numbers, numbers), DEFAULT, 5)[1], 50, 5) == []


def test_the_summary_adds_up_and_keeps_empty_segments():
    customers, _ = with_segments(many(), DEFAULT, 5)
    found = rfm.summary(customers, DEFAULT)
    assert set(found["rfm_segment"]) == set(DEFAULT)
    assert found["customers"].sum() == 100
    assert found["revenue"].sum() == customers["monetary"].sum()
    assert found["revenue_share"].sum() == pytest.approx(1, rel=1e-12)
    assert found["revenue"].is_monotonic_decreasing
    assert (found["customers"] == 0).any()


def test_classes_close_where_their_share_is_reached():
    classes = rfm.abc(pd.Series([50.0, 30, 10, 5, 5, -4]), [0.8, 0.95])
    assert classes["customers"].to_list() == [2, 2, 2]
    assert classes["revenue"].to_list() == [80, 15, 5]
    assert classes["class"].to_list() == ["A", "B", "C"]


@pytest.mark.parametrize("limits", [[], [0.9, 0.8], [0.8, 0.8], [0, 0.5], [0.5, 1]])
def test_classes_need_rising_shares(limits):
    with pytest.raises(StudyError, match=r"rfm\.abc"):
        rfm.abc(pd.Series([1.0]), limits)


def test_advice_follows_the_scores_whatever_a_segment_is_called():
    segments = {"Darlings": {"r": [4, 5], "f": [4, 5]}, "Rest": {"r": [1, 3]}, "Other": {"r": [4, 5], "f": [1, 3]}}
    customers, _ = with_segments(many(), segments, 5)
    plan = narrative.advice(rfm.summary(customers, segments), segments, 5).set_index("segment")
    assert plan.loc["Darlings", "action"].startswith("Keep: thank them")
    assert "more recently than most and more than most" in plan.loc["Darlings", "who"]
    assert "Other" not in plan.index  # a segment without customers needs no action


def test_a_source_that_says_how_recently_and_how_often_needs_no_dates():
    rng = np.random.default_rng(2)
    given = pd.DataFrame({"customer_id": [f"c{n:03d}" for n in range(100)], "recency": rng.permutation(100)})
    assert "rfm_segment" not in segmented(given, DEFAULT, 5)
    found = segmented(given.assign(frequency=rng.integers(1, 30, 100)), DEFAULT, 5)
    assert found.set_index("recency")["r_score"][0] == 5
    assert (found["m_score"] == 3).all()  # no amount is known: nothing to rank
    assert set(found["rfm_segment"]) <= set(DEFAULT)
    summed = rfm.summary(found, DEFAULT)
    assert "revenue" not in summed and summed["customers"].is_monotonic_decreasing
    assert "is the largest segment" in narrative.leading(summed)

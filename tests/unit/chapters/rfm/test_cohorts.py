"""Cohorts, gaps and states, on purchase days small enough to count by hand."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.rfm import charts, cohorts
from tests.unit.conftest import numbered

DAYS = [
    ("a", "2011-01-05", 10), ("a", "2011-02-10", 5), ("a", "2011-04-02", 20),
    ("b", "2011-01-20", 30), ("b", "2011-01-31", 10), ("b", "2011-03-31", 10),
    ("c", "2011-02-01", 8), ("c", "2011-03-01", 4),
    ("d", "2011-04-03", 1),
]  # fmt: skip


@pytest.fixture
def days():
    frame = pd.DataFrame(DAYS, columns=["customer_id", "day", "revenue"])
    return frame.assign(day=pd.to_datetime(frame["day"]), revenue=frame["revenue"].astype(float))


def rows(frame):
    return [[None if np.isnan(value) else value for value in row] for row in frame.to_numpy()]


def test_purchase_days_are_one_row_a_customer_and_day(engine):
    lines = numbered(
        customer_id=["b", "a", "a", None, "a"],
        ordered_at=[*(datetime(2011, 1, day, hour) for day, hour in ((1, 9), (2, 9), (2, 23), (3, 0))), None],
        revenue=["1.10", "2.20", "3.30", "4", "5"],
    )
    found = cohorts.purchase_days(engine.table(lines))
    assert found["customer_id"].to_list() == ["a", "b"]
    assert found["revenue"].to_list() == [5.5, 1.1]


def test_a_cohort_is_followed_month_by_month(days):
    found = cohorts.retention(days, complete=True)
    assert found.sizes.to_dict() == {pd.Period("2011-01"): 2, pd.Period("2011-02"): 1, pd.Period("2011-04"): 1}
    assert rows(found.customers) == [[1, 0.5, 0.5, 0.5], [1, 1, 0, None], [1, None, None, None]]
    assert rows(found.revenue) == [[1, 0.1, 0.2, 0.4], [1, 0.5, 0, None], [1, None, None, None]]


def test_cells_of_a_month_that_is_not_over_are_empty(days):
    found = cohorts.retention(days, complete=False)
    assert rows(found.customers) == [[1, 0.5, 0.5], [1, 1, None]]


def test_average_retention_weighs_cohorts_by_their_customers(days):
    found = cohorts.retention(days, complete=True)
    assert cohorts.average_retention(found, 1, 0) == pytest.approx(2 / 3, rel=1e-12)
    assert cohorts.average_retention(found, 9, 0) is None


def gaps(days):
    """Return the days between one purchase day of a customer and the next, as the chapter's cell does."""
    return days.groupby("customer_id")["day"].diff().dropna().dt.days


def test_the_churn_window_is_the_gap_that_its_share_does_not_exceed(days):
    between = gaps(days)
    assert cohorts.churn_window(between, 0.6) == 36
    assert cohorts.churn_window(between, 0.61) == 51
    assert (between <= cohorts.churn_window(between, 0.9)).mean() >= 0.9


def test_states_are_those_at_the_end_of_each_month(days):
    found = cohorts.states(days, pd.Series(30, days["customer_id"].unique()))
    assert found[list(cohorts.STATES)].to_numpy().tolist() == [
        [2, 0, 0, 0],  # a and b are new
        [1, 2, 0, 0],  # c is new; a bought 18 days ago, b 28
        [0, 2, 1, 0],  # b and c, exactly 30 days ago, are active; a has been silent for 49 days
        [1, 2, 1, 0],  # d is new; a, b are active on 3 April; c is silent for 33 days
    ]
    assert found["end"].iloc[-1] == pd.Timestamp("2011-04-03")


def test_states_add_up_to_all_customers_so_far(days):
    found = cohorts.states(days, pd.Series(10, days["customer_id"].unique()))
    assert found[list(cohorts.STATES)].sum(axis=1).to_list() == [2, 3, 3, 4]
    assert found["lost"].iloc[-1] == 1


def test_one_customer_with_one_day_has_a_cohort_and_no_month_after():
    day = pd.DataFrame({"customer_id": ["a"], "day": pd.to_datetime(["2011-01-05"]), "revenue": [1.0]})
    assert cohorts.retention(day, complete=False).customers.empty
    assert rows(cohorts.retention(day, complete=True).customers) == [[1]]


@pytest.mark.parametrize("share", [0, 1, 90])
def test_the_churn_percentile_is_a_share(days, share):
    with pytest.raises(StudyError, match=r"rfm\.churn_percentile"):
        cohorts.churn_window(gaps(days), share)


def test_revenue_is_not_drawn_where_no_first_month_brought_any(days, monkeypatch):
    assert charts.retention_heatmaps(cohorts.retention(days, complete=True)) == []  # cohorts of one customer
    monkeypatch.setattr(charts, "FEWEST", 1)
    refunds = days.assign(revenue=-1.0)
    drawn = [charts.retention_heatmaps(cohorts.retention(frame, complete=True)) for frame in (days, refunds)]
    assert [len(figures) for figures in drawn] == [2, 1]


def test_the_first_cohorts_are_left_out_of_the_average_where_there_are_others(days):
    found = cohorts.retention(days, complete=True)
    assert cohorts.average_retention(found, 1, 1) == 1  # that of February alone
    assert cohorts.average_retention(found, 1, 12) == pytest.approx(2 / 3, rel=1e-12)  # there are no others

"""The sum to plan with has the narrowest range by its own tests; a forecast that missed its range is not used."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.build import summary
from helpers.chapters.regression import narrative
from helpers.chapters.regression.charts import sums_chart
from helpers.chapters.regression.outlook import (
    FORECAST,
    LAST_PERIOD,
    LAST_YEAR,
    Outlook,
    YearBefore,
    year_before,
)
from tests.unit.chapters.regression.test_task import START

DATES = pd.Series(pd.to_datetime(["2024-01-10", "2024-04-09", "2024-07-08"]))
DAYS = "1 Jan 2025 to 31 Mar 2025"


def made(*, off=None, next_sums=None, margins=None, low=50.0, high=250.0, actual=200.0) -> Outlook:
    """Return sums that were off by so much at three dates, the test last; NaN where they could not be told."""
    off = {FORECAST: [0.1, -0.1, -0.4], LAST_YEAR: [np.nan, np.nan, -0.1], LAST_PERIOD: [0.5, 0.1, 0.1]} | (
        off or {}
    )
    margins = {FORECAST: 0.6, LAST_YEAR: 0.3, LAST_PERIOD: 0.8} | (margins or {})
    sums = {FORECAST: 150.0, LAST_YEAR: 110.0, LAST_PERIOD: 240.0} | (next_sums or {})
    past = (pd.DataFrame(off) + 1) * actual
    return Outlook(pd.Series(sums), past, pd.Series([actual] * 3), pd.Series(margins), low, high)


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({}, LAST_YEAR),
        ({"margins": {FORECAST: 0.2}}, FORECAST),
        ({"margins": {FORECAST: 0.2}, "high": 150.0}, LAST_YEAR),  # narrowest, but the test was outside its range
        ({"next_sums": {LAST_YEAR: np.nan}}, FORECAST),
        ({"next_sums": {LAST_YEAR: np.nan}, "high": 150.0}, LAST_PERIOD),
        ({"margins": {FORECAST: 0.3}}, FORECAST),  # of equals the forecast
        ({"low": np.nan, "high": np.nan, "margins": {FORECAST: 0.2}}, FORECAST),
    ],
)
def test_the_sum_to_plan_with_is_the_one_with_the_narrowest_range(changes, basis):
    found = made(**changes)
    assert found.basis == basis
    assert found.figure == found.sums[basis]


def test_a_sum_that_was_far_off_at_one_date_is_not_planned_with_for_being_right_at_the_dates_all_share():
    """The days before Christmas tell nothing of those after it, also where only one way could be tested there."""
    found = made(off={LAST_PERIOD: [1.25, 0.0, 0.0]}, margins={LAST_PERIOD: 0.9})
    shared = found.errors.dropna().abs().mean()
    assert shared.idxmin() == LAST_PERIOD
    assert found.basis == LAST_YEAR


def test_errors_and_ranges_by_hand():
    found = made()
    assert found.errors[LAST_PERIOD].tolist() == pytest.approx([0.5, 0.1, 0.1])
    assert found.range(FORECAST) == (pytest.approx(150 * 0.4), pytest.approx(150 * 1.6))
    assert made(margins={FORECAST: 3.0}).range(FORECAST)[0] == 0
    told = found.table()
    assert told["basis"].iloc[0] == "Last year's same period"
    assert told[["tests", "off_least", "off_most"]].iloc[1].tolist() == [
        3,
        pytest.approx(-0.4),
        pytest.approx(0.1),
    ]
    assert len(made(next_sums={LAST_YEAR: np.nan}).table()) == 2
    each = found.tests(DATES)
    assert each["predicted_sum"].tolist() == pytest.approx([220, 180, 120])
    assert each["off_last_year"].isna().tolist() == [True, True, False]
    assert "off_last_year" not in made(off={LAST_YEAR: [np.nan] * 3}).tests(DATES)


def test_a_season_that_was_never_tested_is_told():
    found = made()
    assert found.same_season(DATES, datetime(2025, 7, 20))
    assert not found.same_season(DATES, datetime(2025, 1, 5))  # last year's sum was not known then
    assert made(margins={FORECAST: 0.2}).same_season(DATES, datetime(2025, 12, 30))  # ten days from 10 Jan
    never = "None of these tests was at this time of the year."
    assert narrative.plan(found, DAYS, 0.9, "GBP", tested=False).endswith(never)
    assert never not in narrative.plan(found, DAYS, 0.9, "GBP", tested=True)


def test_a_missed_range_is_said_first_and_every_sum_has_its_range_and_tests():
    inside, missed = made(), made(high=150.0)
    told = narrative.plan(inside, DAYS, 0.9, "GBP", tested=True)
    assert told.startswith("Plan with £110 of net sales to known customers for 1 Jan 2025 to 31 Mar 2025, as in")
    assert "(90\xa0% range £77 to £143)" in told
    assert (
        "In 1 past test that was 10\xa0% too low; the model's forecast 40\xa0% too low to 10\xa0% too high" in told
    )
    assert narrative.plan(missed, DAYS, 0.9, "GBP", tested=True).startswith("The forecast missed its range")
    own = narrative.plan(made(margins={FORECAST: 0.2}), DAYS, 0.9, "GBP", tested=True)
    assert "the model's forecast" not in own
    assert "(90\xa0% range £120 to £180)" in own


def test_a_forecast_that_is_not_planned_with_is_warned_of_with_what_to_use_instead():
    told = narrative.record(made(), "the next 90 days", DAYS, 0.9, "GBP")
    assert told.startswith("Do not plan with the model's forecast of £150 of net sales for the next 90 days (90")
    assert "its last one was 40\xa0% too low (£120 for 1 Jan 2025 to 31 Mar 2025, actual £200)" in told
    assert told.endswith("Plan with £110, as in the same days last year.")
    assert "lan with" not in narrative.record(made(margins={FORECAST: 0.2}), "the next 90 days", DAYS, 0.9, "GBP")


def test_a_card_that_says_not_to_plan_with_the_forecast_says_what_to_plan_with():
    found = made(next_sums={FORECAST: 123_000.0, LAST_YEAR: 110_000.0})
    assert "Plan with £110k" in summary._brief(narrative.record(found, "the next 90 days", DAYS, 0.9, "GBP"))


def test_sales_to_others_are_said_to_be_in_no_sum():
    assert "spent £206k; sales to others" in narrative.newcomers(206_000.0, 243_000.0, DAYS, "GBP")
    assert "a further £37k" in narrative.newcomers(206_000.0, 243_000.0, DAYS, "GBP")


def test_last_year_says_whose_sales_they_are():
    assert "£230, £200 of it from customers known" in narrative.last_year(300.0, YearBefore(200.0, 230.0), "GBP")
    assert narrative.last_year(230.0, YearBefore(None, 230.0), "GBP").endswith("last year: £230.")
    assert "does not reach back" in narrative.last_year(1.0, YearBefore(None, None), "GBP")


@pytest.mark.parametrize(("figure", "far"), [(330.0, False), (690.0, True), (100.0, True)])
def test_a_sum_far_from_last_years_is_not_to_be_relied_on(figure, far):
    told = narrative.last_year(figure, YearBefore(200.0, 230.0), "GBP")
    assert (f"{figure / 230:.1f} times as much: do not rely on it" in told) == far
    assert YearBefore(200.0, 230.0).is_far(figure) == far


def test_the_chart_titles_its_finding_and_says_every_sum():
    past = pd.DataFrame({
        "cut_off": pd.to_datetime(["2025-01-01", "2025-04-01"]), "predicted": [110.0, 130.0],
        "actual": [166.0, 212.0], "low": [np.nan, 30.0], "high": [np.nan, 230.0], "off": [-0.337, -0.387],
    })  # fmt: skip
    about = sums_chart(past, " (GBP)").layout.meta["alt"]
    assert about.startswith("Past forecasts of the sum were off by 34 % to 39 %: 1 Jan 2025 forecast 110")
    assert "off by 34 %:" in sums_chart(past.head(1), "").layout.meta["alt"]


def sold(engine, *lines):
    frame = pd.DataFrame(lines, columns=["customer_id", "day", "revenue"])
    frame["ordered_at"] = [START + timedelta(days=int(day)) for day in frame.pop("day")]
    frame["order_id"] = [str(number) for number in range(len(frame))]
    frame["revenue"] = frame["revenue"].astype(float)
    return engine.table(pa.Table.from_pandas(frame, preserve_index=False))


def test_last_years_same_days_by_hand_and_only_where_the_data_reaches_back(engine):
    lines = sold(engine, ("a", 0, 5), ("a", 70, 30), ("b", 75, 7), ("a", 430, 9))
    back = sold(engine, ("a", 72, -4))
    asked = {"days": 30}
    start = datetime(2025, 3, 5)  # a year after day 64
    assert year_before(lines, back, start, **asked) == (30 - 4, 30 + 7 - 4)
    assert year_before(lines, back, datetime(2025, 1, 10), **asked) == (None, 0)  # nobody could be known yet
    assert year_before(lines, back, datetime(2024, 12, 1), **asked) == (None, None)

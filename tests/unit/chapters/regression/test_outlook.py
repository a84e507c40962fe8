"""The sum to plan with is the one that was least off, and a forecast that missed its range is not planned with."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.chapters.regression import narrative
from helpers.chapters.regression.charts import sums_chart
from helpers.chapters.regression.outlook import (
    FORECAST,
    LAST_PERIOD,
    LAST_YEAR,
    YearBefore,
    outlook,
    year_before,
)
from tests.unit.chapters.regression.test_task import START


def made(*, forecast=134.0, last_year=200.0, last_period=150.0, actual=219.0, low=100.0, high=250.0, margin=0.2):
    """Return the sums of a next period, each 10 above what it would have said at the test."""
    at_test = {FORECAST: forecast, LAST_YEAR: last_year, LAST_PERIOD: last_period}
    past = pd.DataFrame([{"actual": actual, "low": low, "high": high, "margin": margin}])
    return outlook({name: value + 10 for name, value in at_test.items()}, at_test, past)


@pytest.mark.parametrize(
    ("figures", "basis"),
    [
        ({}, LAST_YEAR),
        ({"forecast": 215.0}, FORECAST),
        ({"forecast": 215.0, "high": 210.0}, LAST_YEAR),  # least off, but outside its range
        ({"last_year": np.nan}, LAST_PERIOD),
        ({"last_year": np.nan, "last_period": 10.0}, FORECAST),
        ({"low": np.nan, "high": np.nan, "forecast": 215.0}, FORECAST),
    ],
)
def test_the_figure_to_plan_with_is_the_one_least_off_at_the_test(figures, basis):
    found = made(**figures)
    assert found.basis == basis
    assert found.figure == found.figures.loc[basis, "at_test"] + 10
    assert found.table()["off"].abs().dropna().is_monotonic_increasing


def test_the_range_is_the_forecast_and_its_margin_and_never_below_zero():
    assert (made().low, made().high) == (pytest.approx(144 * 0.8), pytest.approx(144 * 1.2))
    assert made(margin=3.0).low == 0


def test_a_missed_range_is_said_first_and_every_error_with_its_side():
    inside, missed = made(), made(high=210.0)
    assert narrative.plan(inside, 90, 0.9, "GBP").startswith("Plan with £210 of net sales to known customers")
    assert "the model's forecast 39\xa0% too low" in narrative.plan(inside, 90, 0.9, "GBP")
    assert narrative.plan(missed, 90, 0.9, "GBP").startswith("The forecast missed its range in the last test")
    assert "range" in narrative.plan(made(forecast=215.0), 90, 0.9, "GBP")
    told = narrative.record(inside, pd.DataFrame({"actual": [1, 2]}), 0.9, "GBP")
    assert "by the errors of 2 past forecasts" in told
    assert "forecast £134, actual £219: 39\xa0% too low" in told


def test_last_year_says_whose_sales_they_are():
    assert "£230, £200 of it from customers known" in narrative.last_year(300.0, YearBefore(200.0, 230.0), "GBP")
    assert narrative.last_year(230.0, YearBefore(None, 230.0), "GBP").endswith("last year: £230.")
    assert "does not reach back" in narrative.last_year(1.0, YearBefore(None, None), "GBP")


@pytest.mark.parametrize(("figure", "far"), [(330.0, False), (690.0, True), (100.0, True)])
def test_a_sum_far_from_last_years_is_not_to_be_relied_on(figure, far):
    told = narrative.last_year(figure, YearBefore(200.0, 230.0), "GBP")
    assert (f"{figure / 230:.1f} times as much: do not rely on it" in told) == far
    assert narrative.far_from_last_year(figure, YearBefore(200.0, 230.0)) == far


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
    asked = {"days": 30, "engine": engine}
    start = datetime(2025, 3, 5)  # a year after day 64
    assert year_before(lines, back, start, **asked) == (30 - 4, 30 + 7 - 4)
    assert year_before(lines, back, datetime(2025, 1, 10), **asked) == (None, 0)  # nobody could be known yet
    assert year_before(lines, back, datetime(2024, 12, 1), **asked) == (None, None)

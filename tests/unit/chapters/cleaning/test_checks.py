"""Health: how the days of a ledger are filled, and which prices are slips."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from helpers.chapters.cleaning.checks import date_checks, wild_prices
from helpers.ledger.calendar import calendar_of, sales_days
from tests.unit.conftest import numbered


def days(*dates: date, lines: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"day": pd.to_datetime(list(dates)), "lines": lines})


def span(first: date, last: date, silent: tuple[int, ...] = ()) -> list[date]:
    every = [first + timedelta(n) for n in range((last - first).days + 1)]
    return [day for day in every if day.weekday() not in silent]


def test_lines_are_counted_by_day_in_order(engine):
    moments = [datetime(2011, 1, 2, 23, 59), datetime(2011, 1, 1), datetime(2011, 1, 2), None]
    counted = sales_days(engine.table(numbered(ordered_at=moments)))
    assert list(zip(counted["day"].dt.day, counted["lines"], strict=True)) == [(1, 1), (2, 2)]


def test_a_ledger_without_dates_has_no_calendar(engine):
    empty = sales_days(engine.table(numbered(country=["A"])))
    assert list(empty.columns) == ["day", "lines"]
    assert calendar_of(empty) is None
    assert calendar_of(sales_days(engine.table(numbered(ordered_at=[None])))) is None


def test_a_weekday_that_never_sells_is_named():
    calendar = calendar_of(days(*span(date(2011, 1, 3), date(2011, 3, 31), silent=(5,))))
    assert calendar.silent_weekdays == ["Saturday"]
    assert (calendar.days, calendar.days_with_sales) == (88, 76)
    assert calendar.longest_gap == 1


def test_weekdays_outside_a_short_ledger_are_not_silent():
    assert calendar_of(days(date(2011, 1, 3), date(2011, 1, 4))).silent_weekdays == []
    assert calendar_of(days(date(2011, 1, 3), date(2011, 1, 5))).silent_weekdays == ["Tuesday"]


def test_the_longest_silence_is_found_with_its_start():
    calendar = calendar_of(days(date(2011, 1, 1), date(2011, 1, 2), date(2011, 1, 10), date(2011, 1, 12)))
    assert (calendar.longest_gap, calendar.gap_from) == (7, date(2011, 1, 2))


@pytest.mark.parametrize(
    ("last", "silent", "complete"),
    [
        (date(2011, 1, 31), (), True),
        (date(2011, 1, 30), (), False),
        (date(2011, 4, 29), (5,), True),  # a Friday; the 30th is a Saturday, which never sells
        (date(2011, 4, 28), (5,), False),
        (date(2011, 12, 9), (5,), False),
    ],
)
def test_a_last_month_is_complete_when_no_day_that_could_sell_is_left(last, silent, complete):
    assert calendar_of(days(*span(date(2010, 12, 1), last, silent))).last_month_complete is complete


def test_a_ledger_of_one_day_has_a_calendar():
    calendar = calendar_of(days(date(2011, 1, 31)))
    assert (calendar.days, calendar.longest_gap, calendar.silent_weekdays) == (1, 0, [])


def test_lines_dated_long_after_nearly_all_run_ahead():
    usual = days(*span(date(2011, 1, 1), date(2011, 1, 31)), lines=100)
    assert calendar_of(usual).running_ahead == 0
    ahead = pd.concat([usual, days(date(2011, 12, 1), lines=2)])
    assert calendar_of(ahead).running_ahead == 2
    close = pd.concat([usual, days(date(2011, 3, 3), lines=2)])
    assert calendar_of(close).running_ahead == 0


def test_prices_a_hundredfold_off_the_products_usual_one_are_wild(engine):
    table = numbered(
        product_id=["A", "A", "A", "A", "A", "B", "B", None],
        unit_price=["2", "2", "200", "199.9", "0.02", "5", "0", "9999"],
    )
    wild = wild_prices(engine.table(table))
    assert list(zip(wild["line"], wild["usual_price"], wild["times"], strict=True)) == [
        (3, 2.0, 100.0),
        (5, 2.0, 0.01),
    ]


def test_the_wildest_price_comes_first(engine):
    table = numbered(product_id=["A"] * 5, unit_price=["1", "1", "1", "0.001", "500"])
    assert list(wild_prices(engine.table(table))["line"]) == [4, 5]


def test_the_checks_say_what_they_found():
    calendar = calendar_of(days(*span(date(2011, 1, 3), date(2011, 12, 9), silent=(5,))))
    rows = date_checks(calendar, today=date(2011, 12, 1)).set_index("check")
    assert "future" in rows.loc["Last date against today (2011-12-01)", "means"]
    assert rows.loc["Last month", "found"] == "incomplete"
    assert "Saturday" in rows.loc["Days without sales", "means"]
    later = date_checks(calendar, today=date(2011, 12, 9)).set_index("check")
    assert "past" in later.loc["Last date against today (2011-12-09)", "means"]

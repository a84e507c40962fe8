"""Health: how the days of a ledger are filled, and which prices are slips."""

from datetime import date, timedelta

import pandas as pd

from helpers.chapters.cleaning.checks import date_checks, wild_prices
from helpers.ledger.calendar import calendar_of
from tests.unit.conftest import numbered


def days(*dates: date, lines: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"day": pd.to_datetime(list(dates)), "lines": lines})


def span(first: date, last: date, silent: tuple[int, ...] = ()) -> list[date]:
    every = [first + timedelta(n) for n in range((last - first).days + 1)]
    return [day for day in every if day.weekday() not in silent]


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
    assert "future" in rows.loc["Last date against today (1 Dec 2011)", "means"]
    assert rows.loc["Last month", "found"] == "incomplete"
    assert "Saturday" in rows.loc["Days without sales", "means"]
    later = date_checks(calendar, today=date(2011, 12, 9)).set_index("check")
    assert "past" in later.loc["Last date against today (9 Dec 2011)", "means"]


def test_products_without_codes_are_told_apart_by_name(engine):
    table = numbered(product_name=["cup"] * 3 + ["lamp"], unit_price=["1", "1", "200", "200"])
    assert list(wild_prices(engine.table(table))["line"]) == [3]

"""Dates that are none of a ledger, years of two digits, and what a spreadsheet does to dates."""

from datetime import datetime

import pytest

from helpers.base.errors import StudyError


def dates(read_source, *values: str, **settings):
    text = "ordered_at,n\n" + "".join(f"{value},{n}\n" for n, value in enumerate(values))
    return read_source(text, **({"unreadable_at_most": 0.5} | settings))


@pytest.mark.parametrize("absurd", ["1900-01-01", "2500-01-01", "9999-12-31", "99999-01-01", "0001-01-01"])
def test_a_date_a_century_from_the_others_is_kept_aside(read_source, absurd):
    read = dates(read_source, "2023-01-05", "2023-02-05", absurd, "2023-03-05")
    assert [row["value"] for row in read.unparsed] == [absurd]
    assert len(read.raw) == 3


@pytest.mark.parametrize("year", [1850, 2097, 2200])
def test_dates_that_are_all_of_another_time_are_read_as_they_are(read_source, year):
    assert dates(read_source, f"{year}-01-05", f"{year}-02-05").column("ordered_at")[0] == datetime(year, 1, 5)


@pytest.mark.parametrize("days", [("2023-05-05", "2023-05-05"), ("2023-05-05", "2023-05-06")])
def test_a_ledger_of_a_day_or_two_is_read_as_it_is(read_source, days):
    assert [f"{moment:%Y-%m-%d}" for moment in dates(read_source, *days).column("ordered_at")] == list(days)


@pytest.mark.parametrize("value", ["2023-01-05 24:00:00", "2023-01-05T24:00"])
def test_hour_24_is_kept_aside(read_source, value):
    assert [row["value"] for row in dates(read_source, "2023-01-05 10:00:00", value).unparsed] == [value]


@pytest.mark.parametrize("mark", ["/", "."])
def test_a_year_of_two_digits_may_come_first(read_source, mark):
    days = [f"23{mark}{month:02d}{mark}{month + 9:02d}" for month in range(1, 10)]
    read = dates(read_source, *days)
    assert read.result.date_format == f"%y{mark}%m{mark}%d"
    assert read.column("ordered_at")[0] == datetime(2023, 1, 10)


def test_a_year_that_may_be_first_or_last_stops_the_run(read_source):
    with pytest.raises(StudyError, match=r"say which in source\.date_format"):
        dates(read_source, "10/11/12", "10/11/12")


def test_dates_that_a_spreadsheet_exchanged_stop_the_run(read_source):
    read_as_dates = [f"2023-{day:02d}-{month:02d} 00:00:00" for month in (1, 2, 3) for day in (5, 8, 12)]
    left_as_texts = [f"{month:02d}/{day}/2023" for month in (1, 2, 3) for day in (13, 21, 28)]
    with pytest.raises(StudyError, match="a spreadsheet has exchanged day and month"):
        dates(read_source, *read_as_dates, *left_as_texts)


@pytest.mark.parametrize("few", [0, 1, 3, 5000])
def test_the_format_that_reads_most_is_found_whatever_is_tried_first(read_source, few, monkeypatch):
    monkeypatch.setattr("helpers.ledger.dates.FEW", few)
    days = [f"{month:02d}/{day}/2023" for month in (1, 2, 3) for day in (5, 8, 12, 25)]
    read = dates(read_source, *days, "13.1.2023", "none", "2023-01-05")
    assert read.result.date_format == "%m/%d/%Y"
    assert len(read.unparsed) == 3

"""Dates: read as the source means them, or not at all."""

from datetime import datetime

import pytest

from helpers.base.errors import StudyError

CHRISTMAS = datetime(2010, 12, 25)


def dates(read_source, *values: str, **settings):
    text = "ordered_at,n\n" + "".join(f'"{value}",{n}\n' for n, value in enumerate(values))
    return read_source(text, **settings)


@pytest.mark.parametrize(
    ("first", "second", "format_"),
    [
        ("2010-12-25", "2010-12-01", None),
        ("2010-12-25 08:26:00", "2010-12-01 08:26:00", None),
        ("2010-12-25T08:26:00", "2010-12-01T08:26:00", None),
        ("2010-12-25T08:26:00.123", "2010-12-01T08:26:00", None),
        ("2010/12/25", "2010/12/01", None),
        ("20101225", "20101201", "%Y%m%d"),
        ("25/12/2010", "1/12/2010", "%d/%m/%Y"),
        ("25/12/2010 8:26", "01/12/2010 8:26", "%d/%m/%Y %H:%M"),
        ("12/25/2010 8:26", "12/1/2010 8:26", "%m/%d/%Y %H:%M"),
        ("12/25/2010 08:26:30", "12/1/2010 8:26:00", "%m/%d/%Y %H:%M:%S"),
        ("12/25/2010 8:26 AM", "12/1/2010 8:26 AM", "%m/%d/%Y %I:%M %p"),
        ("25.12.2010", "1.12.2010", "%d.%m.%Y"),
        ("25-12-2010", "1-12-2010", "%d-%m-%Y"),
        ("12-25-2010", "12-1-2010", "%m-%d-%Y"),
        ("25/12/10", "1/12/10", "%d/%m/%y"),
        ("12/25/10", "12/1/10", "%m/%d/%y"),
        ("12/25/10 8:26", "12/1/10 8:26", "%m/%d/%y %H:%M"),
        ("25.12.10", "1.12.10", "%d.%m.%y"),
    ],
)
def test_a_format_is_found_from_the_whole_column(read_source, first, second, format_):
    read = dates(read_source, second, first)
    assert read.result.date_format == format_
    assert [moment.date() for moment in read.column("ordered_at")] == [
        datetime(2010, 12, 1).date(),
        CHRISTMAS.date(),
    ]


@pytest.mark.parametrize(("half", "hour"), [("1:05 PM", 13), ("12:05 AM", 0), ("12:05 PM", 12), ("1:05 am", 1)])
def test_the_half_of_the_day_is_read(read_source, half, hour):
    read = dates(read_source, f"12/25/2010 {half}", "12/26/2010 1:00 PM")
    assert read.column("ordered_at")[0] == CHRISTMAS.replace(hour=hour, minute=5)


@pytest.mark.parametrize(
    "values",
    [("3/4/2024", "5/6/2024"), ("3/4/24", "5/6/24"), ("3/4/2024 8:26", "1/12/2024 8:26")],
)
def test_dates_that_can_be_read_in_two_ways_stop_the_run(read_source, values):
    with pytest.raises(StudyError) as caught:
        dates(read_source, *values)
    sentence = str(caught.value)
    assert "every date in 'ordered_at' can be read as %d" in sentence
    assert "and as %m" in sentence
    assert any(repr(value) in sentence for value in values)
    assert "say which in source.date_format" in sentence


@pytest.mark.parametrize(("format_", "month"), [("%d/%m/%Y", 4), ("%m/%d/%Y", 3)])
def test_the_study_decides_between_two_readings(read_source, format_, month):
    read = dates(read_source, "3/4/2024", "5/6/2024", date_format=format_)
    assert read.column("ordered_at")[0].month == month
    assert read.result.date_format == format_


def test_dates_that_are_the_same_in_both_readings_do_not_stop_the_run(read_source):
    assert dates(read_source, "3/3/2024", "5/5/2024").column("ordered_at")[0] == datetime(2024, 3, 3)


def test_a_date_that_is_none_is_kept_aside(read_source):
    read = dates(read_source, "2010-12-25", "2010-02-30", "soon", unreadable_at_most=0.7)
    assert [(u["line"], u["value"]) for u in read.unparsed] == [(2, "2010-02-30"), (3, "soon")]
    assert read.column("ordered_at") == [CHRISTMAS]


def test_a_lone_slip_does_not_change_how_the_others_are_read(read_source):
    read = dates(read_source, "12/25/2010", "1/2/2010", "25/12/2010", "12/31/2010", unreadable_at_most=0.25)
    assert [moment.month for moment in read.column("ordered_at")] == [12, 1, 12]
    assert [u["value"] for u in read.unparsed] == ["25/12/2010"]


@pytest.mark.parametrize("format_", ["%d/%m/%Y", None])
def test_a_year_of_two_digits_is_never_a_year_of_the_first_century(read_source, format_):
    read = dates(read_source, "25/12/2010", "26/12/2010", "27/12/10", date_format=format_, unreadable_at_most=0.5)
    assert [u["value"] for u in read.unparsed] == ["27/12/10"]


@pytest.mark.parametrize("value", ["25-12-10", "10-12-25"])
def test_a_year_of_two_digits_between_dashes_is_not_guessed(read_source, value):
    with pytest.raises(StudyError, match="check the mapping, date_format and decimal"):
        dates(read_source, value)
    assert dates(read_source, "25-12-10", date_format="%d-%m-%y").column("ordered_at") == [CHRISTMAS]


def test_a_column_without_dates_has_none(read_source):
    read = dates(read_source, "", "")
    assert read.column("ordered_at") == [None, None]
    assert read.result.date_format is None

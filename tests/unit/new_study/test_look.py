"""A first look asks the engine only about date formats that can read what is there, and misses none that can."""

from datetime import datetime

import duckdb

from helpers.ledger.dates import DATE_FORMATS, moment_sql
from helpers.new_study.look import OTHER_DATES, _shape

FORMATS = (None, *DATE_FORMATS, *OTHER_DATES)


def written() -> list[str]:
    """Return dates as people write them, in every format, and with the liberties that strptime allows."""
    moments = [datetime(2023, 1, 2, 9, 5, 7), datetime(2011, 12, 25, 23, 59, 58), datetime(2024, 5, 11)]
    texts = {moment.strftime(f or "%Y-%m-%dT%H:%M:%S") for moment in moments for f in FORMATS}
    loose = {text.replace("/0", "/").lstrip("0") for text in texts} | {text.lower() for text in texts}
    spaced = {text.replace(" ", "  ") for text in texts} | {f" {text} " for text in texts}
    return sorted(texts | loose | spaced | {"2023-1-2", "20230102", "2023-01-02 09:05:07.123456+02:00"})


def test_no_format_that_reads_a_text_is_passed_over():
    texts = written()
    with duckdb.connect() as connection:
        for format_ in FORMATS:
            read = moment_sql("value", format_)
            found = connection.execute(
                f"SELECT value FROM (SELECT unnest(?) AS value) WHERE {read} IS NOT NULL", [texts]
            )
            missed = [text for (text,) in found.fetchall() if not _shape(format_).fullmatch(text)]
            assert not missed, format_


def test_few_formats_are_asked_about_a_text():
    able = [format_ for format_ in FORMATS if _shape(format_).fullmatch("25.12.2011 23:59")]
    assert 0 < len(able) < len(FORMATS) / 10

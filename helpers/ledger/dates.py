"""Dates as people write them: which format a column has, and which of its values are no dates of a ledger."""

from collections.abc import Sequence

import duckdb

from helpers.base.errors import StudyError
from helpers.ledger.numbers import quoted

DATES = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d/%m/%y")
DATES += ("%m/%d/%y", "%d.%m.%y", "%y/%m/%d", "%y.%m.%d")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DATE_FORMATS = tuple(date + time for date in DATES for time in TIMES)
"""What is tried beside ISO 8601 when a study gives no `date_format`."""
FIRST_YEAR, LAST_YEAR = 1678, 2261
"""Both ISO 8601 and %Y read 25/12/10 as a day in the first century; no ledger is that old. Time that is counted in
nanoseconds begins in 1677 and ends in 2262."""
APART = 100
"""Years from the middle of the dates beyond which one is a slip of the pen, or stands for no date."""
NARROWER = 10
"""How many times the time between first and last date grows where a part of the date is taken for the year."""
HALF_TEXT = 0.05
FEW = 5000
"""Values that all formats are tried on first."""


def moment_sql(text: str, format_: str | None) -> str:
    """Return SQL that reads a moment, in a strptime format or (None) ISO 8601.

    Hour 24 is not read: engines take it for the next day, and whoever writes it often means this one.
    """
    if format_:
        read, late = f"try_strptime({text}, {quoted(format_)})", ""
    else:
        read = f"try_cast({text} AS TIMESTAMP)"
        late = f" AND NOT (contains({text}, ' 24:') OR contains({text}, 'T24:'))"
    return f"CASE WHEN year({read}) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}{late} THEN {read} END"


def date_format(connection: duckdb.DuckDBPyConnection, header: str, file: str) -> str | None:
    """Return the strptime format of a date column, or None for ISO 8601.

    The format that reads most distinct values wins; one that only *can* be right (3/4/2024 day first or
    month first) is no ground for a report, so a tie between two readings stops the run.

    Args:
        connection: with the different texts of the column as `value` of `moments`.
        header: of the column, for the sentence.
        file: for the sentence, too.

    Raises:
        StudyError: every date can be read in two ways.
    """
    tried = (None, *DATE_FORMATS)
    (values,) = connection.sql("SELECT count(value) FROM moments").fetchall()[0]
    few = _read(connection, tried, f"(FROM moments WHERE value IS NOT NULL LIMIT {FEW})")
    read = _read(connection, [one for one in tried if few[one] == max(few.values())], "moments")
    # each value that a format fails on is one it cannot read in all: most are out, and not tried on the rest
    most = {one: values - min(values, FEW) + count for one, count in few.items()}
    if left := [one for one in tried if one not in read and most[one] >= max(read.values())]:
        read |= _read(connection, left, "moments")
    best = [one for one in tried if read.get(one) == max(read.values())]
    if best[0] is None or max(read.values()) == 0:
        return None
    formats = narrowest(connection, "moments", best)
    if len(formats) > 1:
        differ = f"{moment_sql('value', formats[0])} <> {moment_sql('value', formats[1])}"
        example = connection.sql(f"SELECT min(value) FROM moments WHERE {differ}").fetchall()[0][0]
        if example is not None:
            raise StudyError(
                f"{file}: every date in {header!r} can be read as {formats[0]} and as {formats[1]} "
                f"({example!r}, for one); say which in source.date_format."
            )
    return formats[0]


def _read(
    connection: duckdb.DuckDBPyConnection, formats: Sequence[str | None], values: str
) -> dict[str | None, int]:
    """Return how many values of a table each format reads."""
    counts = ", ".join(f"count({moment_sql('value', format_)})" for format_ in formats)
    return dict(zip(formats, connection.sql(f"SELECT {counts} FROM {values}").fetchall()[0], strict=True))


def narrowest(connection: duckdb.DuckDBPyConnection, values: str, formats: list[str]) -> list[str]:
    """Return formats without those that take another part of the date for a year of two digits.

    In 23/09/10, of the parts that can be the year, the one that makes the dates lie closest together is.

    Args:
        connection: to ask.
        values: SQL of a table with the texts as `value`.
        formats: that read them equally well.
    """
    if len(formats) < 2 or not all("%y" in format_ for format_ in formats):
        return formats
    moments = [moment_sql("value", format_) for format_ in formats]
    spans = ", ".join(f"date_diff('day', min({moment}), max({moment}))" for moment in moments)
    days = connection.sql(f"SELECT {spans} FROM {values}").fetchall()[0]
    shortest = formats[days.index(min(days))].index("%y")
    return [
        format_
        for format_, span in zip(formats, days, strict=True)
        if format_.index("%y") == shortest or span <= NARROWER * min(days)
    ]


def plausible_sql(connection: duckdb.DuckDBPyConnection, given: str, format_: str | None) -> str:
    """Return SQL that reads the moments of a column; one far from the others (of `moments`) is not read.

    1900-01-01 and 9999-12-31 are what programs write where there is no date.
    """
    moment = moment_sql(given, format_)
    first, last, middle = connection.sql(
        "SELECT year(min(m)), year(max(m)), year(quantile_disc(m, 0.5)) "
        f"FROM (SELECT {moment_sql('value', format_)} AS m FROM moments)"
    ).fetchall()[0]
    if first is None or last - first <= APART:
        return moment
    return f"CASE WHEN abs(year({moment}) - {middle}) <= {APART} THEN {moment} END"


def stop_at_half_read(connection: duckdb.DuckDBPyConnection, header: str, file: str) -> None:
    """Raise a StudyError where a spreadsheet has exchanged day and month wherever it could (in `moments`).

    Opened under the wrong order of day and month, 01/05/2023 becomes a date, the other way round, and 01/25/2023
    stays a text. So the dates have no day above 12, and beside them stand texts.
    """
    iso, text = moment_sql("value", None), r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}"
    values, dates, late, texts, example = connection.sql(
        f"SELECT count(*), count({iso}), count(*) FILTER (day({iso}) > 12), "
        f"count(*) FILTER (regexp_matches(value, '{text}')), max(value) FILTER (regexp_matches(value, '{text}')) "
        "FROM moments WHERE value IS NOT NULL"
    ).fetchall()[0]
    if min(dates, texts) > max(2, HALF_TEXT * values) and not late:
        raise StudyError(
            f"{file}: some dates in {header!r} are texts such as {example!r} and none of the others has a "
            "day above 12, so a spreadsheet has exchanged day and month there; export them as year-month-day."
        )

"""A first look at a file nobody has described yet: its lines as text, its marks, and how its dates are written."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from helpers.base.errors import StudyError
from helpers.ledger.dates import DATE_FORMATS, moment_sql, narrowest
from helpers.ledger.delimited import layout_of
from helpers.ledger.encodings import Encoding, encoding_of
from helpers.ledger.ingest import TEXT_FILES, Text, write_text
from helpers.ledger.numbers import CURRENCIES, EITHER, SIGN, bare, decimal_of, quoted
from helpers.ledger.source import MISSING, Source
from helpers.ledger.sources import files_of
from helpers.new_study.content import Content, content_of
from helpers.new_study.guess import GUESSED, LIKELY, SURE

LOOKED_AT = 10_000
"""Lines from the start of the file that columns are guessed from; dates are read on all of them."""
SAMPLED_DATES = 100
OTHER_DATES = (
    tuple(
        date + time
        for date in ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d/%b/%Y")
        for time in ("", " %H:%M", " %H:%M:%S")
    )
    + tuple(
        date + time for date in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y") for time in (", %H:%M", " %Hh%M", "T%H:%M:%S")
    )
    + tuple(date + time for date in ("%y-%m-%d", "%d-%m-%y", "%m-%d-%y") for time in ("", " %H:%M", " %H:%M:%S"))
)
"""Ways to write a date that are rarer than those ingest tries by itself: a study that needs one states it."""
LIKE_A_DATE = r"\d{8}$|\d{1,4}[-/. ]\s?\w{1,9}[-/. ,]|[A-Za-z]{3,9} \d{1,2}, "
"""How a text begins that any of the formats could read: asking every format about every column takes long."""
YEARS = (1980, 2100)
"""A ledger of other years is rarer than a number that happens to look like a date."""
SIGNS = {"R$": "BRL", "€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "zł": "PLN"}


class Look(NamedTuple):
    """What a first look at a file shows."""

    header: list[str]
    sample: pd.DataFrame
    """The first lines, as trimmed texts; None where there is no value."""
    contents: dict[str, Content]
    rows: int
    decimal: str
    encoding: str | None
    """Of a csv; None for other kinds and for a folder."""
    delimiter: str | None
    is_text: bool
    written: Text
    """What `text.parquet` holds."""
    doubt: str = ""
    """What speaks against the encoding."""
    ambiguous: str = ""
    """What speaks against the decimal mark."""


class DateReading(NamedTuple):
    """How dates are written (a strptime format, None for ISO 8601), how sure that is, and why."""

    format: str | None
    certainty: str
    why: str


def look_at(path: Path, folder: Path) -> Look:
    """Return a first look at a source, leaving its lines as `text.parquet` in a folder.

    Raises:
        StudyError: the file cannot be read, is empty, or begins with data instead of a header.
    """
    one_csv = path.is_file() and path.suffix.lower() in TEXT_FILES
    encoding = encoding_of(path) if one_csv else Encoding("")
    delimiter = layout_of(path, encoding.name).delimiter if encoding.name else None
    written = write_text(path, Source(path=str(path)), folder / "text.parquet")
    header = written.header
    columns = ", ".join(f"trim(text_{n}, ' \t\r\n\u00a0') AS c{n}" for n in range(len(header)))
    with duckdb.connect(config={"threads": 1}) as connection:
        text = f"read_parquet({quoted(str(folder / 'text.parquet'))})"
        rows = connection.sql(f"SELECT count(*) FROM {text}").fetchall()[0][0]
        sample = connection.sql(f"SELECT {columns} FROM {text} ORDER BY line LIMIT {LOOKED_AT}").df()
        sample.columns = header
        sample = sample.astype("object").where(~sample.isin([*MISSING]) & sample.notna(), None)
        _stop_without_header(path, header)
        decimal, ambiguous = _decimal(sample, delimiter)
        contents = {name: content_of(sample[name], decimal, _dated(connection, sample[name])) for name in header}
    return Look(
        header=header,
        sample=sample,
        contents=contents,
        rows=rows,
        decimal=decimal,
        encoding=encoding.name or None,
        delimiter=delimiter,
        doubt=encoding.doubt,
        ambiguous=ambiguous,
        written=written,
        is_text=any(file.suffix.lower() in TEXT_FILES for file in files_of(path)),
    )


def _decimal(sample: pd.DataFrame, delimiter: str | None) -> tuple[str, str]:
    """Return the decimal mark, and what speaks against it: no number tells 1,234 from a thousand and more."""
    decimal = decimal_of(sample)
    for header in sample:
        values = bare(sample[header].dropna().drop_duplicates().astype("str"))
        both = values.str.fullmatch(EITHER.strip("^$"))
        if decimal == "." and both.any() and both.all() and values.nunique() > 1 and not _has_points(sample):
            comma = delimiter in (";", "\t") or bool(values.str.match("[-+]?0").any())
            which = "three decimals" if comma else "thousands"
            return ("," if comma else "."), f"{header} has values such as {values.iloc[0]}, read as {which}"
    return decimal, ""


def _has_points(sample: pd.DataFrame) -> bool:
    """Return whether a number has a decimal point."""
    texts = (sample[header].dropna().drop_duplicates().astype("str") for header in sample)
    return any(values.str.fullmatch(r"[-+]?[\d,]*\.\d+").any() for values in texts)


def _stop_without_header(path: Path, header: list[str]) -> None:
    """Raise a StudyError where the first line holds values: numbers or dates are no names of columns."""
    values = [name for name in header if re.fullmatch(r"[-+]?\d[\d.,:/ -]*", name)]
    if len(values) * 2 > len([name for name in header if name]):
        raise StudyError(
            f"{path.name} seems to have no header: its first line is {', '.join(header)[:80]}; add a line with "
            "the names of the columns."
        )


def _dated(connection: duckdb.DuckDBPyConnection, texts: pd.Series) -> float:
    """Return the share of a column's values that the best date format reads."""
    values = pd.DataFrame({"value": texts.dropna().drop_duplicates().head(SAMPLED_DATES)}, dtype="str")
    values = values[values["value"].str.match(LIKE_A_DATE, na=False)]
    asked = min(SAMPLED_DATES, texts.nunique())
    if not len(values):
        return 0.0
    connection.register("dated", values)
    return max(_read_by(connection, "dated", (None, *DATE_FORMATS, *OTHER_DATES))) / asked


def _read_by(connection: duckdb.DuckDBPyConnection, values: str, formats: tuple[str | None, ...]) -> list[int]:
    """Return how many values each format reads as a date of our time."""
    low, high = YEARS
    first = [value for (value,) in connection.sql(f"SELECT value FROM {values} LIMIT {SAMPLED_DATES}").fetchall()]
    # most formats have other marks between their numbers, and asking the engine about each takes a second
    asked = [f for f in formats if any(map(_shape(f).fullmatch, first))]
    counts = [f"count(*) FILTER (year({moment_sql('value', f)}) BETWEEN {low} AND {high})" for f in asked]
    found = connection.sql(f"SELECT {', '.join(['0', *counts])} FROM {values}").fetchall()[0][1:] if asked else ()
    read = dict(zip(asked, found, strict=True))
    return [read.get(f, 0) for f in formats]


@cache
def _shape(format_: str | None) -> re.Pattern[str]:
    """Return what every text that a format reads looks like: its marks, and numbers or words between them."""
    parts = re.split(r"(%\w| )", format_ or "%x")
    kinds = {"": "", " ": r"\s*", "%b": "[^\\W\\d]+", "%B": "[^\\W\\d]+", "%p": "[^\\W\\d]+", "%x": ".*"}
    written = (kinds.get(p) or (r"\d+" if p.startswith("%") else re.escape(p)) for p in parts)
    return re.compile(r"\s*" + "".join(written) + r"\s*", re.DOTALL)


def date_reading(folder: Path, position: int, hint: str) -> DateReading:
    """Return how the dates of a column are written, from all of its values.

    Where day and month can be told apart by no value (none is above 12), the order of the lines decides: a ledger
    is written day by day. Where that says nothing either, habits do.

    Args:
        folder: with `text.parquet`.
        position: of the column in the header.
        hint: `day` or `month`, which comes first by the look of the rest of the file.
    """
    formats = (None, *DATE_FORMATS, *OTHER_DATES)
    with duckdb.connect(config={"threads": 1}) as connection:
        path = quoted(str(folder / "text.parquet"))
        connection.execute(
            f"CREATE TEMP TABLE lines AS SELECT line, trim(text_{position}, ' \t\r\n\u00a0') AS value FROM "
            f"read_parquet({path}) WHERE trim(text_{position}) NOT IN ({', '.join(map(quoted, MISSING))})"
        )
        connection.execute("CREATE TEMP TABLE dates AS SELECT DISTINCT value FROM lines")
        # a format that reads none of the first dates is not asked about all of them
        first = _read_by(connection, f"(FROM dates LIMIT {SAMPLED_DATES})", formats)
        formats = tuple(format_ for format_, count in zip(formats, first, strict=True) if count) or formats
        read = _read_by(connection, "dates", formats)
        best = [format_ for format_, count in zip(formats, read, strict=True) if count == max(read)]
        if None in best:
            return DateReading(None, SURE, "year, month, day")
        best = narrowest(connection, "dates", best)
        two_ways = [f for f in best if _other_order(f) in best]
        if not two_ways:
            return DateReading(best[0], SURE, _evidence(connection, best[0]))
        day = next(f for f in two_ways if f.index("%d") < f.index("%m"))
        month = _other_order(day)
        steps = {f: _in_order(connection, f) for f in (day, month)}
    if abs(steps[day] - steps[month]) > 0.02:
        chosen = day if steps[day] > steps[month] else month
        return DateReading(
            chosen, LIKELY, f"{_first(chosen)} first: read so, the lines stand in the order of time"
        )
    chosen = day if hint == "day" else month
    return DateReading(chosen, GUESSED, f"{_first(chosen)} first by habit only: every date can be read both ways")


def _other_order(format_: str | None) -> str | None:
    """Return a format with day and month exchanged; None for one that names the month or starts with the year."""
    if not format_ or not re.match(r"%[dm]([/.-])%[dm]\1", format_):
        return None
    return format_.translate(str.maketrans("dm", "md"))


def _first(format_: str) -> str:
    return "day" if format_.index("%d") < format_.index("%m") else "month"


def _evidence(connection: duckdb.DuckDBPyConnection, format_: str) -> str:
    """Return why one order of day and month is certain."""
    if not _other_order(format_):
        return "no other reading fits"
    read = moment_sql("value", format_)
    count = connection.sql(f"SELECT count(*) FILTER (day({read}) > 12) FROM dates").fetchall()[0][0]
    return f"{_first(format_)} first: {count:,} of the dates have a day above 12"


def _in_order(connection: duckdb.DuckDBPyConnection, format_: str) -> float:
    """Return the share of steps from date to date that go the same way, forwards or backwards in time."""
    read = moment_sql("value", format_)
    steps = f"SELECT {read} - lag({read}) OVER (ORDER BY line) AS step FROM lines"
    forth, back = connection.sql(
        f"SELECT count(*) FILTER (step > INTERVAL 0 DAY), count(*) FILTER (step < INTERVAL 0 DAY) FROM ({steps})"
    ).fetchall()[0]
    return max(forth, back) / (forth + back) if forth + back else 0.0


def currency_of(look: Look, amounts: list[str]) -> tuple[str, str]:
    """Return the ISO code of a file's currency and where it was seen; empty where nothing says it.

    Args:
        look: at the file.
        amounts: headers of the columns of money.
    """
    for header in [*amounts, *look.header]:
        for sign, code in SIGNS.items():
            if sign in header:
                return code, f"{sign} stands in the header {header}"
        if code := next((c for c in CURRENCIES if c in re.findall(r"[A-Za-z]+", header.upper())), None):
            return code, f"it stands in the header {header}"
    for header in amounts:
        signs = look.sample[header].dropna().str.extract(f"({SIGN})")[0].dropna().unique()
        if len(signs) == 1 and (code := SIGNS.get(signs[0], signs[0])) in CURRENCIES:
            return code, f"{signs[0]} stands with the amounts of {header}"
    for header, content in look.contents.items():
        if content.distinct == 1 and (code := SIGNS.get(content.example, content.example.upper())) in CURRENCIES:
            return code, f"it stands in the column {header}"
    return "", ""

"""A source of Parquet whose columns have types already: it becomes lines on the engine, not by way of texts.

The readers stream every value as text through one process, because a csv says nothing of its types. A lake's
Parquet does, and has a thousand files of it. What cannot be taken as it is (a date kept as text, pseudonyms, order
numbers that have to be made up) is left to `helpers.ledger.ingest`, which reads anything.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.duck import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.base.vocabulary import COLUMNS, IDS, MOMENT, MONEY, NUMBER, QUANTITY, TEXT, WHOLE
from helpers.ledger.dates import FIRST_YEAR, LAST_YEAR
from helpers.ledger.pseudonyms import ROUNDED_ID
from helpers.ledger.source import Source, partitions
from helpers.ledger.sources import files_of, stop_at_copies

PADDING = " \t\r\n\u00a0"
TYPES = {WHOLE: nw.Int64(), NUMBER: nw.Float64(), QUANTITY: nw.Decimal(15, 3), MONEY: nw.Decimal(18, 4)}


class Typed(NamedTuple):
    """What a source holds: how many rows, the lines that could be read, and the values that could not."""

    rows: int
    names: list[str]
    lines: nw.LazyFrame
    unparsed: nw.LazyFrame


class _Value(NamedTuple):
    """A column's typed value, and whether one is given that cannot be read, where that may be."""

    value: nw.Expr
    unread: nw.Expr | None = None


def typed_lines(
    path: Path, source: Source, names_of: Callable[[list[str], Source, str], list[str]], engine: DuckDBEngine
) -> Typed | None:
    """Return the lines of a Parquet file, or of a folder of them; None where they are not typed as a study needs.

    Lines are numbered in the order of the files' names and of the rows in them, whichever process reads which.

    Args:
        path: of the source.
        source: of the study.
        names_of: gives the names of headers.
        engine: reads files with the number of each row.

    Raises:
        StudyError: files have different columns, or there is no line.
    """
    files = files_of(path, source.partitions)
    if any(file.suffix.lower() != ".parquet" for file in files) or source.one_order or source.one_customer:
        return None
    stop_at_copies(files)
    schema, about, rows = pq.read_schema(files[0]), [], 0
    for file in files:
        if odd := set(pq.read_schema(file).names) ^ set(schema.names):
            raise StudyError(
                f"{file.name} has other columns than {files[0].name} ({min(odd)!r} is in one of them only); "
                "all files and sheets of a source need the same header."
            )
        inside = partitions(file.parent.relative_to(path)) if path.is_dir() else {}
        about.append(inside | {"_file": engine.key_of(file), "_before": rows, "_name": file.name})
        rows += pq.read_metadata(file).num_rows
    if not rows:
        raise StudyError(f"{path.name} has a header but no lines; give a file with at least one line.")
    parts = [key for key in about[0] if not key.startswith("_") and key not in schema.names]
    header = [*schema.names, *parts]
    names = names_of(header, source, path.name)
    types = [schema.field(key).type if key in schema.names else pa.string() for key in header]
    found = [_value(*column, source) for column in zip(header, names, types, strict=True)]
    if None in found:
        return None
    keys = ("_file", "_before", "_name", *parts)
    places = engine.table(pa.table({key: [one.get(key) for one in about] for key in keys}))
    frame = engine.scan_numbered(files).join(places, on="_file", how="inner")
    frame = frame.with_columns(line=nw.col("_before") + nw.col("_row") + 1)
    read = {name: column.value for name, column in zip(names, found, strict=True)}
    doubtful = {key: column.unread for key, column in zip(header, found, strict=True) if column.unread is not None}
    clean = frame.filter(*(~unread for unread in doubtful.values())) if doubtful else frame
    lines = clean.select("line", **read)
    if "revenue" not in names and {"quantity", "unit_price"} <= set(names):
        lines = lines.with_columns(revenue=(nw.col("quantity") * nw.col("unit_price")).cast(TYPES[MONEY]))
    wrong = [
        frame.filter(unread).select(
            "line", file="_name", row=nw.col("_row") + 1, column=nw.lit(key), value=nw.col(key).cast(nw.String)
        )
        for key, unread in (doubtful or {header[0]: nw.col("_row") < 0}).items()
    ]
    return Typed(rows, names, lines, nw.concat(wrong))


def _value(header: str, name: str, type_: pa.DataType, source: Source) -> _Value | None:
    """Return how a column of a source becomes one of the lines; None where its type says too little."""
    wanted = COLUMNS[name].type if name in COLUMNS else None
    column = nw.col(header)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        if wanted not in (TEXT, None):
            return None
        given = column.str.strip_chars(PADDING)
        there = ~given.is_in(list(source.missing))
        if name not in IDS:  # padding is for the cleaning rules to judge
            return _Value(nw.when(there).then(column))
        # an id that went through a spreadsheet as a number: 17850.0 is customer 17850
        number = given.str.contains(r"^\d+\.0+$")
        plain = nw.when(number).then(given.str.replace_all(r"\.0+$", "")).otherwise(given)
        return _Value(nw.when(there).then(plain), given.str.contains(ROUNDED_ID).fill_null(False))
    if pa.types.is_integer(type_) and wanted == TEXT:
        return _Value(column.cast(nw.String))
    if wanted == MOMENT and (pa.types.is_date(type_) or (pa.types.is_timestamp(type_) and type_.tz is None)):
        year = column.dt.year()
        far = ((year < FIRST_YEAR) | (year > LAST_YEAR)).fill_null(False)
        return _Value(column.cast(nw.Datetime("us")), far)
    if wanted in TYPES or wanted is None:
        if pa.types.is_integer(type_) or pa.types.is_decimal(type_):
            default = WHOLE if pa.types.is_integer(type_) else NUMBER
            return _Value(column.cast(TYPES[wanted or default]))
        if pa.types.is_floating(type_):
            finite = column.is_finite()
            endless = (~finite & ~column.is_nan()).fill_null(False)
            return _Value(nw.when(finite).then(column).cast(TYPES[wanted or NUMBER]), endless)
    return None

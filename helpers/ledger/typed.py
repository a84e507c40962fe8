"""A source of Parquet whose columns have types already: it becomes lines on the engine, not by way of texts.

The readers stream every value as text through one process, because a csv says nothing of its types. A lake's
Parquet does, and has a thousand files of it. What cannot be taken as it is (a date kept as text, order numbers
that have to be made up) is left to `helpers.ledger.ingest`, which reads anything.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.duck import DuckDBEngine
from helpers.base.engine import distinct_rows
from helpers.base.errors import StudyError
from helpers.base.vocabulary import COLUMNS, IDS, MOMENT, MONEY, NUMBER, QUANTITY, TEXT, WHOLE
from helpers.ledger.dates import FIRST_YEAR, LAST_YEAR
from helpers.ledger.pseudonyms import FILE, ROUNDED_ID, WITHHELD, Pseudonyms, check_replaced, other_names
from helpers.ledger.source import Source, partitions
from helpers.ledger.sources import files_of, stop_at_copies

SCRATCH = ("line", "_file", "_row", "_before", "_name", "file_row_number")
"""Columns that say where a line stands, beside those of the source."""
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
    path: Path,
    source: Source,
    names_of: Callable[[list[str], Source, str], list[str]],
    engine: DuckDBEngine,
    pseudonyms: Pseudonyms | None = None,
) -> Typed | None:
    """Return the lines of a Parquet file, or of a folder of them; None where they are not typed as a study needs.

    Lines are numbered in the order of the files' names and of the rows in them, whichever process reads which.

    Args:
        path: of the source.
        source: of the study.
        names_of: gives the names of headers.
        engine: reads files with the number of each row.
        pseudonyms: replace ids; the values that cannot be read are withheld then.

    Raises:
        StudyError: files have different columns, there is no line, or ids cannot be replaced.
    """
    files = files_of(path, source.partitions)
    if any(file.suffix.lower() != ".parquet" for file in files) or source.one_order or source.one_customer:
        return None
    stop_at_copies(files)
    schema, about, rows = pq.read_schema(files[0]), [], 0
    for number, file in enumerate(files, start=1):
        if odd := set(pq.read_schema(file).names) ^ set(schema.names):
            raise StudyError(
                f"{file.name} has other columns than {files[0].name} ({min(odd)!r} is in one of them only); "
                "all files and sheets of a source need the same header."
            )
        inside = partitions(file.parent.relative_to(path)) if path.is_dir() else {}
        name = FILE.format(number) if pseudonyms and path.is_dir() else file.name
        about.append(inside | {"_file": str(file.resolve()), "_before": rows, "_name": name})
        rows += pq.read_metadata(file).num_rows
    if not rows:
        raise StudyError(f"{path.name} has a header but no lines; give a file with at least one line.")
    parts = [key for key in about[0] if not key.startswith("_") and key not in schema.names]
    header = [*schema.names, *parts]
    if len({name.casefold() for name in (*header, *SCRATCH)}) < len(header) + len(SCRATCH):
        return None  # engines do not tell `Country` from `country`; the readers know columns by their place
    names = names_of(header, source, path.name)
    if pseudonyms:
        check_replaced(names, pseudonyms, path.name)
    replaced = [names.index(name) for name in pseudonyms.columns] if pseudonyms else []
    types = [schema.field(key).type if key in schema.names else pa.string() for key in header]
    found = [_value(*column, source) for column in zip(header, names, types, strict=True)]
    if None in found or not all(_is_text(types[at]) or pa.types.is_integer(types[at]) for at in replaced):
        return None
    keys = ("_file", "_before", "_name", *parts)
    places = engine.table(pa.table({key: [one.get(key) for one in about] for key in keys}))
    frame = engine.scan_numbered(files).join(places, on="_file", how="inner")
    frame = frame.with_columns(line=nw.col("_before") + nw.col("_row") + 1)
    if pseudonyms:
        ids = {f"_id_{at}": _id_of(nw.col(header[at]).cast(nw.String), names[at], source) for at in replaced}
        frame = _renamed(frame.with_columns(**ids), list(ids), pseudonyms, engine)
        found = [v._replace(value=nw.col(f"_id_{at}")) if at in replaced else v for at, v in enumerate(found)]
    read = {name: column.value for name, column in zip(names, found, strict=True)}
    doubtful = {key: column.unread for key, column in zip(header, found, strict=True) if column.unread is not None}
    clean = frame.filter(*(~unread for unread in doubtful.values())) if doubtful else frame
    lines = clean.select("line", **read)
    if "revenue" not in names and {"quantity", "unit_price"} <= set(names):
        lines = lines.with_columns(revenue=(nw.col("quantity") * nw.col("unit_price")).cast(TYPES[MONEY]))
    wrong = [
        frame.filter(unread).select(
            "line",
            file="_name",
            row=nw.col("_row") + 1,
            column=nw.lit(key),
            value=nw.lit(WITHHELD) if pseudonyms else nw.col(key).cast(nw.String),
        )
        for key, unread in (doubtful or {header[0]: nw.col("_row") < 0}).items()
    ]
    return Typed(rows, names, lines, nw.concat(wrong))


def _renamed(frame: nw.LazyFrame, ids: list[str], pseudonyms: Pseudonyms, engine: DuckDBEngine) -> nw.LazyFrame:
    """Return a frame with pseudonyms in columns of ids; one row a customer is collected for them."""
    each = distinct_rows(nw.concat([frame.select(id=nw.col(name)) for name in ids]), "id")
    found = each.filter(~nw.col("id").is_null()).collect("pyarrow")["id"].to_list()
    others = engine.table(other_names(sorted(found), pseudonyms))
    for name in ids:
        one = others.select(nw.col("id").alias(name), nw.col("name").alias("_other"))
        frame = frame.join(one, on=name, how="left").with_columns(nw.col("_other").alias(name)).drop("_other")
    return frame


def _is_text(type_: pa.DataType) -> bool:
    return pa.types.is_string(type_) or pa.types.is_large_string(type_)


def _id_of(column: nw.Expr, name: str, source: Source) -> nw.Expr:
    """Return a text without padding, null where the source means "no value"; of an id, as readers have it, too."""
    given = column.str.strip_chars(PADDING)
    there = ~given.is_in(list(source.missing))
    if name in IDS:  # one that went through a spreadsheet as a number: 17850.0 is customer 17850
        number = given.str.contains(r"^\d+\.0+$")
        given = nw.when(number).then(given.str.replace_all(r"\.0+$", "")).otherwise(given)
    return nw.when(there).then(given)


def _value(header: str, name: str, type_: pa.DataType, source: Source) -> _Value | None:
    """Return how a column of a source becomes one of the lines; None where its type says too little."""
    wanted = COLUMNS[name].type if name in COLUMNS else None
    column = nw.col(header)
    if _is_text(type_):
        if wanted not in (TEXT, None):
            return None
        given = column.str.strip_chars(PADDING)
        if name not in IDS:  # padding is for the cleaning rules to judge
            return _Value(nw.when(~given.is_in(list(source.missing))).then(column))
        return _Value(_id_of(column, name, source), given.str.contains(ROUNDED_ID).fill_null(False))
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

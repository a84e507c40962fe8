"""From a source of any kind to one typed Parquet with canonical names, nothing lost on the way.

Two passes: the readers stream the source as text into a scratch Parquet, then DuckDB decides, over whole
columns, what the texts mean (date format, types of columns nobody named) and writes `raw`. A row with a
value that cannot be read is kept aside in `unparsed` with its line number, column and value.
"""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError, nearest
from helpers.base.parquet import rows_of
from helpers.base.vocabulary import COLUMNS, IDS, MOMENT, MONEY, NUMBER, TEXT, WHOLE
from helpers.ledger import readers
from helpers.ledger.dates import date_format as find_format
from helpers.ledger.dates import plausible_sql, stop_at_half_read
from helpers.ledger.doubts import counted_as, overlaps, totals_at_end
from helpers.ledger.numbers import bare_sql, number_sql, quoted, stop_at_ambiguous
from helpers.ledger.pseudonyms import FILE, ROUNDED_ID, WITHHELD, Pseudonyms, check_replaced, replace_ids
from helpers.ledger.source import Source, partitions
from helpers.ledger.sources import files_of, stop_at_copies
from helpers.ledger.tables import write_table
from helpers.ledger.text_table import check_length, with_values
from helpers.ledger.typed import Typed, typed_lines

WHOLE_LINE = "(whole line)"
FLOAT_ID = r"^(\d+)\.0+$"
"""An id that went through a spreadsheet as a number: 17850.0 is customer 17850."""
CODE = r"^0\d"
"""A leading zero says code, not number."""
SLICE = 50
"""Columns that are typed at once."""
TEXT_FILES = (".csv", ".txt", ".tsv")


class Ingested(NamedTuple):
    """What ingest did, for the pages."""

    rows_read: int
    rows_unparsed: int
    date_format: str | None
    encoding: str | None
    doubts: tuple[str, ...] = ()
    """Sentences about what was not certain."""


class Text(NamedTuple):
    """A source as one Parquet of text."""

    header: list[str]
    broken: list[tuple]
    """Lines with too many or too few fields, as rows of `unparsed`."""
    encoding: str | None
    """Of a csv."""
    tables: int
    """Files and sheets."""
    doubts: list[str]


def ingest(
    path: Path,
    source: Source,
    engine: DuckDBEngine,
    folder: Path,
    pseudonyms: Pseudonyms | None = None,
    *,
    written: Text | None = None,
) -> Ingested:
    """Write `raw.parquet` and `unparsed.parquet` of a source (a file, or a folder of files of one shape).

    The folder must be there; while this runs, it holds the scratch text too. With pseudonyms in place of the
    customers' ids, no text that might hold one is kept. `written` is of `write_text`, where it has run already.

    Raises:
        StudyError: the source is empty, a mapped column is missing, dates can be read in two ways, or
            more lines than the study allows have a value that cannot be read.
    """
    if engine.reads_typed and (typed := typed_lines(path, source, canonical_names, engine, pseudonyms)):
        return _take_typed(typed, path, source, engine, folder)
    text, connection = folder / "text.parquet", engine.files.connection
    # else each "no value" becomes a join of its own, and fifty columns a plan that runs longer than their lines
    connection.execute("SET disabled_optimizers = 'in_clause'")
    found = written or write_text(path, source, text, named=not pseudonyms)
    headers, broken, doubts = found.header, found.broken, found.doubts
    rows = pq.read_metadata(text).num_rows + len(broken)
    if found.tables > 1:
        doubts += overlaps(connection, text, path.name)
    if pseudonyms:
        replace_ids(connection, text, _ids(headers, source, pseudonyms, path.name), pseudonyms)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW text AS FROM read_parquet({quoted(str(text))})")
    givens = {f"text_{position}": _given(f"text_{position}", source) for position in range(len(headers))}
    totals = totals_at_end(connection, givens, source)
    if totals:
        lines = ", ".join(str(line) for line, *_ in totals)
        kept = f"FROM read_parquet({quoted(str(text))}) WHERE line NOT IN ({lines})"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW text AS {kept}")
        said = WITHHELD if pseudonyms else totals[-1][-1][:80]
        doubts.append(f"{path.name} ends in a line of totals, which is set aside: {said!r}.")
    broken = [*broken, *((*place, WHOLE_LINE, text) for *place, text in totals)]
    if pseudonyms:
        broken = [(*place, WITHHELD) for *place, _ in broken]
    columns, date_format = _columns(connection, headers, source, path.name)
    doubts += counted_as(source, {column.name for column in columns}, path.name)
    unparsed = _write_unparsed(connection, columns, broken, folder / "unparsed.parquet", withheld=bool(pseudonyms))
    _stop_if_unreadable(connection, unparsed - len(totals), rows, source, path.name)
    _write_raw(connection, columns, source, folder / "raw.parquet")
    text.unlink()
    return Ingested(rows, unparsed, date_format, found.encoding, tuple(doubts))


def _take_typed(typed: Typed, path: Path, source: Source, engine: DuckDBEngine, folder: Path) -> Ingested:
    """Write the tables of a source that the engine has read by itself."""
    write_table("unparsed", typed.unparsed, folder / "unparsed.parquet", engine)
    values = pq.read_table(folder / "unparsed.parquet")
    unparsed = len(values.column("line").unique())
    if unparsed > source.unreadable_at_most * typed.rows:
        _stop_at(values.slice(0, 1).to_pylist()[0], unparsed, typed.rows, source, path.name)
    write_table("raw", typed.lines, folder / "raw.parquet", engine)
    if (found := rows_of(folder / "raw.parquet")) != typed.rows - unparsed:
        raise StudyError(
            f"{path.name} has {typed.rows:,} lines, but {found + unparsed:,} were read: name folders and files "
            "by letters, digits, - and _ alone."
        )
    return Ingested(typed.rows, unparsed, None, None, tuple(counted_as(source, set(typed.names), path.name)))


def _ids(headers: list[str], source: Source, pseudonyms: Pseudonyms, file: str) -> dict[str, str]:
    """Return where the ids to replace stand: column of the text -> SQL for the id, NULL where there is none.

    Raises:
        StudyError: the source has no such column, or it holds numbers or dates.
    """
    names = canonical_names(headers, source, file)
    check_replaced(names, pseudonyms, file)
    found = {}
    for name in pseudonyms.columns:
        text = f"text_{names.index(name)}"
        given = _given(text, source)
        found[text] = f"regexp_replace({given}, '{FLOAT_ID}', '\\1')" if name in IDS else given
    return found


def _given(text: str, source: Source) -> str:
    """Return SQL for a text without padding, NULL where the source means "no value"."""
    missing = ", ".join(quoted(text) for text in source.missing)
    trimmed = f"trim({text}, ' \t\r\n\u00a0')"
    return f"CASE WHEN {trimmed} NOT IN ({missing}) THEN {trimmed} END"


class _Column(NamedTuple):
    """A column of the source on its way: where from, its name and type, and SQL for its value."""

    header: str
    name: str
    type: str
    given: str
    """SQL: the text, NULL where the source means "no value"."""
    value: str
    """SQL: the typed value, NULL where it is missing or cannot be read."""
    unread: str = "false"
    """SQL: whether it is given, but cannot be read."""


def canonical_names(headers: list[str], source: Source, file: str) -> list[str]:
    """Return the name of each header: as the study maps it, else in snake_case.

    Raises:
        StudyError: a mapped header is not in the file, or two columns would get the same name or one the
            name of the row number.
    """
    for header in source.columns:
        if header not in headers:
            hint = nearest(header, headers) or f"; its columns are {', '.join(headers)}."
            raise StudyError(f"{file} has no column {header!r}, which source.columns maps{hint}")
    names = [source.columns.get(header) or snake_case(header) for header in headers]
    for header, name in zip(headers, names, strict=True):
        if name == "line":
            problem = f"the column {header!r} would be called line, as the number of the row is"
            raise StudyError(f"{file}: {problem}; map it to another name.")
        if names.count(name) > 1:
            both = " and ".join(repr(h) for h, n in zip(headers, names, strict=True) if n == name)
            raise StudyError(f"{file}: the columns {both} would both be called {name}; map one to another name.")
    return names


def snake_case(header: str) -> str:
    """Return a header as a plain lower-case name: `Purchase Amount (USD)` -> `purchase_amount_usd`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header)
    return re.sub(r"\W+", "_", spaced).strip("_").lower() or "column"


def write_text(path: Path, source: Source, target: Path, *, named: bool = True) -> Text:
    """Stream all files into one Parquet of text, and return what is to be known of it.

    Lines say which file they are from, with its folders. Where files of a folder are not to be `named`, since one
    may be called after a customer (`customer_id=17850`), they say its number in the order of names.

    The text columns are called by position: engines do not tell `Country` from `country`, nor a column of
    the source from the scratch columns that say where a line stands.
    """
    found = Text([], [], None, 0, [])
    first, lines = "", 0
    with ExitStack() as stack:
        files = files_of(path, source.partitions)
        stop_at_copies(files)
        for number, file in enumerate(files, start=1):
            inside = file.parent.relative_to(path) if path.is_dir() else Path()
            for table in readers.read(file, source):
                if path.is_dir() and not named:
                    table.name = table.name.replace(file.name, FILE.format(number), 1)
                elif inside.parts:
                    table.name = f"{inside.as_posix()}/{table.name}"
                parts = {key: value for key, value in partitions(inside).items() if key not in table.header}
                header = [*table.header, *parts]
                check_header(header, table.name)
                if not found.header:
                    found, first = found._replace(header=header), table.name
                    texts = [(f"text_{position}", pa.string()) for position in range(len(header))]
                    schema = pa.schema([("line", pa.int64()), ("file", pa.string()), ("row", pa.int64()), *texts])
                    writer = stack.enter_context(pq.ParquetWriter(target, schema, compression="lz4"))
                if odd := set(header) ^ set(found.header):
                    raise StudyError(
                        f"{table.name} has other columns than {first} ({min(odd)!r} is in one of them only); "
                        "all files and sheets of a source need the same header."
                    )
                last = 0
                places = {name: position for position, name in enumerate(table.header)}
                for numbers, batch in table.numbered():
                    check_length(batch, table.header, numbers, table.name)
                    rows, kept = with_values(numbers, batch)
                    where = [pa.array(rows + lines), pa.repeat(table.name, len(rows)), pa.array(rows)]
                    values = [
                        kept.column(places[name]) if name in places else pa.repeat(parts[name], len(rows))
                        for name in found.header
                    ]
                    writer.write_batch(pa.record_batch([*where, *values], schema=schema))
                    last = int(numbers[-1])
                found.broken.extend((lines + row, table.name, row, WHOLE_LINE, text) for row, text in table.broken)
                found.doubts.extend(table.doubts)
                found = found._replace(encoding=table.encoding or found.encoding, tables=found.tables + 1)
                lines += max([last, *(row for row, _ in table.broken)])
    if not found.broken and not pq.read_metadata(target).num_rows:
        raise StudyError(f"{path.name} has a header but no lines; give a file with at least one line.")
    return found


def check_header(header: list[str], file: str) -> None:
    """Raise a StudyError where a header has no names, or the same name twice."""
    if not any(header):
        raise StudyError(f"{file} has no column names in its first row; add a header.")
    if twice := [name for name in header if header.count(name) > 1]:
        raise StudyError(f"{file} has two columns called {twice[0]!r}; rename one of them in the file.")


def _columns(
    connection: duckdb.DuckDBPyConnection, headers: list[str], source: Source, file: str
) -> tuple[list[_Column], str | None]:
    """Return how each column of the text becomes a typed one, and the date format found."""
    columns, date_format = [], None
    names = canonical_names(headers, source, file)
    for position, (header, name) in enumerate(zip(headers, names, strict=True)):
        text = f"text_{position}"
        given = _given(text, source)
        column = _Column(header, name, COLUMNS[name].type if name in COLUMNS else TEXT, given, given)
        if name in IDS:
            rounded = f"contains({text}, 'E+') AND regexp_matches({given}, '{ROUNDED_ID}')"
            value = f"regexp_replace({given}, '{FLOAT_ID}', '\\1')"
            column = column._replace(value=value, unread=rounded)
        elif column.type == MOMENT:
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE moments AS SELECT DISTINCT {given} AS value FROM text"
            )
            stop_at_half_read(connection, header, file)
            date_format = source.date_format or find_format(connection, header, file)
            column = column._replace(value=plausible_sql(connection, given, date_format))
        elif column.type != TEXT:
            bare = bare_sql(connection, given, "text")
            column = column._replace(value=number_sql(bare, column.type, source.decimal))
        elif name not in COLUMNS:
            column = _guess_type(connection, column, source.decimal)
        if column.type == TEXT and name not in IDS:  # padding is for the cleaning rules to judge
            column = column._replace(value=f"CASE WHEN {given} IS NOT NULL THEN {text} END")
        if column.type != TEXT:
            column = column._replace(unread=f"{given} IS NOT NULL AND {column.value} IS NULL")
        columns.append(column)
    if "decimal" not in source.model_fields_set:
        numbers = {
            column.header: (f"text_{position}", column.given)
            for position, column in enumerate(columns)
            if column.type not in (TEXT, MOMENT)
        }
        stop_at_ambiguous(connection, numbers, file)
    return columns, date_format


def _guess_type(connection: duckdb.DuckDBPyConnection, column: _Column, decimal: str) -> _Column:
    """Return a column nobody named as a number where every value is one (and no code such as 007)."""
    bare = bare_sql(connection, column.given, "text")
    number = number_sql(bare, NUMBER, decimal)
    given, numbers, whole, codes = _row(
        connection,
        f"SELECT count({column.given}), count({number}), count(*) FILTER ({number} = floor({number})), "
        f"count(*) FILTER (regexp_matches({column.given}, '{CODE}')) FROM text",
    )
    if not given or numbers < given or codes:
        return column
    type_ = WHOLE if whole == given else NUMBER
    return column._replace(type=type_, value=number_sql(bare, type_, decimal))


def _write_unparsed(
    connection: duckdb.DuckDBPyConnection,
    columns: list[_Column],
    broken: list[tuple],
    target: Path,
    *,
    withheld: bool,
) -> int:
    """Write every value that is given but cannot be read; return the number of lines that have one.

    Withheld values keep their place: a line whose fields have slipped may have an id under any header.
    """
    value = quoted(WITHHELD) if withheld else None
    shape = 'line BIGINT, file TEXT, row BIGINT, "column" TEXT, value TEXT'
    connection.execute(f"CREATE OR REPLACE TEMP TABLE unparsed ({shape})")
    for n, c in enumerate(columns):  # one by one: hundreds of columns at once take gigabytes
        if c.unread != "false":
            # each text is read once, for few stand on one line only
            connection.execute(f"CREATE OR REPLACE TEMP TABLE texts AS SELECT DISTINCT text_{n} FROM text")
            connection.execute(
                f"INSERT INTO unparsed SELECT line, file, row, {quoted(c.header)}, {value or c.given} FROM text "
                f"WHERE text_{n} IN (SELECT text_{n} FROM texts AS text WHERE {c.unread})"
            )
    if broken:
        connection.executemany("INSERT INTO unparsed VALUES (?, ?, ?, ?, ?)", broken)
    connection.sql('FROM unparsed ORDER BY line, "column"').write_parquet(str(target))
    return _row(connection, "SELECT count(DISTINCT line) FROM unparsed")[0]


def _stop_if_unreadable(
    connection: duckdb.DuckDBPyConnection, unparsed: int, rows: int, source: Source, file: str
) -> None:
    if unparsed <= source.unreadable_at_most * rows:
        return
    first = 'SELECT file, row, "column", value FROM unparsed ORDER BY line, "column" LIMIT 1'
    names = ("file", "row", "column", "value")
    _stop_at(dict(zip(names, _row(connection, first), strict=True)), unparsed, rows, source, file)


def _stop_at(first: dict, unparsed: int, rows: int, source: Source, file: str) -> None:
    where = f" of {first['file']}" if first["file"] != file else ""
    raise StudyError(
        f"{file}: {unparsed:,} of {rows:,} lines have a value that cannot be read, more than "
        f"source.unreadable_at_most allows ({source.unreadable_at_most:.2%}); the first is {first['value']!r} in "
        f"column {first['column']!r} of row {first['row']:,}{where}: check the mapping, date_format and decimal."
    )


def _write_raw(
    connection: duckdb.DuckDBPyConnection, columns: list[_Column], source: Source, target: Path
) -> None:
    """Write the lines without an unreadable value, typed, with order numbers and revenue where they can be had."""
    names = {column.name for column in columns}
    query = _typed(connection, [f'{column.value} AS "{column.name}"' for column in columns])
    if source.one_order and "order_id" not in names and {"customer_id", "ordered_at"} <= names:
        numbered = "customer_id || ' ' || strftime(ordered_at, '%Y-%m-%d') AS order_id"
        query = f"SELECT *, {numbered} FROM ({query})"
    if source.one_customer and "customer_id" not in names:
        query = f"SELECT *, line::VARCHAR AS customer_id FROM ({query})"
    if "revenue" not in names and {"quantity", "unit_price"} <= names:
        query = f"SELECT *, CAST(quantity * unit_price AS {MONEY}) AS revenue FROM ({query})"
    raw = connection.sql(f"SELECT * FROM ({query}) ANTI JOIN unparsed USING (line) ORDER BY line")
    raw.write_parquet(str(target), compression="zstd")


def _typed(connection: duckdb.DuckDBPyConnection, selected: list[str]) -> str:
    """Return SQL for the typed lines; of a wide table slice by slice, because each column takes its memory."""
    if len(selected) <= SLICE:
        return f"SELECT line, {', '.join(selected)} FROM text"
    slices = [selected[start : start + SLICE] for start in range(0, len(selected), SLICE)]
    for number, part in enumerate(slices):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE slice_{number} AS SELECT line, {', '.join(part)} FROM text"
        )
    others = range(1, len(slices))
    joined = " ".join(f"POSITIONAL JOIN slice_{number}" for number in others)
    return f"SELECT slice_0.*, {', '.join(f'slice_{n}.* EXCLUDE (line)' for n in others)} FROM slice_0 {joined}"


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple:
    """Return the one row of a query."""
    return connection.sql(query).fetchall()[0]

"""Files as batches of text: every reader gives the same columns, all text, nothing interpreted.

What a text means (a date, a price, a missing value) is decided once, for all kinds of file, by `ingest`.
Reading in batches keeps memory flat whatever the size of the file.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from helpers.base.errors import StudyError
from helpers.ledger.source import Source

SNIFFED = 1 << 16
DELIMITERS = ",;\t|"
SPLIT_ALIKE = 0.9
"""Share of lines split alike that is enough: a broken line here or there is the file's fault."""
BLOCK = 1 << 22
ROWS = 1 << 16


class Table:
    """One file (or sheet) as text: its header, and batches of rows.

    Row numbers count data rows from 1, broken ones included, so that they can be found again. Broken is a line of
    a csv (its row and text) that does not have the header's number of fields.
    """

    def __init__(self, name: str, header: list[str], batches: Iterator[pa.RecordBatch]) -> None:
        self.name = name
        self.header = header
        self.batches = batches
        self.broken: list[tuple[int, str]] = []

    def numbered(self) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
        """Yield each batch with the numbers of its rows, stepping over those of broken lines."""
        last = 0
        for batch in self.batches:
            if batch.num_rows:
                broken = [row for row, _ in self.broken if row > last]
                numbers = np.arange(last + 1, last + 1 + batch.num_rows + len(broken))
                numbers = np.setdiff1d(numbers, broken, assume_unique=True)[: batch.num_rows]
                last = int(numbers[-1])
                yield numbers, batch


def read(path: Path, source: Source) -> list[Table]:
    """Return the tables of one file: one, or one a sheet.

    Raises:
        StudyError: the file is empty or is not what its ending says.
    """
    if path.stat().st_size == 0:
        raise StudyError(f"{path.name} is empty; give a file with a header and at least one line.")
    with _readable(path):
        if (kind := path.suffix.lower()) == ".parquet":
            tables = [_read_parquet(path, source.decimal)]
        elif kind.startswith(".xls"):
            tables = _read_workbook(path, source.sheets)
        else:
            tables = [_read_csv(path, source)]
    for table in tables:
        table.batches = _guarded(table.batches, path)
    return tables


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in a sentence what a library found wrong with a file."""
    try:
        yield
    except (pa.ArrowException, csv.Error, OSError, UnicodeError) as error:
        kind = path.suffix.lower()[1:]
        raise StudyError(f"{path.name} cannot be read as {kind}: {' '.join(str(error).split())}.") from error


def _guarded(batches: Iterator[pa.RecordBatch], path: Path) -> Iterator[pa.RecordBatch]:
    """Yield batches; files are read as they are asked for, so what is wrong late in a file shows here."""
    with _readable(path):
        yield from batches


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file: by its byte-order mark, UTF-8 where all of it is, else cp1252.

    cp1252 is what spreadsheets on Western European machines write, and reads nearly any bytes; which one
    was taken is said on the page, and a study can give another.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
        if start.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def delimiter_of(path: Path, encoding: str) -> str:
    """Return what separates the fields of a csv: what splits its first lines into as many fields as its header.

    Of several that do, the one that gives most fields: a decimal comma splits every line alike, too. A file of
    one column has none; a comma then does no harm.
    """
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        sample = stream.read(SNIFFED)
    whole = sample if len(sample) < SNIFFED else sample.rpartition("\n")[0]
    return max(DELIMITERS, key=lambda delimiter: _splits(whole, delimiter))


def _splits(sample: str, delimiter: str) -> tuple[float, int]:
    """Return how well a delimiter splits lines: the share with as many fields as the header, and how many."""
    try:
        counts = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return 0, 0
    if not counts or counts[0] == 1:
        return 0, 0
    alike = counts.count(counts[0]) / len(counts)
    return (1.0 if alike >= SPLIT_ALIKE else alike), counts[0]


def _read_csv(path: Path, source: Source) -> Table:
    encoding = source.encoding or encoding_of(path)
    try:
        delimiter = source.delimiter or delimiter_of(path, encoding)
        if len(delimiter) != 1:
            raise StudyError(f"source.delimiter is {delimiter!r}, but should be one character.")
        with path.open(encoding=encoding, newline="") as stream:
            header = next(csv.reader(stream, delimiter=delimiter), [])
    except LookupError:
        raise StudyError(f"{path.name}: {encoding!r} is no encoding; leave it out to have it detected.") from None
    if not header:
        raise StudyError(f"{path.name} has nothing in its first line; give a file with a header and its lines.")
    table = Table(path.name, [name.strip().lstrip("\ufeff") for name in header], iter(()))

    def note(row: pacsv.InvalidRow) -> str:
        table.broken.append((row.number - 1, row.text))  # the header is the csv's first row
        return "skip"

    types = dict.fromkeys(header, pa.string())
    options = (
        pacsv.ReadOptions(use_threads=False, block_size=BLOCK, encoding=encoding.removesuffix("-sig")),
        pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
        pacsv.ConvertOptions(column_types=types),
    )
    try:
        stream = pacsv.open_csv(path, *options)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):  # a header without even a line end; ingest says what that means
            return table
        raise
    table.batches = (batch.rename_columns(table.header) for batch in stream)
    return table


def _read_parquet(path: Path, decimal: str) -> Table:
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    batches = (
        pa.record_batch([_as_text(column, decimal) for column in batch.columns], names=names)
        for batch in file.iter_batches(ROWS)
    )
    return Table(path.name, names, batches)


def _as_text(column: pa.Array, decimal: str) -> pa.Array:
    """Return a typed column as texts, its numbers written with the decimal mark the study expects."""
    text = pc.cast(column, pa.string())
    written_by_arrow = pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    return pc.replace_substring(text, ".", decimal) if written_by_arrow and decimal != "." else text


def _read_workbook(path: Path, wanted: list[str] | None) -> list[Table]:
    import fastexcel  # only workbooks need it

    try:
        book = fastexcel.read_excel(str(path))
    except fastexcel.FastExcelError as error:
        raise StudyError(f"{path.name} cannot be read as a workbook: {str(error).splitlines()[0]}.") from error
    if unknown := set(wanted or []) - set(book.sheet_names):
        raise StudyError(f"{path.name} has no sheet {min(unknown)!r}; it has {', '.join(book.sheet_names)}.")
    tables = []
    for name in wanted or book.sheet_names:
        sheet = book.load_sheet(name, dtypes="string").to_arrow()
        if sheet.num_columns:
            header = [column.strip() for column in sheet.schema.names]
            tables.append(Table(f"{path.name}, sheet {name}", header, iter([sheet.rename_columns(header)])))
    if not tables:
        raise StudyError(f"{path.name} has no sheet with anything in it.")
    return tables

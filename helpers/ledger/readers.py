"""Files as batches of text: every reader gives the same columns, all text, nothing interpreted.

What a text means (a date, a price, a missing value) is decided once, for all kinds of file, by `ingest`.
Reading in batches keeps memory flat whatever the size of the file.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from helpers.base.errors import StudyError
from helpers.base.words import machine_is_full
from helpers.ledger.delimited import read_csv
from helpers.ledger.source import Source
from helpers.ledger.text_table import Table

ROWS = 1 << 16


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
            from helpers.ledger.workbooks import read_workbook  # only workbooks need it

            tables = read_workbook(path, source.sheets)
        else:
            tables = [read_csv(path, source)]
    for table in tables:
        table.batches = _guarded(table.batches, path)
    return tables


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in a sentence what a library found wrong with a file."""
    try:
        yield
    except (pa.ArrowException, csv.Error, OSError, UnicodeError) as error:
        if machine_is_full(error):
            raise
        kind = path.suffix.lower()[1:]
        said = " ".join(str(error).split())
        if "straddling" in said or "field larger" in said:
            said = "one of its lines is endless, or has a quote that is not closed"
        raise StudyError(f"{path.name} cannot be read as {kind}: {said}.") from error


def _guarded(batches: Iterator[pa.RecordBatch], path: Path) -> Iterator[pa.RecordBatch]:
    """Yield batches; files are read as they are asked for, so what is wrong late in a file shows here."""
    with _readable(path):
        yield from batches


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

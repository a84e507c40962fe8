"""Text files as batches of text: every encoding and layout that is detected, read by Arrow."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from helpers.base.errors import StudyError
from helpers.ledger import layouts
from helpers.ledger.encodings import MIXED, Encoding, encoding_of
from helpers.ledger.layouts import Layout, has_swallowed
from helpers.ledger.source import Source
from helpers.ledger.text_table import LONGEST, Table, check_width

SNIFFED = 1 << 16
LONGEST_LINE = 1 << 20
BLOCK = 1 << 22
STAND_IN = "\x1f"
"""What a delimiter beyond ASCII is read as; a sign that exists to separate."""
RECODED = (MIXED, "utf-7", "utf-32", "iso2022_jp")


def layout_of(path: Path, encoding: str, delimiter: str | None = None) -> Layout:
    """Return how the lines of a csv are split, from its beginning.

    Raises:
        StudyError: its first line has no end, or it is no csv.
    """
    with _text(path, encoding) as stream:
        sample = stream.read(SNIFFED)
        if len(sample) == SNIFFED and not re.search(r"[\r\n]", sample):
            sample += stream.read(LONGEST_LINE)
            if not re.search(r"[\r\n]", sample):
                raise StudyError(f"{path.name} has a first line without an end; give a file with a line an order.")
    if len(sample) >= SNIFFED:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1]
    return layouts.layout_of(sample, path.name, delimiter)


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    """Open a text file in any of the encodings that are detected."""
    if encoding == MIXED:
        return path.open(encoding="utf-8", errors="cp1252", newline="")
    return path.open(encoding=encoding, newline="")


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as cp1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("cp1252", _as_cp1252)


class _Recoded(io.RawIOBase):
    """A text file as UTF-8, for what Arrow's reader cannot do: pass over lines above the header, split at signs.

    Zero bytes are left out: they are what pads the end of a file.
    """

    def __init__(self, path: Path, encoding: str, layout: Layout) -> None:
        self._stream = _text(path, encoding)
        self._sign = layout.delimiter if not layout.delimiter.isascii() else ""
        for _ in range(layout.above):
            self._stream.readline()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        text = self._stream.read(max(size // 4, 1) if size >= 0 else -1).replace("\0", "")
        return (text.replace(self._sign, STAND_IN) if self._sign else text).encode("utf-8")

    def close(self) -> None:
        self._stream.close()
        super().close()


def read_csv(path: Path, source: Source) -> Table:
    """Return a csv as text.

    Raises:
        StudyError: it is no csv, or its encoding or delimiter do not do.
    """
    encoding = Encoding(_known(source.encoding, path)) if source.encoding else encoding_of(path)
    if source.delimiter is not None and (len(source.delimiter) != 1 or source.delimiter in '\0\r\n"'):
        raise StudyError(f"source.delimiter is {source.delimiter!r}, but should be one character.")
    layout = layout_of(path, encoding.name, source.delimiter)
    with _text(path, encoding.name) as stream:
        above = [stream.readline() for _ in range(layout.above)]
        header = next(csv.reader(stream, delimiter=layout.delimiter, quotechar=layout.quote), [])
    if not header:
        raise StudyError(f"{path.name} has nothing in its first line; give a file with a header and its lines.")
    check_width(header, path.name)
    table = Table(path.name, [name.strip().lstrip("\ufeff") for name in header], iter(()))
    table.encoding = encoding.name
    if encoding.doubt:
        table.doubts.append(
            f"{path.name} is read as {encoding.name}, a guess: {encoding.doubt}; where letters look wrong, name "
            "another in source.encoding."
        )
    if above:
        table.doubts.append(
            f"{path.name} has {len(above)} line{'s' * (len(above) > 1)} above its header, passed over, "
            f"beginning with {above[0].strip()[:60]!r}."
        )

    def note(row: pacsv.InvalidRow) -> str:
        if len(row.text) > LONGEST or has_swallowed(row.text, layout, len(header)):
            # an exception would be lost on its way through Arrow
            table.unclosed = table.unclosed or row.number - 1
        table.broken.append((row.number - 1, row.text))  # the header is the csv's first row
        return "skip"

    odd = layout.above or encoding.name in RECODED or not layout.delimiter.isascii() or _is_padded(path)
    delimiter = layout.delimiter if layout.delimiter.isascii() else STAND_IN
    types = dict.fromkeys(header, pa.string())
    options = (
        pacsv.ReadOptions(
            use_threads=False,
            block_size=BLOCK,
            encoding="utf8" if odd else encoding.name.removesuffix("-sig"),
        ),
        pacsv.ParseOptions(
            delimiter=delimiter, quote_char=layout.quote, newlines_in_values=True, invalid_row_handler=note
        ),
        pacsv.ConvertOptions(column_types=types),
    )
    try:
        stream = pacsv.open_csv(
            pa.PythonFile(_Recoded(path, encoding.name, layout), mode="r") if odd else path, *options
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):  # a header without even a line end; ingest says what that means
            return table
        raise
    renamed = (batch.rename_columns(table.header) for batch in stream)
    table.batches = _with_closed_quotes(table, renamed, layout)
    return table


def _known(encoding: str, path: Path) -> str:
    """Return an encoding that a study states, if Python knows it as one of text."""
    try:
        if encoding == MIXED or codecs.lookup(encoding)._is_text_encoding:
            return encoding
    except (LookupError, ValueError):
        pass
    raise StudyError(f"{path.name}: {encoding!r} is no encoding; leave it out to have it detected.")


def _is_padded(path: Path) -> bool:
    """Return whether a file of single bytes ends in zeros, as one does that was cut out of a fixed block."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 4, 0))
        return stream.read().endswith(b"\0\0\0\0"[: path.stat().st_size])


def _with_closed_quotes(
    table: Table, batches: Iterator[pa.RecordBatch], layout: Layout
) -> Iterator[pa.RecordBatch]:
    """Yield batches; raise a StudyError where a quote has swallowed lines."""
    fields, rows = len(table.header), 0
    for batch in batches:
        for column in batch.columns:
            several = pc.match_substring(column, "\n")
            if pc.any(several).as_py():
                firsts, values = batch.column(0).filter(several), column.filter(several)
                places = np.flatnonzero(several.to_numpy(zero_copy_only=False))
                for place, first, value in zip(places, firsts.to_pylist(), values.to_pylist(), strict=True):
                    if has_swallowed(value, layout, fields, first or ""):
                        table.unclosed = table.unclosed or rows + int(place) + 1 + len(table.broken)
        if table.unclosed:
            break
        rows += batch.num_rows
        yield batch
    if table.unclosed:
        raise StudyError(
            f"{table.name} has a quote ({layout.quote}) near row {table.unclosed:,} that is not closed, so that "
            "the lines after it would be read as one value; close it, or double it where it belongs to the text."
        )

"""A file or sheet as batches of text, and what nobody's table has: too many columns, endless values."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from helpers.base.errors import StudyError

LONGEST = 1 << 17
"""Characters of a value: no spreadsheet holds more than a quarter of that, and no chart can write it."""
WIDEST = 200
"""Columns of a table: each is described on a page, and SQL for all of them at once has to fit into memory."""


class Table:
    """One file (or sheet) as text: its header, and batches of rows.

    Row numbers count data rows from 1, broken ones included, so that they can be found again. Broken is a line of
    a csv (its row and text) that does not have the header's number of fields. Doubts are sentences about what was
    not certain.
    """

    def __init__(self, name: str, header: list[str], batches: Iterator[pa.RecordBatch]) -> None:
        self.name = name
        self.header = header
        self.batches = batches
        self.broken: list[tuple[int, str]] = []
        self.doubts: list[str] = []
        self.encoding: str | None = None
        self.unclosed: int | None = None

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


def check_width(header: list[str], file: str) -> None:
    """Raise a StudyError where a table has more columns than a report can describe, or a name without an end."""
    if len(header) > WIDEST:
        raise StudyError(
            f"{file} has {len(header):,} columns, more than the {WIDEST:,} that a report can describe; "
            "leave out those that say nothing about orders or customers."
        )
    if any(len(name) > LONGEST for name in header):
        raise StudyError(f"{file} has a column name of more than {LONGEST:,} characters; shorten it in the file.")


def check_length(batch: pa.RecordBatch, header: list[str], numbers: np.ndarray, file: str) -> None:
    """Raise a StudyError where a value is longer than a report can show."""
    for name, column in zip(header, batch.columns, strict=True):
        if batch.nbytes > LONGEST and (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST:
            row = numbers[pc.index(pc.greater(pc.binary_length(column), LONGEST), True).as_py()]
            raise StudyError(
                f"{file} has a value of more than {LONGEST:,} characters in column {name!r} of row {row:,}; "
                "shorten it, or leave out the column."
            )


def with_values(numbers: np.ndarray, batch: pa.RecordBatch) -> tuple[np.ndarray, pa.RecordBatch]:
    """Return rows that have a value, with their numbers: a row of empty cells is no line."""
    empty = None
    for column in batch.columns:
        blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
        empty = blank if empty is None else pc.and_(empty, blank)
        if not pc.any(empty).as_py():
            return numbers, batch
    keep = pc.invert(empty)
    return numbers[keep.to_numpy(zero_copy_only=False)], batch.filter(keep)

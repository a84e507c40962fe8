"""Workbooks as batches of text: what a person sees in them, sheet by sheet."""

import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fastexcel
import pyarrow as pa

from helpers.base.errors import StudyError
from helpers.ledger.text_table import Table, check_width

ABOVE = 30
"""Rows among which the header is looked for."""
LARGEST = 4 << 30
SQUEEZED = 100
"""Times smaller than its content, at most; sheets of numbers are packed to a tenth."""
SPARSE = 20_000_000
"""Cells up to which a sheet may be mostly empty: the reader keeps a place for each."""
LOOKED_AT = 1 << 22
"""Bytes of a sheet in which formulas are looked for."""
ERRORS = {"Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!"}
ERRORS |= {"Value": "#VALUE!", "GettingData": "#GETTING_DATA"}


def read_workbook(path: Path, wanted: list[str] | None) -> list[Table]:
    """Return the sheets of a workbook as text: those asked for, or all that are not hidden.

    Raises:
        StudyError: it is no workbook, has no such sheet, would not fit into memory, or was never calculated.
    """
    _stop_at_what_would_not_fit(path)
    with _in_a_sentence(path):
        book = fastexcel.read_excel(str(path))
    if unknown := set(wanted or []) - set(book.sheet_names):
        raise StudyError(f"{path.name} has no sheet {min(unknown)!r}; it has {', '.join(book.sheet_names)}.")
    tables, hidden = [], []
    for name in wanted or book.sheet_names:
        with _in_a_sentence(path):
            sheet = book.load_sheet(name, header_row=None, dtypes="string")
            if not wanted and sheet.visible != "visible":
                hidden.append(name)
                continue
            cells, errors = sheet.to_arrow_with_errors()
        if cells.num_columns:
            tables.append(_table(f"{path.name}, sheet {name}", cells, errors.errors if errors else []))
    if not tables:
        only = f"; {', '.join(hidden)} is hidden, and would be read if source.sheets named it" if hidden else ""
        raise StudyError(f"{path.name} has no sheet with anything in it{only}.")
    if hidden:
        tables[0].doubts.append(f"{path.name} has hidden sheets, which are not read: {', '.join(hidden)}.")
    return tables


@contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Say in a sentence what the reader found wrong; it prints its panics, which are no news to a person."""
    sys.stderr.flush()
    kept = os.dup(2)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)
    try:
        yield
    except fastexcel.FastExcelError as error:
        raise StudyError(f"{path.name} cannot be read as a workbook: {str(error).splitlines()[0]}.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise StudyError(
            f"{path.name} cannot be read as a workbook: it is damaged; open it in a spreadsheet and save it again."
        ) from None
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silent)


def _stop_at_what_would_not_fit(path: Path) -> None:
    """Raise a StudyError where a workbook is far larger inside than it is, or was saved without its values."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        inside, packed = sum(part.file_size for part in parts), max(path.stat().st_size, 1)
        if inside > LARGEST or (inside > 100 << 20 and inside > SQUEEZED * packed):
            raise StudyError(
                f"{path.name} holds {inside / 1e9:,.1f} GB in {packed / 1e6:,.1f} MB, as no ledger does; "
                "save its lines as csv."
            )
        formulas = values = 0
        for part in parts:
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename):
                continue
            with archive.open(part) as stream:
                start = stream.read(LOOKED_AT)
            cells = _cells(start)
            if cells > max(SPARSE, part.file_size):
                raise StudyError(
                    f"{path.name} has a sheet of {cells:,} cells, nearly all of them empty: one is far from "
                    "the others; delete the rows and columns beyond the lines."
                )
            written = re.findall(rb"<f(?:>|\s|/>)(?:(?!</c>).)*?</c>", start, re.DOTALL)
            formulas += len(written)
            values += sum(bool(re.search(rb"<v>(?!0?</v>)", cell)) for cell in written)
        if formulas and not values:
            raise StudyError(
                f"{path.name} has formulas that were never calculated; open it in a spreadsheet and save it again."
            )


def _cells(sheet: bytes) -> int:
    """Return how many cells a sheet says it spans, empty ones too."""
    span = re.search(rb'<dimension ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"', sheet)
    if not span:
        return 0
    left, top, right, bottom = span.groups()
    columns = [sum((letter - 64) * 26**place for place, letter in enumerate(reversed(n))) for n in (left, right)]
    return (columns[1] - columns[0] + 1) * (int(bottom) - int(top) + 1)


def _table(name: str, cells: pa.RecordBatch, errors: list) -> Table:
    """Return the cells of a sheet as a table, below the row that names its columns."""
    columns = [column.to_pylist() for column in cells.slice(0, ABOVE).columns]
    filled = [sum(cell is not None for cell in row) for row in zip(*columns, strict=True)]
    above = next(row for row, count in enumerate(filled) if count * 2 >= max(filled) and count)
    header = [(column[above] or f"__UNNAMED__{n}").strip() for n, column in enumerate(columns)]
    check_width(header, name)
    lines = cells.slice(above + 1)
    if errors:
        lines = _with_errors(lines, errors, above + 1)
    kept = [n for n, column in enumerate(columns) if column[above] or lines.column(n).null_count < lines.num_rows]
    lines = pa.record_batch([lines.column(n) for n in kept], names=[str(n) for n in kept])
    table = Table(name, [header[n] for n in kept], iter([lines]))
    if any(filled[:above]):
        title = next(column[0] for column in columns if column[0])[:60]
        table.doubts.append(
            f"{name} has {above} row{'s' * (above > 1)} above its header, passed over, beginning with {title!r}."
        )
    return table


def _with_errors(lines: pa.RecordBatch, errors: list, above: int) -> pa.RecordBatch:
    """Return lines with what a spreadsheet shows where a formula fails: no number, but no gap either."""
    columns = {}
    for error in errors:
        row, column = error.position
        if row >= above and (kind := re.search(r"Error\((\w+)\)", error.detail)):
            columns.setdefault(column, lines.column(column).to_pylist())[row - above] = ERRORS.get(
                kind[1], "#ERROR!"
            )
    arrays = [
        pa.array(columns[n], pa.string()) if n in columns else lines.column(n) for n in range(lines.num_columns)
    ]
    return pa.record_batch(arrays, names=lines.schema.names)

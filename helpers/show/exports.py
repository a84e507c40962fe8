"""Files for the reader to take away: CSV and workbooks that no spreadsheet will run as formulas.

A text cell that begins with = + - @, a tab or a return is read as a formula by spreadsheets, so it gets a
leading apostrophe (OWASP, "CSV injection"). Numbers and Parquet stay as they are.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine
from helpers.base.vocabulary import label

FORMULA = r"^[=+\-@\t\r]"


def harmless(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Return lines whose text cells and headings no spreadsheet takes for a formula."""
    texts = [name for name, dtype in frame.collect_schema().items() if dtype == nw.String]
    cells = {
        name: nw.when(nw.col(name).str.contains(FORMULA))
        .then(nw.concat_str(nw.lit("'"), nw.col(name)))
        .otherwise(nw.col(name))
        for name in texts
    }
    safe = frame.with_columns(**cells) if cells else frame
    return safe.rename({name: harmless_cell(name) for name in safe.collect_schema().names()})


def harmless_cell(value: Any) -> Any:
    """Return a cell as it is, but for a text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and re.match(FORMULA, value) else value


def write_csv(frame: nw.LazyFrame, path: Path, order: list[str], engine: DuckDBEngine) -> None:
    """Write lines as CSV (UTF-8, comma), sorted by a total order."""
    engine.write_csv(harmless(frame), path, [harmless_cell(name) for name in order])


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV (UTF-8, comma) in its own order; text cells are made harmless."""
    frame.apply(_harmless_column).rename(columns=harmless_cell).to_csv(path, index=False)


def write_workbook(sheets: dict[str, pd.DataFrame], path: Path, formats: Mapping[str, str] | None = None) -> None:
    """Write frames as the sheets of a workbook: headings bold and frozen, columns as wide as they need.

    `formats` has number formats by column, as spreadsheets write them, such as `0.0%`.
    """
    formats = formats or {}
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        for name, frame in sheets.items():
            safe = frame.apply(_harmless_column)
            headings = [harmless_cell(label(column)) for column in safe.columns]
            safe.set_axis(headings, axis=1).to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            for position, column in enumerate(safe.columns):
                longest = safe[column].astype(str).str.len().max()
                # a number with a format is shorter than all of its digits
                content = 0 if pd.isna(longest) or column in formats else int(longest)
                width = min(60, max(len(headings[position]), content, 10 * (column in formats)) + 2)
                style = book.book.add_format({"num_format": formats[column]}) if column in formats else None
                book.sheets[name].set_column(position, position, width, style)


def _harmless_column(column: pd.Series) -> pd.Series:
    """Return a column with harmless cells, whatever type pandas keeps its texts in; decimals become numbers."""
    if any(isinstance(value, Decimal) for value in column.dropna().head(1)):
        return column.astype(float)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    cells = column.astype(object)
    if pd.api.types.infer_dtype(cells) != "string":
        return cells.map(harmless_cell)
    place, different = pd.factorize(cells)  # of millions of cells a few are different; a missing one is at -1
    safe = np.array([*map(harmless_cell, different), np.nan], dtype=object)
    return pd.Series(safe[place], column.index, name=column.name)

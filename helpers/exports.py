"""Files for the reader to take away: CSV and workbooks that no spreadsheet will run as formulas.

A text cell that begins with = + - @, a tab or a return is read as a formula by spreadsheets, so it gets a
leading apostrophe (OWASP, "CSV injection"). Numbers and Parquet stay as they are.
"""

from pathlib import Path

import narwhals as nw
import pandas as pd

from helpers.columns import label
from helpers.engine import DuckDBEngine

FORMULA = r"^[=+\-@\t\r]"


def harmless(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Return lines whose text cells no spreadsheet takes for a formula."""
    texts = [name for name, dtype in frame.collect_schema().items() if dtype == nw.String]
    cells = {
        name: nw.when(nw.col(name).str.contains(FORMULA))
        .then(nw.concat_str(nw.lit("'"), nw.col(name)))
        .otherwise(nw.col(name))
        for name in texts
    }
    return frame.with_columns(**cells)


def write_csv(frame: nw.LazyFrame, path: Path, order: list[str], engine: DuckDBEngine) -> None:
    """Write lines as CSV (UTF-8, comma), sorted by a total order."""
    engine.write_csv(harmless(frame), path, order)


def write_workbook(sheets: dict[str, pd.DataFrame], path: Path) -> None:
    """Write frames as the sheets of a workbook: headings bold and frozen, columns as wide as they need."""
    with pd.ExcelWriter(
        path, engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False}}
    ) as book:
        for name, frame in sheets.items():
            safe = harmless(nw.from_native(frame).lazy()).collect().to_native()
            safe.rename(columns=label).to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            for position, column in enumerate(safe.columns):
                longest = safe[column].astype(str).str.len().max()
                width = max(len(label(column)), 0 if pd.isna(longest) else int(longest))
                book.sheets[name].set_column(position, position, min(60, width + 2))

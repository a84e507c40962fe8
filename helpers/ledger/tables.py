"""The tables that chapters hand to each other: their keys, what they must hold, and how they are written.

Tables are Parquet, checked when written and sorted by their key, so that the same lines are the same bytes
and whoever reads them can rely on the order.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.engine import DuckDBEngine
from helpers.base.vocabulary import COLUMNS, MOMENT, NUMBER, TEXT, WHOLE

if TYPE_CHECKING:
    import pandas as pd


class Table(NamedTuple):
    """What a table promises to its readers."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns it always has, key included; a ledger's own columns come on top."""
    meaning: str


TABLES = {
    "raw": Table(("line",), ("line",), "every line of the source that could be read, typed"),
    "unparsed": Table(
        ("line", "column"), ("line", "file", "row", "column", "value"), "values that could not be read"
    ),
    "transactions": Table(("line",), ("line",), "clean lines: purchases, or one line a customer"),
    "returns": Table(("line",), ("line",), "clean lines with a quantity below zero"),
    "set_aside": Table(("line",), ("line",), "lines that are errors beyond doubt, in no sum"),
    "rejected": Table(("line",), ("line", "step", "rule"), "lines a rule rejected, with the rule"),
    "base": Table(("where",), ("where", "lines"), "where every line and its revenue went"),
    "customers": Table(("customer_id",), ("customer_id",), "one row a customer: features and RFM segment"),
    "segment_scores": Table(
        ("r_score", "f_score", "m_score"),
        ("r_score", "f_score", "m_score", "rfm_segment", "action"),
        "the RFM segment of every combination of scores, and what to do with it",
    ),
    "segments": Table(("customer_id",), ("customer_id", "cluster", "segment"), "the cluster of each customer"),
    "anomalies": Table(
        ("level", "id"), ("level", "id", "score", "why"), "flagged lines and customers, and why each is unusual"
    ),
    "recommendations": Table(
        ("customer_id", "rank"),
        ("customer_id", "rank", "product_id", "score", "reason"),
        "what to offer to each customer, the best first",
    ),
    "cleaning_steps": Table(
        ("step",), ("step", "rule", "kind", "lines", "customers", "revenue"), "what each rule left and took"
    ),
}


def _sql_type(dtype: nw.dtypes.DType) -> str:
    """Return a column's own type in SQL; whole numbers and floats of any width become one type each."""
    if dtype.is_integer():  # a sum of BIGINT is wider on some engines, and Parquet has no such type
        return WHOLE
    if dtype.is_float():
        return NUMBER
    if isinstance(dtype, nw.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    return {nw.Boolean: "BOOLEAN", nw.Datetime: MOMENT, nw.Date: "DATE"}.get(type(dtype), TEXT)


def write_table(
    name: str, frame: "nw.LazyFrame | pa.Table | pd.DataFrame", path: Path, engine: DuckDBEngine
) -> None:
    """Write a table sorted by its key, and check that it has one.

    Raises:
        ValueError: a promised column is missing, or the key has a gap or the same value twice.
    """
    table = TABLES[name]
    if not isinstance(frame, nw.LazyFrame):
        arrow = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
        engine = engine.files  # what is in memory already is for no cluster to write
        frame = engine.table(arrow)
    schema = frame.collect_schema()
    if missing := [column for column in table.columns if column not in schema]:
        raise ValueError(f"The table {name} lacks the column {missing[0]}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    types = {n: COLUMNS[n].type if n in COLUMNS else _sql_type(dtype) for n, dtype in schema.items()}
    if problem := engine.write(frame, path, types, list(table.key)):
        raise ValueError(f"The table {name} has {problem} {' and '.join(table.key)}.")


def read_table(path: Path, columns: list[str] | None = None) -> "pd.DataFrame":
    """Read a table into pandas."""
    return as_pandas(pq.read_table(path, columns=columns))


def as_pandas(table: pa.Table) -> "pd.DataFrame":
    """Return a table as a pandas frame, decimals as floats: exact sums are the engine's business."""
    for position, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.float64()))
    return table.to_pandas()

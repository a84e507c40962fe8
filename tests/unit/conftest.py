"""What the unit tests share: an engine, small ledgers as lazy lines, study files and sources to break."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.engine import DuckDBEngine, open_engine
from helpers.ledger.ingest import Ingested, ingest
from helpers.ledger.source import Source
from helpers.study.file import load_study
from helpers.study.schema import Study

TYPES = {
    "line": pa.int64(),
    "customer_id": pa.string(),
    "order_id": pa.string(),
    "ordered_at": pa.timestamp("us"),
    "product_id": pa.string(),
    "product_name": pa.string(),
    "quantity": pa.decimal128(15, 3),
    "unit_price": pa.decimal128(18, 4),
    "revenue": pa.decimal128(18, 4),
    "country": pa.string(),
    "age": pa.float64(),
}
SMALL_STUDY = "title: A small study\nsource: {path: lines.csv}\n"


def arrow_lines(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as lines with the types that ingest gives; numbers may be written as text."""
    names = list(rows[0])
    columns = {}
    for name in names:
        values = [row[name] for row in rows]
        if pa.types.is_decimal(TYPES[name]):
            values = [None if value is None else Decimal(str(value)) for value in values]
        columns[name] = pa.array(values, TYPES[name])
    return pa.table(columns)


def numbered(**columns: list[Any]) -> pa.Table:
    """Return lines with the columns given, numbered from 1."""
    length = len(next(iter(columns.values())))
    rows = [
        {"line": position + 1} | {name: values[position] for name, values in columns.items()}
        for position in range(length)
    ]
    return arrow_lines(rows)


def rows_of(frame: nw.LazyFrame, order: str = "line") -> list[dict[str, Any]]:
    """Return the rows of a lazy frame as dicts, in order."""
    return frame.sort(order).collect("pyarrow").to_native().to_pylist()


@pytest.fixture(scope="module")
def engine():
    """An open DuckDB engine; opening one takes longer than most tests."""
    with open_engine() as opened:
        yield opened


@pytest.fixture
def write_study(tmp_path) -> Callable[..., Path]:
    """Return a function that writes a study file, the smallest one plus what a test adds."""

    def write(extra: str = "", base: str = SMALL_STUDY, name: str = "small") -> Path:
        path = tmp_path / f"{name}.yml"
        path.write_text(base + extra, encoding="utf-8")
        return path

    return write


@pytest.fixture
def study(write_study) -> Callable[..., Study]:
    """Return a function that loads the smallest study plus what a test adds."""
    return lambda extra="", base=SMALL_STUDY: load_study(write_study(extra, base))


class Read:
    """What ingest made of a source: its report, the raw lines and the unparsed values."""

    def __init__(self, result: Ingested, folder: Path) -> None:
        self.result = result
        self.folder = folder
        self.raw = pq.read_table(folder / "raw.parquet").to_pylist()
        self.unparsed = pq.read_table(folder / "unparsed.parquet").to_pylist()

    def column(self, name: str) -> list[Any]:
        """Return a column of the raw lines."""
        return [row[name] for row in self.raw]


@pytest.fixture
def read_source(tmp_path, engine: DuckDBEngine) -> Callable[..., Read]:
    """Return a function that ingests a file or folder (a text is written to a csv first)."""
    runs = 0

    def read(source: Path | str | bytes, **settings: Any) -> Read:
        nonlocal runs
        runs += 1
        if not isinstance(source, Path):
            path = tmp_path / "ledger.csv"
            path.write_bytes(source.encode("utf-8") if isinstance(source, str) else source)
            source = path
        folder = tmp_path / f"tables_{runs}"
        folder.mkdir()
        return Read(ingest(source, Source(path=source.name, **settings), engine, folder), folder)

    return read

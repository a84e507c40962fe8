"""Typed Parquet becomes the same lines on an engine of its own as through the readers."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.duck import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.ledger.ingest import ingest
from helpers.ledger.pseudonyms import WITHHELD, Pseudonyms
from helpers.ledger.source import Source
from tests.unit.base.spark.test_engine import spark  # noqa: F401 (a fixture)

COLUMNS = {
    "Customer": "customer_id",
    "Invoice": "order_id",
    "Moment": "ordered_at",
    "Code": "product_id",
    "Name": "product_name",
    "Pieces": "quantity",
    "Price": "unit_price",
}


class Typed(DuckDBEngine):
    """DuckDB, reading typed sources by itself as Spark does."""

    reads_typed = True


def part(start: int, rows: int = 40) -> pa.Table:
    numbers = range(start, start + rows)
    return pa.table(
        {
            "Customer": [[f"{17850 + n % 7}", f"{17850 + n % 7}.0", " 12 ", "", None][n % 5] for n in numbers],
            "Invoice": pa.array([536000 + n // 3 for n in numbers], pa.int32()),
            "Moment": [datetime(2011, 1, 2, 23, 59) + timedelta(hours=n) for n in numbers],
            "Code": [f"P{n % 9}" for n in numbers],
            "Name": [["RED MUG ", " LAMP", "N/A", "é"][n % 4] for n in numbers],
            "Pieces": pa.array([n % 5 - 1 for n in numbers], pa.int16()),
            "Price": pa.array([None if n % 11 == 3 else round(0.15 * (n % 13), 2) for n in numbers], pa.float64()),
        }
    )


@pytest.fixture
def lake(tmp_path) -> Path:
    """A folder with a file a month, whose name is a column."""
    for month in range(1, 4):
        folder = tmp_path / "lake" / f"month={month}"
        folder.mkdir(parents=True)
        pq.write_table(part(100 * month), folder / "part.parquet")
    return tmp_path / "lake"


def read(lake: Path, engine, folder: Path, pseudonyms: Pseudonyms | None = None, **settings):
    """Return what ingest says of a lake, and its lines and values that could not be read."""
    folder.mkdir()
    said = ingest(lake, Source(path=lake.name, columns=COLUMNS, **settings), engine, folder, pseudonyms)
    return said, *(pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("raw", "unparsed"))


def alike(rows: list[dict]) -> list[dict]:
    """Return lines as they are, but for the month, which readers take for a number."""
    return [row | {"month": int(row["month"])} for row in rows]


@pytest.fixture
def through_readers(lake, engine, tmp_path):
    said, raw, unparsed = read(lake, engine, tmp_path / "readers")
    assert said.rows_read == len(raw) == 120
    assert raw[0]["revenue"] == Decimal("-1.3500")
    return raw, unparsed


def test_lines_are_those_of_the_readers(lake, tmp_path, through_readers):
    engine = Typed(tmp_path)
    _, raw, unparsed = read(lake, engine, tmp_path / "typed")
    engine.close()
    differ = [pair for pair in zip(alike(raw), through_readers[0], strict=True) if pair[0] != pair[1]]
    assert not differ
    assert unparsed == through_readers[1]


def test_lines_are_the_same_on_spark(lake, spark, tmp_path, through_readers):  # noqa: F811
    _, raw, unparsed = read(lake, spark, tmp_path / "typed")
    differ = [pair for pair in zip(alike(raw), through_readers[0], strict=True) if pair[0] != pair[1]]
    assert not differ
    assert unparsed == through_readers[1]


@pytest.mark.parametrize("kind", ["typed", "spark"])
@pytest.mark.parametrize("headers", [{"Name": 'The "name", of it', "Code": "b`'s; --"}, {"Name": "code"}])
def test_headers_may_be_anything(kind, headers, lake, request, *, engine, tmp_path):
    on = request.getfixturevalue("spark") if kind == "spark" else Typed(tmp_path)
    for file in lake.rglob("*.parquet"):
        table = pq.read_table(file, partitioning=None)
        pq.write_table(table.rename_columns([headers.get(name, name) for name in table.column_names]), file)
    source = Source(path="lake", columns={headers.get(name, name): what for name, what in COLUMNS.items()})
    lines = []
    for number, one in enumerate((engine, on)):
        (tmp_path / str(number)).mkdir()
        ingest(lake, source, one, tmp_path / str(number))
        lines.append(alike(pq.read_table(tmp_path / str(number) / "raw.parquet").to_pylist()))
    assert lines[0] == lines[1]
    assert lines[0][0]["product_name"] == "RED MUG " and lines[0][0]["product_id"] == "P1"


def test_a_rounded_id_is_set_aside_with_its_file_and_row(lake, tmp_path):
    table = part(100)
    table = table.set_column(0, "Customer", [["1.23E+05", *table.column("Customer").to_pylist()[1:]]])
    pq.write_table(table, lake / "month=2" / "part.parquet")
    engine = Typed(tmp_path)
    said, raw, unparsed = read(lake, engine, tmp_path / "typed", unreadable_at_most=0.1)
    assert (said.rows_unparsed, len(raw)) == (1, 119)
    assert unparsed == [{"line": 41, "file": "part.parquet", "row": 1, "column": "Customer", "value": "1.23E+05"}]
    with pytest.raises(
        StudyError, match=r"the first is '1.23E\+05' in column 'Customer' of row 1 of part.parquet"
    ):
        read(lake, engine, tmp_path / "strict", unreadable_at_most=0.001)
    engine.close()


def test_dates_that_are_texts_are_left_to_the_readers(lake, tmp_path, monkeypatch):
    for file in lake.rglob("*.parquet"):
        table = pq.read_table(file, partitioning=None)
        texts = [str(moment) for moment in table.column("Moment").to_pylist()]
        pq.write_table(table.set_column(2, "Moment", [texts]), file)
    engine = Typed(tmp_path)
    monkeypatch.setattr(engine, "scan_numbered", None)
    _, raw, _ = read(lake, engine, tmp_path / "typed")
    engine.close()
    assert raw[0]["ordered_at"] == part(100).column("Moment")[0].as_py()


def test_a_file_with_other_columns_is_named(lake, tmp_path):
    pq.write_table(part(500).drop(["Price"]), lake / "month=3" / "other.parquet")
    engine = Typed(tmp_path)
    with pytest.raises(StudyError, match=r"'Price' is in one of them only"):
        read(lake, engine, tmp_path / "typed")
    engine.close()


NAMES = Pseudonyms(("customer_id", "order_id", "product_name", "month"), bytes(range(32)))
"""Of texts, whole numbers, texts with padding and a folder's name."""


def hide_on(engine, lake: Path, folder: Path, names: Pseudonyms = NAMES):
    """Return the lines under pseudonyms, and what could not be read, of a lake with an id that was rounded."""
    table = part(200)
    table = table.set_column(0, "Customer", [["1.23E+05", *table.column("Customer").to_pylist()[1:]]])
    pq.write_table(table, lake / "month=2" / "part.parquet")
    return read(lake, engine, folder, names, unreadable_at_most=0.1)[1:]


@pytest.fixture
def hidden_by_readers(lake, engine, tmp_path):
    raw, unparsed = hide_on(engine, lake, tmp_path / "readers")
    assert len(raw) == 119
    assert [row["value"] for row in unparsed] == [WITHHELD]
    return raw, unparsed


def left_in(folder: Path) -> set[str]:
    """Return every text in every file of a folder."""
    tables = [pq.read_table(file) for file in folder.rglob("*") if file.is_file()]
    return {str(value) for table in tables for column in table.columns for value in column.to_pylist()}


@pytest.mark.parametrize("kind", ["typed", "spark"])
def test_pseudonyms_are_those_of_the_readers_and_leave_no_id(
    kind, lake, request, *, tmp_path, monkeypatch, hidden_by_readers
):
    monkeypatch.setattr("helpers.ledger.ingest.write_text", None)  # the engine reads
    engine = request.getfixturevalue("spark") if kind == "spark" else Typed(tmp_path)
    raw, unparsed = hide_on(engine, lake, tmp_path / kind)
    assert raw == hidden_by_readers[0]
    assert unparsed == hidden_by_readers[1]
    assert raw[0]["customer_id"] == NAMES.of("17852") and raw[0]["order_id"] == NAMES.of("536033")
    there = left_in(tmp_path / kind)
    ids = {f"{17850 + n}" for n in range(7)} | {f"{536000 + n}" for n in range(140)}
    assert not there & (ids | {"1.23E+05", "RED MUG", "RED MUG ", " LAMP", "LAMP", "é"})


def test_pseudonyms_of_columns_that_cannot_have_one_are_refused(lake, tmp_path):
    engine = Typed(tmp_path)
    with pytest.raises(StudyError, match="pseudonyms names 'customer', which lake has no column for"):
        read(lake, engine, tmp_path / "none", Pseudonyms(("customer",), bytes(32)))
    with pytest.raises(StudyError, match="pseudonyms names 'quantity', but only ids and texts"):
        read(lake, engine, tmp_path / "number", Pseudonyms(("quantity",), bytes(32)))
    engine.close()


def test_two_ids_of_one_pseudonym_stop_the_build(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(Pseudonyms, "of", lambda self, text: "c")
    engine = Typed(tmp_path)
    with pytest.raises(StudyError, match="Two ids have one pseudonym"):
        read(lake, engine, tmp_path / "typed", NAMES)
    engine.close()

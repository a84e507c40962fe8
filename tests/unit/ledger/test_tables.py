"""Tables: sorted by their key, complete, and the same bytes for the same lines."""

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.vocabulary import COLUMNS
from helpers.ledger.tables import TABLES, read_table, write_table
from tests.unit.conftest import numbered


def test_a_table_is_sorted_by_its_key(tmp_path, engine):
    lines = pa.table({"line": [3, 1, 2], "country": ["c", "a", "b"]})
    write_table("transactions", engine.table(lines), tmp_path / "t.parquet", engine)
    assert pq.read_table(tmp_path / "t.parquet").to_pydict() == {"line": [1, 2, 3], "country": ["a", "b", "c"]}


def test_a_key_of_two_columns_sorts_by_both(tmp_path, engine):
    frame = pd.DataFrame(
        {"line": [2, 1, 1], "column": ["a", "b", "a"], "file": "f", "row": [2, 1, 1], "value": ["x", "y", "z"]}
    )
    write_table("unparsed", frame, tmp_path / "t.parquet", engine)
    assert pq.read_table(tmp_path / "t.parquet")["value"].to_pylist() == ["z", "y", "x"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"country": ["a"]}, "The table transactions lacks the column line"),
        ({"line": [1, 1]}, "two rows with the same line"),
        ({"line": [1, None]}, "a row without line"),
    ],
)
def test_a_table_that_breaks_its_promise_is_refused(tmp_path, engine, lines, said):
    with pytest.raises(ValueError, match=said):
        write_table("transactions", engine.table(pa.table(lines)), tmp_path / "t.parquet", engine)


def test_the_same_lines_are_the_same_bytes_whatever_order_they_come_in(tmp_path, engine):
    lines = numbered(customer_id=[str(n % 7) for n in range(5000)], revenue=[Decimal(n) / 8 for n in range(5000)])
    written = set()
    for number in range(3):
        shuffled = lines.take([(n * 7919 + number) % 5000 for n in range(5000)])
        path = tmp_path / f"{number}.parquet"
        write_table("transactions", engine.table(shuffled), path, engine)
        written.add(path.read_bytes())
    assert len(written) == 1


def test_columns_of_the_vocabulary_get_its_types_and_others_keep_their_own(tmp_path, engine):
    lines = pa.table(
        {
            "line": pa.array([1], pa.int32()),
            "quantity": [2.5],
            "age": pa.array([30], pa.int64()),
            "small": pa.array([7], pa.int16()),
            "share": pa.array([0.5], pa.float32()),
            "amount": pa.array([Decimal("1.25")], pa.decimal128(18, 4)),
            "day": [date(2011, 12, 9)],
            "seen_at": [datetime(2011, 12, 9, 12, 50)],
            "good": [True],
            "word": ["x"],
        }
    )
    frame = engine.table(lines)
    write_table("transactions", frame, tmp_path / "t.parquet", engine)
    written = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "t.parquet")}
    assert written == {
        "line": "int64",
        "quantity": "decimal128(15, 3)",
        "age": "double",
        "small": "int64",
        "share": "double",
        "amount": "decimal128(18, 4)",
        "day": "date32[day]",
        "seen_at": "timestamp[us]",
        "good": "bool",
        "word": "string",
    }


def test_sums_of_whole_numbers_stay_whole_numbers(tmp_path, engine):
    import narwhals as nw

    frame = engine.table(pa.table({"line": [1, 1, 2], "n": [1, 2, 3]})).group_by("line").agg(nw.col("n").sum())
    write_table("transactions", frame, tmp_path / "t.parquet", engine)
    assert pq.read_table(tmp_path / "t.parquet").to_pydict() == {"line": [1, 2], "n": [3, 3]}


def test_a_table_is_read_with_decimals_as_floats_and_in_order(tmp_path, engine):
    lines = numbered(revenue=["1.25", None, "-3"], customer_id=["b", "a", None])
    write_table("transactions", engine.table(lines), tmp_path / "t.parquet", engine)
    frame = read_table(tmp_path / "t.parquet")
    assert frame["revenue"].dtype == "float64"
    assert frame["revenue"].tolist()[::2] == [1.25, -3.0]
    assert list(read_table(tmp_path / "t.parquet", ["customer_id"]).columns) == ["customer_id"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_promises_its_key(name):
    assert set(TABLES[name].key) <= set(TABLES[name].columns)
    assert TABLES[name].meaning


def test_the_vocabulary_says_what_each_column_means():
    assert all(column.type and column.label and column.meaning for column in COLUMNS.values())

"""Queries over tables in parts give what they give over whole tables, wherever rows have to meet.

The executors' work is done in this process, with parts so small that every way of a plan is gone.
"""

from pathlib import Path

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.engine import distinct_rows, month_of
from helpers.base.engine_settings import EngineSettings
from helpers.base.spark import parts, plans
from helpers.base.spark.engine import SparkEngine
from helpers.base.spark.executor import Task, Written, run
from helpers.ledger.tables import read_table, write_table
from tests.unit.base.spark.test_engine import assert_same, made, on_duckdb, raw  # noqa: F401 (fixtures)


class InThisProcess(SparkEngine):
    """The engine without Spark: three executors, one after the other."""

    _cores, _memory = 3, "200MB"
    largest = 0
    """Rows of the largest table that was brought here."""

    def _done(self, made: list[Task]) -> list[list[Written]]:
        return [run(task) for task in made]

    def _added(self, table: parts.Parts) -> str:
        if table.at_hand:
            self.largest = max(self.largest, table.rows)
        return super()._added(table)


@pytest.fixture
def in_parts(tmp_path, monkeypatch):
    """The engine with parts of 150 rows and summaries of 20."""
    monkeypatch.setattr(parts, "A_PART", 150)
    monkeypatch.setattr(plans, "AT_HAND", 20)
    (tmp_path / "scratch").mkdir()
    engine = InThisProcess(tmp_path / "scratch", EngineSettings(name="spark"))
    yield engine
    engine.close()


def test_all_rules_and_features_are_the_same_in_parts(in_parts, on_duckdb, raw, tmp_path):  # noqa: F811
    assert_same(on_duckdb, made(in_parts, raw, tmp_path))


def by_customer(lines):
    return lines.group_by("customer_id")


amount, code, line = nw.col("revenue"), nw.col("product_id"), nw.col("line")
QUERIES = {
    "a filter": lambda lines, _: lines.filter(nw.col("quantity") > 2).select("line", double=amount * 2),
    "sums of all": lambda lines, _: lines.select(nw.len().alias("n"), amount.sum(), line.max()),
    "sums of nothing": lambda lines, _: lines.filter(line < 0).select(nw.len().alias("n"), amount.sum()),
    "sums by key": lambda lines, _: by_customer(lines).agg(amount.sum(), n=nw.len(), last=line.max()),
    "a mean": lambda lines, _: by_customer(lines).agg(amount.cast(nw.Float64).mean()),
    "a median by key": lambda lines, _: lines.group_by("product_id").agg(amount.cast(nw.Float64).median()),
    "a median of all": lambda lines, _: lines.select(amount.cast(nw.Float64).median()),
    "counts of different values by key": lambda lines, _: by_customer(lines).agg(code.n_unique()),
    "counts of different values": lambda lines, _: lines.select(code.n_unique(), line.max(), n=line.n_unique()),
    "nothing but such a count": lambda lines, _: lines.select(code.n_unique()),
    "different rows": lambda lines, _: distinct_rows(lines, "customer_id", "product_id"),
    "sums of sums": lambda lines, _: (
        by_customer(by_customer(lines).agg(amount.sum())).agg(amount.max()).select(amount.sum())
    ),
    "the first of each": lambda lines, _: lines.with_columns(first=line.min().over("customer_id")).filter(
        line == nw.col("first")
    ),
    "the one before": lambda lines, _: lines.select(
        "line", before=line.shift(1).over("product_id", order_by="line")
    ),
    "two windows with a common key": lambda lines, _: lines.select(
        "line", a=amount.max().over("customer_id"), b=amount.max().over("customer_id", "product_id")
    ),
    "two windows without": lambda lines, _: lines.select(
        "line", a=amount.max().over("customer_id"), b=amount.max().over("product_id")
    ),
    "a small table beside": lambda lines, small: lines.join(small, on="product_id", how="left"),
    "a small table before": lambda lines, small: small.join(lines, on="product_id", how="inner"),
    "a small table that lines are added to": lambda lines, small: small.join(
        lines.select("product_id", "line"), on="product_id", how="left"
    ),
    "lines with and without a match": lambda lines, small: nw.concat(
        [lines.join(small, on="product_id", how=how).select("line") for how in ("semi", "anti")]
    ),
    "lines beside their own sums": lambda lines, _: lines.join(
        by_customer(lines).agg(all=amount.sum()), on="customer_id", how="left"
    ),
    "lines beside lines": lambda lines, _: (
        lines.filter(line <= 90)
        .select("line", "customer_id")
        .join(lines.select("line", "customer_id", "revenue"), on=["line", "customer_id"], how="left")
    ),
    "the first rows of an order": lambda lines, _: lines.sort("revenue", "line", descending=True).head(7),
    "an order": lambda lines, _: lines.filter(line % 7 == 0).sort("line"),
    "one table below another": lambda lines, small: nw.concat(
        [lines.select("product_id", "line"), small.select("product_id", line=nw.lit(0, nw.Int64))]
    ),
    "sums by month": lambda lines, _: (
        lines.with_columns(month=month_of("ordered_at")).group_by("month").agg(amount.sum())
    ),
}
WHOLE = {
    "a median of all", "an order", "lines beside lines", "two windows without",
    "a small table that lines are added to",
}  # fmt: skip
"""Queries for which all lines come to this process, or are read with each part."""


def sorted_rows(frame: nw.LazyFrame) -> pd.DataFrame:
    """Return the rows of a frame in an order that depends on nothing else."""
    rows = frame.collect("pandas").to_native()
    return rows.sort_values(list(rows.columns), ignore_index=True, key=lambda values: values.astype(str))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_gives_the_same_in_parts(name, in_parts, engine, raw):  # noqa: F811
    query = QUERIES[name]
    table = pa.table({"product_id": ["P1", "P2", "P3"], "group": ["a", "a", "b"]})

    def answer(on):
        return query(on.scan(raw), on.table(table))

    expected = sorted_rows(answer(engine))
    assert len(expected)
    pd.testing.assert_frame_equal(sorted_rows(answer(in_parts)), expected, check_dtype=False)
    assert in_parts.largest == 600 if name in WHOLE else in_parts.largest <= 30
    kept = in_parts.keep(answer(in_parts))
    pd.testing.assert_frame_equal(sorted_rows(kept), expected, check_dtype=False)
    assert kept.collect_schema() == answer(engine).collect_schema()


@pytest.mark.parametrize("numbers", [[1, 1, 2], [1, 2, 2], [2, 1, 1]])
def test_a_table_with_a_key_twice_is_refused(in_parts, tmp_path, numbers):
    pq.write_table(pa.table({"line": numbers}), tmp_path / "given.parquet")
    with pytest.raises(ValueError, match="two rows with the same line"):
        write_table("transactions", in_parts.scan(tmp_path / "given.parquet"), tmp_path / "t.parquet", in_parts)


def test_a_table_with_a_gap_in_its_key_is_refused(in_parts, tmp_path):
    pq.write_table(pa.table({"line": [1, None, 2]}), tmp_path / "given.parquet")
    with pytest.raises(ValueError, match="a row without line"):
        write_table("transactions", in_parts.scan(tmp_path / "given.parquet"), tmp_path / "t.parquet", in_parts)
    assert not (tmp_path / "t.parquet").exists()


def test_a_table_is_in_the_order_of_its_key_whatever_order_its_parts_have(in_parts, tmp_path):
    pq.write_table(pa.table({"line": [*range(300, 600), *range(300)]}), tmp_path / "given.parquet")
    write_table("transactions", in_parts.scan(tmp_path / "given.parquet"), tmp_path / "t.parquet", in_parts)
    assert read_table(tmp_path / "t.parquet")["line"].tolist() == list(range(600))


def test_files_are_divided_and_put_together(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "A_PART", 100)
    files = []
    for number, rows in enumerate((30, 40, 250, 60, 60)):
        files.append(tmp_path / f"{number}.parquet")
        pq.write_table(pa.table({"line": range(rows)}), files[-1])
    found = parts.divided(files, cores=2)
    names = [("".join(Path(file).stem for file in part.files), part.rows, part.between) for part in found]
    assert names == [
        ("01", 70, None), ("2", 83, (0, 83)), ("2", 83, (83, 166)), ("2", 84, (166, 250)),
        ("3", 60, None), ("4", 60, None),
    ]  # fmt: skip
    assert [part.rows for part in parts.divided(files[:2], cores=7)] == [10, 10, 10, 10, 10, 10, 10]

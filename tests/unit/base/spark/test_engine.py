"""Two engines, one answer; and DuckDB's answer depends on neither threads nor memory."""

import shutil
import sys
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import narwhals as nw
import pandas as pd
import pyarrow.parquet as pq
import pytest

from helpers.base import machine
from helpers.base.duck import DuckDBEngine
from helpers.base.engine import days_between, open_engine
from helpers.base.engine_settings import EngineSettings
from helpers.base.errors import StudyError
from helpers.chapters.anomaly.context import RARE, line_context
from helpers.chapters.anomaly.injection import inject
from helpers.chapters.cleaning.account import Account, apply_rules
from helpers.customers.features import customer_features, span_of
from helpers.ledger.rules import RULES
from helpers.ledger.tables import read_table, write_table
from tests.unit.chapters.anomaly.test_injection import shop
from tests.unit.chapters.cleaning.test_account import ledger
from tests.unit.conftest import arrow_lines, numbered, rows_of

RULES_OF_ALL_KINDS = [
    {"drop_missing": ["product_name"]},
    {"tidy_text": ["product_name", "country"]},
    {"change_case": {"upper": ["product_id"], "title": ["country"]}},
    "drop_cancellations",
    {"exclude": {"product_id": ["P9"]}},
    "one_country_per_customer",
    {"absolute": {"quantity": {"product_id": ["P1"]}}},
    {"keep_matching": {"product_id": r"^P\d$"}},
    "drop_exact_duplicates",
    {"drop_customers_returning_over": 0.9},
    "one_name_per_product",
    "split_returns",
    {"set_aside": {"times": 1.5, "sales": 5}},
    {"above": {"unit_price": 0}},
]
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java that compiles no more than a test of seconds needs."""
TABLES = ("transactions", "returns", "set_aside", "rejected")


@pytest.fixture(scope="module")
def spark():
    """Spark in processes of its own, on this machine."""
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: uv sync --group spark")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: install Java 17 or 21")
    quick = pytest.MonkeyPatch()
    quick.setenv("JDK_JAVA_OPTIONS", QUICK_JAVA)
    with open_engine(EngineSettings(name="spark", master="local[2]")) as opened:
        yield opened
    quick.undo()


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    """A ledger with gaps, returns, ties and Sundays, each line at a moment of its own."""
    path = tmp_path_factory.mktemp("raw") / "raw.parquet"
    start = datetime(2011, 1, 2, 23, 30)
    rows = [
        row | {"ordered_at": start + timedelta(hours=37 * (n % 60), minutes=n)}
        for n, row in enumerate(ledger(3, 600))
    ]
    pq.write_table(arrow_lines(rows), path)
    return path


def made(engine, raw: Path, folder: Path) -> tuple[Account, dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the account, the tables and the features that an engine makes of a ledger."""
    cleaned = apply_rules(engine.scan(raw), RULES_OF_ALL_KINDS, engine)
    tables = {}
    for name in TABLES:
        write_table(name, getattr(cleaned, name), folder / f"{name}.parquet", engine)
        tables[name] = read_table(folder / f"{name}.parquet")
    lines, returns = (engine.scan(folder / f"{name}.parquet") for name in ("transactions", "returns"))
    known = customer_features(lines, returns, span_of(lines, returns), engine)
    features = known.collect("pandas").to_native().set_index("customer_id").sort_index()
    return cleaned.account, tables, features


@pytest.fixture(scope="module")
def on_duckdb(raw, tmp_path_factory):
    """What DuckDB makes of the ledger with one thread."""
    with TemporaryDirectory() as scratch:
        engine = DuckDBEngine(Path(scratch), threads=1)
        yield made(engine, raw, tmp_path_factory.mktemp("duckdb"))
        engine.close()


def assert_same(one, other):
    """Hold what two engines made against each other: accounts and lines exactly, features to 1e-9."""
    (account, tables, features), (account_too, tables_too, features_too) = one, other
    assert account == account_too
    assert account.rows["kept"] > 100
    assert all(account.rows[end] for end in ("returned", "set_aside", "rejected"))
    for name in TABLES:
        pd.testing.assert_frame_equal(tables[name], tables_too[name])
    assert features["share_sunday"].max() > 0
    pd.testing.assert_frame_equal(features, features_too, rtol=1e-9, atol=1e-12, check_dtype=False)


def test_spark_makes_the_same_of_a_ledger_as_duckdb(spark, on_duckdb, raw, tmp_path):
    assert {next(iter(rule)) if isinstance(rule, dict) else rule for rule in RULES_OF_ALL_KINDS} >= set(RULES) - {
        "keep",
        "at_most",
        "join",
    }
    assert_same(on_duckdb, made(spark, raw, tmp_path))


@pytest.mark.parametrize(("threads", "memory"), [(4, "100MB"), (3, None)])
def test_what_duckdb_makes_depends_on_neither_threads_nor_memory(on_duckdb, raw, tmp_path, threads, memory):
    engine = DuckDBEngine(tmp_path, threads, memory)
    assert_same(on_duckdb, made(engine, raw, tmp_path))
    engine.close()


def test_a_table_of_many_parts_is_read_as_one_of_one_part_is(spark, tmp_path):
    given = numbered(order_id=[str(n) for n in range(4000)], revenue=["1.50"] * 4000)
    pq.write_table(given, tmp_path / "given.parquet")
    write_table("transactions", spark.scan(tmp_path / "given.parquet"), tmp_path / "t.parquet", spark)
    names = sorted(part.name for part in (tmp_path / "t.parquet").iterdir())
    assert names == ["part-00000.parquet", "part-00001.parquet"]
    assert read_table(tmp_path / "t.parquet")["line"].tolist() == list(range(1, 4001))
    assert len(rows_of(spark.files.scan(tmp_path / "t.parquet"))) == 4000
    again = spark.scan(tmp_path / "t.parquet").filter(nw.col("line") <= 2)
    write_table("transactions", again, tmp_path / "t.parquet", spark)
    assert (tmp_path / "t.parquet").is_file()
    assert read_table(tmp_path / "t.parquet")["line"].tolist() == [1, 2]


def test_lines_with_injected_errors_have_the_same_context_on_both(spark, engine):
    lines, back = shop(), arrow_lines([{"line": 1, "customer_id": "c00", "quantity": -9}])

    def context(on):
        made = inject("line", on.table(lines), on.table(back), share=0.04, seed=5, engine=on)
        found = line_context(made.lines, made.returns, on)
        return made.kinds, found.load(), found.load(most=found.count // 2)

    (kinds, on_duckdb, some), (kinds_too, on_spark, some_too) = context(engine), context(spark)
    assert kinds.equals(kinds_too)
    assert (on_duckdb[[*RARE]] > 0).sum().min() > 5
    pd.testing.assert_frame_equal(on_duckdb, on_spark, rtol=1e-6, check_dtype=False)
    pd.testing.assert_frame_equal(some, some_too, rtol=1e-6, check_dtype=False)  # the same lines are drawn
    assert 0.4 < len(some) / len(on_duckdb) < 0.6


def test_days_and_weekdays_are_counted_alike(spark, engine):
    moments = [datetime(2011, 1, 1, 23, 59), datetime(2011, 1, 2, 0, 0), datetime(2011, 3, 27, 1, 30)]

    def counted(on):
        lines = on.table(numbered(ordered_at=moments)).with_columns(weekday=nw.col("ordered_at").dt.weekday())
        days = lines.with_columns(days=days_between(nw.col("ordered_at"), nw.lit(datetime(2011, 3, 28, 1, 29))))
        return [(row["weekday"], int(row["days"])) for row in rows_of(days)]

    assert counted(spark) == counted(engine) == [(6, 85), (7, 85), (7, 0)]


def test_without_pyspark_a_study_that_asks_for_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    told = pytest.raises(StudyError, match="pyspark is not installed: run `uv sync --group spark`")
    with open_engine(EngineSettings(name="spark")) as engine, told:
        engine.scan(Path("lines.parquet"))


def test_steps_side_by_side_share_the_machine(monkeypatch):
    monkeypatch.setattr(machine, "cores", lambda: 8)
    monkeypatch.setattr(machine, "memory", lambda: 32 << 30)
    alone = machine.threads_each(), machine.memory_each()
    monkeypatch.setenv(machine.SIDE_BY_SIDE, "4")
    assert alone == (8, 16 << 30)
    assert (machine.threads_each(), machine.memory_each()) == (2, 4 << 30)


def test_a_container_s_limits_are_the_machine_s(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "GROUP", tmp_path)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert machine.cores() == 16
    (tmp_path / "cpu.max").write_text("300000 100000\n")
    (tmp_path / "memory.max").write_text(f"{1 << 30}\n")
    assert (machine.cores(), machine.memory()) == (3, 1 << 30)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.cores() == 16
    assert machine.memory() > 1 << 30


def test_what_a_study_asks_of_duckdb_is_what_it_gets():
    asked = EngineSettings(threads=3, memory="300MB")
    with open_engine(asked) as engine:
        asked_for = ", ".join(f"current_setting('{n}')" for n in ("threads", "memory_limit", "temp_directory"))
        threads, memory, scratch = engine.connection.sql(f"SELECT {asked_for}").fetchall()[0]
        assert (threads, memory) == (3, "286.1 MiB")
        assert Path(scratch).parent.is_dir()
    assert not Path(scratch).exists()

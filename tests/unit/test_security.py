"""SECURITY.md, sentence by sentence: each test names the one it holds the series to."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from helpers.base import sql
from helpers.base.console import shown
from helpers.base.errors import StudyError
from helpers.base.paths import ROOT
from helpers.base.sql import Sandbox, SqlError, pattern_problem
from helpers.base.text import sentence
from helpers.ledger.remote import answered, fetched
from helpers.ledger.source import Source
from helpers.show.exports import harmless_cell
from helpers.study.file import DEEPEST, LARGEST, MOST_VALUES

PROMISED: set[str] = set()


def holds(promise: str) -> Callable:
    """Mark a test as the one that holds the series to a sentence of SECURITY.md, by how it begins."""
    PROMISED.add(promise)
    return lambda test: test


def promises() -> list[str]:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


def test_each_sentence_has_a_test():
    from tests.unit.app import test_asking, test_guard, test_looking, test_studies, test_uploads  # noqa: F401

    for promise in promises():
        assert sum(promise.startswith(begin) for begin in PROMISED) == 1, promise
    assert len(PROMISED) == len(promises())


@pytest.fixture
def table(tmp_path):
    """A table, and beside it what its SQL must not reach."""
    for name in ("lines", "others"):
        pq.write_table(pa.table({"line": [1, 2], name: [3, 4]}), tmp_path / f"{name}.parquet")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    return tmp_path / "lines.parquet"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as opened:
        yield opened


def refused(sandbox: Sandbox, table: Path, *expressions: str) -> None:
    """Check that expressions run neither as a claim nor as a feature, and leave no file behind."""
    before = sorted(table.parent.iterdir())
    for number, expression in enumerate(expressions):
        with pytest.raises(SqlError):
            sandbox.value(table, f"max({expression})" if expression.startswith("(") else expression)
        with pytest.raises(SqlError):
            sandbox.add_column(table, f"new_{number}", expression)
    assert sorted(table.parent.iterdir()) == before
    assert sandbox.value(table, "count(*)") == 2


@holds("It runs no code")
@pytest.mark.parametrize(
    "extra",
    [
        "seed: !!python/object/apply:os.system [touch here]\n",
        "description: !!python/name:os.system\n",
        "description: !<tag:yaml.org,2002:python/object/new:os.system> [x]\n",
        "run: touch here\n",
        "source: {path: x.csv, generator: os.system}\n",
        "engine: os.system\n",
    ],
)
def test_no_code(study, extra, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError):
        study(extra)
    assert not Path("here").exists()


@holds("It reads nothing but the file or folder that `source.path` names")
def test_no_file(study, sandbox, table, tmp_path):
    refused(
        sandbox,
        table,
        f"(SELECT count(*) FROM read_csv('{tmp_path}/secret.csv'))",
        f"(SELECT count(*) FROM '{tmp_path}/others.parquet')",
        f"(SELECT count(*) FROM glob('{tmp_path}/*'))",
        "(SELECT content FROM read_text('/etc/passwd'))",
    )
    for outside in ("/etc/passwd", "../secret.csv", "a/../../secret.csv"):
        with pytest.raises(StudyError, match="put it into a data folder"):
            study(f"cleaning: {{rules: [join: {{file: {outside}, on: country}}]}}\n")
    with pytest.raises(StudyError, match="chapters names"):
        study("chapters: [../../x]\n")


@holds("It writes no file and starts no program")
def test_no_writing(sandbox, table, tmp_path, monkeypatch):
    refused(
        sandbox,
        table,
        f"1; COPY lines TO '{tmp_path}/out.csv'; SELECT 1",
        f"1) FROM lines; COPY lines TO '{tmp_path}/out.csv'; SELECT (1",
        f"(SELECT * FROM (COPY lines TO '{tmp_path}/out.csv'))",
        f"1; ATTACH '{tmp_path}/new.db' AS other; SELECT 1",
        f"1; EXPORT DATABASE '{tmp_path}/out'; SELECT 1",
        "system('touch here')",
        "(SELECT * FROM shell('touch here'))",
    )


@holds("It brings no secret")
def test_no_secret(monkeypatch):
    with pytest.raises(StudyError, match="take it out"):
        fetched("s3://key:secret@shop/orders.csv")
    with pytest.raises(ValidationError, match="connection"):
        Source(query="SELECT 1", connection="postgresql://me:secret@host/db")
    monkeypatch.delenv("ORDERS_DB", raising=False)
    with pytest.raises(StudyError, match="environment variable"):
        answered("SELECT 1", "ORDERS_DB")


@holds("Its SQL reaches no network")
def test_no_network(sandbox, table):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        refused(
            sandbox,
            table,
            f"(SELECT count(*) FROM read_parquet('{address}.parquet'))",
            f"(SELECT count(*) FROM read_csv('{address}.csv'))",
            f"(SELECT count(*) FROM '{address}.json')",
        )
        with pytest.raises(BlockingIOError):
            server.accept()


@holds("Its SQL (`features`, and `measure` in `claims`) sees one table each")
def test_one_table(sandbox, table):
    others = table.with_name("others.parquet")
    assert sandbox.value(others, "sum(others)") == 7
    refused(sandbox, table, "(SELECT sum(others) FROM others)", "(SELECT count(*) FROM customers)")


@holds("Its SQL changes no setting")
def test_no_settings(sandbox, table):
    refused(
        sandbox,
        table,
        "1; SET enable_external_access = true; SELECT 1",
        "1; SET lock_configuration = false; SELECT 1",
        "1; SET memory_limit = '100GB'; SELECT 1",
        "1; INSTALL httpfs; SELECT 1",
        "1; LOAD httpfs; SELECT 1",
        "1; DROP TABLE lines; SELECT 1",
        "1) FROM lines; DROP TABLE lines; SELECT (1",
        "1, 2",
        "1; SELECT 2",
    )


@holds("Its SQL takes 20 seconds an expression at most")
def test_limits(table, monkeypatch):
    assert (sql.SECONDS, sql.SECONDS_IN_ALL, sql.MEMORY) == (20, 60, "1GB")
    monkeypatch.setattr(sql, "SECONDS", 0.5)
    endless = (
        "(SELECT max(levenshtein(repeat('ab', 20000) || n, repeat('ba', 20000) || n)) FROM range(100000) r(n))"
    )
    with Sandbox() as sandbox:
        started = time.monotonic()
        with pytest.raises(SqlError, match="was stopped: it took more than"):
            sandbox.value(table, endless)
        assert time.monotonic() - started < 10
        monkeypatch.setattr(sql, "SECONDS", 20.0)
        with pytest.raises(SqlError, match=r"Out of Memory Error|needs more memory"):
            sandbox.value(table, "(SELECT len(list(n)) FROM range(4000000000) r(n))")


@holds("Its SQL sees no secret")
def test_no_secrets(sandbox, table, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    refused(
        sandbox,
        table,
        "getenv('SECRET')",
        "(SELECT count(*) FROM duckdb_secrets())",
        "(SELECT count(*) FROM sys)",
        "(SELECT count(*) FROM arguments)",
        "(SELECT content FROM read_text('/proc/self/environ'))",
    )


@holds("It cannot fill the memory")
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("# " + "x" * LARGEST, "more than 1,000,000 bytes"),
        (f"chapters: [{'a, ' * MOST_VALUES}]\n", "at most 10,000 values"),
        (f"description: {'[' * DEEPEST}{']' * DEEPEST}\n", "more than 20 levels"),
        ("features: &a {a: *a}\n", "no anchors and aliases"),
    ],
    ids=["bytes", "values", "levels", "aliases"],
)
def test_no_bombs(study, extra, said):
    with pytest.raises(StudyError, match=said):
        study(extra)


@holds("Its regular expressions take time in proportion")
def test_no_slow_patterns(sandbox, table):
    started = time.monotonic()
    slow = "(a+)+$"  # takes a backtracking engine longer than anybody waits
    assert pattern_problem(slow) is None
    assert sandbox.value(table, f"count(*) FILTER (regexp_matches(repeat('a', 100000) || 'b', '{slow}'))") == 0
    assert time.monotonic() - started < 5


@holds("It brings no cluster's address")
@pytest.mark.parametrize(
    "extra",
    [
        "master: 'spark://elsewhere:7077'",
        "master: 'k8s://https://elsewhere'",
        "storage: 's3a://elsewhere/folder'",
        "settings: {spark.jars: x.jar}",
        "settings: {spark.driver.extraJavaOptions: '-javaagent:x'}",
        "settings: {spark.driver.memory: '1g -javaagent:x'}",
    ],
)
def test_no_cluster_and_no_program(study, extra):
    with pytest.raises(StudyError, match=r"engine\.(master|storage|settings)"):
        study(f"engine: {{name: spark, {extra}}}\n")


@holds("Its texts stay text")
def test_texts():
    """Whole pages, workbooks and builds full of such texts are in tests/notebooks (hostile values, faults)."""
    assert sentence("{x}", x="<script>") == "&lt;script&gt;"
    assert harmless_cell("=cmd|' /C calc'!A0").startswith("'=")
    assert "\x1b" not in shown("\x1b[31m") and "\u202e" not in shown("\u202e")


@holds("Under `pseudonyms` it cannot bring real ids back")
def test_no_ids(study, tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr("helpers.ledger.pseudonyms.KEYS", tmp_path / "keys")
    (tmp_path / "private.csv").write_text("country,who\nFrance,17850\n")
    loaded = study("pseudonyms: true\ncleaning: {rules: [join: {file: private.csv, on: country}]}\n")
    pq.write_table(pa.table({"customer_id": [loaded.pseudonyms().of("17850")]}), tmp_path / "raw.parquet")
    with pytest.raises(StudyError, match="'who' that tells who the customers are"):
        loaded.check_lookups(tmp_path)

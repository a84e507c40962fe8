"""SQL of a study: it ends within its time and its memory, and the next expression is tried all the same."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base import sql
from helpers.base.sql import Sandbox, SqlError, pattern_problem

RECURSIVE = "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 - 1 FROM r) SELECT count(*) FROM r)"
LEVENSHTEIN = (
    "(SELECT max(levenshtein(repeat('ab', 20000) || a.n::text, repeat('ba', 20000) || b.n::text)) "
    "FROM range(1000) a(n), range(1000) b(n))"
)


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.parquet"
    pq.write_table(pa.table({"line": [1, 2], "price": [1.5, 2.5]}), path)
    return path


@pytest.mark.parametrize("expression", [RECURSIVE, LEVENSHTEIN], ids=["recursive", "levenshtein"])
def test_what_never_ends_is_stopped_and_the_next_is_tried(lines, monkeypatch, expression):
    monkeypatch.setattr(sql, "SECONDS", 1.0)
    with Sandbox() as sandbox:
        assert sandbox.value(lines, "count(*)") == 2
        started = time.monotonic()
        with pytest.raises(SqlError, match="was stopped: it took more than 1 s"):
            sandbox.value(lines, expression)
        assert time.monotonic() - started < 5
        with pytest.raises(SqlError, match="was stopped"):
            sandbox.add_column(lines, "endless", expression)
        assert sandbox.value(lines, "sum(price)") == 4.0


def test_all_expressions_together_have_a_limit(lines, monkeypatch):
    monkeypatch.setattr(sql, "SECONDS_IN_ALL", 0.5)
    with Sandbox() as sandbox:
        with pytest.raises(SqlError, match="was stopped"):
            sandbox.value(lines, RECURSIVE)
        with pytest.raises(SqlError, match=r"was not tried: the study's SQL took more than 0\.5 s together"):
            sandbox.value(lines, "count(*)")


@pytest.mark.parametrize(
    "expression",
    ["(SELECT len(list(n)) FROM range(4000000000) r(n))", "length(repeat('x', 3000000000))"],
    ids=["many values", "one value"],
)
def test_what_needs_too_much_memory_is_refused(lines, expression):
    with Sandbox() as sandbox, pytest.raises(SqlError, match=r"Out of Memory|needs more memory|does not run"):
        sandbox.value(lines, f"max({expression})")


def test_the_process_ends_with_the_sandbox(lines):
    with Sandbox() as sandbox:
        sandbox.value(lines, "1 + max(line)")
        process = sandbox._process
        assert process.poll() is None
    assert process.poll() is not None


def test_no_process_starts_where_nothing_is_asked():
    with Sandbox() as sandbox:
        assert sandbox._process is None


def test_a_pattern_is_one_or_says_why_not():
    assert pattern_problem(r"^\d{5}[A-Z]*$") is None
    assert pattern_problem("(") == "missing ): ("
    assert "invalid perl operator" in pattern_problem("(?=x)")
    assert "invalid escape sequence" in pattern_problem(r"(a)\1")

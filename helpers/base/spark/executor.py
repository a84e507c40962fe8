"""What an executor does of a query: DuckDB answers it over one part, and its rows are written as Parquet.

These functions travel to executors by value, which need Python's duckdb and pyarrow there and nothing of ours.
"""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.duck import connected
from helpers.base.parquet import quoted, quoted_column, write_query

PART = "/*part*/"
"""Where a query reads the part that it is done on."""


class Task(NamedTuple):
    """A query, and where its rows go."""

    sql: str
    """The same for all parts, and so sent once; `PART` stands for the part."""
    part: str
    """The query that reads it."""
    target: str
    """Path that names of files begin with; each attempt at a task adds its own."""
    memory: str
    """What DuckDB may hold before it spills."""
    key: tuple[str, ...] = ()
    """Sorts the rows, where they are to be a table's."""
    by: tuple[str, ...] = ()
    """Columns that say which rows must meet, in the same of so many `buckets`."""
    buckets: int = 1


class Written(NamedTuple):
    """A file that a task has written."""

    file: str
    rows: int
    bucket: int = 0
    ends: tuple[tuple, ...] = ()
    """The key of the first and of the last row."""
    problem: str | None = None
    """What keeps the rows from having that key."""


def run(task: Task) -> list[Written]:
    """Run a query and return the files with its rows; of buckets without rows there is none."""
    attempt = Path(f"{task.target}-{uuid4().hex}")
    file = attempt.with_name(f"{attempt.name}.parquet")
    sql = task.sql.replace(PART, task.part)
    with TemporaryDirectory(prefix="series-") as spilled, connected(1, task.memory, Path(spilled)) as connection:
        if task.by and task.buckets > 1:
            return _in_buckets(connection, sql, task, attempt)
        problem = write_query(connection, sql, file, task.key)
    rows, ends = pq.read_metadata(file).num_rows, ()
    if task.key and rows:
        keys = pq.read_table(file, columns=list(task.key))
        ends = tuple(tuple(keys.column(name)[at].as_py() for name in task.key) for at in (0, rows - 1))
    return [Written(str(file), rows, 0, ends, problem)]


def _in_buckets(connection: duckdb.DuckDBPyConnection, sql: str, task: Task, folder: Path) -> list[Written]:
    by = ", ".join(map(quoted_column, task.by))
    query = f"SELECT *, hash({by}) % {task.buckets} AS _bucket FROM ({sql})"
    options = "FORMAT parquet, COMPRESSION lz4_raw, PARTITION_BY (_bucket)"
    connection.execute(f"COPY ({query}) TO {quoted(folder)} ({options})")
    files = sorted(folder.glob("_bucket=*/*.parquet"))
    return [
        Written(str(file), pq.read_metadata(file).num_rows, int(file.parent.name.partition("=")[2]))
        for file in files
    ]


def on_executor(tasks: list[Task]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return what Spark calls with the numbers of tasks, in batches, and what gives their answers."""

    def answers(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            numbers: list[Any] = batch.column(0).to_pylist()
            found = [pickle.dumps([tuple(one) for one in run(tasks[number])]) for number in numbers]
            yield pa.RecordBatch.from_pydict({"task": numbers, "answer": found})

    return answers

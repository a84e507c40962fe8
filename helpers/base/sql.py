"""SQL that a study file brings, in a process of its own that knows one table and is ended when it takes too long.

A study is data, not a program, and may come from a stranger. DuckDB is told to see no file and no network and to
change no setting; what it cannot be told the system does: `levenshtein` over a cross join does not listen to an
interrupt, so the process is killed. One process serves all expressions of a study, and starts with the first.
"""

import resource
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from helpers.base.parquet import sql_name
from helpers.base.paths import ROOT

SECONDS, SECONDS_IN_ALL = 20.0, 60.0
"""What one expression may take, and all of a study's together."""
STARTING = 120.0
"""Seconds to start the process or read a table, on a machine that has other work too."""
MEMORY, ON_DISK = "1GB", "2GB"
ADDRESSES = 3 << 30
"""Bytes of address space: DuckDB does not count every text it makes."""
LONGEST = 1000
"""Letters of a value at most: it is shown in one cell of a table."""
TOO_LARGE = "was stopped: it needs more memory than there is"
NUMBERS = ("DECIMAL", "FLOAT", "HUGEINT", "UHUGEINT", "UBIGINT")
"""Types that an expression may give and our tables do not keep; they become DOUBLE."""


class SqlError(Exception):
    """An expression gives no value; the message says why, to follow its name: `does not run on customers: ...`."""


@cache
def pattern_problem(pattern: str) -> str | None:
    """Return why a text is no regular expression that DuckDB can match (RE2), or None where it is one."""
    with duckdb.connect() as connection:
        try:
            connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error as error:
            return str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
    return None


class Sandbox:
    """Runs expressions over Parquet tables, each known by the name of its file and seen alone."""

    def __init__(self) -> None:
        self._left = SECONDS_IN_ALL
        self._process: subprocess.Popen | None = None
        self._pipe: Connection | None = None
        self._read: set[Path] = set()
        self._scratch = TemporaryDirectory(prefix="series-")

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._scratch.cleanup()

    def value(self, table: Path, expression: str) -> Any:
        """Return the one value of an expression over a table.

        Raises:
            SqlError: it does not run, takes too long or too much memory, or gives something else than one value.
        """
        return self._asked("value", table, expression)

    def add_column(self, table: Path, name: str, expression: str) -> None:
        """Add a column to what is known of a table; the file stays as it is.

        Raises:
            SqlError: it does not run, takes too long or too much memory, or gives no single value a row.
        """
        self._asked("add_column", table, name, expression)

    def save(self, table: Path, target: Path, key: str) -> None:
        """Write what is known of a table as Parquet, sorted by a key."""
        self._asked("save", table, target, key)

    def _asked(self, task: str, table: Path, *arguments: Any) -> Any:
        if self._left <= 0:
            raise SqlError(f"was not tried: the study's SQL took more than {SECONDS_IN_ALL:g} s together")
        self._start()
        if table not in self._read:
            self._answer(STARTING, "read", table)
            self._read.add(table)
        began = time.monotonic()
        try:
            return self._answer(min(SECONDS, self._left), task, table, *arguments)
        finally:
            self._left -= time.monotonic() - began

    def _start(self) -> None:
        if self._process is not None:
            return
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "helpers.base.sql", str(theirs.fileno()), self._scratch.name],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._answer(STARTING)

    def _answer(self, seconds: float, *task: Any) -> Any:
        """Give the process a task and return its answer; without a task, wait until it is ready for one."""
        try:
            if task:
                self._pipe.send(task)
            if not self._pipe.poll(seconds):
                self._end()
                raise SqlError(f"was stopped: it took more than {seconds:.0f} s")
            problem, answer = self._pipe.recv()
        except (EOFError, OSError):
            self._end()
            raise SqlError(TOO_LARGE) from None
        if problem:
            raise SqlError(problem)
        return answer

    def _end(self) -> None:
        """End the process, which may be in the middle of something that never ends."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._pipe.close()
        self._process = None
        self._read.clear()


class _Tables:
    """The other side: what the process does with the tables it was told of."""

    def __init__(self, scratch: str) -> None:
        self._scratch = scratch
        self._connections: dict[Path, duckdb.DuckDBPyConnection] = {}

    def read(self, table: Path) -> None:
        # one thread, because sums of floats depend on the order in which they are added
        connection = duckdb.connect(
            config={
                "threads": 1,
                "memory_limit": MEMORY,
                "temp_directory": self._scratch,
                "max_temp_directory_size": ON_DISK,
                "python_enable_replacements": False,
                "autoload_known_extensions": False,
            }
        )
        connection.sql(f"FROM {sql_name(table)}").create(table.stem)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        self._connections[table] = connection

    def value(self, table: Path, expression: str) -> Any:
        duckdb.SQLExpression(expression)  # parsed as one first: a text with a second statement in it is none
        found = self._connections[table].execute(f'SELECT (\n{expression}\n) FROM "{table.stem}"').fetchmany(2)
        if len(found) != 1:
            raise SqlError(f"gives {'several rows' if found else 'no row'}; it needs one value")
        (value,) = found[0]
        if isinstance(value, tuple | list | dict):
            raise SqlError("gives several values; it needs one value")
        if isinstance(value, str | bytes) and len(value) > LONGEST:
            raise SqlError(f"gives a text of {len(value):,} letters; it may have {LONGEST:,} at most")
        return value

    def add_column(self, table: Path, name: str, expression: str) -> None:
        connection, known = self._connections[table], table.stem
        before = len(connection.table(known))
        duckdb.SQLExpression(expression)
        kind = str(connection.sql(f'SELECT (\n{expression}\n) AS "{name}" FROM {known} LIMIT 0').types[0])
        value = f"CAST((\n{expression}\n) AS DOUBLE)" if kind.startswith(NUMBERS) else f"(\n{expression}\n)"
        connection.execute(f'CREATE OR REPLACE TABLE {known} AS SELECT *, {value} AS "{name}" FROM {known}')
        if len(connection.table(known)) != before:
            raise SqlError("changes the number of rows; it may only add a value")

    def save(self, table: Path, target: Path, key: str) -> None:
        import pyarrow.parquet as pq  # DuckDB may not write files any more

        sorted_ = self._connections[table].sql(f'FROM {table.stem} ORDER BY "{key}"')
        pq.write_table(sorted_.to_arrow_table(), target)


def _serve(pipe: Connection, scratch: str) -> None:
    """Answer tasks until the other side is gone."""
    with suppress(ValueError, OSError):  # not every system has the limit, or allows so much
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    # should the other side be killed, nobody else ends what never ends
    most = int(SECONDS_IN_ALL + STARTING)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    tables = _Tables(scratch)
    pipe.send((None, None))
    while True:
        try:
            task, table, *arguments = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer = (None, getattr(tables, task)(table, *arguments))
        except SqlError as error:
            answer = (str(error), None)
        except MemoryError:
            answer = (TOO_LARGE, None)
        except Exception as error:  # DuckDB's, and what Python cannot hold of its values
            answer = (f"does not run on {table.stem}: {(str(error) or repr(error)).splitlines()[0]}", None)
        pipe.send(answer)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), sys.argv[2])

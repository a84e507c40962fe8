"""DuckDB as an engine: in this process, on as much of the machine as its chapter is given."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import narwhals as nw
import pyarrow as pa

from helpers.base import machine
from helpers.base.parquet import quoted, sql_name, write_query


def connected(threads: int, memory: str, scratch: Path) -> duckdb.DuckDBPyConnection:
    """Return DuckDB, empty, with so many threads and as much memory, and a folder for what does not fit."""
    config = {"threads": threads, "memory_limit": memory, "temp_directory": str(scratch)}
    connection = duckdb.connect(config=config)
    # our joins are ledgers to small summaries: hashing the summary and streaming the ledger halves the work,
    # but not knowing the sizes, the optimiser may swap the two
    connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    return connection


class DuckDBEngine:
    """DuckDB in this process, spilling to a temporary folder that `open_engine` removes."""

    reads_typed = False
    """Whether a source of typed Parquet is read by the engine itself, and not streamed through the readers."""

    def __init__(self, scratch: Path, threads: int | None = None, memory: str | None = None) -> None:
        self._kept = 0
        # a second thread costs a third more work to keep lines in their order, so chapters that run side by side
        # share the cores; a ledger larger than the memory spills
        given = memory or f"{machine.memory_each() >> 20}MiB"
        self.connection = connected(threads or machine.threads_each(), given, scratch)
        # the build has its own line of progress; in a kernel without widgets there is no bar to switch off
        with suppress(duckdb.InvalidInputException):
            self.connection.execute("SET enable_progress_bar = false")

    def close(self) -> None:
        """Let go of memory and files."""
        self.connection.close()

    @property
    def files(self) -> "DuckDBEngine":
        """What reads and writes Parquet in this process, whatever engine the lines are on: here, this one."""
        return self

    def frame(self, relation: duckdb.DuckDBPyRelation) -> nw.LazyFrame:
        """Return a relation of this engine as a frame."""
        return nw.from_native(relation)

    def scan(self, path: Path) -> nw.LazyFrame:
        """Return the lines of a Parquet file, or of a folder of them, unread until a result is asked for."""
        return self.frame(self.connection.sql(f"FROM {sql_name(path)}"))

    def scan_numbered(self, files: list[Path]) -> nw.LazyFrame:
        """Return the rows of Parquet files with their file's path and number in it from 0: `_file`, `_row`."""
        names = ", ".join(quoted(file.resolve()) for file in files)
        options = "file_row_number = true, filename = '_file', hive_partitioning = false"
        rows = f"SELECT * RENAME (file_row_number AS _row) FROM read_parquet([{names}], {options})"
        return self.frame(self.connection.sql(rows))

    def keep(self, frame: nw.LazyFrame, instead_of: nw.LazyFrame | None = None) -> nw.LazyFrame:
        """Compute a frame now and return it, so that what is built on it does not compute it again.

        It may take the place of one kept before: of that and of what was built on it nothing more is asked.
        """
        self._kept += 1
        name = f"kept_{self._kept}"
        nw.to_native(frame).create_view("computed", replace=True)
        self.connection.execute(f"CREATE TEMP TABLE {name} AS FROM computed")
        if instead_of is not None:
            self.connection.execute(f"DROP TABLE {nw.to_native(instead_of).alias}")
        return self.frame(self.connection.table(name))

    @contextmanager
    def for_now(self) -> Iterator[None]:
        """Let go, at the end, of all that is kept within: whatever is asked of it is asked within."""
        first = self._kept + 1
        try:
            yield
        finally:
            for number in range(first, self._kept + 1):
                self.connection.execute(f"DROP TABLE IF EXISTS kept_{number}")

    def table(self, table: pa.Table) -> nw.LazyFrame:
        """Return an Arrow table as a frame of this engine."""
        return self.frame(self.connection.from_arrow(table))

    def with_hash(self, frame: nw.LazyFrame, names: list[str], called: str) -> nw.LazyFrame:
        """Add a number for the values of some columns: the same where rows agree in all, missing ones too."""
        values = ", ".join(f'"{name}"' for name in names)
        return self.frame(nw.to_native(frame).project(f"*, hash({values}) AS {called}"))

    def write(self, frame: nw.LazyFrame, path: Path, types: Mapping[str, str], key: list[str]) -> str | None:
        """Write a frame as Parquet with the given column types (SQL), sorted by its key.

        Returns:
            What keeps the lines from having that key; None where nothing does.
        """
        columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in types.items())
        nw.to_native(frame).project(columns).create_view("computed", replace=True)
        return write_query(self.connection, "FROM computed", path, key)

    def write_csv(self, frame: nw.LazyFrame, path: Path, order: list[str]) -> None:
        """Write a frame as CSV, sorted by a total order."""
        ordered = nw.to_native(frame).order(", ".join(f'"{name}"' for name in order))
        ordered.write_csv(str(path), header=True)

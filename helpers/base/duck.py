"""DuckDB as an engine: in this process, on as much of the machine as its chapter is given."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import narwhals as nw
import pyarrow as pa

from helpers.base import machine
from helpers.base.parquet import key_of_rows, sql_name

DAY = 24 * 60 * 60


class DuckDBEngine:
    """DuckDB in this process, spilling to a temporary folder that `open_engine` removes."""

    reads_typed = False
    """Whether a source of typed Parquet is read by the engine itself, and not streamed through the readers."""

    def __init__(self, scratch: Path, threads: int | None = None, memory: str | None = None) -> None:
        self._kept = 0
        self.connection = duckdb.connect(
            config={
                # a second thread costs a third more work to keep lines in their order, so chapters that run side
                # by side share the cores; a ledger larger than the memory spills
                "threads": threads or machine.threads_each(),
                "memory_limit": memory or f"{machine.memory_each() >> 20}MiB",
                "temp_directory": str(scratch),
            }
        )
        # our joins are ledgers to small summaries: hashing the summary and streaming the ledger halves the work,
        # but not knowing the sizes, the optimiser may swap the two
        self.connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
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

    def scan(self, path: Path) -> nw.LazyFrame:
        """Return the lines of a Parquet file, or of a folder of them, unread until a result is asked for."""
        return nw.from_native(self.connection.sql(f"FROM {sql_name(path)}"))

    def key_of(self, file: Path) -> str:
        """Return what `scan_numbered` calls a file."""
        return str(file)

    def scan_numbered(self, files: list[Path]) -> nw.LazyFrame:
        """Return the rows of Parquet files with their file and their number in it, from 0: `_file` and `_row`."""
        names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        options = "file_row_number = true, filename = '_file', hive_partitioning = false"
        rows = f"SELECT * RENAME (file_row_number AS _row) FROM read_parquet([{names}], {options})"
        return nw.from_native(self.connection.sql(rows))

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
        return nw.from_native(self.connection.table(name))

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
        return nw.from_native(self.connection.from_arrow(table))

    def beside(self, lines: nw.LazyFrame, table: nw.LazyFrame, key: str) -> nw.LazyFrame:
        """Add the columns of a small table to lines by a key that both have; a line without a match has none."""
        return lines.join(table, on=key, how="left")

    def with_hash(self, frame: nw.LazyFrame, names: list[str], called: str) -> nw.LazyFrame:
        """Add a number for the values of some columns: the same where rows agree in all, missing ones too."""
        values = ", ".join(f'"{name}"' for name in names)
        return nw.from_native(nw.to_native(frame).project(f"*, hash({values}) AS {called}"))

    def with_days(self, frame: nw.LazyFrame, **spans: tuple[nw.Expr, nw.Expr]) -> nw.LazyFrame:
        """Add whole days of 24 hours from one moment to a later one, by name.

        Engines disagree on the days between two moments, so days are counted from seconds.
        """
        return frame.with_columns(
            **{name: (end - start).dt.total_seconds() // DAY for name, (start, end) in spans.items()}
        )

    def write(self, frame: nw.LazyFrame, path: Path, types: Mapping[str, str], key: list[str]) -> str | None:
        """Write a frame as Parquet with the given column types (SQL), sorted by its key.

        Returns:
            What keeps the lines from having that key; None where nothing does.
        """
        columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in types.items())
        typed = nw.to_native(frame).project(columns)
        typed.write_parquet(str(path), compression="zstd")
        # lines mostly come as they were read, and looking at their keys costs far less than sorting; looked at is
        # the file, because two runs of one query on several threads may give two orders
        unordered, problem = key_of_rows(path, key)
        if unordered:
            part = path.with_name(f"{path.name}.part")
            ordered = self.connection.read_parquet(str(path)).order(", ".join(f'"{name}"' for name in key))
            ordered.write_parquet(str(part), compression="zstd")
            part.replace(path)
            problem = key_of_rows(path, key)[1]
        return problem

    def write_csv(self, frame: nw.LazyFrame, path: Path, order: list[str]) -> None:
        """Write a frame as CSV, sorted by a total order."""
        ordered = nw.to_native(frame).order(", ".join(f'"{name}"' for name in order))
        ordered.write_csv(str(path), header=True)

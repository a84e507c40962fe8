"""The engine that does line-level work: a narrow door to DuckDB, so that another can stand beside it.

Rules and features are narwhals expressions and never see which engine runs them; what an engine must do
besides running expressions is here: open a Parquet file, keep an intermediate result, write a table.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import narwhals as nw
import pyarrow as pa

MEMORY = "2GB"
"""What DuckDB may hold before it spills to disk: a ledger larger than memory still goes through."""

THREADS = 1
"""Chapters run side by side, a core each. A second thread costs a third more work, and memory, to keep lines in
their order."""


class DuckDBEngine:
    """DuckDB in this process, spilling to a temporary folder that `open_engine` removes."""

    rewrites_distinct = True
    """Whether a text is changed sooner once for each distinct text, and joined, than line by line."""

    def __init__(self, scratch: Path) -> None:
        self._kept = 0
        self.connection = duckdb.connect(
            config={"memory_limit": MEMORY, "threads": THREADS, "temp_directory": str(scratch)}
        )
        # our joins are ledgers to small summaries: hashing the summary and streaming the ledger halves the work,
        # but not knowing the sizes, the optimiser may swap the two
        self.connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
        # the build has its own line of progress; in a kernel without widgets there is no bar to switch off
        with suppress(duckdb.InvalidInputException):
            self.connection.execute("SET enable_progress_bar = false")

    def scan(self, path: Path) -> nw.LazyFrame:
        """Return the lines of a Parquet file, unread until a result is asked for."""
        return nw.from_native(self.connection.read_parquet(str(path)))

    def keep(self, frame: nw.LazyFrame) -> nw.LazyFrame:
        """Compute a frame now and return it, so that what is built on it does not compute it again."""
        self._kept += 1
        name = f"kept_{self._kept}"
        nw.to_native(frame).create_view("computed", replace=True)
        self.connection.execute(f"CREATE TEMP TABLE {name} AS FROM computed")
        return nw.from_native(self.connection.table(name))

    def table(self, table: pa.Table) -> nw.LazyFrame:
        """Return an Arrow table as a frame of this engine."""
        return nw.from_native(self.connection.from_arrow(table))

    def write(self, frame: nw.LazyFrame, path: Path, types: Mapping[str, str], order: list[str]) -> None:
        """Write a frame as Parquet with the given column types (SQL), sorted by a total order."""
        columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in types.items())
        typed = nw.to_native(frame).project(columns)
        # lines mostly come as they were read, and looking at their keys costs far less than sorting
        if self._steps(typed, order, "<"):
            typed = typed.order(", ".join(f'"{name}"' for name in order))
        typed.write_parquet(str(path), compression="zstd")

    def key_problem(self, path: Path, key: list[str]) -> str | None:
        """Return what keeps the sorted lines of a Parquet file from having a key; None where nothing does."""
        lines = self.connection.read_parquet(str(path))
        missing = " OR ".join(f'"{name}" IS NULL' for name in key)
        if lines.filter(missing).limit(1).fetchall():
            return "a row without"
        return "two rows with the same" if self._steps(lines, key, "=") else None

    def _steps(self, lines: duckdb.DuckDBPyRelation, key: list[str], relation: str) -> bool:
        """Return whether any line has a key that is `<` or `=` that of the line before it."""
        keys = ", ".join(f'"{name}"' for name in key)
        before = f"lag(({keys})) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
        found = lines.project(f"({keys}) {relation} {before} AS found")
        return found.aggregate("count(*) FILTER (found)").fetchall()[0][0] > 0

    def write_csv(self, frame: nw.LazyFrame, path: Path, order: list[str]) -> None:
        """Write a frame as CSV, sorted by a total order."""
        ordered = nw.to_native(frame).order(", ".join(f'"{name}"' for name in order))
        ordered.write_csv(str(path), header=True)


def distinct_rows(frame: nw.LazyFrame, *names: str) -> nw.LazyFrame:
    """Return the distinct rows of some columns, in no order.

    Grouping is how engines find them: narwhals' `unique` numbers the rows of each group in a window, which took
    DuckDB four times as long on four million lines.
    """
    return frame.group_by(*names).agg(_rows=nw.len()).select(*names)


@contextmanager
def open_engine(name: str = "duckdb") -> Iterator[DuckDBEngine]:
    """Open the engine a study names, for the length of a `with` block."""
    engines = {"duckdb": DuckDBEngine}
    with TemporaryDirectory(prefix="series-") as scratch:
        engine = engines[name](Path(scratch))
        try:
            yield engine
        finally:
            engine.connection.close()

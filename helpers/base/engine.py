"""The engine that does line-level work: a narrow door, behind which is DuckDB, here or on the executors of Spark.

Rules and features are narwhals expressions and never see which engine runs them (`helpers.base.duck`,
`helpers.base.spark`); what an engine must do besides is to open a Parquet file, to keep an intermediate result and
to write a table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import narwhals as nw

from helpers.base.duck import DuckDBEngine

if TYPE_CHECKING:
    from helpers.base.engine_settings import EngineSettings

DAY = 24 * 60 * 60


def distinct_rows(frame: nw.LazyFrame, *names: str) -> nw.LazyFrame:
    """Return the distinct rows of some columns, in no order.

    Grouping is how engines find them: narwhals' `unique` numbers the rows of each group in a window, which took
    DuckDB four times as long on four million lines.
    """
    return frame.group_by(*names).agg(_rows=nw.len()).select(*names)


def day_of(moment: str) -> nw.Expr:
    """Return the midnight before a moment, as a moment and not as a date."""
    return nw.col(moment).dt.truncate("1d").cast(nw.Datetime("us"))


def month_of(moment: str) -> nw.Expr:
    """Return the midnight that a moment's month began with, likewise."""
    return nw.col(moment).dt.truncate("1mo").cast(nw.Datetime("us"))


def days_between(start: nw.Expr, end: nw.Expr) -> nw.Expr:
    """Return whole days of 24 hours from one moment to a later one."""
    return (end - start).dt.total_seconds() // DAY


@contextmanager
def open_engine(settings: "EngineSettings | None" = None) -> Iterator[DuckDBEngine]:
    """Open the engine a study names, for the length of a `with` block; DuckDB where none does."""
    with TemporaryDirectory(prefix="series-") as scratch:
        if settings is not None and settings.name == "spark":
            from helpers.base.spark.engine import SparkEngine  # only who asks for it has it

            engine = SparkEngine(Path(scratch), settings)
        else:
            threads, memory = (settings.threads, settings.memory) if settings else (None, None)
            engine = DuckDBEngine(Path(scratch), threads, memory)
        try:
            yield engine
        finally:
            engine.close()

"""Spark as an engine: the same narrow door as `helpers.base.duck.DuckDBEngine`, for ledgers beyond one machine.

A session that is there already is taken: a cluster's own (a notebook of Databricks or EMR), or Spark Connect's,
whose address the environment has in `SPARK_REMOTE`. Else one is started at the study's `master`. What comes back
to this process is what a chapter collects (a row a customer, product, day or month), never lines.

An intermediate result is written as Parquet and read again rather than held by the executors: the plan starts anew
there, so it does not grow from step to step, and a worker that is lost takes nothing with it.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa

from helpers.base import machine
from helpers.base.duck import DAY, DuckDBEngine
from helpers.base.engine_settings import EngineSettings
from helpers.base.errors import StudyError
from helpers.base.parquet import parts_of, rows_of

REMOTE = "SPARK_REMOTE"
"""Environment variable of Spark Connect, which pyspark itself knows by this name."""
PARTITIONS_A_CORE = 2
YOUNG_A_CORE = 128
"""MB a core that new objects may fill before Java tidies up, where an eighth of the memory is as much."""
LATE_COMPILER = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
"""Ten times Java's own: its costly compiler is for what runs for every line, not for starting and planning."""
FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # a value that cannot be cast is missing, as the rules have it
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}
"""What results rest on, whoever's session it is."""
OWN = {
    "spark.log.level": "ERROR",
    "spark.buffer.pageSize": "4m",  # each sum takes a page, and by itself pages are up to 64 MB
    "spark.sql.codegen.aggregate.map.twolevel.enabled": "false",  # of many groups most are looked for twice
    "spark.ui.enabled": "false",
}
"""Of a session that is started here."""
KEPT = {"compression": "lz4_raw", "parquet.enable.dictionary": "false"}
"""How an intermediate result is written: read once or twice, it is not worth the search for equal values."""


class SparkEngine:
    """Spark in processes of its own, or on a cluster."""

    reads_typed = True

    def __init__(self, scratch: Path, settings: EngineSettings) -> None:
        self._kept = 0
        self._own = None
        if settings.storage:
            scratch = Path(_of_environment("storage", settings.storage)) / scratch.name
            scratch.mkdir(parents=True)
        self._scratch = scratch
        self._settings = settings
        self.files = DuckDBEngine(scratch)
        self._zone = os.environ.get("TZ")

    @cached_property
    def session(self) -> Any:
        """The session of Spark; to start one takes seconds, so it starts when something is asked of it.

        Raises:
            StudyError: pyspark or Java is not installed.
        """
        session = self._opened(self._settings)
        for name, value in FIXED.items():
            session.conf.set(name, value)
        os.environ["TZ"] = "UTC"  # pyspark reads a moment of Python as one of this process's time zone
        time.tzset()
        return session

    def _opened(self, settings: EngineSettings) -> Any:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise StudyError(
                "engine is spark, but pyspark is not installed: run `uv sync --group spark`."
            ) from None
        if active := SparkSession.getActiveSession():
            return active.newSession()
        if os.environ.get(REMOTE):
            self._own = SparkSession.builder.remote(os.environ[REMOTE]).create()
            return self._own
        if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
            raise StudyError("engine is spark, but there is no Java: install Java 17 or 21, or set JAVA_HOME.")
        threads = machine.threads_each()
        master = settings.master or f"local[{threads}]"
        builder = SparkSession.builder.appName("series")
        if not master.startswith("local"):
            master = _of_environment("master", master)
        else:
            given = {
                "spark.driver.memory": f"{machine.memory_each() >> 20}m",
                "spark.sql.shuffle.partitions": PARTITIONS_A_CORE * threads,
                "spark.driver.host": "127.0.0.1",
                "spark.driver.bindAddress": "127.0.0.1",
            }
            if not os.environ.get("JDK_JAVA_OPTIONS"):  # what is said there stands
                young = min(YOUNG_A_CORE * threads, machine.memory_each() >> 23)
                java = f"-XX:+UseSerialGC -Xmn{young}m -XX:MetaspaceSize=256m {LATE_COMPILER}"
                given["spark.driver.extraJavaOptions"] = java
            for name, value in given.items():
                builder = builder.config(name, value)
        for name, value in OWN.items():
            builder = builder.config(name, value)
        for name, value in settings.settings.items():
            builder = builder.config(name, str(value).lower() if isinstance(value, bool) else value)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        self._own = builder.master(master).getOrCreate()
        return self._own

    def close(self) -> None:
        """Stop the session, unless it was there before, and remove what was kept."""
        self.files.close()
        with suppress(Exception):  # a cluster that is gone cannot be told
            if self._own is not None:
                self._own.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)
        if self._zone is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = self._zone
        time.tzset()

    def scan(self, path: Path) -> nw.LazyFrame:
        """Return the lines of a Parquet file, or of a folder of them, unread until a result is asked for."""
        return nw.from_native(self.session.read.parquet(*(str(part) for part in parts_of(path))))

    def key_of(self, file: Path) -> str:
        """Return what `scan_numbered` calls a file."""
        return str(file.resolve())

    def scan_numbered(self, files: list[Path]) -> nw.LazyFrame:
        """Return the rows of Parquet files with their file and their number in it, from 0: `_file` and `_row`."""
        rows = self.session.read.parquet(*(str(file.resolve()) for file in files))
        file = "regexp_replace(_metadata.file_path, '^file:/+', '/') AS _file"
        where = file, "_metadata.row_index AS _row"
        return nw.from_native(rows.selectExpr(*(f"`{name}`" for name in rows.columns), *where))

    def keep(self, frame: nw.LazyFrame, instead_of: nw.LazyFrame | None = None) -> nw.LazyFrame:
        """Compute a frame now and return it, so that what is built on it does not compute it again.

        It may take the place of one that was kept before, whose file stays: files take no memory.
        """
        self._kept += 1
        path = self._scratch / f"kept_{self._kept}"
        native = nw.to_native(frame)
        native.write.options(**KEPT).parquet(str(path))
        # with its columns said, Spark need not open the files to learn them
        return nw.from_native(self.session.read.schema(native.schema).parquet(str(path)))

    @contextmanager
    def for_now(self) -> Iterator[None]:
        """Let go, at the end, of all that is kept within; here it stays in files, which take no memory."""
        yield

    def table(self, table: pa.Table) -> nw.LazyFrame:
        """Return an Arrow table as a frame of this engine."""
        return nw.from_native(self.session.createDataFrame(table))

    def beside(self, lines: nw.LazyFrame, table: nw.LazyFrame, key: str) -> nw.LazyFrame:
        """Add the columns of a small table to lines by a key that both have; a line without a match has none.

        A text is looked up by a number made of it, for which Spark needs no copy of it; then it is compared.
        """
        if table.collect_schema()[key] != nw.String:
            return lines.join(table, on=key, how="left")
        from pyspark.sql.functions import expr

        number = f"xxhash64(`{key}`)"
        numbered = nw.to_native(table).selectExpr("*", f"{number} AS _number", f"`{key}` AS _key").drop(key)
        # a plain comparison would be taken for a second key
        same = expr(f"{number} = _number AND coalesce(`{key}` = _key, false)")
        return nw.from_native(nw.to_native(lines).join(numbered, same, "left").drop("_number", "_key"))

    def with_hash(self, frame: nw.LazyFrame, names: list[str], called: str) -> nw.LazyFrame:
        """Add a number for the values of some columns: the same where rows agree in all, missing ones too."""
        values = ", ".join(f"`{name}`" for name in names)
        return nw.from_native(nw.to_native(frame).selectExpr("*", f"xxhash64({values}) AS {called}"))

    def with_days(self, frame: nw.LazyFrame, **spans: tuple[nw.Expr, nw.Expr]) -> nw.LazyFrame:
        """Add whole days of 24 hours from one moment to a later one, by name."""
        names = frame.collect_schema().names()
        ends = {
            f"_{side}_{name}": span[n] for name, span in spans.items() for n, side in enumerate(("from", "to"))
        }
        days = [f"timestampdiff(SECOND, `_from_{name}`, `_to_{name}`) DIV {DAY} AS `{name}`" for name in spans]
        native = nw.to_native(frame.with_columns(**ends))
        return nw.from_native(native.selectExpr(*(f"`{name}`" for name in names), *days))

    def write(self, frame: nw.LazyFrame, path: Path, types: Mapping[str, str], key: list[str]) -> str | None:
        """Write a frame as Parquet with the given column types (SQL), sorted by its key.

        What fits into one part is one file, as DuckDB writes it; else it is a folder of parts in order.

        Returns:
            What keeps the lines from having that key; None where nothing does.
        """
        columns = [f"CAST(`{name}` AS {_spark_type(kind)}) AS `{name}`" for name, kind in types.items()]
        folder = path.with_name(f"{path.name}.writing").resolve()
        nw.to_native(frame).selectExpr(*columns).orderBy(*key).write.mode("overwrite").parquet(str(folder))
        _as_table(folder, path)
        return self._key_problem(path, key)

    def _key_problem(self, path: Path, key: list[str]) -> str | None:
        lines = self.session.read.parquet(*(str(part) for part in parts_of(path)))
        gap = " OR ".join(f"`{name}` IS NULL" for name in key)
        names = ", ".join(f"`{name}`" for name in key)
        gaps, keys = lines.selectExpr(f"count_if({gap})", f"count(DISTINCT {names})").first()
        return "a row without" if gaps else "two rows with the same" if keys < rows_of(path) else None

    def write_csv(self, frame: nw.LazyFrame, path: Path, order: list[str]) -> None:
        """Write a frame as CSV, sorted by a total order."""
        self.files.write_csv(self.files.scan(self._parquet(frame)), path, order)

    def _parquet(self, frame: nw.LazyFrame) -> Path:
        """Return the folder of a frame, computed."""
        self.keep(frame)
        return self._scratch / f"kept_{self._kept}"


def _as_table(folder: Path, path: Path) -> None:
    """Make a table of a folder that Spark has written: parts by number, and one part alone a file."""
    for old in folder.iterdir():
        if old.suffix != ".parquet" or old.name.startswith("."):
            old.unlink()
    parts = parts_of(folder)
    filled = [part for part in parts if rows_of(part)] or parts[:1]
    for part in set(parts) - set(filled):
        part.unlink()
    for number, part in enumerate(filled):
        part.rename(folder / f"part-{number:05d}.parquet")
    if path.is_dir():
        shutil.rmtree(path)
    if len(filled) == 1:
        (folder / "part-00000.parquet").replace(path)
        folder.rmdir()
    else:
        path.unlink(missing_ok=True)
        folder.rename(path)


def _spark_type(kind: str) -> str:
    """Return a type of the vocabulary as Spark has it: moments are without a time zone."""
    return {"TIMESTAMP": "TIMESTAMP_NTZ"}.get(kind, kind)


def _of_environment(key: str, name: str) -> str:
    """Return what an environment variable that a study names holds.

    Raises:
        StudyError: it is not set.
    """
    if not (value := os.environ.get(name)):
        raise StudyError(f"engine.{key} is {name}, but the environment has no variable of that name: set it.")
    return value

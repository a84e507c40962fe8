"""Spark as an engine: the same narrow door as `helpers.base.duck.DuckDBEngine`, for ledgers beyond one machine.

Spark hands out the work, and again where a machine is lost. On its executors DuckDB does it, so that a query means
the same on both engines; what it must do before and after is planned by `helpers.base.spark.plans`. Tables and
intermediate results are Parquet that all machines see. What comes back to this process is a row a customer,
product, day or month, or the lines that a chapter asks for.

A session that is there already is taken: a cluster's own (a notebook of Databricks or EMR), or Spark Connect's,
whose address the environment has in `SPARK_REMOTE`. Else one is started at the study's `master`.
"""

import os
import pickle
import re
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
from narwhals._duckdb.dataframe import DuckDBLazyFrame
from narwhals._utils import Version

from helpers.base import duck, machine, parquet
from helpers.base.duck import DuckDBEngine
from helpers.base.engine_settings import EngineSettings
from helpers.base.errors import StudyError
from helpers.base.parquet import parts_of
from helpers.base.spark import executor
from helpers.base.spark.executor import Task, Written
from helpers.base.spark.parts import Part, Parts, divided, reading, storable
from helpers.base.spark.plans import Job, Plan, Tables

REMOTE = "SPARK_REMOTE"
"""Environment variable of Spark Connect, which pyspark itself knows by this name."""
JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Java only hands out work here, and has nothing to gain from its costly compiler."""
OWN = {"spark.log.level": "ERROR", "spark.ui.enabled": "false"}
"""Of a session that is started here."""
LEAST = 64
"""MB that DuckDB needs for anything."""


class SparkEngine(DuckDBEngine):
    """Spark in processes of its own, or on a cluster, where DuckDB answers queries part by part."""

    reads_typed = True

    def __init__(self, scratch: Path, settings: EngineSettings) -> None:
        if settings.storage:
            scratch = Path(_of_environment("storage", settings.storage)) / scratch.name
            scratch.mkdir(parents=True)
        super().__init__(scratch)
        self._own = None
        self._scratch = scratch.resolve()
        self._settings = settings
        self._tables = Tables(self.connection, self._run, self._added, self._sent)
        self._copies: dict[str, Parts] = {}
        self._lines = type("Lines", (_Lines,), {"engine": self})

    @cached_property
    def files(self) -> DuckDBEngine:
        """What reads and writes Parquet in this process: whole tables, with no executor."""
        return DuckDBEngine(self._scratch)

    @cached_property
    def session(self) -> Any:
        """The session of Spark; to start one takes seconds, so it starts when something is asked of it.

        Raises:
            StudyError: pyspark or Java is not installed.
        """
        session = self._opened(self._settings)
        from pyspark import cloudpickle

        for module in (executor, duck, parquet):  # executors have none of ours
            cloudpickle.register_pickle_by_value(module)
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
        master = settings.master or f"local[{machine.threads_each()}]"
        given = dict(OWN)
        if master.startswith("local"):
            given |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        else:
            master = _of_environment("master", master)
        if not os.environ.get("JDK_JAVA_OPTIONS"):  # what is said there stands
            given["spark.driver.extraJavaOptions"] = JAVA
        given |= {name: str(v).lower() if isinstance(v, bool) else v for name, v in settings.settings.items()}
        builder = SparkSession.builder.appName("series")
        for name, value in given.items():
            builder = builder.config(name, value)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        self._own = builder.master(master).getOrCreate()
        return self._own

    @cached_property
    def _cores(self) -> int:
        """Return how many tasks are done at a time, as far as it is known."""
        session = self.session
        with suppress(Exception):  # Spark Connect does not say
            return max(2, session.sparkContext.defaultParallelism)
        return 2

    @cached_property
    def _memory(self) -> str:
        """Return what DuckDB may hold in a task: half of what an executor has for each of its cores."""
        conf = self.session.conf
        if conf.get("spark.master", "").startswith("local"):
            return f"{machine.memory_each() // self._cores >> 20}MiB"
        number, unit = re.fullmatch(r"(\d+)([kmgt]?)b?", conf.get("spark.executor.memory", "1g").lower()).groups()
        size = int(number) << {"k": 10, "": 20, "m": 20, "g": 30, "t": 40}[unit]
        cores = int(conf.get("spark.executor.cores", "0")) or self._cores
        return f"{max(LEAST, size // 2 // cores >> 20)}MiB"

    def close(self) -> None:
        """Stop the session, unless it was there before, and remove what was kept."""
        with suppress(Exception):  # a cluster that is gone cannot be told
            if self._own is not None:
                self._own.stop()
        if "files" in self.__dict__:
            self.files.close()
        super().close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def frame(self, relation: duckdb.DuckDBPyRelation) -> nw.LazyFrame:
        """Return a relation as a frame whose results are computed part by part."""
        return self._lines(relation, version=Version.MAIN).to_narwhals()

    def scan(self, path: Path) -> nw.LazyFrame:
        """Return the lines of a Parquet file, or of a folder of them, unread until a result is asked for."""
        return self._scanned(parts_of(path.resolve()))

    def scan_numbered(self, files: list[Path]) -> nw.LazyFrame:
        """Return the rows of Parquet files with their file's path and number in it from 0: `_file`, `_row`."""
        return self._scanned([file.resolve() for file in files], "file_row_number = true, filename = '_file'")

    def _scanned(self, files: list[Path], options: str = "") -> nw.LazyFrame:
        parts = divided(files, self._cores)
        found = self.connection.sql(f"FROM {reading([str(files[0])], options)}")
        columns = dict(zip(found.columns, map(str, found.types), strict=True))
        name = self._tables.add(Parts(parts, columns, options=options))
        frame = self.frame(self.connection.table(name))
        return frame.rename({"file_row_number": "_row"}) if options else frame

    def keep(self, frame: nw.LazyFrame, instead_of: nw.LazyFrame | None = None) -> nw.LazyFrame:
        """Compute a frame now and return it, so that what is built on it does not compute it again.

        It may take the place of one that was kept before; of that, files stay, which take no memory.
        """
        plan = Plan(nw.to_native(frame).sql_query(), self._tables)
        if plan.in_parts:
            name = self._tables.add(self._run(plan.job()))
        else:
            name = self._name("kept")
            self.connection.execute(f'CREATE TEMP TABLE "{name}" AS {plan.sql()}')
        if instead_of is not None and (old := nw.to_native(instead_of).alias).startswith("kept"):
            self.connection.execute(f'DROP TABLE "{old}"')
        return self.frame(self.connection.table(name))

    def table(self, table: pa.Table) -> nw.LazyFrame:
        """Return an Arrow table as a frame of this engine."""
        name = self._name("given")
        self.connection.from_arrow(table).create(name)
        return self.frame(self.connection.table(name))

    def write(self, frame: nw.LazyFrame, path: Path, types: Mapping[str, str], key: list[str]) -> str | None:
        """Write a frame as Parquet with the given column types (SQL), sorted by its key.

        What fits into one part is one file, as DuckDB writes it; else it is a folder of parts in order.

        Returns:
            What keeps the lines from having that key; None where nothing does.
        """
        columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in types.items())
        plan = Plan(nw.to_native(frame).project(columns).sql_query(), self._tables)
        if not plan.in_parts:
            return super().write(self.frame(self.connection.sql(plan.sql())), path, types, key)
        job = plan.job()
        written = [one for task in self._answers(job, tuple(key)) for one in task]
        filled = [one for one in written if one.rows] or written[:1]
        if problem := next((one.problem for one in filled if one.problem), None):
            return problem
        edges = [end for one in filled for end in one.ends]
        if any(other <= one for one, other in zip(edges[1::2], edges[2::2], strict=False)):
            # parts that lie among each other are sorted here
            parts = Parts(tuple(Part((one.file,), one.rows) for one in filled), job.columns, at_hand=True)
            return super().write(self.frame(self.connection.sql(parts.sql())), path, types, key)
        _as_table([Path(one.file) for one in filled], path)
        return None

    def write_csv(self, frame: nw.LazyFrame, path: Path, order: list[str]) -> None:
        """Write a frame as CSV, sorted by a total order."""
        super().write_csv(self.frame(self.at_hand(nw.to_native(frame))), path, order)

    def at_hand(self, relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
        """Return what is left of a query for this process, when the executors have done their part."""
        plan = Plan(relation.sql_query(), self._tables)
        if plan.in_parts:
            return self.connection.table(self._tables.add(self._run(plan.job())))
        return self.connection.sql(plan.sql())

    def _name(self, kind: str) -> str:
        self._kept += 1
        return f"{kind}_{self._kept}"

    def _added(self, parts: Parts) -> str:
        """Let this process know a table in parts, and return its name."""
        name = self._name("parts")
        self.connection.execute(f'CREATE VIEW "{name}" AS {parts.sql()}')
        return name

    def _sent(self, name: str) -> Parts:
        """Return a table of this process as one that executors can read."""
        if name not in self._copies:
            rows = self.connection.table(name)
            columns = dict(zip(rows.columns, map(str, rows.types), strict=True))
            file = self._scratch / f"{name}.parquet"
            parquet.write_query(self.connection, storable(f'SELECT * FROM "{name}"', columns), file)
            self._copies[name] = Parts((Part((str(file),), len(rows)),), columns)
        return self._copies[name]

    def _run(self, job: Job) -> Parts:
        """Do a job and return the table of its rows."""
        written = self._answers(job)
        if not job.by:
            parts = tuple(Part((one.file,), one.rows) for task in written for one in task)
            return Parts(parts, job.columns)
        buckets: dict[int, list[Written]] = {}
        for one in (one for task in written for one in task):
            buckets.setdefault(one.bucket, []).append(one)
        parts = tuple(
            Part(tuple(one.file for one in files), sum(one.rows for one in files))
            for _, files in sorted(buckets.items())
        )
        return Parts(parts, job.columns)

    def _answers(self, job: Job, key: tuple[str, ...] = ()) -> list[list[Written]]:
        """Run a job's query on each part and return the files that were written, in the order of the parts."""
        sql, target = storable(job.sql, job.columns), str(self._scratch / self._name("job"))
        made = [
            Task(sql, job.over.sql(part), target, self._memory, key, job.by, job.buckets)
            for part in job.over.parts
        ]
        return self._done(made) if made else []

    def _done(self, made: list[Task]) -> list[list[Written]]:
        """Have tasks done by the executors."""
        numbers = self.session.range(0, len(made), 1, len(made))
        rows = numbers.mapInArrow(executor.on_executor(made), "task long, answer binary").collect()
        found = {row["task"]: [Written(*one) for one in pickle.loads(bytes(row["answer"]))] for row in rows}
        return [found[number] for number in range(len(made))]


class _Lines(DuckDBLazyFrame):
    """A frame that lets its engine do what executors can before this process computes the rest."""

    engine: SparkEngine

    def collect(self, backend: Any, **options: Any) -> Any:
        here = DuckDBLazyFrame(self.engine.at_hand(self.native), version=self._version)
        return here.collect(backend, **options)


def _as_table(files: list[Path], path: Path) -> None:
    """Make a table of the files that hold it: parts by number, and one part alone a file."""
    folder = path.with_name(f"{path.name}.writing")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, file in enumerate(files):
        shutil.move(file, folder / f"part-{number:05d}.parquet")
    if path.is_dir():
        shutil.rmtree(path)
    if len(files) == 1:
        (folder / "part-00000.parquet").replace(path)
        folder.rmdir()
    else:
        path.unlink(missing_ok=True)
        folder.rename(path)


def _of_environment(key: str, name: str) -> str:
    """Return what an environment variable that a study names holds.

    Raises:
        StudyError: it is not set.
    """
    if not (value := os.environ.get(name)):
        raise StudyError(f"engine.{key} is {name}, but the environment has no variable of that name: set it.")
    return value

"""What a study may say of its engine: which one, and how much of the machine or which cluster it takes.

    engine: duckdb
    engine: {name: duckdb, threads: 4, memory: 8GB}
    engine: {name: spark, master: "local[4]", settings: {spark.driver.memory: 4g}}

Results depend on none of it. A study may come from a stranger: it names no address (what is no local master is the
name of an environment variable that holds one) and no setting that would load a program.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from helpers.base.errors import nearest
from helpers.base.strict import Strict

VARIABLE = r"[A-Z][A-Z0-9_]*"
MASTER = rf"local|local\[(\d{{1,3}}|\*)\]|{VARIABLE}"
MEMORY = r"\d{1,5}(\.\d{1,3})?\s?(MB|GB|TB)"
SIZED = (
    "spark.cores.max",
    "spark.default.parallelism",
    "spark.driver.maxResultSize",
    "spark.driver.memory",
    "spark.dynamicAllocation.enabled",
    "spark.dynamicAllocation.maxExecutors",
    "spark.dynamicAllocation.minExecutors",
    "spark.executor.cores",
    "spark.executor.instances",
    "spark.executor.memory",
    "spark.executor.memoryOverhead",
)
"""Settings of Spark that a study may give: sizes and numbers. All else is for a cluster's own files."""
VALUE = r"\d+(\.\d+)?\s?[kmgtKMGT]?[bB]?|true|false|-1"
OF_DUCKDB, OF_SPARK = ("threads", "memory"), ("master", "settings", "storage")


class EngineSettings(Strict):
    """A study's `engine`."""

    name: Literal["duckdb", "spark"] = "duckdb"
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Of DuckDB; without them, the machine's cores, shared by the chapters that run side by side."""
    memory: str | None = None
    """What DuckDB may hold before it spills to disk; without it, half of the machine's, shared likewise."""
    master: str | None = None
    """Of Spark: `local[4]`, or the name of the environment variable that holds a cluster's address."""
    settings: dict[str, str | int | float | bool] = {}
    storage: str | None = None
    """Name of the environment variable with the folder for intermediate results, seen by all of a cluster."""

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits(self) -> "EngineSettings":
        others = OF_SPARK if self.name == "duckdb" else OF_DUCKDB
        if given := sorted(self.model_fields_set & set(others)):
            raise ValueError(f"{given[0]} is nothing that {self.name} knows: take it out")
        for key, setting in self.settings.items():
            if key not in SIZED:
                hint = nearest(key, SIZED) or f"; it may give {', '.join(SIZED)}"
                raise ValueError(f"settings names {key!r}, which a study may not give{hint.rstrip('.')}")
            text = str(setting).lower() if isinstance(setting, bool) else str(setting)
            if not re.fullmatch(VALUE, text):
                raise ValueError(f"settings.{key} is {setting!r}, but should be a number or a size such as 4g")
        for key, pattern, wanted in (
            ("memory", MEMORY, "a size such as 4GB"),
            ("master", MASTER, "local[4], or the name of an environment variable that holds an address"),
            ("storage", VARIABLE, "the name of an environment variable that holds a folder"),
        ):
            value = getattr(self, key)
            if value is not None and not re.fullmatch(pattern, value):
                raise ValueError(f"{key} is {value!r}, but should be {wanted}")
        return self

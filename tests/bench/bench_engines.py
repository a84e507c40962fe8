"""Cleaning and features of growing ledgers on pandas, DuckDB and Spark: processor time, time, and memory of all.

The Insiders ledger, copied; whole processes, imports and the start of Java included. Peak memory is the largest
sum over a process and all that it started (of Spark: the driver, its Java, and of a local master its executors).

Run as `python -m tests.bench.bench_engines [copies ...]` from the project's folder (or `make bench PART=engines`);
10 copies are 5.4 million lines, 50 are 27 million, 100 are 54 million. `--only duckdb` leaves the others out.
"""

import argparse
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.base.paths import PARAMS
from helpers.ledger.ingest import ingest
from helpers.ledger.sources import find_file
from helpers.study.file import load_study
from tests.bench.bench_cleaning import STUDY, check_same_features
from tests.bench.contest import enlarged
from tests.bench.measure import Cost, family_cost

NAMES = ("pandas", "duckdb", "spark")
PANDAS_AT_MOST = 10
"""Copies that pandas is given: of 27 million lines it needs more memory than most machines have."""
SPARK_AT_MOST = 4.0
"""Times DuckDB's CPU seconds that are aimed at."""


def main(copies: list[int], only: list[str]) -> None:
    """Run the bench and print a table for each size."""
    study = load_study(PARAMS / f"{STUDY}.yml")
    try:
        source, coordinates = find_file(study.source.path), find_file("country_coordinates.csv")
    except StudyError as absent:
        print(f"The bench of engines is left out: {absent}")
        return
    if find_spec("pyspark") is None and "spark" in only:
        print("Spark is left out: pyspark is not installed (uv sync --group spark).")
        only = [name for name in only if name != "spark"]
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        with open_engine() as engine:
            ingest(source, study.source, engine, folder)
        raw, rules = folder / "raw.parquet", folder / "rules.json"
        rules.write_text(json.dumps(study.values.cleaning.rules))
        for number in copies:
            lines = enlarged(raw, number)
            print(f"\nCleaning and features, {pq.read_metadata(lines).num_rows:,} lines, {os.cpu_count()} cores")
            costs: dict[str, Cost] = {}
            for name in only:
                if name == "pandas" and number > PANDAS_AT_MOST:
                    continue
                output = folder / f"{name}_{number}"
                output.mkdir()
                module = "tests.bench.plain_features" if name == "pandas" else "tests.bench.series_features"
                needs = [coordinates] if name == "pandas" else [rules]
                command = [sys.executable, "-m", module, *map(str, (lines, *needs, output))]
                cost = costs[name] = family_cost(command if name == "pandas" else [*command, name])
                if len(costs) > 1:
                    check_same_features(output, folder / f"{next(iter(costs))}_{number}")
                print(f"{name:8}{cost.cpu:>10,.1f} CPU s{cost.wall:>10,.1f} s{cost.peak:>10,.0f} MB", flush=True)
            if {"duckdb", "spark"} <= set(costs):
                ratio = costs["spark"].cpu / costs["duckdb"].cpu
                word = "met" if ratio <= SPARK_AT_MOST else "missed"
                print(f"Spark takes {ratio:.1f} times DuckDB's CPU; aimed at <= {SPARK_AT_MOST:g}: {word}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("copies", nargs="*", type=int, default=[10, 50, 100])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    main(options.copies, list(options.only))

"""How cost grows with lines, on DuckDB and on Spark: cleaning and features of 27 to 270 million, within 8 GiB.

The Insiders ledger as many branches of one shop: each has customers and orders of its own, and all have the same
products. It is made on disk as a folder of Parquet, ten branches (5.4 million lines) a part, and goes afterwards.

Run as `python -m tests.bench.bench_lines [branches ...]` from the project's folder (or `make bench PART=lines`);
500 branches are 270 million lines and 2.2 million customers. `--only duckdb` leaves Spark out.
"""

import argparse
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.base.parquet import rows_of
from helpers.base.paths import PARAMS
from helpers.ledger.ingest import ingest
from helpers.ledger.sources import find_file
from helpers.study.file import load_study
from tests.bench.bench_cleaning import STUDY, check_same_features
from tests.bench.measure import family_cost

NAMES = ("duckdb", "spark")
A_PART = 10
MEMORY = "5GB"
"""What DuckDB may hold before it spills; Python, buffers and results come on top."""
WITHIN = 8 * 2**30
"""Bytes that the whole process may take."""


def branches(raw: Path, number: int) -> Path:
    """Return the folder of a ledger of so many branches, one part every ten of them."""
    folder = raw.with_name(f"lines_{number}")
    folder.mkdir()
    with open_engine() as engine:
        most = engine.connection.sql(f"SELECT max(line) FROM '{raw}'").fetchall()[0][0]
        for first in range(0, number, A_PART):
            engine.connection.execute(
                f"COPY (SELECT lines.* REPLACE (line + branch * {most} AS line, order_id || branch AS order_id, "
                f"customer_id || '.' || branch AS customer_id) "
                f"FROM range({first}, {min(number, first + A_PART)}) AS branches(branch), '{raw}' AS lines) "
                f"TO '{folder}/part-{first:05d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )
    return folder


def main(sizes: list[int], only: list[str]) -> None:
    """Run the bench and print a line for each size."""
    study = load_study(PARAMS / f"{STUDY}.yml")
    try:
        source = find_file(study.source.path)
    except StudyError as absent:
        print(f"The bench of lines is left out: {absent}")
        return
    if find_spec("pyspark") is None and "spark" in only:
        print("Spark is left out: pyspark is not installed (uv sync --group spark).")
        only = [name for name in only if name != "spark"]
    print(f"Cleaning and features, {os.cpu_count()} cores; target <= {WITHIN / 1e6:,.0f} MB")
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        with open_engine() as engine:
            ingest(source, study.source, engine, folder)
        raw, rules = folder / "raw.parquet", folder / "rules.json"
        rules.write_text(json.dumps(study.values.cleaning.rules))
        for number in sizes:
            lines = branches(raw, number)
            millions = rows_of(lines) / 1e6
            for name in only:
                output = folder / f"out_{number}_{name}"
                output.mkdir()
                command = [sys.executable, "-m", "tests.bench.series_features", *map(str, (lines, rules, output))]
                cost = family_cost([*command, name, *([MEMORY] if name == "duckdb" else [])])
                if name != only[0]:
                    check_same_features(output, folder / f"out_{number}_{only[0]}")
                word = "met" if cost.peak * 1e6 <= WITHIN else "missed"
                customers = rows_of(output / "customers.parquet")
                print(
                    f"{name:7}{millions:>6,.0f} million lines, {customers:>9,} customers: "
                    f"{cost.cpu:>7,.1f} CPU s ({cost.cpu / millions:.2f} a million){cost.wall:>8,.0f} s"
                    f"{cost.peak:>8,.0f} MB: {word}",
                    flush=True,
                )
            for part in lines.iterdir():
                part.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("branches", nargs="*", type=int, default=[50, 100, 500])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    options = parser.parse_args()
    main(options.branches, list(options.only))

"""How DuckDB's cost grows with lines: cleaning and features of 27, 54 and 270 million, within 8 GiB.

The Insiders ledger as many branches of one shop: each has customers and orders of its own, and all have the same
products. It is made on disk as a folder of Parquet, ten branches (5.4 million lines) a part, and goes afterwards.

Run as `python -m tests.bench.bench_lines [branches ...]` from the project's folder (or `make bench PART=lines`);
500 branches are 270 million lines and 2.2 million customers.
"""

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.base.parquet import rows_of
from helpers.base.paths import PARAMS
from helpers.ledger.ingest import ingest
from helpers.ledger.sources import find_file
from helpers.study.file import load_study
from tests.bench.bench_cleaning import STUDY
from tests.bench.measure import run_module

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


def main(sizes: list[int]) -> None:
    """Run the bench and print a line for each size."""
    study = load_study(PARAMS / f"{STUDY}.yml")
    try:
        source = find_file(study.source.path)
    except StudyError as absent:
        print(f"The bench of lines is left out: {absent}")
        return
    print(f"Cleaning and features on DuckDB, {os.cpu_count()} cores; target <= {WITHIN / 1e6:,.0f} MB")
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        with open_engine() as engine:
            ingest(source, study.source, engine, folder)
        raw, rules = folder / "raw.parquet", folder / "rules.json"
        rules.write_text(json.dumps(study.values.cleaning.rules))
        for number in sizes:
            lines, output = branches(raw, number), folder / f"out_{number}"
            output.mkdir()
            cost = run_module("tests.bench.series_features", lines, rules, output, "duckdb", MEMORY)
            millions = rows_of(lines) / 1e6
            word = "met" if cost.peak * 1e6 <= WITHIN else "missed"
            print(
                f"{millions:>6,.0f} million lines, {rows_of(output / 'customers.parquet'):>9,} customers: "
                f"{cost.cpu:>7,.1f} CPU s ({cost.cpu / millions:.2f} a million){cost.wall:>8,.0f} s"
                f"{cost.peak:>8,.0f} MB: {word}",
                flush=True,
            )
            for part in lines.iterdir():
                part.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("branches", nargs="*", type=int, default=[50, 100, 500])
    main(parser.parse_args().branches)

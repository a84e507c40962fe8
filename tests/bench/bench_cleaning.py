"""How much processor time and memory the line-level engine saves over pandas, on the Insiders cleaning.

The contenders read the same Parquet of raw lines and write the same tables, each run in a process of its
own and in turns; the median run counts, imports included. Seconds are one machine's, so what is held
against a target is the ratio, to pandas as the lock file has it; pandas with Arrow texts stands beside it,
because a reader who knows pandas will ask. What all wrote is compared before any time is reported.

Run as `python -m tests.bench.bench_cleaning` from the project's folder (or `make bench`).
"""

import json
import os
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow.parquet as pq

from helpers.engine import open_engine
from helpers.errors import StudyError
from helpers.ingest import ingest
from helpers.paths import PARAMS
from helpers.sources import find_file
from helpers.study import load_study
from tests.bench.measure import Cost, run_module

STUDY = "insiders"
SERIES, PANDAS, ARROW = "series", "pandas", "pandas+arrow"
TABLES = ("transactions", "returns", "rejected")
LINE = (
    "line, order_id, product_id, product_name, ordered_at, customer_id, country, "
    "CAST(quantity AS DECIMAL(15, 3)), CAST(unit_price AS DECIMAL(18, 4)), CAST(revenue AS DECIMAL(18, 4))"
)
"""What the tables have in common: pandas keeps money as floats, and says rules in words of its own."""
STEP = "step, lines, customers, CAST(revenue AS DECIMAL(18, 2))"


class Size(NamedTuple):
    """A ledger to clean, how often, and what part of pandas' cost is aimed at."""

    copies: int
    repetitions: int
    cpu_at_most: float
    peak_at_most: float | None


class Contender(NamedTuple):
    """A module that cleans: called with the lines, one more file, the folder to write to, and options."""

    module: str
    needs: Path
    options: tuple[str, ...] = ()


SIZES = (Size(1, 3, 0.60, None), Size(10, 2, 0.35, 0.50))


def main() -> None:
    """Run the bench and print its tables."""
    study = load_study(PARAMS / f"{STUDY}.yml")
    try:
        source, coordinates = find_file(study.source.path), find_file("country_coordinates.csv")
    except StudyError as absent:
        print(f"The cleaning bench is left out: {absent}")
        return
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        with open_engine() as engine:
            ingest(source, study.source, engine, folder)
        rules = folder / "rules.json"
        rules.write_text(json.dumps(study.values.cleaning.rules))
        contenders = {
            SERIES: Contender("tests.bench.series_cleaning", rules),
            PANDAS: Contender("tests.bench.pandas_cleaning", coordinates),
            ARROW: Contender("tests.bench.pandas_cleaning", coordinates, ("arrow",)),
        }
        for size in SIZES:
            compete(enlarged(folder / "raw.parquet", size.copies), size, contenders)


def enlarged(raw: Path, copies: int) -> Path:
    """Return a ledger that holds the lines of another several times, each under a number of its own."""
    if copies == 1:
        return raw
    target = raw.with_name(f"raw_{copies}.parquet")
    with open_engine() as engine:
        engine.connection.execute(
            f"COPY (SELECT lines.* REPLACE (line + copy * (SELECT max(line) FROM '{raw}') AS line) "
            f"FROM range({copies}) AS copies(copy), '{raw}' AS lines ORDER BY line) "
            f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    return target


def compete(raw: Path, size: Size, contenders: dict[str, Contender]) -> None:
    """Run all contenders in turns on one ledger, compare what they wrote, and print what it took."""
    outputs = {name: raw.parent / f"{name}_{size.copies}" for name in contenders}
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for output in outputs.values():
        output.mkdir()
    for repetition in range(size.repetitions):
        names = list(contenders)
        for name in names if repetition % 2 == 0 else reversed(names):
            module, needs, options = contenders[name]
            costs[name].append(run_module(module, raw, needs, outputs[name], *options))
    for name in (PANDAS, ARROW):
        check_same(outputs[SERIES], outputs[name])
    report(size, pq.read_metadata(raw).num_rows, {name: median(runs) for name, runs in costs.items()})


def check_same(one: Path, other: Path) -> None:
    """Check that two contenders made the same of the lines: a faster wrong answer is no win.

    Raises:
        StudyError: a step's lines, customers or revenue differ, or a line of one of the tables.
    """
    with open_engine() as engine:
        for table, columns in {"cleaning_steps": STEP, **dict.fromkeys(TABLES, LINE)}.items():
            left, right = (f"SELECT {columns} FROM '{side / table}.parquet'" for side in (one, other))
            unlike = f"(({left}) EXCEPT ALL ({right})) UNION ALL (({right}) EXCEPT ALL ({left}))"
            count = engine.connection.sql(f"SELECT count(*) FROM ({unlike})").fetchall()[0][0]
            if count:
                raise StudyError(f"The contenders disagree: {count:,} rows of {table} differ.")


def median(runs: list[Cost]) -> Cost:
    """Return the median of each measure."""
    return Cost(*(statistics.median(values) for values in zip(*runs, strict=True)))


def report(size: Size, lines: int, costs: dict[str, Cost]) -> None:
    """Print the table of one ledger."""
    print(
        f"\nCleaning {lines:,} lines with the {STUDY} rules, Parquet in and out; "
        f"median of {size.repetitions}, {os.cpu_count()} cores"
    )
    print(f"{'':14}" + "".join(f"{name:>14}" for name in costs) + f"{'ratio':>8}{'to arrow':>10}")
    targets = {"cpu": size.cpu_at_most, "peak": size.peak_at_most}
    for field, words, digits in (("cpu", "CPU seconds", 2), ("wall", "wall seconds", 2), ("peak", "peak MB", 0)):
        values = {name: getattr(cost, field) for name, cost in costs.items()}
        ratio = values[SERIES] / values[PANDAS]
        print(
            f"{words:14}"
            + "".join(f"{value:>14,.{digits}f}" for value in values.values())
            + f"{ratio:>8.2f}{values[SERIES] / values[ARROW]:>10.2f}{verdict(ratio, targets.get(field))}",
            flush=True,
        )


def verdict(ratio: float, at_most: float | None) -> str:
    """Return what a ratio is beside its target."""
    if at_most is None:
        return ""
    return f"  target <= {at_most:.2f}: {'met' if ratio <= at_most else 'missed'}"


if __name__ == "__main__":
    main()

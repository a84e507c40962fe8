"""How much processor time and memory the line-level engine saves over pandas, on the Insiders cleaning.

Both contenders read the same Parquet of raw lines and write the same tables, each run in a process of its
own and in turns; the median run counts, imports included. Seconds are one machine's, so what is held
against a target is the ratio. The tables of both are compared before any time is reported.

Run as `python -m tests.bench.bench_cleaning` from the project's folder (or `make bench`).
"""

import json
import os
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from helpers.engine import open_engine
from helpers.errors import StudyError
from helpers.ingest import ingest
from helpers.paths import PARAMS
from helpers.sources import find_file
from helpers.study import load_study
from tests.bench.measure import Cost, run_module

STUDY = "insiders"
CONTENDERS = {"series": "tests.bench.series_cleaning", "pandas": "tests.bench.pandas_cleaning"}


class Size(NamedTuple):
    """A ledger to clean, how often, and what part of pandas' cost is aimed at."""

    copies: int
    repetitions: int
    cpu_at_most: float
    peak_at_most: float | None


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
        options = {"series": rules, "pandas": coordinates}
        for size in SIZES:
            raw = enlarged(folder / "raw.parquet", size.copies)
            compete(raw, size, options, folder)


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


def compete(raw: Path, size: Size, options: dict[str, Path], folder: Path) -> None:
    """Run both contenders in turns on one ledger, compare what they wrote, and print what it took."""
    outputs = {name: folder / f"{name}_{size.copies}" for name in CONTENDERS}
    costs: dict[str, list[Cost]] = {name: [] for name in CONTENDERS}
    for output in outputs.values():
        output.mkdir()
    for repetition in range(size.repetitions):
        names = list(CONTENDERS)
        for name in names if repetition % 2 == 0 else reversed(names):
            costs[name].append(run_module(CONTENDERS[name], raw, options[name], outputs[name]))
    report(size, check_same(outputs, raw), {name: median(runs) for name, runs in costs.items()})


def check_same(outputs: dict[str, Path], raw: Path) -> int:
    """Return the number of lines read, having checked that both contenders made the same of them.

    Raises:
        StudyError: a step count differs, or a line of purchases or returns.
    """
    ours, theirs = outputs["series"], outputs["pandas"]
    shown = "step, lines, customers, CAST(revenue AS DECIMAL(18, 2))"
    compared = {"cleaning_steps": shown} | dict.fromkeys(("transactions", "returns", "rejected"), LINE)
    with open_engine() as engine:
        for table, columns in compared.items():
            one, other = (f"SELECT {columns} FROM '{side / table}.parquet'" for side in (ours, theirs))
            for left, right in ((one, other), (other, one)):
                query = f"SELECT count(*) FROM ({left} EXCEPT ALL {right})"
                if unlike := engine.connection.sql(query).fetchall()[0][0]:
                    raise StudyError(f"The contenders disagree: {unlike:,} rows of {table} differ.")
        return engine.connection.sql(f"SELECT count(*) FROM '{raw}'").fetchall()[0][0]


LINE = (
    "line, order_id, product_id, product_name, ordered_at, customer_id, country, "
    "CAST(quantity AS DECIMAL(15, 3)), CAST(unit_price AS DECIMAL(18, 4)), CAST(revenue AS DECIMAL(18, 4))"
)
"""What the tables have in common: pandas keeps money as floats, and says rules in words of its own."""


def median(runs: list[Cost]) -> Cost:
    """Return the median of each measure."""
    return Cost(*(statistics.median(values) for values in zip(*runs, strict=True)))


def report(size: Size, lines: int, costs: dict[str, Cost]) -> None:
    """Print the table of one ledger."""
    ours, theirs = costs["series"], costs["pandas"]
    print(
        f"\nCleaning {lines:,} lines with the {STUDY} rules, Parquet in and out; "
        f"median of {size.repetitions}, {os.cpu_count()} cores"
    )
    print(f"{'':14}{'series':>10}{'pandas':>10}{'ratio':>8}")
    targets = {"cpu": size.cpu_at_most, "wall": None, "peak": size.peak_at_most}
    for field, words in (("cpu", "CPU seconds"), ("wall", "wall seconds"), ("peak", "peak MB")):
        one, other = getattr(ours, field), getattr(theirs, field)
        digits = 0 if field == "peak" else 2
        print(
            f"{words:14}{one:>10,.{digits}f}{other:>10,.{digits}f}{one / other:>8.2f}"
            f"{verdict(one / other, targets[field])}"
        )


def verdict(ratio: float, at_most: float | None) -> str:
    """Return what a ratio is beside its target."""
    if at_most is None:
        return ""
    return f"  target <= {at_most:.2f}: {'met' if ratio <= at_most else 'missed'}"


if __name__ == "__main__":
    main()

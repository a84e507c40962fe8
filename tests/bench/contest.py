"""A contest: several ways to do the same work on the same ledger, each in a process of its own and in turns.

The median run counts, imports included. Seconds are one machine's, so what is held against a target is the ratio
to one contender, the plain one; what they wrote is compared before any time is reported.
"""

import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from helpers.base.engine import open_engine
from tests.bench.measure import Cost, run_module

SERIES = "series"


class Size(NamedTuple):
    """A ledger to work on, how often, and what part of the baseline's cost is aimed at."""

    copies: int
    repetitions: int
    cpu_at_most: float
    peak_at_most: float | None


class Contender(NamedTuple):
    """A module that does the work: called with the lines, one more file, the folder to write to, and options."""

    module: str
    needs: Path
    options: tuple[str, ...] = ()


def enlarged(raw: Path, copies: int) -> Path:
    """Return a ledger that holds the lines of another several times, each under a number of its own."""
    if copies == 1:
        return raw
    target = raw.with_name(f"raw_{copies}.parquet")
    if not target.exists():
        with open_engine() as engine:
            engine.connection.execute(
                f"COPY (SELECT lines.* REPLACE (line + copy * (SELECT max(line) FROM '{raw}') AS line) "
                f"FROM range({copies}) AS copies(copy), '{raw}' AS lines ORDER BY line) "
                f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
            )
    return target


def compete(
    title: str,
    raw: Path,
    size: Size,
    contenders: dict[str, Contender],
    *,
    baseline: str,
    check_same: Callable[[Path, Path], None],
) -> None:
    """Run all contenders in turns on one ledger, compare what they wrote, and print what it took."""
    outputs = {name: raw.parent / f"{title.split(maxsplit=1)[0]}_{name}_{size.copies}" for name in contenders}
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for output in outputs.values():
        output.mkdir()
    for repetition in range(size.repetitions):
        names = list(contenders)
        for name in names if repetition % 2 == 0 else reversed(names):
            module, needs, options = contenders[name]
            costs[name].append(run_module(module, raw, needs, outputs[name], *options))
    for name in contenders:
        if name != SERIES:
            check_same(outputs[SERIES], outputs[name])
    lines = pq.read_metadata(raw).num_rows
    print(f"\n{title}, {lines:,} lines; median of {size.repetitions}, {os.cpu_count()} cores")
    report(size, {name: median(runs) for name, runs in costs.items()}, baseline)


def median(runs: list[Cost]) -> Cost:
    """Return the median of each measure."""
    return Cost(*(statistics.median(values) for values in zip(*runs, strict=True)))


def report(size: Size, costs: dict[str, Cost], baseline: str) -> None:
    """Print the table of one ledger: what each contender took, and ours as a part of every other's."""
    others = [name for name in costs if name != SERIES]
    print(f"{'':14}" + "".join(f"{name:>14}" for name in costs) + "".join(f"{f'/ {n}':>14}" for n in others))
    targets = {"cpu": size.cpu_at_most, "peak": size.peak_at_most}
    for field, words, digits in (("cpu", "CPU seconds", 2), ("wall", "wall seconds", 2), ("peak", "peak MB", 0)):
        values = {name: getattr(cost, field) for name, cost in costs.items()}
        ratios = {name: values[SERIES] / values[name] for name in others}
        print(
            f"{words:14}"
            + "".join(f"{value:>14,.{digits}f}" for value in values.values())
            + "".join(f"{ratio:>14.2f}" for ratio in ratios.values())
            + verdict(ratios[baseline], baseline, targets.get(field)),
            flush=True,
        )


def verdict(ratio: float, baseline: str, at_most: float | None) -> str:
    """Return what a ratio is beside its target."""
    if at_most is None:
        return ""
    return f"  target <= {at_most:.2f} of {baseline}: {'met' if ratio <= at_most else 'missed'}"

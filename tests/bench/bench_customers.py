"""The whole series over the sample's shop, grown: what each step takes, and how heavy its pages are.

Run as `python -m tests.bench.bench_customers [customers ...]` (or `make bench PART=customers`), by default of
1,500 and 25,000 customers. `--folder F` keeps shops and reports in F, where the next run finds the shops. Chapters
run one after the other, so that each figure is of one step: of its process and all that it started. Peak memory is
their largest sum of resident memory, in which pages that processes share count several times.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import psutil

from helpers.base.paths import ROOT
from tests.bench.grown_shop import write_shop
from tests.bench.measure import Cost, family

AIMS = {1_500: 120, 25_000: 400, 200_000: 900, 1_000_000: 3_000}
"""CPU seconds of a whole series at most, for so many customers."""
MOST_MEMORY = 12 * 2**30 / 1e6
"""MB."""
ENDED = ("done", "failed", "unchanged", "said")
TURN = 0.1


def build(study: Path, reports: Path) -> Iterator[tuple[str, Cost]]:
    """Build a study anew, one chapter at a time; give what each step took when it ends, and at last the `series`.

    Raises:
        CalledProcessError: the build failed.
    """
    command = [sys.executable, "-m", "helpers.build.run", str(study), "-j", "1", "--json"]
    place = os.environ | {"REPORTS_DIR": str(reports)}
    root = psutil.Popen(command, cwd=ROOT, env=place, stdout=subprocess.PIPE, text=True)
    ended: list[dict[str, Any]] = []
    Thread(target=_listen, args=(root.stdout, ended), daemon=True).start()
    cpu = before = peak = most = 0.0
    start = last = time.perf_counter()
    running = True
    while running:
        running = root.poll() is None
        if running:
            spent, held = family(root)
            cpu, peak, most = max(cpu, spent), max(peak, held), max(most, held)
        while ended:
            if (message := ended.pop(0))["state"] == "failed":
                print(f"{message['step']}: {message['said']}", file=sys.stderr)
            yield message["step"], Cost(cpu - before, time.perf_counter() - last, peak / 1e6)
            before, peak, last = cpu, 0.0, time.perf_counter()
        time.sleep(TURN)
    if root.returncode:
        raise subprocess.CalledProcessError(root.returncode, command)
    yield "series", Cost(cpu, time.perf_counter() - start, most / 1e6)


def _listen(stream, ended: list[dict[str, Any]]) -> None:
    """Note the messages that a step has ended."""
    for line in stream:
        if (message := json.loads(line)).get("state") in ENDED:
            ended.append(message)


def main(sizes: list[int], folder: Path) -> None:
    """Print a table for each size."""
    for customers in sizes:
        name = f"shop_{customers}"
        study = folder / name / f"{name}.yml"
        if not study.exists():
            write_shop(study.parent, customers)
        rmtree(folder / "reports" / name, ignore_errors=True)
        print(f"\n{customers:,} customers", f"{'CPU s':>35}{'s':>10}{'peak MB':>10}{'page MB':>10}", sep="\n")
        for step, cost in build(study, folder / "reports"):
            page = folder / "reports" / name / f"{'index' if step == 'front page' else step}.html"
            size = f"{page.stat().st_size / 1e6:10.2f}" if page.exists() else ""
            print(f"{step:<25}{cost.cpu:>10,.1f}{cost.wall:>10,.1f}{cost.peak:>10,.0f}{size}", flush=True)
        pages = {page: page.stat().st_size / 1e6 for page in (folder / "reports" / name).rglob("*.html")}
        largest = max(pages, key=pages.get)
        print(f"largest page: {largest.name}, {pages[largest]:.2f} MB")
        if aim := AIMS.get(customers):
            word = "met" if cost.cpu <= aim and cost.peak <= MOST_MEMORY else "missed"
            print(f"aimed at {aim:,} CPU s and {MOST_MEMORY:,.0f} MB at most: {word}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("customers", nargs="*", type=int, default=[1_500, 25_000])
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="bench-") as scratch:
        main(options.customers, options.folder or Path(scratch))

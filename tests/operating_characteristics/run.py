"""Runs the trials and writes the table of error rates that the chapters quote, and those of docs/verdicts.md.

    python -m tests.operating_characteristics.run [--datasets MOST] [verdict ...]

Each trial has a seed of its own (the setting's name and a number), so it can be repeated by itself. Outcomes are
kept in `.verdicts/` with the processor seconds they took: what was interrupted goes on, and a setting whose code
changed is begun anew by deleting its file.
"""

import argparse
import hashlib
import importlib
import json
import os
import pkgutil
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

from helpers.base.paths import ROOT
from helpers.show.error_rates import TABLE, UNITS
from tests import operating_characteristics
from tests.operating_characteristics.page import write_page
from tests.operating_characteristics.trial import Setting

KEPT = ROOT / ".verdicts"
WORKERS = 2


def settings() -> dict[str, Setting]:
    """Return all settings, by verdict and name, of the modules of this folder that have some."""
    found = {}
    for module in pkgutil.iter_modules(operating_characteristics.__path__):
        loaded = importlib.import_module(f"{operating_characteristics.__name__}.{module.name}")
        for setting in getattr(loaded, "SETTINGS", ()):
            found[f"{setting.verdict}: {setting.name}"] = setting
    return found


def many(key: str, most: int) -> int:
    """Return how many data sets of a setting are tried where each is tried at most so often."""
    return min(settings()[key].datasets, most)


def shared(key: str) -> str:
    """Return the key under which a setting's trials are kept: its own without the part that it takes of them."""
    return key.removesuffix(settings()[key].part)


def kept(key: str) -> Path:
    """Return the file of the trials that have a key (`shared`)."""
    return KEPT / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.jsonl"


def trials(key: str) -> dict[int, tuple[Any, float]]:
    """Return outcomes and processor seconds of the trials that are kept under a key, by number.

    A line cut off in the middle counts for none.
    """
    found = {}
    for line in kept(key).read_text(encoding="utf-8").splitlines() if kept(key).exists() else []:
        try:
            number, outcome, seconds = json.loads(line)
        except ValueError:
            continue
        found[number] = outcome, seconds
    return found


def seconds(key: str, datasets: int) -> float:
    """Return the processor seconds of the trials that are kept under a key, whenever they were run."""
    return sum(spent for number, (_, spent) in trials(key).items() if number < datasets)


def run_one(key: str, number: int) -> tuple[Any, float]:
    """Run a trial; return its outcome and the processor seconds it took."""
    seed = [int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]), number]
    started = time.process_time()
    trial = next(one.trial for name, one in settings().items() if name.removesuffix(one.part) == key)
    outcome = trial(np.random.default_rng(seed))
    several = outcome is None or isinstance(outcome, dict)
    return outcome if several else float(outcome), round(time.process_time() - started, 3)


def run(keys: Iterable[str], most: int) -> None:
    """Run what is missing of some settings, each at most so often, and keep each outcome as soon as it is there.

    The trials of all settings wait in one line, so that no processor waits for the end of a setting.
    """
    KEPT.mkdir(exist_ok=True)
    asked = {shared(key): many(key, most) for key in keys}
    missing = {key: set(range(datasets)) - set(trials(key)) for key, datasets in asked.items()}
    with ProcessPoolExecutor(WORKERS) as pool:
        waiting = {pool.submit(run_one, key, n): (key, n) for key in missing for n in sorted(missing[key])}
        try:
            for done in as_completed(waiting):
                key, number = waiting[done]
                with kept(key).open("a", encoding="utf-8") as stream:
                    stream.write("\n" + json.dumps([number, *done.result()]))  # the line before may be cut off
                missing[key].remove(number)
                if not missing[key]:
                    print(f"{key}: {asked[key]:,} data sets, {seconds(key, asked[key]):.0f} CPU s", flush=True)
        finally:  # where it is interrupted, nothing else is begun
            pool.shutdown(cancel_futures=True)


def rates(keys: list[str], most: int) -> pd.DataFrame:
    """Return a row for each of some settings that has outcomes: how often the verdict said yes, with 95 % bounds.

    The bounds are Clopper and Pearson's (1934); of shares that intervals covered, the mean's standard error's.
    """
    rows = []
    known = settings()
    for key in keys:
        setting = known[key]
        datasets = many(key, most)
        each = [one for number, (one, _) in trials(shared(key)).items() if number < datasets]
        found = [one[setting.part] if isinstance(one, dict) else one for one in each]
        found = [one for one in found if one is not None]
        if not found:
            continue
        if isinstance(found[0], list):
            columns = np.array(found).T
            found = list(max(columns, key=lambda one: abs(one.mean() - setting.nominal)))
        mean, n = float(np.mean(found)), len(found)
        if set(found) <= {0.0, 1.0}:
            yes = sum(found)
            low = float(beta.ppf(0.025, yes, n - yes + 1)) if yes else 0.0
            high = float(beta.ppf(0.975, yes + 1, n - yes)) if yes < n else 1.0
        else:
            error = 1.96 * float(np.std(found, ddof=1)) / np.sqrt(n)
            low, high = max(mean - error, 0.0), min(mean + error, 1.0)
        rows.append([setting.verdict, setting.name, setting.truth, n, mean, low, high, setting.nominal])
    columns = ["verdict", "data", "truth", "datasets", "rate", "low", "high", "nominal"]
    return pd.DataFrame(rows, columns=columns).astype({"nominal": float})


def with_known(found: pd.DataFrame, asked: list[str]) -> pd.DataFrame:
    """Return the table with the rows of settings that were not asked for, as they were committed.

    In the order of the settings, which also say how much data there is.
    """
    known, tried = pd.read_csv(TABLE)[[*found]], settings()
    keys = known["verdict"] + ": " + known["data"]
    rows = pd.concat([known[keys.isin(set(tried)) & ~keys.isin(asked)], found])
    rows = rows.set_index(rows["verdict"] + ": " + rows["data"])
    rows = rows.loc[[key for key in tried if key in rows.index]]
    amounts = pd.DataFrame([tried[key].amounts for key in rows.index], columns=[*UNITS], dtype="Int64")
    return rows.reset_index(drop=True).assign(main=[tried[key].main for key in rows.index]).join(amounts)


def main(arguments: list[str] | None = None) -> int:
    """Run the trials of all verdicts, or of those named, and write the tables."""
    parser = argparse.ArgumentParser(
        prog="make verdicts", description="Try the verdicts on data of a known truth."
    )
    parser.add_argument("verdicts", nargs="*", help="only these")
    parser.add_argument("--datasets", type=int, default=sys.maxsize, help="at most so many of each setting")
    asked = parser.parse_args(arguments)
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    known = settings()
    wanted = [key for key, setting in known.items() if not asked.verdicts or setting.verdict in asked.verdicts]
    run(wanted, asked.datasets)
    table = with_known(rates(wanted, asked.datasets), wanted)
    table.round(4).to_csv(TABLE, index=False)
    write_page()
    print(table.to_string(index=False))
    tried = {shared(key): many(key, asked.datasets) for key in wanted}
    spent = sum(seconds(key, datasets) for key, datasets in tried.items())
    print(f"{len(wanted)} settings, {spent:,.0f} CPU s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the trials and writes the table of error rates that the chapters quote.

    python -m tests.operating_characteristics.run [--datasets 200] [verdict ...]

Each trial has a seed of its own (the setting's name and a number), so it can be repeated by itself. Outcomes are
kept in `.verdicts/`: what was interrupted goes on, and a setting whose code or name changed is begun anew by
deleting its file.
"""

import argparse
import hashlib
import importlib
import json
import os
import pkgutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import beta

from helpers.base.paths import ROOT
from helpers.show.error_rates import TABLE, UNITS
from tests import operating_characteristics
from tests.operating_characteristics.trial import Setting

KEPT = ROOT / ".verdicts"
DATASETS = 200
WORKERS = 2


def settings() -> dict[str, Setting]:
    """Return all settings, by verdict and name, of the modules of this folder that have some."""
    found = {}
    for module in pkgutil.iter_modules(operating_characteristics.__path__):
        loaded = importlib.import_module(f"{operating_characteristics.__name__}.{module.name}")
        for setting in getattr(loaded, "SETTINGS", ()):
            found[f"{setting.verdict}: {setting.name}"] = setting
    return found


def kept(key: str) -> Path:
    """Return the file that has a setting's outcomes."""
    return KEPT / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.jsonl"


def outcomes(key: str) -> dict[int, float | None]:
    """Return the outcomes of a setting that are there, by number; a line cut off in the middle counts for none."""
    found = {}
    for line in kept(key).read_text(encoding="utf-8").splitlines() if kept(key).exists() else []:
        try:
            number, outcome = json.loads(line)
        except ValueError:
            continue
        found[number] = outcome
    return found


def run_one(key: str, number: int) -> tuple[int, float | None, float]:
    """Run a trial; return its number, its outcome and the processor seconds it took."""
    seed = [int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]), number]
    started = time.process_time()
    outcome = settings()[key].trial(np.random.default_rng(seed))
    return number, None if outcome is None else float(outcome), time.process_time() - started


def run(keys: list[str], datasets: int) -> None:
    """Run what is missing of some settings, and keep each outcome as soon as it is there."""
    KEPT.mkdir(exist_ok=True)
    with ProcessPoolExecutor(WORKERS) as pool:
        for key in keys:
            missing = sorted(set(range(datasets)) - set(outcomes(key)))
            if not missing:
                continue
            spent = 0.0
            with kept(key).open("a", encoding="utf-8") as stream:
                for number, outcome, seconds in pool.map(run_one, [key] * len(missing), missing, chunksize=5):
                    stream.write(json.dumps([number, outcome]) + "\n")
                    stream.flush()
                    spent += seconds
            print(f"{key}: {len(missing)} trials, {spent:.0f} CPU s", flush=True)


def rates(keys: list[str], datasets: int) -> pd.DataFrame:
    """Return a row for each of some settings that has outcomes: how often the verdict said yes, with 95 % bounds.

    The bounds are Clopper and Pearson's (1934); of shares that intervals covered, the mean's standard error's.
    """
    rows = []
    known = settings()
    for key in keys:
        setting = known[key]
        found = [outcome for number, outcome in outcomes(key).items() if number < datasets and outcome is not None]
        if not found:
            continue
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


def with_known(found: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the rows of settings that were not asked for, as they were committed.

    In the order of the settings, which also say how much data there is.
    """
    known, tried = pd.read_csv(TABLE)[[*found]], settings()
    keys = known["verdict"] + ": " + known["data"]
    rows = pd.concat([known[keys.isin(set(tried)) & ~keys.isin(found["verdict"] + ": " + found["data"])], found])
    rows = rows.set_index(rows["verdict"] + ": " + rows["data"])
    rows = rows.loc[[key for key in tried if key in rows.index]]
    amounts = pd.DataFrame([tried[key].amounts for key in rows.index], columns=[*UNITS], dtype="Int64")
    return rows.reset_index(drop=True).assign(main=[tried[key].main for key in rows.index]).join(amounts)


def main(arguments: list[str] | None = None) -> int:
    """Run the trials of all verdicts, or of those named, and write the table."""
    parser = argparse.ArgumentParser(
        prog="make verdicts", description="Try the verdicts on data of a known truth."
    )
    parser.add_argument("verdicts", nargs="*", help="only these")
    parser.add_argument("--datasets", type=int, default=DATASETS, help="data sets of each setting")
    asked = parser.parse_args(arguments)
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    known = settings()
    wanted = [key for key, setting in known.items() if not asked.verdicts or setting.verdict in asked.verdicts]
    run(wanted, asked.datasets)
    table = with_known(rates(wanted, asked.datasets))
    table.round(4).to_csv(TABLE, index=False)
    print(table.to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

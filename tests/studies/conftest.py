"""The real studies, ingested and cleaned once for all tests; each figure is then read from what was written."""

import fcntl
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import narwhals as nw
import pytest

from helpers.base.engine import DuckDBEngine, open_engine
from helpers.base.paths import PARAMS, ROOT
from helpers.chapters.cleaning.account import Account, apply_rules
from helpers.ledger.ingest import Ingested, ingest
from helpers.study.file import load_study
from helpers.study.schema import Study
from tests.conftest import real_data


class Prepared(NamedTuple):
    """A study after ingest and cleaning, its frames still lazy."""

    study: Study
    ingested: Ingested
    raw: nw.LazyFrame
    transactions: nw.LazyFrame
    returns: nw.LazyFrame
    rejected: nw.LazyFrame
    account: Account
    engine: DuckDBEngine

    def counts_after(self) -> list[int]:
        """Lines left after each rule, what was read first."""
        return [step["lines"] for step in self.account.steps]

    def value(self, frame: nw.LazyFrame, **expressions: nw.Expr):
        """Return one row of aggregates as a dict."""
        return frame.select(**expressions).collect("pyarrow").to_native().to_pylist()[0]


@pytest.fixture(scope="session")
def prepare(tmp_path_factory):
    """Return a function that prepares a study by name, each at most once."""
    done: dict[str, Prepared] = {}
    engines = []

    def prepared(name: str, source: str | None = None) -> Prepared:
        if (name, source) not in done:
            study = load_study(PARAMS / f"{name}.yml")
            path = real_data(source or study.source.path)
            folder: Path = tmp_path_factory.mktemp(name)
            context = open_engine()
            engine = context.__enter__()
            engines.append(context)
            result = ingest(path, study.source, engine, folder)
            raw = engine.scan(folder / "raw.parquet")
            cleaned = apply_rules(raw, study.values.cleaning.rules, engine)
            done[name, source] = Prepared(
                study,
                result,
                raw,
                cleaned.transactions,
                cleaned.returns,
                cleaned.rejected,
                cleaned.account,
                engine,
            )
        return done[name, source]

    yield prepared
    for context in engines:
        context.__exit__(None, None, None)


def pennies(amount: Decimal) -> Decimal:
    """Return an amount to the penny, as the studies print it."""
    return amount.quantize(Decimal("0.01"))


EXPENSIVE = ("insiders", "online_retail")
"""Studies whose full build takes minutes: only `make test-all` builds them."""


def build(name: str, reports: Path, *options: str) -> dict:
    """Build a study by the user's command into a folder; return its findings."""
    ran = subprocess.run(
        [sys.executable, "-m", "helpers.build.run", f"params/{name}.yml", *options],
        env=os.environ | {"REPORTS_DIR": str(reports)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads((reports / name / "findings.json").read_text())


@pytest.fixture(scope="session")
def built(tmp_path_factory, request):
    """Return a function that builds a study by the user's command, once for all workers; it gives the findings."""
    given, workers = request.config.getoption("--reports"), "PYTEST_XDIST_WORKER" in os.environ
    own = tmp_path_factory.getbasetemp().parent / "reports" if workers else tmp_path_factory.mktemp("reports")
    reports = Path(given or own).resolve()
    reports.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict] = {}

    def findings(name: str) -> dict:
        if name in EXPENSIVE and not request.config.getoption("--all-studies"):
            pytest.skip(f"a full build of {name} takes minutes: `make test-all` has it")
        if name not in found:
            study = load_study(PARAMS / f"{name}.yml")
            if study.source.generator is None:
                real_data(study.source.path)
            done = reports / f".{name}.built"
            with (reports / f".{name}.turn").open("w") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)  # let go of at the file's end
                if given or not done.exists():
                    build(name, reports)
                    done.touch()
            found[name] = json.loads((reports / name / "findings.json").read_text())
        return found[name]

    findings.reports = reports
    return findings

"""A tiny study in a copy of the project: something to build as a user does, to edit and to break."""

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from helpers.base.paths import ROOT
from tests.conftest import RETAIL_COLUMNS

COPIED = ("helpers", "notebooks", "pyproject.toml", "uv.lock", "data/README.md")
LEDGER, STUDY = "tiny.csv", "params/tiny.yml"
LONG = 120
"""Seconds after which a build that should have ended is taken for stuck."""
NOT_PAGES = ("index.html", "summary.md", "summary.eml", "run.json", ".shelf.json", ".lock")
"""What a failed build writes to say that it failed; everything else stays as it was."""


def ledger(names: dict[str, str] | None = None, countries: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return about 170 lines of a ledger over four months, always the same.

    Args:
        names: product names by product code, in place of the ordinary ones.
        countries: countries of the first customers, in place of the ordinary ones.
    """
    products = names or {f"{10001 + n}A": f"PRODUCT NUMBER {n}" for n in range(12)}
    homes = [*countries, "France", "Germany", "United Kingdom"]
    codes = list(products)
    start = datetime(2024, 1, 8, 9, 5)
    rows = []
    for order in range(56):
        customer = 12345 + order * 5 % 23
        day = start + timedelta(days=2 * order, hours=order % 8, minutes=7 * order % 60)
        day += timedelta(days=1) * (day.weekday() == 5)  # this shop rests on Saturdays
        for place in range(3):
            code = codes[(order * 5 + place * (1 + order % 3)) % len(codes)]
            back = order % 13 == 5 and place == 0
            rows.append(
                {
                    "InvoiceNo": f"{'C' if back else ''}{536000 + order}",
                    "StockCode": code,
                    "Description": products[code],
                    "Quantity": -1 if back else 1 + (order + 3 * place) % 9,
                    "InvoiceDate": day.strftime("%Y-%m-%d %H:%M"),
                    "UnitPrice": f"{0.85 + codes.index(code) * 0.45:.2f}",
                    "CustomerID": "" if order % 19 == 3 else customer,
                    "Country": homes[customer % len(homes)],
                }
            )
    return rows


def study(**changes: Any) -> dict[str, Any]:
    """Return the tiny study; a section given replaces the one that is there."""
    return {
        "title": "A tiny shop",
        "currency": "GBP",
        "source": {"path": LEDGER, "columns": dict(RETAIL_COLUMNS)},
        "cleaning": {"rules": [{"drop_missing": ["customer_id"]}, "split_returns", {"above": {"unit_price": 0}}]},
        "claims": [{"claim": "Most lines are kept", "finding": "cleaning.rows_kept", "at_least": 10}],
    } | changes


@dataclass(frozen=True)
class Outcome:
    """How a build ended: its exit code, what it said, and how long it took in seconds."""

    code: int
    out: str
    err: str
    seconds: float

    def sentences(self) -> set[str]:
        """Return what a failed build says, a sentence for each step that failed; two may fail of the same."""
        assert self.code != 0, f"the build succeeded:\n{self.out}"
        assert "Traceback" not in self.out + self.err, self.err
        # a failed step has a line with its place, then the sentence
        return {line.strip() for line in self.err.splitlines() if line.strip() and " FAILED" not in line}

    def sentence(self) -> str:
        """Return the one sentence a failed build says, after checking that it is one."""
        said = self.sentences()
        assert len(said) == 1, f"one sentence was expected, not:\n{self.err}"
        return said.pop()


class Project:
    """A copy of the project with one study, `tiny`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "sources"
        self.reports = root / "out"
        self.study = self.reports / "tiny"

    # ── making and changing it ──

    def write_ledger(self, rows: list[dict[str, Any]], name: str = LEDGER) -> None:
        """Write rows as the study's source."""
        self.data.mkdir(exist_ok=True)
        with (self.data / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def write_study(self, text: dict[str, Any] | str) -> None:
        """Write the study file: as YAML of a dict, or as it stands."""
        (self.root / STUDY).parent.mkdir(exist_ok=True)
        written = text if isinstance(text, str) else yaml.safe_dump(text, sort_keys=False, allow_unicode=True)
        (self.root / STUDY).write_text(written, encoding="utf-8")

    def notebook(self, stem: str) -> Path:
        return self.root / "notebooks" / f"{stem}.ipynb"

    def add_cell(self, stem: str, source: str) -> bytes:
        """Put a code cell behind a notebook's parameters; return the notebook as it was."""
        path = self.notebook(stem)
        before = path.read_bytes()
        content = json.loads(before)
        tagged = [i for i, c in enumerate(content["cells"]) if "parameters" in c["metadata"].get("tags", [])]
        content["cells"].insert(tagged[0] + 1, _cell("code", source, "added"))
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return before

    # ── building it ──

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return kept | {"REPORTS_DIR": str(self.reports), "DATA_DIR": str(self.data)}

    def start(self, *before: str) -> subprocess.Popen:
        """Start a build; `before` is a command that runs it, such as one that sets a limit."""
        # a shell makes what runs in its background deaf to Ctrl-C, and so would be what that starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return subprocess.Popen(
            [*before, sys.executable, "-m", "helpers.build.run", STUDY],
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def build(self, *before: str, within: float = LONG) -> Outcome:
        """Build the study and wait for the end, some seconds at most."""
        started = time.monotonic()
        process = self.start(*before)
        out, err = process.communicate(timeout=within)
        return Outcome(process.returncode, out, err, time.monotonic() - started)

    # ── looking at it ──

    def state(self) -> dict[str, Any]:
        return json.loads((self.study / "run.json").read_text(encoding="utf-8"))

    def front_page(self) -> str:
        return (self.study / "index.html").read_text(encoding="utf-8")

    def good(self) -> dict[str, str]:
        """Return the digest of every finished file: pages, notebooks, tables, downloads, findings."""
        return {
            str(path.relative_to(self.reports)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.reports.rglob("*"))
            if path.is_file() and path.name not in NOT_PAGES and ".failed." not in path.name
        }

    def leftovers(self) -> list[str]:
        """Return what only a running build may have."""
        return [str(p) for p in self.reports.rglob("*") if p.name == ".staging" or p.name.endswith(".part")]

    def processes(self) -> list[str]:
        """Return the command lines of running processes that this project started (all run in its folder)."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink() == self.root and _alive(process):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it ended meanwhile, or belongs to someone else
                continue
        return found


def _alive(process: Path) -> bool:
    """Return whether a process still runs; a zombie only waits for its parent to notice."""
    return (process / "stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")


def new_project(root: Path) -> Project:
    """Copy the project as it is, with the tiny study."""
    for name in COPIED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        else:
            shutil.copy2(source, target)
    project = Project(root.resolve())
    project.write_ledger(ledger())
    project.write_study(study())
    return project


def new_small_project(root: Path) -> Project:
    """Copy the project with three chapters of a few cells, so that a build takes a few seconds.

    The third, 03_reader, reads a table of the second.
    """
    project = new_project(root)
    with (root / "helpers" / "study" / "series.py").open("a", encoding="utf-8") as series:
        series.write(SMALL_SERIES)
    shutil.rmtree(root / "notebooks")
    (root / "notebooks").mkdir()
    for stem, cells in SMALL.items():
        tags = [["parameters"] if source.startswith("study:") else [] for _, source in cells]
        content = {
            "cells": [_cell(kind, source, f"{n}", tags[n]) for n, (kind, source) in enumerate(cells)],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        project.notebook(stem).write_text(json.dumps(content, indent=1), encoding="utf-8")
    return project


def _cell(kind: str, source: str, name: str, tags: list[str] | None = None) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": name, "metadata": {"tags": tags} if tags else {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


PARAMETERS = "study: str = 'params/tiny.yml'  # the study file\ntop: int = 10  # rows shown"
SMALL_SERIES = """
CHAPTERS = (*CHAPTERS[:2], Chapter(3, "reader", reads=("transactions",)))
BY_NAME = {chapter.name: chapter for chapter in CHAPTERS}
"""
SMALL = {
    "01_eda": [
        ("markdown", "# What is in the ledger\n\n**How much is there?**"),
        ("code", PARAMETERS),
        (
            "code",
            "from helpers.show.display import say\n"
            "from helpers.study.report import Report\n"
            "report = Report('eda', study)\n"
            "rows = len(report.load('raw'))\n"
            "say('{n} lines.', n=rows)\n"
            "report.record('rows', rows)\n"
            "report.headline('{n} lines were read.', n=rows)\n"
            "report.close()",
        ),
    ],
    "02_cleaning": [
        ("markdown", "# Cleaning\n\n**What stays?**"),
        ("code", f"{PARAMETERS}\nrules: list[str | dict] = []  # the rules"),
        ("markdown", "## The rules"),
        (
            "code",
            "import pandas as pd\n"
            "from helpers.chapters.cleaning.account import apply_rules\n"
            "from helpers.study.report import Report\n"
            "report = Report('cleaning', study)\n"
            "cleaned = apply_rules(report.lazy('raw'), rules, report.engine)",
        ),
        ("markdown", "## The tables"),
        (
            "code",
            "for name in ('transactions', 'returns', 'set_aside', 'rejected'):\n"
            "    report.save(name, getattr(cleaned, name))\n"
            "report.save('cleaning_steps', pd.DataFrame(cleaned.account.steps))\n"
            "kept = {'where': ['kept'], 'lines': [cleaned.account.rows['kept']], 'revenue': [0.0]}\n"
            "report.save('base', pd.DataFrame(kept))\n"
            "report.download('rejected.csv', report.lazy('rejected'), 'every rejected line', ['line'])\n"
            "report.record('rows_kept', cleaned.account.rows['kept'])\n"
            "report.headline('{n} lines are kept.', n=cleaned.account.rows['kept'])\n"
            "report.close()",
        ),
    ],
    "03_reader": [
        ("markdown", "# Reading on\n\n**What was bought?**"),
        ("code", PARAMETERS),
        (
            "code",
            "from helpers.study.report import Report\n"
            "report = Report('reader', study)\n"
            "report.record('rows', len(report.load('transactions')))\n"
            "report.close()",
        ),
    ],
}

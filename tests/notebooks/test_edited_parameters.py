"""A parameters cell edited in memory, as in JupyterLab before anything is saved, and run: the findings follow.

A chapter adds a case to CASES: what is edited in its cell, and what its findings must then be.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import nbformat
import papermill
import pytest

from helpers.base.paths import ROOT
from helpers.build.progress import ENGINE, register
from helpers.study.needs import met
from helpers.study.series import BY_NAME
from tests import foreign
from tests.notebooks.tiny import STUDY, Project, new_project, study

COLUMNS = {
    "order": "order_id",
    "moment": "ordered_at",
    "customer": "customer_id",
    "code": "product_id",
    "product": "product_name",
    "quantity": "quantity",
    "price": "unit_price",
    "country": "country",
}


FEW = ["items", "recency", "frequency", "unique_items"]


class Case(NamedTuple):
    """An edit of a chapter's parameters and what must hold of its findings."""

    chapter: str
    edits: dict[str, Any]
    holds: Callable[[dict[str, Any]], bool]


def days_between(dates: list[str]) -> list[int]:
    """Return the days from each date to the next."""
    return [(date.fromisoformat(b[:10]) - date.fromisoformat(a[:10])).days for a, b in pairwise(dates)]


def everybody_placed(found: dict[str, Any], asked: int) -> bool:
    """Return whether so many customers were asked, and more than these are in the groups."""
    return found["chosen_on"]["customers"] == asked < sum(found["sizes"])


CASES = (
    Case(
        "clustering",
        {"k_max": 3, "bootstraps": 2, "null_draws": 1, "choose_on": 60},
        lambda found: [row["k"] for row in found["by_k"]] == [2, 3] and everybody_placed(found, 60),
    ),
    Case(
        "clustering",
        {"n_clusters": 4, "k_max": 2, "algorithm": "gmm", "bootstraps": 2, "null_draws": 1},
        lambda found: found["n_clusters"] == 4 == len(found["sizes"]),
    ),
    Case(
        "tree_embedding",
        {"k_max": 3, "trees": 40, "bootstraps": 1, "null_draws": 1, "seeds": [0], "choose_on": 60},
        lambda found: [row["k"] for row in found["by_k"]] == [2, 3] and everybody_placed(found, 60),
    ),
    Case(
        "tree_embedding",
        {"features": FEW, "eliminate_to": 3, "workers": 1, "trees": 40, "bootstraps": 1, "null_draws": 1},
        lambda found: set(found["importances"]) == set(FEW) and found["evaluations"] == 4 + 3,
    ),
    Case(
        "anomaly",
        {"line_rows": 1000, "n_estimators": 10},
        lambda found: 850 < found["lines"] < 1150 and found["customers"] == 90,  # of 1,449 lines
    ),
    Case(
        "regression",
        {"horizon_days": 30, "cut_offs": 3, "trials": 1},
        lambda found: found["horizon_days"] == 30 and days_between(found["cut_offs"]) == [30, 30],
    ),
    Case(
        "recommendation",
        {"horizon_days": 45, "k": 3, "epochs": 2, "hybrid_epochs": 1, "components": 4, "als_factors": 2},
        lambda found: found["k"] == 3 and days_between([found["cut_off_earlier"], found["cut_off"]]) == [45],
    ),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A small shop whose customers have been made, and nothing after them; its study has all chapters."""
    project = new_project(tmp_path_factory.mktemp("edited") / "project")
    project.write_ledger(foreign.core(orders=600, customers=90, days=500))
    source = {"path": "tiny.csv", "columns": COLUMNS}
    project.write_study(study(source=source, chapters=["cleaning", "rfm"], claims=[]))
    outcome = project.build(within=600)
    assert outcome.code == 0, outcome.err
    project.write_study(study(source=source, claims=[]))
    return project


def edited(chapter: str, **edits: Any) -> nbformat.NotebookNode:
    """Return a chapter's notebook with other values in its parameters cell."""
    book = nbformat.read(BY_NAME[chapter].notebook, as_version=4)
    cell = next(cell for cell in book.cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in edits.items():
        given = rf"^({name}: [^=\n]+= ).*?(  #.*)$"
        cell.source, changed = re.subn(
            given, lambda line, value=value: f"{line[1]}{value!r}{line[2]}", cell.source, flags=re.MULTILINE
        )
        assert changed == 1, f"{chapter} has no parameter {name}"
    return book


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.chapter}-{'-'.join(case.edits)}")
def test_an_edit_of_the_parameters_cell_changes_what_is_found(case, project, tmp_path, monkeypatch):
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SERIES_STAGING", str(tmp_path))
    register(lambda **_: None, met(project.study / "tables"))
    book = edited(case.chapter, study=str(project.root / STUDY), **case.edits)
    papermill.execute_notebook(
        book, tmp_path / "ran.ipynb", engine_name=ENGINE, kernel_name="python3", progress_bar=False, cwd=ROOT
    )
    findings = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))["findings"]
    assert case.holds(findings), findings

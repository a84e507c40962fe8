"""A study with `pseudonyms: true`: nothing in its report names a customer, and it says what it says without."""

import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.study.series import CHAPTERS
from tests.notebooks.tiny import Project, ledger, new_project, study
from tests.packed_pages import unpack_page

MARK = "QX-417"
"""Begins every original id; no page, picture or library has it by chance."""
EXCLUDED, BROKEN = f"{MARK}-12350", f"{MARK}-BROKEN"
WHOLE = 600
"""Seconds for whole chapters, on a machine that has other work, too."""
FEW = ["eda", "cleaning", "rfm", "clustering"]
"""Chapters that are built every time; `make test-all` builds them all."""


def marked(rows: list[dict]) -> list[dict]:
    return [row | {"CustomerID": row["CustomerID"] and f"{MARK}-{row['CustomerID']}"} for row in rows]


@pytest.fixture(scope="module")
def chapters(request) -> list[str]:
    everything = request.config.getoption("--all-studies")
    return [chapter.name for chapter in CHAPTERS] if everything else FEW


def mailed(chapters: list[str], **changes) -> dict:
    rules = [{"drop_missing": ["customer_id"]}, {"exclude": {"customer_id": [EXCLUDED]}}, "split_returns"]
    source = study()["source"] | {"unreadable_at_most": 0.5}
    return study(pseudonyms=True, chapters=chapters, cleaning={"rules": rules}, source=source, **changes)


@pytest.fixture(scope="module")
def report(tmp_path_factory, chapters) -> Project:
    """A study built first with its customers' ids, then with the switch on."""
    project = new_project(tmp_path_factory.mktemp("mailed") / "project")
    rows = marked(ledger())
    rows.append(rows[0] | {"Quantity": BROKEN})
    project.write_ledger(rows)
    with (project.data / "tiny.csv").open("a") as stream:
        stream.write(f"one,field,too,many,for,{BROKEN},this,line,here\n")
    project.write_study(mailed(chapters) | {"pseudonyms": False, "chapters": ["cleaning"]})
    outcome = project.build(within=WHOLE)
    assert outcome.code == 0, outcome.err
    assert found_in(project.reports), "the search below would find nothing either way"
    lab = project.study / ".lab" / "tables"
    lab.mkdir(parents=True)
    (lab / "raw.parquet").write_bytes((project.study / "tables" / "raw.parquet").read_bytes())
    (project.root / "named.json").write_bytes((project.study / "findings.json").read_bytes())
    project.write_study(mailed(chapters))
    outcome = project.build(within=WHOLE)
    assert outcome.code == 0, outcome.err
    return project


def found_in(folder: Path) -> list[str]:
    """Return the files of a folder that hold an original id, in whatever way they are packed."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and MARK in path.name + text_of(path):
            found.append(str(path.relative_to(folder)))
    return found


def text_of(path: Path) -> str:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return str([column.cast(pa.string()).unique().to_pylist() for column in table.columns])
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    text = path.read_text(encoding="utf-8", errors="replace")
    return unpack_page(text) if path.suffix == ".html" else text


def test_no_original_id_is_left_in_the_report(report):
    assert found_in(report.reports) == []
    assert not (report.study / ".lab").exists()


def test_the_report_is_whole(report):
    kinds = {path.suffix for path in report.reports.rglob("*") if path.is_file()}
    assert {".html", ".ipynb", ".json", ".parquet", ".csv", ".xlsx"} <= kinds
    assert report.state()["status"] == "built"
    assert "under pseudonyms" in report.front_page()


def test_its_findings_are_those_with_names(report, chapters):
    """All but one: the words of the rule that names a customer."""
    with_names = json.loads((report.root / "named.json").read_text())
    without = json.loads((report.study / "findings.json").read_text())
    assert list(without) == chapters
    for name, value in with_names["cleaning"].items():
        if name != "steps":
            assert without["cleaning"][name] == value, name
    assert EXCLUDED in str(with_names["cleaning"]["steps"]) and without["cleaning"]["rows_rejected"] > 10


def test_pseudonyms_stay_from_run_to_run(report, chapters):
    before = report.good()
    customers = pq.read_table(report.study / "tables" / "customers.parquet").column("customer_id").to_pylist()
    assert all(name.startswith("c") and len(name) == 14 for name in customers)
    outcome = report.build()
    assert outcome.code == 0 and outcome.out.count("unchanged") == len(chapters)
    assert report.good() == before

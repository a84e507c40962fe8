"""Freshness: a chapter's key changes with what it depends on, and with nothing else."""

import json
import os

import pytest

from helpers.build import freshness
from helpers.study.schema import load_study
from helpers.study.series import Chapter
from tests.unit.conftest import SMALL_STUDY

CHAPTER = Chapter(2, "cleaning", reads=("raw",), writes=("transactions",))


class Project:
    """A tiny project: a notebook that imports one helper, which imports another; a third stands apart."""

    def __init__(self, root):
        self.root = root
        self.study_file = root / "small.yml"
        for folder in ("helpers/templates", "notebooks", "tables"):
            (root / folder).mkdir(parents=True)
        self.write("helpers/near.py", "def f():\n    from helpers import far\n")
        self.write("helpers/far.py", "import helpers.farthest\n")
        self.write("helpers/farthest.py", "X = 1\n")
        self.write("helpers/apart.py", "Y = 1\n")
        self.write("helpers/ledger/ingest.py", "from helpers.far import X\n")
        self.write("helpers/build/pages.py", "PAGE = 1\n")
        self.write("helpers/templates/page.html", "<p>")
        self.write("uv.lock", "lock\n")
        self.write("tables/raw.parquet", "raw bytes")
        self.write("tables/other.parquet", "other bytes")
        self.write("ledger.csv", "a\n1\n")
        self.write("places.csv", "country\nFrance\n")
        self.notebook("from helpers.near import f\n")
        self.study()

    def write(self, name, text):
        (self.root / name).write_text(text)

    def notebook(self, code):
        cell = {"cell_type": "code", "metadata": {}, "source": [code]}
        self.write("notebooks/02_cleaning.ipynb", json.dumps({"cells": [cell]}))

    def study(self, extra=""):
        self.study_file.write_text(SMALL_STUDY + extra)

    def key(self):
        """Return the chapter's key, as a new process would work it out."""
        forget()
        return freshness.chapter_key(load_study(self.study_file), CHAPTER, self.root / "tables")

    def page(self, navigation=("Title",)):
        forget()
        return freshness.page_key("key", list(navigation))

    def ingest(self):
        forget()
        return freshness.ingest_key(load_study(self.study_file), self.root / "ledger.csv")


def forget():
    """Empty the module's memory, which lasts a build."""
    for value in vars(freshness).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


@pytest.fixture
def project(tmp_path, monkeypatch):
    load_study("params/sample.yml")  # the schema comes from the real notebooks
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    monkeypatch.setattr(freshness, "HELPERS", tmp_path / "helpers")
    monkeypatch.setattr("helpers.study.series.NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    # the parameters cell is read from the real notebooks, which the schema has in its memory
    yield Project(tmp_path)
    forget()


CHANGES = {
    "the notebook": lambda p: p.notebook("from helpers.near import f\nf()\n"),
    "a helper it imports": lambda p: p.write("helpers/near.py", "from helpers import far\n"),
    "a helper that helper imports": lambda p: p.write("helpers/far.py", "import helpers.farthest\nZ = 2\n"),
    "a helper imported as a module": lambda p: p.write("helpers/farthest.py", "X = 2\n"),
    "the chapter's parameters": lambda p: p.study("cleaning: {top: 3}\n"),
    "the rules": lambda p: p.study("cleaning: {rules: [drop_cancellations]}\n"),
    "the seed": lambda p: p.study("seed: 7\n"),
    "the published parameters": lambda p: p.study("published: {cleaning: {top: 3}}\n"),
    "the bytes of a table it reads": lambda p: p.write("tables/raw.parquet", "other raw bytes"),
    "the lock file": lambda p: p.write("uv.lock", "lock 2\n"),
}
NO_CHANGES = {
    "nothing": lambda p: None,
    "a touched table": lambda p: os.utime(p.root / "tables/raw.parquet", (1, 1)),
    "a table it does not read": lambda p: p.write("tables/other.parquet", "x"),
    "a helper it does not import": lambda p: p.write("helpers/apart.py", "Y = 2\n"),
    "another chapter's parameters": lambda p: p.study("eda: {date_offset_days: 1}\n"),
    "a claim": lambda p: p.study("claims: [{claim: c, finding: a.b, at_least: 1}]\n"),
    "the page's template": lambda p: p.write("helpers/templates/page.html", "<b>"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_chapter_runs_again_after_a_change_of(project, what):
    before = project.key()
    CHANGES[what](project)
    assert project.key() != before


@pytest.mark.parametrize("what", NO_CHANGES)
def test_a_chapter_stays_fresh_after(project, what):
    before = project.key()
    NO_CHANGES[what](project)
    assert project.key() == before


def test_cleaning_runs_again_when_a_file_that_a_rule_joins_changes(project):
    project.study("cleaning: {rules: [join: {file: places.csv, on: country}]}\n")
    before = project.key()
    project.write("places.csv", "country\nSpain\n")
    assert project.key() != before


def test_a_module_imported_inside_a_function_counts(project):
    forget()
    assert freshness.imported_modules("from helpers import near\n") == {
        "helpers.near",
        "helpers.far",
        "helpers.farthest",
    }
    assert freshness.imported_modules("import pandas\nfrom os import path\n") == frozenset()


def test_ingest_runs_again_with_the_source_its_settings_and_its_code(project):
    keys = [project.ingest()]
    project.write("ledger.csv", "a\n2\n")
    keys.append(project.ingest())
    project.study_file.write_text(SMALL_STUDY.replace("lines.csv", "lines.csv, decimal: ','"))
    keys.append(project.ingest())
    project.write("helpers/farthest.py", "X = 3\n")
    keys.append(project.ingest())
    assert len(set(keys)) == 4
    project.study_file.write_text(SMALL_STUDY.replace("lines.csv", "lines.csv, decimal: ','") + "seed: 9\n")
    assert project.ingest() == keys[-1]


def test_ingest_runs_again_with_other_pseudonyms(project, monkeypatch):
    monkeypatch.setattr("helpers.ledger.pseudonyms.KEYS", project.root / "keys")
    plain = project.ingest()
    project.study("pseudonyms: true\n")
    named = project.ingest()
    assert named == project.ingest() != plain
    (project.root / "keys" / "small.key").unlink()
    assert project.ingest() not in (named, plain)


@pytest.mark.parametrize("name", ["helpers/build/pages.py", "helpers/templates/page.html"])
def test_a_page_is_drawn_again_with_its_template(project, name):
    before = project.page()
    project.write(name, "CHANGED = 1\n")
    assert project.page() != before


def test_a_page_is_drawn_again_with_the_titles_it_links_to(project):
    assert project.page() == project.page()
    assert project.page(["Other"]) != project.page()


def test_the_real_chapters_depend_on_the_helpers_they_name():
    from helpers.study.series import BY_NAME

    forget()
    modules = freshness.imported_modules(freshness.notebook_code(BY_NAME["cleaning"]))
    assert {
        "helpers.chapters.cleaning.account",
        "helpers.ledger.rules",
        "helpers.base.engine",
        "helpers.study.report",
    } <= modules
    assert "helpers.build.run" not in modules

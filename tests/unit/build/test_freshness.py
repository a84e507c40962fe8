"""Freshness: a chapter's key changes with what it depends on, and with nothing else."""

import json
import os

import pytest

from helpers.build import freshness
from helpers.study.file import load_study
from helpers.study.schema import Study
from helpers.study.series import Chapter
from tests.unit.conftest import SMALL_STUDY

CODE = "from helpers.chapters.cleaning import account\nfrom helpers.show import charts\n"
CHAPTER = Chapter(2, "cleaning", reads=("raw",), writes=("transactions",))


class Project:
    """A tiny project: a notebook that names its own room and one wing; that room names another wing."""

    def __init__(self, root):
        self.root = root
        self.study_file = root / "small.yml"
        for folder in ("notebooks", "tables"):
            (root / folder).mkdir(parents=True)
        self.write("helpers/chapters/cleaning/account.py", "from helpers.ledger import lines\n")
        self.write("helpers/chapters/rfm/segments.py", "X = 1\n")
        self.write("helpers/base/engine.py", "X = 1\n")
        self.write("helpers/ledger/lines.py", "X = 1\n")
        self.write("helpers/show/charts.py", "X = 1\n")
        self.write("helpers/grouping/clusters.py", "X = 1\n")
        self.write("helpers/build/pages.py", "PAGE = 1\n")
        self.write("helpers/build/templates/page.html", "<p>")
        self.write("uv.lock", "lock\n")
        self.write("tables/raw.parquet", "raw bytes")
        self.write("tables/other.parquet", "other bytes")
        self.write("ledger.csv", "a\n1\n")
        self.write("places.csv", "country\nFrance\n")
        self.notebook(CODE)
        self.study()

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
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
    "the notebook": lambda p: p.notebook(CODE + "charts\n"),
    "a helper of the chapter": lambda p: p.write("helpers/chapters/cleaning/account.py", "X = 2\n"),
    "a new helper of the chapter": lambda p: p.write("helpers/chapters/cleaning/charts.py", "X = 2\n"),
    "a wing its notebook names": lambda p: p.write("helpers/show/charts.py", "X = 2\n"),
    "a wing its helper names": lambda p: p.write("helpers/ledger/lines.py", "X = 2\n"),
    "what all stand on": lambda p: p.write("helpers/base/engine.py", "X = 2\n"),
    "the chapter's parameters": lambda p: p.study("cleaning: {top: 3}\n"),
    "the rules": lambda p: p.study("cleaning: {rules: [drop_cancellations]}\n"),
    "the seed": lambda p: p.study("seed: 7\n"),
    "the bytes of a table it reads": lambda p: p.write("tables/raw.parquet", "other raw bytes"),
    "the lock file": lambda p: p.write("uv.lock", "lock 2\n"),
}
NO_CHANGES = {
    "nothing": lambda p: None,
    "a touched table": lambda p: os.utime(p.root / "tables/raw.parquet", (1, 1)),
    "a table it does not read": lambda p: p.write("tables/other.parquet", "x"),
    "a wing it does not name": lambda p: p.write("helpers/grouping/clusters.py", "Y = 2\n"),
    "another chapter's helper": lambda p: p.write("helpers/chapters/rfm/segments.py", "Y = 2\n"),
    "the build": lambda p: p.write("helpers/build/pages.py", "PAGE = 2\n"),
    "another chapter's parameters": lambda p: p.study("eda: {top: 3}\n"),
    "a claim": lambda p: p.study("claims: [{claim: c, finding: a.b, at_least: 1}]\n"),
    "the page's template": lambda p: p.write("helpers/build/templates/page.html", "<b>"),
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


def test_a_chapter_runs_again_when_a_file_that_its_study_names_changes(project, monkeypatch):
    measured = Chapter(11, "lifetime_value", reads=("raw",), files=("campaign", "contacts"))
    monkeypatch.setattr(Chapter, "notebook", project.root / "notebooks" / "02_cleaning.ipynb")
    monkeypatch.setattr(Study, "parameters", lambda *_: {"campaign": "places.csv", "contacts": None})
    keys = []
    for town in ("France", "Spain"):
        project.write("places.csv", f"country\n{town}\n")
        forget()
        keys.append(freshness.chapter_key(load_study(project.study_file), measured, project.root / "tables"))
    assert keys[0] != keys[1]


def test_ingest_runs_again_with_the_source_its_settings_and_its_code(project):
    keys = [project.ingest()]
    project.write("ledger.csv", "a\n2\n")
    keys.append(project.ingest())
    project.study_file.write_text(SMALL_STUDY.replace("lines.csv", "lines.csv, decimal: ','"))
    keys.append(project.ingest())
    project.write("helpers/ledger/lines.py", "X = 3\n")
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


@pytest.mark.parametrize("name", ["helpers/build/pages.py", "helpers/build/templates/page.html"])
def test_a_page_is_drawn_again_with_its_template(project, name):
    before = project.page()
    project.write(name, "CHANGED = 1\n")
    assert project.page() != before


def test_a_page_is_drawn_again_with_the_titles_it_links_to(project):
    assert project.page() == project.page()
    assert project.page(["Other"]) != project.page()


def test_the_real_chapters_depend_on_the_wings_they_name():
    from helpers.study.series import BY_NAME

    forget()
    wings = freshness.wings_of(BY_NAME["cleaning"])
    assert {"base", "chapters/cleaning", "ledger", "show", "study"} <= set(wings)
    assert not {"grouping", "predicting", "build"} & set(wings)

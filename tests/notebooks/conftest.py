"""Built studies that tests look at, and copies of one that they break."""

import shutil
from pathlib import Path

import pytest

from helpers.build.progress import COURSE
from tests.notebooks import browser, course, hostile
from tests.notebooks.tiny import Project, new_project, new_small_project

WHOLE_SERIES = 900
"""Seconds for nine chapters, on a machine that has other work, too."""


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Project:
    """A small project after a good build; for copying only."""
    project = new_small_project(tmp_path_factory.mktemp("small") / "project")
    outcome = project.build()
    assert outcome.code == 0, outcome.err
    return project


@pytest.fixture
def project(small: Project, tmp_path: Path) -> Project:
    """A copy of the small project and its good build, to do with as a test likes."""
    shutil.copytree(small.root, tmp_path / "project", symlinks=True)
    return Project((tmp_path / "project").resolve())


@pytest.fixture(scope="session")
def series(tmp_path_factory) -> Project:
    """The whole series, built once over a ledger full of hostile values; for reading only."""
    project = new_project(tmp_path_factory.mktemp("series") / "project")
    project.write_ledger(hostile.ledger_rows())
    project.write_study(hostile.hostile_study())
    course.add_trials(project)  # the same run is a course: exercises and their solutions leave no trace on a page
    outcome = project.build("env", f"{COURSE}=1", within=WHOLE_SERIES)
    assert outcome.code == 0, outcome.err
    return project


@pytest.fixture(scope="session")
def visits(series: Project) -> dict[str, browser.Visit]:
    """What happened when each page of the series was opened in Chromium."""
    return browser.visits(series.reports)

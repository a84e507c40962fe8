"""A report full of hostile values, its dashboard, and a browser to open it in."""

from pathlib import Path

import pytest

from helpers.build.dashboard import write_dashboard
from tests import dashboards
from tests.notebooks.browser import chromium


@pytest.fixture(scope="module")  # while it is open, no other may be
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def report(tmp_path_factory) -> tuple[Path, dict]:
    """The folder of a report full of hostile values, and its run.json."""
    folder = tmp_path_factory.mktemp("report") / "shop"
    return folder, dashboards.write_report(folder, dashboards.lines(120, 900, seed=3))


@pytest.fixture(scope="session")
def dashboard(report) -> Path:
    folder, state = report
    write_dashboard(dashboards.study(), folder, state)
    return folder / "dashboard.html"

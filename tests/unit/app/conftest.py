"""The app over reports and uploads of the tests' own, one for all of this folder's tests."""

import pytest

from helpers.base.paths import ROOT
from tests.app_client import running


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Where its reports and its data are."""
    root = tmp_path_factory.mktemp("app")
    for name in ("reports/sample/history", "data"):
        (root / name).mkdir(parents=True)
    report = root / "reports" / "sample"
    (report / "index.html").write_text("<p>A report</p>")
    (report / ".lock").write_text("")
    (report / "large.csv").write_bytes(b"a,b\n" * 500_000)
    (root / "secret.txt").write_text("secret")
    return root


@pytest.fixture(scope="session")
def app(folders):
    """The app, with a limit of 2 MB for a file."""
    places = {"REPORTS_DIR": str(folders / "reports"), "DATA_DIR": str(folders / "data"), "APP_LARGEST_MB": "2"}
    with running(ROOT, **places) as started:
        yield started


@pytest.fixture
def client(app):
    """A browser that has been let in."""
    return app.client()

"""Studies in the app: what is served and what is not, a zip that is whole, and a deletion that asks first."""

import io
import zipfile

import pytest

from helpers.app import studies, uploads
from tests.unit.test_security import holds


@holds("It serves files of the reports, and no others")
@pytest.mark.parametrize(
    "path",
    [
        "/reports/sample/.lock", "/reports/../secret.txt", "/reports/%2e%2e/secret.txt", "/reports//etc/passwd",
        "/reports/sample/../../secret.txt", "/reports/sample/%2e%2e/%2e%2e/secret.txt", "/secret.txt",
        "/reports/sample/nothing.html", "/reports/..%2fsecret.txt",
    ],
)  # fmt: skip
def test_only_files_of_reports_are_served(client, path):
    reply = client.get(path)
    assert reply.status in (403, 404)
    assert "root:x:" not in reply.text
    assert reply.text.count("secret") <= path.count("secret")


def test_a_report_is_served_as_it_is(client):
    assert client.get("/reports/sample/index.html").text == "<p>A report</p>"
    assert client.get("/reports/index.html").headers["location"] == "/"


def test_a_zip_has_every_file_and_no_other(client):
    reply = client.get("/studies/sample/zip")
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["sample/index.html", "sample/large.csv", "sample/sample.yml"]
        assert archive.read("sample/large.csv") == b"a,b\n" * 500_000


def test_a_zip_is_made_in_pieces(folders, monkeypatch):
    monkeypatch.setenv("REPORTS_DIR", str(folders / "reports"))
    monkeypatch.setattr(studies, "PIECE", 100_000)
    assert len(list(studies.packed("sample"))) > 20


def test_what_is_no_study_is_said(client):
    for path in (
        "/studies/nothing/zip",
        "/studies/nothing/delete",
        "/predict/nothing/x",
        "/studies/nothing/progress",
    ):
        assert (client.get(path).status, client.get(path).text.count("There is no study")) == (404, 1)
    assert "sample has no model" in client.get("/predict/sample/x").text


def test_deleting_asks_first_and_says_what_goes(client, folders):
    page = client.get("/studies/sample/delete").text
    assert "This cannot be undone" in page
    assert "its report, " in page
    assert "Its study file and its source stay" in page
    assert (folders / "reports" / "sample").exists()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Two studies in folders of their own: one of an upload, one whose source is elsewhere."""
    for name in ("params", "reports/acme", "reports/other", "data/uploads"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "reports"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(studies, "PARAMS", tmp_path / "params")
    monkeypatch.setattr(studies, "write_shelf", lambda: None)
    for name, source in (("acme", "uploads/acme.csv"), ("other", "../data/kept.csv")):
        (tmp_path / "params" / f"{name}.yml").write_text(f"title: {name}\nsource: {{path: {source}}}\n")
    for name in ("uploads/acme.csv", "kept.csv"):
        (tmp_path / "data" / name).write_text("a\n1\n")
    return tmp_path


def test_what_the_app_made_goes_and_what_it_found_stays(own):
    assert len(studies.taken_away("acme")) == 3
    assert len(studies.taken_away("other")) == 1
    studies.delete("acme")
    studies.delete("other")
    assert sorted(path.name for path in own.rglob("*") if path.is_file()) == ["kept.csv", "other.yml"]
    assert not (own / "reports" / "other").exists()


def test_a_source_outside_the_uploads_is_never_removed(own):
    (own / "params" / "acme.yml").write_text("title: acme\nsource: {path: uploads/../kept.csv}\n")
    studies.delete("acme")
    assert (own / "data" / "kept.csv").exists()
    assert uploads.uploads() == own / "data" / "uploads"

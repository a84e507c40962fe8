"""run.json and findings.json: of another shape they count as none, and findings are those that were recorded."""

import json

import pytest

from helpers.build.state import believed, keep_findings, read_findings, read_run, read_state, recorded
from helpers.study.series import BY_NAME, PUBLISHED, Chapter

STATE = {
    "chapters": {"eda": {"status": "executed", "key": "k", "files": ["a.csv"], "seconds": 3, "cell": None}},
    "ingest": {"key": "k", "tables": {"raw": None}, "seconds": 0.1},
    "source": {
        "file": "x",
        "sha256": "s",
        "rows_read": 1,
        "rows_unparsed": 0,
        "encoding": None,
        "date_format": None,
    },
    "status": "built",
    "problem": None,
    "kept": "k",
}


def write(folder, name, value):
    (folder / name).write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())


def test_a_state_is_read_as_it_was_written(tmp_path):
    write(tmp_path, "run.json", STATE)
    assert read_state(tmp_path) == STATE


@pytest.mark.parametrize(
    "damage",
    [
        {"chapters": []},
        {"chapters": {"eda": None}},
        {"chapters": {"eda": {"files": 3}}},
        {"chapters": {"eda": {"cell": 4}}},
        {"chapters": {"eda": {"downloads": [{}]}}},
        {"chapters": {"eda": {"headlines": None}}},
        {"source": None},
        {"source": {}},
        {"source": {"file": "x"}},
        {"ingest": "x"},
        {"pseudonyms": 3},
        {"checked": 3},
        {"claims": []},
        {"versions": 3},
    ],
    ids=str,
)
def test_a_state_of_another_shape_counts_as_none(tmp_path, damage):
    write(tmp_path, "run.json", STATE | damage)
    assert read_state(tmp_path) == {}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000]
)
def test_what_is_no_json_counts_as_none(tmp_path, content):
    for name in ("run.json", "findings.json"):
        write(tmp_path, name, content)
    assert read_state(tmp_path) == {} and read_findings(tmp_path) == {} and believed(tmp_path, {}) == {}
    assert read_run(tmp_path / "run.json") == {}


def test_a_kept_run_of_another_shape_counts_as_none(tmp_path):
    run = {"built_at": "", "source": {}, "findings": {"eda": {"lines": 3}}}
    write(tmp_path, "latest.json", run)
    assert read_run(tmp_path / "latest.json") == run
    for damage in ({"findings": None}, {"findings": {"eda": None}}, {"source": 3}, {"built_at": None}):
        write(tmp_path, "latest.json", run | damage)
        assert read_run(tmp_path / "latest.json") == {}


def test_findings_are_believed_as_they_were_recorded(tmp_path, study):
    loaded, eda, cleaning = study(), BY_NAME["eda"], BY_NAME["cleaning"]
    state = {
        "chapters": {
            "eda": {"findings": keep_findings(loaded, tmp_path, eda, {"lines": 3})},
            "cleaning": {"findings": keep_findings(loaded, tmp_path, cleaning, {"rows": 2})},
        }
    }
    assert believed(tmp_path, state) == read_findings(tmp_path) == {"eda": {"lines": 3}, "cleaning": {"rows": 2}}
    for damage in ({"lines": 4}, {}, {"lines": 3, "more": 1}):
        write(tmp_path, "findings.json", {"eda": damage, "cleaning": {"rows": 2}})
        assert recorded(read_findings(tmp_path), eda) != state["chapters"]["eda"]["findings"]
        assert not believed(tmp_path, state).get("eda") and believed(tmp_path, state)["cleaning"]


def test_what_a_reproduction_found_is_recorded_apart_from_the_chapters(tmp_path, study):
    loaded, eda = study(), BY_NAME["eda"]
    published = Chapter(0, PUBLISHED, reads=(), reproduces="small")
    mine = keep_findings(loaded, tmp_path, eda, {"lines": 3})
    theirs = keep_findings(loaded, tmp_path, published, {"eda": {PUBLISHED: {"lines": 4}}})
    findings = read_findings(tmp_path)
    assert findings == {"eda": {"lines": 3, PUBLISHED: {"lines": 4}}}
    assert (recorded(findings, eda), recorded(findings, published)) == (mine, theirs)
    assert keep_findings(loaded, tmp_path, eda, {"lines": 3}) == mine
    assert recorded(read_findings(tmp_path), published) == theirs
    assert recorded({"eda": {"lines": 3}}, published) != theirs

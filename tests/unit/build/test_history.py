"""What changed since the last run: when runs are kept, how findings are compared, and who moved."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.build.cleanup import forget_names
from helpers.build.history import change_in_words, in_words, keep_run, moves_between, since_last_run
from helpers.study.series import CHAPTERS, Headline


@pytest.fixture
def run(tmp_path, study):
    """Return a function that finishes a run with the findings, source and segments given."""
    folder = tmp_path / "report"
    (folder / "tables").mkdir(parents=True)
    small = study("currency: EUR\n")
    state: dict = {"chapters": {}}

    def finish(at: int, kept: int, sha256: str = "one", segments: dict[str, str] | None = None, **findings):
        found = {"cleaning": {"rows_kept": kept} | findings}
        (folder / "findings.json").write_text(json.dumps(found))
        if segments is not None:
            columns = {"customer_id": list(segments), "rfm_segment": list(segments.values())}
            pq.write_table(pa.table(columns), folder / "tables" / "customers.parquet")
        state["built_at"] = f"2026-01-0{at}T10:00:00+00:00"
        state["source"] = {"sha256": sha256, "file": "lines.csv", "rows_read": 1000 * at}
        keep_run(folder, state)
        return since_last_run(small, folder)

    finish.folder, finish.state, finish.study = folder, state, small
    return finish


def test_the_first_run_has_nothing_before_it(run):
    assert run(1, 100) is None


def test_a_run_on_other_data_is_set_beside_the_one_before(run):
    run(1, 100)
    since = run(2, 150, sha256="two")
    assert since["built_at"] == "1 Jan 2026 10:00 UTC"
    assert since["source"] == "lines.csv, 1,000 lines"
    assert not since["same_source"]
    [change] = since["changes"]
    assert (change["label"], change["before"], change["now"], change["change"]) == (
        "Lines kept",
        "100",
        "150",
        "+50 %",
    )


def test_a_rebuild_without_change_keeps_the_previous_run(run):
    run(1, 100)
    run(2, 150, sha256="two")
    files = {path.name: path.read_bytes() for path in (run.folder / "history").iterdir()}
    for at in (3, 4):
        since = run(at, 150, sha256="two")
        assert since["built_at"].startswith("1 Jan 2026") and since["changes"][0]["before"] == "100"
    assert {path.name: path.read_bytes() for path in (run.folder / "history").iterdir()} == files


def test_other_findings_on_the_same_source_are_another_run(run):
    run(1, 100)
    since = run(2, 90)
    assert since["same_source"] and since["changes"][0]["change"] == "−10 %"


def test_the_same_findings_on_another_source_are_another_run(run):
    run(1, 100)
    since = run(2, 100, sha256="two")
    assert not since["same_source"] and since["changes"][0]["change"] == "unchanged"


def test_segments_are_compared_with_those_of_the_previous_run(run):
    run(1, 100, segments={"a": "Loyal", "b": "New", "c": "At risk"})
    since = run(2, 101, segments={"a": "Loyal", "b": "Loyal", "d": "New"})
    assert (since["moves"]["stayed"], since["moves"]["moved"], since["moves"]["new"], since["moves"]["gone"]) == (
        1,
        1,
        1,
        1,
    )


def test_other_segments_alone_do_not_push_a_run_aside(run):
    run(1, 100, segments={"a": "Loyal"})
    run(2, 150, segments={"a": "New"})
    since = run(3, 150, segments={"a": "Loyal"})
    assert since["built_at"].startswith("1 Jan 2026") and since["moves"]["stayed"] == 1


def test_a_run_without_segments_leaves_no_matrix(run):
    run(1, 100, segments={"a": "Loyal"})
    (run.folder / "tables" / "customers.parquet").unlink()
    assert run(2, 101)["moves"] is None
    assert run(3, 102)["moves"] is None
    assert not list((run.folder / "history").glob("*.parquet"))


def test_new_pseudonyms_forget_all_runs(run, monkeypatch, tmp_path):
    monkeypatch.setattr("helpers.ledger.pseudonyms.KEYS", tmp_path / "keys")
    run(1, 100)
    run.state["pseudonyms"] = "of another key"
    forget_names(run.study, run.folder, run.state)
    assert not (run.folder / "history").exists()


SEGMENTS = ["Champions", "Loyal", "New"]


def test_the_matrix_counts_every_customer_once():
    before = {"1": "Loyal", "2": "Loyal", "3": "New", "4": "Odd", "5": "New"}
    now = {"1": "Loyal", "2": "Champions", "3": "Loyal", "6": "New", "7": "New"}
    moves = moves_between(before, now, SEGMENTS)
    assert moves["rows"] == ["Champions", "Loyal", "New", "Odd", "New customers"]
    assert moves["columns"] == ["Champions", "Loyal", "New", "Odd", "Gone"]
    assert moves["counts"] == [
        [0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 1, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 2, 0, None],
    ]
    assert (moves["stayed"], moves["moved"], moves["new"], moves["gone"]) == (1, 2, 2, 2)
    total = sum(count or 0 for row in moves["counts"] for count in row)
    assert (
        total == len(before.keys() | now.keys()) == moves["stayed"] + moves["moved"] + moves["new"] + moves["gone"]
    )


@pytest.mark.parametrize(
    ("kind", "before", "now", "said"),
    [
        ("count", 100, 101, "+1.0 %"),
        ("count", 0, 5, "+5"),
        ("count", 3, 2, "−1"),
        ("count", 0, 500, "+500"),
        ("count", 100_000, 100_001, "+less than 0.1 %"),
        ("money", 1000.0, 900.0, "−10 %"),
        ("money", -50.0, -25.0, "+50 %"),
        ("share", 0.25, 0.275, "+2.5 points"),
        ("share", 0.25, 0.25, "unchanged"),
        ("days", 82, 80, "−2 days"),
        ("number", 0.4832, 0.4411, "−0.042"),
        ("number", 0.1, 0.1 + 1e-14, "unchanged"),
        ("word", True, False, "changed"),
        ("word", "ridge", "ridge", "unchanged"),
        ("number", None, 0.5, "only now"),
        ("number", 0.5, None, "no longer"),
    ],
)
def test_a_change_is_said_in_the_unit_of_its_finding(kind, before, now, said):
    assert change_in_words(Headline("x", "X", kind), before, now) == said


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("count", 4334, "4,334"),
        ("money", 1474141.68, "€1.47m"),
        ("share", 0.6455, "65 %"),
        ("days", 82, "82 days"),
        ("number", 0.48617, "0.4862"),
        ("word", True, "yes"),
        ("count", None, "–"),
    ],
)
def test_a_finding_is_written_as_people_read_it(kind, value, said):
    assert in_words(Headline("x", "X", kind), value, "EUR") == said


def test_headline_findings_are_named_once_and_every_chapter_has_some():
    for chapter in CHAPTERS:
        names = [headline.finding for headline in chapter.headline_findings]
        assert names and len(names) == len(set(names)), chapter.stem

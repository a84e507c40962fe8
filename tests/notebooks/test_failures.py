"""Every way a build may fail: one clear sentence, the last good pages as they were, a next run that succeeds."""

import html
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.study.file import load_study
from tests.notebooks.tiny import LEDGER, LONG, Project, ledger, study

CHAPTERS = {"01_eda", "02_cleaning", "03_reader"}


def fails(project: Project, *before: str) -> str:
    """Build, check what every failure has to leave behind, and return the sentence it said."""
    good = project.good()
    sentence = project.build(*before).sentence()
    assert project.good() == good
    assert project.leftovers() == []
    assert ended(project)
    return sentence


def ended(project: Project) -> bool:
    """Return whether nothing runs any more; a process that was killed takes a moment to be gone."""
    until = time.monotonic() + 5
    while left := project.processes():
        if time.monotonic() > until:
            raise AssertionError(left)
        time.sleep(0.1)
    return True


def succeeds(project: Project) -> None:
    """Build, and check that nothing is left of an earlier failure."""
    outcome = project.build()
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    assert {known["status"] for known in project.state()["chapters"].values()} <= {"fresh", "executed"}
    assert 'role="alert"' not in project.front_page()
    assert list(project.study.glob("*.failed.*")) == []


def front_page_says(project: Project, *words: str) -> None:
    assert 'role="alert"' in project.front_page()
    for word in words:
        assert html.escape(word) in html.escape(html.unescape(project.front_page())), word


# ── the source ──


def rename(project: Project) -> None:
    (project.data / LEDGER).rename(project.data / "tiny_2024.csv")


def empty(project: Project) -> None:
    (project.data / LEDGER).write_text("")


def header_only(project: Project) -> None:
    (project.data / LEDGER).write_text((project.data / LEDGER).read_text().splitlines(keepends=True)[0])


def header_without_end(project: Project) -> None:
    (project.data / LEDGER).write_text((project.data / LEDGER).read_text().splitlines()[0])


def other_column(project: Project) -> None:
    path = project.data / LEDGER
    path.write_text(path.read_text().replace("CustomerID", "Customer_ID", 1))


def unreadable_dates(project: Project) -> None:
    rows = ledger()
    project.write_ledger([row | {"InvoiceDate": "soon"} for row in rows[:20]] + rows[20:])


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (rename, ["tiny.csv is in none of the data folders", "did you mean tiny_2024.csv?"]),
        (empty, ["tiny.csv is empty"]),
        (header_only, ["tiny.csv has a header but no lines"]),
        (header_without_end, ["tiny.csv has a header but no lines"]),
        (other_column, ["no column 'CustomerID'", "did you mean Customer_ID?"]),
        (unreadable_dates, ["20 of 168 lines", "'soon'", "'InvoiceDate'", "row 1"]),
    ],
)
def test_a_source_that_does_not_fit(project: Project, break_it: Callable[[Project], None], words: list[str]):
    source = (project.data / LEDGER).read_bytes()
    break_it(project)
    sentence = fails(project)
    assert all(word in sentence for word in words), sentence
    front_page_says(project, "ingest: ", *words)
    (project.data / LEDGER).write_bytes(source)
    succeeds(project)


# ── the study file ──


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cleaning": {"topp": 3}}, ["cleaning.topp is not a parameter", "did you mean top?"]),
        ({"cleanin": {"top": 3}}, ["cleanin is not a parameter", "did you mean cleaning?"]),
        ({"cleaning": {"rules": [{"drop_mising": ["country"]}]}}, ["rules[0]", "did you mean drop_missing?"]),
        ({"cleaning": {"top": "3"}}, ["cleaning.top is '3' (str)", "integer"]),
        ({"seed": "x"}, ["seed is 'x' (str)", "integer"]),
        ({"source": LEDGER}, ["source is 'tiny.csv'", "a section with keys"]),
    ],
)
def test_a_study_file_that_does_not_fit(project: Project, changes: dict, words: list[str]):
    state, front_page = project.state(), project.front_page()
    project.write_study(study(**changes))
    sentence = fails(project)
    assert all(word in sentence for word in ["params/tiny.yml", *words]), sentence
    assert (project.state(), project.front_page()) == (state, front_page)
    project.write_study(study())
    succeeds(project)


def test_a_study_file_that_is_not_yaml(project: Project):
    project.write_study("title: A\nsource: {path: x")
    assert "params/tiny.yml is not valid YAML, line 2" in fails(project)


def test_norway_stays_a_country(tmp_path: Path):
    path = tmp_path / "norway.yml"
    path.write_text("title: t\nsource: {path: x.csv}\ncleaning: {rules: [{keep: {country: [NO, on, yes]}}]}\n")
    assert load_study(path).values.cleaning.rules == [{"keep": {"country": ["NO", "on", "yes"]}}]


# ── a chapter ──


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("import os\nos.kill(os.getpid(), 9)", ["Its kernel died"]),
        ("raise ValueError('<img src=x onerror=alert(1)>')", ["ValueError: <img src=x onerror=alert(1)>"]),
    ],
    ids=["killed", "raises"],
)
def test_a_chapter_that_fails(project: Project, cell: str, words: list[str]):
    notebook = project.add_cell("02_cleaning", cell)
    sentence = fails(project)
    assert all(word in sentence for word in words), sentence
    front_page_says(project, "02_cleaning, cell 4", *words)
    assert "<img" not in project.front_page()
    state = project.state()["chapters"]
    assert (state["cleaning"]["status"], state["reader"]["status"]) == ("failed", "skipped")
    assert (project.study / state["cleaning"]["failed_page"]).exists()
    project.notebook("02_cleaning").write_bytes(notebook)
    succeeds(project)


def test_a_broken_chapter_does_not_hide_the_others(project: Project):
    project.add_cell("02_cleaning", "1 / 0")
    project.add_cell("01_eda", "print('an edit')")
    outcome = project.build()
    assert outcome.sentence() == "ZeroDivisionError: division by zero"
    assert project.state()["chapters"]["eda"]["status"] == "executed"


def test_a_dashboard_that_cannot_be_written_hides_nothing(project: Project):
    rooms = project.root / "helpers" / "build" / "dashboard_data.py"
    before = rooms.read_text()
    rooms.write_text(before + "\nraise ValueError('a fault')\n")
    sentence = project.build().sentence()
    assert "ValueError: a fault" in sentence
    front_page_says(project, "a fault")
    assert {known["status"] for known in project.state()["chapters"].values()} <= {"fresh", "executed"}
    assert (project.study / "dashboard.html").exists()
    rooms.write_text(before)
    succeeds(project)


def test_a_rule_that_removes_every_line(project: Project):
    nowhere = study()
    nowhere["cleaning"] = {"rules": [{"keep": {"country": ["NO"]}}]}
    project.write_study(nowhere)
    sentence = fails(project)
    assert "cleaning.rules[0] (keep country: NO) takes away all 168 lines" in sentence
    front_page_says(project, "02_cleaning, cell 5 (The rules)", "takes away all 168 lines")
    project.write_study(study())
    succeeds(project)


# ── the machine ──


def with_largest_file(size: int) -> list[str]:
    """Return a command that runs another in which no file can grow beyond some bytes, as on a full disk."""
    limit = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    return [sys.executable, "-c", f"{limit}; os.execv(sys.argv[1], sys.argv[1:])"]


FULL = "The disk is full: free some space, then run the same command again."


def test_a_disk_that_fills_up_in_ingest(project: Project):
    rows = [row | {"Description": os.urandom(40).hex()} for _ in range(50) for row in ledger()]
    project.write_ledger(rows)
    assert fails(project, *with_largest_file(100_000)) == FULL
    front_page_says(project, "ingest: The disk is full")
    project.write_ledger(ledger())
    succeeds(project)


def test_a_disk_that_fills_up_in_a_chapter(project: Project):
    project.add_cell("01_eda", "print('x' * 200_000)")
    assert fails(project, *with_largest_file(100_000)) == FULL
    front_page_says(project, "01_eda: The disk is full")
    succeeds(project)


def in_a_room_of_its_own(script: str) -> list[str]:
    """Return a command that runs another where mounts end with it; skip where that is not allowed.

    Args:
        script: shell commands that mount something, then run `"$@"`.
    """
    room = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    try:
        allowed = subprocess.run([*room, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here to mount a folder with")
    if allowed.returncode:
        pytest.skip(f"mounting a folder is not allowed here: {allowed.stderr.decode().strip()}")
    return [*room, "sh", "-c", script, "sh"]


def test_a_disk_that_is_full(project: Project):
    """On a disk with not a byte left, all of the last good build is still there afterwards."""
    project.reports.rename(project.root / "before")
    project.reports.mkdir()
    project.add_cell("01_eda", "print('an edit')")
    script = (
        "mount -t tmpfs -o size=8m none out && cp -a before/. out && { cat /dev/zero > out/filler; } 2>/dev/null; "
        '"$@"; code=$?; rm out/filler; cp -a out after; exit $code'
    )
    sentence = project.build(*in_a_room_of_its_own(script)).sentence()
    assert sentence == FULL
    before, after = Project(project.root), Project(project.root)
    before.reports, after.reports = project.root / "before", project.root / "after"
    assert after.good() == before.good()
    assert after.leftovers() == []


def test_reports_that_are_read_only(project: Project):
    project.add_cell("01_eda", "print('an edit')")
    everything = {path: path.read_bytes() for path in project.reports.rglob("*") if path.is_file()}
    read_only = 'mount --bind out out && mount -o remount,ro,bind out && exec "$@"'
    sentence = fails(project, *in_a_room_of_its_own(read_only))
    assert "The reports folder cannot be written to" in sentence
    assert {path: path.read_bytes() for path in project.reports.rglob("*") if path.is_file()} == everything
    succeeds(project)


@pytest.mark.parametrize("name", ["out", "out/tiny"])
def test_a_file_where_the_reports_should_be(project: Project, name: str):
    (project.root / name).rename(project.root / "aside")
    (project.root / name).write_text("in the way")
    sentence = project.build().sentence()
    assert "out/tiny cannot be written to: a file is where a folder should be" in sentence
    assert (project.root / name).read_text() == "in the way"
    (project.root / name).unlink()
    (project.root / "aside").rename(project.root / name)
    succeeds(project)


# ── people ──

SLEEPS = "import time\nopen('here', 'w').close()\ntime.sleep(600)"
DOES_NOT_LISTEN = """import time
open('here', 'w').close()
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        pass"""


def wait_for(path: Path, process: subprocess.Popen) -> None:
    """Wait until a cell has written a file."""
    until = time.monotonic() + LONG
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "the cell was never reached"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("cell", "number"),
    [(SLEEPS, signal.SIGINT), (DOES_NOT_LISTEN, signal.SIGTERM)],
    ids=["ctrl-c", "terminated, with a kernel that does not listen"],
)
def test_an_interrupted_build_leaves_no_process(project: Project, cell: str, number: int):
    good = project.good()
    notebook = project.add_cell("02_cleaning", cell)
    process = project.start()
    wait_for(project.root / "here", process)
    assert len(project.processes()) >= 3  # the build, the step, the kernel
    process.send_signal(number)
    out, err = process.communicate(timeout=LONG)
    assert (process.returncode, err.strip()) == (130, "error: Interrupted.")
    assert "Traceback" not in out
    assert project.processes() == []
    assert project.good() == good
    assert project.leftovers() == []
    front_page_says(project, "The build was interrupted.")
    assert project.state()["chapters"]["cleaning"]["status"] == "interrupted"
    project.notebook("02_cleaning").write_bytes(notebook)
    succeeds(project)


def test_a_second_build_at_the_same_time(project: Project):
    waits = "import pathlib, time\nopen('here', 'w').close()\nwhile not pathlib.Path('go').exists():\n"
    project.add_cell("02_cleaning", waits + "    time.sleep(0.05)")
    first = project.start()
    wait_for(project.root / "here", first)
    good = project.good()
    second = project.build()
    assert "Another build of tiny is running" in second.sentence()
    assert project.good() == good
    (project.root / "go").touch()
    _, err = first.communicate(timeout=LONG)
    assert (first.returncode, err) == (0, "")
    succeeds(project)

"""Faults of the machine and of what an earlier build left: noticed, told in one line, and nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import slow
from tests.notebooks.test_failures import ended, fails, in_a_room_of_its_own, succeeds, wait_for, with_largest_file
from tests.notebooks.tiny import LEDGER, LONG, Project, ledger, study


def statuses(project: Project) -> dict[str, str]:
    return {name: known["status"] for name, known in project.state()["chapters"].items()}


def findings(project: Project) -> dict:
    return json.loads((project.study / "findings.json").read_text(encoding="utf-8"))


# ── what an earlier build left ──


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage", [cut_in_half, slow(Path.unlink)]
)  # the other kinds: tests/unit/build/test_state.py
def test_damaged_findings_run_the_chapters_again(project: Project, damage: Callable[[Path], None]):
    before = findings(project)
    damage(project.study / "findings.json")
    succeeds(project)
    assert findings(project) == before
    assert set(statuses(project).values()) == {"executed"}


@pytest.mark.parametrize("value", [{"rows_kept": 1_000_000}, slow(None)])
def test_findings_of_one_chapter_that_are_not_its_own_run_it_again(project: Project, value):
    before = findings(project)
    (project.study / "findings.json").write_text(json.dumps(before | {"cleaning": value}))
    succeeds(project)
    assert findings(project) == before
    assert statuses(project) == {"eda": "fresh", "cleaning": "executed", "reader": "fresh"}


@pytest.mark.parametrize("damage", [{"chapters": []}, slow({"source": None})], ids=str)
def test_a_damaged_state_counts_as_none(project: Project, damage: dict):
    before, state = findings(project), project.state()
    (project.study / "run.json").write_text(json.dumps(state | damage))
    succeeds(project)
    assert findings(project) == before
    assert set(statuses(project).values()) == {"executed"}


def test_a_damaged_state_of_another_study_does_not_stop_this_one(project: Project):
    shutil.copy(project.root / "params/tiny.yml", project.root / "params/other.yml")
    other = project.reports / "other"
    other.mkdir()
    (other / "run.json").write_text('{"chapters": [], "source": null}')
    (other / "findings.json").write_text('{"cleaning": null}')
    succeeds(project)


# ── what changes while it is read ──


def test_a_notebook_edited_while_it_ran_runs_again(project: Project):
    waits = "import pathlib, time\nopen('here', 'w').close()\nwhile not pathlib.Path('go').exists():\n"
    project.add_cell("02_cleaning", waits + "    time.sleep(0.05)")
    first = project.start()
    wait_for(project.root / "here", first)
    project.add_cell("02_cleaning", "print('an edit')")
    (project.root / "go").touch()
    _, err = first.communicate(timeout=LONG)
    assert (first.returncode, err) == (0, "")
    succeeds(project)
    assert statuses(project)["cleaning"] == "executed"
    assert "an edit" in (project.study / "02_cleaning.html").read_text(encoding="utf-8")


def test_a_source_that_changes_while_it_is_read_is_refused(project: Project):
    """The ledger grows while ingest has it open: as long as an upload goes on, there is nothing to report on."""
    step = project.root / "helpers/build/step.py"
    code = step.read_text(encoding="utf-8")
    grows = f"    with open({str(project.data / LEDGER)!r}, 'a') as stream:\n        stream.write(' ')\n"
    step.write_text(code.replace('    tell(outcome="done", ingested', f'{grows}    tell(outcome="done", ingested'))
    project.write_ledger(ledger()[:-1])
    assert "tiny.csv changed while it was read" in fails(project)
    step.write_text(code)
    project.write_ledger(ledger())
    succeeds(project)


# ── the machine ──


@pytest.mark.parametrize("size", [3_000, slow(30_000)])
def test_a_file_that_may_not_grow_is_whole_or_not_there(project: Project, size: int):
    """Below some limit the build fails and all stays as it was; above, all of it is as it would be without."""
    project.add_cell("01_eda", "print('x' * 20_000)")
    good = project.good()
    outcome = project.build(*with_largest_file(size))
    assert "Traceback" not in outcome.out + outcome.err
    assert project.leftovers() == []
    if outcome.code:
        unchanged = {name: digest for name, digest in project.good().items() if good.get(name) == digest}
        assert {name for name in good if "eda" in name} <= set(unchanged)
        assert "The disk is full" in outcome.err
    succeeds(project)
    assert statuses(project)["cleaning"] == "fresh"


def whole(path: Path) -> bool:
    """Return whether a file is one that its readers can read to its end."""
    if path.suffix in (".json", ".ipynb"):
        return bool(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".html":
        return path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return path.suffix != ".parquet" or pq.read_table(path) is not None


@pytest.mark.parametrize("kilobytes", [100, slow(200)])
def test_a_disk_that_fills_up_on_the_way_leaves_nothing_half(project: Project, kilobytes: int):
    """A first build onto too small a disk: whatever is there is whole, and the next build goes on from it."""
    shutil.rmtree(project.reports)
    project.reports.mkdir()
    script = f'mount -t tmpfs -o size={kilobytes}k none out && {{ "$@"; code=$?; cp -a out after; exit $code; }}'
    outcome = project.build(*in_a_room_of_its_own(script))
    assert outcome.code == 1
    assert "The disk is full" in outcome.err and "Traceback" not in outcome.err + outcome.out
    project.reports.rmdir()
    (project.root / "after").rename(project.reports)
    assert all(whole(path) for path in project.reports.rglob("*") if path.is_file())
    assert project.leftovers() == []
    succeeds(project)


def limited(limit: str, *values: int) -> list[str]:
    """Return a command that builds under a limit of the system, chapter by chapter: two would each say of it."""
    code = f"import os, resource, sys; resource.setrlimit(resource.{limit}, {values})"
    return [sys.executable, "-c", f"{code}; os.execv(sys.argv[1], [*sys.argv[1:], '-j', '1'])"]


@pytest.mark.parametrize("megabytes", [600, slow(400)])  # with 350 Python sometimes cannot load pandas
def test_too_little_memory_is_a_sentence(project: Project, megabytes: int):
    """Where it runs out is chance: in the source's step, or in two chapters, each in its own way."""
    good = project.good()
    project.write_ledger(ledger()[:-1])
    size = megabytes << 20
    for sentence in project.build(*limited("RLIMIT_AS", size, size)).sentences():
        assert "memory" in sentence or "Its process died" in sentence, sentence
    assert project.good() == good and project.leftovers() == [] and ended(project)
    project.write_ledger(ledger())
    succeeds(project)


def test_too_few_open_files_are_a_sentence(project: Project):
    project.add_cell("02_cleaning", "files = [open('/dev/null') for _ in range(70)]")
    sentence = fails(project, *limited("RLIMIT_NOFILE", 64, 64))
    assert sentence.startswith("More files are open than this machine allows")


CLOCK = """
import runpy, sys, time

def sleep(seconds):
    raise OSError(22, "Invalid argument")

now = time.time
time.sleep, time.time = sleep, lambda: {moment}
sys.argv = ["run", "params/tiny.yml"]
runpy.run_module("helpers.build.run", run_name="__main__")
"""


@pytest.mark.parametrize("moment", [86400, slow(1675209600), slow(5680281600)], ids=["1970", "2023", "2150"])
def test_a_build_needs_no_clock(project: Project, moment: int):
    """A library that sets the clock for one program (faketime) made sleep an error, and the build with it."""
    project.add_cell("01_eda", "print('an edit')")
    code = CLOCK.format(moment=moment)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_projects_folder_may_have_any_name(small: Project, tmp_path: Path):
    shutil.copytree(small.root, tmp_path / "{x} %s 'q' é", symlinks=True)
    project = Project((tmp_path / "{x} %s 'q' é").resolve())
    project.add_cell("02_cleaning", "print('an edit')")
    succeeds(project)
    assert statuses(project)["cleaning"] == "executed"


# ── people ──


def test_a_lookup_brings_no_real_id_under_pseudonyms(project: Project):
    countries = {row["Country"]: str(row["CustomerID"]) for row in ledger() if row["CustomerID"]}
    lines = "\n".join(f"{country},{customer}" for country, customer in countries.items())
    (project.data / "private.csv").write_text(f"country,number\n{lines}\n")
    rules = {"cleaning": {"rules": [{"join": {"file": "private.csv", "on": "country"}}]}}
    project.write_study(study(pseudonyms=True, **rules))
    assert "private.csv has a column 'number' that tells who the customers are" in project.build().sentence()
    assert not list(project.study.glob("tables/transactions.parquet"))
    project.write_study(study(**rules))
    assert project.build().code == 0


# ── the terminal ──


def run_in_shell(project: Project, script: str, **environment: str) -> subprocess.CompletedProcess:
    """Build by a line of bash in which `$BUILD` is the command."""
    build = f"{sys.executable} -m helpers.build.run params/tiny.yml"
    env = project.environment() | {"BUILD": build} | environment
    command = ["bash", "-o", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=project.root, env=env, capture_output=True, text=True, timeout=LONG, check=False
    )


TITLE = "☕ \x1b[31mred\u202eder"


@pytest.mark.parametrize(
    "script",
    [
        "PYTHONIOENCODING=ascii PYTHONUTF8=0 $BUILD",
        slow("$BUILD >&-"),
        slow("$BUILD >&- 2>&-"),
        "$BUILD | head -1",
        slow("$BUILD | true"),
    ],
)
def test_a_terminal_of_any_kind_gets_the_build_through(project: Project, script: str):
    project.write_study(study(title=TITLE.replace("\x1b", "")))
    project.add_cell("01_eda", "print('an edit')")
    done = run_in_shell(project, script)
    assert (done.returncode, done.stderr) == (0, "")
    assert statuses(project)["eda"] == "executed"


def test_nothing_of_a_study_moves_the_cursor(project: Project):
    project.write_study(json.dumps(study(title=TITLE)))
    outcome = project.build()
    assert outcome.code == 0
    assert r"\x1b[31mred\u202eder" in outcome.out
    project.write_study(json.dumps(study(title=TITLE) | {"\x1b]0;red\u202e": 1}))
    refused = project.build()
    assert r"\x1b]0;red\u202e is not a parameter" in refused.sentence()
    for said in (outcome.out, outcome.err, refused.err):
        assert "\x1b" not in said and "\u202e" not in said


def test_a_cell_that_fails_in_any_way_is_one_line_with_its_place(project: Project):
    project.add_cell("02_cleaning", "import duckdb\nduckdb.sql(\"SELECT 'x'::INT\").fetchall()")
    outcome = project.build()
    assert "FAILED, cell 4 (Cleaning)" in outcome.err
    assert outcome.sentence().startswith("ConversionException: ")
    assert os.linesep not in outcome.sentence()

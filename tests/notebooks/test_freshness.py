"""What runs again after what change: content decides, and what did not change is not touched."""

import json
import os

from tests.notebooks.tiny import STUDY, Project, study


def statuses(project: Project) -> dict[str, str]:
    return {name: known["status"] for name, known in project.state()["chapters"].items()}


def times(project: Project) -> dict[str, int]:
    """Return when each finished file was written; a file that is written again changes, whatever it says."""
    return {name: (project.reports / name).stat().st_mtime_ns for name in project.good()}


def build(project: Project) -> set[str]:
    """Build, and return the finished files that were written anew."""
    before = times(project)
    outcome = project.build()
    assert outcome.code == 0, outcome.err
    after = times(project)
    assert after.keys() >= before.keys()
    return {name for name, time in after.items() if before.get(name) != time}


def made_by(project: Project, stem: str) -> set[str]:
    return {f"tiny/{stem}.ipynb", f"tiny/{stem}.html"} & project.good().keys()


def test_a_second_run_executes_nothing(project):
    before = project.good()
    outcome = project.build()
    print(f"\na run with nothing to do took {outcome.seconds:.2f} s")
    assert outcome.code == 0
    assert outcome.out.count("unchanged") == 3
    assert project.good() == before
    assert statuses(project) == {"eda": "fresh", "cleaning": "fresh", "reader": "fresh"}
    said = (project.study / "run.json").read_bytes(), project.front_page()
    assert build(project) == set()
    assert ((project.study / "run.json").read_bytes(), project.front_page()) == said


def test_times_of_files_do_not_matter(project):
    for path in (
        *project.root.glob("notebooks/*"),
        *project.root.glob("helpers/**/*.py"),
        *project.data.iterdir(),
    ):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert build(project) == set()


def test_an_edited_notebook_runs_alone(project):
    front_page = project.front_page()
    project.add_cell("01_eda", "print('an edit')")
    assert build(project) == {*made_by(project, "01_eda"), "tiny/findings.json"}
    assert statuses(project) == {"eda": "executed", "cleaning": "fresh", "reader": "fresh"}
    assert project.front_page() != front_page


def test_a_chapter_that_reads_the_same_bytes_stays(project):
    """The cleaning runs again, after an edit to its notebook and to a helper, but its tables come out alike."""
    tables = {name: digest for name, digest in project.good().items() if "/tables/" in name}
    project.add_cell("02_cleaning", "print('an edit')")
    with (project.root / "helpers" / "chapters" / "cleaning" / "account.py").open("a") as helper:
        helper.write("\n# an edit\n")
    written = build(project)
    assert made_by(project, "02_cleaning") <= written
    assert not written & (made_by(project, "01_eda") | made_by(project, "03_reader"))
    assert {name: digest for name, digest in project.good().items() if "/tables/" in name} == tables
    assert statuses(project) == {"eda": "fresh", "cleaning": "executed", "reader": "fresh"}


def test_a_chapter_that_reads_other_bytes_runs(project):
    changed = study()
    changed["cleaning"]["rules"].append({"exclude": {"country": ["France"]}})
    project.write_study(changed)
    kept = json.loads((project.study / "findings.json").read_text())["reader"]["rows"]
    written = build(project)
    assert made_by(project, "02_cleaning") | made_by(project, "03_reader") <= written
    assert not written & made_by(project, "01_eda")
    assert 0 < json.loads((project.study / "findings.json").read_text())["reader"]["rows"] < kept


def test_a_claim_or_a_comment_runs_no_chapter(project):
    changed = study(claims=[{"claim": "Nearly all stay", "finding": "cleaning.rows_kept", "at_least": 150}])
    project.write_study(changed)
    with (project.root / STUDY).open("a") as text:
        text.write("# a comment\n")
    assert build(project) == set()
    assert "Nearly all stay" in project.front_page()


def test_a_new_template_draws_pages_and_runs_nothing(project):
    with (project.root / "helpers" / "build" / "templates" / "page.css").open("a") as style:
        style.write("\n.an-edit { color: inherit; }\n")
    assert build(project) == {f"tiny/{stem}.html" for stem in ("01_eda", "02_cleaning", "03_reader", "dashboard")}
    assert all("an-edit" in page.read_text() for page in project.study.glob("0*.html"))
    assert build(project) == set()

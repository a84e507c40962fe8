"""`make new` and then `make report`, as a user does with a file of their own."""

import json
import os
import subprocess
import sys

from tests.foreign import FOREIGN
from tests.notebooks.tiny import Project, new_project


def run(project: Project, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def test_a_file_never_seen_becomes_a_report(tmp_path):
    """Italian headers, a semicolon, the day first, no prices: its chapters are those that can be had."""
    project = new_project(tmp_path / "project")
    foreign = FOREIGN["italian_only_counts"]
    foreign.write(project.data)
    written = run(project, "helpers.new_study.write", "negozio", foreign.file)
    assert written.returncode == 0, written.stderr
    assert "make report PARAMS=params/negozio.yml" in written.stdout
    study = project.root / "params" / "negozio.yml"
    before = study.read_bytes()

    built = run(project, "helpers.build.run", "params/negozio.yml")
    assert built.returncode == 0, built.stdout + built.stderr
    findings = json.loads((project.reports / "negozio" / "findings.json").read_text())
    assert list(findings) == foreign.chapters.split()
    assert findings["cleaning"]["rows_read"] == len(foreign.rows())
    assert findings["cleaning"]["rows_unparsed"] == 0
    assert findings["eda"]["first_order"].startswith("2023-01-02")
    page = (project.reports / "negozio" / "index.html").read_text()
    assert "1 of 2" not in page and "failed" not in page.split("<body")[1].split("Downloads")[0].lower()

    again = run(project, "helpers.new_study.write", "negozio", foreign.file)
    assert again.returncode == 1 and "stays as it is" in again.stderr
    assert study.read_bytes() == before


def test_the_verb_hands_on_what_was_typed():
    said = subprocess.run(
        ["make", "-n", "new", "NAME=acme", "DATA=my file's.csv"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert 'helpers.new_study.write "$NAME" "$DATA"' in said.stdout

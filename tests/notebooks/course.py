"""Exercises tried as students do: cells that are put behind each solution in a copy of the project."""

import json
from typing import Any

from helpers.course.exercises import is_tagged
from helpers.study.parameters import cell_source, read_cells
from helpers.study.series import CHAPTERS
from tests.notebooks.tiny import Project

WRONG = ("None", "'no such thing'", "-12345.678", "{'nobody'}", "float('nan')")
"""Answers to anything, as code."""
TRIAL = "trial"


def add_trials(project: Project) -> None:
    """Put a cell behind each exercise of a project's notebooks: wrong answers, the hint, the solution read."""
    for chapter in CHAPTERS:
        path = project.notebook(chapter.stem)
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = []
        for cell, following in zip(notebook["cells"], [*notebook["cells"][1:], None], strict=True):
            cells.append(cell)
            number = cell["metadata"].get("exercise")
            if number and (following is None or following["metadata"].get("exercise") != number):
                cells.append(_trial(number))
        path.write_text(json.dumps(notebook | {"cells": cells}, indent=1), encoding="utf-8")


def _trial(number: int) -> dict[str, Any]:
    wrong = [f"check({number}, {answer})" for answer in WRONG]
    lines = [*wrong, f"hint({number})", "print('solution:')", f"solution({number})"]
    metadata = {"tags": ["exercise", TRIAL], "exercise": number}  # a solution would be printed by solution()
    cell = {"cell_type": "code", "id": f"trial{number}", "metadata": metadata, "source": "\n".join(lines)}
    return cell | {"execution_count": None, "outputs": []}


def tried(project: Project, stem: str) -> dict[int, dict[str, str]]:
    """Return what the cells of each exercise of an executed notebook printed: `exercise`, `solution`, `trial`.

    A cell that failed says `error:` and what.
    """
    found: dict[int, dict[str, str]] = {}
    for cell in read_cells(project.study / f"{stem}.ipynb"):
        number = cell["metadata"].get("exercise")
        if number is None or cell["cell_type"] != "code":
            continue
        kind = next(tag for tag in (TRIAL, "solution", "exercise") if is_tagged(cell, tag))
        said = [
            f"error: {o['ename']}: {o['evalue']}" if o["output_type"] == "error" else _text(o)
            for o in cell["outputs"]
        ]
        found.setdefault(number, {}).setdefault(kind, "")
        found[number][kind] += "".join(said)
    return found


def _text(output: dict[str, Any]) -> str:
    return cell_source({"source": output.get("text", "")})

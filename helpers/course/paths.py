"""Paths through the course: which chapters, with which exercises, in which order, and how long that takes."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from helpers.course.exercises import is_tagged
from helpers.study.parameters import cell_source
from helpers.study.series import Chapter

HEADING = re.compile(r"### (\d+)\. (.+) \((.+), (\d+) minutes\)")
"""The heading of an exercise: its number, title, kind and minutes."""


class Path(NamedTuple):
    """A way through the chapters: for whom, and sittings of chapters with the number of exercises done in each."""

    name: str
    goal: str
    sittings: tuple[tuple[tuple[str, int], ...], ...]


PATHS = (
    Path(
        "One evening",
        "For whoever reads such reports: what a segment is, when groups are real, what a change is made of.",
        ((("rfm", 2), ("clustering", 2), ("what_changed", 2)),),
    ),
    Path(
        "Two days",
        "For analysts: from a raw table to segments, groups, a list for review and a forecast that was tested.",
        (
            (("eda", 3), ("cleaning", 4), ("rfm", 4), ("clustering", 4)),
            (("anomaly", 3), ("what_changed", 3), ("regression", 3), ("purchase_prediction", 4)),
        ),
    ),
    Path(
        "Ten sessions",
        "For a term: every chapter and every exercise, one sitting a week.",
        (
            (("eda", 6), ("cleaning", 6)),
            *(((name, 6),) for name in ("rfm", "clustering", "tree_embedding", "anomaly", "regression")),
            *(
                ((name, 6),)
                for name in ("purchase_prediction", "recommendation", "what_changed", "lifetime_value")
            ),
        ),
    ),
)


class Times(NamedTuple):
    """How long a chapter takes."""

    chapter: Chapter
    opening: str
    """What it needs and what one will be able to do, as Markdown."""
    reading: int
    """Minutes to read and run it."""
    exercises: tuple[int, ...]
    """Minutes of each exercise."""
    running: float
    """Seconds that its cells ran, when the study was built."""


def times_of(chapter: Chapter, cells: Iterable[dict[str, Any]], executed: Iterable[dict[str, Any]]) -> Times:
    """Return how long a chapter takes, of its cells as committed and as executed."""
    cells = list(cells)
    opening = next(cell for cell in cells if is_tagged(cell, "course"))
    headings = (HEADING.match(cell_source(cell)) for cell in cells if cell["cell_type"] == "markdown")
    ran = (cell["metadata"].get("papermill", {}).get("duration") or 0 for cell in executed)
    minutes = tuple(int(found[4]) for found in headings if found)
    return Times(chapter, cell_source(opening), opening["metadata"]["minutes"], minutes, sum(ran))


def paths_page(times: Iterable[Times], badges: str = "") -> str:
    """Return the course's first page: the paths, and each chapter with what it needs and how long it takes."""
    known = {one.chapter.name: one for one in times}
    lines = ["# The course", "", _INTRODUCTION, *(["", badges] if badges else [])]
    for path in PATHS:
        sittings = [[(known[n], count) for n, count in sitting if n in known] for sitting in path.sittings]
        sittings = [sitting for sitting in sittings if sitting]
        whole = sum(_minutes(*one) for sitting in sittings for one in sitting)
        lines += ["", f"## {path.name}", "", f"{path.goal} {_hours(whole)} in all.", ""]
        lines += ["| Sitting | Chapter | Exercises | Minutes |", "|---|---|---|---:|"]
        lines += [
            f"| {number} | [{one.chapter.title}](student/{one.chapter.stem}.ipynb) "
            f"| the first {count} | {_minutes(one, count)} |".replace("the first 6", "all six")
            for number, sitting in enumerate(sittings, 1)
            for one, count in sitting
        ]
    lines += ["", "## The chapters", ""]
    for one in known.values():
        stem = one.chapter.stem
        lines += [
            f"### {one.chapter.number}. {one.chapter.title}",
            "",
            f"[Notebook](student/{stem}.ipynb) · [slides](slides/{stem}.html)",
            "",
            one.opening,
            "",
            f"{one.reading} minutes to read, {sum(one.exercises)} for the exercises; its cells ran for "
            f"{one.running:.0f} seconds.",
            "",
        ]
    return "\n".join(lines)


def _minutes(one: Times, exercises: int) -> int:
    return one.reading + sum(one.exercises[:exercises])


def _hours(minutes: int) -> str:
    return f"{minutes} minutes" if minutes < 120 else f"About {round(minutes / 60)} hours"


_INTRODUCTION = """Notebooks on one set of sales data. Each has six exercises that answer: `check(1, answer)`
says whether it is right, `hint(1)` helps, `solution(1)` shows how it can be done. `student/` has the notebooks to
work in, `teacher/` the same with the solutions and what usually goes wrong, `slides/` what to show. From the
project's folder, `PYTHONPATH=. .venv/bin/jupyter lab course/student` opens the student's."""

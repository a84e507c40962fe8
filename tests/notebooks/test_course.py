"""Every exercise, tried: its solution passes its own check, wrong answers get a word, hints are there."""

import re

import pytest

from helpers.course.exercises import is_tagged
from helpers.study.parameters import cell_source, read_cells
from helpers.study.series import CHAPTERS
from tests.notebooks.course import WRONG, tried

KINDS = {"change a parameter", "compute", "find the mistake", "judge a claim", "think"}
EACH = 6
HEADING = re.compile(r"### (\d+)\. (.+) \((.+), (\d+) minutes\)")
chapters = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)


def exercises(chapter) -> list[tuple[int, str, str, int]]:
    """Return the number, title, kind and minutes of each exercise of a chapter."""
    found = []
    for cell in read_cells(chapter.notebook):
        if match := HEADING.match(cell_source(cell)):
            found.append((int(match[1]), match[2], match[3], int(match[4])))
    return found


@chapters
def test_a_chapter_has_six_exercises_of_several_kinds(chapter):
    asked = exercises(chapter)
    assert [number for number, *_ in asked] == list(range(1, EACH + 1))
    kinds = {kind for *_, kind, _ in asked}
    assert kinds <= KINDS
    assert len(kinds) >= 4
    assert all(2 <= minutes <= 30 for *_, minutes in asked)


@chapters
def test_each_has_a_place_for_an_answer_and_a_solution(chapter):
    cells = read_cells(chapter.notebook)
    for number in range(1, EACH + 1):
        own = [cell for cell in cells if cell["metadata"].get("exercise") == number]
        assert [is_tagged(cell, "exercise") for cell in own].count(True) == 1
        assert any(is_tagged(cell, "solution") for cell in own)


@chapters
def test_one_cannot_be_done_by_copying(chapter):
    assert any(
        "person=" in cell_source(cell) for cell in read_cells(chapter.notebook) if is_tagged(cell, "solution")
    )


@chapters
def test_each_exercise_was_tried(series, chapter):
    said = tried(series, chapter.stem)
    assert sorted(said) == list(range(1, EACH + 1))
    for number, cells in said.items():
        if "error: NameError" in cells.get("solution", ""):
            continue  # about a section that this data leaves out
        assert "error: " not in "".join(cells.values()), (number, cells)
        words, solved = cells["trial"].split("solution:")
        lines = words.strip().splitlines()
        assert "Right." not in words, (number, words)
        assert all(line.startswith(f"{number}. ") for line in lines), (number, words)
        assert len(lines) == len(WRONG) + 1, (number, words)
        assert len(solved.strip()) > 40, (number, solved)
        assert "Right." not in cells["exercise"], (number, cells["exercise"])
        if "solution" in cells:  # a thought has a model answer and no cell that computes
            assert cells["solution"].rstrip().endswith(f"{number}. Right."), (number, cells)


def test_most_exercises_can_be_done_on_any_data(series):
    failed = [1 for c in CHAPTERS for cells in tried(series, c.stem).values() if "NameError" in str(cells)]
    assert len(failed) <= EACH * len(CHAPTERS) / 4


def test_no_page_shows_them(series):
    for chapter in CHAPTERS:
        page = (series.study / f"{chapter.stem}.html").read_text(encoding="utf-8")
        assert "check(1, answer)" not in re.sub(r"<p>.*?</p>", "", page, flags=re.DOTALL)

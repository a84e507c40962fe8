"""Exercises that answer: `check(1, answer)`, `hint(1)`, `solution(1)` in a chapter's notebook.

An exercise's text, its place for an answer (a cell tagged `exercise`) and its solution (cells tagged `solution`)
stand in the notebook; `exercise` in their metadata is its number. What is right, the chapter's module in this
folder computes another way, from the variables of the notebook it is asked in. So it holds on any data, and a
solution can fail its own check.
"""

import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from IPython import get_ipython

from helpers.study.parameters import cell_source, read_cells
from helpers.study.series import BY_NAME

Names = dict[str, Any]
"""A notebook's variables, by name."""
TRIED = "_tried"
"""The variable in which a notebook keeps which exercises were answered right (True) or not yet (False)."""
CLAIM = ("holds", "does not hold")
"""What may be said of a claim."""
WORDS = 8
"""Words that make a thought."""


@dataclass(frozen=True)
class Exercise:
    """What is known of an exercise beyond its text."""

    hint: str
    """A sentence that helps."""
    right: Callable[..., Any] | None = None
    """Computes what is right from a notebook's variables (and the seed of whoever answers, if `own`): a number, a
    word, a set of things, or a table of numbers. None for a thought, which has a model answer."""
    wrong: Callable[[Any, Any], str | None] | None = None
    """What to say of a wrong answer, given it and the right one; None for the ordinary words."""
    within: float = 0.01
    """How far a number may be off, as a share of the right one: answers are read off rounded."""
    slip: str = ""
    """What usually goes wrong, for the teacher."""
    own: bool = False
    """Whether each person has figures of their own, so that nobody's answer is another's."""


def seed_of(person: str) -> int:
    """Return a number that is a person's own: the same for a name however it is written, another for another."""
    return int.from_bytes(hashlib.sha256(" ".join(person.casefold().split()).encode()).digest()[:4])


def judge(exercise: Exercise, answer: Any, names: Names, person: str | None = None) -> tuple[bool | None, str]:
    """Return whether an answer is right (None where that is not for a program to say), and a useful word.

    Args:
        exercise: what was asked.
        answer: anything; what cannot be an answer is told so and raises nothing.
        names: the variables of the notebook it is asked in.
        person: who answers, where figures are their own.
    """
    if answer is ...:
        return False, "Put your answer in the place of the dots."
    if exercise.right is None:
        if isinstance(answer, str) and len(answer.split()) >= WORDS:
            return None, "Compare it with the model answer."
        return False, "Write a sentence or two, as a text; then compare it with the model answer."
    if exercise.own and not person:
        return False, 'Say who you are: check(..., person="your name"). Your figures are your own.'
    try:
        right = exercise.right(names, seed_of(person)) if exercise.own else exercise.right(names)
    except KeyError as error:
        return False, f"Run the cells above first: the notebook has no {error} yet, or this data cannot answer it."
    try:
        agrees, word = _compared(answer, right, exercise.within)
    except (TypeError, ValueError):
        return False, f"{_asked(right)} is asked for, and this is {_kind(answer)}."
    if agrees:
        return True, "Right."
    return False, (exercise.wrong and exercise.wrong(answer, right)) or word


def _compared(answer: Any, right: Any, within: float) -> tuple[bool, str]:
    """Return whether an answer is the right one, and what to say if not; TypeError where it is no such thing."""
    if isinstance(right, str):
        if not isinstance(answer, str):
            raise TypeError
        given = answer.strip().rstrip(".").casefold()
        if right in CLAIM and given not in CLAIM:
            return False, f"Answer {CLAIM[0]!r} or {CLAIM[1]!r}."
        return given == right.casefold(), "No. Ask what would be seen if the claim were wrong."
    if isinstance(right, bool | np.bool_):
        if not isinstance(answer, bool | np.bool_):
            raise TypeError
        return bool(answer) == bool(right), "It is the other way round."
    if isinstance(right, set | frozenset):
        return _compared_sets(answer, right)
    if isinstance(right, Real):
        if isinstance(answer, bool | np.bool_ | str):
            raise TypeError
        return _compared_numbers(float(answer), float(right), within)
    return _compared_tables(answer, right, within)


def _compared_numbers(answer: float, right: float, within: float) -> tuple[bool, str]:
    if math.isclose(answer, right, rel_tol=within, abs_tol=0 if right else 1e-9):
        return True, ""
    for factor, word in ((100, "a share and not a percentage"), (0.01, "a percentage and not a share")):
        if math.isclose(answer, right * factor, rel_tol=within):
            return False, f"The figure is right, but {word} is asked for."
    if right and math.isclose(answer, -right, rel_tol=within):
        return False, "The size is right; look at the sign."
    return False, "Too high." if answer > right else "Too low."


def _compared_sets(answer: Any, right: Iterable[Any]) -> tuple[bool, str]:
    if isinstance(answer, str | bytes) or not hasattr(answer, "__iter__"):
        raise TypeError
    given, wanted = {str(one) for one in answer}, {str(one) for one in right}
    hit, extra = len(given & wanted), len(given - wanted)
    return given == wanted, f"{hit} of {len(wanted)} are found; {extra} too many."


def _compared_tables(answer: Any, right: Any, within: float) -> tuple[bool, str]:
    if isinstance(right, pd.Series) and isinstance(answer, pd.Series) and set(right.index) == set(answer.index):
        answer = answer.loc[right.index]
    given, wanted = np.asarray(answer, dtype=float), np.asarray(right, dtype=float)
    if given.shape != wanted.shape:
        return False, f"It has the shape {given.shape}, and {wanted.shape} is asked for."
    off = int((~np.isclose(given, wanted, rtol=within, atol=1e-9, equal_nan=True)).sum())
    return off == 0, f"{off} of {wanted.size} values are off."


def _asked(right: Any) -> str:
    for kinds, word in (((str,), "A word"), ((bool, np.bool_), "True or False"), ((set, frozenset), "A set")):
        if isinstance(right, kinds):
            return word
    return "A number" if isinstance(right, Real) else "A table of numbers"


def _kind(answer: Any) -> str:
    return "nothing" if answer is None else f"of the type {type(answer).__name__}"


def exercises_of(chapter: str) -> tuple[Exercise, ...]:
    """Return a chapter's exercises in their order."""
    return import_module(f"helpers.course.{chapter}").EXERCISES


def open_exercises(chapter: str) -> tuple[Callable[..., None], ...]:
    """Return the verbs `check`, `hint` and `solution` of a chapter's exercises, and `seed_of`."""
    asking = Asking(chapter)
    return asking.check, asking.hint, asking.solution, seed_of


class Asking:
    """The three verbs of a chapter's exercises, for its notebook."""

    def __init__(self, chapter: str) -> None:
        self.notebook = BY_NAME[chapter].notebook
        self.exercises = exercises_of(chapter)

    def check(self, number: int, answer: Any, *, person: str | None = None) -> None:
        """Print whether an answer is right, or a word that helps; of a thought print the model answer."""
        if (exercise := self._exercise(number)) is None:
            return
        names = get_ipython().user_ns
        right, word = judge(exercise, answer, names, person)
        names.setdefault(TRIED, {})[number] = right is not False
        more = f" hint({number}) helps." if right is False else ""
        print(f"{number}. {word}{more}")
        if right is None:
            self.solution(number)

    def hint(self, number: int) -> None:
        """Print what helps with an exercise."""
        if exercise := self._exercise(number):
            print(f"{number}. {exercise.hint}")

    def solution(self, number: int) -> None:
        """Print an exercise's solution: the cells that the teacher's copy has."""
        if self._exercise(number):
            print("\n\n".join(solution_cells(read_cells(self.notebook), number)))

    def _exercise(self, number: int) -> Exercise | None:
        if isinstance(number, int) and 1 <= number <= len(self.exercises):
            return self.exercises[number - 1]
        print(f"There is no exercise {number}: they are numbered from 1 to {len(self.exercises)}.")
        return None


def solution_cells(cells: list[dict[str, Any]], number: int) -> list[str]:
    """Return the sources of the cells of a notebook that solve an exercise."""
    return [
        cell_source(cell)
        for cell in cells
        if is_tagged(cell, "solution") and cell["metadata"]["exercise"] == number
    ]


def is_tagged(cell: dict[str, Any], tag: str) -> bool:
    """Return whether a cell has a tag."""
    return tag in cell["metadata"].get("tags", [])

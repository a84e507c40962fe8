"""The one exception that is written for the person who runs the series."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any


class StudyError(Exception):
    """Something about the study, its data or the machine that a person can put right.

    The message is one sentence that names the file, the column or key, the value, and what to do. The
    build prints it as it is and exits non-zero; any other exception is a bug and keeps its traceback.
    """


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the nearest known name, or nothing when none is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {matches[0]}?" if matches else ""


def check_choice(key: str, value: object, known: Iterable[str]) -> None:
    """Check that a parameter is one of the values it may have.

    Raises:
        StudyError: naming the key, the value and what it may be.
    """
    if value not in (choices := list(known)):
        hint = nearest(str(value), choices) or "."
        raise StudyError(f"{key} is {value!r}, but should be one of {', '.join(choices)}{hint}")


def choose(key: str, value: str, options: Mapping[str, Any]) -> Any:
    """Return what a parameter stands for.

    Raises:
        StudyError: it is none of the options, naming the key, the value and what it may be.
    """
    check_choice(key, value, options)
    return options[value]


def check_at_least(chapter: str, least: int, **values: float) -> None:
    """Check that parameters are large enough.

    Raises:
        StudyError: naming the key, the value and the least it may be.
    """
    for name, value in values.items():
        if value < least:
            raise StudyError(f"{chapter}.{name} is {value}, but should be at least {least}.")


def printable(text: str) -> str:
    """Return text that a terminal shows as it is: what would move its cursor or turn its writing is spelt out."""
    return "".join(
        c
        if c == "\n" or unicodedata.category(c)[0] not in "CZ" or unicodedata.category(c) == "Zs"
        else ascii(c)[1:-1]
        for c in text
    )

"""Asking a kept model: about one customer, with reasons, or about a list, with bad rows kept and named."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError
from helpers.base.text import listed, money, number, percent
from helpers.show.exports import harmless_cell
from helpers.study.models import Card, Feature, Kept

PROBLEM = "problem"
"""The column of a list of answers that says why a row has none."""
ROWS = 1_000_000
"""Rows of a list at most."""
NAMED = 50
"""Bad rows that the page names; the file has all of them."""
ENCODINGS = ("utf-8-sig", "cp1252")


class Answer(NamedTuple):
    """What a model says of one customer."""

    said: str
    place: str
    """Where the answer lies among those of the customers of today; empty where there are none to compare with."""
    doubts: list[str]
    """Values outside what the model has seen."""
    reasons: list[dict[str, str]]
    """A feature each, the largest effect first."""


class Answers(NamedTuple):
    """What a model says of a list."""

    rows: int
    good: int
    problems: list[str]
    """The first NAMED of them, with their row."""


def read_value(feature: Feature, text: str) -> tuple[float | str, str, str]:
    """Return a value of a form or a list, what is wrong with it, and what makes the answer doubtful."""
    text = text.strip()
    if not text:
        if feature.gaps:
            return np.nan, "", ""
        return np.nan, f"{feature.label} is empty", ""
    if not feature.is_number:
        strange = bool(feature.levels) and text not in feature.levels
        return text, "", f"{feature.label} is {text!r}, which the model has never seen" if strange else ""
    try:
        value = float(text.replace(" ", "").replace("\N{NO-BREAK SPACE}", ""))
    except ValueError:
        return (
            np.nan,
            f"{feature.label} is {text[:40]!r}, which is no number (write it with a point, as 1234.5)",
            "",
        )
    if not np.isfinite(value):
        return np.nan, f"{feature.label} is {text[:40]!r}, which is no number", ""
    if feature.low is not None and not feature.low <= value <= feature.high:
        seen = f"{number(feature.low)} to {number(feature.high)}"
        return value, "", f"{feature.label} is {number(value)}, outside what the model has seen ({seen})"
    return value, "", ""


def one(kept: Kept, texts: Mapping[str, str], today: pd.DataFrame) -> tuple[Answer | None, dict[str, str]]:
    """Return the answer for one customer, or what is wrong with each value.

    Reasons replace one feature at a time by its usual value (the median customer's) and ask again. Features that
    go together share an effect, so reasons need not add up to the whole.

    Args:
        kept: the model.
        texts: a text a feature.
        today: customers whom the chapter asked about, with the card's column of answers.
    """
    values, wrong, doubts = {}, {}, []
    for feature in kept.card.features:
        values[feature.name], problem, doubt = read_value(feature, texts.get(feature.name, ""))
        wrong |= {feature.name: problem} if problem else {}
        doubts += [doubt] if doubt else []
    if wrong:
        return None, wrong
    usual = {feature.name: np.nan if feature.usual is None else feature.usual for feature in kept.card.features}
    others = [values | {feature.name: usual[feature.name]} for feature in kept.card.features]
    asked = pd.DataFrame([values, *others])
    answer = kept.predict(asked[:1])[0]
    strengths = kept.strength(asked, answer)
    effects = strengths[0] - strengths[1:]
    return Answer(
        in_words(kept.card, answer), _place(kept.card, answer, today), doubts, _reasons(kept.card, values, effects)
    ), {}


def in_words(card: Card, answer: Any) -> str:
    """Return an answer as people write it."""
    if card.answer == "amount":
        return money(answer, card.currency)
    if card.answer == "decile":
        return f"decile {answer} of 10 (1: the likeliest of today's customers)"
    return percent(answer) if card.answer == "probability" else str(answer)


def _place(card: Card, answer: Any, today: pd.DataFrame) -> str:
    if card.answer in ("class", "decile") or card.column not in today or today.empty:
        return ""
    below = float((today[card.column] < answer).mean())
    return f"More than for {percent(below)} of the {number(len(today))} customers whom the report knows."


def _reasons(card: Card, values: Mapping[str, Any], effects: np.ndarray) -> list[dict[str, str]]:
    order = sorted(zip(card.features, effects, strict=True), key=lambda pair: -abs(pair[1]))
    return [
        {
            "label": feature.label,
            "value": number(values[feature.name]),
            "usual": number(feature.usual),
            "effect": _effect(card, float(effect)),
            "tone": "good" if effect > 0 else "bad",
            "part": f"{abs(effect) / (np.abs(effects).max() or 1):.1%}",
        }
        for feature, effect in order
        if abs(effect) > 1e-12
    ]


def _effect(card: Card, effect: float) -> str:
    sign = "+" if effect > 0 else "−"
    if card.answer == "amount":
        return f"{sign}{money(abs(effect), card.currency)}"
    if card.answer == "decile":  # how much more likely is a level, and not known
        return "likelier" if effect > 0 else "less likely"
    return f"{sign}{abs(100 * effect):.1f} pts"


def many(kept: Kept, file: Path, shown: str, target: Path) -> Answers:
    """Write the answers to a list of customers, a row each, all of its own columns kept; bad rows say why.

    Args:
        kept: the model.
        file: a csv with a column a feature, by its name or its label; further columns are kept.
        shown: the file's name for sentences.
        target: the csv to write.

    Raises:
        StudyError: it is no csv, lacks a feature's column, or has more than ROWS rows.
    """
    header, rows = _read(file, shown)
    places = _places(kept.card, header, shown)
    problems: dict[int, str] = {}
    columns: dict[str, list[Any]] = {feature.name: [] for feature in kept.card.features}
    for number_of_row, row in enumerate(rows):
        found = [f"it has {len(row)} cells, and the header has {len(header)}"] if len(row) != len(header) else []
        whole = not found
        for feature in kept.card.features:
            value, problem, _ = read_value(feature, row[places[feature.name]]) if whole else (np.nan, "", "")
            columns[feature.name].append(value)
            found += [problem] if problem else []
        if found:
            problems[number_of_row] = "; ".join(found)
    good = [place for place in range(len(rows)) if place not in problems]
    answers = [""] * len(rows)
    if good:
        asked = pd.DataFrame(columns).iloc[good]
        for place, answer in zip(good, kept.predict(asked).tolist(), strict=True):
            answers[place] = answer
    _write(target, [*header, kept.card.column, PROBLEM], rows, answers, problems)
    told = [f"Row {place + 1}: {problem}." for place, problem in list(problems.items())[:NAMED]]
    return Answers(len(rows), len(good), told)


def _read(file: Path, shown: str) -> tuple[list[str], list[list[str]]]:
    for encoding in ENCODINGS:
        try:
            with file.open(encoding=encoding, newline="") as stream:
                first = stream.readline()
                stream.seek(0)
                mark = max(",;\t", key=first.count)
                lines = list(_at_most(csv.reader(stream, delimiter=mark), ROWS + 1, shown))
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise StudyError(f"{shown} is no csv ({error}); save the list as csv.") from None
        if not lines or not any(cell.strip() for cell in lines[0]):
            raise StudyError(f"{shown} has no header; its first line should name the columns.")
        return [cell.strip() for cell in lines[0]], [line for line in lines[1:] if line]
    raise StudyError(f"{shown} is no text; save the list as csv.")


def _at_most(lines: Iterator[list[str]], most: int, shown: str) -> Iterator[list[str]]:
    for place, line in enumerate(lines):
        if place >= most:
            raise StudyError(f"{shown} has more than {number(ROWS)} rows; cut it into parts.")
        yield line


def _places(card: Card, header: list[str], shown: str) -> dict[str, int]:
    """Return where each feature's column is."""
    known = {cell.casefold(): place for place, cell in reversed(list(enumerate(header)))}
    found = {f.name: known.get(f.name.casefold(), known.get(f.label.casefold())) for f in card.features}
    if missing := [name for name, place in found.items() if place is None]:
        raise StudyError(
            f"{shown} has no column {listed(missing)}; add it, or start from the list of today's customers."
        )
    return found


def _write(
    target: Path, header: list[str], rows: list[list[str]], answers: list[Any], problems: Mapping[int, str]
) -> None:
    width = len(header) - 2
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([harmless_cell(cell) for cell in header])
        for place, row in enumerate(rows):
            cells = (row + [""] * width)[:width]
            own = [cell if _is_number(cell) else harmless_cell(cell) for cell in cells]
            writer.writerow([*own, answers[place], problems.get(place, "")])


def _is_number(cell: str) -> bool:
    """Return whether a cell is a number, such as -3.5: a spreadsheet runs no number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True

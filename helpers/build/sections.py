"""What a study has no data for, told once: sections that only say why they are left out are folded together.

The chapters are the same for every study, so some sections find nothing to work on and say so in a sentence. Their
explanations of charts that are not there would only be in the way; a page shows the reason and folds the rest.
"""

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import NamedTuple

import nbformat
from markupsafe import Markup
from nbformat.v4 import new_markdown_cell

Cells = list[nbformat.NotebookNode]

HEADING = re.compile(r"## +(?:(\d+)\. +)?(.+)")
SAID = re.compile(
    r"\s*<p>(?:Left out (?:here|for [^<:.]+)[:.] (?P<after>[^<]+)"
    r"|[^<:.]+ are left out: (?P<which>[^<]+)"
    r"|(?P<before>[^<]+?)(?:, so|:) this part is left out\.)</p>\s*"
)
"""The sentences by which a chapter says why it left something out; a whole output, no part of one."""


class Section(NamedTuple):
    """The cells under a heading of the second level, and why nothing is shown there (empty: something is)."""

    cells: Cells
    reasons: list[Markup]


class _Told(NamedTuple):
    """How a run of left out sections is told: a heading in Markdown, and the reasons in HTML."""

    heading: str
    reasons: Markup


def fold(cells: Cells) -> Cells:
    """Return the cells of a page with what is left out folded.

    A run of such sections becomes one heading and its reasons. `metadata.page` of its cells says where the fold
    begins (`opens`, the reasons before it) and ends (`closes`), and which cells are in it (`folded`).
    """
    result: Cells = []
    for left_out, run in groupby(_sections(cells), key=lambda section: bool(section.reasons)):
        sections = list(run)
        if not left_out:
            for section in sections:
                result += _without_prose_of_nothing(section.cells)
            continue
        told = _told(sections)
        inside = [cell for section in sections for cell in _folded(section, alone=len(sections) == 1)]
        inside[0].metadata.page.opens = told.reasons
        inside[-1].metadata.page.closes = True
        result += [new_markdown_cell(told.heading, metadata={"page": {}}), *inside]
    return result


def _sections(cells: Cells) -> Iterator[Section]:
    """Cut a chapter at its headings of the second level."""
    starts = [i for i, cell in enumerate(cells) if _heading([cell])]
    for start, end in pairwise([0, *starts, len(cells)]):
        part = cells[start:end]
        if part:
            yield Section(part, _reasons(part) if _heading(part) else [])


def _heading(cells: Cells) -> re.Match | None:
    return HEADING.match(cells[0].source) if cells[0].cell_type == "markdown" else None


def _reasons(cells: Cells) -> list[Markup]:
    """Return why nothing is shown in some cells, each reason once; nothing if there is anything else to see."""
    said = [SAID.fullmatch(_html(output)) for cell in cells for output in cell.get("outputs", [])]
    if not all(said):
        return []
    texts = [next(filter(None, match.groups())).strip() for match in said]
    # the chapters escape what they quote, so this is markup already
    return [Markup(text[:1].upper() + text[1:].rstrip(".") + ".") for text in dict.fromkeys(texts)]


def _html(output: nbformat.NotebookNode) -> str:
    return output.get("data", {}).get("text/html", "")


def _without_prose_of_nothing(cells: Cells) -> Cells:
    """Drop prose under a heading further up if all that follows it only says that it was left out."""
    starts = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown"]
    dropped = {
        start
        for start, end in pairwise([*starts, len(cells)])
        if not cells[start].source.startswith("#") and _reasons(cells[start + 1 : end])
    }
    return [cell for i, cell in enumerate(cells) if i not in dropped]


def _told(sections: list[Section]) -> _Told:
    reasons = [Markup(" ").join(section.reasons) for section in sections]
    if len(sections) == 1:
        heading = sections[0].cells[0].source.splitlines()[0]
        return _Told(heading, Markup("<p>Left out here. {}</p>").format(reasons[0]))
    names = [_heading(section.cells).groups() for section in sections]
    numbers = f"{names[0][0]}–{names[-1][0]}. " if names[0][0] and names[-1][0] else ""
    if len(set(reasons)) == 1:
        return _Told(f"## {numbers}Left out here", Markup("<p>{}</p>").format(reasons[0]))
    items = [
        Markup("<li><strong>{}</strong> {}</li>").format(_sentence(title), reason)
        for (_, title), reason in zip(names, reasons, strict=True)
    ]
    return _Told(f"## {numbers}Left out here", Markup("<ul>{}</ul>").format(Markup("").join(items)))


def _sentence(title: str) -> str:
    return title if title.endswith(("?", "!", ".")) else title + "."


def _folded(section: Section, *, alone: bool) -> Cells:
    """Return the cells of a section as they stand in the fold: without what is told before it already."""
    cells = list(section.cells)
    if alone:
        cells[0].source = "\n".join(cells[0].source.splitlines()[1:]).strip()
    for cell in cells:
        cell.metadata.page.folded = True
        if cell.cell_type == "code":
            cell.outputs = []
    return [cell for cell in cells if cell.source.strip()]

"""What a study has no data for, told once: sections that were left out leave the page, and one line at its end.

Which they are stands in the metadata of their heading's cell, where the run put it (`helpers.build.progress`).
"""

import re

import nbformat
from markupsafe import Markup
from nbformat.v4 import new_markdown_cell

from helpers.study.needs import title_of

Cells = list[nbformat.NotebookNode]
NUMBER = re.compile(r"^## +\d+\. ")


def without_left_out(cells: Cells) -> Cells:
    """Return the cells of a page without sections that were left out, the others numbered anew, and the line."""
    kept: Cells = []
    reasons: dict[str, list[str]] = {}
    number, dropped = 0, False
    for cell in cells:
        if title := title_of(cell):
            reason = cell.metadata.get("left_out")
            dropped = reason is not None
            # a section for data that lacks something is nothing that other data cannot answer
            if dropped and "it has" not in reason:
                reasons.setdefault(reason, []).append(title)
            if not dropped and NUMBER.match(cell.source):
                number += 1
                cell.source = NUMBER.sub(f"## {number}. ", cell.source, count=1)
        if not dropped:
            kept.append(cell)
    if reasons:
        line = new_markdown_cell("", metadata={"page": {"left_out": _line(reasons)}})
        kept.append(line)
    return kept


def _line(reasons: dict[str, list[str]]) -> Markup:
    """Return what this data cannot answer, by reason (HTML), as HTML."""
    told = [
        Markup("{} ({})").format(
            Markup(", ").join(Markup("<em>{}</em>").format(title) for title in titles), Markup(reason).rstrip(".")
        )
        for reason, titles in reasons.items()
    ]
    return Markup("<p>What this data cannot answer: {}.</p>").format(Markup("; ").join(told))

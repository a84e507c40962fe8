"""The sections of a page: what a study has no data for is told once, the answer comes first, the method is folded.

Which sections were left out stands in the metadata of their heading's cell, where the run put it
(`helpers.build.progress`). The tags of cells say the rest, as JupyterLab shows them: `method` and `exercises` at
the heading of a section that is folded, `method` at a cell whose figures and tables are, `lead` at a cell whose
figures and tables are the chapter's answer.
"""

import html
import re

import nbformat
from markupsafe import Markup
from nbformat.v4 import new_code_cell, new_markdown_cell

from helpers.study.needs import title_of

Cells = list[nbformat.NotebookNode]
NUMBER = re.compile(r"^## +\d+\. ")
FOLDED = {"method", "exercises"}
LEAD = "lead"
PRACTICE = {"exercise", "solution"}
"""Tags of cells in which students and teachers work."""
COURSE_ONLY = PRACTICE | {"course"}
"""Tags of cells that are on no page."""
WAY = "How this was done"
"""What a fold is called in which nothing is drawn or listed."""


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
    told = {title_of(cell) for cell in kept}  # such a section was written for this data, too
    reasons = {why: left for why, titles in reasons.items() if (left := [t for t in titles if t not in told])}
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


def lead_first(cells: Cells) -> Cells:
    """Return the cells with what leads the chapter first: of each such cell its figures, else its tables."""
    lead = []
    for cell in cells:
        if LEAD in cell.metadata.get("tags", []):
            figures = [output for output in cell.outputs if output.metadata.page.alt]
            led = figures or [o for o in cell.outputs if "<table" in o.get("data", {}).get("text/html", "")]
            lead += led
            cell["outputs"] = [output for output in cell.outputs if output not in led]
    return [new_code_cell("", outputs=lead, metadata={"page": {"label": ""}}), *cells] if lead else cells


def fold(cells: Cells) -> bool:
    """Note at headings where folds begin (`opens`) and end (`closes`); return whether the last stays open.

    Cells that are folded by themselves are called by what is drawn or listed in them: the first of such a row of
    cells has the name (`folded`), and the last one ends the fold (`unfolded`).
    """
    opened = False
    together: Cells = []
    for cell in cells:
        heading = title_of(cell) or cell.metadata.page.get("left_out")
        if "method" in cell.metadata.get("tags", []) and not opened and not heading:
            together.append(cell)
            continue
        _fold_together(together)
        together = []
        if heading:
            cell.metadata.page["closes"] = opened
            opened = bool(FOLDED & set(cell.metadata.get("tags", [])))
            cell.metadata.page["opens"] = opened
    _fold_together(together)
    return opened


def _fold_together(cells: Cells) -> None:
    if cells:
        names = (_called(output) for cell in cells for output in cell.get("outputs", []))
        cells[0].metadata.page["folded"] = next(filter(None, names), WAY)
        cells[-1].metadata.page["unfolded"] = True


def _called(output: nbformat.NotebookNode) -> str:
    """Return what a figure draws or a table lists, as text; nothing for any other output."""
    page = output.metadata.page
    if name := page.get("subtitle") or page.get("title"):
        return name
    caption = re.search(r"<caption>(.*?)</caption>", output.get("data", {}).get("text/html", ""))
    return html.unescape(caption[1]) if caption else ""

"""Turns an executed notebook into a page.

nbconvert does what it is good at (walking the notebook, Markdown, highlighting); the shell around it is
ours. A page needs nothing but itself: no request leaves it, plotly.js is in it once and only where a
chart needs it, so it can be mailed. What is large (plotly.js, the data of charts and long lists) is packed.
Values from the data are text, never markup.
"""

import base64
import copy
import html
import json
import re
from functools import cache, partial
from io import BytesIO
from typing import Any

import jinja2
import nbformat
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from PIL import Image

from helpers.base.errors import StudyError
from helpers.build.links import Heading, Link, addresses_of, linked, with_sections
from helpers.build.packing import PACKED, packed, plotly_js, script_json
from helpers.build.sections import COURSE_ONLY, fold, lead_first, without_left_out
from helpers.build.templating import TEMPLATES, render
from helpers.show import theme

PLOTLY = "application/vnd.plotly.v1+json"
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
MAX_BYTES = 2_500_000
"""Of a page: what any mailbox takes, and a phone opens at once."""
ANSWER = 3
"""Headlines that a chapter opens with; more are folded."""
PLOT_HEIGHT = 360  # px, where a figure does not give its own

# the order in which the template would rather show an output that comes in several forms
SHOWN = (PLOTLY, "text/html", "text/markdown", *PICTURES, "text/latex", "text/plain")
HEADING = re.compile(r"^##+ ", re.MULTILINE)
ROWS = re.compile(r'<script type="application/json" class="rows">(.*?)</script>', re.DOTALL)  # of show/display.py
PAPERMILL_ERROR = "papermill-error-cell-tag"  # marks the cells that papermill adds to a failed notebook
CODE_LABELS = {"parameters": "Parameters", "injected-parameters": "Parameters of this study"}


def chapter_page(
    notebook: nbformat.NotebookNode,
    *,
    study_title: str,
    chapters: list[Link],
    home: str = "index.html",
    failed: str | None = None,
) -> str:
    """Return an executed notebook as one HTML page that needs nothing but itself.

    Args:
        notebook: executed notebook; it is not changed.
        study_title: shown in the bar, linked to `home`.
        chapters: all chapters in reading order; the neighbours of the current one are previous and next.
        home: address of the study's front page.
        failed: the sentence of the banner when the notebook did not finish. Such a page is always made,
            whatever it lacks.

    Raises:
        StudyError: if a figure has no alternative text, or the page would be larger than `MAX_BYTES`.
    """
    at = next((i for i, link in enumerate(chapters) if link.current), None)
    name = chapters[at].title if at is not None else study_title
    notebook, headlines, base = _prepared(notebook, name=name, strict=failed is None)
    unfinished = fold(notebook.cells) if failed is None else False
    exporter = _CellExporter(addresses_of(notebook, chapters))
    cells, _ = exporter.from_notebook_node(notebook)
    figures = _sizes_of_figures(notebook)
    title_html = exporter.title or Markup.escape(name)
    page = render(
        "chapter.html.j2",
        title=title_html.striptags(),
        title_html=title_html,
        study_title=study_title,
        home=home,
        chapters=chapters,
        number=None if at is None else chapters[at].number,
        previous=chapters[at - 1] if at else None,
        next=chapters[at + 1] if at is not None and at + 1 < len(chapters) else None,
        contents=[heading for heading in exporter.headings if heading.level <= 2],
        headlines=Markup("\n").join(
            Markup(_answer_first(with_sections(text, exporter.said))) for text in headlines
        ),
        elsewhere=[
            place for text in headlines for place in range(text.count("<li>")) if place not in exporter.said
        ],
        base=Markup("\n").join(map(Markup, base)),
        cells=Markup(cells) + Markup("</details>") * unfinished,
        failed=failed,
        has_code='<details class="code">' in cells,
        has_folds='<details class="fold">' in cells,
        has_error='id="error"' in cells,
        plotly_js=plotly_js() if figures else "",
        chart_themes=Markup(script_json(theme.page_themes())) if figures else "",
    )
    size = len(page.encode())
    if failed is None and size > MAX_BYTES:
        largest = max(figures, default=None)
        hint = f"; its largest figure ({largest[0] / 1e6:.1f} MB) is in {largest[1]}" if largest else ""
        raise StudyError(
            f"the page of '{name}' would be {size / 1e6:.1f} MB, and a page stays under"
            f" {MAX_BYTES / 1e6:.0f} MB{hint}: draw fewer points or show fewer rows."
        )
    return page


def _prepared(
    notebook: nbformat.NotebookNode, *, name: str, strict: bool
) -> tuple[nbformat.NotebookNode, list[str], list[str]]:
    """Return a copy of a notebook in which every output says how it is shown; its headlines and base as HTML."""
    notebook = copy.deepcopy(notebook)
    head: dict[str, list[str]] = {"headlines": [], "base": []}
    shown = []
    for number, cell in enumerate(notebook.cells, start=1):
        tags = cell.metadata.get("tags", [])
        if PAPERMILL_ERROR in tags or COURSE_ONLY & set(tags):
            continue
        outputs = _as_last_seen(cell)
        for output in outputs:
            where = f"cell {number} of '{name}' ({_first_line(cell.source)})"
            output.setdefault("metadata", nbformat.NotebookNode())
            output.metadata["page"] = nbformat.from_dict(_shown_as(output, where, strict))
        for role, found in head.items():
            found += [o.data["text/html"] for o in outputs if o.metadata.page.role == role]
        cell["outputs"] = [o for o in outputs if o.metadata.page.role not in head]
        if cell.cell_type != "code":
            del cell["outputs"]
        label = next((CODE_LABELS[tag] for tag in tags if tag in CODE_LABELS), "Code")
        cell.metadata["page"] = nbformat.NotebookNode(label=label)
        # what went wrong is shown even where the author hid the cell
        if "hide" not in tags or any(output.output_type == "error" for output in outputs):
            shown.append(cell)
    _say_headlines(shown, re.findall(r"<li>(.*?)</li>", "".join(head["headlines"]), re.DOTALL))
    # a failed chapter is read for what happened, cell by cell
    notebook.cells = lead_first(without_left_out(shown)) if strict else shown
    return notebook, head["headlines"], head["base"]


def _say_headlines(cells: list[nbformat.NotebookNode], headlines: list[str]) -> None:
    """Note at headings (`said`) which headlines their sections say; what none says is said where it was made."""
    heading = nbformat.NotebookNode(metadata={})
    sections: dict[int, nbformat.NotebookNode] = {}
    made: dict[int, tuple[nbformat.NotebookNode, nbformat.NotebookNode]] = {}
    for cell in cells:
        if cell.cell_type == "markdown" and HEADING.search(cell.source):
            heading = cell
        for output in cell.get("outputs", []):
            content = output.get("data", {}).get("text/html", "")
            content += f" {html.escape(output.metadata.page.get('title', ''))}."  # a finding may be a title
            if output.metadata.page.role == "headline":
                made[output.metadata.series.place] = (heading, output)
            elif content:
                new = [i for i, text in enumerate(headlines) if i not in sections and _says(content, text)]
                sections |= dict.fromkeys(new, heading)
    for place, (its_heading, output) in made.items():
        if place in sections:
            output["metadata"]["page"]["role"] = "said"
        elif place < len(headlines):
            output.data["text/html"] = f"<p>{headlines[place]}</p>"
            sections[place] = its_heading
    for place, its_heading in sorted(sections.items()):
        its_heading.metadata["said"] = [*its_heading.metadata.get("said", []), place]
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell.outputs if o.metadata.page.role != "said"]


def _says(content: str, headline: str) -> bool:
    """Return whether HTML says a headline, with or without its emphasis (a title of a figure has none)."""
    return headline in content or re.sub(r"</?em>", "", headline) in content


def _answer_first(headlines: str) -> str:
    """Return a list of headlines in HTML, folded beyond the first few."""
    items = headlines.split("</li>")
    more = len(items) - 1 - ANSWER
    if more < 2:
        return headlines
    fold = f'</ul>\n<details class="more"><summary>{more} more findings</summary><ul class="headlines">'
    return "</li>".join(items[:ANSWER]) + "</li>" + fold + "</li>".join(items[ANSWER:]) + "</details>"


def _as_last_seen(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return a cell's outputs as a terminal would leave them: of a progress bar that was wiped away, nothing."""
    CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)
    return [o for o in cell.get("outputs", []) if o.output_type != "stream" or o.text.strip()]


def _shown_as(output: nbformat.NotebookNode, where: str, strict: bool) -> dict[str, Any]:
    """Return what the template needs to know about an output (`role`, `alt`, `caption`, `figure`, ...).

    Raises:
        StudyError: if it is a figure without alternative text and `strict`.
    """
    role = output.metadata.get("series", {}).get("role", "")
    page: dict[str, Any] = {"role": role, "alt": "", "caption": "", "figure": ""}
    if output.output_type == "execute_result":
        output.output_type = "display_data"  # a page does not tell the two apart
    data = output.get("data", {})
    kind = next((mime for mime in SHOWN if mime in data), "")
    if kind == PLOTLY:
        about = data[PLOTLY].get("layout", {}).get("meta") or {}
        page |= _chart(data[PLOTLY])
    elif kind in PICTURES:
        about = output.metadata.get(kind, {})
        page["width"] = _png_width(data[kind]) if kind == "image/png" else None
        page |= {name: _plain(about.get(name)) for name in ("title", "subtitle")}
    elif kind == "text/html" and strict and re.search(r'<img(?![^>]*\balt="[^"]+)', data[kind]):
        raise StudyError(f"a picture in {where} has no alternative text; give its <img> an alt attribute.")
    else:
        return page
    about = about if isinstance(about, dict) else {}
    page["alt"], page["caption"] = about.get("alt", ""), about.get("caption", "")
    if not str(page["alt"]).strip():
        if strict:
            hint = "layout.meta.alt" if kind == PLOTLY else "alt in the output's metadata"
            raise StudyError(f"the figure in {where} has no alternative text; state what it shows in {hint}.")
        page["alt"] = "A figure without description"
    return page


def _chart(figure: dict[str, Any]) -> dict[str, Any]:
    """Return a plotly figure as JSON for the page, with its title as text of the page.

    plotly cannot break a long title on a phone, so title and subtitle leave the drawing.
    """
    layout = dict(figure.get("layout", {}))
    title = layout.pop("title", None) or {}
    title = {"text": title} if isinstance(title, str) else title
    drawing = {"data": figure.get("data", []), "layout": layout, "frames": figure.get("frames", [])}
    return {
        "figure": packed(json.dumps(drawing, separators=(",", ":"))),
        "title": _plain(title.get("text")),
        "subtitle": _plain((title.get("subtitle") or {}).get("text")),
        "height": int(layout.get("height") or PLOT_HEIGHT),
        "half": (layout.get("meta") or {}).get("half", False),
    }


def _png_width(encoded: str) -> int | None:
    """Return the width in CSS px (96 an inch) of a PNG in base64 that says its own resolution, else None."""
    with Image.open(BytesIO(base64.b64decode(encoded))) as image:
        return round(image.width / image.info["dpi"][0] * 96) if "dpi" in image.info else None


def _plain(text: str | None) -> str:
    """Return plotly's pseudo-HTML as plain text; only its own tags go, anything else stays as text."""
    words = re.sub(r"<br\s*/?>", " ", text or "")
    return html.unescape(re.sub(r"</?(?:b|i|em|strong|sub|sup|span)(?:\s[^<>]*)?>", "", words)).strip()


def _sizes_of_figures(notebook: nbformat.NotebookNode) -> list[tuple[int, str]]:
    """Return (characters, cell) of each plotly figure that is shown."""
    return [
        (len(output.metadata.page.figure), f"the cell '{_first_line(cell.source)}'")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.metadata.page.figure
    ]


def _first_line(source: str) -> str:
    """Return the line of a cell by which a person recognises it, at most 60 characters long."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return (lines or ["empty"])[0][:60]


class _CellRenderer(IPythonRenderer):
    """Markdown to HTML: raw markup is text, headings are collected, pictures must be in the page."""

    # harmless, and an exercise may fold its solution
    ALLOWED = re.compile(r"&lt;(/?(?:details|summary|br|sub|sup|kbd)) ?/?&gt;")

    def __init__(self, exporter: "_CellExporter", **options: Any):
        # `escape` would also show `&nbsp;` as it is written; raw markup is escaped by the two methods below
        super().__init__(escape=False, allow_harmful_protocols=False, **options)
        self.exporter = exporter

    def heading(self, text: str, level: int, **_: Any) -> str:
        return self.exporter.heading(text, level)

    def inline_html(self, html: str) -> str:
        return self.ALLOWED.sub(r"<\1>", self.escape_html(html))

    def block_html(self, html: str) -> str:
        return self.inline_html(html) + "\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        picture = super().image(text, url, title)
        if 'src="data:' not in picture or not text.strip():
            raise StudyError(
                f"the picture '{url[:60]}' in a Markdown cell must be attached to the cell and have"
                " alternative text, ![what it shows](attachment:file.png)."
            )
        return picture


class _CellExporter(HTMLExporter):
    """nbconvert with our template for the cells; knows title and headings after the export."""

    def __init__(self, addresses: dict[str, str], **options: Any):
        self.title: Markup | None = None
        self.headings: list[Heading] = []
        self.said: dict[int, Heading] = {}
        """The section of each headline, by its place among them."""
        self._unplaced: list[int] = []
        self._anchor: str | None = None
        super().__init__(
            extra_template_basedirs=[str(TEMPLATES.parent)],
            template_name=TEMPLATES.name,
            template_file="notebook.html.j2",
            filters={
                "framed": _framed,
                "folding": _folding,
                "plainly": _plainly,
                "linked": partial(linked, addresses=addresses),
            },
            **options,
        )

    @property
    def default_config(self):
        config = super().default_config
        config.NbConvertBase.display_data_priority = list(SHOWN)
        return config

    @jinja2.pass_context
    def markdown2html(self, context: jinja2.runtime.Context, source: str) -> str:
        """Render Markdown by nbconvert's own parser and our renderer."""
        cell = context.get("cell", {})
        self._unplaced = list(cell.get("metadata", {}).get("said", []))
        self._anchor = cell.get("metadata", {}).get("anchor")
        renderer = _CellRenderer(self, attachments=cell.get("attachments", {}))
        return MarkdownWithMath(renderer=renderer).render(source)

    def heading(self, text: str, level: int) -> str:
        """Take the first top heading as title; give the others an id and a line in the contents."""
        if level == 1 and self.title is None:
            self.title = Markup(text)
            return ""
        level = max(level, 2)
        plain = Markup(text).striptags()
        # the prefix keeps a heading "Error" or "Main" from taking the id of a part of the page
        slug = "section-" + (re.sub(r"[^\w]+", "-", plain.lower()).strip("-") or "untitled")
        taken = {heading.id for heading in self.headings}
        unique = next(s for n in range(1, len(taken) + 2) if (s := f"{slug}-{n}" if n > 1 else slug) not in taken)
        heading = Heading(level, unique, plain)
        self.headings.append(heading)
        self.said |= dict.fromkeys(self._unplaced, heading)
        anchors = "".join(f'<span id="said-{place}"></span>' for place in self._unplaced)
        if self._anchor:  # an address that stays when sections are numbered anew
            anchors += f'<span id="{self._anchor}"></span>'
        self._unplaced, self._anchor = [], None
        link = f'<a class="anchor" href="#{unique}" aria-label="Link to this section"></a>'
        return f'<h{level} id="{unique}">{anchors}{link}{text}</h{level}>\n'


def _framed(markup: str) -> str:
    """Put every table into a container that scrolls by itself, so that a wide one never widens the page.

    Rows that a long one does not show at first are packed.
    """
    opened = re.sub(r"<table\b", '<div class="scroll" tabindex="0"><table', markup)
    closed = opened.replace("</table>", "</table></div>")
    return ROWS.sub(lambda rows: f'<script type="{PACKED}" class="rows">{packed(rows[1])}</script>', closed)


def _folding(markup: str) -> str:
    """Return a section's opening with its heading as what is seen of it while it is folded."""
    heading, end, rest = markup.partition("</h2>")
    return f'<summary>{heading}{end}</summary>\n<div class="prose">{rest}</div>'


def _plainly(code: str) -> str:
    """Return highlighted code without the elements that page.css gives no colour: most of a page's elements."""
    return re.sub(r'<span class="(\w+)">([^<]*)</span>', lambda e: e[0] if e[1] in _coloured() else e[2], code)


@cache
def _coloured() -> set[str]:
    return set(re.findall(r"\.highlight \.(\w+)", (TEMPLATES / "page.css").read_text(encoding="utf-8")))

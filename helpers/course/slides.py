"""A chapter as slides: its title, what each section asks, its figures; what it needs lies beside it."""

import copy
import re
import shutil
from pathlib import Path

import nbformat
import plotly.io as pio
from nbconvert import SlidesExporter
from plotly.offline import get_plotlyjs

from helpers.build.sections import COURSE_ONLY
from helpers.show.display import PLOTLY
from helpers.study.needs import title_of

Notebook = nbformat.NotebookNode
PLOTLY_JS = "plotly.min.js"
REVEAL = "reveal"
"""The folder beside the decks that has reveal.js and plotly.js."""
MERMAID = re.compile(r'<script type="module">(?:(?!</script>).)*mermaid.*?</script>', re.DOTALL)
"""What nbconvert has fetch a library for diagrams, which no chapter draws."""
LONGEST = 400
"""Characters of a section's prose that a slide has room for."""


def slides_of(executed: Notebook, target: Path, title: str) -> None:
    """Write the slides of an executed chapter: its opening, and the sections that are no method."""
    deck = copy.deepcopy(executed)
    deck.cells = _shown(deck.cells)
    exporter = SlidesExporter(
        reveal_url_prefix=REVEAL,
        require_js_url="",
        jquery_url="",
        mathjax_url="",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        reveal_theme="white",
    )
    body, _ = exporter.from_notebook_node(deck, resources={"metadata": {"name": title}})
    body = MERMAID.sub("", body)
    body, _, _ = body.rpartition("<script>")  # the last starts reveal.js by require.js, from a network
    style = "<style>.reveal :is(h1, h2, h3) { text-transform: none }</style>"
    figures = f'<script src="{REVEAL}/{PLOTLY_JS}"></script>{style}</head>'
    target.write_text(body.replace("</head>", figures, 1) + _START, encoding="utf-8")


_START = f"""<script src="{REVEAL}/dist/reveal.js"></script>
<script>Reveal.initialize({{ hash: true, width: 1100, height: 750, transition: "none" }});</script>
</html>
"""


def write_reveal(folder: Path) -> None:
    """Put reveal.js beside the decks, as sphinx-revealjs carries it, and plotly.js, as plotly does."""
    import sphinx_revealjs

    found = next(Path(sphinx_revealjs.__file__).parent.rglob("dist/reveal.js")).parent
    shutil.copytree(found.parent, folder / REVEAL, ignore=shutil.ignore_patterns("*.map", "test", "*.scss"))
    (folder / REVEAL / PLOTLY_JS).write_text(get_plotlyjs(), encoding="utf-8")


def _shown(cells: list[Notebook]) -> list[Notebook]:
    """Return the cells of the slides, each with its place in them."""
    kept, out = [], False
    for cell in cells:
        tags = set(cell.metadata.get("tags", []))
        heading = title_of(cell)
        if heading:
            out = "left_out" in cell.metadata or bool(tags & {"method", "exercises"}) or heading == "Findings"
        if out or tags & COURSE_ONLY - {"course"} or "parameters" in tags:
            continue
        if cell.cell_type == "markdown":
            if heading or not kept or "course" in tags:
                cell.source = cell.source if "course" in tags else _short(cell.source)
                cell.metadata["slideshow"] = {"slide_type": "slide"}
                kept.append(cell)
            continue
        figures = [output for output in map(_figure, cell.outputs) if output]
        if figures and "method" not in tags:
            cell.outputs = figures[:1]
            cell.metadata["slideshow"] = {"slide_type": "subslide"}
            kept.append(cell)
    return kept


def _short(source: str) -> str:
    """Return a cell's heading and its first paragraphs, as many sentences as a slide has room for."""
    heading, *parts = source.strip().split("\n\n")
    prose = "\n\n".join(parts[:2] if heading.startswith("# ") else parts[:1])
    while len(prose) > LONGEST and ". " in prose:
        prose = prose[: prose.rindex(". ", 0, -1)] + "."
    return f"{heading}\n\n{prose}"


def _figure(output: Notebook) -> Notebook | None:
    """Return a figure's output as a slide shows it; None for any other output."""
    data = output.get("data", {})
    if PLOTLY in data:
        layout = data[PLOTLY]["layout"]
        size = {"width": 1000, "height": 600, "margin": layout.get("margin", {}) | {"t": 90}}
        figure = {"data": data[PLOTLY]["data"], "layout": layout | size}
        bare = {"displayModeBar": False}
        shown = pio.to_html(figure, include_plotlyjs=False, full_html=False, validate=False, config=bare)
    elif "image/png" in data:
        shown = f'<img alt="" src="data:image/png;base64,{data["image/png"]}">'
    else:
        return None
    return nbformat.v4.new_output("display_data", data={"text/html": shown})

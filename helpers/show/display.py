"""What a cell shows: sentences, tables and figures, where every value from the data is text, never markup."""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
from IPython.display import HTML, display
from markupsafe import Markup
from matplotlib.figure import Figure
from PIL import Image

from helpers.base.text import number, sentence, written
from helpers.base.vocabulary import kind, label
from helpers.show.alt import alt_text
from helpers.show.labels import first_sentence, legible, name_series, note, titled

PLOTLY = "application/vnd.plotly.v1+json"
ROWS_SHOWN = 10
"""Rows that a page shows of a table to begin with; of one that is half as long again, all."""
ROWS_CARRIED = 5_000
"""Rows of a table that a page has at all; the rest is in the downloads."""
WHOLE = 0.002
"""How far shares that make up a whole may be off it."""
BARS = 2
"""Columns of a table that are drawn as bars, too."""

DPI = 160
BOUNDS = ("from", "to", "Low", "High")
"""Headings of the ends of an interval, which are no bars."""
SHORT, LONG = 16, 60
"""Characters of a text that stays on one line of a table, and from which a text gets more room than others."""


class Picture(NamedTuple):
    """A matplotlib figure with its alternative text (what it shows, with figures), caption and title.

    The title is the finding; `what` says below it what is drawn. Both are text of the page, not of the picture.
    """

    figure: Figure
    alt: str
    caption: str = ""
    title: str = ""
    what: str = ""


def say(template: str, **values: Any) -> None:
    """Show a sentence: one made by `sentence`, or a template and what it quotes: `say("{n} lines.", n=3)`."""
    text = template if isinstance(template, Markup) else sentence(template, **values)
    display(HTML(f"<p>{text}</p>"))


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    rows: int = ROWS_SHOWN,
    carries: int = ROWS_CARRIED,
    adds: Sequence[str] = (),
    formats: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Show a frame as a table; nothing where it has no rows. Headings, formats and bars are the vocabulary's.

    page.js sorts it by a heading, lets a long one be searched, and draws the rows beyond the first `rows`, which
    are data in the page: without JavaScript the first are there, and how many there are is said below them.

    Args:
        frame: the index is not shown.
        caption: what the table says, for the page and for screen readers.
        rows: how many to show at first.
        carries: how many the page carries at most; how many there are is said below them.
        adds: columns whose sum means something. Those that a share beside them proves to add up (`customers` and
            their share of all customers) need not be named.
        formats: a function from value to text, by column, where the vocabulary's kind does not say it.
        names: headings by column, where the vocabulary's do not say it.
    """
    if frame.empty:
        return
    formats, names = formats or {}, names or {}
    rows = len(frame) if len(frame) <= 1.5 * rows else rows
    columns = list(frame.columns)
    write = {c: formats.get(c) or partial(written, kind=kind(c)) for c in columns}
    numeric = {c: _is_numeric(frame[c]) or c in formats for c in columns}
    most = _barred(frame, [c for c in columns if numeric[c] and names.get(c, label(c)) not in BOUNDS])
    head = "".join(
        f'<th scope="col"{_class(numeric[c])}{_most(most.get(c))}>{html.escape(names.get(c, label(c)))}</th>'
        for c in columns
    )
    carried = frame.head(min(carries, ROWS_CARRIED))
    texts = [[write[c](value) for value in carried[c].array] for c in columns]
    # a cell looks as the longest one of its column needs it: a short text such as a date stays on one line
    looks = ["number" if numeric[c] else _room(max(map(len, t))) for c, t in zip(columns, texts, strict=True)]
    parts = [_parts(carried[c].head(rows), most.get(c)) for c in columns]
    body = "".join(
        "<tr>" + "".join(map(_cell, row, looks, part)) + "</tr>"
        for row, part in zip(list(zip(*texts, strict=True))[:rows], zip(*parts, strict=True), strict=True)
    )
    total = _totals(frame, [c for c in columns if numeric[c]], adds)
    foot = "".join(
        _cell(write[c](total[c]) if c in total else "", look) for c, look in zip(columns, looks, strict=True)
    )
    foot = f"<tfoot><tr>{foot.replace('></td>', '>Total</td>', 1)}</tr></tfoot>" if total else ""
    rest = [list(row) for row in zip(*texts, strict=True)][rows:]
    data = json.dumps(rest, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = f'<script type="application/json" class="rows">{data}</script>' if rest else ""
    note = f'<p class="note rest">{rows:,} of {len(carried):,} shown.</p>' if rest else ""
    if len(frame) > len(carried):
        note += f'<p class="note">These are the first {len(carried):,} of {len(frame):,} rows.</p>'
    title = f"<caption>{html.escape(caption)}</caption>"
    opened = f'<table class="data" data-rows="{rows}">{title}<thead><tr>{head}</tr></thead>'
    display(HTML(f"{opened}<tbody>{body}</tbody>{foot}{script}</table>{note}"))


def _barred(frame: pd.DataFrame, numeric: Sequence[str]) -> dict[str, float]:
    """Return the columns that are drawn as bars, and the largest value of each: shares, else the first money."""
    if len(frame) < 3:
        return {}
    drawn = {c: float(frame[c].max()) for c in numeric if kind(c) in ("share", "money") and _may_be_bars(frame[c])}
    shares = [c for c in drawn if kind(c) == "share"][:BARS]
    # shares beside each other have one scale
    return dict.fromkeys(shares, max(drawn[c] for c in shares)) if shares else dict(list(drawn.items())[:1])


def _may_be_bars(column: pd.Series) -> bool:
    """Return whether each value can be a bar, and not all of them the same one."""
    values = pd.to_numeric(column, errors="coerce")
    return bool(values.notna().any() and values.min() >= 0 and values.max() > values.min())


def _parts(column: pd.Series, most: float | None) -> list[float | None]:
    """Return how long the bar of each value is, from 0 to 1."""
    if most is None:
        return [None] * len(column)
    return [None if pd.isna(value) else float(value) / most for value in column]


def _totals(frame: pd.DataFrame, numeric: Sequence[str], adds: Sequence[str]) -> dict[str, Any]:
    """Return the sums of the columns that add up, named ones and those whose share of the sum is beside them."""
    if len(frame) < 2:
        return {}
    values = {c: pd.to_numeric(frame[c], errors="coerce") for c in numeric}
    shares = [
        c for c in numeric if kind(c) == "share" and abs(values[c].sum() - 1) < WHOLE and values[c].min() >= 0
    ]
    proven = {
        c: share
        for c in numeric
        for share in shares
        if kind(c) in ("count", "money", "number")
        and values[c].sum() > 0
        and ((values[c] / values[c].sum() - values[share]).abs() < WHOLE).all()
    }
    summed = [c for c in numeric if c in adds or c in proven or c in proven.values()]
    return {c: round(frame[c].sum(), 6) for c in summed}  # a tenth ten times is one


def _is_numeric(column: pd.Series) -> bool:
    """Return whether a column holds numbers, decimals of the engine included."""
    return pd.api.types.is_numeric_dtype(column) or any(isinstance(value, Decimal) for value in column.head(1))


def _cell(text: str, look: str, part: float | None = None) -> str:
    """Return a table cell; its look says how it may be broken, its part how long its bar is, from 0 to 1."""
    bar = "" if part is None else f' style="--part:{part:.0%}"'
    return f'<td class="{look}"{bar}>{html.escape(text)}</td>'


def _room(length: int) -> str:
    return "short" if length <= SHORT else "text" if length <= LONG else "long"


def _most(value: float | None) -> str:
    return "" if value is None else f' data-most="{value:g}"'


def _class(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def describe(figure: go.Figure, alt: str, caption: str = "") -> go.Figure:
    """Give a plotly figure its alternative text (what it shows, with figures) and a caption; return it."""
    return note(figure, alt=alt, caption=caption)


def show(*figures: go.Figure | Picture | None, finding: str = "") -> None:
    """Show figures, two beside each other where a page is wide enough; None stands for one without data.

    `finding` is HTML of what the first figure shows: its first sentence becomes the figure's title, and what the
    title said is below it; the other sentences are said below the figures. The alternative text of a plotly figure
    is what `describe` said, or is read off the figure; a matplotlib figure comes as a `Picture`, with its text.

    Raises:
        ValueError: a picture has no alternative text, or none can be read off a figure.
    """
    drawn = [figure for figure in figures if figure is not None]
    title, others = first_sentence(finding) if drawn else ("", finding)
    if title and isinstance(drawn[0], Picture):
        drawn[0] = drawn[0]._replace(title=title, what=drawn[0].what or drawn[0].title)
    elif title:
        titled(drawn[0], title)
    beside = [figure for figure in drawn if isinstance(figure, go.Figure)]
    for figure in beside[: len(beside) - len(beside) % 2]:
        note(figure, half=True)
    for figure in drawn:
        if isinstance(figure, Picture):
            _show_picture(figure)
        else:
            _show_chart(figure)
    if others:
        say(Markup(others))


def _show_chart(figure: go.Figure) -> None:
    figure.for_each_trace(legible, {"type": "bar"})
    name_series(figure)
    if not figure.layout.meta or not figure.layout.meta.get("alt"):
        if not (alt := alt_text(figure)):
            raise ValueError("A figure without data needs alternative text: describe(figure, alt).")
        note(figure, alt=alt)
    # plotly's own way loads a validator of notebooks first, which costs each chapter four seconds
    display({PLOTLY: json.loads(figure.to_json())}, raw=True)


def _show_picture(shown: Picture) -> None:
    if not shown.alt:
        raise ValueError("A picture needs alternative text: Picture(figure, alt).")
    drawn = BytesIO()
    shown.figure.savefig(drawn, format="png", dpi=DPI, bbox_inches="tight")
    shown.figure.clear()
    # drawn with a few colours: in full ones, of which no chart makes use, it would be three times as large
    small = BytesIO()
    Image.open(drawn).convert("RGB").quantize(256).save(small, format="PNG", optimize=True, dpi=(DPI, DPI))
    about = {"alt": shown.alt, "caption": shown.caption, "title": shown.title, "subtitle": shown.what}
    display({"image/png": small.getvalue()}, raw=True, metadata={"image/png": about})


def as_text(values: Iterable[Any]) -> list[str]:
    """Return labels from the data for plotly, which reads a little HTML in every text it draws."""
    return [html.escape(number(value) if not isinstance(value, str) else value, quote=False) for value in values]

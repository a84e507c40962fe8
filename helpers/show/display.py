"""What a cell shows: sentences, tables and figures, where every value from the data is text, never markup."""

import html
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
from IPython.display import HTML, display
from markupsafe import Markup
from matplotlib.figure import Figure

from helpers.base.text import number, sentence, written
from helpers.base.vocabulary import kind, label
from helpers.show import theme
from helpers.show.alt import alt_text

PLOTLY = "application/vnd.plotly.v1+json"
ROWS_SHOWN = 25
"""Rows of a table that a page shows; the rest is in the downloads."""

HEX = re.compile("#[0-9a-fA-F]{6}")
SHORT, LONG = 16, 60
"""Characters of a text that stays on one line of a table, and from which a text gets more room than others."""


class Picture(NamedTuple):
    """A matplotlib figure with its alternative text (what it shows, with figures) and a caption."""

    figure: Figure
    alt: str
    caption: str = ""


def say(template: str, **values: Any) -> None:
    """Show a sentence: one made by `sentence`, or a template and what it quotes: `say("{n} lines.", n=3)`."""
    text = template if isinstance(template, Markup) else sentence(template, **values)
    display(HTML(f"<p>{text}</p>"))


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    rows: int = ROWS_SHOWN,
    searchable: bool = False,
    filter_by: str | None = None,
    formats: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Show a frame as a table; nothing where it has no rows. Headings and formats are the vocabulary's.

    A searchable table holds every row as plain HTML; page.js adds the controls and shows a few rows at a time, so
    that without JavaScript the whole list can still be read (at most some thousands). What other tables leave out
    is said under them.

    Args:
        frame: the index is not shown.
        caption: what the table says, for the page and for screen readers.
        rows: how many to show.
        searchable: whether the reader gets all rows.
        filter_by: a column of few values that a searchable table gets a list for.
        formats: a function from value to text, by column, where the vocabulary's kind does not say it.
        names: headings by column, where the vocabulary's do not say it.
    """
    if frame.empty:
        return
    formats, names = formats or {}, names or {}
    columns = list(frame.columns)
    write = {c: formats.get(c) or partial(written, kind=kind(c)) for c in columns}
    numeric = [_is_numeric(frame[c]) or c in formats for c in columns]
    head = "".join(
        f'<th scope="col"{_class(right)}>{html.escape(names.get(c, label(c)))}</th>'
        for c, right in zip(columns, numeric, strict=True)
    )
    shown = frame if searchable else frame.head(rows)
    texts = [[write[c](value) for value in shown[c].array] for c in columns]
    body = "".join(
        "<tr>" + "".join(_cell(text, right) for text, right in zip(row, numeric, strict=True)) + "</tr>"
        for row in zip(*texts, strict=True)
    )
    chosen = f' data-filter="{columns.index(filter_by)}"' if filter_by else ""
    opened = f'<table class="searchable"{chosen}>' if searchable else "<table>"
    left = len(frame) - len(shown)
    note = f'<p class="note">… and {left:,} more {"row" if left == 1 else "rows"}.</p>' if left else ""
    title = f"<caption>{html.escape(caption)}</caption>"
    display(HTML(f"{opened}{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"))


def _is_numeric(column: pd.Series) -> bool:
    """Return whether a column holds numbers, decimals of the engine included."""
    return pd.api.types.is_numeric_dtype(column) or any(isinstance(value, Decimal) for value in column.head(1))


def _cell(text: str, numeric: bool) -> str:
    """Return a table cell; its class says how it may be broken: a short text such as a date stays on one line."""
    length = "short" if len(text) <= SHORT else "text" if len(text) <= LONG else "long"
    kind = _class(numeric) or f' class="{length}"'
    return f"<td{kind}>{html.escape(text)}</td>"


def _class(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def describe(figure: go.Figure, alt: str, caption: str = "") -> go.Figure:
    """Give a plotly figure its alternative text (what it shows, with figures) and a caption; return it."""
    return figure.update_layout(meta={"alt": alt, "caption": caption})


def show(*figures: go.Figure | Picture | None) -> None:
    """Show figures one below the other; None stands for one that the data has no columns for.

    The alternative text of a plotly figure is what `describe` said, or is read off the figure; a matplotlib figure
    comes as a `Picture`, with its text.

    Raises:
        ValueError: a picture has no alternative text, or none can be read off a figure.
    """
    for figure in figures:
        if isinstance(figure, go.Figure):
            figure.for_each_trace(_legible, {"type": "bar"})
            about = figure.layout.meta if isinstance(figure.layout.meta, dict) else {}
            if not about.get("alt"):
                if not (alt := alt_text(figure)):
                    raise ValueError("A figure without data needs alternative text: describe(figure, alt).")
                figure.update_layout(meta=about | {"alt": alt})
            # plotly's own way loads a validator of notebooks first, which costs each chapter four seconds
            display({PLOTLY: json.loads(figure.to_json())}, raw=True)
        elif figure is not None:
            _show_picture(figure)


def _legible(trace: go.Bar) -> None:
    """Give the labels inside the bars an ink that can be read on each bar's colour, where that is plain."""
    colours = trace.marker.color
    each = [colours] if isinstance(colours, str) else colours if isinstance(colours, list | tuple) else []
    if each and all(isinstance(colour, str) and HEX.fullmatch(colour) for colour in each):
        inks = [theme.ink_on(colour) for colour in each]
        trace.update(insidetextfont_color=inks if len(inks) > 1 else inks[0])


def _show_picture(shown: Picture) -> None:
    if not shown.alt:
        raise ValueError("A picture needs alternative text: Picture(figure, alt).")
    drawn = BytesIO()
    shown.figure.savefig(drawn, format="png", dpi=160, bbox_inches="tight")
    shown.figure.clear()
    about = {"alt": shown.alt, "caption": shown.caption}
    display({"image/png": drawn.getvalue()}, raw=True, metadata={"image/png": about})


def as_text(values: Iterable[Any]) -> list[str]:
    """Return labels from the data for plotly, which reads a little HTML in every text it draws."""
    return [html.escape(number(value) if not isinstance(value, str) else value, quote=False) for value in values]

"""What a cell shows: sentences, tables and figures, where every value from the data is text, never markup."""

import html
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from IPython.display import HTML, display
from matplotlib.figure import Figure

from helpers.base.text import number, sentence
from helpers.base.vocabulary import label

PLOTLY = "application/vnd.plotly.v1+json"
ROWS_SHOWN = 25
"""Rows of a table that a page shows; the rest is in the downloads."""


SHORT, LONG = 16, 60
"""Characters of a text that stays on one line of a table, and from which a text gets more room than others."""


def say(template: str, **values: Any) -> None:
    """Show a sentence that quotes the data: `say("{n} lines of {name}", n=3, name="<b>")`."""
    display(HTML(f"<p>{sentence(template, **values)}</p>"))


def table(
    frame: pd.DataFrame,
    *,
    caption: str,
    formats: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    rows: int = ROWS_SHOWN,
) -> None:
    """Show the first rows of a frame as a table.

    Args:
        frame: one row a row; the index is not shown.
        caption: what the table says, for the page and for screen readers.
        formats: a function from value to text, by column; `number` where none is given.
        names: headings by column; the vocabulary's labels where none is given.
        rows: how many rows to show. What is left out is said under the table.
    """
    formats, names = formats or {}, names or {}
    numeric = {c for c in frame.columns if _is_numeric(frame[c]) or c in formats}
    head = "".join(
        f'<th scope="col"{_class(c in numeric)}>{html.escape(names.get(c, label(c)))}</th>' for c in frame.columns
    )
    body = "".join(
        "<tr>"
        + "".join(
            _cell(formats.get(c, number)(value), c in numeric) for c, value in zip(frame.columns, row, strict=True)
        )
        + "</tr>"
        for row in frame.head(rows).itertuples(index=False, name=None)
    )
    left = len(frame) - rows
    note = f'<p class="note">… and {left:,} more {"row" if left == 1 else "rows"}.</p>' if left > 0 else ""
    title = f"<caption>{html.escape(caption)}</caption>"
    display(HTML(f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"))


def searchable_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    filter_by: str | None = None,
    formats: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Show all rows of a frame as a table that the reader can search, and filter by one column.

    Every row is plain HTML; page.js adds the controls and shows a few rows at a time, so that without JavaScript
    the whole list can still be read.

    Args:
        frame: one row a row, at most some thousands; the index is not shown.
        caption: what the table says.
        filter_by: a column of few values that gets a list to choose from.
        formats: a function from value to text, by column; `number` where none is given.
        names: headings by column; the vocabulary's labels where none is given.
    """
    formats, names = formats or {}, names or {}
    headings = [names.get(column, label(column)) for column in frame.columns]
    texts = [[formats.get(column, number)(value) for value in frame[column]] for column in frame.columns]
    numeric = [_is_numeric(frame[column]) or column in formats for column in frame.columns]
    head = "".join(
        f'<th scope="col"{_class(n)}>{html.escape(h)}</th>' for h, n in zip(headings, numeric, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(_cell(text, n) for text, n in zip(row, numeric, strict=True)) + "</tr>"
        for row in zip(*texts, strict=True)
    )
    chosen = f' data-filter="{list(frame.columns).index(filter_by)}"' if filter_by else ""
    title = f"<caption>{html.escape(caption)}</caption>"
    opened = f'<table class="searchable"{chosen}>'
    display(HTML(f"{opened}{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"))


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


def show(figure: go.Figure | Figure, alt: str = "", caption: str = "") -> None:
    """Show a figure. A matplotlib one needs its alternative text here; a plotly one carries it.

    Raises:
        ValueError: the figure has no alternative text.
    """
    if isinstance(figure, go.Figure):
        if not (figure.layout.meta or {}).get("alt"):
            raise ValueError("A figure needs alternative text: describe(figure, alt).")
        # plotly's own way loads a validator of notebooks first, which costs each chapter four seconds
        display({PLOTLY: json.loads(figure.to_json())}, raw=True)
        return
    if not alt:
        raise ValueError("A figure needs alternative text: show(figure, alt).")
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=160, bbox_inches="tight")
    figure.clear()
    display({"image/png": picture.getvalue()}, raw=True, metadata={"image/png": {"alt": alt, "caption": caption}})


def as_text(values: Iterable[Any]) -> list[str]:
    """Return labels from the data for plotly, which reads a little HTML in every text it draws."""
    return [html.escape(number(value) if not isinstance(value, str) else value, quote=False) for value in values]

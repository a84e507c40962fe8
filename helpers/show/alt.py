"""The alternative text of a figure, read off its own data: what a screen reader says instead of the drawing."""

import html
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from helpers.base.text import number

MARKS = {"bar": "Bars", "scatter": "Points", "scattergl": "Points", "pie": "A ring", "heatmap": "A grid"}
NAMED = 5
"""Values that are told one by one; of more, the highest and the lowest."""
SERIES_TOLD = 6


def alt_text(figure: go.Figure) -> str:
    """Return what a plotly figure shows: title, axes, and of each series the highest and lowest values."""
    layout = figure.layout
    shown = [trace for trace in figure.data if trace.visible in (None, True)]
    told = [text for trace in shown[:SERIES_TOLD] if (text := _series(trace))]
    left = len(shown) - SERIES_TOLD
    title = [_plain(layout.title.text), _plain(layout.title.subtitle.text)]
    parts = [*title, _axes(layout), *told, f"{left} more series" if left > 0 else ""]
    text = ". ".join(part.rstrip(".") for part in parts if part)
    return f"{text}." if told else ""


def ranking(labels: Iterable[Any], values: Iterable[float], write: Callable[[Any], str] = number) -> str:
    """Return the values with their labels, the highest first; of many the three highest and the lowest."""
    pairs = pd.Series(list(values), index=[str(label) for label in labels], dtype=float).dropna()
    ordered = pairs.sort_values(ascending=False, kind="stable")
    named = [f"{label} {write(value)}" for label, value in ordered.items()]
    if len(named) <= NAMED:
        return ", ".join(named)
    return f"highest {', '.join(named[:3])}; lowest {named[-1]}; {len(named)} in all"


def _axes(layout: go.Layout) -> str:
    names = [_plain(axis.title.text) for axis in (layout.xaxis, layout.yaxis)]
    return f"{names[1]} by {names[0]}" if all(names) else names[0] or names[1]


def _series(trace: Any) -> str:
    """Return one series in words: its mark, its name, and its values as far as they can be told."""
    name = _plain(trace.name)
    if trace.type == "pie":
        told = ranking(map(_plain, trace.labels), trace.values)
    elif trace.type == "heatmap":
        told = _grid(trace)
    elif getattr(trace, "orientation", None) == "h":
        told = ranking(map(_plain, trace.y), trace.x)
    else:
        told = _along(trace.x, trace.y)
    lines = trace.type in ("scatter", "scattergl") and "lines" in (trace.mode or "lines")
    mark = "A line" if lines else MARKS.get(trace.type, "Marks")
    return f"{mark}{f' ({name})' if name else ''}: {told}" if told else ""


def _along(x: Any, y: Any) -> str:
    values = _numbers(y)
    if values is None:
        return ""
    places = list(x) if x is not None and len(x) == len(values) else list(range(len(values)))
    if len(values) <= NAMED or not _ordered(places):
        return ranking(map(_place, places), values)
    first, last, high, low = (
        f"{number(values[i])} at {_place(places[i])}" for i in (0, -1, np.nanargmax(values), np.nanargmin(values))
    )
    return f"from {first} to {last}; highest {high}, lowest {low}"


def _grid(trace: Any) -> str:
    values = np.array(trace.z, dtype=float)
    rows, columns = trace.y, trace.x
    if values.ndim != 2 or rows is None or columns is None or not np.isfinite(values).any():
        return ""
    labels = [f"{_plain(row)} / {_plain(column)}" for row in rows for column in columns]
    return ranking(labels, values.ravel())


def _numbers(values: Any) -> np.ndarray | None:
    """Return values as floats; None where they are no numbers, or none is there."""
    try:
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        return None
    return numbers if numbers.ndim == 1 and np.isfinite(numbers).any() else None


def _ordered(places: Sequence[Any]) -> bool:
    """Return whether places are numbers or dates in order, so that a line along them says something."""
    if any(isinstance(place, str) for place in places):
        return False
    return all(one <= other for one, other in pairwise(places))


def _place(place: Any) -> str:
    """Return where a value stands: a number, a date, or a name."""
    moment = isinstance(place, np.datetime64)
    return _plain(number(pd.Timestamp(place).to_pydatetime() if moment else place))


def _plain(text: Any) -> str:
    """Return plotly's pseudo-HTML as plain text."""
    return html.unescape(re.sub(r"<[^<>]*>", " ", str(text or "")).replace("  ", " ")).strip()

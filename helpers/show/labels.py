"""What is written into a figure so that it is read without looking elsewhere: its finding, names beside series.

`show` does all of it, so a chart says what it draws in its title, and names its series.
"""

import html
import re
from typing import Any

import numpy as np
import plotly.graph_objects as go

from helpers.base.text import number
from helpers.show import theme

HEX = re.compile("#[0-9a-fA-F]{6}")
NEXT_SENTENCE = re.compile(r"(?<=[a-z0-9%)\N{NO-BREAK SPACE}][a-z0-9%)]\.) (?=[A-Z£€$<\d])")
"""Between two sentences: no name is cut that has an initial or St. in it."""
SERIES = 5
"""Series up to which each is named beside its line; of more, names would cover the lines."""
LINE, LETTER, HEIGHT = 16, 7.2, 360  # px of a name on the line's right, of a letter, and of a plot by itself
DIRECT = "direct"
"""The name of an annotation that stands for a legend; page.js puts the legend back where a screen is narrow."""


def titled(figure: go.Figure, finding: str, what: str = "") -> go.Figure:
    """Give a figure its finding as title, and below it what is drawn (else what its title said until now)."""
    what = what or figure.layout.title.subtitle.text or figure.layout.title.text or ""
    title = html.escape(finding.rstrip("."), quote=False)  # plotly reads a little HTML
    return figure.update_layout(title={"text": title, "subtitle": {"text": what}})


def first_sentence(text: str) -> tuple[str, str]:
    """Return the first sentence of HTML as plain text without its full stop, and the others as they are."""
    first, *others = NEXT_SENTENCE.split(str(text), maxsplit=1)
    return html.unescape(re.sub(r"<[^<>]*>", "", first)).rstrip("."), "".join(others)


def note(figure: go.Figure, **about: Any) -> go.Figure:
    """Keep what the page has to know of a figure (`alt`, `caption`, `half`, `folded`) beside what it knows."""
    known = figure.layout.meta if isinstance(figure.layout.meta, dict) else {}
    return figure.update_layout(meta=known | about)


def legible(trace: go.Bar) -> None:
    """Give the labels inside the bars an ink that can be read on each bar's colour, where that is plain."""
    colours = trace.marker.color
    each = [colours] if isinstance(colours, str) else colours if isinstance(colours, list | tuple) else []
    if each and all(isinstance(colour, str) and HEX.fullmatch(colour) for colour in each):
        inks = [theme.ink_on(colour) for colour in each]
        trace.update(insidetextfont_color=inks if len(inks) > 1 else inks[0])


def name_series(figure: go.Figure) -> None:
    """Name a few lines or stacked bars at their right end instead of in a legend."""
    named = [t for t in figure.data if t.name and t.showlegend is not False]
    if not 2 <= len(named) <= SERIES or figure.layout.showlegend is False or figure.layout.yaxis.type == "log":
        return
    if all(t.type in ("scatter", "scattergl") and "lines" in (t.mode or "lines") for t in named):
        ends = [end for t in named if (end := _last(t))]
    elif figure.layout.barmode in ("stack", "relative") and all(_stands(t, named[0]) for t in named):
        ends = _middles(named)
    else:
        return
    if len(ends) < len(named):
        return
    values = [v for t in figure.data for v in _numbers(t.y)]
    low, high = min(values), max(values)
    if figure.layout.barmode in ("stack", "relative"):
        high = max(np.sum([_numbers(t.y) for t in named], axis=0))
    low = min(low, 0.0) if figure.layout.yaxis.rangemode == "tozero" or figure.layout.barmode else low
    low, high = figure.layout.yaxis.range or (low, high)
    if not high > low:
        return
    scale = max((figure.layout.height or HEIGHT) - 90, 100) / (high - low)
    wanted = np.array([y for _, y in ends]) * scale
    shifts = _apart(wanted) - wanted
    for trace, (x, y), shift in zip(named, ends, shifts, strict=True):
        colour = trace.marker.color if trace.type == "bar" else trace.line.color
        mark = f'<span style="color:{colour}">■</span> ' if isinstance(colour, str) else ""
        at = {
            "x": str(x) if isinstance(x, np.datetime64) else x,
            "y": y,
            "xshift": 6,
            "yshift": float(round(shift)),
        }
        look = {"showarrow": False, "xanchor": "left", "align": "left", "font_size": 12}
        figure.add_annotation(text=mark + trace.name, name=DIRECT, **at, **look)
    longest = max(len(re.sub("<[^>]*>", "", t.name)) for t in named) + 2
    figure.update_layout(showlegend=False, margin_r=round(14 + LETTER * longest))


def _stands(trace: Any, first: Any) -> bool:
    """Return whether a trace is of upright bars that stand on those of the first one, each on its own."""
    return trace.type == "bar" and trace.orientation != "h" and list(trace.x) == list(first.x)


def _numbers(values: Any) -> list[float]:
    """Return the numbers among values; those that are none are left out."""
    try:
        return [float(v) for v in values if v is not None and np.isfinite(float(v))]
    except (TypeError, ValueError):
        return []


def _last(trace: Any) -> tuple[Any, float] | None:
    """Return where a line ends: its last point that has a value."""
    points = [(x, float(y)) for x, y in zip(trace.x, trace.y, strict=True) if y is not None and np.isfinite(y)]
    return points[-1] if points else None


def _middles(stacked: list[Any]) -> list[tuple[Any, float]]:
    """Return the middle of each piece of the last stack."""
    tops = np.cumsum([_numbers(trace.y)[-1] for trace in stacked])
    return [(stacked[0].x[-1], float(top - trace.y[-1] / 2)) for trace, top in zip(stacked, tops, strict=True)]


def _apart(wanted: np.ndarray) -> np.ndarray:
    """Return heights in px a line apart at least, as near to those that are wanted as their order allows."""
    order = np.argsort(wanted, kind="stable")
    placed = wanted[order].copy()
    for _ in range(len(placed)):
        gaps = LINE - np.diff(placed)
        for i in np.flatnonzero(gaps > 0.5):
            placed[i] -= gaps[i] / 2
            placed[i + 1] += gaps[i] / 2
    found = np.empty_like(placed)
    found[order] = placed
    return found


def extremes(labels: Any, values: Any, write: Any = number) -> str:
    """Return which label has the highest value and which the lowest, as a finding: `Fri is highest at 12`."""
    pairs = [
        (str(label), float(v))
        for label, v in zip(labels, values, strict=True)
        if v is not None and not np.isnan(v)
    ]
    if not pairs:
        return ""
    high, low = max(pairs, key=lambda pair: pair[1]), min(pairs, key=lambda pair: pair[1])
    if high[1] == low[1]:
        return f"{high[0]}: {write(high[1])}" if len(pairs) == 1 else f"All are equal at {write(high[1])}"
    return f"{high[0]} is highest at {write(high[1])}, {low[0]} lowest at {write(low[1])}"

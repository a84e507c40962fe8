"""Where do the customers live? Values by country become a world map.

The map is drawn as plain filled polygons on hidden axes, projected here. Plotly's own map traces ask a server
for their land shapes, and a report must open, and look the same, where there is no network. Shapes, points
and names are data in ``helpers/shapes/``; its README says where they come from.
"""

import math
from collections.abc import Iterable
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from helpers.base.places import countries, locate, project, projected_shapes
from helpers.base.text import counted, number
from helpers.show.display import describe

CLEAR = "rgba(0,0,0,0)"
LAND = "rgba(128,128,128,0.22)"  # translucent, so that it reads as light grey on paper and on a dark page
BORDER = "rgba(128,128,128,0.55)"
NOT_POSITIVE = "#c46f4e"  # a warm colour outside the scale: such a value has no logarithm
# from pale to strong; the strong end stands out from white and from a dark page alike
SCALE = ["#a9d0ea", "#6c9fdb", "#7a63c4", "#a63bb8"]
BUBBLE_SIZE = 11  # pixels; one size for all, because the colour already carries the value
TOP = 3


def country_map(values: pd.Series, label: str, money: bool = False) -> tuple[go.Figure, pd.Series]:
    """Draw values by country name on a world map that needs no network; missing numbers are left out.

    Names of the same country are summed. Colour follows the logarithm of the value, because a shop's home
    country often outweighs all others together; the colour bar is marked in real values. Values at or below
    zero have no logarithm and get a colour of their own. `label` says what the values are, with their unit;
    `money` is printed to the whole unit.

    Returns:
        The figure, with its alternative text in ``layout.meta["alt"]``, and the values whose names could
        not be placed, under the names as given, for the count below the map.
    """
    values = values.astype(float).dropna()
    codes = locate(values.index)["code"].to_numpy()
    placed = pd.notna(codes)
    unplaced = values[~placed]
    totals = values[placed].groupby(codes[placed]).sum().sort_index()
    write = "{:,.0f}".format if money else number
    # names are our table's own, so no markup of the data gets in
    texts = {code: f"{countries()[code].name}<br>{write(value)}" for code, value in totals.items()}
    low, high = _log_range(totals)
    colours = {code: _colour(value, low, high) for code, value in totals.items()}

    shapes = projected_shapes()
    without = [code for code in shapes if code not in totals.index]
    figure = go.Figure(_land(without, "no value", LAND, hoverinfo="skip"))
    for code in totals.index.intersection(list(shapes)):
        # a country answers to hovering anywhere inside it
        hover = {"hoveron": "fills", "hoverinfo": "text", "text": texts[code]}
        figure.add_trace(_land([code], code, colours[code], **hover))
    figure.add_trace(_bubbles([code for code in totals.index if code not in shapes], colours, texts))
    if (totals > 0).any():
        figure.add_trace(_key("colour bar", _colour_bar(low, high, label)))
    if (totals <= 0).any():
        square = {"symbol": "square", "size": 12, "color": NOT_POSITIVE}
        figure.add_trace(_key("zero or below", square, showlegend=True))
    _lay_out(figure)
    return describe(figure, _alternative_text(totals, texts, unplaced, label)), unplaced


def _log_range(totals: pd.Series) -> tuple[float, float]:
    """Return the base-10 logarithms of the smallest and largest positive total; 0 and 1 if there is none."""
    positive = totals[totals > 0]
    if positive.empty:
        return 0.0, 1.0
    low, high = math.log10(positive.min()), math.log10(positive.max())
    # one value alone is drawn in the strongest colour, on a scale that still has a length
    return (low, high) if low < high else (high - 1, high)


def _colour(value: float, low: float, high: float) -> str:
    """Return the fill colour by the position of the value's logarithm between low and high."""
    if value <= 0:
        return NOT_POSITIVE
    return sample_colorscale(SCALE, [(math.log10(value) - low) / (high - low)])[0]


def _tick_values(low: float, high: float) -> list[float]:
    """Return round values between two logarithms, as coarse as still gives three; else both ends."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    for steps in ((1,), (1, 2, 5), range(1, 10)):
        ticks = [step * 10.0**power for power in powers for step in steps]
        inside = [tick for tick in ticks if low <= math.log10(tick) <= high]
        if len(inside) >= 3:
            return inside
    return [10**low, 10**high]


def _land(codes: Iterable[str], name: str, colour: str, **hover: str) -> go.Scatter:
    """Return the shapes of countries as one filled trace."""
    shapes = [projected_shapes()[code] for code in codes]
    return go.Scatter(
        x=[x for xs, _ in shapes for x in xs],
        y=[y for _, ys in shapes for y in ys],
        mode="lines",
        line={"color": BORDER, "width": 0.4},
        fill="toself",
        fillcolor=colour,
        name=name,
        showlegend=False,
        **hover,
    )


def _bubbles(codes: list[str], colours: dict[str, str], texts: dict[str, str]) -> go.Scatter:
    """Return the countries too small for a shape as bubbles in the colours of the same scale."""
    found = [countries()[code] for code in codes]
    x, y = project([c.longitude for c in found], [c.latitude for c in found])
    outline = {"color": "rgba(255,255,255,0.85)", "width": 1}
    marker = {"size": BUBBLE_SIZE, "color": [colours[code] for code in codes], "line": outline}
    text = [texts[code] for code in codes]
    return go.Scatter(
        x=x, y=y, mode="markers", marker=marker, hoverinfo="text", text=text, name="bubbles", showlegend=False
    )


def _key(name: str, marker: dict[str, Any], showlegend: bool = False) -> go.Scatter:
    """Return a trace that draws nothing but the key to its marker."""
    return go.Scatter(
        x=[None], y=[None], mode="markers", marker=marker, hoverinfo="skip", name=name, showlegend=showlegend
    )


def _colour_bar(low: float, high: float, label: str) -> dict[str, Any]:
    """Return a marker with the colour bar, its ticks in real values."""
    ticks = _tick_values(low, high)
    bar = {
        "title": {"text": f"{escape(label)}<br>(log scale)"},
        "tickvals": [math.log10(tick) for tick in ticks],
        "ticktext": [f"{tick:,.0f}" if tick >= 10 else f"{tick:.2g}" for tick in ticks],
        "thickness": 12,
        "len": 0.85,
        "outlinewidth": 0,
    }
    return {"color": [low], "cmin": low, "cmax": high, "colorscale": SCALE, "showscale": True, "colorbar": bar}


def _lay_out(figure: go.Figure) -> None:
    """Hide the axes, keep the aspect, and leave background and font colour to the page's theme."""
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        # the inhabited world: Cape Horn at the bottom, Greenland at the top
        xaxis={**hidden, "range": [-255, 260], "constrain": "domain"},
        yaxis={**hidden, "range": [-105, 133], "scaleanchor": "x", "constrain": "domain"},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        hovermode="closest",
        hoverdistance=1,  # pixels: a bubble must not answer for the lands around it
        height=440,
        margin={"l": 0, "r": 0, "t": 10, "b": 10},
        legend={"x": 0.02, "y": 0.05, "bgcolor": CLEAR},
    )


def _alternative_text(totals: pd.Series, texts: dict[str, str], unplaced: pd.Series, label: str) -> str:
    """Say in words what the map shows: how many countries, the largest, what is missing."""
    missing = f"{counted(len(unplaced), 'name', 'names')} could not be placed."
    if totals.empty:
        return f"World map of {label} by country, without any value; {missing}"
    # a stable sort of code order: ties always come out the same
    top = totals.sort_values(ascending=False, kind="stable").head(TOP)
    led = ", ".join(texts[code].replace("<br>", " ") for code in top.index)
    below = int((totals <= 0).sum())
    zero = f"; {below} at or below zero" if below else ""
    placed = f"{counted(len(totals), 'country', 'countries')} placed"
    return f"World map of {label} by country, on a log colour scale: {placed}, led by {led}{zero}; {missing}"

"""Charts that any chapter can use. Each takes data and returns a figure that says in words what it shows.

A plotly chart carries its alternative text; a picture made with seaborn comes as (figure, text), as `show`
wants them. Labels are data, so they are drawn as text: plotly would read `<b>` in them as markup.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.base.text import number, percent
from helpers.base.vocabulary import label
from helpers.show import theme
from helpers.show.display import as_text, describe, show, table

Picture = tuple[Figure, str]
"""A matplotlib figure and its alternative text."""

BAR_HEIGHT = 30  # px of a horizontal bar with the space around it
FEW_IN_A_BAR = 6
"""Different values in a bar of a histogram up to which one more or less shows."""
BESIDE_RING = 70  # px for a name beside a ring
LABEL_WIDTH = 34  # characters of a name on an axis; hovering shows all of it


def show_all(figures: Iterable[go.Figure | Picture | None]) -> None:
    """Show figures one below the other; None stands for one that the data has no columns for."""
    show(*figures)


def table_if_any(
    frame: pd.DataFrame,
    caption: str,
    rows: int,
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Show a table, or nothing where it has no rows."""
    if len(frame):
        table(frame, caption=caption, rows=rows, formats=formats, names=names)


def ranking(labels: Sequence[str], values: Sequence[float], write: Callable[[Any], str] = number) -> str:
    """Say which values are largest and smallest: the body of an alternative text."""
    order = np.argsort(-np.asarray(values, dtype=float), kind="stable")
    named = [f"{labels[i]} {write(values[i])}" for i in order]
    if len(named) <= 5:
        return ", ".join(named)
    return f"highest {', '.join(named[:3])}; lowest {named[-1]}; {len(named)} in all"


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    title: str,
    axis: str,
    *,
    write: Callable[[Any], str] = number,
    horizontal: bool = False,
    quiet: Sequence[bool] | None = None,
    texts: bool = True,
) -> go.Figure:
    """Return one bar for each label, in the order given (from the top, where they lie).

    Args:
        labels: names from the data.
        values: as many numbers.
        title: what the chart shows, in our own words.
        axis: what the values are, with their unit.
        write: from a value to the text on its bar.
        horizontal: bars that lie, for names that are long or many.
        quiet: marks bars that are not the subject, drawn in grey.
        texts: whether the value stands on each bar.
    """
    labels, values = [str(name) for name in labels], [float(value) for value in values]
    names = as_text(labels)
    colours = [theme.NEUTRAL if mute else theme.BLUE for mute in quiet or [False] * len(values)]
    on_bars = as_text(write(value) for value in values)
    at = list(range(len(names)))  # positions, because two long names may look the same when cut
    ticks = {"tickvals": at, "ticktext": as_text(_cut(name) for name in labels)}
    figure = go.Figure(
        go.Bar(
            x=values if horizontal else at,
            y=at if horizontal else values,
            orientation="h" if horizontal else "v",
            text=on_bars if texts else None,
            textposition="auto",
            textangle=0,
            customdata=list(zip(names, on_bars, strict=True)),
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            marker_color=colours,
        )
    )
    figure.update_layout(title_text=title, showlegend=False)
    if horizontal:
        figure.update_layout(height=110 + BAR_HEIGHT * len(names))
        figure.update_xaxes(title_text=axis)
        figure.update_yaxes(**ticks, autorange="reversed", showgrid=False)
    else:
        figure.update_xaxes(**ticks, showgrid=False)
        figure.update_yaxes(title_text=axis)
    return describe(figure, f"Bar chart, {title.lower()} ({axis.lower()}): {ranking(labels, values, write)}.")


def _cut(name: str) -> str:
    return name if len(name) <= LABEL_WIDTH else name[: LABEL_WIDTH - 1].rstrip() + "…"


def ring(labels: Sequence[str], values: Sequence[float], title: str, *, hole: float = 0.55) -> go.Figure:
    """Return shares of a whole as a ring, or with `hole=0` as a pie."""
    labels = [str(name) for name in labels]
    shares = np.asarray(values, dtype=float) / np.sum(values)
    figure = go.Figure(
        go.Pie(
            labels=as_text(labels),
            values=[float(value) for value in values],
            hole=hole,
            sort=False,
            direction="clockwise",
            textinfo="label+percent",
            textposition="outside" if len(labels) > 3 else "inside",
            hovertemplate="%{label}<br>%{value:,.0f} (%{percent})<extra></extra>",
            marker_colors=list(theme.CATEGORICAL[: len(labels)]),
            showlegend=False,
        )
    )
    # names beside the ring need room, or a phone cuts them off; plotly's own automargin never settles there
    sides = BESIDE_RING if len(labels) > 3 else 8
    figure.update_layout(title_text=title, margin={"t": 40, "b": 40, "l": sides, "r": sides})
    kind = "Ring chart" if hole else "Pie chart"
    return describe(figure, f"{kind}, {title.lower()}: {ranking(labels, list(shares), percent)}.")


def histogram(values: pd.DataFrame, bins: int, title: str, axis: str, rows: str) -> go.Figure:
    """Return a histogram of counted values with the count on each bar.

    Args:
        values: `value` and `rows`.
        bins: number of bars of equal width.
        title: what the chart shows.
        axis: what the values are, with their unit.
        rows: what is counted, in the plural.
    """
    heights, edges = np.histogram(values["value"], bins=bins, weights=values["rows"])
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middles.tolist(),
            y=heights.tolist(),
            width=float(edges[1] - edges[0]) * 0.96,
            text=[f"{height:,.0f}" for height in heights],
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            customdata=np.column_stack([edges[:-1], edges[1:]]).round(2).tolist(),
            hovertemplate="%{customdata[0]:,} to %{customdata[1]:,}<br>%{y:,.0f}<extra></extra>",
            marker_color=theme.BLUE,
        )
    )
    figure.update_layout(title_text=title, xaxis_title=axis, yaxis_title=rows.capitalize(), bargap=0)
    most = int(np.argmax(heights))
    different = np.histogram(values["value"], bins=edges)[0]
    teeth = (
        f"A bar holds {different.min()} to {different.max()} different values: that alone makes for ups and downs."
        if different.max() <= FEW_IN_A_BAR and different.min() < different.max()
        else ""
    )
    return describe(
        figure,
        f"Histogram of {axis.lower()} in {bins} bars, from {number(float(edges[0]))} to "
        f"{number(float(edges[-1]))}: most {rows}, {number(int(heights[most]))}, between "
        f"{number(float(edges[most]))} and {number(float(edges[most + 1]))}; fewest in a bar "
        f"{number(int(heights.min()))}.",
        teeth,
    )


def grid(values: pd.DataFrame, title: str, across: str, down: str, what: str) -> go.Figure:
    """Return a table of numbers as a grid of colours: rows from the top, the index and columns as labels."""
    figure = go.Figure(
        go.Heatmap(
            z=values.to_numpy(dtype=float).tolist(),
            x=as_text(str(name) for name in values.columns),
            y=as_text(str(name) for name in values.index),
            colorbar_title_text=what,
            hovertemplate="%{y}, %{x}<br>%{z:,.0f} " + what.lower() + "<extra></extra>",
        )
    )
    figure.update_layout(title_text=title, height=130 + 34 * len(values))
    figure.update_xaxes(title_text=across, type="category", showgrid=False)
    figure.update_yaxes(title_text=down, type="category", autorange="reversed", showgrid=False)
    row, column = np.unravel_index(np.argmax(values.to_numpy()), values.shape)
    empty = [str(name) for name in values.index[values.sum(axis=1) == 0]]
    return describe(
        figure,
        f"Grid of {what.lower()} by {down.lower()} and {across.lower()}: most, "
        f"{number(float(values.iloc[row, column]))}, on {values.index[row]} at {values.columns[column]}; "
        + (f"none at all on {', '.join(empty)}." if empty else "every row has some."),
    )


def bubbles(
    frame: pd.DataFrame,
    title: str,
    *,
    x: str,
    y: str,
    size: str,
    name: str,
    axes: Mapping[str, str],
) -> go.Figure:
    """Return a bubble for each row of a frame, its area in proportion to a column.

    Args:
        frame: at most a few hundred rows.
        x: column of the horizontal position.
        y: column of the vertical position.
        size: column above zero that the area stands for.
        name: column of what a bubble is called.
        title: what the chart shows.
        axes: what the three columns of numbers are, with their units.
    """
    names = as_text(frame[name].astype(str))
    figure = go.Figure(
        go.Scatter(
            x=frame[x].astype(float).tolist(),
            y=frame[y].astype(float).tolist(),
            mode="markers",
            marker={
                "size": frame[size].astype(float).tolist(),
                "sizemode": "area",
                "sizeref": 2 * float(frame[size].max()) / 34**2,  # the largest is 34 px across
                "sizemin": 3,
                "color": theme.BLUE,
                "opacity": 0.65,
            },
            customdata=list(zip(names, as_text(frame[size].map(number)), strict=True)),
            hovertemplate=f"%{{customdata[0]}}<br>{axes[x]}: %{{x:,.2f}}<br>{axes[y]}: %{{y:,.2f}}"
            f"<br>{axes[size]}: %{{customdata[1]}}<extra></extra>",
        )
    )
    figure.update_layout(title_text=title, xaxis_title=axes[x], yaxis_title=axes[y])
    right, top = frame.loc[frame[x].idxmax()], frame.loc[frame[y].idxmax()]
    return describe(
        figure,
        f"Bubble chart of {len(frame)}: {axes[x]} against {axes[y]}, size by {axes[size]}. Furthest right "
        f"{right[name]} at {number(float(right[x]))}; highest {top[name]} at {number(float(top[y]))}.",
        f"The larger a bubble, the more {axes[size][0].lower()}{axes[size][1:]}.",
    )


def sunburst(frame: pd.DataFrame, path: Sequence[str], value: str, title: str, what: str) -> go.Figure:
    """Return nested shares as rings: the first column of `path` inside, the last outside.

    Args:
        frame: a row for each combination of the columns in `path`.
        path: columns from the inside out.
        value: column of amounts above zero.
        title: what the chart shows.
        what: what the amounts are, with their unit.
    """
    ids, names, parents, amounts, texts = [], [], [], [], []
    for depth in range(1, len(path) + 1):
        # a list of one column still gives its key without a tuple around it
        for key, amount in frame.groupby(list(path[:depth]))[value].sum().items():
            steps = as_text(map(str, key if isinstance(key, tuple) else (key,)))
            ids.append(" / ".join(steps))
            parents.append(" / ".join(steps[:-1]))
            names.append(steps[-1])
            amounts.append(round(float(amount), 2))
            texts.append(f"{number(float(amount))} {what}")
    figure = go.Figure(
        go.Sunburst(
            ids=ids,
            labels=names,
            parents=parents,
            values=amounts,
            hovertext=texts,
            hovertemplate="%{id}<br>%{hovertext}<extra></extra>",
            branchvalues="total",
            maxdepth=len(path),
            sort=False,
            insidetextorientation="radial",
        )
    )
    figure.update_layout(title_text=title, height=560, sunburstcolorway=list(theme.CATEGORICAL))
    inner = frame.groupby(path[0])[value].sum()
    levels = ", then ".join(label(name).lower() for name in path)
    return describe(
        figure,
        f"Sunburst of {what} by {levels}: {ranking([str(n) for n in inner.index], inner.tolist())}.",
        "Click a piece to open it, the middle to go back.",
    )


def concentration_curves(curves: Mapping[str, pd.DataFrame], title: str) -> go.Figure:
    """Return which share of the revenue the largest units bring, one curve each.

    Args:
        curves: name of the units in the plural -> `units` and `revenue`, shares from 0 to 1, largest first.
        title: what the chart shows.
    """
    figure = go.Figure()
    said = []
    for (name, curve), colour in zip(curves.items(), theme.CATEGORICAL, strict=False):
        figure.add_scatter(
            x=curve["units"].round(4).tolist(),
            y=curve["revenue"].round(4).tolist(),
            mode="lines",
            name=name.capitalize(),
            line={"color": colour, "width": 2.5},
            hovertemplate="%{x:.1%} of the " + name + "<br>bring %{y:.1%}<extra></extra>",
        )
        tenth = float(np.interp(0.1, curve["units"], curve["revenue"]))
        said.append(f"the largest 10 % of the {name} bring {percent(tenth)}")
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="All the same",
        line={"color": theme.NEUTRAL, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    figure.update_layout(title_text=title)
    figure.update_xaxes(title_text="Largest so many", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text="bring so much of the revenue", tickformat=".0%", range=[0, 1.02])
    return describe(figure, f"Curves of revenue against units, largest first: {'; '.join(said)}.")


def lines_by_k(
    by_k: pd.DataFrame, lines: Mapping[str, str], title: str, axis: str, chosen: int | None = None
) -> go.Figure:
    """Return a measure by number of clusters, first as it is and then in null data.

    Args:
        by_k: a row a number `k`.
        lines: column -> what its line is called; the first one is the subject.
        title: what the chart shows.
        axis: what the values are.
        chosen: the number that is used, to be marked.
    """
    figure = px.line(
        by_k.set_index("k")[list(lines)].rename(columns=lines).astype(float).round(5),
        title=title,
        markers=True,
        line_dash="variable",
        line_dash_sequence=["solid", "dash", "dot"],
        color_discrete_sequence=[theme.BLUE, theme.ORANGE, theme.NEUTRAL],
    )
    if chosen is not None:
        figure.add_vline(
            x=chosen, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"}, annotation_text="chosen"
        )
    figure.update_layout(height=330, showlegend=len(lines) > 1, legend_title_text="", yaxis_title_text=axis)
    return figure.update_xaxes(title_text="Number of clusters k", dtick=1)

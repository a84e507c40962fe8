"""Charts that any chapter can use. Each takes data and returns a figure that says in words what it shows.

A plotly chart carries its alternative text; a picture made with seaborn comes as (figure, text), as `show`
wants them. Labels are data, so they are drawn as text: plotly would read `<b>` in them as markup.
"""

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.sampling import sample_rows
from helpers.base.text import number, percent
from helpers.base.vocabulary import label
from helpers.show import theme
from helpers.show.alt import ranking
from helpers.show.display import as_text, describe

BAR_HEIGHT = 30  # px of a horizontal bar with the space around it
FEW_IN_A_BAR = 6
"""Different values in a bar of a histogram up to which one more or less shows."""
BESIDE_PIE = 70  # px for a name beside a pie
LABEL_WIDTH = 34  # characters of a name on an axis; hovering shows all of it
CELL_WIDTH = 16  # characters of a group's name on a line above its cells
POINTS = 1500
"""Customers drawn in a scatter: more would hide each other and make the page heavy."""


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    title: str,
    axis: str,
    *,
    write: Callable[[Any], str] = number,
    horizontal: bool = False,
    quiet: Sequence[bool] | None = None,
) -> go.Figure:
    """Return one bar for each label, in the order given (from the top, where they lie: for long or many names).

    `axis` says what the values are, with their unit; `write` makes the text on a bar; `quiet` marks the bars that
    are not the subject, drawn in grey.
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
            text=on_bars,
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


def pie(labels: Sequence[str], values: Sequence[float], title: str) -> go.Figure:
    """Return shares of a whole as a pie."""
    shares = np.asarray(values, dtype=float) / np.sum(values)
    crowded = len(shares) > 3
    figure = px.pie(
        names=as_text(str(name) for name in labels),
        values=[float(value) for value in values],
        title=title,
        color_discrete_sequence=list(theme.CATEGORICAL),
    )
    figure.update_traces(
        sort=False,
        direction="clockwise",
        textinfo="label+percent",
        textposition="outside" if crowded else "inside",
        hovertemplate="%{label}<br>%{value:,.0f} (%{percent})<extra></extra>",
        showlegend=False,
    )
    # names beside the pie need room, or a phone cuts them off; plotly's own automargin never settles there
    sides = BESIDE_PIE if crowded else 8
    figure.update_layout(margin={"t": 40, "b": 40, "l": sides, "r": sides})
    return describe(figure, f"Pie chart, {title.lower()}: {ranking(labels, shares, percent)}.")


def histogram(values: pd.DataFrame, bins: int, title: str, axis: str, rows: str) -> go.Figure:
    """Return a histogram of counted values (`value` and `rows`) with the count on each bar.

    `axis` says what the values are, with their unit, and `rows` what is counted, in the plural.
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
    different = np.histogram(values["value"], bins=edges)[0]
    if different.max() <= FEW_IN_A_BAR and different.min() < different.max():
        teeth = "A bar holds {} to {} different values: that alone makes for ups and downs."
        figure.update_layout(meta={"caption": teeth.format(different.min(), different.max())})
    return figure


def grid(values: pd.DataFrame, title: str, across: str, down: str, what: str) -> go.Figure:
    """Return a table of numbers as a grid of colours: rows from the top, the index and columns as labels."""
    figure = px.imshow(
        values.to_numpy(dtype=float),
        x=as_text(str(name) for name in values.columns),
        y=as_text(str(name) for name in values.index),
        labels={"x": across, "y": down, "color": what},
        title=title,
        aspect="auto",
    )
    figure.update_traces(hovertemplate="%{y}, %{x}<br>%{z:,.0f} " + what.lower() + "<extra></extra>")
    figure.update_layout(height=130 + 34 * len(values))
    figure.update_xaxes(type="category", showgrid=False)
    return figure.update_yaxes(type="category", showgrid=False)


def bubbles(
    frame: pd.DataFrame, title: str, *, x: str, y: str, size: str, name: str, axes: Mapping[str, str]
) -> go.Figure:
    """Return a bubble for each row of a frame (at most a few hundred), its area in proportion to `size`.

    `axes` says what the three columns of numbers are, with their units; `name` is the column of names.
    """
    shown = frame[[x, y, size]].astype(float).assign(**{name: as_text(frame[name].astype(str))})
    figure = px.scatter(shown, x=x, y=y, size=size, size_max=34, hover_name=name, labels=dict(axes), title=title)
    figure.update_traces(marker={"sizemin": 3, "color": theme.BLUE, "opacity": 0.65})
    caption = f"The larger a bubble, the more {axes[size][0].lower()}{axes[size][1:]}."
    return figure.update_layout(meta={"caption": caption})


def sunburst(frame: pd.DataFrame, path: Sequence[str], value: str, title: str, what: str) -> go.Figure:
    """Return nested shares as rings: the first column of `path` inside, the last outside.

    `value` is a column of amounts above zero, and `what` says what they are, with their unit.
    """
    shown = frame.groupby(list(path), as_index=False)[value].sum().round({value: 2})
    named = shown.assign(**{name: as_text(shown[name].astype(str)) for name in path})
    figure = px.sunburst(
        named, path=list(path), values=value, title=title, color_discrete_sequence=list(theme.CATEGORICAL)
    )
    figure.update_traces(
        sort=False,
        insidetextorientation="radial",
        hovertemplate="%{id}<br>%{value:,.0f} " + what + "<extra></extra>",
    )
    figure.update_layout(height=560)
    inner = frame.groupby(path[0])[value].sum()
    levels = ", then ".join(label(name).lower() for name in path)
    return describe(
        figure,
        f"Sunburst of {what} by {levels}: {ranking(inner.index, inner)}.",
        "Click a piece to open it, the middle to go back.",
    )


def concentration_curves(curves: Mapping[str, pd.DataFrame], title: str) -> go.Figure:
    """Return which share of the revenue the largest units bring, one curve each.

    `curves` has, by the name of the units in the plural, `units` and `revenue`: shares from 0 to 1, largest first.
    """
    named = {name.capitalize(): curve for name, curve in curves.items()}
    same = pd.DataFrame({"units": [0, 1], "revenue": [0, 1]})
    drawn = pd.concat(named | {"All the same": same}, names=["of"]).reset_index("of").round(4)
    figure = px.line(
        drawn,
        x="units",
        y="revenue",
        color="of",
        title=title,
        labels={"units": "Share, largest first", "revenue": "Share of the revenue", "of": ""},
        color_discrete_sequence=[*theme.CATEGORICAL[: len(named)], theme.NEUTRAL],
    )
    figure.update_traces(line_width=2.5, hovertemplate="%{x:.0%} account for %{y:.0%}")
    figure.update_traces(selector={"name": "All the same"}, line={"dash": "dot", "width": 1.5}, hoverinfo="skip")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    tenths = {name: float(np.interp(0.1, curve["units"], curve["revenue"])) for name, curve in curves.items()}
    told = [f"the largest 10 % of the {name} account for {percent(share)}" for name, share in tenths.items()]
    return describe(figure, f"Curves of revenue against units, largest first: {'; '.join(told)}.")


def grouped_scatter(
    points: np.ndarray, groups: Sequence[str], ids: Sequence[str], *, axes: Sequence[str], title: str, seed: int
) -> go.Figure | None:
    """Return a random sample of customers on two axes, coloured by group; None where there are fewer.

    A group has the same colour in every figure of a chapter: they follow the order of the names.

    Args:
        points: customers x axes at least.
        groups: the name of each customer's group.
        ids: what each customer is called.
        axes: what the two axes are.
        title: of the figure.
        seed: of the sample.
    """
    if points.shape[1] < len(axes):
        return None
    named = pd.Series(as_text(groups))
    places = pd.DataFrame(points[:, : len(axes)].round(3), columns=as_text(axes))
    drawn = places.assign(group=named, customer=as_text(ids)).iloc[sample_rows(len(points), POINTS, seed)]
    look = {"color": "group", "category_orders": {"group": sorted(set(named))}, "title": title}
    look |= {"color_discrete_sequence": theme.CATEGORICAL, "hover_name": "customer", "opacity": 0.6}
    figure = px.scatter(drawn, *places.columns, **look).update_layout(height=500, legend_title_text="")
    middles = places.groupby(list(groups)).median()
    told = [f"{name} around {' / '.join(map('{:,.2f}'.format, row))}" for name, *row in middles.itertuples()]
    sampled = f"A random sample of {number(POINTS)} of {number(len(points))} customers."
    note = sampled if len(points) > POINTS else ""
    return describe(figure, f"Scatter, {title.lower()}, medians: {'; '.join(told)}.", note)


def crosswalk(
    amounts: pd.DataFrame, shares: pd.DataFrame, title: str, write: Callable[[Any], str], share_of: str
) -> go.Figure:
    """Return RFM segments (down, each with its colour) against groups (across) as a grid of colours.

    A cell says an amount and a share, and its colour is the share.

    Args:
        amounts: segments x groups.
        shares: of the same shape, from 0 to 1.
        title: of the figure.
        write: makes the text of an amount.
        share_of: what the shares are of, for the colour bar and the alternative text.
    """
    colours = theme.segment_colours(amounts.index)
    names = as_text(amounts.index)
    marks = [f'<span style="color:{colours[name]}">■</span>' for name in amounts.index]
    figure = px.imshow(
        shares.round(4).to_numpy(),
        x=["<br>".join(as_text(wrap(name, CELL_WIDTH))) for name in amounts.columns],
        y=[f"{name} {mark}" for name, mark in zip(names, marks, strict=True)],
        zmin=0,
        zmax=1 if shares.to_numpy().max() > 0.5 else None,
        aspect="auto",
        title=title,
    )
    pairs = zip(amounts.to_numpy(), shares.to_numpy(), strict=True)
    cells = [[f"{write(a)}<br>{percent(s, 0)}" if a else "" for a, s in zip(*row, strict=True)] for row in pairs]
    hover = "%{y}<br>%{x}<br>%{text}<extra></extra>"
    figure.update_traces(text=cells, texttemplate="%{text}", hovertemplate=hover)
    figure.update_layout(height=170 + 44 * len(amounts))
    figure.update_coloraxes(colorbar={"title_text": share_of.replace(" of ", "<br>of ", 1), "tickformat": ".0%"})
    figure.update_xaxes(side="top", showgrid=False, type="category")
    figure.update_yaxes(showgrid=False, type="category")
    largest = shares.idxmax()
    told = [f"{group} in {largest[group]} ({percent(shares[group].max(), 0)})" for group in shares]
    return describe(figure, f"Grid of RFM segments and groups. {share_of}, largest by group: {'; '.join(told)}.")


def lines_by_k(
    by_k: pd.DataFrame, lines: Mapping[str, str], title: str, axis: str, chosen: int | None = None
) -> go.Figure:
    """Return a measure by number of clusters, first as it is and then in null data.

    `by_k` has a row a number `k`; `lines` names its columns, the subject first; `chosen` is marked.
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

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
from helpers.base.text import listed, number, percent, score
from helpers.base.vocabulary import label
from helpers.show import theme
from helpers.show.alt import ranking
from helpers.show.display import as_text, describe
from helpers.show.labels import extremes, titled
from helpers.show.pictures import even_edges

BAR_HEIGHT = 26  # px of a horizontal bar with the space around it
MOST_COUNTED = 12
"""Upright bars up to which each says its value: of more, texts would run into each other."""
LABEL_WIDTH = 34  # characters of a name on an axis; hovering shows all of it
CELL_WIDTH = 16  # characters of a group's name on a line above its cells
FEWEST = 20
"""Customers of a group from which its figures mean something; smaller groups are grey, or not drawn."""
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
    finding: str = "",
) -> go.Figure:
    """Return one bar for each label, in the order given (from the top, where they lie: for long or many names).

    `title` says what is drawn, `axis` what the values are, with their unit; `write` makes the text on a bar;
    `quiet` marks the bars that are not the subject, drawn in grey; the `finding` is else the ends of the ranking.
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
            textposition="auto" if horizontal else "outside" if len(values) <= MOST_COUNTED else "none",
            textangle=0,
            cliponaxis=False,
            customdata=list(zip(names, on_bars, strict=True)),
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            marker_color=colours,
        )
    )
    figure.update_layout(showlegend=False)
    titled(figure, finding or extremes(labels, values, write), title)
    if horizontal:
        figure.update_layout(height=80 + BAR_HEIGHT * len(names))
        figure.update_xaxes(title_text=axis)
        figure.update_yaxes(**ticks, autorange="reversed", showgrid=False)
    else:
        figure.update_xaxes(**ticks, showgrid=False)
        figure.update_yaxes(title_text=axis)
    about = f"{title[:1].lower()}{title[1:]} ({axis[:1].lower()}{axis[1:]})"
    return describe(figure, f"Bar chart, {about}: {ranking(labels, values, write)}.")


def paired_bars(
    values: pd.DataFrame,
    finding: str,
    what: str,
    axis: str,
    *,
    write: Callable[[Any], str] = percent,
    colours: Sequence[Any] = (theme.NEUTRAL, theme.BLUE, theme.ORANGE),
) -> go.Figure:
    """Return a lying bar a column for each row of a frame; the bars of the first row say which column each is.

    The index and the columns are names; `axis` says what the values are, with their unit. A colour may be
    a list, a colour a row.
    """
    names = as_text(map(str, values.index))
    figure = go.Figure(layout={"barmode": "group", "showlegend": False})
    for (name, column), colour in zip(values.items(), colours, strict=False):
        texts = [write(value) for value in column]
        shown = [f"{text} · {as_text([str(name)])[0]}" if not i else text for i, text in enumerate(texts)]
        figure.add_bar(
            name=str(name), x=column.astype(float).round(5), y=names, orientation="h", text=shown,
            textposition="auto", textangle=0, cliponaxis=False, marker_color=colour, customdata=texts,
            hovertemplate="%{y}: %{customdata}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    titled(figure, finding, what)
    most = float(np.nanmax(values.to_numpy(dtype=float), initial=0.0))
    # a lower bar would have no room for its text
    figure.update_layout(height=80 + (10 + 20 * len(values.columns)) * len(values), bargap=0.15)
    figure.update_xaxes(
        title_text=axis, range=[0, 1.25 * most or 1], tickformat=".0%" if write is percent else None
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    told = [f"{name}: {ranking(values.index, column, write)}" for name, column in values.items()]
    return describe(figure, f"Bars, {finding}. {'; '.join(told)}.")


def _cut(name: str) -> str:
    return name if len(name) <= LABEL_WIDTH else name[: LABEL_WIDTH - 1].rstrip() + "…"


def shares_finding(customers: pd.Series, revenue: pd.Series | None) -> str:
    """Return which groups account for half of the revenue together, or what is left where one of them does.

    Both are shares by the groups' names; without revenue, of the customers.
    """
    by = (customers if revenue is None else revenue).sort_values(ascending=False, kind="stable")
    first = list(by.index[: int((by.cumsum() < 0.5).sum()) + 1])
    alone = len(first) == 1 < len(by)  # a headline says that one already
    named = list(by.index[1:]) if alone else first
    told = f"{'All but ' if alone else ''}{listed(first)}: {percent(customers[named].sum())} of the customers"
    return told if revenue is None else f"{told}, {percent(revenue[named].sum())} of the revenue"


def histogram(values: pd.DataFrame, bins: int, title: str, axis: str, rows: str) -> go.Figure:
    """Return a histogram of counted values (`value` and `rows`) with the count on each bar.

    Each bar holds equally many possible values, so counts have whole bars. `axis` says what the values are, with
    their unit, and `rows` what is counted, in the plural.
    """
    at = np.sort(values["value"].unique())
    edges = even_edges(at, bins) if len(at) > 1 else [float(at[0]) - 0.5, float(at[0]) + 0.5]
    heights, edges = np.histogram(values["value"], bins=edges, weights=values["rows"])
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middles.tolist(),
            y=heights.tolist(),
            width=float(edges[1] - edges[0]) * 0.96,
            text=[f"{height:,.0f}" for height in heights] if len(heights) <= MOST_COUNTED else None,
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            customdata=np.column_stack([edges[:-1], edges[1:]]).round(2).tolist(),
            hovertemplate="%{customdata[0]:,} to %{customdata[1]:,}<br>%{y:,.0f}<extra></extra>",
            marker_color=theme.BLUE,
        )
    )
    low, high = weighted_quantiles(values, (0.25, 0.75))
    titled(figure, f"Half of the {rows} are from {number(low)} to {number(high)}", title)
    return figure.update_layout(xaxis_title=axis, yaxis_title=rows.capitalize(), bargap=0)


def weighted_quantiles(values: pd.DataFrame, at: Sequence[float]) -> list[float]:
    """Return quantiles of counted values: the first value at which the share of `rows` is reached."""
    ordered = values.sort_values("value")
    reached = ordered["rows"].cumsum().to_numpy() / ordered["rows"].sum()
    return [float(ordered["value"].iloc[np.searchsorted(reached, share)]) for share in at]


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
    figure.update_layout(height=100 + 30 * len(values))
    row, column = values.stack().idxmax()
    titled(figure, f"Most {what.lower()}: {row}, {column} ({number(float(values.loc[row, column]))})")
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
    most = frame.loc[frame[size].astype(float).idxmax(), name]
    titled(figure, f"{most}: most {axes[size].partition(' (')[0].lower()}")
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
    titled(figure, f"{inner.idxmax()} accounts for {percent(inner.max() / inner.sum())} of the {value}")
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
    figure.update_traces(line_width=2.5, hovertemplate="%{x} account for %{y}")
    figure.update_traces(selector={"name": "All the same"}, line={"dash": "dot", "width": 1.5}, hoverinfo="skip")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    tenths = {name: float(np.interp(0.1, curve["units"], curve["revenue"])) for name, curve in curves.items()}
    told = [f"the largest 10 % of the {name} account for {percent(share)}" for name, share in tenths.items()]
    titled(figure, f"{told[0][0].upper()}{told[0][1:]} of the revenue")
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
    figure = px.scatter(drawn, *places.columns, **look).update_layout(height=440, legend_title_text="")
    middles = places.groupby(list(groups)).median()
    nearest = middles.index[((places.to_numpy()[:, None] - middles.to_numpy()) ** 2).sum(axis=2).argmin(axis=1)]
    own = percent(float((nearest == np.asarray(groups)).mean()))
    titled(figure, f"{own} of the customers are nearest to the middle of their own group")
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
    )
    titled(figure, title, f"RFM segments (rows) and groups (columns); {share_of[0].lower()}{share_of[1:]}")
    pairs = zip(amounts.to_numpy(), shares.to_numpy(), strict=True)
    cells = [[f"{write(a)}<br>{percent(s, 0)}" if a else "" for a, s in zip(*row, strict=True)] for row in pairs]
    hover = "%{y}<br>%{x}<br>%{text}<extra></extra>"
    figure.update_traces(text=cells, texttemplate="%{text}", hovertemplate=hover)
    figure.update_layout(height=110 + 38 * len(amounts))
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
    first = by_k.set_index("k")[next(iter(lines))].astype(float)
    if chosen is None:
        finding = f"Highest at k = {first.idxmax()} ({number(first.max())}), lowest at k = {first.idxmin()}"
    else:
        at_k = [score(float(by_k.set_index("k").loc[chosen, name])) for name in lines]
        said = [f"{name.lower()} {value}" for name, value in zip(lines.values(), at_k, strict=True)]
        finding = f"At k = {chosen}: {', '.join(said)}"
    titled(figure, finding)
    figure.update_layout(height=300, showlegend=len(lines) > 1, legend_title_text="", yaxis_title_text=axis)
    return figure.update_xaxes(title_text="Number of clusters k", dtick=1)

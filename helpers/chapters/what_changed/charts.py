"""Charts of what changed: years by month, parts of a change, moves between segments, seasons, curves."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import counted, number
from helpers.chapters.what_changed.narrative import FEWEST, written
from helpers.customers.season import NAMES
from helpers.show import theme
from helpers.show.alt import ranking
from helpers.show.display import as_text, describe
from helpers.show.labels import titled

YEARS = 4
"""Calendar years that are drawn, at most."""
OTHERS = "all others"
DIRECTIONS = {"down": theme.ORANGE, "up": theme.BLUE, "same": theme.NEUTRAL}
FAINT = {way: f"rgba({int(c[1:3], 16)},{int(c[3:5], 16)},{int(c[5:], 16)},0.45)" for way, c in DIRECTIONS.items()}


def axis(worth: str, currency: str = "") -> str:
    """Return what is on an axis of sales, or of orders where amounts are not known."""
    return f"Net sales{f' ({currency})' if currency else ''}" if worth == "net" else "Orders"


def years(sums: pd.Series, title: str) -> go.Figure:
    """Draw a line a calendar year, the last one in colour; `sums` are of months, and named what they are."""
    count = sums.groupby(sums.index.year).transform("size")
    drawn = sums[(count > 1) | (count.max() == 1)].rename("value").to_frame()
    drawn = drawn.assign(year=drawn.index.year.astype(str), month=[NAMES[m - 1] for m in drawn.index.month])
    drawn = drawn[drawn["year"].isin(drawn["year"].unique()[-YEARS:])]
    back_from_now = [theme.BLUE, theme.NEUTRAL, theme.GOLD, theme.GREEN]
    figure = px.line(
        drawn.round({"value": 2}), x="month", y="value", color="year", markers=True, title=title,
        color_discrete_sequence=back_from_now[: drawn["year"].nunique()][::-1],
    )  # fmt: skip
    figure.update_traces(hovertemplate="%{x}: %{y:,.0f}")
    titled(figure, title, f"{sums.name} by month, a line a year").update_layout(height=330, legend_title_text="")
    figure.update_xaxes(title_text="", categoryorder="array", categoryarray=list(NAMES), showgrid=False)
    return figure.update_yaxes(title_text=sums.name, rangemode="tozero")


def waterfall(parts: pd.Series, ends: pd.Series, worth: str, currency: str) -> go.Figure:
    """Draw how one period's sum becomes the other's, a step a part; `ends` are both sums by the periods' names."""
    before, after = ends.index
    steps = [written(value, worth, currency, signed=True) for value in parts]
    names = [name.replace("_", " ").capitalize() for name in parts.index]
    figure = go.Figure(
        go.Waterfall(
            x=as_text([before, *names, after]),
            y=[ends[before], *parts.round(2), ends[after]],
            measure=["absolute", *["relative"] * len(parts), "total"],
            text=as_text([written(ends[before], worth, currency), *steps, written(ends[after], worth, currency)]),
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}<br>%{text}<extra></extra>",
        )
    )
    # the steps are what the chart is about: sums far above them would squeeze them into lines
    heights = np.cumsum([ends[before], *parts])
    room = max(heights.max() - heights.min(), 1e-9)
    cut = heights.min() > 1.5 * room
    if cut:
        figure.update_yaxes(range=[heights.min() - room, heights.max() + 0.35 * room])
    figure.update_yaxes(title_text=axis(worth, currency))
    figure.update_xaxes(  # one line each would run into its neighbours
        tickvals=list(range(len(parts) + 2)),
        ticktext=[
            text.replace(" per ", "<br>per ").replace(" to ", "<br>to ")
            for text in as_text([before, *names, after])
        ],
    )
    first = int(parts.abs().argmax())
    titled(figure, f"{names[first]} made most of the change: {steps[first]}", f"From {before} to {after}")
    figure.update_layout(height=340, showlegend=False)
    told = ", ".join(f"{name} {step}" for name, step in zip(names, steps, strict=True))
    note = "The axis does not start at zero, so that the steps can be seen." if cut else ""
    return describe(figure.update_xaxes(showgrid=False), f"Waterfall from {before} to {after}: {told}.", note)


def stacked(sides: pd.DataFrame, title: str, what: str) -> go.Figure:
    """Draw sums by month (the index), one side upon the other."""
    drawn = sides.set_axis(sides.index.strftime("%b %Y")).round(2)
    colours = [theme.BLUE, theme.GOLD]
    figure = px.bar(drawn, title=title, color_discrete_sequence=colours, barmode="relative")
    titled(figure, title, f"{what} by month").update_layout(height=300, legend_title_text="")
    figure.update_xaxes(title_text="", showgrid=False)
    return figure.update_yaxes(title_text=what)


def alluvial(paths: pd.DataFrame, order: list[str], days: int) -> go.Figure:
    """Draw customers from their segment so many days ago (left) to today's (right), coloured by direction."""
    drawn = paths[paths["customers"] > 0]
    # a bar without customers would be left out, and its place given to the next
    sides = {side: [name for name in order if (drawn[side] == name).any()] for side in ("before", "after")}
    bars = [*(("before", name) for name in sides["before"]), *(("after", name) for name in sides["after"])]
    colours = theme.segment_colours(order)
    node = {"label": as_text(name for _, name in bars), "color": [colours[name] for _, name in bars]}
    node |= {"x": [0.001 if side == "before" else 0.999 for side, _ in bars], "pad": 12, "thickness": 14}
    node |= {"y": [*_middles(drawn, "before", sides["before"]), *_middles(drawn, "after", sides["after"])]}
    link = {
        "source": [bars.index(("before", name)) for name in drawn["before"]],
        "target": [bars.index(("after", name)) for name in drawn["after"]],
        "value": drawn["customers"].tolist(),
        "color": [FAINT[way] for way in drawn["direction"]],
        "hovertemplate": "%{source.label} to %{target.label}: %{value:,} customers<extra></extra>",
    }
    figure = go.Figure(go.Sankey(arrangement="fixed", node=node, link=link))
    sums = drawn.groupby("direction")["customers"].sum().reindex(list(DIRECTIONS), fill_value=0)
    title = f"{number(int(sums['down']))} customers moved down and {number(int(sums['up']))} up in {days} days"
    titled(figure, title, "Customers by RFM segment, then and today").update_layout(height=400)
    ways = ranking(drawn["before"] + " to " + drawn["after"], drawn["customers"])
    caption = f"Left: {days} days ago; right: today. Orange moved down, blue up, grey stayed."
    return describe(figure, f"Alluvial of customers by segment: {title}. {ways}.", caption)


def _middles(paths: pd.DataFrame, side: str, order: list[str]) -> list[float]:
    """Return where the bars of segments are, from the top, as plotly has it: their middles, from 0 to 1."""
    sums = paths.groupby(side)["customers"].sum().reindex(order)
    room = 0.25 / max(len(order) - 1, 1)  # between bars
    middles = (sums.cumsum() - sums / 2) / sums.sum() * 0.75 + room * np.arange(len(order))
    return middles.clip(0.001, 0.999).tolist()


def matrix(paths: pd.DataFrame, order: list[str], days: int) -> go.Figure:
    """Draw customers from segment (down) to segment (across), beside how many if nobody had changed."""
    cells = paths.pivot(index="before", columns="after", values=["customers", "by_chance"])
    seen, null = (cells[name].reindex(order, columns=order).fillna(0) for name in ("customers", "by_chance"))
    # good is a move up more than expected, or one down fewer; to stay is neither
    sides = np.sign(np.arange(len(order))[:, None] - np.arange(len(order)))
    figure = px.imshow(
        ((seen - null) * sides).round(2), x=as_text(order), y=as_text(order), color_continuous_midpoint=0,
        color_continuous_scale=theme.colour_scale(theme.DIVERGING), aspect="auto",
        title=f"Customers from segment (rows) to segment (columns) in {days} days",
    )  # fmt: skip
    texts = seen.map("{:,.0f}".format) + "<br>(" + null.map("{:,.0f}".format) + ")"
    shown = texts.where((seen > 0) | (null >= 0.5), "")
    figure.update_traces(text=shown, texttemplate="%{text}", hovertemplate="%{y} to %{x}: %{text}<extra></extra>")
    extra = (seen - null).where(sides != 0).stack()
    (come, to), more = extra.idxmax(), extra.max()
    told = f"{come} to {to}: {number(int(seen.loc[come, to]))} customers"
    titled(figure, f"{told}, {number(float(round(more)))} more than expected")
    figure.update_layout(height=70 + 38 * len(order), coloraxis_showscale=False)
    figure.update_xaxes(side="top", showgrid=False, title_text="")
    figure.update_yaxes(showgrid=False, title_text="")
    told = [
        f"{row.before} to {row.after} {row.customers} ({row.by_chance:.0f})" for row in paths.head(6).itertuples()
    ]
    caption = (
        "In brackets: customers expected at unchanged behaviour. Right of the diagonal they moved down. Blue is "
        "better than expected (more moved up, or fewer down), brown is worse."
    )
    return describe(figure, f"Grid of customers by segment before and after: {'; '.join(told)}.", caption)


def expected(months: pd.DataFrame, odd: pd.DataFrame, what: str) -> go.Figure:
    """Draw months (`actual`) in the range that each was expected in (`low`, `high`); those outside are marked."""
    drawn = months.set_axis(months.index.strftime("%b %Y")).round(2)
    outside = odd.index.strftime("%b %Y")
    named = " and ".join(outside) if 0 < len(odd) <= 3 else f"{len(odd) or 'No'} months"
    title = f"{named} {'lies' if len(odd) == 1 else 'lie'} outside the expected range"
    figure = px.line(drawn["actual"], markers=True, title=title, color_discrete_sequence=[theme.BLUE])
    figure.update_traces(name="Actual", showlegend=True)
    edge = {"mode": "lines", "line_width": 0, "hoverinfo": "skip"}
    figure.add_scatter(x=drawn.index, y=drawn["low"], showlegend=False, **edge)
    band = {"fill": "tonexty", "fillcolor": FAINT["same"].replace("0.45", "0.25"), "name": "Expected range"}
    figure.add_scatter(x=drawn.index, y=drawn["high"], **band, **edge)
    if len(odd):
        mark = {"color": theme.ORANGE, "size": 12, "symbol": "diamond"}
        figure.add_scatter(x=outside, y=odd["actual"].round(2), name="Outside", mode="markers", marker=mark)
    titled(figure, title, f"{what} by month, and what was expected").update_layout(
        height=320, legend_title_text=""
    )
    figure.update_xaxes(title_text="", showgrid=False)
    return figure.update_yaxes(title_text=what, rangemode="tozero")


def seasons(shares: pd.DataFrame) -> go.Figure:
    """Draw in which months of the year customers of each season buy; shares of a row sum to 1."""
    named = [name for name in shares.index if name != "All year"]
    drawn = shares.reindex([*named, "All year"]).set_axis(list(NAMES), axis=1).T.round(4)
    colours = [*theme.CATEGORICAL[: len(named)], theme.NEUTRAL]
    title = f"Customers of {' and '.join(named)} hardly buy in other months"
    figure = px.bar(drawn, barmode="group", title=title, color_discrete_sequence=colours)
    titled(figure, title, "When customers of each season buy").update_layout(height=290, legend_title_text="")
    figure.update_xaxes(title_text="", showgrid=False)
    return figure.update_yaxes(title_text="Share of purchase days", tickformat=".0%")


def curves(values: pd.DataFrame, sizes: pd.Series, by: str, what: str) -> go.Figure | None:
    """Draw what a customer of each group has spent after so many months; None where there is nothing to compare.

    Args:
        values: a group a row, by months since the first purchase; empty where the group is not old enough.
        sizes: customers of each group; those of fewer than 20 are left out.
        by: what the groups are.
        what: what the values are, with their unit.
    """
    kept = values[sizes.reindex(values.index) >= FEWEST].dropna(axis="columns", how="all")
    kept = kept[kept.notna().sum(axis=1) > 1]
    if kept.empty:
        return None
    named = kept.set_axis(as_text(f"{name} ({sizes[name]:,})" for name in kept.index))
    look = {name: theme.NEUTRAL for name in named.index if name.startswith(OTHERS)}
    tall = named.round(2).rename_axis("group", axis=0).rename_axis("age", axis=1)
    drawn = tall.stack().rename("value").reset_index()
    title = f"{what.partition(' (')[0]} per customer, by {by} (customers)"
    figure = px.line(
        drawn, x="age", y="value", color="group", markers=True, title=title, color_discrete_map=look,
        category_orders={"group": list(named.index)},
    )  # fmt: skip
    figure.update_traces(marker_size=4, hovertemplate="after %{x} months: %{y:,.0f}")
    reached = [age for age in kept if kept[age].notna().all()]  # by all of them
    age = reached[-1] if reached else kept.columns[0]
    best, verb = kept[age].idxmax(), "bought" if what == "Orders" else "spent"
    finding = f"{best} had {verb} most per customer after {counted(int(age), 'month', 'months')}"
    titled(figure, f"{finding[0].upper()}{finding[1:]}", title)
    figure.update_layout(height=340, legend_title_text="")
    end = int(drawn["age"].max())
    ages = {"dtick": max(1, end // 12), "range": [0, end + 0.2]}
    figure.update_xaxes(title_text="Months after the first purchase", showgrid=False, **ages)
    return figure.update_yaxes(title_text=f"{what} per customer", rangemode="tozero")

"""Charts of what changed: years by month, parts of a change, new customers, odd months, seasons, curves."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import money, number, percent
from helpers.chapters.what_changed.narrative import DRIVERS, FEWEST
from helpers.chapters.what_changed.periods import Compared, Dates
from helpers.customers.season import NAMES
from helpers.show import theme
from helpers.show.alt import ranking
from helpers.show.display import as_text, describe

YEARS = 4
"""Calendar years that are drawn, at most."""


def _axis(worth: str, currency: str) -> str:
    return f"Net sales{f' ({currency})' if currency else ''}" if worth == "net" else "Orders"


def years(sums: pd.Series, dates: Dates, worth: str, currency: str) -> go.Figure:
    """Draw whole months, a line a calendar year, the last whole one in colour."""
    whole = sums[dates.months] if len(dates.months) else sums
    drawn = [year for year in whole.index.year.unique() if (whole.index.year == year).sum() > 1][-YEARS:]
    figure = go.Figure()
    for place, year in enumerate(drawn or whole.index.year.unique()[-1:]):
        line = whole[whole.index.year == year]
        last = place == len(drawn) - 1
        look = {"color": theme.BLUE, "width": 3} if last else {"color": theme.NEUTRAL, "width": 2, "dash": "solid"}
        figure.add_scatter(
            x=[NAMES[month - 1] for month in line.index.month],
            y=line.round(2).tolist(),
            name=str(year),
            mode="lines+markers+text",
            line=look,
            marker_size=6,
            text=[""] * (len(line) - 1) + [str(year)],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate="%{x} " + str(year) + "<br>%{y:,.0f}<extra></extra>",
        )
    title = f"{_axis(worth, '')} by month"
    figure.update_layout(title_text=title, height=360, showlegend=False, margin={"r": 50})
    figure.update_xaxes(categoryorder="array", categoryarray=list(NAMES), showgrid=False)
    figure.update_yaxes(title_text=_axis(worth, currency), rangemode="tozero")
    told = [f"{year}: {ranking(_names(whole, year), whole[whole.index.year == year])}" for year in drawn]
    return describe(figure, f"Lines of {title.lower()}. {'; '.join(told) or number(float(whole.sum()))}.")


def _names(whole: pd.Series, year: int) -> list[str]:
    """Return the months of a year that are there."""
    return [NAMES[month - 1] for month in whole.index[whole.index.year == year].month]


def waterfall(parts: pd.Series, before: float, after: float, compared: Compared, currency: str) -> go.Figure:
    """Draw how one period's sum becomes the other's, a step a factor."""
    names = [DRIVERS[name].replace("_", " ").capitalize() for name in parts.index]
    values = [before, *parts, after]
    write = (lambda value: money(value, currency)) if "sales" in parts else number
    figure = go.Figure(
        go.Waterfall(
            x=as_text([compared.before.name, *names, compared.after.name]),
            y=[before, *parts.round(2), after],
            measure=["absolute", *["relative"] * len(parts), "total"],
            text=as_text([write(before), *(f"{'+' if v > 0 else ''}{write(v)}" for v in parts), write(after)]),
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}<br>%{text}<extra></extra>",
        )
    )
    # the steps are what the chart is about: sums far above them would squeeze them into lines
    steps = np.cumsum([before, *parts])
    room = max(steps.max() - steps.min(), 1e-9)
    least = steps.min() - room
    figure.update_yaxes(
        title_text=_axis("net" if "sales" in parts else "orders", currency),
        range=[max(least, 0) if min(values[0], values[-1]) > 0 else None, steps.max() + 0.35 * room],
    )
    figure.update_layout(title_text="What the change is made of", height=400, showlegend=False, margin={"t": 50})
    figure.update_xaxes(showgrid=False)
    told = ranking([*names], list(parts), write)
    alt = f"Waterfall from {write(before)} ({compared.before.name}) to {write(after)} ({compared.after.name}): {told}."
    cut = "The axis does not start at zero, so that the steps can be seen." if least > 0 else ""
    return describe(figure, alt, cut)


def new_and_returning(sides: pd.DataFrame, worth: str, currency: str) -> go.Figure | None:
    """Draw what new and returning customers spent in each month; None where no month is whole."""
    if sides.empty:
        return None
    drawn = sides.set_axis(sides.index.strftime("%b %Y"))
    figure = go.Figure()
    for side, colour in (("Returning", theme.BLUE), ("New", theme.GOLD)):
        if side in drawn:
            figure.add_bar(x=list(drawn.index), y=drawn[side].round(2).tolist(), name=side, marker_color=colour)
    figure.update_traces(hovertemplate="%{x}<br>%{y:,.0f}<extra></extra>")
    share = sides.get("New", pd.Series(0.0, sides.index)).sum() / (sides.to_numpy().sum() or 1)
    title = f"New customers account for {percent(share, 0)} of these months"
    figure.update_layout(barmode="relative", title_text=title, height=340, margin={"t": 70})
    figure.update_xaxes(showgrid=False)
    return figure.update_yaxes(title_text=_axis(worth, currency))


DIRECTIONS = {"down": theme.ORANGE, "up": theme.GREEN, "same": theme.NEUTRAL}


def alluvial(paths: pd.DataFrame, order: list[str], days: int) -> go.Figure:
    """Draw customers from their segment so many days ago (left) to today's (right), coloured by direction."""
    drawn = paths[paths["customers"] > 0]
    place = {name: number for number, name in enumerate(order)}
    faint = {
        way: f"rgba({int(c[1:3], 16)},{int(c[3:5], 16)},{int(c[5:], 16)},0.45)" for way, c in DIRECTIONS.items()
    }
    names = as_text(order)
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": names * 2,
                "color": theme.BLUE,
                "pad": 12,
                "thickness": 14,
                "hovertemplate": "%{label}: %{value:,} customers<extra></extra>",
            },
            link={
                "source": [place[name] for name in drawn["before"]],
                "target": [place[name] + len(order) for name in drawn["after"]],
                "value": drawn["customers"].tolist(),
                "color": [faint[way] for way in drawn["direction"]],
                "hovertemplate": "%{source.label} to %{target.label}: %{value:,} customers<extra></extra>",
            },
        )
    )
    sums = drawn.groupby("direction")["customers"].sum()
    told = ", ".join(f"{number(int(sums.get(way, 0)))} {way}" for way in DIRECTIONS)
    title = f"{number(int(sums.get('down', 0)))} customers moved down and {number(int(sums.get('up', 0)))} up in {days} days"
    figure.update_layout(title_text=title, height=520, margin={"t": 50})
    most = drawn[drawn["direction"] != "same"].head(5)
    ways = "; ".join(f"{row.before} to {row.after} {number(row.customers)}" for row in most.itertuples())
    caption = f"Left: {days} days ago; right: today. Orange moved down, green up, grey stayed."
    return describe(figure, f"Alluvial of customers by segment, {told}. Most money: {ways}.", caption)


def matrix(paths: pd.DataFrame, order: list[str], days: int) -> go.Figure:
    """Draw customers from segment (down) to segment (across), beside how many if nobody had changed."""
    cells = paths.pivot(index="before", columns="after", values=["customers", "by_chance"])
    seen, null = (cells[name].reindex(order, columns=order).fillna(0) for name in ("customers", "by_chance"))
    surplus = seen - null
    most = max(float(surplus.abs().to_numpy().max()), 1.0)
    texts = [
        [f"{a:,.0f}<br>({b:,.0f})" if a or round(b) else "" for a, b in zip(*rows, strict=True)]
        for rows in zip(seen.to_numpy(), null.to_numpy(), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=surplus.round(2).to_numpy(), x=as_text(order), y=as_text(order), zmid=0, zmin=-most, zmax=most,
            colorscale=theme.colour_scale(theme.DIVERGING), text=texts, texttemplate="%{text}",
            colorbar={"title": {"text": "More<br>than if<br>nobody<br>changed"}, "thickness": 12},
            hovertemplate="%{y} to %{x}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(title_text=f"From (down) and to (across) in {days} days", height=90 + 44 * len(order))
    figure.update_xaxes(side="top", showgrid=False, tickangle=-30)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    told = [
        f"{row.before} to {row.after} {row.customers} ({row.by_chance:.0f})" for row in paths.head(6).itertuples()
    ]
    caption = "In brackets: customers if nobody had changed. Above the diagonal customers moved down."
    return describe(figure, f"Grid of customers by segment before and after: {'; '.join(told)}.", caption)


def expected(frame: pd.DataFrame, odd: pd.DataFrame, worth: str, currency: str) -> go.Figure:
    """Draw months with the range that each was expected in; those outside are marked."""
    months = frame.index.strftime("%b %Y").tolist()
    figure = go.Figure()
    hidden = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=months, y=frame["low"].round(2).tolist(), **hidden)
    figure.add_scatter(
        x=months, y=frame["high"].round(2).tolist(), fill="tonexty", name="Expected range", mode="lines",
        line={"width": 0}, fillcolor="rgba(132,141,151,0.25)", hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=months, y=frame["actual"].round(2).tolist(), name="Actual", mode="lines+markers",
        line={"color": theme.BLUE, "width": 2.5}, hovertemplate="%{x}<br>%{y:,.0f}<extra></extra>",
    )  # fmt: skip
    if len(odd):
        at = odd.index.strftime("%b %Y").tolist()
        figure.add_scatter(
            x=at, y=odd["actual"].round(2).tolist(), name="Outside", mode="markers+text", text=at,
            textposition="top center", marker={"color": theme.ORANGE, "size": 12, "symbol": "diamond"},
        )  # fmt: skip
    outside = " and ".join(odd.index.strftime("%b %Y")) if 0 < len(odd) <= 3 else f"{len(odd) or 'No'} months"
    title = f"{outside} {'lies' if len(odd) == 1 else 'lie'} outside the expected range"
    figure.update_layout(title_text=title, height=380, margin={"t": 70})
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(title_text=_axis(worth, currency), rangemode="tozero")
    told = ranking(months, (frame["actual"] / frame["expected"] - 1).fillna(0), percent)
    return describe(
        figure, f"Line of actual months in their expected range; {title}. Actual less expected: {told}."
    )


def seasons(shares: pd.DataFrame) -> go.Figure:
    """Draw in which months of the year customers of each season buy; shares of each row sum to 1."""
    figure = go.Figure()
    order = [name for name in shares.index if name != "All year"]
    for place, name in enumerate([*order, *(["All year"] if "All year" in shares.index else [])]):
        colour = theme.NEUTRAL if name == "All year" else theme.CATEGORICAL[place % len(theme.CATEGORICAL)]
        figure.add_bar(x=list(NAMES), y=shares.loc[name].round(4).tolist(), name=name, marker_color=colour)
    figure.update_traces(hovertemplate="%{x}: %{y:.1%}<extra></extra>")
    title = f"Customers of {' and '.join(order)} buy in no other months" if order else "Purchase days by month"
    figure.update_layout(title_text=title, height=330, margin={"t": 70})
    figure.update_xaxes(showgrid=False)
    return figure.update_yaxes(title_text="Share of purchase days", tickformat=".0%")


def curves(values: pd.DataFrame, sizes: pd.Series, by: str, worth: str, currency: str) -> go.Figure | None:
    """Draw what a customer of each group has spent after so many months; groups of fewer than 20 are left out.

    Args:
        values: a group a row, by months since the first purchase; empty where the group is not old enough.
        sizes: customers of each group.
        by: what the groups are.
        worth: `net` or `orders`.
        currency: of the amounts.
    """
    kept = values[sizes.reindex(values.index) >= FEWEST].dropna(axis="columns", how="all")
    kept = kept[kept.notna().sum(axis=1) > 1]
    if kept.empty:
        return None
    colours = (
        px.colors.sample_colorscale(theme.colour_scale(theme.SEQUENTIAL[2:]), len(kept))
        if by == "first purchase" and len(kept) > 1
        else list(theme.CATEGORICAL)
    )
    figure = go.Figure()
    for place, (name, line) in enumerate(kept.iterrows()):
        other = name == "all others"
        figure.add_scatter(
            x=[int(age) for age in line.dropna().index], y=line.dropna().round(2).tolist(), mode="lines+markers",
            name=as_text([f"{name} ({sizes[name]:,})"])[0], marker_size=4,
            line={"color": theme.NEUTRAL if other else colours[place % len(colours)], "width": 2},
            hovertemplate=f"after %{{x}} months: %{{y:,.0f}}<extra>{as_text([str(name)])[0]}</extra>",
        )  # fmt: skip
    unit = (
        _axis(worth, currency)
        .replace("Net sales", "Net sales per customer")
        .replace("Orders", "Orders per customer")
    )
    title = f"{unit.split(' (')[0]} by {by} (customers)"
    figure.update_layout(title_text=title, height=420, margin={"t": 110})
    figure.update_xaxes(
        title_text="Months after the first purchase", showgrid=False, dtick=max(1, kept.shape[1] // 12)
    )
    figure.update_yaxes(title_text=unit, rangemode="tozero")
    last = [
        f"{name} {number(line.dropna().iloc[-1])} after {line.dropna().index[-1]}"
        for name, line in kept.iterrows()
    ]
    return describe(figure, f"Lines, {title.lower()}: {'; '.join(last)} months.")

"""Charts of who the customers are: scores and segments, cohorts, the days between purchases, declared features."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import percent
from helpers.base.vocabulary import label
from helpers.chapters.rfm.cohorts import STATES, Retention
from helpers.show import theme
from helpers.show.alt import ranking
from helpers.show.charts import bars, histogram
from helpers.show.display import Picture, as_text, describe
from helpers.show.pictures import distribution_picture

STATE_COLOURS = dict(zip(STATES, (theme.BLUE, theme.GREEN, theme.GOLD, theme.NEUTRAL), strict=True))
TEXT_COLUMNS = 14
"""Months up to which a cell of a cohort table has room for its number."""
FEW = 12
"""Different values up to which a feature is drawn as bars, each a value."""
MOST_BARS = 60


def segment_bars(summary: pd.DataFrame) -> go.Figure:
    """Draw what `segments.summary` gives: each segment's share of the customers beside that of the revenue."""
    drawn = summary[summary["customers"] > 0]
    own = theme.segment_colours(summary["rfm_segment"])
    names, paid = as_text(drawn["rfm_segment"]), "revenue" in drawn
    bars_of = {"Customers": ("customer_share", theme.NEUTRAL)}
    bars_of |= {"Revenue": ("revenue_share", [own[name] for name in drawn["rfm_segment"]])} if paid else {}
    traces = [
        go.Bar(
            name=name,
            x=drawn[column].round(5),
            y=names,
            orientation="h",
            text=[percent(share) for share in drawn[column]],
            textposition="auto",
            marker_color=colour,
            hovertemplate="%{y}<br>%{x:.1%} of the " + name.lower() + "<extra></extra>",
        )
        for name, (column, colour) in bars_of.items()
    ]
    first = drawn.iloc[0]
    title = f"{names[0]}: {percent(first['customer_share'])} of the customers"
    title += f", {percent(first['revenue_share'])} of the revenue" if paid else ""
    figure = go.Figure(traces, {"title_text": title, "barmode": "group", "showlegend": False})
    figure.update_layout(height=110 + 22 * len(traces) * len(drawn))
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    told = [
        f"share of the {name.lower()}: {ranking(names, drawn[column].tolist(), percent)}"
        for name, (column, _) in bars_of.items()
    ]
    grey = "Grey: share of the customers. "
    coloured = "In the segment's colour, the same on every page: share of the revenue." if paid else ""
    return describe(figure, f"Bars of the segments, {'; '.join(told)}.", grey + coloured)


def score_heatmap(cells: pd.DataFrame, title: str) -> go.Figure:
    """Return recency score (down) against frequency score as a grid of colours, the best at the top right."""
    best_first = cells.sort_index(ascending=False)
    figure = px.imshow(
        best_first.set_axis(best_first.index.astype(str)), text_auto=".3~s", aspect="auto", title=title
    )
    figure.update_layout(height=390, margin={"t": 45})
    figure.update_xaxes(title_text="Frequency score", type="category", showgrid=False)
    return figure.update_yaxes(title_text="Recency score", type="category", showgrid=False)


def retention_heatmaps(kept: Retention) -> list[go.Figure]:
    """No revenue where no first month had any (returns may be among the lines, and outweigh them)."""
    tables = ((kept.customers, "Customers who buy again"), (kept.revenue, "Revenue against the first month"))
    shown = [(shares.drop(columns=0), title) for shares, title in tables]
    return [_retention(later, kept.sizes, title) for later, title in shown if later.notna().any(axis=None)]


def _retention(later: pd.DataFrame, sizes: pd.Series, title: str) -> go.Figure:
    seen = later.stack()
    figure = px.imshow(
        later.set_axis([f"{cohort}  ({sizes[cohort]:,})" for cohort in later.index]).round(4),
        zmin=0,
        # one cohort of one customer may multiply its first month; it must not pale all others
        zmax=seen.quantile(0.98) or 1.0,
        text_auto=".0%" if later.shape[1] <= TEXT_COLUMNS else False,
        aspect="auto",
        title=title,
    )
    figure.update_layout(height=140 + 26 * len(later), margin={"t": 45}, coloraxis_colorbar_tickformat=".0%")
    figure.update_traces(hovertemplate="cohort %{y}<br>month %{x}: %{z:.1%}<extra></extra>", hoverongaps=False)
    figure.update_xaxes(title_text="Months after the first purchase", type="category", showgrid=False)
    figure.update_layout(meta={"caption": "Empty cells are months that have not come, or are not over."})
    return figure.update_yaxes(title_text="Cohort (customers)", type="category", showgrid=False)


def gap_histogram(between: pd.Series, window: int, percentile: float) -> go.Figure:
    """Return the days between purchases, with the churn window at its percentile; the longest are not drawn."""
    counted = (
        between[between <= between.quantile(0.995)].value_counts().rename_axis("value").reset_index(name="rows")
    )
    bins = min(MOST_BARS, int(counted["value"].max()))
    figure = histogram(counted, bins, "Days between one purchase and the next", "Days", "times")
    mark = {"text": f"{window} days ({percent(percentile, 0)})"}
    return figure.add_vline(x=window, line={"color": theme.ORANGE, "width": 2}, annotation=mark)


def state_chart(months: pd.DataFrame) -> go.Figure:
    """Draw what `cohorts.states` counts, stacked."""
    title = "Customers at the end of each month"
    figure = px.bar(months, x="month", y=list(STATES), color_discrete_map=STATE_COLOURS, title=title)
    figure.for_each_trace(lambda trace: trace.update(name=trace.name.capitalize()))
    figure.update_layout(bargap=0.1, margin={"t": 80}, legend={"traceorder": "normal", "title_text": ""})
    figure.update_xaxes(title_text="", tickformat="%b<br>%Y", showgrid=False)
    return figure.update_yaxes(title_text="Customers")


def feature_charts(customers: pd.DataFrame, names: list[str]) -> list[go.Figure | Picture | None]:
    """Return the distributions of declared features: numbers as histograms in one picture, the others as bars."""
    declared = customers[names].dropna(axis="columns", how="all")
    numbers = declared.select_dtypes("number").astype(float)
    many = numbers.loc[:, numbers.nunique() > 1]
    few = [n for n in declared if n not in numbers and not _is_flag(declared[n]) and declared[n].nunique() <= FEW]
    counts = {name: declared[name].value_counts().sort_index() for name in few}
    drawn = [bars(list(map(str, c.index)), c.tolist(), label(name), "Customers") for name, c in counts.items()]
    return [distribution_picture(many), *(figure.update_layout(height=250) for figure in drawn)]


def shares_of_flags(customers: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return, for the declared features that are true or false: `feature, customers, share`."""
    flags = [name for name in names if _is_flag(customers[name])]
    true = [int(customers[name].dropna().astype(bool).sum()) for name in flags]
    shares = [count / len(customers) for count in true]
    return pd.DataFrame({"feature": list(map(label, flags)), "customers": true, "share": shares})


def _is_flag(values: pd.Series) -> bool:
    """Return whether a feature is true or false; one with gaps is read back as objects."""
    present = values.dropna()
    return len(present) > 0 and present.map(lambda value: isinstance(value, bool | np.bool_)).all()

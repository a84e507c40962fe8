"""Charts of who the customers are: scores and segments, cohorts, the days between purchases, declared features."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import money, percent
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


def segment_treemap(summary: pd.DataFrame, currency: str) -> go.Figure:
    """Draw what `segments.summary` gives: areas of customers in the segments' colours, with shares of revenue."""
    drawn = summary[summary["customers"] > 0]
    names, paid = as_text(drawn["rfm_segment"]), "revenue" in drawn
    shares = drawn["revenue_share"] if paid else drawn["customer_share"]
    what = "revenue" if paid else "the customers"
    amounts = [money(x, currency) for x in drawn["revenue"]] if paid else ""
    own = theme.segment_colours(summary["rfm_segment"])
    colours = dict(zip(names, drawn["rfm_segment"].map(own), strict=True))
    figure = px.treemap(
        drawn.assign(name=names, shown=shares, amount=amounts),
        path=["name"],
        values="customers",
        color="name",
        color_discrete_map=colours,
        custom_data=["shown", "amount"],
        title="Segments by customers and revenue" if paid else "Segments by customers",
    )
    figure.update_traces(
        texttemplate="%{label}<br>%{value:,} customers<br>%{customdata[0]:.1%} of " + what,
        textfont_color=[theme.ink_on(colours[name]) for name in figure.data[0].labels],
        hovertemplate="%{label}<br>%{value:,} customers<br>%{customdata[1]}<extra></extra>",
        # whatever shows between and around the areas would be plotly's own dark grey
        tiling_pad=0,
        pathbar_visible=False,
        marker_pad=dict.fromkeys("tlrb", 0),
    )
    figure.update_layout(height=430, margin={"t": 45})
    return describe(
        figure,
        f"Treemap of the segments, the area by customers: {ranking(names, drawn['customers'].tolist())}. Share of "
        f"{what}: {ranking(names, shares.tolist(), percent)}.",
        "The larger an area, the more customers. A segment has the same colour on every page.",
    )


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

"""Charts of who the customers are: scores and segments, cohorts, the days between purchases, declared features."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import number, percent
from helpers.base.vocabulary import label
from helpers.chapters.rfm.cohorts import STATES, Retention
from helpers.show import theme
from helpers.show.charts import FEWEST, bars, histogram, paired_bars, shares_finding
from helpers.show.display import Picture
from helpers.show.labels import note, titled
from helpers.show.pictures import distribution_picture

STATE_COLOURS = dict(zip(STATES, (theme.BLUE, theme.GREEN, theme.GOLD, theme.NEUTRAL), strict=True))
TEXT_COLUMNS = 14
"""Months up to which a cell of a cohort table has room for its number."""
FEW = 12
"""Different values up to which a feature is drawn as bars, each a value."""
MOST_BARS = 60


def segment_bars(summary: pd.DataFrame) -> go.Figure:
    """Draw what `segments.summary` gives: each segment's share of the customers beside that of the revenue."""
    drawn = summary[summary["customers"] > 0].set_index("rfm_segment")
    paid = "revenue_share" in drawn
    shares = drawn[["customer_share", *(["revenue_share"] if paid else [])]]
    named = shares.set_axis(["customers", "revenue"][: len(shares.columns)], axis=1)
    own = theme.segment_colours(summary["rfm_segment"])
    few = drawn["customers"] < FEWEST
    colours = [theme.NEUTRAL if few[name] else own[name] for name in drawn.index]
    title = shares_finding(drawn["customer_share"], drawn["revenue_share"] if paid else None)
    what = f"Share of the customers{' and of the revenue' if paid else ''} by RFM segment"
    figure = paired_bars(named, title, what, "Share of all", colours=[theme.NEUTRAL, colours])
    grey = f" Segments of fewer than {FEWEST} customers are grey." if few.any() else ""
    coloured = "Share of the revenue in the segment's colour, which is the same on every page." if paid else ""
    return note(figure, caption=f"{coloured}{grey}".strip())


def score_heatmap(cells: pd.DataFrame, title: str) -> go.Figure:
    """Return recency score (down) against frequency score as a grid of colours, the best at the top right."""
    best_first = cells.sort_index(ascending=False)
    figure = px.imshow(
        best_first.set_axis(best_first.index.astype(str)), text_auto=".3~s", aspect="auto", title=title
    )
    best = cells.stack()
    r, f = best.idxmax()
    titled(figure, f"Most {title.partition(' ')[0].lower()}: recency score {r}, frequency score {f}")
    figure.update_layout(height=330, coloraxis_showscale=False)
    figure.update_xaxes(title_text="Frequency score", type="category", showgrid=False)
    return figure.update_yaxes(title_text="Recency score", type="category", showgrid=False)


def retention_heatmaps(kept: Retention) -> list[go.Figure]:
    """No revenue where no first month had any (returns may be among the lines, and outweigh them)."""
    tables = (
        (kept.customers, "Customers who buy again, % of the cohort", "customers buy again"),
        (kept.revenue, "Revenue, % of that in the first month", "revenue is spent again"),
    )
    shown = [
        (shares[kept.sizes.reindex(shares.index) >= FEWEST].drop(columns=0), *said) for shares, *said in tables
    ]
    return [_retention(later, kept.sizes, *said) for later, *said in shown if later.notna().any(axis=None)]


def _range(shares: pd.Series) -> str:
    low, high = percent(shares.min(), 0), percent(shares.max(), 0)
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _retention(later: pd.DataFrame, sizes: pd.Series, title: str, what: str) -> go.Figure:
    later = later.dropna(axis="columns", how="all").dropna(how="all")
    written = later.map(lambda share: "" if pd.isna(share) else f"{100 * share:.0f}")
    seen = later.stack()
    figure = px.imshow(
        later.set_axis([f"{cohort.strftime('%b %Y')} ({sizes[cohort]:,})" for cohort in later.index]).round(4),
        zmin=0,
        # one cohort of one customer may multiply its first month; it must not pale all others
        zmax=seen.quantile(0.98) or 1.0,
        aspect="auto",
        title=title,
    )
    first = later.iloc[:, 0].dropna()
    titled(figure, f"{_range(first)} of a cohort's {what} in month {later.columns[0]} after the first")
    # two years of cohorts in rows of that height would be a screen by themselves
    figure.update_layout(height=110 + min(22 * len(later), 330), coloraxis_showscale=False)
    figure.update_traces(text=written, texttemplate="%{text}" if later.shape[1] <= TEXT_COLUMNS else "")
    figure.update_traces(hovertemplate="cohort %{y}<br>month %{x}: %{text} %<extra></extra>", hoverongaps=False)
    step = 1 if later.shape[1] <= TEXT_COLUMNS else 4
    ticks = {"dtick": step, "tickangle": 0}
    figure.update_xaxes(title_text="Months after the first purchase", type="category", showgrid=False, **ticks)
    few = f" Cohorts of fewer than {FEWEST} customers are left out." if (sizes < FEWEST).any() else ""
    note(figure, caption=f"Empty cells are months that have not come, or are not over.{few}")
    return figure.update_yaxes(title_text="Cohort (customers)", type="category", showgrid=False)


def gap_histogram(between: pd.Series, window: int, percentile: float) -> go.Figure:
    """Return the days between purchases, with the churn window at its percentile; the longest are not drawn."""
    counted = (
        between[between <= between.quantile(0.995)].value_counts().rename_axis("value").reset_index(name="rows")
    )
    bins = min(MOST_BARS, int(counted["value"].max()))
    figure = histogram(counted, bins, "Days between one purchase and the next", "Days", "repeat purchases")
    titled(figure, f"{percent(percentile, 0)} of repeat purchases follow within {window} days")
    figure.update_layout(height=320)
    mark = {"text": f"{window} days ({percent(percentile, 0)})"}
    return figure.add_vline(x=window, line={"color": theme.ORANGE, "width": 2}, annotation=mark)


def state_chart(months: pd.DataFrame) -> go.Figure:
    """Draw what `cohorts.states` counts, stacked."""
    title = "Customers at the end of each month"
    figure = px.bar(months, x="month", y=list(STATES), color_discrete_map=STATE_COLOURS, title=title)
    figure.for_each_trace(lambda trace: trace.update(name=trace.name.capitalize()))
    last, all_of_them = months.iloc[-1], int(months.iloc[-1][list(STATES)].sum())
    here = number(int(last[list(STATES[:2])].sum()))
    titled(figure, f"{here} of {number(all_of_them)} customers are {' or '.join(STATES[:2])} at the end")
    figure.update_layout(bargap=0.1, legend={"traceorder": "normal", "title_text": ""})
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

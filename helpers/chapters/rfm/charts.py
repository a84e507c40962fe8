"""Charts of who the customers are: scores and segments, cohorts, the days between purchases, declared features."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter

from helpers.base.text import money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.rfm.cohorts import STATES, Retention
from helpers.customers.scores import MEASURES
from helpers.ledger.lines import quantile
from helpers.show import theme
from helpers.show.charts import Picture, bars, ranking
from helpers.show.display import as_text, describe
from helpers.show.pictures import distribution_picture

UNITS = {"recency": "days since the last order", "frequency": "orders", "monetary": "amount"}
STATE_COLOURS = dict(zip(STATES, (theme.BLUE, theme.GREEN, theme.GOLD, theme.NEUTRAL), strict=True))
TEXT_COLUMNS = 14
"""Months up to which a cell of a cohort table has room for its number."""
FEW = 12
"""Different values up to which a feature is drawn as bars, each a value."""


def measure_distributions(customers: pd.DataFrame, currency: str) -> Picture:
    """Return histograms of recency, frequency and monetary; the last two on a logarithmic scale."""
    figure, axes = plt.subplots(1, len(MEASURES), figsize=(11, 3.2))
    said = []
    for axis, name in zip(axes, MEASURES.values(), strict=True):
        values = customers[name].astype(float)
        logarithmic = name != "recency"
        drawn = values[values > 0] if logarithmic else values
        unit = currency if name == "monetary" and currency else UNITS[name]
        if len(drawn):
            _draw(axis, drawn, logarithmic)
        axis.set(xlabel=unit + (" (logarithmic)" if logarithmic else ""), ylabel="customers")
        axis.set_title(label(name), fontsize=10)
        left = len(values) - len(drawn)
        said.append(
            f"{name}: median {number(float(values.median()))}, mean {number(float(values.mean()))}, "
            f"largest {number(float(values.max()))}"
            + (f"; {left:,} at or below zero are not drawn" if left else "")
        )
    figure.tight_layout()
    plt.close(figure)
    return figure, f"Histograms of {len(customers):,} customers. {'. '.join(said)}."


def _draw(axis: plt.Axes, values: pd.Series, logarithmic: bool) -> None:
    """Draw one histogram with its median."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        bins: np.ndarray | int = 1
    elif not logarithmic:
        bins = np.linspace(low, high, 31)
    elif high <= FEW:
        bins = np.arange(low, high + 2) - 0.5
    else:
        bins = np.geomspace(low, high * 1.0001, 31)
        if (values % 1 == 0).all():  # whole numbers: a bin narrower than one would stay empty between them
            bins = np.unique(np.ceil(bins)) - 0.5
    sns.histplot(values, bins=bins, ax=axis, color=theme.BLUE, edgecolor=theme.LIGHT["surface"], linewidth=0.4)
    if logarithmic:
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
        )
    axis.axvline(
        values.median(), color=theme.LIGHT["ink"], linewidth=1.3, label=f"median {number(float(values.median()))}"
    )
    axis.legend(fontsize=7, frameon=True, framealpha=0.8, edgecolor="none")


def segment_treemap(found: pd.DataFrame, currency: str) -> go.Figure:
    """Return the segments as areas of customers, coloured by their share of the revenue.

    Args:
        found: of `helpers.chapters.rfm.segments.summary`.
        currency: printed behind revenue.
    """
    drawn = found[found["customers"] > 0]
    names = as_text(drawn["rfm_segment"])
    shares = drawn["revenue_share"].astype(float)
    texts = [
        f"{each.customers:,} customers<br>{percent(each.revenue_share)} of revenue" for each in drawn.itertuples()
    ]
    figure = go.Figure(
        go.Treemap(
            labels=names,
            parents=[""] * len(names),
            values=drawn["customers"].tolist(),
            text=texts,
            textinfo="label+text",
            customdata=as_text(money(amount, currency) for amount in drawn["revenue"]),
            hovertemplate="%{label}<br>%{text}<br>%{customdata}<extra></extra>",
            marker={
                "colors": shares.tolist(),
                "colorscale": theme.colour_scale(theme.SEQUENTIAL),
                "cmin": 0,
                "pad": dict.fromkeys("tlrb", 0),
                "showscale": True,
                "colorbar": {"title": {"text": "Share of<br>revenue"}, "tickformat": ".0%"},
            },
            # whatever shows between and around the areas would be plotly's own dark grey
            tiling={"pad": 0},
            pathbar={"visible": False},
        )
    )
    figure.update_layout(title_text="Segments by customers and revenue", height=430, margin={"t": 45})
    return describe(
        figure,
        "Treemap of the segments, the area by customers: "
        f"{ranking(list(drawn['rfm_segment']), drawn['customers'].tolist())}. Share of revenue, by colour: "
        f"{ranking(list(drawn['rfm_segment']), shares.tolist(), percent)}.",
        "The larger an area, the more customers; the stronger its colour, the more of the revenue they bring.",
    )


def score_heatmap(cells: pd.DataFrame, title: str, what: str, currency: str = "") -> go.Figure:
    """Return recency score against frequency score as a grid of colours, the best at the top right."""
    values = cells.to_numpy(dtype=float)
    write = (lambda value: money(value, currency)) if currency else number
    figure = go.Figure(
        go.Heatmap(
            z=values.tolist(),
            x=[str(name) for name in cells.columns],
            y=[str(name) for name in cells.index],
            text=[[_short(value) for value in row] for row in values],
            texttemplate="%{text}",
            colorbar_title_text=what,
            hovertemplate="recency score %{y}, frequency score %{x}<br>%{z:,.0f}<extra></extra>",
        )
    )
    figure.update_layout(title_text=title, height=390, margin={"t": 45})
    figure.update_xaxes(title_text="Frequency score", type="category", showgrid=False)
    figure.update_yaxes(title_text="Recency score", type="category", autorange="reversed", showgrid=False)
    names = [f"recency {r} and frequency {f}" for r in cells.index for f in cells.columns]
    return describe(figure, f"{title}: {ranking(names, values.ravel().tolist(), write)}.")


def _short(value: float) -> str:
    """Return a number that fits a cell: 1,234 or 2.1 M."""
    return (
        f"{value / 1e6:,.1f} M"
        if abs(value) >= 1e6
        else f"{value / 1e3:,.0f} k"
        if abs(value) >= 1e5
        else f"{value:,.0f}"
    )


def retention_heatmaps(found: Retention) -> list[go.Figure]:
    """Return retention of customers and of revenue by cohort.

    Nothing where no cohort is old enough; no revenue where no first month brought any (returns may be among the
    lines, and outweigh them).
    """
    if found.customers.shape[1] < 2:
        return []
    told = (
        (found.customers, "Customers who buy again", "Customers"),
        (found.revenue, "Revenue of a cohort against its first month", "Revenue"),
    )
    return [
        _retention(shares, found.sizes, title, what)
        for shares, title, what in told
        if shares.drop(columns=0).notna().any(axis=None)
    ]


def _retention(shares: pd.DataFrame, sizes: pd.Series, title: str, what: str) -> go.Figure:
    """Return one cohort table as a grid of colours, month 0 (always all) left out."""
    later = shares.drop(columns=0)
    values = later.to_numpy(dtype=float)
    rows = [f"{cohort}  ({sizes[cohort]:,})" for cohort in later.index]
    narrow = values.shape[1] <= TEXT_COLUMNS
    seen = values[~np.isnan(values)]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(value) else round(value, 4) for value in row] for row in values],
            x=[str(month) for month in later.columns],
            y=rows,
            zmin=0,
            # one cohort of one customer may multiply its first month; it must not pale all others
            zmax=float(np.quantile(seen, 0.98)) or 1.0,
            text=[["" if np.isnan(value) else f"{value:.0%}" for value in row] for row in values],
            texttemplate="%{text}" if narrow else None,
            colorbar={"title": {"text": what}, "tickformat": ".0%"},
            hovertemplate="cohort %{y}<br>month %{x}: %{z:.1%}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_layout(title_text=title, height=140 + 26 * len(rows), margin={"t": 45})
    figure.update_xaxes(title_text="Months after the first purchase", type="category", showgrid=False)
    figure.update_yaxes(title_text="Cohort (customers)", type="category", autorange="reversed", showgrid=False)
    first = {str(cohort): value for cohort, value in later[1].dropna().items()}
    said = ranking(list(first), list(first.values()), percent)
    return describe(
        figure,
        f"{title}, {len(rows)} monthly cohorts. In the month after the first: {said}.",
        "Empty cells are months that have not come, or are not over.",
    )


def gap_histogram(between: pd.Series, window: int, percentile: float) -> go.Figure:
    """Return the days between purchases, with the churn window at its percentile."""
    counts = between[between <= between.quantile(0.995)].value_counts().sort_index()
    width = max(1, int(np.ceil(counts.index.max() / 60)))
    binned = counts.groupby((counts.index - 1) // width * width + 1).sum()
    figure = go.Figure(
        go.Bar(
            x=(binned.index + (width - 1) / 2).tolist(),
            y=binned.tolist(),
            width=width * 0.94,
            marker_color=[theme.BLUE if start <= window else theme.NEUTRAL for start in binned.index],
            customdata=[[int(start), int(start) + width - 1] for start in binned.index],
            hovertemplate="%{customdata[0]} to %{customdata[1]} days<br>%{y:,} times<extra></extra>",
        )
    )
    figure.add_vline(
        x=window,
        line={"color": theme.ORANGE, "width": 2},
        annotation={"text": f"{window} days ({percent(percentile, 0)})"},
    )
    figure.update_layout(title_text="Days between one purchase and the next", margin={"t": 45}, bargap=0)
    figure.update_xaxes(title_text="Days", showgrid=False)
    figure.update_yaxes(title_text="Times that a customer came back")
    return describe(
        figure,
        f"Histogram of {len(between):,} gaps between purchases: median {number(float(between.median()))} days; "
        f"{percent(percentile, 0)} are at most {window} days.",
        "The rarest, longest gaps are not drawn.",
    )


def state_chart(counted: pd.DataFrame) -> go.Figure:
    """Return who is new, active, lapsing and lost at the end of each month, stacked.

    Args:
        counted: of `helpers.chapters.rfm.cohorts.states`.
    """
    figure = go.Figure()
    for name in STATES:
        figure.add_bar(
            x=counted["month"].dt.strftime("%Y-%m-%d").tolist(),
            y=counted[name].tolist(),
            name=name.capitalize(),
            marker_color=STATE_COLOURS[name],
            hovertemplate="%{x|%B %Y}<br>%{y:,} " + name + "<extra></extra>",
        )
    figure.update_layout(
        title_text="Customers at the end of each month", barmode="stack", bargap=0.1, margin={"t": 80}
    )
    figure.update_layout(legend={"traceorder": "normal"})
    figure.update_xaxes(type="date", tickformat="%b<br>%Y", showgrid=False)
    figure.update_yaxes(title_text="Customers")
    last = counted.iloc[-1]
    said = ", ".join(f"{number(int(last[name]))} {name}" for name in STATES)
    return describe(
        figure, f"New, active, lapsing and lost customers by month; on {last['end']:%Y-%m-%d}: {said}."
    )


def feature_charts(customers: pd.DataFrame, names: list[str]) -> list[go.Figure | Picture | None]:
    """Return the distributions of declared features: numbers as histograms in one picture, the others as bars."""
    many, few = {}, []
    for name in names:
        values = customers[name].dropna()
        is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        if is_number and values.nunique() > 1:
            counted = values.astype(float).value_counts().sort_index()
            many[name] = counted.rename_axis("value").reset_index(name="rows")
        elif len(values) and values.nunique() <= FEW and not pd.api.types.is_bool_dtype(values):
            few.append((name, values.value_counts().sort_index()))
    figures: list[go.Figure | Picture | None] = [distribution_picture(many, quantile)]
    for name, counted in few:
        figure = bars([str(v) for v in counted.index], counted.tolist(), label(name), "Customers")
        figures.append(figure.update_layout(height=250))
    return figures


def shares_of_flags(customers: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return, for the declared features that are true or false: `feature, customers, share`."""
    rows = []
    for name in names:
        # a flag with gaps is read back as objects
        values = customers[name].dropna()
        if len(values) and values.map(lambda value: isinstance(value, bool | np.bool_)).all():
            true = int(values.astype(bool).sum())
            rows.append({"feature": label(name), "customers": true, "share": true / len(customers)})
    return pd.DataFrame(rows, columns=["feature", "customers", "share"])

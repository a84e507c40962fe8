"""What the rules left, drawn: the steps down from what was read, and values before and after."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from plotly.subplots import make_subplots

from helpers.base.text import money, number, percent
from helpers.base.vocabulary import label
from helpers.show.display import as_text, describe
from helpers.show.theme import BLUE, GREEN, NEUTRAL, ORANGE

REMAINING = {"lines": "Lines", "customers": "Customers", "revenue": "Revenue"}
RULE_WIDTH = 34
BINS = 60
SHORT_AXIS, LONG_AXIS = 100, 1e5
"""Largest over smallest value up to which an axis names more than powers of ten, and from which fewer."""


def steps_waterfall(steps: pd.DataFrame, currency: str) -> go.Figure:
    """Return the way down from what was read to what is kept, for lines, customers and revenue.

    Args:
        steps: the account's steps, `read` first.
        currency: printed behind revenue.
    """
    shown = [name for name in REMAINING if steps[name].iloc[0]]
    figure = make_subplots(1, len(shown), shared_yaxes=True, subplot_titles=[REMAINING[n] for n in shown])
    rules = as_text(
        f"{s}. {_short(r)}" if s else "read" for s, r in zip(steps["step"], steps["rule"], strict=True)
    )
    for column, name in enumerate(shown, start=1):
        left = steps[name].astype(float)
        change = left.diff().fillna(left.iloc[0])
        figure.add_trace(
            go.Waterfall(
                orientation="h",
                y=[*rules, "kept"],
                x=[*change, left.iloc[-1]],
                measure=["absolute", *["relative"] * (len(left) - 1), "total"],
                customdata=[*left, left.iloc[-1]],
                hovertemplate="%{y}<br>%{delta:,.0f}<br>left: %{customdata:,.0f}<extra></extra>",
                decreasing_marker_color=ORANGE,
                increasing_marker_color=GREEN,
                totals_marker_color=BLUE,
                connector_line_width=0.5,
                showlegend=False,
            ),
            row=1,
            col=column,
        )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(nticks=4)
    figure.update_annotations(font_size=12)  # larger headings of the three columns run together on a phone
    figure.update_layout(height=130 + 30 * (len(steps) + 1))
    said = ", ".join(
        f"{REMAINING[n].lower()} from {number(float(steps[n].iloc[0]))} to "
        + (money(float(steps[n].iloc[-1]), currency) if n == "revenue" else number(int(steps[n].iloc[-1])))
        for n in shown
    )
    return describe(
        figure, f"Waterfall of {len(steps) - 1} cleaning rules: {said}.", f"What each rule took: {said}."
    )


def before_after(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Figure, str]:
    """Return histograms of each numeric column before and after cleaning, on a logarithmic scale, and alt text.

    Values at or below zero have no logarithm; how many there are stands in each title.
    """
    names = [name for name in before.columns if name in after.columns]
    figure, axes = plt.subplots(1, len(names), figsize=(4.2 * len(names), 3.2), squeeze=False)
    said = []
    for axis, name in zip(axes[0], names, strict=True):
        positive = [column[column > 0] for column in (before[name], after[name])]
        low, high = positive[0].min(), positive[0].max()
        bins = np.geomspace(low, high * 1.0001, BINS) if high > low else 10
        for values, colour, word in zip(positive, (NEUTRAL, BLUE), ("read", "kept"), strict=True):
            sns.histplot(values, bins=bins, ax=axis, color=colour, alpha=0.55, label=word, edgecolor=None)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set(xlabel=label(name), ylabel="lines (logarithmic)")
        below = int((before[name] <= 0).sum())
        axis.set_title(f"{f'{below:,}' if below else 'none'} read at or below zero", fontsize=9)
        _plain_numbers(axis, low, high)
        axis.margins(y=0.2)  # room for the legend above the bars
        axis.set_ylim(bottom=0.5)  # there is no tenth of a line
        axis.legend(frameon=False, fontsize=8, ncols=2, loc="upper center")
        said.append(
            f"{label(name).lower()}: median {number(float(before[name].median()))} read, "
            f"{number(float(after[name].median()))} kept; largest {number(float(before[name].max()))} read, "
            f"{number(float(after[name].max()))} kept"
        )
    figure.tight_layout()
    plt.close(figure)
    return figure, "Histograms before and after cleaning. " + ". ".join(said) + "."


def _plain_numbers(axis: Axes, low: float, high: float) -> None:
    """Write the logarithmic axes in numbers that people read, and also between powers of ten on a short axis."""
    axis.xaxis.set_major_formatter(FuncFormatter(_plainly))
    axis.yaxis.set_major_formatter(FuncFormatter(_plainly))
    if high < SHORT_AXIS * low:
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    elif high > LONG_AXIS * low:
        axis.xaxis.set_major_locator(LogLocator(base=100))
    axis.xaxis.set_minor_formatter(NullFormatter())


def _plainly(value: float, _: int) -> str:
    """Return a number of an axis: 0.01, 20, 5k, 1M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:,.3g}{letter}"
    return f"{value:.3g}"


def _short(rule: str) -> str:
    """Return a rule short enough for an axis; the whole of it stands in the table."""
    return rule if len(rule) <= RULE_WIDTH else rule[: RULE_WIDTH - 1] + "…"


def return_share(months: pd.DataFrame) -> go.Figure:
    """Return the value brought back each month as a share of the value bought.

    Args:
        months: month, bought, returned, share.
    """
    worst = months.loc[months["share"].idxmax()]
    figure = go.Figure(go.Bar(x=months["month"], y=months["share"], marker_color=ORANGE))
    figure.update_layout(yaxis={"title": "returned / bought", "tickformat": ".1~%"}, xaxis_title=None)
    figure.update_traces(hovertemplate="%{x|%B %Y}<br>%{y:.1%}<extra></extra>")
    usual = percent(months["share"].median())
    said = f"highest in {worst['month']:%B %Y} with {percent(worst['share'])}, median {usual}"
    return describe(
        figure, f"Value returned as a share of value bought, by month: {said}.", f"Returns by month: {said}."
    )

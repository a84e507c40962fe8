"""What the rules left, drawn: the steps down from what was read, and values before and after."""

from collections.abc import Sequence

import narwhals as nw
import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter
from plotly.subplots import make_subplots

from helpers.base.text import listed, money, number, percent
from helpers.base.vocabulary import label
from helpers.ledger.lines import counts_of, median_of
from helpers.show.display import Picture, as_text, describe
from helpers.show.labels import titled
from helpers.show.theme import BLUE, NEUTRAL, ORANGE

REMAINING = {"lines": "Lines", "customers": "Customers", "revenue": "Revenue"}
RULE_WIDTH = 34
BINS = 60


def steps_waterfall(steps: pd.DataFrame, currency: str) -> go.Figure:
    """Draw the way down from what was read to what is kept; `steps` are the account's, `read` first."""
    shown = [name for name in REMAINING if steps[name].iloc[0]]
    figure = make_subplots(1, len(shown), shared_yaxes=True)
    rules = [*as_text(map(_short, steps["step"], steps["rule"])), "kept"]
    told, cut = [], []
    for column, name in enumerate(shown, start=1):
        left = steps[name].astype(float)
        figure.add_waterfall(
            orientation="h",
            y=rules,
            x=[*left.diff().fillna(left), left.iloc[-1]],
            measure=["absolute", *["relative"] * (len(left) - 1), "total"],
            customdata=[*left, left.iloc[-1]],
            hovertemplate="%{y}<br>%{delta:,.0f}<br>left: %{customdata:,.0f}<extra></extra>",
            decreasing_marker_color=ORANGE,
            increasing_marker_color=BLUE,
            totals_marker_color=NEUTRAL,
            connector_line_width=0.5,
            showlegend=False,
            row=1,
            col=column,
        )
        figure.update_xaxes(title_text=REMAINING[name], row=1, col=column)
        last = money(left.iloc[-1], currency) if name == "revenue" else number(int(left.iloc[-1]))
        told.append(f"{REMAINING[name].lower()} from {number(left.iloc[0])} to {last}")
        # what the rules took is the subject: what was read would squeeze it to a line
        room = float(left.max() - left.min())
        if room and left.min() > 1.5 * room:
            figure.update_xaxes(range=[left.min() - 0.4 * room, left.max() + 0.2 * room], row=1, col=column)
            cut.append(REMAINING[name].lower())
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(nticks=4)
    kept = percent(steps["lines"].iloc[-1] / max(steps["lines"].iloc[0], 1))
    what = f"What each rule took: {', '.join(REMAINING[n].lower() for n in shown)}"
    titled(figure, f"The rules keep {kept} of the lines", what).update_layout(height=130 + 26 * len(rules))
    note = f"The axes of {listed(cut)} do not start at zero, so that the steps can be seen." if cut else ""
    return describe(figure, f"Waterfall of {len(steps) - 1} cleaning rules: {', '.join(told)}.", note)


def _short(step: int, rule: str) -> str:
    """Return a rule short enough for an axis; the whole of it is in the table."""
    short = rule if len(rule) <= RULE_WIDTH else rule[: RULE_WIDTH - 1] + "…"
    return f"{step}. {short}" if step else rule


def before_after(before: nw.LazyFrame, after: nw.LazyFrame, columns: Sequence[str]) -> Picture:
    """Draw columns of numbers as read and as kept, of which the engine counts the different values.

    Values at or below zero have no logarithm; how many there are is in each title.
    """
    figure, axes = plt.subplots(1, len(columns), figsize=(4.2 * len(columns), 3.2), squeeze=False)
    told = []
    for axis, name in zip(axes[0], columns, strict=True):
        counts = [counts_of(frame, name) for frame in (before, after)]
        positive = [one[one.index > 0] for one in counts]
        low, high = positive[0].index.min(), positive[0].index.max()
        bins = np.geomspace(low, high * 1.0001, BINS) if high > low else 10
        for of, colour, word in zip(positive, (NEUTRAL, BLUE), ("read", "kept"), strict=True):
            axis.hist(of.index, bins=bins, weights=of, color=colour, alpha=0.55, label=word)
        below = int(counts[0][counts[0].index <= 0].sum())
        axis.set_title(f"{number(below or 'none')} read at or below zero", fontsize=9)
        axis.set(xscale="log", yscale="log", xlabel=label(name), ylabel="lines (logarithmic)")
        for side in (axis.xaxis, axis.yaxis):
            side.set_major_formatter(FuncFormatter(_plainly))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.margins(y=0.2)  # room for the legend above the bars
        axis.set_ylim(bottom=0.5)  # there is no tenth of a line
        axis.legend(frameon=False, fontsize=8, ncols=2, loc="upper center")
        was, now = counts
        told.append(
            f"{label(name).lower()}: median {number(median_of(was))} read, {number(median_of(now))} kept; largest "
            f"{number(was.index.max())} read, {number(now.index.max())} kept"
        )
    figure.tight_layout()
    plt.close(figure)
    moved = f"{told[-1][0].upper()}{told[-1][1:]}".partition(";")[0]
    alt = f"Histograms before and after cleaning. {'. '.join(told)}."
    return Picture(figure, alt, title=moved, what="Values before cleaning (grey) and after (blue)")


def _plainly(value: float, _: int) -> str:
    """Return a number of an axis: 0.01, 20, 5k, 1M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:,.3g}{letter}"
    return f"{value:.3g}"


def return_share(by_month: pd.DataFrame) -> go.Figure:
    """Return the value returned each month (a period, the index) as a share of the value bought."""
    figure = px.bar(x=by_month.index.to_timestamp(), y=by_month["share"], color_discrete_sequence=[ORANGE])
    worst = by_month["share"].idxmax()
    told = f"{worst.strftime('%b %Y')} had most returns: {percent(by_month['share'].max())} of the value bought"
    titled(figure, told, "Value returned each month, as a share of the value bought")
    figure.update_layout(xaxis_title=None, height=300)
    return figure.update_yaxes(title_text="Returned, share of the value bought", tickformat=".0%")

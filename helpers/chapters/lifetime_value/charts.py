"""Charts of forecasts beside what was, of worth by segment, of time to the next order, and of tests."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import day, money, percent
from helpers.show import theme
from helpers.show.display import as_text, describe
from helpers.show.labels import note, titled

ACTUAL, FORECAST = "Actual", "Forecast"
LONGEST = 120
"""Days to the next order that are drawn, at most."""


def tracking(weeks: pd.DataFrame, then: datetime, model: str) -> go.Figure:
    """Draw repeat orders by week, actual and as the model fitted at the cut-off expects them."""
    after = weeks[weeks.index >= pd.Timestamp(then)]
    ratio = after["expected"].sum() / max(after["actual"].sum(), 1)
    off = f"{percent(abs(ratio - 1))} {'more' if ratio > 1 else 'fewer'}"
    title = f"{model} expected {off} repeat orders than there were after {day(then)}"
    drawn = weeks.rename(columns={"actual": ACTUAL, "expected": FORECAST}).round(1)
    colours = {ACTUAL: theme.NEUTRAL, FORECAST: theme.BLUE}
    figure = px.line(drawn, y=[ACTUAL, FORECAST], color_discrete_map=colours)
    titled(figure, title, "Repeat orders by week of customers known at the cut-off")
    figure.add_vline(x=pd.Timestamp(then), line={"color": theme.NEUTRAL, "dash": "dot"})
    figure.update_layout(height=360, margin={"t": 40}, legend_title_text="")
    note(figure, caption="Right of the dotted line are weeks that the model has not seen.")
    figure.update_xaxes(title_text="", showgrid=False)
    return figure.update_yaxes(title_text="Repeat orders per week", rangemode="tozero")


def beside(parts: pd.DataFrame, axis: str, by: str) -> go.Figure | None:
    """Draw mean orders per customer, actual and forecast, by a part (the first column); None for one part."""
    if len(parts) < 2:
        return None
    name = parts.columns[0]
    widest = parts.loc[(parts["expected"] - parts["actual"]).abs().idxmax()]
    title = (
        f"By {by}, the forecast is furthest off at {widest[name]:.0f}: "
        f"{widest['expected']:.2g} instead of {widest['actual']:.2g} orders"
    )
    drawn = parts.rename(columns={"actual": ACTUAL, "expected": FORECAST}).round(3)
    colours = {ACTUAL: theme.NEUTRAL, FORECAST: theme.BLUE}
    figure = px.bar(drawn, x=name, y=[ACTUAL, FORECAST], barmode="group", color_discrete_map=colours)
    titled(figure, title, f"Orders per customer in the holdout, by {by}")
    figure.update_layout(height=320, margin={"t": 40}, legend_title_text="")
    figure.update_xaxes(title_text=axis, showgrid=False, type="category")
    return figure.update_yaxes(title_text="Orders per customer")


def calibration(deciles: pd.DataFrame, days: int) -> go.Figure:
    """Draw the share that ordered against the probability that was forecast, by decile."""
    mean = deciles[["predicted", "actual"]].mean()
    more = mean["actual"] - mean["predicted"]
    word = (
        "as many as forecast" if abs(more) < 0.02 else "more than forecast" if more > 0 else "fewer than forecast"
    )
    title = f"{percent(mean['actual'])} ordered within {days} days: {word} ({percent(mean['predicted'])})"
    figure = px.line(deciles.round(3), x="predicted", y="actual", markers=True)
    titled(figure, title, "Share that ordered against the forecast probability, by decile")
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": theme.NEUTRAL}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    figure.update_layout(height=340, margin={"t": 40}, showlegend=False)
    figure.update_xaxes(title_text="Forecast probability of an order, by decile", tickformat=".0%", range=[0, 1])
    return figure.update_yaxes(title_text="Share that ordered", tickformat=".0%", range=[0, 1])


def by_segment(sums: pd.DataFrame, currency: str, years: int) -> go.Figure:
    """Draw the lifetime value of each segment with its interval, the largest first."""
    colours = theme.segment_colours(set(sums.index) - {"not known"}) | {"not known": theme.NEUTRAL}
    drawn = sums.round(2)
    write = (lambda value: money(value, currency)) if currency else (lambda value: f"{value:,.0f} orders")
    figure = go.Figure(
        go.Bar(
            x=drawn["lifetime"], y=as_text(drawn.index), orientation="h",
            marker_color=[colours[name] for name in drawn.index],
            error_x={
                "array": (drawn["high"] - drawn["lifetime"]).clip(lower=0),
                "arrayminus": (drawn["lifetime"] - drawn["low"]).clip(lower=0),
                "color": theme.NEUTRAL,
            },
            customdata=as_text(write(value) for value in drawn["lifetime"]),
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    )  # fmt: skip
    first, share = drawn.index[0], drawn["lifetime"].iloc[0] / max(drawn["lifetime"].sum(), 1e-9)
    title = f"{first}: {percent(share)} of what today's customers will be worth in {years} years"
    titled(figure, title, "Expected worth of today's customers, by segment")
    figure.update_layout(height=120 + 30 * len(drawn), showlegend=False, margin={"t": 40})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    what = f"Lifetime value ({currency})" if currency else "Orders, discounted"
    told = [
        f"{name} {write(row.lifetime)} ({write(row.low)} to {write(row.high)})"
        for name, row in zip(drawn.index, drawn.itertuples(), strict=True)
    ]
    caption = "Thin lines: 95 % of simulations."
    return describe(figure.update_xaxes(title_text=what), f"Bars, {title}: {'; '.join(told)}.", caption)


def survival(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw the share that has not yet ordered again, by days since the last order, with the interval of all."""
    colours = [theme.BLUE, *[c for c in theme.CATEGORICAL if c != theme.BLUE]]
    whole = next(iter(curves.values()))
    within = 1 - whole["share"].to_numpy()[max((whole.index <= 30).sum() - 1, 0)]
    title = f"{percent(within)} of orders are followed by another within 30 days"
    figure = go.Figure()
    band = whole[whole.index <= LONGEST].round(4)
    edge = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=band.index, y=band["low"], **edge)
    figure.add_scatter(x=band.index, y=band["high"], fill="tonexty", fillcolor="rgba(132,141,151,0.3)", **edge)
    for (name, curve), colour in zip(curves.items(), colours, strict=False):
        shown = curve[curve.index <= LONGEST].round(4)
        figure.add_scatter(
            x=shown.index, y=shown["share"], name=name, mode="lines", line={"shape": "hv", "color": colour},
            hovertemplate="after %{x:.0f} days: %{y} not yet<extra>" + name + "</extra>",
        )  # fmt: skip
    titled(figure, title, "Share without another order, by days since the order")
    figure.update_layout(height=400, margin={"t": 40}, legend={"traceorder": "normal"})
    figure.update_xaxes(title_text="Days since the order", showgrid=False, range=[0, LONGEST])
    figure.update_yaxes(title_text="Share without another order", tickformat=".0%", range=[0, 1])
    after = {name: curve[curve.index <= 90]["share"].iloc[-1] for name, curve in curves.items()}
    told = "; ".join(f"{name} {percent(share)}" for name, share in after.items())
    return describe(figure, f"Curves of time to the next order. Without another order after 90 days: {told}.")

"""The charts of chapter 08: models side by side, what they do to the catalogue, and whom they fail."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from helpers.base.text import number, percent
from helpers.chapters.recommendation.evaluation import AGAIN, ALL_TIME, BLEND, QUESTIONS, RANDOM, RECENT
from helpers.show import theme
from helpers.show.display import as_text, describe

BASELINES = (RANDOM, ALL_TIME, RECENT, AGAIN)
"""Models that learn nothing of who is like whom; drawn in grey."""
ROW = 30  # px of a model in a chart
CLEAR_ACROSS, CLEAR_DOWN = 0.22, 0.06
"""Distance of two labels, as shares of the axes, from which both can be read on a phone too."""


def precision_chart(compared: pd.DataFrame, question: str, k: int) -> go.Figure:
    """Return each model's precision with its interval, the best on top.

    Args:
        compared: of `recommendation.compared`.
        question: next or new.
        k: length of the lists.
    """
    figure = go.Figure()
    for name, grey in (("Models", False), ("Baselines", True)):
        rows = compared[compared["model"].isin(BASELINES) == grey]
        _dots(figure, rows, "precision", name, theme.NEUTRAL if grey else theme.BLUE)
    figure.update_layout(
        title_text=f"Precision at {k}, {QUESTIONS[question]}", height=130 + ROW * len(compared), showlegend=True
    )
    figure.update_xaxes(title_text="Share of the list that was bought", rangemode="tozero")
    _in_order(figure, compared["model"])
    said = "; ".join(
        f"{row.model} {row.precision:.3f} ({row.low:.3f} to {row.high:.3f})" for row in compared.itertuples()
    )
    return describe(
        figure,
        f"Dot chart of precision at {k} with intervals, {QUESTIONS[question]}: {said}.",
        "Lines are 95 % intervals over customers. Grey models know nothing of who is like whom.",
    )


def _dots(figure: go.Figure, rows: pd.DataFrame, column: str, name: str, colour: str) -> None:
    """Add a dot with its interval for each model."""
    figure.add_scatter(
        x=rows[column].round(5).tolist(),
        y=as_text(rows["model"]),
        mode="markers",
        name=name,
        marker={"size": 10, "color": colour},
        error_x={
            "type": "data",
            "array": (rows["high"] - rows[column]).round(5).tolist(),
            "arrayminus": (rows[column] - rows["low"]).round(5).tolist(),
            "thickness": 1.5,
            "width": 4,
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )


def _in_order(figure: go.Figure, models: pd.Series) -> None:
    """Put the models in order from the top, and name every one, on a phone too."""
    order = as_text(models)[::-1]
    figure.update_yaxes(categoryorder="array", categoryarray=order, dtick=1, showgrid=False)


def difference_chart(differences: pd.DataFrame, question: str) -> go.Figure | None:
    """Return each model's paired difference to the first baseline with its interval; None without any.

    Args:
        differences: of `recommendation.differences`.
        question: next or new.
    """
    if not len(differences):
        return None
    against = differences["against"].iloc[0]
    rows = differences[differences["against"] == against].sort_values("difference", ascending=False)
    better, worse = rows["low"] > 0, rows["high"] < 0
    kinds = (("Surely better", better, theme.BLUE), ("Surely worse", worse, theme.ORANGE))
    kinds += (("Undecided", ~better & ~worse, theme.NEUTRAL),)
    figure = go.Figure()
    for name, which, colour in kinds:
        if which.any():
            _dots(figure, rows[which], "difference", name, colour)
    figure.add_vline(x=0, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    title = f"Difference to {against[0].lower()}{against[1:]}, {QUESTIONS[question]}"
    figure.update_layout(title_text=title, height=140 + ROW * len(rows), showlegend=True)
    figure.update_xaxes(title_text="Difference in precision")
    _in_order(figure, rows["model"])
    said = "; ".join(f"{r.model} {r.difference:+.3f} ({r.low:+.3f} to {r.high:+.3f})" for r in rows.itertuples())
    return describe(
        figure,
        f"Dot chart, {title.lower()}: {said}.",
        "Surely: the 95 % interval of the difference is on one side of zero.",
    )


def reach_chart(compared: pd.DataFrame, question: str) -> go.Figure:
    """Return precision against catalogue coverage, a point a model.

    Of models that lie on one another only the more precise one is named; hovering names the others.
    """
    figure = go.Figure()
    named: list[tuple[float, float]] = []
    for row in compared.itertuples():
        at = (row.coverage, row.precision / max(compared["precision"].max(), 1e-9))
        free = all(abs(at[0] - x) > CLEAR_ACROSS or abs(at[1] - y) > CLEAR_DOWN for x, y in named)
        named += [at] if free else []
        figure.add_scatter(
            x=[round(row.coverage, 4)],
            y=[round(row.precision, 5)],
            mode="markers+text" if free else "markers",
            text=as_text([row.model]),
            textposition="top center",
            cliponaxis=False,
            marker={"size": 10, "color": theme.NEUTRAL if row.model in BASELINES else theme.BLUE},
            hovertemplate="%{text}<br>covers %{x:.1%}, precision %{y:.3f}<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(title_text=f"Precision and coverage, {QUESTIONS[question]}", height=460)
    figure.update_xaxes(title_text="Share of the catalogue on some list", tickformat=".0%", range=[-0.08, 1.1])
    figure.update_yaxes(title_text="Precision", rangemode="tozero")
    said = "; ".join(f"{r.model} {percent(r.coverage)} and {r.precision:.3f}" for r in compared.itertuples())
    return describe(figure, f"Scatter of coverage and precision, {QUESTIONS[question]}: {said}.")


def learning_chart(curve: pd.DataFrame, k: int) -> go.Figure:
    """Return the collaborative model's precision by epoch, for both questions.

    Args:
        curve: `epochs`, `next`, and `new` where it could be judged.
        k: length of the lists.
    """
    figure = go.Figure()
    judged = {question: name for question, name in QUESTIONS.items() if question in curve}
    for (question, name), colour in zip(judged.items(), (theme.BLUE, theme.ORANGE), strict=False):
        figure.add_scatter(
            x=curve["epochs"].tolist(),
            y=curve[question].round(5).tolist(),
            mode="lines+markers",
            name=name.capitalize(),
            line={"color": colour, "width": 2.5},
            hovertemplate="%{x} epochs: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.update_layout(title_text="Learning curve of LightFM on the earlier window", height=340)
    figure.update_xaxes(title_text="Epochs")
    figure.update_yaxes(title_text=f"Precision at {k}", rangemode="tozero")
    said = "; ".join(
        f"{name}: " + ", ".join(f"{e} epochs {v:.3f}" for e, v in zip(curve["epochs"], curve[q], strict=True))
        for q, name in judged.items()
    )
    return describe(figure, f"Line chart of precision at {k} by epochs of LightFM. {said}.")


def failure_grid(failures: pd.DataFrame, question: str) -> go.Figure:
    """Return the share of customers without a single hit, models by activity.

    Args:
        failures: models x groups, shares from 0 to 1.
        question: next or new.
    """
    values = failures.to_numpy(float)
    figure = go.Figure(
        go.Heatmap(
            z=values.round(4).tolist(),
            x=as_text(failures.columns),
            y=as_text(failures.index),
            text=[[percent(value, 0) for value in row] for row in values],
            texttemplate="%{text}",
            zmin=0,
            zmax=1,
            colorbar={"title": {"text": "no hit"}, "tickformat": ".0%"},
            hovertemplate="%{y}, %{x}: %{text} without a hit<extra></extra>",
        )
    )
    figure.update_layout(
        title_text=f"Customers without a hit, {QUESTIONS[question]}", height=150 + ROW * len(failures)
    )
    figure.update_xaxes(type="category", showgrid=False, side="bottom")
    figure.update_yaxes(type="category", autorange="reversed", dtick=1, showgrid=False)
    said = "; ".join(
        f"{name}: " + ", ".join(f"{group} {percent(value, 0)}" for group, value in row.items())
        for name, row in failures.iterrows()
    )
    return describe(figure, f"Grid of the share of customers without a hit. {said}.")


def blend_chart(weights: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """Return what the blends are made of: shares of the weights, a group of bars for each question."""
    figure = go.Figure()
    said = []
    names = list(next(iter(weights.values())))
    for (question, name), colour in zip(QUESTIONS.items(), (theme.BLUE, theme.ORANGE), strict=True):
        values = np.array([weights[question][component] for component in names])
        shares = values / values.sum()
        figure.add_bar(
            x=shares.round(4).tolist(),
            y=as_text(names),
            orientation="h",
            name=name.capitalize(),
            marker_color=colour,
            hovertemplate="%{y}: %{x:.0%}<extra>" + name + "</extra>",
        )
        told = ", ".join(f"{n} {percent(s, 0)}" for n, s in zip(names, shares, strict=True) if s)
        said.append(f"{name}: {told}")
    figure.update_layout(title_text=f"{BLEND}: what it is made of", height=150 + 44 * len(names), barmode="group")
    figure.update_xaxes(title_text="Share of the weights", tickformat=".0%")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return describe(figure, f"Bar chart of the blend's weights. {'; '.join(said)}.")


def rules_chart(rules: pd.DataFrame, shown: int) -> go.Figure:
    """Return the strongest rules as bubbles: how often, and how much more often than by chance.

    Args:
        rules: `product, other` (names), `orders`, `lift`, `confidence`.
        shown: how many.
    """
    rows = rules.head(shown)
    pairs = [f"{a} + {b}" for a, b in zip(rows["product"], rows["other"], strict=True)]
    figure = go.Figure(
        go.Scatter(
            x=rows["orders"].tolist(),
            y=rows["lift"].round(2).tolist(),
            mode="markers",
            text=as_text(pairs),
            marker={
                "size": 9,
                "color": rows["confidence"].round(4).tolist(),
                "colorscale": theme.colour_scale(theme.SEQUENTIAL),
                "colorbar": {"title": {"text": "confidence"}, "tickformat": ".0%"},
                "line": {"width": 1, "color": theme.NEUTRAL},
            },
            hovertemplate="%{text}<br>%{x:,} orders, %{y:,.1f} times chance<extra></extra>",
        )
    )
    figure.update_layout(title_text="Bought together: how often, and how far above chance", height=420)
    figure.update_xaxes(title_text="Orders with both", type="log")
    figure.update_yaxes(title_text="Lift", type="log")
    top = rows.iloc[0]
    return describe(
        figure,
        f"Scatter of {number(len(rows))} pairs: orders with both against lift. The highest lift, "
        f"{number(float(top['lift']))}, is that of {pairs[0]} in {number(int(top['orders']))} orders.",
        f"The {number(len(rows))} rules with the highest lift. Both axes are logarithmic.",
    )

"""The charts of chapter 07: what models score, how predictions lie, and what drives them."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from matplotlib.figure import Figure
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch

from helpers.base.sampling import sample_rows
from helpers.base.text import day, money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.regression.evaluation import BASELINES, Evidence
from helpers.show import theme
from helpers.show.alt import ranking
from helpers.show.charts import paired_bars
from helpers.show.display import Picture, as_text, describe
from helpers.show.labels import note, titled

POINTS = 1200
"""Customers drawn in a scatter: more would hide each other and make the page heavy."""
ERRORS = {"mae": "Mean absolute error", "rmse": "RMSE"}
TWO = (theme.BLUE, theme.ORANGE)


def scores_chart(scores: pd.DataFrame, unit: str) -> go.Figure:
    """Return the two errors of every model side by side, baselines in grey."""
    drawn = scores.set_index("model")[[*ERRORS]].rename(columns=ERRORS)
    best = drawn["Mean absolute error"].idxmin()
    finding = (
        f"{best[:1].upper()}{best[1:]} has the smallest mean absolute error ({number(drawn.loc[best].iloc[0])})"
    )
    inks = [[theme.NEUTRAL if name in BASELINES else ink for name in drawn.index] for ink in TWO]
    what = "Errors on rows that were not seen; baselines in grey"
    return paired_bars(drawn, finding, what, f"Error{unit}", write=number, colours=inks)


def sums_chart(past: pd.DataFrame, unit: str) -> go.Figure:
    """Return what all customers spent after each cut-off, beside the forecast of the sum and its range."""
    dates = past["cut_off"].map(day)
    figure = px.bar(x=dates, y=past["actual"].round(2), color_discrete_sequence=[theme.NEUTRAL])
    figure.update_traces(name="Actual", showlegend=True, hovertemplate="%{x}: %{y:,.0f}<extra>Actual</extra>")
    figure.add_scatter(
        x=dates,
        y=past["predicted"].round(2),
        error_y={
            "array": (past["high"] - past["predicted"]).fillna(0).round(2),
            "arrayminus": (past["predicted"] - past["low"]).fillna(0).round(2),
            "color": theme.ORANGE,
        },
        mode="markers",
        name="Forecast and its range",
        marker={"color": theme.ORANGE, "size": 10},
        hovertemplate="%{x}: %{y:,.0f}<extra>Forecast</extra>",
    )
    off = past["off"].abs().agg(["min", "max"])
    title = f"Past forecasts of the sum were off by {' to '.join(dict.fromkeys(percent(end, 0) for end in off))}"
    titled(figure, title, "What all customers spent after each cut-off, and what was forecast")
    figure.update_layout(height=340, legend_title_text="")
    figure.update_xaxes(title_text="Cut-off: the sum is of the days after it", type="category")
    figure.update_yaxes(title_text=f"Net spend of known customers{unit}", rangemode="tozero")
    caption = "Each range is by the errors of the dates before it; the first forecast has none."
    rows = zip(dates, past["predicted"], past["actual"], strict=True)
    each = "; ".join(
        f"{date} forecast {money(forecast)}, actual {money(actual)}" for date, forecast, actual in rows
    )
    return describe(figure, f"{title}: {each}.", caption)


def actual_chart(evidence: Evidence, ids: np.ndarray, unit: str, seed: int) -> go.Figure:
    """Return predictions against outcomes; spend on axes that give small amounts room."""
    y, chosen = evidence.y, evidence.chosen
    figure, x, across = _scatter(evidence, y, "actual", ids, seed)
    ends = [float(min(x.min(), across.min())), float(max(x.max(), across.max()))]
    dashed = {"color": theme.NEUTRAL, "dash": "dash"}
    figure.add_scatter(x=ends, y=ends, mode="lines", name="As predicted", line=dashed, hoverinfo="skip")
    figure.update_xaxes(title_text=f"Predicted{unit}", **_ticks(evidence, chosen, y))
    figure.update_yaxes(title_text=f"Actual{unit}", **_ticks(evidence, chosen, y))
    by_rank = f"Rank correlation {evidence.measured['spearman'].value:.2f}, R² {evidence.measured['r2'].value:.2f}"
    titled(figure, by_rank, "Predicted and actual; on the dashed line they are the same").update_layout(
        height=400, showlegend=False
    )
    note = "Both axes are stretched by a square root, so that small amounts can be told apart. "
    rank, r2 = evidence.measured["spearman"].value, evidence.measured["r2"].value
    return describe(
        figure,
        f"Scatter of actual against predicted amounts: rank correlation {rank:.2f}, R² {r2:.2f}; actual from "
        f"{money(y.min())} to {money(y.max())}, predicted from {money(chosen.min())} to {money(chosen.max())}.",
        (note if _wide(evidence) else "") + _sampled(evidence),
    )


def residual_chart(evidence: Evidence, ids: np.ndarray, unit: str, seed: int) -> go.Figure:
    """Return what predictions missed, against the prediction."""
    missed = evidence.y - evidence.chosen
    figure, _, _ = _scatter(evidence, missed, "missed by", ids, seed)
    figure.add_hline(y=0, line={"color": theme.NEUTRAL, "dash": "dash"})
    below = f"{percent(float((missed < 0).mean()))} of the customers spent less than forecast"
    below = below if evidence.spend else below.replace("customers spent less", "rows are lower")
    titled(figure, below, "What was missed: actual less predicted").update_layout(height=400)
    figure.update_xaxes(title_text=f"Predicted{unit}", **_ticks(evidence, evidence.chosen))
    figure.update_yaxes(title_text=f"Missed by{unit}", **_ticks(evidence, missed))
    return describe(
        figure,
        f"Scatter of residuals against predictions: {percent(float((missed < 0).mean()))} of the customers came "
        f"below their prediction; residuals from {money(missed.min())} to {money(missed.max())}, median "
        f"{money(np.median(missed))}.",
        _sampled(evidence),
    )


def _scatter(
    evidence: Evidence, up: np.ndarray, what: str, ids: np.ndarray, seed: int
) -> tuple[go.Figure, np.ndarray, np.ndarray]:
    """Return a point for each of some customers, and the places of all."""
    shown, wide = sample_rows(len(up), POINTS, seed), _wide(evidence)
    x, across = (_signed_root(evidence.chosen), _signed_root(up)) if wide else (evidence.chosen, up)
    hover = f"%{{text}}<br>predicted %{{customdata[0]:,.2f}}<br>{what} %{{customdata[1]:,.2f}}<extra></extra>"
    points = go.Scatter(
        x=x[shown].round(3).tolist(),
        y=across[shown].round(3).tolist(),
        mode="markers",
        name="Customers",
        text=as_text(ids[shown].astype(str)),
        customdata=np.column_stack([evidence.chosen[shown], up[shown]]).round(2).tolist(),
        marker={"color": theme.BLUE, "size": 6, "opacity": 0.45},
        hovertemplate=hover,
    )
    return go.Figure(points), x, across


def _wide(evidence: Evidence) -> bool:
    """Return whether amounts are so skewed that a plain axis would show one corner."""
    return bool(evidence.y.max() > 20 * max(np.median(np.abs(evidence.y)), 1e-9))


def _signed_root(values: np.ndarray) -> np.ndarray:
    return np.sign(values) * np.sqrt(np.abs(values))


def _ticks(evidence: Evidence, *amounts: np.ndarray) -> dict:
    """Return ticks of a stretched axis, in the unit of the amounts."""
    if not _wide(evidence):
        return {}
    ends = max(np.abs(each).max() for each in amounts)
    base = 10.0 ** np.floor(np.log10(max(ends, 1e-9)))
    negative = min(each.min() for each in amounts) < 0
    # labels nearer to zero than that would run into each other
    least = ends * (0.02 if negative else 0.005)
    wanted = (0.0, base / 100, base / 10, base / 2, base, 2 * base, 5 * base)
    marks = [mark for mark in wanted if mark <= ends and (mark == 0 or mark >= least)]
    if negative:
        marks = [-mark for mark in marks[:0:-1]] + marks
    return {"tickvals": _signed_root(np.array(marks)).tolist(), "ticktext": [f"{mark:,.0f}" for mark in marks]}


def _sampled(evidence: Evidence) -> str:
    rows = len(evidence.y)
    return (
        f"A random sample of {number(POINTS)} of the {number(rows)} customers is drawn." if rows > POINTS else ""
    )


def deciles_chart(deciles: pd.DataFrame, unit: str) -> go.Figure:
    """Return predicted and actual means by decile of the prediction."""
    drawn = deciles.rename(columns={"predicted": "Predicted", "actual": "Actual"})
    figure = px.bar(
        drawn,
        x="decile",
        y=["Predicted", "Actual"],
        barmode="group",
        color_discrete_sequence=[theme.NEUTRAL, theme.BLUE],
    )
    figure.update_traces(hovertemplate="decile %{x}: %{y:,.2f}<extra>%{fullData.name}</extra>")
    top, what = deciles.iloc[0], "Predicted and actual means, by decile of the prediction"
    means = [number(float(f"{top[name]:.3g}")) for name in ("predicted", "actual")]  # three digits, as elsewhere
    finding = f"Top decile: {means[0]} predicted, {means[1]} actual{unit}"
    titled(figure, finding, what).update_layout(height=320, legend_title_text="")
    figure.update_xaxes(title_text="Decile by prediction, highest first", dtick=1)
    return figure.update_yaxes(title_text=f"Mean{unit}")


def importance_chart(importances: pd.DataFrame, unit: str) -> go.Figure:
    """Return what the mean absolute error grows by when a feature is shuffled, with its spread."""
    most = importances.head(15)
    drawn = most.assign(feature=as_text(label(str(name)) for name in most["feature"]))
    figure = px.bar(drawn, x="permutation", y="feature", error_x="permutation_std", orientation="h")
    figure.update_traces(
        marker_color=theme.BLUE, error_x_color=theme.NEUTRAL, hovertemplate="%{y}: %{x:,.3f}<extra></extra>"
    )
    first, grows = drawn["feature"].iloc[0], number(float(f"{most['permutation'].iloc[0]:.3g}"))
    titled(figure, f"Without {first.lower()} the error grows most, by {grows}", "What each feature is worth")
    figure.update_layout(height=90 + 26 * len(most))
    note(figure, caption="Thin lines: one standard deviation over shuffles.")
    figure.update_xaxes(title_text=f"Error grows by{unit}")
    return figure.update_yaxes(title_text="", autorange="reversed", showgrid=False)


def shap_picture(drawn: Figure, shap_values: pd.DataFrame) -> Picture:
    """Return a SHAP summary with what its values (rows x features) say in words."""
    moves = shap_values.abs().mean().rename(index=label)
    alt = f"SHAP summary, mean absolute move of a prediction by feature: {ranking(moves.index, moves)}."
    title = f"{moves.idxmax()} moves a prediction most, by {number(float(moves.max()))} on average"
    return Picture(drawn, alt, title=title, what="SHAP values: how far each feature moved each prediction")


def dependence_charts(curves: Mapping[str, Bunch], unit: str) -> list[go.Figure]:
    """Return the mean prediction against each feature, as `sklearn.inspection.partial_dependence` has it."""
    return [
        _dependence(label(str(name)), curve["grid_values"][0], curve["average"][0], unit)
        for name, curve in curves.items()
    ]


def _dependence(name: str, values: np.ndarray, means: np.ndarray, unit: str) -> go.Figure:
    texts = not np.issubdtype(np.asarray(values).dtype, np.number)
    x, y = (as_text(map(str, values)) if texts else values.tolist()), np.round(means, 4).tolist()
    figure = px.bar(x=x, y=y) if texts else px.line(x=x, y=y, markers=True)
    figure.update_traces(hovertemplate="%{x}: %{y:,.2f}<extra></extra>")
    low, high = number(float(np.min(means))), number(float(np.max(means)))
    titled(
        figure,
        f"{name}: mean predictions from {low} to {high}",
        f"Mean prediction by {as_text([name.lower()])[0]}",
    )
    figure.update_layout(height=300)
    figure.update_xaxes(title_text=as_text([name])[0])
    return figure.update_yaxes(title_text=f"Mean prediction{unit}")


def drawn_names(columns: Iterable[str]) -> list[str]:
    """Return names of columns as matplotlib draws them: a pair of dollars would start a formula."""
    return [label(name).replace("$", r"\$") for name in columns]


def tree_picture(drawn: Figure, tree: Pipeline) -> Picture:
    """Return a drawn shallow tree (a fitted pipeline of its columns and the tree) with what it asks in words."""
    columns, inner = tree[:-1].get_feature_names_out(), tree[-1].tree_
    leaves = inner.value[inner.children_left < 0].ravel()
    first = "nothing"
    if inner.node_count > 1:
        first = f"{label(columns[inner.feature[0]]).lower()} at {inner.threshold[0]:,.1f}"
    alt = (
        f"A decision tree of {len(leaves)} leaves. The first question is about {first}; the leaves predict from "
        f"{leaves.min():,.1f} to {leaves.max():,.1f}."
    )
    title = f"The first question of a shallow tree is about {first}"
    return Picture(drawn, alt, title=title, what="A regression tree of at most three questions")

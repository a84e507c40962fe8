"""The charts of chapter 07: what models score, how predictions lie, and what the model goes by."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib import pyplot as plt
from sklearn.tree import DecisionTreeRegressor, plot_tree

from helpers.base.text import money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.regression.evaluation import Evidence
from helpers.chapters.regression.explanations import Shap
from helpers.chapters.regression.models import BASELINES
from helpers.show import theme
from helpers.show.charts import Picture, ranking
from helpers.show.display import as_text, describe

POINTS = 1200
"""Customers drawn in a scatter: more would hide each other and make the page heavy."""
CURVES = 4
"""Features whose partial dependence is drawn."""
SHAP_FEATURES, SHAP_POINTS = 10, 250
"""Features of a SHAP summary, and rows drawn for each."""


def scores_chart(evidence: Evidence, unit: str) -> go.Figure:
    """Return the two errors of every model side by side; baselines are grey."""
    scores = evidence.scores
    names = [str(name) for name in scores["model"]]
    figure = go.Figure()
    for key, title, colour in (("mae", "Mean absolute error", theme.BLUE), ("rmse", "RMSE", theme.ORANGE)):
        figure.add_bar(
            y=as_text(names),
            x=scores[key].round(4).tolist(),
            orientation="h",
            name=title,
            marker={"color": colour, "opacity": [0.45 if name in BASELINES else 1 for name in names]},
            hovertemplate="%{y}: %{x:,.2f}<extra>" + title + "</extra>",
        )
    figure.update_layout(
        title_text="Errors on rows that were not seen", barmode="group", height=130 + 52 * len(names)
    )
    figure.update_xaxes(title_text=f"Error{unit}; baselines pale")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    said = "; ".join(
        f"{name} {mae:,.2f} and {rmse:,.2f}"
        for name, mae, rmse in zip(names, scores["mae"], scores["rmse"], strict=True)
    )
    return describe(figure, f"Bars of mean absolute error and RMSE by model: {said}.")


def actual_chart(evidence: Evidence, ids: np.ndarray, unit: str) -> go.Figure:
    """Return predictions against outcomes; spend on axes that give small amounts room."""
    y, chosen = evidence.evaluation.y, evidence.evaluation.chosen
    shown = _drawn(evidence)
    spread = _wide(evidence)
    x, across = (_signed_root(chosen), _signed_root(y)) if spread else (chosen, y)
    figure = go.Figure(
        go.Scatter(
            x=x[shown].round(3).tolist(),
            y=across[shown].round(3).tolist(),
            mode="markers",
            text=as_text(str(name) for name in ids[shown]),
            customdata=np.column_stack([chosen[shown], y[shown]]).round(2).tolist(),
            marker={"color": theme.BLUE, "size": 6, "opacity": 0.45},
            hovertemplate="%{text}<br>predicted %{customdata[0]:,.2f}<br>actual %{customdata[1]:,.2f}"
            "<extra></extra>",
            name="Customers",
        )
    )
    ends = [float(min(x.min(), across.min())), float(max(x.max(), across.max()))]
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        name="As predicted",
        line={"color": theme.NEUTRAL, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.update_layout(title_text="Predicted and actual", height=480)
    figure.update_xaxes(title_text=f"Predicted{unit}", **_ticks(chosen, y, spread))
    figure.update_yaxes(title_text=f"Actual{unit}", **_ticks(chosen, y, spread))
    note = "Both axes are stretched by a square root, so that small amounts can be told apart. " if spread else ""
    rank = evidence.measured["spearman"].value
    return describe(
        figure,
        f"Scatter of actual against predicted amounts: rank correlation {rank:.2f}, R² "
        f"{evidence.measured['r2'].value:.2f}; actual from {money(y.min())} to {money(y.max())}, "
        f"predicted from {money(chosen.min())} to {money(chosen.max())}.",
        note + _note(evidence),
    )


def residual_chart(evidence: Evidence, unit: str) -> go.Figure:
    """Return what predictions missed, against the prediction."""
    y, chosen = evidence.evaluation.y, evidence.evaluation.chosen
    shown, spread = _drawn(evidence), _wide(evidence)
    missed = y - chosen
    x, up = (_signed_root(chosen), _signed_root(missed)) if spread else (chosen, missed)
    figure = go.Figure(
        go.Scatter(
            x=x[shown].round(3).tolist(),
            y=up[shown].round(3).tolist(),
            mode="markers",
            customdata=np.column_stack([chosen[shown], missed[shown]]).round(2).tolist(),
            marker={"color": theme.PETROL, "size": 6, "opacity": 0.45},
            hovertemplate="predicted %{customdata[0]:,.2f}<br>missed by %{customdata[1]:,.2f}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"color": theme.NEUTRAL, "dash": "dash"})
    figure.update_layout(title_text="What was missed (actual less predicted)", height=400)
    figure.update_xaxes(title_text=f"Predicted{unit}", **_ticks(chosen, chosen, spread))
    figure.update_yaxes(title_text=f"Missed by{unit}", **_ticks(missed, missed, spread))
    over = float((missed < 0).mean())
    return describe(
        figure,
        f"Scatter of residuals against predictions: {percent(over)} of the customers came below their prediction; "
        f"residuals from {money(missed.min())} to {money(missed.max())}, median "
        f"{money(np.median(missed))}.",
        _note(evidence),
    )


def _wide(evidence: Evidence) -> bool:
    """Return whether amounts are so skewed that a plain axis would show one corner."""
    y = evidence.evaluation.y
    return bool(y.max() > 20 * max(np.median(np.abs(y)), 1e-9))


def _signed_root(values: np.ndarray) -> np.ndarray:
    return np.sign(values) * np.sqrt(np.abs(values))


def _ticks(one: np.ndarray, other: np.ndarray, spread: bool) -> dict:
    """Return ticks of a stretched axis, in the unit of the amounts."""
    if not spread:
        return {}
    ends = max(np.abs(one).max(), np.abs(other).max())
    base = 10.0 ** np.floor(np.log10(max(ends, 1e-9)))
    wanted = (0.0, base / 100, base / 10, base / 2, base, 2 * base, 5 * base)
    negative = min(one.min(), other.min()) < 0
    # labels nearer to zero than that would run into each other
    marks = [m for m in wanted if m <= ends and (m == 0 or m >= ends * (0.02 if negative else 0.005))]
    if negative:
        marks = [-m for m in marks[:0:-1]] + marks
    return {"tickvals": _signed_root(np.array(marks)).tolist(), "ticktext": [f"{m:,.0f}" for m in marks]}


def _drawn(evidence: Evidence) -> np.ndarray:
    rows, seed = len(evidence.evaluation.rows), evidence.evaluation.task.seed
    if rows <= POINTS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, POINTS, replace=False))


def _note(evidence: Evidence) -> str:
    rows = len(evidence.evaluation.rows)
    return (
        f"A random sample of {number(POINTS)} of the {number(rows)} customers is drawn." if rows > POINTS else ""
    )


def tenths_chart(tenths: pd.DataFrame, unit: str) -> go.Figure:
    """Return predicted and actual means by tenth of the prediction."""
    figure = go.Figure()
    for key, name, colour in (("predicted", "Predicted", theme.NEUTRAL), ("actual", "Actual", theme.BLUE)):
        figure.add_bar(
            x=tenths["tenth"].tolist(),
            y=tenths[key].round(3).tolist(),
            name=name,
            marker_color=colour,
            hovertemplate="tenth %{x}: %{y:,.2f}<extra>" + name + "</extra>",
        )
    figure.update_layout(
        title_text="Predicted and actual means, by tenth of the prediction", barmode="group", height=360
    )
    figure.update_xaxes(title_text="Tenth by prediction, highest first", dtick=1)
    figure.update_yaxes(title_text=f"Mean{unit}")
    said = "; ".join(
        f"{t}: {money(p)} and {money(a)}"
        for t, p, a in zip(tenths["tenth"], tenths["predicted"], tenths["actual"], strict=True)
    )
    return describe(figure, f"Bars of predicted and actual means by tenth: {said}.")


def importance_chart(selection: pd.DataFrame, unit: str) -> go.Figure:
    """Return what the mean absolute error grows by when a feature is shuffled, with its spread."""
    top = selection.head(15)
    names = [label(str(name)) for name in top["feature"]]
    figure = go.Figure(
        go.Bar(
            y=as_text(names),
            x=top["permutation"].round(5).tolist(),
            orientation="h",
            error_x={"type": "data", "array": top["permutation_std"].round(5).tolist(), "color": theme.NEUTRAL},
            marker_color=theme.BLUE,
            hovertemplate="%{y}: %{x:,.3f}<extra></extra>",
        )
    )
    figure.update_layout(title_text="What the model loses without a feature", height=120 + 30 * len(top))
    figure.update_xaxes(title_text=f"Error grows by{unit}")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return describe(
        figure,
        f"Bar chart of permutation importance on held out rows: {ranking(names, top['permutation'].tolist())}.",
        "Thin lines: one standard deviation over shuffles.",
    )


def shap_chart(shap: Shap, unit: str, seed: int) -> go.Figure:
    """Return SHAP values as a cloud for each feature, coloured by the feature's value (its place among others)."""
    weight = shap.values.abs().mean().sort_values(ascending=False, kind="stable").head(SHAP_FEATURES)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(shap.values), min(SHAP_POINTS, len(shap.values)), replace=False))
    figure = go.Figure()
    for place, name in enumerate(weight.index):
        values = shap.features[name]
        if not pd.api.types.is_numeric_dtype(values):
            values = pd.Series(pd.factorize(values, sort=True)[0], values.index)
        ranks = values.rank(pct=True).fillna(0.5).to_numpy()[rows]
        shown = shap.features[name].iloc[rows]
        figure.add_scatter(
            x=shap.values[name].iloc[rows].round(4).tolist(),
            y=(place + rng.uniform(-0.3, 0.3, len(rows))).round(3).tolist(),
            mode="markers",
            text=as_text(shown.tolist()),
            marker={
                "color": ranks.round(3).tolist(),
                "colorscale": theme.colour_scale(theme.DIVERGING),
                "cmin": 0,
                "cmax": 1,
                "size": 5,
                "showscale": place == 0,
                "colorbar": {"title": {"text": "value"}, "tickvals": [0, 1], "ticktext": ["low", "high"]},
                "line": {"width": 0.5, "color": theme.NEUTRAL},
            },
            hovertemplate=f"{as_text([label(str(name))])[0]} %{{text}}<br>moves by %{{x:,.3f}}<extra></extra>",
            showlegend=False,
        )
    names = [label(str(name)) for name in weight.index]
    figure.update_layout(title_text="What moves each prediction (SHAP)", height=140 + 44 * len(names))
    figure.update_xaxes(title_text="Moves log prediction by" if shap.logs else f"Moves the prediction by{unit}")
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=as_text(names), autorange="reversed", showgrid=False
    )
    return describe(
        figure,
        f"SHAP summary, mean absolute move by feature: {ranking(names, [float(w) for w in weight])}.",
        "A point is a customer: blue has a high value of the feature, brown a low one.",
    )


def dependence_charts(curves: dict[str, pd.DataFrame], unit: str) -> list[go.Figure]:
    """Return the mean prediction against each of the most important features."""
    return [_dependence(name, curve, unit) for name, curve in list(curves.items())[:CURVES]]


def _dependence(name: str, curve: pd.DataFrame, unit: str) -> go.Figure:
    values = curve["value"].tolist()
    texts = not pd.api.types.is_numeric_dtype(curve["value"])
    heights = curve["prediction"].round(4).tolist()
    if texts:
        figure = go.Figure(go.Bar(x=as_text(map(str, values)), y=heights, marker_color=theme.BLUE))
    else:
        figure = go.Figure(
            go.Scatter(x=values, y=heights, mode="lines+markers", line={"color": theme.BLUE, "width": 2.5})
        )
    figure.update_traces(hovertemplate="%{x}: %{y:,.2f}<extra></extra>")
    figure.update_layout(title_text=f"Mean prediction by {label(name).lower()}", height=320, showlegend=False)
    figure.update_xaxes(title_text=label(name))
    figure.update_yaxes(title_text=f"Mean prediction{unit}")
    low, high = curve["prediction"].idxmin(), curve["prediction"].idxmax()
    return describe(
        figure,
        f"Partial dependence on {label(name).lower()}: lowest mean prediction {money(heights[low])} at "
        f"{number(values[low])}, highest {money(heights[high])} at {number(values[high])}.",
    )


def noise_chart(noise: pd.DataFrame, unit: str) -> go.Figure:
    """Return how errors grow with noise in the features."""
    figure = go.Figure()
    for key, name, colour in (("mae", "Mean absolute error", theme.BLUE), ("rmse", "RMSE", theme.ORANGE)):
        figure.add_scatter(
            x=noise["noise"].tolist(),
            y=noise[key].round(4).tolist(),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
            hovertemplate="%{x:.0%} noise: %{y:,.2f}<extra>" + name + "</extra>",
        )
    figure.update_layout(title_text="Errors when features are inexact", height=340)
    figure.update_xaxes(title_text="Noise, in standard deviations", tickformat=".0%")
    figure.update_yaxes(title_text=f"Error{unit}", rangemode="tozero")
    said = ", ".join(f"{percent(n, 0)}: {money(m)}" for n, m in zip(noise["noise"], noise["mae"], strict=True))
    return describe(figure, f"Lines of errors against noise. Mean absolute error by noise: {said}.")


def tree_picture(tree: DecisionTreeRegressor, names: list[str]) -> Picture:
    """Return a shallow tree, drawn, and its alternative text."""
    figure, axes = plt.subplots(figsize=(12, 5))
    shown = [label(name).replace("$", r"\$") for name in names]  # a pair of dollars would start a formula
    plot_tree(
        tree, feature_names=shown, impurity=False, filled=False, rounded=True, precision=1, ax=axes, fontsize=8
    )
    plt.close(figure)
    inner = tree.tree_
    leaves = inner.value[inner.children_left < 0].ravel()
    first = label(names[inner.feature[0]]) if inner.node_count > 1 else "nothing"
    limit = f" at {inner.threshold[0]:,.1f}" if inner.node_count > 1 else ""
    return figure, (
        f"A decision tree of {len(leaves)} leaves. The first question is about "
        f"{first.lower()}{limit}; the leaves predict "
        f"from {leaves.min():,.1f} to {leaves.max():,.1f}."
    )

"""The charts of chapter 09: why features stay, what models reach and forecast, and what contacts earn."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from sklearn.metrics import precision_recall_curve, roc_curve

from helpers.base.sampling import sample_rows
from helpers.base.text import day, money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.purchase_prediction.features import complete
from helpers.show import theme
from helpers.show.charts import bars
from helpers.show.display import as_text, describe
from helpers.show.labels import titled

NAMES = {
    "recency": "Recency alone",
    "reference": "Reference (recency, frequency, monetary)",
    "logistic": "Logistic regression",
    "boosting": "Gradient boosting",
    "network": "Neural network",
}
"""What the models are called."""
METHODS = {"none": "As they are", "weights": "Weights", "smote": "SMOTE"}
"""What ways of balancing are called."""
LEVELS = {"learned": "As learned", "recalibrated": "Level set by earlier windows"}
"""What forecasts are called, by how their level was set."""
COLOURS = dict(zip(NAMES, (theme.NEUTRAL, theme.ORANGE, theme.BLUE, theme.GREEN, theme.PINK), strict=True))
POINTS = 1500
"""Customers drawn in a scatter."""
CURVE = 200
"""Points of a curve: more cannot be told apart and make the page heavy."""
BINS = 10


def selection_chart(views: pd.DataFrame) -> go.Figure:
    """Return three views of each feature, as shares of their sums."""
    names = {"information": "Mutual information", "forest": "Forest", "permutation": "Permutation importance"}
    ordered = views.sort_values("information", ascending=False, kind="stable").rename(columns=names, index=label)
    shares = ordered[list(names.values())].clip(lower=0)
    shares = (shares / shares.sum()).rename_axis("feature").reset_index()
    long = shares.melt("feature", var_name="view", value_name="share").dropna()
    figure = px.scatter(long, x="share", y="feature", color="view", title="Three views of each feature")
    figure.update_traces(marker={"size": 9, "opacity": 0.85})
    titled(figure, f"{shares['feature'].iloc[0]} says most about who buys")
    figure.update_layout(height=120 + 22 * len(shares), legend_title_text="")
    figure.update_xaxes(title_text="Share of the view's sum", rangemode="tozero")
    return figure.update_yaxes(title_text="", autorange="reversed", dtick=1)


def roc_chart(bought: np.ndarray, scores: Mapping[str, np.ndarray], aucs: Mapping[str, float]) -> go.Figure:
    """Return the ROC curves of some models."""
    figure = go.Figure()
    for name, values in scores.items():
        false, true, _ = roc_curve(bought, values)
        _add_curve(figure, false, true, NAMES[name], COLOURS[name])
    _add_curve(figure, np.array([0, 1]), np.array([0, 1]), "At random", theme.NEUTRAL, dash="dot")
    named = [f"{NAMES[name].partition(' (')[0]} {aucs[name]:.2f}" for name in scores]
    titled(figure, f"Area under the curve: {', '.join(named)}", "ROC curve at the test").update_layout(height=380)
    figure.update_xaxes(title_text="Share of the non-buyers above a threshold", tickformat=".0%")
    figure.update_yaxes(title_text="Share of the buyers above it", tickformat=".0%")
    areas = ", ".join(f"{NAMES[name]} {aucs[name]:.3f}" for name in scores)
    return describe(figure, f"ROC curves at the test, area under each: {areas}.")


def precision_chart(bought: np.ndarray, scores: Mapping[str, np.ndarray], areas: Mapping[str, float]) -> go.Figure:
    """Return the precision-recall curves of some models."""
    figure = go.Figure()
    for name, values in scores.items():
        precision, recall, _ = precision_recall_curve(bought, values)
        _add_curve(figure, recall[::-1], precision[::-1], NAMES[name], COLOURS[name])
    figure.add_hline(y=float(bought.mean()), line={"color": theme.NEUTRAL, "dash": "dot"})
    named = [f"{NAMES[name].partition(' (')[0]} {areas[name]:.2f}" for name in scores]
    told = f"Average precision: {', '.join(named)}; at random {bought.mean():.2f}"
    titled(figure, told, "Precision and recall at the test").update_layout(height=380)
    figure.update_xaxes(title_text="Recall: share of the buyers above a threshold", tickformat=".0%")
    figure.update_yaxes(title_text="Precision: share above it that buys", tickformat=".0%")
    text = ", ".join(f"{NAMES[name]} {areas[name]:.3f}" for name in scores)
    return describe(figure, f"Precision by recall, area under each: {text}; at random {percent(bought.mean())}.")


def calibration_chart(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> go.Figure:
    """Return calibration curves, by LEVELS: of each, the actual shares and the forecast ones."""
    figure = go.Figure()
    for (name, (actual, forecast)), colour in zip(curves.items(), (theme.ORANGE, theme.BLUE), strict=True):
        _add_curve(figure, forecast, actual, LEVELS[name], colour, mode="lines+markers")
    _add_curve(figure, np.array([0, 1]), np.array([0, 1]), "Actual as forecast", theme.NEUTRAL, dash="dot")
    actual, forecast = list(curves.values())[-1]
    worst = int(np.abs(actual - forecast).argmax())
    told = f"Furthest off: {percent(float(forecast[worst]))} forecast, {percent(float(actual[worst]))} bought"
    titled(figure, told, "Calibration at the test").update_layout(height=380)
    figure.update_xaxes(title_text="Mean forecast probability of a decile", tickformat=".0%", range=[0, 1])
    return figure.update_yaxes(title_text="Share of it that bought", tickformat=".0%", range=[0, 1.02])


def gain_chart(deciles: pd.DataFrame) -> go.Figure:
    """Return the share of the buyers and of their spend that the first deciles hold."""
    figure = go.Figure()
    at = np.r_[0, deciles["customers"].cumsum() / deciles["customers"].sum()]
    for column, name, colour in (("gain", "Buyers", theme.BLUE), ("spend_gain", "Their spend", theme.GREEN)):
        if column not in deciles:  # amounts are not known
            continue
        _add_curve(figure, at, np.r_[0, deciles[column]], name, colour, mode="lines+markers")
    _add_curve(figure, np.array([0, 1]), np.array([0, 1]), "At random", theme.NEUTRAL, dash="dot")
    half = percent(float(np.interp(0.5, at, np.r_[0, deciles["gain"]])))
    told = f"The more probable half of the customers has {half} of the buyers"
    titled(figure, told, "Gain: share of all buyers among the most probable customers").update_layout(height=340)
    figure.update_xaxes(title_text="Share of the customers, the most probable first", tickformat=".0%")
    return figure.update_yaxes(title_text="Share of all buyers, of all spend", tickformat=".0%")


def profit_chart(curve: pd.Series, contacted: int, currency: str) -> go.Figure:
    """Return the profit at the test by number of customers contacted, the most probable first.

    `contacted` marks how many the threshold from training would have contacted.
    """
    figure = go.Figure()
    _add_curve(figure, curve.index.to_numpy(float), curve.to_numpy(float), "Profit", theme.BLUE)
    figure.add_vline(x=contacted, line={"color": theme.ORANGE, "dash": "dash"})
    figure.add_hline(y=0, line={"color": theme.NEUTRAL, "width": 1})
    best = f"{number(int(curve.idxmax()))} contacts would have earned most ({money(float(curve.max()), currency)})"
    what = "Profit at the test by number of customers contacted"
    titled(figure, best, what).update_layout(height=320, showlegend=False)
    figure.update_xaxes(
        title_text="Customers contacted, the most probable first (dashed: threshold from training)"
    )
    return figure.update_yaxes(title_text=f"Profit ({currency})" if currency else "Profit")


def ageing_chart(aged: pd.DataFrame) -> go.Figure:
    """Return the AUC of the models of each date on the horizons that followed."""
    drawn = aged.assign(**{name: aged[name].map(day) for name in ("trained", "tested")})
    title = "Models of different dates on later horizons"
    figure = px.line(drawn, x="tested", y="auc", color="trained", markers=True, title=title)
    figure.update_traces(line_width=2.5, marker_size=9)
    low, high = aged["auc"].min(), aged["auc"].max()
    titled(figure, f"The area under the curve goes from {low:.2f} to {high:.2f} over models and horizons")
    figure.update_layout(height=320, legend_title_text="Trained up to")
    dates = aged["tested"].sort_values().map(day).unique().tolist()
    figure.update_xaxes(title_text="Cut-off of the horizon", categoryorder="array", categoryarray=dates)
    return figure.update_yaxes(title_text="AUC")


def behaviour_chart(
    test: pd.DataFrame, feature: str, probabilities: np.ndarray, labels: np.ndarray, seed: int, *, levels: bool
) -> go.Figure:
    """Return customers as points by a feature, and the share that bought by decile of the feature.

    Where `levels` do not hold, `probabilities` are shares of the customers who come after each.
    """
    values, bought = complete(test)[feature].to_numpy(float), test["bought"].to_numpy()
    drawn = sample_rows(len(test), POINTS, seed)
    figure = px.scatter(
        x=values[drawn].round(3),
        y=probabilities[drawn].round(3),
        color=np.where(bought[drawn], "bought", "did not buy"),
        hover_name=as_text(labels[drawn]),
        color_discrete_map={"did not buy": theme.ORANGE, "bought": theme.BLUE},
        title=f"{label(feature)} and what the customers did",
    )
    figure.update_traces(marker={"size": 5, "opacity": 0.5})
    middles, shares = _by_value(values, bought)
    _add_curve(figure, middles, shares, "share that bought", theme.VIOLET, mode="lines+markers")
    wide = values.max() > 50 * max(np.median(values), 1e-9) and values.min() >= 0
    most = float(np.quantile(values, 0.995))  # a few largest values lie beyond and are reached by panning
    low = max(float(values[values > 0].min(initial=1.0)), 0.01) if wide else float(values.min())
    ends = np.log10([low, most]) if wide else np.array([low, most])
    air = 0.04 * (np.ptp(ends) or 1.0)
    ways = [f"{percent(float(s))} at {number(float(round(m, 2)))}" for m, s in zip(middles, shares, strict=True)]
    named = label(feature)
    titled(figure, f"{named}: {ways[0]} bought, {ways[-1]}" if len(ways) > 1 else f"{named}: {ways[0]} bought")
    figure.update_layout(height=340, legend_title_text="")
    scale = {"type": "log" if wide else "linear", "range": [ends[0] - air, ends[1] + air]}
    figure.update_xaxes(title_text=label(feature), **scale)
    named_as = "Probability" if levels else "Share of customers ranked lower"
    figure.update_yaxes(title_text=f"{named_as}; share that bought", range=[0, 1.02], tickformat=".0%")
    text = (
        f"Scatter of {named_as.lower()} against {label(feature).lower()}: {percent(shares[0])} of customers "
        f"around {number(float(middles[0]))} bought, {percent(shares[-1])} around {number(float(middles[-1]))}."
    )
    sampled = f"A random sample of {number(len(drawn))} of the {number(len(test))} customers is drawn."
    return describe(figure, text, sampled if len(drawn) < len(test) else "")


def _by_value(values: np.ndarray, bought: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean value and the share that bought by decile of a feature; customers alike stay together."""
    frame = pd.DataFrame({"value": values, "bought": bought})
    many = frame["value"].nunique() > BINS
    means = frame.groupby(pd.qcut(values, BINS, duplicates="drop") if many else values, observed=True).mean()
    return means["value"].to_numpy(), means["bought"].to_numpy()


def accuracy_chart(column: str, accuracy: Mapping[str, float]) -> go.Figure:
    """Return the accuracy of predicting a column: copies on both sides, copies together, and guessing."""
    names = {
        "shuffled": "Folds, copies on both sides",
        "grouped": "Folds, copies together",
        "guessing": "Always the most frequent class",
    }
    title = f"{label(column)}, predicted"
    told = f"{title}: {percent(accuracy['grouped'])} right, {percent(accuracy['guessing'])} by guessing"
    look = {"write": percent, "horizontal": True, "finding": told}
    figure = bars([names[kind] for kind in accuracy], list(accuracy.values()), title, "Accuracy", **look)
    figure.update_traces(marker_color=[theme.ORANGE, theme.BLUE, theme.NEUTRAL])
    return figure.update_xaxes(tickformat=".0%", range=[0, 1.08])


def _add_curve(
    figure: go.Figure, x: Sequence[float], y: Sequence[float], name: str, colour: str, **look: str
) -> None:
    """Draw a line of at most `CURVE` points, both ends kept."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), CURVE)).astype(int))
    line = {"color": colour, "width": 2.5, "dash": look.pop("dash", "solid")}
    figure.add_scatter(
        x=np.round(np.asarray(x)[kept], 4), y=np.round(np.asarray(y)[kept], 4), name=name, line=line,
        **{"mode": "lines"} | look,
    )  # fmt: skip

"""The charts of chapter 08: models side by side, how LightFM learns, what a blend is made of, and the rules."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import listed, number, percent
from helpers.chapters.recommendation.blend import BLEND, Weights
from helpers.chapters.recommendation.evaluation import AGAINST, BASELINES, gain_of
from helpers.chapters.recommendation.interactions import QUESTIONS
from helpers.show import theme
from helpers.show.charts import paired_bars
from helpers.show.display import as_text, describe
from helpers.show.labels import titled

ROW = 19  # px of a model in a chart


def precision_chart(compared: pd.DataFrame, question: str, k: int, windows: int) -> go.Figure:
    """Return each model's mean precision over windows with its interval, the best on top.

    `compared` is of `evaluation.compared`.
    """
    kinds = np.where(compared["model"].isin(BASELINES), "Baselines", "Models")
    rows = compared[["model"]].assign(precision=compared["mean_precision"])
    rows[["low", "high"]] = compared[["mean_low", "mean_high"]]
    colours = {"Models": theme.BLUE, "Baselines": theme.NEUTRAL}
    figure = _dots(rows, "precision", kinds, colours, f"Precision at {k}, {QUESTIONS[question]}")
    means = f"Means over {windows} windows" if windows > 1 else "One window"
    caption = f"{means}. Lines are 95 % intervals over customers. Grey models know nothing of who is like whom."
    first = compared.iloc[0]
    titled(figure, f"{first['model']} is right most often, in {first['precision']:.3f} of its places")
    return describe(figure.update_xaxes(rangemode="tozero"), _alt(figure, rows, "precision"), caption)


def difference_chart(compared: pd.DataFrame, question: str) -> go.Figure | None:
    """Return each model's mean paired difference to the baseline with its interval; None without other models.

    `compared` is of `evaluation.compared`. Significant is what is so over all windows and in the last one.
    """
    rows = compared[~compared["model"].isin([AGAINST[question], "Random"])]
    if rows.empty:
        return None
    rows = rows.sort_values("mean_gain", ascending=False)
    verdicts = [gain_of(rows, model).verdict for model in rows["model"]]
    rows = rows[["model"]].assign(
        difference=100 * rows["mean_gain"], low=100 * rows["mean_gain_low"], high=100 * rows["mean_gain_high"]
    )
    kinds = np.array(["No difference shown", "Significantly better", "Significantly worse"])[verdicts]
    colours = {"Significantly better": theme.BLUE, "Significantly worse": theme.ORANGE}
    title = (
        f"Mean difference in precision to {AGAINST[question].lower()} (percentage points), {QUESTIONS[question]}"
    )
    figure = _dots(rows, "difference", kinds, colours | {"No difference shown": theme.NEUTRAL}, title)
    figure.add_vline(x=0, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    better = list(rows.loc[np.array(verdicts) > 0, "model"])
    than = AGAINST[question].lower()
    finding = f"{listed(better) if len(better) < 3 else len(better)} beat {than} significantly"
    if not better:
        finding = f"No model is significantly better than {than}"
    elif len(better) == 1:
        finding = finding.replace(" beat ", " beats ")
    elif len(better) > 2:
        finding = finding.replace(" beat ", f" of {len(rows)} models beat ")
    titled(figure, finding)
    caption = "Significant: on one side of zero by 95 % intervals over all windows and in the last one."
    return describe(figure, _alt(figure, rows, "difference"), caption)


def _alt(figure: go.Figure, rows: pd.DataFrame, value: str) -> str:
    written = "{:.1f}".format if value == "difference" else "{:.3f}".format
    told = rows.assign(**{name: rows[name].map(written) for name in (value, "low", "high")})
    intervals = [f"{r.model} {getattr(r, value)} ({r.low} to {r.high})" for r in told.itertuples()]
    return f"Dots with intervals. {figure.layout.title.subtitle.text}: {'; '.join(intervals)}."


def _dots(
    rows: pd.DataFrame, value: str, kinds: Sequence[str], colours: Mapping[str, str], title: str
) -> go.Figure:
    """Return a dot with its interval for each model, in order from the top, every one named on a phone too."""
    figure = px.scatter(
        rows.assign(above=rows["high"] - rows[value], below=rows[value] - rows["low"], kind=kinds).round(5),
        x=value,
        y="model",
        color="kind",
        error_x="above",
        error_x_minus="below",
        color_discrete_map=colours,
        category_orders={"model": list(rows["model"]), "kind": list(colours)},
        labels={"kind": "", "model": "", "precision": "Precision: share of the list that was bought"}
        | {"difference": "Difference in precision, percentage points"},
        title=title,
        height=110 + ROW * len(rows),
    )
    figure.update_traces(marker_size=10, error_x={"thickness": 1.5, "width": 4}, hovertemplate="%{y}: %{x:.3~g}")
    return figure.update_yaxes(dtick=1, showgrid=False)


def learning_chart(curve: pd.DataFrame, k: int) -> go.Figure:
    figure = px.line(
        curve.rename(columns={question: name.capitalize() for question, name in QUESTIONS.items()}).round(5),
        x="epochs",
        y=[QUESTIONS[question].capitalize() for question in QUESTIONS if question in curve],
        markers=True,
        labels={"epochs": "Epochs", "value": f"Precision at {k}", "variable": ""},
        color_discrete_sequence=[theme.BLUE, theme.ORANGE],
        title="Learning curve of LightFM on the window before the last",
        height=300,
    )
    question = next(name for name in QUESTIONS if name in curve)
    best = curve.loc[curve[question].idxmax()]
    titled(figure, f"Precision is highest after {int(best['epochs'])} epochs ({best[question]:.3f})")
    return figure.update_yaxes(rangemode="tozero")


def blend_chart(weights: Mapping[str, Weights]) -> go.Figure:
    """Return the share that each model has in the blend, by question."""
    shares = pd.DataFrame({name: weights[question] for question, name in QUESTIONS.items()})
    shares = (shares / shares.sum()).sort_values(next(iter(shares)), ascending=False, kind="stable")
    most = f"{shares.index[0]} has most weight ({percent(float(shares.iloc[0, 0]))})"
    what, colours = f"What the {BLEND.lower()} is made of", (theme.BLUE, theme.ORANGE)
    return paired_bars(shares, most, what, "Share of the weights", colours=colours)


def rules_chart(rules: pd.DataFrame, shown: int = 300) -> go.Figure | None:
    """Return the strongest rules as points: how often, and how far above chance; None without any."""
    if rules.empty:
        return None
    rows = rules.head(shown)
    pairs = [f"{a} + {b}" for a, b in zip(rows["product"], rows["bought_with"], strict=True)]
    figure = px.scatter(
        rows.assign(pair=as_text(pairs)).round({"lift": 2, "confidence": 4}),
        x="orders_with_both",
        y="lift",
        color="confidence",
        hover_name="pair",
        log_x=True,
        log_y=True,
        color_continuous_scale=theme.colour_scale(theme.SEQUENTIAL),
        labels={"orders_with_both": "Orders with both", "lift": "Lift", "confidence": "Confidence"},
        title="Frequently bought together: how often, and how far above chance",
        height=360,
    )
    figure.update_traces(marker={"size": 9, "line": {"width": 1, "color": theme.NEUTRAL}})
    figure.update_coloraxes(colorbar_tickformat=".0%")
    top = rows.iloc[0]
    titled(figure, f"{pairs[0]}: {number(float(top['lift']))} times as often together as by chance")
    return describe(
        figure,
        f"Scatter of {number(len(rows))} pairs: orders with both against lift. The highest lift, "
        f"{number(float(top['lift']))}, is that of {pairs[0]} in {number(int(top['orders_with_both']))} orders.",
        f"The {number(len(rows))} rules with the highest lift. Both axes are logarithmic.",
    )

"""The charts of chapter 09: why features stay, what models reach and promise, and how a model ages."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from sklearn.metrics import precision_recall_curve, roc_curve

from helpers.base.sampling import sample_rows
from helpers.base.text import money, number, percent
from helpers.chapters.purchase_prediction.evaluation import Tested
from helpers.chapters.purchase_prediction.features import Snapshot, complete, name_of
from helpers.chapters.purchase_prediction.models import FAMILIES, Tried
from helpers.chapters.purchase_prediction.retraining import Aged
from helpers.chapters.purchase_prediction.targeting import Costs, profit_curve
from helpers.show import theme
from helpers.show.charts import ranking
from helpers.show.display import as_text, describe
from helpers.show.maps import country_map

NAMES = {"recency": "Recency alone", "reference": "Reference (recency, frequency, monetary)", **FAMILIES}
"""What the models are called."""
COLOURS = {
    "recency": theme.NEUTRAL,
    "reference": theme.ORANGE,
    "logistic": theme.BLUE,
    "boosting": theme.GREEN,
    "network": theme.PINK,
}
POINTS = 1500
"""Customers drawn in a scatter."""
CURVE = 200
"""Points of a curve: more cannot be told apart and make the page heavy."""
SHOWN = 4
"""Features whose behaviour is drawn."""
BINS = 10


def selection_chart(selected: pd.DataFrame) -> go.Figure:
    """Return three views of each feature that could be used, as shares of their sums."""
    usable = selected.dropna(subset=["information"]).sort_values("information", ascending=False, kind="stable")
    names = [name_of(name) for name in usable["feature"]]
    views = {"information": "Mutual information", "forest": "Forest", "permutation": "Shuffling"}
    figure, said = go.Figure(), []
    for (column, name), colour in zip(views.items(), (theme.BLUE, theme.GREEN, theme.ORANGE), strict=True):
        measured = usable.dropna(subset=[column])  # what was not has no dot
        features = [name_of(feature) for feature in measured["feature"]]
        values = measured[column].clip(lower=0)
        shares = (values / values.sum() if values.sum() else values).round(4).tolist()
        figure.add_scatter(
            x=shares,
            y=features,
            mode="markers",
            name=name,
            marker={"color": colour, "size": 9, "opacity": 0.85},
            hovertemplate="%{y}: %{x:.3f}<extra>" + name + "</extra>",
        )
        said.append(f"{name.lower()}: {ranking(features, shares)}")
    figure.update_layout(title_text="Three views of each feature", height=130 + 24 * len(names))
    figure.update_xaxes(title_text="Share of the view's sum", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", dtick=1)
    return describe(figure, f"Dots by feature for three views, as shares. {'; '.join(said)}.")


def elimination_chart(by_count: pd.DataFrame) -> go.Figure:
    """Return the AUC of the recursive elimination by number of features."""
    figure = go.Figure(
        go.Scatter(
            x=by_count["features"].tolist(),
            y=by_count["auc"].round(5).tolist(),
            mode="lines+markers",
            line={"color": theme.BLUE, "width": 2.5},
            hovertemplate="%{x} features: %{y:.4f}<extra></extra>",
        )
    )
    figure.update_layout(
        title_text="How few features are enough", height=330, yaxis_title_text="Mean AUC on the folds"
    )
    figure.update_xaxes(title_text="Features left")
    first, best = by_count.iloc[0], by_count.loc[by_count["auc"].idxmax()]
    return describe(
        figure,
        f"Line of AUC by number of features: {first['auc']:.3f} with one, at most {best['auc']:.3f} with "
        f"{int(best['features'])}, {by_count['auc'].iloc[-1]:.3f} with all {len(by_count)}.",
    )


def fold_chart(best: Mapping[str, Tried]) -> go.Figure:
    """Return the AUC of each fold for the best model of each family."""
    figure, said = go.Figure(), []
    for family, tried in best.items():
        name = FAMILIES[family]
        figure.add_scatter(
            x=[round(value, 5) for value in tried.fold_aucs],
            y=[name] * len(tried.fold_aucs),
            mode="markers",
            marker={"color": COLOURS[family], "size": 11, "opacity": 0.7},
            hovertemplate="%{x:.4f}<extra></extra>",
        )
        said.append(f"{name} {min(tried.fold_aucs):.3f} to {max(tried.fold_aucs):.3f}, mean {tried.auc:.3f}")
    figure.update_layout(title_text="Each fold, each family", showlegend=False, height=260)
    figure.update_yaxes(dtick=1)  # a phone would leave every other name out
    figure.update_xaxes(title_text="AUC on the customers of a fold")
    return describe(figure, f"AUC by fold: {'; '.join(said)}.")


def network_grid(tried: Sequence[Tried]) -> go.Figure:
    """Return the AUC of every network that was tried: layers and penalty down, activation and stopping across."""
    rows = [
        {
            "down": f"{'-'.join(map(str, t.candidate.settings['layers']))}, "
            f"penalty {t.candidate.settings['penalty']:g}",
            "across": f"{t.candidate.settings['activation']}, "
            f"{'early stop' if t.candidate.settings['early_stopping'] else 'no early stop'}",
            "auc": t.auc,
        }
        for t in tried
        if t.candidate.family == "network"
    ]
    frame = pd.DataFrame(rows)
    table = frame.pivot_table(index="down", columns="across", values="auc", sort=False)
    figure = go.Figure(
        go.Heatmap(
            z=table.round(5).to_numpy().tolist(),
            x=[str(name).replace(", ", ",<br>") for name in table.columns],
            y=[str(name) for name in table.index],
            text=[[f"{value:.4f}" for value in row] for row in table.to_numpy()],
            texttemplate="%{text}",
            colorscale=theme.colour_scale(theme.SEQUENTIAL),
            showscale=False,
            hovertemplate="%{y}<br>%{x}<br>AUC %{z:.4f}<extra></extra>",
        )
    )
    figure.update_layout(
        title_text="Networks that were tried: mean AUC on the folds", height=150 + 40 * len(table)
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    top, low = frame.loc[frame["auc"].idxmax()], frame.loc[frame["auc"].idxmin()]
    return describe(
        figure,
        f"Grid of {len(frame)} networks: best {top['auc']:.4f} ({top['down']}, {top['across']}), worst "
        f"{low['auc']:.4f} ({low['down']}, {low['across']}).",
    )


def learning_chart(curves: pd.DataFrame) -> go.Figure:
    """Return how a network's loss falls by epoch, where it learned and where it is judged."""
    figure, said = go.Figure(), []
    for (variant, rows), colour in zip(
        curves.groupby("variant", sort=False), (theme.BLUE, theme.ORANGE), strict=False
    ):
        for column, dash, where in (("learned", "dot", "learned from"), ("judged", "solid", "kept back")):
            figure.add_scatter(
                x=rows["epoch"].tolist(),
                y=rows[column].round(5).tolist(),
                mode="lines",
                name=f"{variant}, {where}",
                line={"color": colour, "dash": dash, "width": 2.5},
                hovertemplate="epoch %{x}: %{y:.4f}<extra></extra>",
            )
            said.append(f"{variant}, {where}: {rows[column].iloc[0]:.3f} to {rows[column].iloc[-1]:.3f}")
    figure.update_layout(
        title_text="Learning curves of the network", height=380, yaxis_title_text="Log loss (lower is better)"
    )
    figure.update_xaxes(title_text="Epoch: passes over the training rows")
    return describe(figure, f"Log loss by epoch. {'; '.join(said)}.")


def ranking_charts(tested: Tested, bought: np.ndarray) -> list[go.Figure]:
    """Return the ROC and the precision-recall curves of the models at the test."""
    roc, precision = go.Figure(), go.Figure()
    table = tested.table.set_index("model")
    shown = [name for name in ("recency", "reference", tested.chosen)]
    for name in shown:
        false, true, _ = roc_curve(bought, tested.probabilities[name])
        share, found, _ = precision_recall_curve(bought, tested.probabilities[name])
        look = {"name": NAMES[name], "mode": "lines", "line": {"color": COLOURS[name], "width": 2.5}}
        x, y = thinned(false, true)
        roc.add_scatter(
            x=x, y=y, hovertemplate="%{x:.1%} of non-buyers, %{y:.1%} of buyers<extra></extra>", **look
        )
        x, y = thinned(found[::-1], share[::-1])
        precision.add_scatter(
            x=x, y=y, hovertemplate="%{x:.1%} found, %{y:.1%} of them buy<extra></extra>", **look
        )
    roc.add_scatter(x=[0, 1], y=[0, 1], name="By lot", mode="lines", line={"color": theme.NEUTRAL, "dash": "dot"})
    roc.update_layout(title_text="ROC curve at the test", height=430)
    roc.update_xaxes(title_text="Share of the non-buyers above a threshold", tickformat=".0%")
    roc.update_yaxes(title_text="Share of the buyers above it", tickformat=".0%")
    precision.add_hline(y=float(bought.mean()), line={"color": theme.NEUTRAL, "dash": "dot"})
    precision.update_layout(title_text="Precision and recall at the test", height=430)
    precision.update_xaxes(title_text="Share of the buyers that is found", tickformat=".0%")
    precision.update_yaxes(title_text="Share of the found that buys", tickformat=".0%")
    said = ", ".join(f"{NAMES[name]} {table.loc[name, 'auc']:.3f}" for name in shown)
    precise = ", ".join(f"{NAMES[n]} {table.loc[n, 'pr_auc']:.3f}" for n in shown if n != "recency")
    return [
        describe(roc, f"ROC curves at the test, area under each: {said}."),
        describe(precision, f"Precision by recall at the test, area: {precise}; by lot {percent(bought.mean())}."),
    ]


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
    """Return a curve with at most `CURVE` points, both ends kept."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), CURVE)).astype(int))
    return x[kept].round(4).tolist(), y[kept].round(4).tolist()


def calibration_chart(tested: Tested, bought: np.ndarray) -> go.Figure:
    """Return what was promised against what happened, by tenth of the probability, for two models."""
    figure, said = go.Figure(), []
    for name in dict.fromkeys((tested.chosen, "reference")):
        order = np.argsort(tested.probabilities[name], kind="stable")
        parts = np.array_split(order, BINS)
        expected = [float(tested.probabilities[name][part].mean()) for part in parts if len(part)]
        happened = [float(bought[part].mean()) for part in parts if len(part)]
        figure.add_scatter(
            x=np.round(expected, 4).tolist(),
            y=np.round(happened, 4).tolist(),
            mode="lines+markers",
            name=NAMES[name],
            line={"color": COLOURS[name], "width": 2.5},
            hovertemplate="promised %{x:.1%}, bought %{y:.1%}<extra></extra>",
        )
        said.append(
            f"{NAMES[name]}: lowest tenth promised {percent(expected[0])} and {percent(happened[0])} bought, "
            f"highest {percent(expected[-1])} and {percent(happened[-1])}"
        )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="Kept promises", line={"color": theme.NEUTRAL, "dash": "dot"}
    )
    figure.update_layout(title_text="Promised and kept: calibration at the test", height=430)
    figure.update_xaxes(title_text="Mean probability of a tenth", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text="Share of it that bought", tickformat=".0%", range=[0, 1.02])
    return describe(figure, f"Calibration curve. {'; '.join(said)}.")


def ageing_chart(aged: Aged) -> go.Figure:
    """Return the AUC of the models of each date on the horizons that followed."""
    figure, said = go.Figure(), []
    for (made, rows), colour in zip(aged.table.groupby("trained"), theme.CATEGORICAL, strict=False):
        name = f"made {made:%Y-%m-%d}"
        figure.add_scatter(
            x=[f"{date:%Y-%m-%d}" for date in rows["tested"]],
            y=rows["auc"].round(5).tolist(),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
            marker={"size": 9},
            hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
        )
        said.append(f"{name}: " + ", ".join(f"{value:.3f}" for value in rows["auc"]))
    figure.update_layout(
        title_text="Models of different dates on later horizons", height=380, yaxis_title_text="AUC"
    )
    dates = [f"{date:%Y-%m-%d}" for date in sorted(aged.table["tested"].unique())]
    figure.update_xaxes(
        title_text="Cut-off of the horizon", type="category", categoryorder="array", categoryarray=dates
    )
    return describe(figure, f"AUC by horizon, a line a model. {'; '.join(said)}.")


def behaviour_charts(
    test: Snapshot, features: Sequence[str], probabilities: np.ndarray, seed: int
) -> list[go.Figure]:
    """Return, for the first features, customers as points and the share that bought by tenth of the feature."""
    numbers = complete(test.customers)
    drawn = sample_rows(test.rows, POINTS, seed)
    note = (
        f"A random sample of {number(len(drawn))} of the {number(test.rows)} customers is drawn."
        if len(drawn) < test.rows
        else ""
    )
    figures = []
    for feature in features[:SHOWN]:
        figure = go.Figure()
        values = numbers[feature].to_numpy(float)
        for outcome, name, colour in ((False, "did not buy", theme.ORANGE), (True, "bought", theme.BLUE)):
            rows = drawn[test.bought[drawn] == outcome]
            figure.add_scatter(
                x=values[rows].round(3).tolist(),
                y=probabilities[rows].round(3).tolist(),
                mode="markers",
                name=name,
                text=as_text(test.customers["customer_id"].iloc[rows].astype(str)),
                marker={"color": colour, "size": 5, "opacity": 0.5},
                hovertemplate="%{text}<br>%{x:,.2f}, probability %{y:.2f}<extra>" + name + "</extra>",
            )
        middles, shares = _by_value(values, test.bought)
        figure.add_scatter(
            x=np.round(middles, 3).tolist(),
            y=np.round(shares, 4).tolist(),
            mode="lines+markers",
            name="share that bought",
            line={"color": theme.VIOLET, "width": 3},
            hovertemplate="around %{x:,.2f}: %{y:.1%} bought<extra></extra>",
        )
        figure.update_layout(title_text=f"{name_of(feature)} and what the customers did", height=400)
        wide = values.max() > 50 * max(np.median(values), 1e-9) and values.min() >= 0
        low = max(float(values[values > 0].min(initial=1.0)), 0.01)
        most = float(np.quantile(values, 0.995))
        look = {"type": "log", "range": _log_range(low, most)} if wide else {"range": _range(values.min(), most)}
        figure.update_xaxes(title_text=name_of(feature), **look)
        figure.update_yaxes(title_text="Probability; share that bought", range=[0, 1.02], tickformat=".0%")
        said = (
            f"{percent(shares[0])} of those around {number(float(middles[0]))} bought, {percent(shares[-1])} "
            f"around {number(float(middles[-1]))}"
        )
        figures.append(
            describe(figure, f"Scatter of probability against {name_of(feature).lower()}: {said}.", note)
        )
    return figures


def _range(low: float, high: float) -> list[float]:
    """Return both ends of an axis with some air; a few largest values lie beyond and are reached by panning."""
    air = 0.04 * ((high - low) or 1.0)
    return [float(low) - air, float(high) + air]


def _log_range(low: float, high: float) -> list[float]:
    return [float(np.log10(low)) - 0.1, float(np.log10(high)) + 0.1]


def _by_value(values: np.ndarray, bought: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the mean value and the share that bought for tenths of a feature; customers alike stay together."""
    frame = pd.DataFrame({"value": values, "bought": bought})
    frame["bin"] = (
        pd.qcut(frame["value"], BINS, duplicates="drop") if frame["value"].nunique() > BINS else frame["value"]
    )
    by = frame.groupby("bin", observed=True)
    return by["value"].mean().tolist(), by["bought"].mean().tolist()


def lift_charts(by_tenth: pd.DataFrame) -> list[go.Figure]:
    """Return lift by tenth, and the share of buyers and of their spend that the first tenths hold."""
    names = [str(tenth) for tenth in by_tenth["tenth"]]
    lift = go.Figure(
        go.Bar(
            x=names,
            y=by_tenth["lift"].round(4).tolist(),
            text=[f"{value:.2f}" for value in by_tenth["lift"]],
            customdata=[
                [percent(a), percent(b)] for a, b in zip(by_tenth["share"], by_tenth["expected"], strict=True)
            ],
            hovertemplate="tenth %{x}: %{customdata[0]} bought, %{customdata[1]} promised<extra></extra>",
            marker_color=theme.BLUE,
        )
    )
    lift.add_hline(y=1, line={"color": theme.NEUTRAL, "dash": "dot"})
    lift.update_layout(title_text="Lift by tenth", height=360, yaxis_title_text="Times the share of all customers")
    lift.update_xaxes(
        title_text="Tenth of the customers, the most probable first", type="category", showgrid=False
    )
    gain = go.Figure()
    at = [0, *(by_tenth["customers"].cumsum() / by_tenth["customers"].sum()).round(4).tolist()]
    for column, name, colour in (("gain", "Buyers", theme.BLUE), ("spend_gain", "Their spend", theme.GREEN)):
        gain.add_scatter(
            x=at,
            y=[0, *by_tenth[column].round(4).tolist()],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5},
            hovertemplate="%{x:.0%} of the customers hold %{y:.1%}<extra>" + name + "</extra>",
        )
    gain.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="By lot", line={"color": theme.NEUTRAL, "dash": "dot"})
    gain.update_layout(title_text="Gain: what the most probable customers hold", height=400)
    gain.update_xaxes(title_text="Share of the customers, the most probable first", tickformat=".0%")
    gain.update_yaxes(title_text="Share that they hold", tickformat=".0%")
    third = by_tenth.head(3).iloc[-1]
    return [
        describe(lift, f"Bars of lift by tenth: {', '.join(f'{v:.2f}' for v in by_tenth['lift'])}."),
        describe(
            gain,
            f"Curves of gain: three tenths of the customers hold {percent(third['gain'])} of the buyers and "
            f"{percent(third['spend_gain'])} of their spend.",
        ),
    ]


def profit_chart(tested: Tested, test: Snapshot, costs: Costs, currency: str) -> go.Figure:
    """Return the profit at the test by number of customers contacted, the threshold from training marked."""
    curve = profit_curve(tested.best, test.spend, costs)
    x, y = thinned(curve["contacted"].to_numpy(float), curve["profit"].to_numpy(float))
    contacted = int((tested.best >= tested.threshold).sum())
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines", line={"color": theme.BLUE, "width": 2.5}, name="Profit"))
    figure.update_traces(hovertemplate="%{x:,.0f} contacted: %{y:,.0f}<extra></extra>")
    figure.add_vline(x=contacted, line={"color": theme.ORANGE, "dash": "dash"})
    figure.add_hline(y=0, line={"color": theme.NEUTRAL, "width": 1})
    figure.update_layout(
        title_text="Profit by number of customers contacted, at the test", height=380, showlegend=False
    )
    figure.update_xaxes(
        title_text="Customers contacted, the most probable first (dashed: threshold from training)"
    )
    figure.update_yaxes(title_text=f"Profit ({currency})" if currency else "Profit")
    best = curve.loc[curve["profit"].idxmax()]
    return describe(
        figure,
        f"Profit by customers contacted: at most {money(best['profit'], currency)} with "
        f"{int(best['contacted']):,}; the threshold from training contacts {contacted:,}; everybody brings "
        f"{money(curve['profit'].iloc[-1], currency)}.",
    )


def contact_maps(listed: pd.DataFrame) -> tuple[list[go.Figure], pd.Series]:
    """Return the customers to contact by country on a map, and those whose country has no place on it."""
    if "country" not in listed:
        return [], pd.Series(dtype=float)
    chosen = listed[listed["contact"] == "yes"].dropna(subset=["country"])
    if chosen.empty:
        return [], pd.Series(dtype=float)
    figure, unplaced = country_map(chosen.groupby("country").size(), "Customers to contact")
    figure.update_layout(title_text="Where the customers to contact live")
    return [figure], unplaced

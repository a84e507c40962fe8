"""The charts of chapter 04: quality by k beside the nulls, the groups from several sides, their profiles."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib import pyplot as plt
from scipy.cluster.hierarchy import dendrogram, linkage
from sklearn.decomposition import PCA

from helpers.base.sampling import sample_rows
from helpers.base.text import number, percent
from helpers.base.vocabulary import label
from helpers.chapters.clustering.validation import Evidence, Prepared
from helpers.show import theme
from helpers.show.charts import Picture, ranking
from helpers.show.display import as_text, describe

POINTS = 1500
"""Customers drawn in a scatter: more would hide each other and make the page heavy."""
TREE_ROWS, TREE_LEAVES = 500, 30
ROW_WIDTH, COLUMN_WIDTH = 24, 14
"""Characters after which a name beside the grid of medians goes on in the next line."""
PAIRED = 3
"""Features whose pairs are drawn."""


def quality_charts(by_k: pd.DataFrame, chosen: int) -> list[go.Figure]:
    """Return elbow, silhouette with its nulls, Calinski-Harabasz and Davies-Bouldin by number of clusters."""
    nulls = {"silhouette": "Customers", **_null_names("silhouette")}
    return [
        _by_k(
            by_k, {"inertia": "Customers"}, "Elbow: distance to the centres", "Inertia (lower is tighter)", chosen
        ),
        _by_k(by_k, nulls, "Silhouette, and what data without groups scores", "Mean silhouette", chosen),
        _by_k(
            by_k,
            {"calinski_harabasz": "Customers"},
            "Calinski-Harabasz: spread between against within",
            "Index (higher is better)",
            chosen,
        ),
        _by_k(
            by_k,
            {"davies_bouldin": "Customers"},
            "Davies-Bouldin: likeness of neighbouring clusters",
            "Index (lower is better)",
            chosen,
        ),
    ]


def stability_chart(by_k: pd.DataFrame, chosen: int) -> go.Figure:
    """Return how far resamples agree, by number of clusters, beside the nulls."""
    lines = {"stability": "Customers", **_null_names("stability")}
    return _by_k(by_k, lines, "Agreement of resamples", "Mean adjusted Rand index", chosen)


def _null_names(measure: str) -> dict[str, str]:
    return {f"{measure}_copula": "Correlated, no groups", f"{measure}_permuted": "Columns permuted"}


def _by_k(by_k: pd.DataFrame, lines: Mapping[str, str], title: str, axis: str, chosen: int) -> go.Figure:
    """Return a line a column against k, the chosen k marked."""
    figure = go.Figure()
    looks = ((theme.BLUE, "solid", 3), (theme.ORANGE, "dash", 2), (theme.NEUTRAL, "dot", 2))
    for (column, name), (colour, dash, width) in zip(lines.items(), looks, strict=False):
        figure.add_scatter(
            x=by_k["k"].tolist(),
            y=by_k[column].round(5).tolist(),
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": width},
            marker={"size": [11 if k == chosen and dash == "solid" else 6 for k in by_k["k"]]},
            hovertemplate="k %{x}: %{y:,.4g}<extra>" + name + "</extra>",
        )
    figure.add_vline(x=chosen, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    figure.update_layout(title_text=title, height=330, showlegend=len(lines) > 1, yaxis_title_text=axis)
    figure.update_xaxes(title_text="Number of clusters k (large dot: chosen)", dtick=1)
    said = "; ".join(
        f"{name}: " + ", ".join(f"k {k} {value:,.4g}" for k, value in zip(by_k["k"], by_k[column], strict=True))
        for column, name in lines.items()
    )
    return describe(figure, f"{title}, by number of clusters. {said}.")


def colours_of(segments: Sequence[str]) -> dict[str, str]:
    """Return a colour for each segment, the same in all charts."""
    return {name: theme.CATEGORICAL[place % len(theme.CATEGORICAL)] for place, name in enumerate(segments)}


def scatter_charts(evidence: Evidence, segments: Sequence[str]) -> list[go.Figure]:
    """Return the customers as points: on two principal components, and in three dimensions."""
    prepared = evidence.prepared
    components = min(3, *prepared.data.shape)
    if components < 2:
        return []
    model = PCA(components, random_state=evidence.settings.seed).fit(prepared.data)
    points = model.transform(prepared.data)
    shares = model.explained_variance_ratio_
    axes = [f"Component {place + 1} ({percent(share)} of the variance)" for place, share in enumerate(shares)]
    flat = _scatter(points[:, :2], evidence, segments, "Customers on two principal components", axes[:2])
    if components < 3:
        return [flat]
    three = prepared.data.shape[1] == 3
    space = prepared.data if three else points
    how = " (transformed, scaled)" if evidence.settings.transform != "none" else " (scaled)"
    named = (
        [f"{label(name)}{how}" for name in prepared.features]
        if three
        else [f"Component {place}" for place in (1, 2, 3)]
    )
    return [flat, _space(space, evidence, segments, named)]


def pair_charts(evidence: Evidence, segments: Sequence[str]) -> list[go.Figure]:
    """Return each pair of the first features in their own units, for data with one line a customer."""
    original = evidence.prepared.original
    return [
        _scatter(
            original[[a, b]].to_numpy(float),
            evidence,
            segments,
            f"{label(a)} and {label(b).lower()}",
            [label(a), label(b)],
        )
        for a, b in combinations(original.columns[:PAIRED], 2)
    ]


def _drawn(evidence: Evidence) -> np.ndarray:
    return sample_rows(len(evidence.labels), POINTS, evidence.settings.seed)


def _note(evidence: Evidence) -> str:
    drawn, rows = len(_drawn(evidence)), len(evidence.labels)
    return f"A random sample of {number(drawn)} of the {number(rows)} customers is drawn." if drawn < rows else ""


def _scatter(
    points: np.ndarray, evidence: Evidence, segments: Sequence[str], title: str, axes: Sequence[str]
) -> go.Figure:
    """Return points on a plane, coloured by segment."""
    figure = go.Figure()
    drawn = _drawn(evidence)
    ids = np.array(as_text(evidence.prepared.customers["customer_id"].astype(str)))
    x, y = (_shortened(column) for column in points.T)
    for cluster, (name, colour) in enumerate(colours_of(segments).items()):
        rows = drawn[evidence.labels[drawn] == cluster]
        figure.add_scatter(
            x=x[rows].tolist(),
            y=y[rows].tolist(),
            mode="markers",
            name=as_text([name])[0],
            text=ids[rows].tolist(),
            marker={"color": colour, "size": 6, "opacity": 0.6},
            hovertemplate="%{text}<br>%{x:,.6~r}, %{y:,.6~r}<extra></extra>",
        )
    figure.update_layout(title_text=title, xaxis_title_text=axes[0], yaxis_title_text=axes[1], height=480)
    return describe(figure, f"Scatter: {title.lower()}. {_middles(points, evidence, segments)}.", _note(evidence))


def _shortened(values: np.ndarray) -> np.ndarray:
    """Return values with no more digits than a chart can show; a small ratio would else be drawn in stripes."""
    spread = float(np.ptp(values)) if len(values) else 0.0
    return values.round(3 - min(int(np.floor(np.log10(spread))), 0)) if spread > 0 else values


def _space(points: np.ndarray, evidence: Evidence, segments: Sequence[str], axes: Sequence[str]) -> go.Figure:
    """Return points in space, coloured by segment."""
    figure = go.Figure()
    drawn = _drawn(evidence)
    for cluster, (name, colour) in enumerate(colours_of(segments).items()):
        rows = drawn[evidence.labels[drawn] == cluster]
        x, y, z = points[rows, :3].round(3).T.tolist() if len(rows) else ([], [], [])
        figure.add_scatter3d(
            x=x,
            y=y,
            z=z,
            mode="markers",
            name=as_text([name])[0],
            marker={"color": colour, "size": 2.6, "opacity": 0.75},
            hovertemplate="%{x:.2f}, %{y:.2f}, %{z:.2f}<extra></extra>",
        )
    # grey walls would glare on dark paper; this grey is legible on both
    look = {
        "showbackground": False,
        "gridcolor": theme.NEUTRAL,
        "zerolinecolor": theme.NEUTRAL,
        "title": {"font": {"size": 11}},
    }
    scene = {f"{axis}axis": look | {"title": {"text": text}} for axis, text in zip("xyz", axes, strict=True)}
    # from plotly's own distance the titles of the axes are cut off at the edge
    camera = {"eye": {"x": 1.5, "y": 1.5, "z": 1.3}}
    figure.update_layout(title_text="Customers in three dimensions", scene={**scene, "camera": camera}, height=560)
    note = f"Drag to turn, scroll to zoom. {_note(evidence)}".strip()
    return describe(figure, f"Scatter in three dimensions. {_middles(points, evidence, segments)}.", note)


def _middles(points: np.ndarray, evidence: Evidence, segments: Sequence[str]) -> str:
    """Say where the middle of each segment lies."""
    return "; ".join(
        f"{name} around "
        + " / ".join(f"{value:,.2f}" for value in np.median(points[evidence.labels == c], axis=0))
        for c, name in enumerate(segments)
    )


def dendrogram_picture(prepared: Prepared, seed: int) -> Picture:
    """Return Ward's tree (on a sample, its lowest branches cut) and its alternative text."""
    rows = sample_rows(len(prepared.data), TREE_ROWS, seed)
    tree = linkage(prepared.data[rows], "ward")
    figure, axes = plt.subplots(figsize=(9, 4))
    colours = {"above_threshold_color": theme.LIGHT["muted"], "link_color_func": lambda _: theme.BLUE}
    dendrogram(
        tree, truncate_mode="lastp", p=TREE_LEAVES, ax=axes, show_leaf_counts=True, leaf_rotation=90, **colours
    )
    # a leaf of one customer is labelled with its position, which means nothing to a reader
    counts = [tick.get_text().strip("()") if "(" in tick.get_text() else "1" for tick in axes.get_xticklabels()]
    axes.set_xticks(axes.get_xticks(), counts, rotation=90)
    drawn = "" if len(rows) == len(prepared.data) else f" (of a random sample of {number(len(rows))})"
    axes.set(ylabel="Distance at which two branches join", xlabel=f"Customers in a branch{drawn}")
    axes.grid(visible=False, axis="x")
    plt.close(figure)
    heights = [f"{height:,.1f}" for height in tree[::-1, 2][:5]]
    sampled = (
        f"a random sample of {number(len(rows))}" if len(rows) < len(prepared.data) else f"all {number(len(rows))}"
    )
    return figure, f"Dendrogram of {sampled} customers. The last joins are at distances {', '.join(heights)}."


def profile_heatmap(away: pd.DataFrame, medians: pd.DataFrame, segments: Sequence[str]) -> go.Figure:
    """Return the segments' medians as a grid: the number is the median, the colour how far it is from the middle.

    Args:
        away: distance from the middle customer in standard deviations of ranks, clusters x features.
        medians: the same in own units.
        segments: names of the clusters.
    """
    limit = float(np.abs(away.to_numpy()).max()) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=away.round(3).to_numpy().tolist(),
            x=[_wrapped(label(str(name)), COLUMN_WIDTH) for name in away.columns],
            y=[_wrapped(name, ROW_WIDTH) for name in segments],
            text=[[number(float(value)) for value in row] for row in medians[list(away.columns)].to_numpy()],
            texttemplate="%{text}",
            zmin=-limit,
            zmax=limit,
            colorscale=theme.colour_scale(theme.DIVERGING),
            colorbar_title_text="from the<br>middle",
            hovertemplate="%{y}<br>%{x}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(title_text="Profiles: median of each feature", height=150 + 46 * len(segments))
    figure.update_xaxes(showgrid=False, side="bottom")
    figure.update_yaxes(showgrid=False, autorange="reversed")
    said = "; ".join(
        f"{name}: "
        + ", ".join(f"{label(str(c)).lower()} {number(float(medians[c].iloc[place]))}" for c in away.columns)
        for place, name in enumerate(segments)
    )
    caption = "The number is the median. Blue is above, brown below the middle customer (in ranks)."
    return describe(figure, f"Heat map of medians by segment. {said}.", caption)


def _wrapped(name: str, width: int) -> str:
    """Return a name on several lines: a long one would leave no room for the cells on paper or a phone."""
    return "<br>".join(as_text(textwrap.wrap(name, width)))


def importance_chart(importances: pd.DataFrame) -> go.Figure:
    """Return forest and permutation importance side by side, as shares of their sums."""
    names = [label(name) for name in importances["feature"]]
    figure = go.Figure()
    said = []
    for column, name, colour in (("forest", "Forest", theme.BLUE), ("permutation", "Permutation", theme.ORANGE)):
        values = importances[column].clip(lower=0)
        shares = (values / values.sum() if values.sum() else values).round(4).tolist()
        figure.add_bar(
            y=names,
            x=shares,
            orientation="h",
            name=name,
            marker_color=colour,
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
        said.append(f"{name.lower()}: {ranking(names, shares)}")
    figure.update_layout(title_text="What tells the clusters apart", height=150 + 50 * len(names), barmode="group")
    figure.update_xaxes(title_text="Share of the importance")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return describe(figure, f"Bar chart of importances as shares, {'; '.join(said)}.")

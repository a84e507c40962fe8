"""The charts of chapter 04: quality by k beside the nulls, the groups from several sides, their profiles."""

import textwrap

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from matplotlib import pyplot as plt
from scipy.cluster.hierarchy import dendrogram, linkage

from helpers.base.sampling import sample_rows
from helpers.base.text import number
from helpers.base.vocabulary import label
from helpers.show import theme
from helpers.show.charts import lines_by_k
from helpers.show.display import Picture, as_text

TREE_ROWS, TREE_LEAVES = 500, 30
ROW_WIDTH, COLUMN_WIDTH = 24, 14
"""Characters after which a name beside the grid of medians goes on in the next line."""


def quality_charts(by_k: pd.DataFrame) -> list[go.Figure]:
    """Return the measures that know no null, by number of clusters."""
    return [
        lines_by_k(by_k, {column: "Customers"}, title, axis)
        for column, title, axis in (
            ("inertia", "Elbow: distance to the centres", "Inertia (lower is tighter)"),
            ("calinski_harabasz", "Calinski-Harabasz: spread between against within", "Index (higher is better)"),
            ("davies_bouldin", "Davies-Bouldin: similarity of neighbouring clusters", "Index (lower is better)"),
        )
    ]


def null_charts(by_k: pd.DataFrame, chosen: int) -> list[go.Figure]:
    """Return silhouette and stability by number of clusters, each beside both nulls."""
    return [
        lines_by_k(
            by_k,
            {measure: "Customers", f"{measure}_copula": "Correlated null", f"{measure}_permuted": "Permuted null"},
            f"{measure.capitalize()} of the customers and of random data of the same shape",
            axis,
            chosen,
        )
        for measure, axis in (("silhouette", "Mean silhouette"), ("stability", "Mean adjusted Rand index"))
    ]


def dendrogram_picture(data: np.ndarray) -> Picture:
    """Return Ward's tree of a random sample, its lowest branches cut."""
    rows = sample_rows(len(data), TREE_ROWS, seed=0)
    tree = linkage(data[rows], "ward")
    figure, axes = plt.subplots(figsize=(9, 4))
    colours = {"above_threshold_color": theme.LIGHT["muted"], "link_color_func": lambda _: theme.BLUE}
    dendrogram(
        tree, truncate_mode="lastp", p=TREE_LEAVES, ax=axes, show_leaf_counts=True, leaf_rotation=90, **colours
    )
    # a leaf of one customer is labelled with its position, which means nothing to a reader
    counts = [tick.get_text().strip("()") if "(" in tick.get_text() else "1" for tick in axes.get_xticklabels()]
    axes.set_xticks(axes.get_xticks(), counts, rotation=90)
    axes.set(ylabel="Distance at which two branches join", xlabel=f"Customers in a branch, of {len(rows):,} drawn")
    axes.grid(visible=False, axis="x")
    plt.close(figure)
    heights = ", ".join(f"{height:,.1f}" for height in tree[::-1, 2][:5])
    return Picture(figure, f"Dendrogram of {len(rows):,} customers. The last joins are at distances {heights}.")


def profile_heatmap(away: pd.DataFrame, profiles: pd.DataFrame) -> go.Figure:
    """Return the groups' medians as a grid, coloured by how far each is from the typical customer.

    Args:
        away: distance from the typical customer in standard deviations of ranks, clusters x features.
        profiles: medians in own units and the name of each cluster.
    """
    limit = float(np.abs(away.to_numpy()).max()) or 1.0
    figure = px.imshow(
        away.round(3).to_numpy(),
        x=[_wrapped(label(str(name)), COLUMN_WIDTH) for name in away.columns],
        y=[_wrapped(name, ROW_WIDTH) for name in profiles["group"]],
        zmin=-limit,
        zmax=limit,
        color_continuous_scale=theme.DIVERGING,
        aspect="auto",
        title="Profiles: median of each feature",
    )
    figure.update_traces(
        name="",
        text=[[number(float(value)) for value in row] for row in profiles[list(away.columns)].to_numpy()],
        texttemplate="%{text}",
        hovertemplate="%{y}<br>%{x}: %{text}<extra></extra>",
    )
    bar = "Compared with<br>the typical<br>customer"
    figure.update_layout(height=150 + 46 * len(profiles), coloraxis_colorbar_title_text=bar)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    caption = "The number is the median. Blue is above, brown below the median of all customers (in ranks)."
    return figure.update_layout(meta={"caption": caption})


def _wrapped(name: str, width: int) -> str:
    """Return a name on several lines: a long one would leave no room for the cells on paper or a phone."""
    return "<br>".join(as_text(textwrap.wrap(name, width)))


def importance_chart(importances: pd.DataFrame) -> go.Figure:
    """Return forest and permutation importance side by side, as shares of their sums."""
    values = importances.set_index("feature").clip(lower=0)
    shares = (values / values.sum().replace(0, 1)).rename(columns=label).round(4)
    shares.index = as_text(label(name) for name in shares.index)
    figure = px.bar(shares, orientation="h", barmode="group", title="What tells the clusters apart")
    figure.update_layout(height=150 + 50 * len(shares), legend_title_text="")
    figure.update_xaxes(title_text="Share of the importance")
    return figure.update_yaxes(autorange="reversed", showgrid=False, title_text="")

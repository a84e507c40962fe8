"""The charts of chapter 04: quality by k beside the nulls, the groups from several sides, their profiles."""

import textwrap

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from matplotlib import pyplot as plt
from scipy.cluster.hierarchy import dendrogram, linkage

from helpers.base.sampling import sample_rows
from helpers.base.text import listed, number, percent
from helpers.base.vocabulary import LESS_IS_BETTER, kind, label
from helpers.show import theme
from helpers.show.charts import lines_by_k, paired_bars
from helpers.show.display import Picture, as_text
from helpers.show.labels import note, titled

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
    heights = [f"{height:,.1f}" for height in tree[::-1, 2][:5]]
    alt = f"Dendrogram of {len(rows):,} customers. The last joins are at distances {', '.join(heights)}."
    title = f"The last branches join at a distance of {heights[0]}, those before at {heights[1]}"
    return Picture(
        figure, alt, title=title, what=f"Ward's tree of {len(rows):,} customers, its lowest branches cut"
    )


def profile_heatmap(away: pd.DataFrame, profiles: pd.DataFrame, currency: str = "") -> go.Figure:
    """Return the groups' medians as a grid, coloured by how far each is from the typical customer.

    Args:
        away: distance from the typical customer in standard deviations of ranks, clusters x features.
        profiles: medians in own units and the name of each cluster.
        currency: of the money among them.
    """
    units = {"days": "days", "money": currency}
    headings = [label(name) + (f" ({unit})" if (unit := units.get(kind(name))) else "") for name in away.columns]
    limit = float(np.abs(away.to_numpy()).max()) or 1.0
    good = away * [-1 if name in LESS_IS_BETTER else 1 for name in away.columns]
    figure = px.imshow(
        good.round(3).to_numpy(),
        x=[_wrapped(heading, COLUMN_WIDTH) for heading in headings],
        y=[_wrapped(name, ROW_WIDTH) for name in profiles["group"]],
        zmin=-limit,
        zmax=limit,
        color_continuous_scale=theme.DIVERGING,
        aspect="auto",
        title="Profiles: the median of each feature in each group",
    )
    place, feature = away.abs().set_axis(range(len(away))).stack().idxmax()
    named, median = profiles["group"].iloc[place].partition(":")[0], number(float(profiles[feature].iloc[place]))
    titled(figure, f"{named} is furthest from the typical customer in {label(feature).lower()} (median {median})")
    figure.update_traces(
        name="",
        text=[[number(float(value)) for value in row] for row in profiles[list(away.columns)].to_numpy()],
        texttemplate="%{text}",
        hovertemplate="%{y}<br>%{x}: %{text}<extra></extra>",
    )
    bar = "Better than<br>the typical<br>customer"
    figure.update_layout(height=110 + 42 * len(profiles), coloraxis_colorbar_title_text=bar)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    caption = "The number is the median. Blue is above, brown below the median of all customers (in ranks)."
    if turned := [label(name).lower() for name in away.columns if name in LESS_IS_BETTER]:
        caption = f"{caption[:-1]}; of {listed(turned)}, where less is better, blue is below."
    return note(figure, caption=caption)


def _wrapped(name: str, width: int) -> str:
    """Return a name on several lines: a long one would leave no room for the cells on paper or a phone."""
    return "<br>".join(as_text(textwrap.wrap(name, width)))


def importance_chart(importances: pd.DataFrame) -> go.Figure:
    """Return forest and permutation importance side by side, as shares of their sums."""
    values = importances.set_index("feature").clip(lower=0)
    shares = (values / values.sum().replace(0, 1)).rename(columns=label).round(4)
    shares.index = [label(name) for name in shares.index]
    most = f"{shares.index[0]} tells the clusters apart most ({percent(shares.iloc[0, 0])} of the importance)"
    return paired_bars(shares, most, "Importance of each feature, two measures", "Share of the importance")

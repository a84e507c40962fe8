"""The charts of chapter 05: silhouettes beside nulls, two maps of the customers, the groups, an elimination."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from helpers.base.sampling import sample_rows
from helpers.base.text import number, percent
from helpers.base.vocabulary import label
from helpers.show import theme
from helpers.show.charts import bars, ranking
from helpers.show.display import as_text, describe

POINTS = 1500
"""Customers drawn on a map: more would hide each other and make the page heavy."""
MOST_BARS = 12
"""Features whose importance is drawn."""


def feature_label(name: str) -> str:
    """Return what a feature is called, the shares of weekdays and days of the month included."""
    if name.startswith("share_day_"):
        return f"Share on day {int(name.removeprefix('share_day_'))}"
    if name.startswith("share_"):
        return f"Share on {name.removeprefix('share_').capitalize()}s"
    return label(name)


def importance_chart(features: Sequence[str], shares: np.ndarray, which: str = "the forest") -> go.Figure:
    """Return which features a forest used most, as shares of all; the less important ones are left out."""
    order = np.argsort(-shares, kind="stable")[:MOST_BARS]
    names = [feature_label(features[place]) for place in order]
    title = f"What {which} predicts revenue from"
    return bars(names, shares[order].tolist(), title, "Share of the importance", write=percent, horizontal=True)


def silhouette_chart(lines: dict[str, dict[int, float]], chosen: int) -> go.Figure:
    """Return silhouettes in the embedding by number of clusters, the customers' first, then the nulls'."""
    figure = go.Figure()
    looks = ((theme.BLUE, "solid", 3), (theme.ORANGE, "dash", 2), (theme.NEUTRAL, "dot", 2))
    for (name, values), (colour, dash, width) in zip(lines.items(), looks, strict=False):
        figure.add_scatter(
            x=list(values),
            y=[round(value, 5) for value in values.values()],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": width},
            marker={"size": [11 if k == chosen and dash == "solid" else 6 for k in values]},
            hovertemplate="k %{x}: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.update_layout(title_text="Silhouette in the embedding", height=340, yaxis_title_text="Mean silhouette")
    figure.update_xaxes(title_text="Number of clusters k (large dot: chosen)")
    said = "; ".join(
        f"{name}: " + ", ".join(f"k {k} {value:.3f}" for k, value in values.items())
        for name, values in lines.items()
    )
    return describe(figure, f"Silhouette in the embedding, by number of clusters. {said}.")


def two_maps(
    embedded: np.ndarray,
    plain: np.ndarray,
    labels: np.ndarray,
    *,
    names: Sequence[str],
    titles: Sequence[str],
    seed: int,
) -> go.Figure:
    """Return the same customers on a map of the embedding and on one of the plain features, coloured by group.

    Args:
        embedded: customers x 2.
        plain: customers x 2.
        labels: the group of each customer.
        names: of the groups.
        titles: what each map is.
        seed: of the sample that is drawn.
    """
    drawn = sample_rows(len(labels), POINTS, seed)
    figure = make_subplots(rows=2, cols=1, subplot_titles=as_text(titles), vertical_spacing=0.1)
    for group, name in enumerate(names):
        rows = drawn[labels[drawn] == group]
        for place, points in enumerate((embedded, plain), start=1):
            figure.add_scatter(
                x=points[rows, 0].round(3).tolist(),
                y=points[rows, 1].round(3).tolist(),
                mode="markers",
                name=as_text([name])[0],
                legendgroup=str(group),
                showlegend=place == 1,
                marker={
                    "color": theme.CATEGORICAL[group % len(theme.CATEGORICAL)],
                    "symbol": "circle" if group < len(theme.CATEGORICAL) else "diamond",
                    "size": 6,
                    "opacity": 0.6,
                },
                hovertemplate=as_text([name])[0] + "<extra></extra>",
                row=place,
                col=1,
            )
    # the sizes of the axes mean nothing, only what is near what
    figure.update_xaxes(showticklabels=False)
    figure.update_yaxes(showticklabels=False)
    figure.update_layout(height=860, legend={"y": 1.05})
    middles = [_middles(points, labels, names) for points in (embedded, plain)]
    alt = f"Two scatter plots of the same customers. {titles[0]}: {middles[0]}. {titles[1]}: {middles[1]}."
    sampled = f"A random sample of {number(len(drawn))} of {number(len(labels))} customers. "
    caption = (sampled if len(drawn) < len(labels) else "") + "Colours are the groups, the same on both maps."
    return describe(figure, alt, caption)


def _middles(points: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> str:
    """Say where the middle of each group lies."""
    middle = [np.median(points[labels == group, :2], axis=0) for group in range(len(names))]
    return "; ".join(f"{name} around {x:,.2f} / {y:,.2f}" for name, (x, y) in zip(names, middle, strict=True))


def groups_chart(table: pd.DataFrame) -> go.Figure:
    """Return each group's share of the customers and of the revenue side by side."""
    names = [str(name) for name in table["segment"]]
    figure = go.Figure()
    said = []
    looks = (("customer_share", "Customers", theme.NEUTRAL), ("revenue_share", "Revenue", theme.BLUE))
    for column, name, colour in looks:
        shares = table[column].round(5).tolist()
        figure.add_bar(
            y=as_text(names),
            x=shares,
            orientation="h",
            name=name,
            marker_color=colour,
            text=[percent(share) for share in shares],
            textposition="auto",
            hovertemplate="%{y}: %{x:.1%} of the " + name.lower() + "<extra></extra>",
        )
        said.append(f"share of the {name.lower()}: {ranking(names, shares, percent)}")
    figure.update_layout(
        title_text="The groups: share of customers and of revenue", height=150 + 56 * len(names), barmode="group"
    )
    figure.update_xaxes(tickformat=".0%", title_text="Share")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return describe(figure, f"Bar chart of the groups, {'; '.join(said)}.")


def elimination_chart(path: pd.DataFrame, chosen: int, published: int | None) -> go.Figure:
    """Return score and null along an elimination, from all features to few.

    Args:
        path: `features` (how many), `silhouette`, `silhouette_null`, `score`.
        chosen: the number of features that is proposed.
        published: the number that a published study ended with, if one is reproduced.
    """
    figure = go.Figure()
    looks = (
        ("silhouette", "Silhouette", theme.BLUE, "solid"),
        ("silhouette_null", "The same with shuffled features", theme.ORANGE, "dash"),
        ("score", "Score: the difference", theme.GREEN, "solid"),
    )
    for column, name, colour, dash in looks:
        figure.add_scatter(
            x=path["features"].tolist(),
            y=path[column].round(4).tolist(),
            name=name,
            mode="lines+markers",
            marker={"size": 5},
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="%{x} features: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.add_vline(x=chosen, line={"color": theme.NEUTRAL, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=chosen, y=1, yref="paper", text="proposed", showarrow=False, yanchor="bottom", xanchor="left"
    )
    if published is not None and published != chosen:
        figure.add_vline(x=published, line={"color": theme.NEUTRAL, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=published, y=1, yref="paper", text="published", showarrow=False, yanchor="bottom", xanchor="right"
        )
    figure.update_xaxes(title_text="Features left", autorange="reversed")
    figure.update_yaxes(title_text="Mean silhouette")
    figure.update_layout(title_text="Taking features away, one at a time", height=400, legend={"y": 1.08})
    ends = path.iloc[[0, -1]]
    said = ", ".join(
        f"{row.features} features score {row.score:.3f} ({row.silhouette:.3f} against {row.silhouette_null:.3f})"
        for row in ends.itertuples()
    )
    return describe(
        figure, f"Lines of silhouette, null and score along the elimination: {said}; {chosen} are proposed."
    )

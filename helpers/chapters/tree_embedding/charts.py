"""The charts of chapter 05: what a forest uses, two maps of the customers, the groups, an elimination."""

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.sampling import sample_rows
from helpers.base.text import number, percent
from helpers.chapters.tree_embedding.groups import Groups
from helpers.chapters.tree_embedding.narrative import feature_label
from helpers.show import theme
from helpers.show.charts import bars
from helpers.show.display import as_text, describe

POINTS = 1500
"""Customers drawn on a map: more would hide each other and make the page heavy."""
MOST_BARS = 12
"""Features whose importance is drawn."""


def importance_chart(importances: pd.Series) -> go.Figure:
    """Return which features the forest used most, as shares of all; the less important ones are left out."""
    largest = importances.sort_values(ascending=False, kind="stable").head(MOST_BARS)
    names = [feature_label(name) for name in largest.index]
    title = "What the forest predicts revenue from"
    return bars(names, largest.tolist(), title, "Share of the importance", write=percent, horizontal=True)


def customer_map(points: np.ndarray, groups: Groups, title: str, seed: int) -> go.Figure:
    """Return a sample of customers on a plane, the first two axes of `points`, coloured by group."""
    drawn = sample_rows(len(points), POINTS, seed)
    names = as_text(groups.names)
    figure = px.scatter(
        x=points[drawn, 0].round(3),
        y=points[drawn, 1].round(3) if points.shape[1] > 1 else np.zeros(len(drawn)),
        color=np.array(names, dtype=object)[groups.labels[drawn]],
        category_orders={"color": names},
        labels={"x": "", "y": "", "color": ""},
        title=title,
        height=480,
    )
    figure.update_traces(marker={"size": 6, "opacity": 0.6}, hovertemplate="%{fullData.name}<extra></extra>")
    # the sizes of the axes mean nothing, only what is near what
    figure.update_xaxes(showticklabels=False).update_yaxes(showticklabels=False)
    sample = f"A random sample of {number(len(drawn))} of {number(len(points))} customers."
    alt = (
        f"Scatter plot of {number(len(drawn))} customers, coloured by group ({', '.join(groups.names)}). {title}."
    )
    return describe(figure, alt, sample if len(drawn) < len(points) else "")


def groups_chart(groups: pd.DataFrame) -> go.Figure:
    """Return each group's share of the customers and of the revenue side by side."""
    headings = {"customer_share": "Customers", "revenue_share": "Revenue"}
    shares = groups.assign(segment=as_text(groups["segment"])).rename(columns=headings)
    figure = px.bar(
        shares.round(5),
        x=list(headings.values()),
        y="segment",
        barmode="group",
        orientation="h",
        text_auto=".1%",
        color_discrete_sequence=[theme.NEUTRAL, theme.BLUE],
        labels={"value": "Share", "segment": "", "variable": ""},
        title="The groups: share of customers and of revenue",
        height=150 + 56 * len(groups),
    )
    figure.update_xaxes(tickformat=".0%")
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def elimination_chart(path: pd.DataFrame, chosen: int) -> go.Figure:
    """Return score and null along an elimination, from all features to few; the proposed number is marked."""
    headings = {
        "silhouette": "Silhouette",
        "silhouette_null": "The same with shuffled features",
        "score": "Score: the difference",
    }
    figure = px.line(
        path.rename(columns=headings).round(4),
        x="features",
        y=list(headings.values()),
        markers=True,
        color_discrete_sequence=[theme.BLUE, theme.ORANGE, theme.GREEN],
        labels={"features": "Features left", "value": "Mean silhouette", "variable": ""},
        title="Taking features away, one at a time",
        height=400,
    )
    figure.add_vline(
        x=chosen, line={"color": theme.NEUTRAL, "dash": "dot", "width": 1.5}, annotation_text="proposed"
    )
    return figure.update_xaxes(autorange="reversed")

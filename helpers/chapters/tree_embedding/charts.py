"""The charts of chapter 05: what a forest uses, two maps of the customers, the groups, an elimination."""

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import percent
from helpers.chapters.tree_embedding.narrative import feature_label
from helpers.show import theme
from helpers.show.charts import bars
from helpers.show.display import as_text

MOST_BARS = 12
"""Features whose importance is drawn."""


def importance_chart(importances: pd.Series) -> go.Figure:
    """Return which features the forest used most, as shares of all; the less important ones are left out."""
    largest = importances.sort_values(ascending=False, kind="stable").head(MOST_BARS)
    names = [feature_label(name) for name in largest.index]
    title = "What drives the forecast of revenue"
    return bars(names, largest.tolist(), title, "Share of the importance", write=percent, horizontal=True)


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

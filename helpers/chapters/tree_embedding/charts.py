"""The charts of chapter 05: what a forest uses, two maps of the customers, the groups, an elimination."""

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from helpers.base.text import percent, score
from helpers.chapters.tree_embedding.narrative import feature_label
from helpers.show import theme
from helpers.show.charts import bars, paired_bars, shares_finding
from helpers.show.labels import titled

MOST_BARS = 12
"""Features whose importance is drawn."""


def importance_chart(importances: pd.Series) -> go.Figure:
    """Return which features the forest used most, as shares of all; the less important ones are left out."""
    largest = importances.sort_values(ascending=False, kind="stable").head(MOST_BARS)
    names = [feature_label(name) for name in largest.index]
    title = "Importance of each feature in the forest's forecast of revenue"
    most = f"{names[0]} drives the forecast of revenue most ({percent(largest.iloc[0])} of the importance)"
    look = {"write": percent, "horizontal": True, "finding": most}
    figure = bars(names, largest.tolist(), title, "Share of the importance", **look)
    return figure.update_xaxes(tickformat=".0%")


def groups_chart(groups: pd.DataFrame) -> go.Figure:
    """Return each group's share of the customers and of the revenue side by side."""
    shares = groups.set_index("segment")[["customer_share", "revenue_share"]]
    named = shares.set_axis(["customers", "revenue"], axis=1)
    finding = shares_finding(*(shares[name].rename(lambda one: one.partition(":")[0]) for name in shares))
    return paired_bars(named, finding, "Share of the customers and of the revenue by group", "Share of all")


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
        height=340,
    )
    at = path.set_index("features")["score"]
    titled(figure, f"{chosen} features are proposed, with a score of {score(float(at[chosen]))}")
    figure.add_vline(
        x=chosen, line={"color": theme.NEUTRAL, "dash": "dot", "width": 1.5}, annotation_text="proposed"
    )
    return figure.update_xaxes(autorange="reversed")

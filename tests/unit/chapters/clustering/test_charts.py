"""The charts of chapter 04: what they draw, in which colours and order, with data as text."""

import numpy as np
import pandas as pd

from helpers.chapters.clustering import charts
from helpers.show.alt import alt_text


def test_nulls_are_drawn_beside_the_customers_and_the_chosen_number_is_marked():
    columns = [
        f"{measure}{null}" for measure in ("silhouette", "stability") for null in ("", "_copula", "_permuted")
    ]
    by_k = pd.DataFrame(np.linspace(0.1, 0.9, 18).reshape(3, 6), columns=columns).assign(k=[2, 3, 4])
    silhouette, stability = charts.null_charts(by_k, 3)
    assert [line.name for line in silhouette.data] == ["Customers", "Correlated null", "Permuted null"]
    assert stability.layout.shapes[0].x0 == 3
    assert "Customers" in alt_text(silhouette)


def test_importances_are_shares_of_their_sums():
    importances = pd.DataFrame({"feature": ["recency", "x<y"], "forest": [0.75, 0.25], "permutation": [0.2, -0.1]})
    chart = charts.importance_chart(importances)
    drawn = {bar.name: dict(zip(bar.y, bar.x, strict=True)) for bar in chart.data}
    assert drawn["Forest importance"] == {"Recency": 0.75, "X&lt;y": 0.25}
    assert drawn["Permutation importance"] == {"Recency": 1.0, "X&lt;y": 0.0}


def test_the_heatmap_writes_medians_and_colours_distances():
    away = pd.DataFrame({"recency": [1.5, -0.5], "frequency": [0.0, 0.25]})
    profiles = pd.DataFrame({"group": ["A", "B"], "recency": [90.0, 3.0], "frequency": [1.0, 12.0]})
    chart = charts.profile_heatmap(away, profiles, "GBP")
    assert list(chart.data[0].x) == ["Recency (days)", "Frequency"]
    assert chart.data[0].text[0][0] == "90"
    assert (chart.layout.coloraxis.cmin, chart.layout.coloraxis.cmax) == (-1.5, 1.5)


def test_the_tree_is_drawn_from_a_sample():
    drawn = charts.dendrogram_picture(np.random.default_rng(1).normal(size=(800, 2)))
    assert drawn.alt.startswith("Dendrogram of 500 customers.")

"""The charts of chapter 05 say what they show, and draw what groups are called as text."""

import pandas as pd

from helpers.chapters.tree_embedding import charts
from helpers.show.alt import alt_text

HOSTILE = "<b>Elite & co</b>"


def test_the_groups_are_bars_beside_each_other():
    table = pd.DataFrame({"segment": ["Rest", HOSTILE], "customer_share": [0.9, 0.1], "revenue_share": [0.4, 0.6]})
    drawn = charts.groups_chart(table)
    assert [bar.name for bar in drawn.data] == ["customers", "revenue"]
    assert [bar.text[0] for bar in drawn.data] == ["90 % · customers", "40 % · revenue"]  # no legend is needed
    assert all("<b>" not in name for bar in drawn.data for name in bar.y)
    assert "Elite" in alt_text(drawn)


def test_the_elimination_marks_the_proposed_set():
    path = pd.DataFrame(
        {"features": [3, 2], "silhouette": [0.5, 0.4], "silhouette_null": [0.3, 0.1], "score": [0.2, 0.3]}
    )
    drawn = charts.elimination_chart(path, 2)
    assert drawn.layout.annotations[0].text == "proposed"
    assert drawn.layout.shapes[0].x0 == 2
    assert "Score: the difference" in alt_text(drawn)


def test_importances_are_drawn_with_the_features_names():
    importances = pd.Series({"items": 0.3, "share_day_05": 0.6, "share_monday": 0.1})
    drawn = charts.importance_chart(importances)
    assert drawn.layout.meta["alt"].endswith("Share on day 5 60 %, Items 30 %, Share on Mondays 10 %.")

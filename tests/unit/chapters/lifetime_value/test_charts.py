"""Charts whose title is the finding and whose words hold what is drawn."""

import json
from datetime import datetime

import numpy as np
import pandas as pd

from helpers.chapters.lifetime_value import charts, due
from tests.house_english import naked_axes

WEEKS = pd.DataFrame(
    {"actual": [10, 12, 20, 20], "expected": [10.0, 11, 10, 10]},
    index=pd.Index(pd.date_range("2025-01-06", periods=4, freq="7D"), name="week"),
)
PARTS = pd.DataFrame({"x": [0, 1], "actual": [0.5, 2.0], "expected": [0.4, 1.0]})
DECILES = pd.DataFrame({"predicted": [0.6, 0.2], "actual": [0.8, 0.4]})
SUMS = pd.DataFrame(
    {"lifetime": [80.0, 20.0], "low": [70.0, 15.0], "high": [95.0, 30.0]}, index=["Loyal", "not known"]
)
CURVE = due.survival(np.arange(1, 101), np.arange(100) % 10 != 0)


def test_each_title_is_what_the_chart_shows():
    drawn = {
        "NBD expected 50 % fewer repeat orders than there were after 20 Jan 2025": charts.tracking(
            WEEKS, datetime(2025, 1, 20), "NBD"
        ),
        "By repeat orders, the forecast is furthest off at 1: 1 instead of 2 orders": charts.beside(
            PARTS, "Repeat orders", "repeat orders"
        ),
        "60 % ordered within 90 days: more than forecast (40 %)": charts.calibration(DECILES, 90),
        "Loyal: 80 % of what today's customers will be worth in 3 years": charts.by_segment(SUMS, "GBP", 3),
        "28 % of orders are followed by another within 30 days": charts.survival(
            {"Everybody": CURVE, "First": CURVE}
        ),
    }
    for title, figure in drawn.items():
        assert figure.layout.title.text == title
        told = json.loads(figure.to_json())
        told["layout"]["meta"] = {"alt": "said by show"} | (told["layout"].get("meta") or {})
        assert naked_axes(told) == []


def test_one_part_is_no_comparison_and_an_interval_is_told():
    assert charts.beside(PARTS.head(1), "Repeat orders", "repeat orders") is None
    assert "Loyal £80 (£70 to £95)" in charts.by_segment(SUMS, "GBP", 3).layout.meta["alt"]
    assert "Loyal 80 orders" in charts.by_segment(SUMS, "", 3).layout.meta["alt"]

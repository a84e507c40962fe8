"""Every chart says what it shows, and draws hostile names as text."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.purchase_prediction import charts
from helpers.chapters.purchase_prediction.features import OWN, TAKEN
from helpers.predicting.deciles import by_decile
from helpers.show.alt import alt_text

HOSTILE = "<b>=1+1</b>"
ROWS = 60
RNG = np.random.default_rng(0)
LABELS = np.full(ROWS, "<b>=1+1</b> (flagged: <i>)")
PROBABILITY, BOUGHT = RNG.uniform(size=ROWS), np.arange(ROWS) % 3 == 0


@pytest.fixture
def customers():
    frame = pd.DataFrame({name: RNG.uniform(1, 200, ROWS) for name in (*TAKEN, *OWN)})
    return frame.assign(customer_id=HOSTILE, bought=BOUGHT)


def alt_of(figure):
    return (figure.layout.meta or {}).get("alt") or alt_text(figure)


def test_every_chart_says_what_it_shows_and_draws_hostile_names_as_text(customers):
    views = pd.DataFrame(
        {"information": [0.2, 0.1], "forest": [0.6, 0.4], "permutation": [0.01, np.nan]}, ["recency", "items"]
    )
    scores = {"recency": PROBABILITY, "logistic": PROBABILITY[::-1]}
    deciles = by_decile(PROBABILITY, BOUGHT).assign(spend_gain=np.linspace(0.1, 1, 10))
    dates = pd.date_range("2024-01-01", periods=3, freq="90D")
    aged = pd.DataFrame({"trained": dates[[0, 0, 1]], "tested": dates[[1, 2, 2]], "auc": [0.7, 0.6, 0.8]})
    figures = [
        charts.selection_chart(views),
        charts.roc_chart(BOUGHT, scores, {"recency": 0.6, "logistic": 0.7}),
        charts.precision_chart(BOUGHT, scores, {"recency": 0.6, "logistic": 0.7}),
        charts.calibration_chart(dict.fromkeys(charts.LEVELS, (np.array([0.1, 0.9]), np.array([0.2, 0.8])))),
        charts.gain_chart(deciles),
        charts.profit_chart(pd.Series([1.0, 3.0, 2.0], [1, 2, 3]), 2, "GBP"),
        charts.ageing_chart(aged),
        charts.behaviour_chart(customers, "recency", PROBABILITY, LABELS, 1, levels=True),
        charts.accuracy_chart(HOSTILE, {"shuffled": 0.9, "grouped": 0.2, "guessing": 0.3}),
    ]
    assert all(len(alt_of(figure)) > 30 for figure in figures)
    assert not any("<b>" in figure.to_json() for figure in figures)
    assert "A line (Profit): 2 3, 3 2, 1 1" in alt_of(figures[5])


def test_a_curve_of_many_points_is_thinned():
    scores = RNG.uniform(size=5000)
    figure = charts.roc_chart(scores > 0.5, {"recency": scores + RNG.normal(size=5000)}, {"recency": 0.7})
    assert len(figure.data[0].x) <= charts.CURVE
    assert (figure.data[0].x[0], figure.data[0].x[-1]) == (0, 1)

"""What is measured beside scikit-learn's scores, and the sales data that nobody can learn from."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction.evaluation import (
    auc,
    auc_gain,
    by_kind,
    check_limits,
    dates_or_reason,
    judged_probabilities,
    new_customers_share,
    useless_features,
    why_not,
)

START = datetime(2024, 1, 1)


def test_auc_is_that_of_the_library_ties_included():
    rng = np.random.default_rng(0)
    labels, scores = rng.uniform(size=500) < 0.3, rng.integers(0, 20, 500)
    assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert np.isnan(auc(np.ones(5, dtype=bool), np.arange(5)))
    assert auc_gain(labels, scores, -scores) == pytest.approx(2 * auc(labels, scores) - 1)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"horizon_days": (0, 1)}, "purchase_prediction.horizon_days is 0, but should be at least 1"),
        ({"folds": (5, 2), "contact_cost": (-1, 0)}, "contact_cost is -1"),
        ({"margin": (1.3, 0, 1)}, "margin is 1.3, but should be between 0 and 1"),
        ({"uplift": (-0.1, 0, 1)}, "uplift is -0.1"),
    ],
)
def test_parameters_that_cannot_be_are_a_sentence(limits, words):
    with pytest.raises(StudyError, match=words):
        check_limits(**limits)
    check_limits(folds=(2, 2), margin=(1.0, 0, 1))


@pytest.fixture(scope="module")
def engine():
    with open_engine() as opened:
        yield opened


def lines_until(engine, days):
    moments = [START + timedelta(hours=10), START + timedelta(days=days, hours=10)]
    return engine.table(pa.table({"ordered_at": moments, "customer_id": ["a", "b"], "revenue": [30.0, 70.0]}))


@pytest.mark.parametrize(("days", "words"), [(50, "too short for a horizon"), (80, "room for one cut-off only")])
def test_sales_data_that_are_too_short_give_a_reason(engine, days, words):
    dates, reason = dates_or_reason(lines_until(engine, days), 30, 4, None)
    assert dates == []
    assert words in reason


def test_longer_sales_data_give_dates(engine):
    dates, reason = dates_or_reason(lines_until(engine, 200), 30, 4, None)
    assert [(later - one).days for one, later in pairwise(dates)] == [30] * 3
    assert reason == ""


def test_a_cut_off_that_the_study_asks_for_and_cannot_be_stops_the_chapter(engine):
    with pytest.raises(StudyError, match="outside the sales data"):
        dates_or_reason(lines_until(engine, 200), 30, 4, "2031-01-01")


def people(rows, cut_off=0, share=0.5):
    frame = pd.DataFrame({"customer_id": [f"c{number:03d}" for number in range(rows)]})
    frame["cut_off"] = START + timedelta(days=30 * cut_off)
    frame["bought"] = np.arange(rows) < share * rows
    return frame


@pytest.mark.parametrize(
    ("training", "test", "words"),
    [
        (people(4), people(9, 1), "4 customers before the last cut-off, fewer than the 5 folds"),
        (people(50, share=0), people(9, 1), "bought again within the horizon, fewer than the 5 folds"),
        (people(50, share=1), people(9, 1), "Only 0 of 50 customers did not buy again"),
        (people(50), people(9, 1, share=1), "After 31 Jan 2024 every customer bought"),
        (people(50), people(9, 1, share=0), "After 31 Jan 2024 no customer bought"),
    ],
)
def test_customers_without_two_outcomes_give_a_reason(training, test, words):
    assert words in why_not(pd.concat([training, test]), 5)


def test_customers_with_two_outcomes_give_none():
    assert why_not(pd.concat([people(50), people(9, 1)]), 5) == ""


def test_constant_and_unknown_features_are_named_with_a_reason():
    training = pd.DataFrame({"recency": [1, 2], "frequency": [3, 3], "season_orders": np.nan, "items": [1, 2]})
    test = pd.DataFrame({"recency": [1, 2], "frequency": [3, 4], "season_orders": [1, 2], "items": [7, 7]})
    assert useless_features(training, test) == {
        "items": "is the same for everybody at the test",
        "frequency": "is the same for everybody",
        "season_orders": "has no value at all",
    }


def test_rows_are_judged_by_the_model_that_did_not_see_them():
    x = pd.DataFrame({"a": np.arange(20.0)})
    y = np.arange(20) % 3 == 0
    splits = [(np.arange(10), np.arange(10, 15)), (np.arange(10), np.arange(15, 20))]
    models = [LogisticRegression(C=c).fit(x[:10], y[:10]) for c in (1.0, 0.01)]
    found = judged_probabilities(models, x, splits)
    assert found[5:].tolist() == models[1].predict_proba(x[15:])[:, 1].tolist()


def test_kinds_of_customers_are_judged_apart():
    test = pd.DataFrame({"frequency": [1, 1, 3, 9], "tenure": 100, "recency": [5, 95, 5, 95]})
    test["bought"] = [True, False, True, False]
    found = by_kind(test, np.array([0.8, 0.2, 0.7, 0.6]), 90).set_index("customer_kind")
    assert found.loc["One order so far"].tolist() == [2, 0.5, 0.5, 1]
    assert "Known for less than the horizon" not in found.index
    assert np.isnan(found.loc["Five orders or more", "auc"])


def test_revenue_of_new_customers_is_what_known_ones_did_not_spend(engine):
    test = pd.DataFrame({"cut_off": [pd.Timestamp(START)], "next_spend": [30.0]})
    assert new_customers_share(lines_until(engine, 20), test, 30) == pytest.approx(0.7)
    assert new_customers_share(lines_until(engine, 60), test, 30) == pytest.approx(0)

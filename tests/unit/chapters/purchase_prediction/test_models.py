"""Models, folds that look forwards, the choice between models, and what cannot be learned from."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.metrics import roc_auc_score

from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction.features import Snapshot
from helpers.chapters.purchase_prediction.models import (
    Candidate,
    Network,
    Tried,
    as_inputs,
    auc,
    auc_gain,
    balanced,
    candidates,
    check_settings,
    choose,
    compare_balance,
    fit,
    forward_folds,
    measures,
    predict,
    training_of,
    try_out,
)
from helpers.chapters.purchase_prediction.retraining import age_models, read_ageing
from helpers.chapters.purchase_prediction.selection import doubled, fewest_enough, mutual_information, select

LOGISTIC = Candidate("logistic", {"C": 1.0})


def people(rows, seed, cut_off=0, share=None):
    """Return customers whose purchase follows from recency and frequency, with features of chance."""
    rng = np.random.default_rng([seed, cut_off])
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number:04d}" for number in range(rows)],
            "recency": rng.integers(0, 200, rows),
            "frequency": rng.integers(1, 30, rows),
            "monetary": rng.lognormal(5, 1, rows),
            "tenure": rng.integers(200, 300, rows),
            "weekend_share": rng.uniform(size=rows),
            "home_country": np.ones(rows),
        }
    )
    frame["purchase_days"] = frame["frequency"]
    chance = 1 / (1 + np.exp((frame["recency"] - 100) / 20 - np.log(frame["frequency"]) + 1))
    bought = rng.uniform(size=rows) < chance if share is None else np.arange(rows) < share * rows
    spend = np.where(bought, frame["monetary"], 0.0)
    return Snapshot(datetime(2024, 1, 1) + timedelta(days=90 * cut_off), 90, frame, np.asarray(bought), spend)


@pytest.fixture(scope="module")
def training():
    return training_of([people(400, 1, 0), people(500, 1, 1)], folds=4, seed=3)


def test_auc_is_that_of_the_library_ties_included():
    rng = np.random.default_rng(0)
    labels, scores = rng.uniform(size=500) < 0.3, rng.integers(0, 20, 500)
    assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert np.isnan(auc(np.ones(5, dtype=bool), np.arange(5)))
    assert auc_gain(labels, scores, -scores) == pytest.approx(2 * auc(labels, scores) - 1)


def test_measures_at_a_threshold():
    found = measures(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]), 0.5)
    assert (found["precision"], found["recall"], found["accuracy"], found["f1"]) == (0.5, 0.5, 0.5, 0.5)
    assert found["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.01) / 4)


def test_folds_learn_from_earlier_dates_and_other_customers(training):
    judged = np.concatenate([judge for _, judge in training.splits])
    assert sorted(judged) == list(range(400, 900))
    for learn, judge in training.splits:
        assert set(training.period[learn]) == {0}
        assert set(training.period[judge]) == {1}
        assert not set(training.customers[learn]) & set(training.customers[judge])


def test_one_date_alone_is_divided_by_customers():
    customers = np.array([f"c{number}" for number in range(20)])
    bought, period = np.arange(20) % 2 == 0, np.zeros(20, dtype=int)
    splits = forward_folds(bought, customers, period, 4, 0)
    assert sorted(np.concatenate([judge for _, judge in splits])) == list(range(20))
    assert all(len(learn) == 15 for learn, _ in splits)


@pytest.mark.parametrize("family", ["logistic", "boosting", "network"])
def test_each_family_learns_what_is_there_and_the_same_twice(training, family):
    candidate = next(c for c in candidates(Network(layers=((8,),), members=2)) if c.family == family)
    later = people(600, 7, 2)
    models = fit(candidate, training.inputs, training.bought, seed=5, members=2)
    probabilities = predict(models, as_inputs(later.customers))
    assert auc(later.bought, probabilities) > 0.85
    again = predict(
        fit(candidate, training.inputs, training.bought, seed=5, members=2), as_inputs(later.customers)
    )
    assert again.tolist() == probabilities.tolist()
    assert len(models) == (2 if family == "network" else 1)


def test_what_is_tried_is_judged_by_customers_who_were_not_seen(training):
    tried = try_out(LOGISTIC, training, ["recency", "frequency"], 0)
    assert len(tried.fold_aucs) == 4
    assert np.isnan(tried.probabilities[:400]).all()
    assert not np.isnan(tried.probabilities[400:]).any()
    assert tried.auc == pytest.approx(np.mean(tried.fold_aucs))


def reached(family, *aucs):
    return Tried(Candidate(family, {}), list(aucs), np.array([]))


def test_a_complicated_model_needs_to_be_clearly_better():
    simple = reached("logistic", 0.70, 0.72, 0.71)
    assert choose([simple, reached("boosting", 0.71, 0.71, 0.725)]) is simple
    better = reached("boosting", 0.72, 0.745, 0.73)
    assert choose([simple, better]) is better
    assert choose([simple, better], "logistic") is simple


def test_all_customers_alike_or_too_few_are_a_sentence():
    with pytest.raises(StudyError, match="Only 0 of 50 customers bought again"):
        training_of([people(50, 1, 0, share=0)], folds=5, seed=0)
    with pytest.raises(StudyError, match="Only 0 of 50 customers did not buy again"):
        training_of([people(50, 1, 0, share=1)], folds=5, seed=0)
    with pytest.raises(StudyError, match="4 customers before the last cut-off, fewer than the 5 folds"):
        training_of([people(4, 1, 0, share=0.5)], folds=5, seed=0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0, 2, 2, 99), "horizon_days is 0"),
        ((9, 1, 2, 99), "cut_offs_at_most is 1"),
        ((9, 2, 1, 99), "folds is 1"),
    ],
)
def test_settings_that_cannot_be_are_a_sentence(given, words):
    with pytest.raises(StudyError, match=words):
        check_settings(*given)


@pytest.mark.parametrize(
    "grid", [Network(layers=[[]]), Network(layers=[]), Network(activations=["rule"]), Network(penalties=[-1.0])]
)
def test_a_network_that_cannot_be_is_a_sentence(grid):
    with pytest.raises(StudyError, match="network"):
        grid.checked()


def test_smote_invents_rows_only_where_a_model_is_fitted(training, monkeypatch):
    seen = []

    class Spy(SMOTE):
        def fit_resample(self, x, y):
            out = super().fit_resample(x, y)
            seen.append((len(x), len(out[0]), float(np.mean(out[1]))))
            return out

    monkeypatch.setattr("helpers.chapters.purchase_prediction.models.SMOTE", Spy)
    found = compare_balance(training, ["recency", "frequency"], [LOGISTIC], 0)
    learned = [len(learn) for learn, _ in training.splits]
    assert [rows for rows, *_ in seen] == learned
    assert all(after > rows and share == 0.5 for rows, after, share in seen)
    assert found["method"].tolist() == ["none", "weights", "smote"]


def test_smote_works_with_two_rows_of_the_rarer_outcome():
    labels = np.arange(30) < 2
    x = pd.DataFrame({"a": np.random.default_rng(0).normal(size=30)})
    assert len(balanced(LOGISTIC, "smote", labels, 0).fit(x, labels).predict(x)) == 30


def test_selection_keeps_what_matters_and_gives_each_feature_a_reason(training):
    unusable = {"home_country": "is the same for everybody"}
    found = select(training, unusable, seed=1)
    assert "recency" in found.kept
    reasons = found.table.set_index("feature")["reason"]
    assert set(reasons.index) == set(training.inputs)
    assert all(text.startswith(("Kept: ", "Dropped: ")) for text in reasons)
    assert "is the same for everybody" in reasons["home_country"]
    twin = {"frequency", "purchase_days"} - set(found.kept)
    assert len(twin) == 1
    assert "nearly the same as" in reasons[twin.pop()]


def test_of_two_features_alike_the_more_telling_stays():
    relations = pd.DataFrame(np.array([[1, 0.95, 0.1], [0.95, 1, 0.2], [0.1, 0.2, 1]]), list("abc"), list("abc"))
    assert doubled(relations, {"a": 0.1, "b": 0.3, "c": 0.2}, 0.9) == {"a": "b"}


def test_fewer_features_are_enough_where_more_are_not_surely_better():
    assert fewest_enough(np.array([[0.6, 0.61], [0.70, 0.72], [0.71, 0.71]])) == 2
    assert fewest_enough(np.array([[0.6, 0.61], [0.70, 0.72], [0.75, 0.77]])) == 3


def test_chance_tells_less_than_what_is_planted(training):
    found, chance = mutual_information(training.inputs, training.bought, 0)
    assert found["recency"] > 0.1 > chance
    assert found["weekend_share"] <= chance + 0.03


def test_an_old_model_fails_where_customers_have_changed():
    turned = people(900, 1, 2)
    turned = turned._replace(bought=~turned.bought)
    last = people(500, 1, 3)
    last = last._replace(bought=~last.bought)
    aged = age_models(
        [people(100, 1, 0), people(150, 1, 1), turned, last], LOGISTIC, ["recency"], seed=0, draws=99, members=1
    )
    table = aged.table.set_index(["trained", "tested"])["auc"]
    assert len(table) == 6
    assert aged.table["age"].tolist() == [0, 90, 180, 0, 90, 0]
    assert aged.losses[-1][1].high < 0
    assert "retrain before that" in read_ageing(aged)


def test_a_model_that_lasts_is_said_to_last():
    aged = age_models([people(600, 1, n) for n in range(3)], LOGISTIC, ["recency"], seed=0, draws=99, members=1)
    assert "the ranking lasts" in read_ageing(aged)
    short = age_models([people(300, 1, n) for n in range(2)], LOGISTIC, ["recency"], seed=0, draws=99, members=1)
    assert "too few dates" in read_ageing(short)

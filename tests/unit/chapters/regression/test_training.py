"""Models are tuned and chosen on training rows, measured on others, and give the same answer twice."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.regression.evaluation import findings, prediction_table, r2, tenths, weigh
from helpers.chapters.regression.models import (
    FOREST,
    HIST,
    LINEAR,
    MEAN,
    TREES,
    XGB,
    build,
    first_settings,
    loss_of,
)
from helpers.chapters.regression.training import Task, Tuned, evaluate, inner_table, tune
from helpers.predicting.folds import grouped_folds

ROWS = 160


def make_task(seed=0, noise=1.0, **changes):
    """Return a task whose target is a known function of two of three features."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(
        {
            "size": rng.uniform(0, 10, ROWS),
            "kind": rng.choice(["a", "b"], ROWS),
            "chance": rng.normal(size=ROWS),
        }
    )
    y = 5 * x["size"].to_numpy() + 20 * (x["kind"] == "b").to_numpy() + rng.normal(0, noise, ROWS)
    groups = np.arange(ROWS)
    task = Task("amount", x, y, groups, grouped_folds(groups, 3), spend=False, seed=1, inner_folds=2)
    return replace(task, **changes)


def through_time(customers=60, moments=4):
    """Return a task of spend at several dates, for the same customers."""
    rng = np.random.default_rng(5)
    when = np.repeat(np.arange(moments), customers)
    value = np.tile(rng.gamma(1.0, 100.0, customers), moments)
    x = pd.DataFrame({"value": value, "chance": rng.normal(size=len(when))})
    y = np.where(rng.random(len(when)) < 0.1, 0, value * rng.uniform(0.5, 1.5, len(when)))
    groups = np.tile(np.arange(customers), moments)
    learn, test = np.flatnonzero(when < moments - 1), np.flatnonzero(when == moments - 1)
    return Task("spend ahead", x, y, groups, [(learn, test)], spend=True, seed=1, when=when, last=value.copy())


@pytest.fixture(scope="module")
def evaluated():
    return evaluate(make_task(), trials=2)


@pytest.fixture(scope="module")
def evidence(evaluated):
    return weigh(evaluated, 0.9)


@pytest.fixture(scope="module")
def ahead():
    return evaluate(through_time(), trials=2)


def test_a_learnable_target_is_learned_out_of_fold(evidence):
    table = evidence.scores.set_index("model")
    assert list(table.index) == [MEAN, LINEAR, *TREES]
    assert table.loc[LINEAR, "r2"] > 0.98
    assert table.loc[list(TREES), "r2"].min() > 0.85
    assert table.loc[MEAN, "r2"] < 0.01
    assert np.isnan(table.loc[MEAN, "spearman"])


def test_the_choice_follows_the_training_folds_and_nothing_else(evaluated):
    fake = [
        {LINEAR: Tuned(LINEAR, {}, 0.0)}
        | {name: Tuned(name, {}, loss) for name, loss in zip(TREES, row, strict=True)}
        for row in ([3, 1, 2], [1, 2, 3], [3, 1, 2])
    ]
    other = replace(evaluated, tuned=fake)
    assert other.choices == [HIST, FOREST, HIST]
    assert other.best == HIST
    _, first_test = other.task.outer[0]
    assert other.chosen[first_test].tolist() == other.predictions[HIST][first_test].tolist()
    assert inner_table(other).set_index("model")["chosen"].to_dict() == {LINEAR: 0, FOREST: 1, HIST: 2, XGB: 0}


def test_outcomes_of_the_test_reach_no_prediction_of_it():
    task = make_task()
    learn, test = task.outer[0]
    one = replace(task, outer=[(learn, test)])
    changed = task.y.copy()
    changed[test] = 9999
    first, second = (evaluate(each, trials=2) for each in (one, replace(one, y=changed)))
    for name in first.predictions:
        assert np.array_equal(first.predictions[name], second.predictions[name])
    assert first.choices == second.choices


def test_the_same_input_gives_the_same_predictions_to_the_last_digit(evaluated):
    again = evaluate(make_task(), trials=2)
    assert all(np.array_equal(evaluated.predictions[name], again.predictions[name]) for name in again.predictions)
    assert [fold[XGB].params for fold in evaluated.tuned] == [fold[XGB].params for fold in again.tuned]


def test_tuning_does_no_worse_than_the_first_settings_on_its_own_folds():
    task = make_task()
    folds = task.inner(np.arange(100))
    once, more = tune(task, HIST, folds, 1), tune(task, HIST, folds, 6)
    assert once.params == first_settings(HIST, spend=False)
    assert more.loss <= once.loss
    assert set(more.params) == set(once.params)


def test_inner_folds_stay_within_the_training_rows_and_keep_groups_together():
    task = make_task(groups=np.arange(ROWS) // 4)
    learn = np.arange(80)
    folds = task.inner(learn)
    assert np.sort(np.concatenate([test for _, test in folds])).tolist() == learn.tolist()
    assert not any(set(task.groups[a]) & set(task.groups[b]) for a, b in folds)


def test_inner_folds_through_time_look_forward_only():
    task = through_time(moments=5)
    learn = np.flatnonzero(task.when < 4)
    folds = task.inner(learn)
    assert [sorted(set(task.when[test])) for _, test in folds] == [[1], [2], [3]]
    assert all(task.when[a].max() < task.when[b].min() for a, b in folds)


def test_with_one_earlier_season_the_choice_also_hangs_on_folds_of_customers():
    task = through_time(moments=3)
    folds = task.inner(np.flatnonzero(task.when < 2))
    assert len(folds) == 3
    assert [len(test) for _, test in folds] == [60, 60, 60]
    assert all(not set(task.groups[a]) & set(task.groups[b]) for a, b in folds[1:])
    assert max(task.when[np.concatenate([np.concatenate(fold) for fold in folds])]) == 1


def test_spend_is_never_predicted_below_zero_and_measured_on_the_last_cut_off(ahead):
    assert ahead.rows.tolist() == np.flatnonzero(ahead.task.when == 3).tolist()
    assert all(values.min() >= 0 for values in ahead.predictions.values())
    assert ahead.baseline == "last period"
    evidence = weigh(ahead, 0.9)
    assert evidence.measured["spearman"].value > 0.4
    assert evidence.worth_using == evidence.beats_baseline


def test_categories_that_training_lacked_and_gaps_are_predicted_all_the_same():
    task = make_task()
    for family in (LINEAR, *TREES):
        model = task.fitted(family, first_settings(family, spend=False), np.arange(100))
        strange = pd.DataFrame({"size": [5.0, np.nan], "kind": ["never seen", None], "chance": [0.0, 1.0]})
        found = task.predict(model, strange)
        assert np.isfinite(found).all()
        assert 0 < found[0] < 90


def test_a_feature_that_is_empty_in_training_does_no_harm():
    x = make_task().x.assign(empty=np.nan)
    task = make_task(x=x)
    for family in (LINEAR, *TREES):
        model = build(family, x, first_settings(family, spend=False), 1, spend=False).fit(x, task.y)
        assert np.isfinite(model.predict(x.assign(empty=3.0))).all()


def test_negative_amounts_are_predicted_by_squares():
    task = make_task()
    below = replace(task, y=task.y - 60)
    found = evaluate(replace(below, outer=below.outer[:1]), trials=1)
    assert r2(found.y, found.chosen) > 0.85
    assert found.chosen.min() < 0


def test_the_deviance_asks_for_the_mean_and_takes_a_prediction_of_nothing():
    y = np.array([0.0, 0, 0, 100])
    loss = loss_of(True)
    assert loss(y, np.full(4, 25.0)) < min(loss(y, np.full(4, 10.0)), loss(y, np.full(4, 60.0)))
    assert np.isfinite(loss(y, np.zeros(4)))


def test_intervals_hold_their_prediction_and_what_they_promise(evaluated, evidence):
    band = evidence.band
    assert (band.low <= evaluated.chosen).all()
    assert (band.high >= evaluated.chosen).all()
    assert 0.84 <= band.covers(evaluated.y).mean() <= 0.97


def test_findings_have_the_names_the_issue_asks_for(evidence):
    found = findings(evidence)
    asked = "rows r2 rmse mae spearman top_decile_share baseline_mae baseline_rmse coverage best_model"
    assert set(asked.split()) <= set(found)
    assert found["rows"] == ROWS
    assert found["baseline"] == MEAN
    assert found["best_model"] in TREES


def test_a_chance_target_is_not_predictable():
    rng = np.random.default_rng(3)
    assert not weigh(evaluate(make_task(y=rng.normal(size=ROWS)), trials=1), 0.9).worth_using


def test_predictions_are_listed_with_the_highest_first_and_tenths_add_up(evidence):
    ids = np.array([f"c{n}" for n in range(ROWS)])
    table = prediction_table(evidence, ids)
    assert table["predicted"].is_monotonic_decreasing
    assert sorted(table["customer_id"]) == sorted(ids)
    assert (table["actual"] - table["predicted"]).to_numpy() == pytest.approx(table["error"].to_numpy())
    parts = tenths(evidence)
    assert parts["customers"].sum() == ROWS
    assert parts["share"].sum() == pytest.approx(1)

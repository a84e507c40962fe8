"""What predictions are worth follows from training folds and rows held out, and from nothing else."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from helpers.chapters.regression import charts
from helpers.chapters.regression.evaluation import (
    NOISE,
    noise_table,
    prediction_table,
    training_table,
    weigh,
)
from helpers.chapters.regression.preparation import columns_of
from helpers.predicting.deciles import by_decile, top_share
from helpers.predicting.folds import grouped_folds
from helpers.predicting.importance import importance_table, rank_correlation
from helpers.predicting.ranges import Band
from helpers.predicting.tasks import Task
from helpers.show.alt import alt_text

ROWS = 150
MEASURES = {
    "r2": r2_score,
    "rmse": root_mean_squared_error,
    "mae": mean_absolute_error,
    "spearman": rank_correlation,
    "top_decile_share": top_share,
}


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    kind = rng.choice(["<i>a</i>", "$b$"], ROWS)
    x = pd.DataFrame({"size": rng.uniform(0, 10, ROWS), "<b>kind</b>": kind, "chance": rng.normal(size=ROWS)})
    y = 9 * x["size"].to_numpy() + 20 * (kind == "$b$") + rng.normal(0, 1, ROWS)
    ids = np.array([f"<b>{n}</b>" for n in range(ROWS)])
    groups = np.arange(ROWS)
    return Task(x, y, groups, ids, np.zeros(ROWS, int), grouped_folds(groups, 2))


@pytest.fixture(scope="module")
def predictions(task):
    rng = np.random.default_rng(1)
    table = {"mean": np.full(ROWS, task.y.mean()), "linear": task.y + rng.normal(0, 9, ROWS)}
    table |= {"good": task.y + rng.normal(0, 1, ROWS), "bad": rng.permutation(task.y)}
    return pd.DataFrame(table)


def weighed(task, predictions, losses, **changes):
    losses = pd.DataFrame(losses, columns=["linear", "good", "bad"])
    return weigh(task, predictions, losses, MEASURES, **({"spend": False, "seed": 1} | changes))


GOOD = [[3.0, 1, 2], [3.0, 1, 2]]


@pytest.fixture(scope="module")
def evidence(task, predictions):
    return weighed(task, predictions, GOOD)


def test_the_choice_follows_the_training_folds_and_nothing_else(task, predictions, evidence):
    assert evidence.choices == ["good", "good"]
    assert evidence.chosen == pytest.approx(predictions["good"])
    wrong = weighed(task, predictions, [[0.1, 2, 1], [0.1, 1, 2]])
    assert wrong.choices == ["bad", "good"]
    first, second = (test for _, test in task.folds)
    assert wrong.chosen[first] == pytest.approx(predictions["bad"][first])
    assert wrong.chosen[second] == pytest.approx(predictions["good"][second])


def test_a_learnable_target_is_predictable_and_a_shuffled_one_is_not(task, predictions, evidence):
    assert evidence.predictable
    assert evidence.worth_using
    assert evidence.measured["r2"].low > 0.9
    assert not weighed(task, predictions, [[3.0, 2, 1], [3.0, 2, 1]]).predictable


def test_the_last_period_is_the_baseline_where_there_is_one(task, predictions):
    with_last = predictions.copy()
    with_last.insert(1, "last period", task.y)  # nothing can be better
    found = weighed(task, with_last, GOOD, spend=True)
    assert found.baseline == "last period"
    assert not found.worth_using
    assert found.gains["mae"].value == pytest.approx(-mean_absolute_error(task.y, predictions["good"]))


def test_the_order_of_the_means_of_folds_says_nothing(evidence):
    mean = evidence.scores.set_index("model").loc["mean"]
    assert mean[["spearman", "top_decile_share"]].isna().all()
    assert evidence.of("mean", "r2") == pytest.approx(0, abs=1e-9)


def test_training_folds_are_told_by_model():
    table = training_table(pd.DataFrame({"linear": [3.0, 1], "good": [1.0, 3]}), ["good", "good"])
    assert table.to_numpy().tolist() == [["linear", 2.0, 0], ["good", 2.0, 2]]


def test_predictions_are_listed_with_the_highest_first(task, evidence):
    table = prediction_table(task.ids, evidence, Band(evidence.chosen - 2, evidence.chosen + 2))
    assert table["predicted"].is_monotonic_decreasing
    assert (table["actual"] - table["predicted"]).to_numpy() == pytest.approx(table["error"].to_numpy())
    assert table["covered"].tolist() == (table["error"].abs() <= 2).tolist()
    withheld = prediction_table(task.ids, evidence, None)
    assert not {"low", "high", "covered"} & set(withheld) and len(withheld) == len(table)


def test_categories_that_training_lacked_and_gaps_are_predicted_all_the_same():
    x = pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0], "b": ["x", "y", None, "x"], "empty": [np.nan] * 4})
    new = pd.DataFrame({"a": [np.nan], "b": ["never seen"], "empty": [1.0]})
    for options in ({}, {"dummies": True, "scaled": True, "logs": True}):
        model = make_pipeline(columns_of(x, **options), LinearRegression()).fit(x, np.arange(4.0))
        assert np.isfinite(model.predict(new)).all()


def test_every_chart_says_what_it_shows_and_names_are_no_markup(task, evidence):
    columns = columns_of(task.x, dummies=True)
    tree = make_pipeline(columns, DecisionTreeRegressor(max_depth=3, random_state=1)).fit(task.x, task.y)
    shuffled = permutation_importance(tree, task.x, task.y, n_repeats=2, random_state=1)
    importances = importance_table(shuffled, task.names)
    noise = noise_table(tree, task.x, task.y, task.x[["size", "chance"]].std(), 1)
    assert noise["noise"].tolist() == list(NOISE)
    assert noise["mae"].iloc[-1] > 1.5 * noise["mae"].iloc[0]
    name = "<b>kind</b>"
    curve = partial_dependence(tree, task.x, [name], categorical_features=[name], kind="average", method="brute")
    moves = pd.DataFrame(np.ones((ROWS, 3)), columns=task.names)
    drawn = [
        charts.scores_chart(evidence.scores, " (GBP)"),
        charts.actual_chart(evidence, task.ids, "", 1),
        charts.residual_chart(evidence, task.ids, "", 1),
        charts.deciles_chart(by_decile(evidence.chosen, evidence.y), ""),
        charts.importance_chart(importances, ""),
        *charts.dependence_charts({name: curve}, ""),
    ]
    for figure in drawn:
        assert isinstance(figure, go.Figure)
        assert len((figure.layout.meta or {}).get("alt") or alt_text(figure)) > 40
        for trace in figure.data:
            texts = [*(trace.text if trace.text is not None else ()), *(trace.y if trace.type == "bar" else ())]
            assert not any("<b>" in str(text) or "<i>" in str(text) for text in texts)
    assert "first question is about size" in charts.tree_picture(Figure(), tree).alt
    assert charts.shap_picture(Figure(), moves).alt.startswith("SHAP summary")

"""Explanations point at what the target was made of."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.regression import charts
from helpers.chapters.regression.evaluation import tenths, weigh
from helpers.chapters.regression.explanations import (
    DEPTH,
    NOISE,
    look_inside,
    noise_table,
    partial_dependence,
    selection_table,
    shallow_tree,
    shap_values,
)
from helpers.chapters.regression.training import Task, evaluate
from helpers.predicting.folds import grouped_folds

ROWS = 150


@pytest.fixture(scope="module")
def evaluation():
    rng = np.random.default_rng(0)
    x = pd.DataFrame(
        {
            "size": rng.uniform(0, 10, ROWS),
            "<b>kind</b>": rng.choice(["<i>a</i>", "$b$"], ROWS),
            "chance": rng.normal(size=ROWS),
        }
    )
    y = 9 * x["size"].to_numpy() + 20 * (x["<b>kind</b>"] == "$b$").to_numpy() + rng.normal(0, 1, ROWS)
    groups = np.arange(ROWS)
    return evaluate(Task("amount", x, y, groups, grouped_folds(groups, 2), spend=False, seed=1, inner_folds=2), 1)


@pytest.fixture(scope="module")
def inside(evaluation):
    return look_inside(evaluation)


def test_the_model_that_is_looked_into_did_not_see_its_rows(inside):
    assert not set(inside.learn) & set(inside.test)


def test_the_features_that_made_the_target_come_first(inside):
    table = selection_table(inside).set_index("feature")
    assert list(table.index[:2]) == ["size", "<b>kind</b>"]
    assert table.loc["size", "correlation"] > 0.8
    assert 0.2 < table.loc["<b>kind</b>", "correlation"] < 0.7
    assert table.loc["size", "mutual_information"] > table.loc["chance", "mutual_information"]
    assert table.loc["size", "permutation"] > 10 * abs(table.loc["chance", "permutation"])


def test_shap_values_add_up_to_the_predictions(inside):
    shap = shap_values(inside)
    assert list(shap.values.columns) == list(inside.task.x.columns)
    predicted = inside.task.predict(inside.model, inside.test)
    rest = predicted - shap.values.sum(axis=1).to_numpy()
    assert rest.std() < 0.01  # what is left is the same for everybody: the mean prediction
    assert rest.mean() == pytest.approx(predicted.mean(), rel=0.2)
    assert shap.logs is False


def test_partial_dependence_rises_with_what_raises_the_target(inside):
    curve = partial_dependence(inside, "size")
    assert curve["prediction"].iloc[-1] - curve["prediction"].iloc[0] == pytest.approx(85, abs=15)
    kinds = partial_dependence(inside, "<b>kind</b>").set_index("value")["prediction"]
    assert kinds["$b$"] - kinds["<i>a</i>"] == pytest.approx(20, abs=8)


def test_the_tree_asks_few_questions(inside):
    tree, names = shallow_tree(inside)
    assert tree.get_depth() <= DEPTH
    assert names[0] == "size"
    assert names[tree.tree_.feature[0]] == "size"


def test_noise_costs(inside):
    table = noise_table(inside)
    assert table["noise"].tolist() == list(NOISE)
    assert table["mae"].iloc[-1] > 2 * table["mae"].iloc[0]


def test_every_chart_says_what_it_shows_and_names_are_no_markup(evaluation, inside):
    evidence = weigh(evaluation, 0.8)
    ids = np.array([f"<b>{n}</b>" for n in range(ROWS)])
    drawn = [
        charts.scores_chart(evidence, " (GBP)"),
        charts.actual_chart(evidence, ids, ""),
        charts.residual_chart(evidence, ""),
        charts.tenths_chart(tenths(evidence), ""),
        charts.importance_chart(selection_table(inside), ""),
        charts.shap_chart(shap_values(inside), "", 1),
        charts.noise_chart(noise_table(inside), ""),
        *charts.dependence_charts({"<b>kind</b>": partial_dependence(inside, "<b>kind</b>")}, ""),
    ]
    for figure in drawn:
        assert len(figure.layout.meta["alt"]) > 40
        for trace in figure.data:
            texts = [*(trace.text if trace.text is not None else ()), *(trace.y if trace.type == "bar" else ())]
            assert not any("<b>" in str(text) or "<i>" in str(text) for text in texts)
    _, alt = charts.tree_picture(*shallow_tree(inside))
    assert "first question is about size" in alt

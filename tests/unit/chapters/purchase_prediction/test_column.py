"""Columns that seem predictable: by copies of rows, by a formula, and one that really is."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction import column as purchase_columns
from helpers.chapters.purchase_prediction.column import (
    advise,
    column_charts,
    column_findings,
    read_column,
    step_of,
    study_column,
    study_columns,
)

SOURCE = ["visits", "years", "town"]
INPUTS = ["visits", "years"]


@pytest.fixture(scope="module")
def customers():
    """Forty distinct people, each four times; their town is chance, their risk a formula, their size real."""
    rng = np.random.default_rng(4)
    one = pd.DataFrame(
        {
            "visits": rng.integers(1, 400, 40),
            "years": rng.integers(1, 200, 40),
            "town": rng.choice(["North", "South", "West"], 40),
        }
    )
    frame = pd.concat([one] * 4, ignore_index=True).sample(frac=1, random_state=1, ignore_index=True)
    frame["risk"] = 1 - 0.002 * frame["visits"] - 0.001 * frame["years"]
    frame["at_risk"] = frame["risk"] > frame["risk"].median()
    noisy = frame["visits"] + rng.normal(0, 40, 160)
    frame["size"] = np.where(noisy > 200, "large", "small")
    return frame


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(purchase_columns, "TREES", 40)


def test_copies_make_chance_look_predictable(customers):
    found = study_column(customers, "town", INPUTS, SOURCE, seed=1, folds=5)
    assert found.usual.accuracy > 0.9
    assert found.usual.twins == found.usual.tested == 32
    assert found.honest.grouped < 0.6
    assert not found.is_formula
    assert column_findings(found)["accuracy"] == found.honest.grouped
    assert 0 < column_findings(found)["precision"] == found.honest.grouped_precision < 1


def test_a_label_that_is_a_formula_of_the_inputs_is_named_with_its_formula(customers):
    found = study_column(customers, "at_risk", INPUTS, SOURCE, seed=1, folds=5)
    assert found.usual.f1 > 0.95
    assert found.cut == "risk"
    assert set(found.formula.features) == {"visits", "years"}
    assert found.f1 is None
    assert column_findings(found)["accuracy"] is None
    assert column_findings(found)["precision"] is None
    text = read_column(found)
    assert "needs no model" in advise([found])
    assert "says nothing" in text
    assert "cannot be tested here" in text


def test_what_can_be_predicted_is_said_to_be(customers):
    found = study_column(customers, "size", INPUTS, SOURCE, seed=1, folds=5)
    assert found.honest.grouped > found.honest.majority
    assert found.formula is None
    assert "It can be predicted." in read_column(found)


def test_a_label_cut_from_an_input_is_no_prediction(customers):
    frame = customers.drop(columns=["risk", "at_risk"]).assign(many=customers["visits"] > 200)
    found = study_column(frame, "many", INPUTS, SOURCE, seed=1, folds=5)
    assert found.is_formula
    assert found.f1 is None
    assert "many is visits cut in two, and visits is one of the inputs" in read_column(found)


def test_a_step_needs_two_classes_and_no_overlap(customers):
    assert step_of(customers, "at_risk") == "risk"
    assert step_of(customers, "town") is None
    assert step_of(customers.drop(columns="risk").assign(visits=1), "size") is None


def test_charts_say_what_they_show(customers):
    [chart] = column_charts(study_columns(customers, ["town"], INPUTS, SOURCE, seed=1, folds=5))
    assert "copies together" in chart.layout.meta["alt"]


@pytest.mark.parametrize(
    ("column", "inputs", "words"),
    [
        ("twon", INPUTS, "no column 'twon'"),
        ("town", ["vists"], "no column 'vists'"),
        ("town", [], "inputs is empty"),
        ("one", INPUTS, "nothing to tell apart"),
        ("rare", INPUTS, "too few rows"),
    ],
)
def test_a_column_that_cannot_be_studied_is_a_sentence(customers, column, inputs, words):
    frame = customers.assign(one="same", rare=np.where(np.arange(160) == 0, "x", "y"))
    with pytest.raises(StudyError, match=words):
        study_columns(frame, [column], inputs, SOURCE, seed=1, folds=5)


def test_fewer_rows_than_folds_are_a_sentence(customers):
    with pytest.raises(StudyError, match="fewer than the 50 folds"):
        study_columns(customers.head(30), ["town"], INPUTS, SOURCE, seed=1, folds=50)

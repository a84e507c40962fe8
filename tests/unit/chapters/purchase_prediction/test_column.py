"""Columns that seem predictable: by a formula, or by copies of rows; and what cannot be studied."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction import narrative
from helpers.chapters.purchase_prediction.charts import accuracy_chart
from helpers.chapters.purchase_prediction.column import known_rows, origin_of, step_of

SOURCE = ["visits", "years", "town"]
INPUTS = ["visits", "years"]


@pytest.fixture(scope="module")
def customers():
    """Forty distinct people, each four times; their town is chance, their risk a formula."""
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
    return frame


def test_a_label_that_is_a_formula_of_the_inputs_is_named_with_its_formula(customers):
    origin = origin_of(customers, "at_risk", INPUTS)
    assert origin.computed
    assert origin.cut == "risk"
    assert set(origin.formula.features) == {"visits", "years"}
    text = narrative.column(
        "at_risk", {"shuffled": 1.0, "grouped": 1.0, "guessing": 0.5}, origin, 100, copied=True
    )
    assert "says nothing: at risk is risk cut in two" in text


def test_a_label_cut_from_an_input_is_no_prediction(customers):
    frame = customers.drop(columns=["risk", "at_risk"]).assign(many=customers["visits"] > 200)
    origin = origin_of(frame, "many", INPUTS)
    assert origin.given
    text = narrative.column("many", {"shuffled": 1.0, "grouped": 1.0, "guessing": 0.5}, origin, 100, copied=True)
    assert "many is visits cut in two, and visits is one of the inputs" in text


def test_a_column_is_judged_by_folds_that_keep_copies_together(customers):
    origin = origin_of(customers, "town", INPUTS)
    assert not origin.computed
    memory = {"shuffled": 0.95, "grouped": 0.3, "guessing": 0.4}
    assert "was memory" in narrative.column("town", memory, origin, 100, copied=True)
    assert "It can be predicted" in narrative.column("town", memory | {"grouped": 0.5}, origin, 100, copied=True)
    chance = {"shuffled": 0.34, "grouped": 0.33, "guessing": 0.32}
    assert narrative.column("town", chance, origin, 100, copied=True).startswith(
        "Town cannot be predicted from these columns"
    )
    noise = memory | {"grouped": 0.35}  # without copies, folds differ by chance
    said = narrative.column("town", noise, origin, 100, copied=False)
    assert said.startswith("Town cannot be predicted from these columns")
    said = narrative.column("town", memory | {"grouped": 0.6}, origin, 100, copied=False)
    assert "can be predicted: the accuracy is 60" in said and "copies" not in said
    assert "town, predicted" in accuracy_chart("town", memory).layout.title.text.lower()


def test_a_step_needs_two_classes_and_no_overlap(customers):
    assert step_of(customers, "at_risk") == "risk"
    assert step_of(customers, "town") is None


@pytest.mark.parametrize(
    ("column", "inputs", "folds", "words"),
    [
        ("twon", INPUTS, 5, "no column 'twon'"),
        ("town", ["vists"], 5, "no column 'vists'"),
        ("town", [], 5, "inputs is empty"),
        ("town", ["name"], 5, "holds no numbers"),
        ("one", INPUTS, 5, "two or more"),
        ("town", INPUTS, 50, "fewer than the 50 folds"),
        ("town", INPUTS, 500, "fewer than the 500 folds"),
    ],
)
def test_a_column_that_cannot_be_studied_is_a_sentence(customers, column, inputs, folds, words):
    frame = customers.assign(one="same", name="Ann")
    with pytest.raises(StudyError, match=words):
        known_rows(frame, column, inputs, SOURCE, folds)


def test_rows_are_taken_in_the_order_of_their_lines(customers):
    frame = customers.assign(line=range(len(customers), 0, -1), town=customers["town"].mask(customers.index == 0))
    rows = known_rows(frame, "town", INPUTS, SOURCE, 5)
    assert rows["line"].tolist() == sorted(rows["line"])
    assert len(rows) == len(customers) - 1

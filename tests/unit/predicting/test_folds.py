"""Folds cover every row once, keep copies together, and say what they cannot do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from helpers.base.errors import StudyError
from helpers.predicting.classes import classify_column
from helpers.predicting.folds import grouped_folds, out_of_fold, shuffled_folds, stratified_folds

GROUPS = np.repeat(np.arange(12), [9, 1, 5, 2, 2, 7, 1, 1, 3, 4, 6, 2])
LABELS = np.where(GROUPS % 3 == 0, "a", "b")


def covers(folds, rows):
    return np.sort(np.concatenate([test for _, test in folds])).tolist() == list(range(rows))


def test_every_kind_covers_every_row_once_and_never_learns_from_it():
    rows = len(GROUPS)
    for folds in (
        shuffled_folds(rows, 4, 1),
        stratified_folds(LABELS, 4, 1),
        grouped_folds(GROUPS, 4),
        grouped_folds(GROUPS, 4, 1),
        grouped_folds(GROUPS, 4, 1, LABELS),
    ):
        assert len(folds) == 4
        assert covers(folds, rows)
        assert not any(set(learn) & set(test) for learn, test in folds)


@pytest.mark.parametrize(
    "extra", [{}, {"seed": 1}, {"seed": 1, "labels": LABELS}], ids=["sized", "shuffled", "classes"]
)
def test_a_group_is_never_divided(extra):
    for learn, test in grouped_folds(GROUPS, 4, **extra):
        assert not set(GROUPS[learn]) & set(GROUPS[test])


def test_classes_keep_their_shares():
    labels = np.array(["a"] * 80 + ["b"] * 20)
    assert all((labels[test] == "b").sum() == 4 for _, test in stratified_folds(labels, 5, 3))


def test_the_seed_decides_the_folds():
    one, again, other = (shuffled_folds(30, 3, seed) for seed in (1, 1, 2))
    assert [test.tolist() for _, test in one] == [test.tolist() for _, test in again]
    assert [test.tolist() for _, test in one] != [test.tolist() for _, test in other]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: shuffled_folds(3, 5, 1), "3 rows, fewer than the 5 folds"),
        (lambda: shuffled_folds(30, 1, 1), "at least 2"),
        (lambda: grouped_folds(np.zeros(30), 5), "1 different rows, fewer than the 5 folds"),
        (lambda: stratified_folds(np.arange(20), 5, 1), "1 rows of the largest class, fewer than the 5 folds"),
    ],
)
def test_what_cannot_be_cut_is_a_sentence(make, words):
    with pytest.raises(StudyError, match=words):
        make()


def test_predictions_never_saw_their_row():
    x = np.arange(20.0)[:, None]
    y = np.random.default_rng(0).normal(size=20)
    memory = out_of_fold(lambda: KNeighborsRegressor(1), x, y, shuffled_folds(20, 5, 0))
    assert (memory != y).all()  # a nearest neighbour would otherwise return the row itself
    line = out_of_fold(LinearRegression, pd.DataFrame({"x": x[:, 0]}), 3 * x[:, 0] + 1, shuffled_folds(20, 5, 0))
    assert line == pytest.approx(3 * x[:, 0] + 1)


def test_probabilities_have_a_column_for_every_class_also_where_training_lacks_one():
    y = np.array(["a", "a", "a", "bbb", "bbb", "c"])
    found = out_of_fold(
        lambda: DummyClassifier(strategy="prior"), np.zeros((6, 1)), y, shuffled_folds(6, 6, 0), "predict_proba"
    )
    assert found.shape == (6, 3)
    assert found.sum(axis=1) == pytest.approx(np.ones(6))
    assert found[5].tolist() == pytest.approx([0.6, 0.4, 0])


def test_long_names_of_classes_are_not_cut():
    y = np.array(["a", "a", "long name", "long name"])
    x = np.array([[0.0], [0.1], [9.0], [9.1]])
    folds = [
        (np.array([1, 2, 3]), np.array([0])),
        (np.array([0, 2, 3]), np.array([1])),
        (np.array([0, 1]), np.array([2, 3])),
    ]
    assert out_of_fold(lambda: KNeighborsClassifier(1), x, y, folds).tolist() == ["a", "a", "a", "a"]
    assert out_of_fold(lambda: KNeighborsClassifier(1), x, y[::-1], folds)[0] == "long name"


def test_folds_that_leave_rows_out_are_an_error():
    with pytest.raises(ValueError, match="every row exactly once"):
        out_of_fold(LinearRegression, np.zeros((4, 1)), np.zeros(4), [(np.array([0, 1]), np.array([2]))])


@pytest.fixture(scope="module")
def copied():
    """Return customers whose region is chance, each four times over."""
    rng = np.random.default_rng(5)
    once = pd.DataFrame({"age": rng.uniform(20, 60, 40), "income": rng.uniform(1, 9, 40)})
    once["region"] = rng.choice(["North", "South", "West"], 40, p=[0.5, 0.3, 0.2])
    return pd.concat([once] * 4, ignore_index=True).assign(line=range(160))


def test_copies_make_a_chance_column_look_predictable(copied):
    found = classify_column(
        copied, "region", ["age", "income"], compared=["age", "income", "region"], seed=1, trees=20
    )
    assert (found.rows, found.distinct) == (160, 40)
    assert found.stratified > 0.95
    assert found.grouped < found.majority + 0.1
    assert found.majority == copied["region"].value_counts(normalize=True).max()
    assert found.classes["class"].tolist() == copied["region"].value_counts().index.tolist()
    assert found.classes["rows"].sum() == 160
    assert found.predictable == (found.grouped > found.majority)


def test_a_column_that_cannot_be_classified_is_a_sentence(copied):
    same = {"compared": ["age"], "seed": 1}
    with pytest.raises(StudyError, match="nothing to tell apart"):
        classify_column(copied.assign(region="x"), "region", ["age"], **same)
    with pytest.raises(StudyError, match="is no number"):
        classify_column(copied, "income", ["region"], **same)
    with pytest.raises(StudyError, match="no column 'regoin'; did you mean region"):
        classify_column(copied, "regoin", ["age"], **same)
    with pytest.raises(StudyError, match="fewer than the 5 folds"):
        classify_column(copied.head(4), "region", ["age"], **same)

"""Detectors find what stands apart, say what they left out, and are compared on the rows that both scored."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest

from helpers.base.errors import StudyError
from helpers.chapters.anomaly.context import (
    AMOUNT,
    DATE,
    PRICE,
    RARE,
)
from helpers.chapters.anomaly.detectors import (
    BOTH,
    FOREST,
    LOF,
    ROBUST,
    agreement,
    best_detector,
    check_parameters,
    flagged_rows,
    matrix,
    votes,
)
from helpers.chapters.anomaly.narrative import gaps, nothing_to_score
from tests.unit.chapters.anomaly.cells import level_of, run_cells

SEED = 3


def people(rows=200, **columns):
    rng = np.random.default_rng(SEED)
    base = {
        "customer_id": [str(n) for n in range(rows)],
        "a": rng.normal(10, 2, rows),
        "b": rng.normal(0, 1, rows),
    }
    return pd.DataFrame(base | columns)


def z_of(frame):
    """Return the robust distances of the columns of a frame, as the notebook's cell computes them."""
    key, rows = ("customer", "source"), pd.DataFrame(index=frame.index)
    space = run_cells("robust-z", matrices={key: frame}, scores={key: rows}, features={"customer": list(frame)})
    return space["z"][key]


def test_each_detector_puts_what_stands_apart_first():
    frame = people()
    frame.loc[50, ["a", "b"]] = [40.0, 9.0]
    scores = level_of(frame, ["a", "b"], BOTH, 0.01).scores
    assert [int(scores[name].idxmax()) for name in (FOREST, ROBUST, BOTH, LOF)] == [50, 50, 50, 50]
    assert scores.loc[50, BOTH] == pytest.approx(1)


def test_the_forest_flags_as_many_as_scikit_learn_does():
    frame = people(rows=390)
    level = level_of(frame, ["a", "b"], FOREST, 0.05)
    theirs = IsolationForest(n_estimators=100, contamination=0.05, random_state=42)
    assert level.flagged.tolist() == (theirs.fit_predict(frame[["a", "b"]]) == -1).tolist()


def test_edited_parameters_change_the_scores():
    frame = people()
    usual, other = (level_of(frame, ["a", "b"], BOTH, 0.01, **edit).scores for edit in ({}, {"n_estimators": 5}))
    assert not usual[FOREST].equals(other[FOREST])
    assert not usual[LOF].equals(level_of(frame, ["a", "b"], BOTH, 0.01, lof_neighbours=3).scores[LOF])
    assert not usual[FOREST].equals(level_of(frame, ["a", "b"], BOTH, 0.01, seed=1).scores[FOREST])


@pytest.mark.parametrize(
    ("rows", "share", "count"), [(3882, 0.02, 78), (3900, 0.05, 195), (100, 0.01, 1), (7, 0.1, 1)]
)
def test_a_share_is_rounded_up(rows, share, count):
    assert len(flagged_rows(pd.Series(np.arange(rows)), share)) == count


def test_rows_of_equal_score_are_flagged_in_the_order_of_the_table():
    assert flagged_rows(pd.Series([1.0, 2, 2, 2, 3, 0]), 0.5).tolist() == [4, 1, 2]


def test_a_spread_is_that_of_a_normal_one_and_no_less_than_its_tail():
    normal = pd.DataFrame({AMOUNT: np.random.default_rng(1).normal(0, 3, 100_000)})
    assert z_of(normal)[AMOUNT].max() == pytest.approx(normal[AMOUNT].max() / 3, rel=0.03)
    mostly_zero = pd.DataFrame({"a": np.r_[np.zeros(900), np.full(100, 7.0)]})
    assert z_of(mostly_zero)["a"].max() == pytest.approx(2.326, rel=1e-3)
    one_of_many = pd.DataFrame({"a": np.r_[np.zeros(999), 5.0]})
    assert z_of(one_of_many)["a"].max() == pytest.approx(5 / (1.2533 * 0.005))


def test_less_than_usual_is_no_reason_where_only_more_is_suspicious():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({AMOUNT: rng.normal(0, 1, 100), PRICE: rng.normal(0, 1, 100)})
    frame.loc[0], frame.loc[1] = [-9.0, 0.0], [0.0, -9.0]
    z = z_of(frame)
    assert z.loc[0].max() < 1
    assert z.loc[1, PRICE] > 3


def test_what_is_constant_or_empty_is_left_out_and_said():
    frame = people(c=1.0, d=np.nan, e=None)
    frame.loc[:4, "a"] = np.nan
    names = ["a", "c", "d", "e", AMOUNT, DATE]
    seen = matrix(frame, names, "f")
    assert list(seen) == ["a"]
    assert seen["a"].head(5).eq(frame["a"].median()).all()
    said = " ".join(gaps(frame, names))
    assert "C is left out: it is the same in all rows." in said
    assert "D is left out: no row has a value." in said
    assert "E is left out: no row has a value." in said
    assert "A is missing in 5 rows" in said
    assert "Amount to usual is left out: the data lack the columns" in said
    assert "Days out of sequence is left out: the data lack order numbers that rise with the dates." in said
    quiet = " ".join(gaps(people(**dict.fromkeys(RARE, 0.0)), RARE))
    assert "No order's date contradicts its number" in quiet
    assert "No large order line of a customer is there twice" in quiet


def test_too_few_rows_or_nothing_left_is_a_reason_and_no_failure():
    assert matrix(people(rows=19), ["a"], "f").columns.empty
    assert matrix(people(c=1.0), ["c"], "f").columns.empty
    assert matrix(people(rows=0), ["a"], "f").columns.empty
    assert nothing_to_score(19, "line") == "with 19 rows, fewer than 20, nothing can be called unusual"
    assert "none of anomaly.customer_features" in nothing_to_score(200, "customer")


def test_a_line_brings_its_other_features_along_to_explain_it():
    frame = people(**{AMOUNT: np.arange(200.0), PRICE: np.arange(200.0)})
    assert list(matrix(frame, [PRICE], "f")) == [PRICE, AMOUNT]


def test_a_feature_that_is_not_there_or_is_text_is_named():
    with pytest.raises(StudyError, match=r"f names aa, which is not there; did you mean a\?"):
        matrix(people(), ["aa"], "f")
    with pytest.raises(StudyError, match="f names customer_id, which is text"):
        matrix(people(), ["customer_id"], "f")


@pytest.mark.parametrize("share", [0, 0.6])
def test_a_share_that_makes_no_sense_is_said(share):
    with pytest.raises(StudyError, match=f"anomaly.contamination is {share}, but should be a share above 0"):
        check_parameters({"line_contamination": 0.1, "contamination": share}, {})


def test_a_count_that_makes_no_sense_is_said():
    with pytest.raises(StudyError, match=r"anomaly.lof_neighbours is 0, but should be at least 1\."):
        check_parameters({}, {"n_estimators": 1, "lof_neighbours": 0})


def test_detectors_agree_on_rows_that_both_scored_only():
    one = pd.Series(np.arange(100.0))
    scores = pd.DataFrame({FOREST: one, ROBUST: -one, LOF: one.where(one < 50)})
    pairs = agreement(scores, 0.1)
    assert pairs["rows"].tolist() == [100, 50, 50]
    assert pairs["share"].tolist() == [0, 1, 0]
    assert votes(scores.assign(robust_z=one), 0.1).tolist() == [0] * 90 + [2] * 10


def test_a_large_set_has_its_local_outliers_sampled():
    factors = level_of(people(), ["a", "b"], BOTH, 0.01, lof_rows=60).scores[LOF]
    assert factors.notna().sum() == 60
    assert len(flagged_rows(factors, 0.1)) == 6


def test_the_ranking_detector_is_the_most_precise_and_never_the_local_one():
    frame = pd.DataFrame({"average_precision": [0.5, 0.7, 0.6, 0.9]}, index=[FOREST, ROBUST, BOTH, LOF])
    assert best_detector(frame) == ROBUST
    assert best_detector(frame.assign(average_precision=0.5)) == BOTH

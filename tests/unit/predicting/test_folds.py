"""Folds cover every row once, keep copies together, and say what they cannot do."""

import numpy as np
import pytest

from helpers.base.errors import StudyError
from helpers.predicting.folds import check_folds, check_varies, grouped_folds

GROUPS = np.repeat(np.arange(12), [9, 1, 5, 2, 2, 7, 1, 1, 3, 4, 6, 2])


def test_a_group_is_never_divided_and_every_row_is_measured_once():
    folds = grouped_folds(GROUPS, 4)
    assert len(folds) == 4
    assert np.sort(np.concatenate([test for _, test in folds])).tolist() == list(range(len(GROUPS)))
    for learn, test in folds:
        assert not set(GROUPS[learn]) & set(GROUPS[test])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: check_folds(5, 3), "3 rows, fewer than the 5 folds"),
        (lambda: check_folds(1, 30), "at least 2"),
        (lambda: grouped_folds(np.zeros(30), 5), "1 different rows, fewer than the 5 folds"),
        (
            lambda: check_varies(np.full(3, 5.0), "amount"),
            "amount is 5 for everybody: there is nothing",
        ),
        (lambda: check_varies(np.array([]), "amount"), "not known for anybody"),
    ],
    ids=["few rows", "one fold", "few groups", "constant", "empty"],
)
def test_what_cannot_be_cut_or_predicted_is_a_sentence(make, words):
    with pytest.raises(StudyError, match=words):
        make()

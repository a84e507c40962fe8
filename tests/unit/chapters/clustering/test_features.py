"""Features that can be grouped by, and what is said of those that cannot."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.clustering.features import parts_of, usable_features


def people(**columns):
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({"customer_id": [str(12000 + n) for n in range(rows)], **columns})


def test_a_constant_feature_is_not_used():
    customers = people(a=[1, 2, 3], same=[7, 7, 7], b=[1.0, 1.0, 2.0])
    assert list(usable_features(customers, ["b", "same", "a"])) == ["b", "a"]


BAD = {
    "one customer": (people(a=[1.0], b=[2.0]), "at least three customers that differ"),
    "all identical": (people(a=[1.0] * 9, b=[2.0] * 9), "9 customers have 1 different values"),
    "nowhere": (people(a=[np.inf] * 3, b=[1.0, 2, 3]), "a, which has missing values only"),
    "text": (people(a=list("abcdefghi"), b=list(range(9))), "a, a text of 9 values"),
    "not there": (
        people(a=[1.0, 2, 3], bb=[1.0, 2, 3]),
        "b, which is no column of the customers; did you mean bb?",
    ),
}


@pytest.mark.parametrize(("customers", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_grouped_is_said(customers, said):
    with pytest.raises(StudyError) as error:
        usable_features(customers, ["a", "b"])
    assert said in str(error.value)


def test_texts_of_few_values_are_zeros_and_ones_and_gaps_stay():
    customers = people(a=[1.0, np.inf, 3, 4], plan=["x", "y", "z", "x"], sex=["m", "f", "m", "f"])
    used = usable_features(customers, ["a", "plan", "sex", "monetary"])
    assert list(used) == ["a", "plan: x", "plan: y", "plan: z", "sex: m"]
    assert used["sex: m"].tolist() == [1, 0, 1, 0]
    assert used["a"].isna().sum() == 1


def test_no_feature_at_all_is_said():
    with pytest.raises(StudyError, match=r"clustering\.features is empty"):
        usable_features(people(a=[1.0, 2, 3]), [])


def test_the_zeros_and_ones_of_a_text_are_one_part():
    names = ["age", "town: a", "town: b", "town: c", "gender: m", "recency"]
    assert parts_of(pd.DataFrame(columns=names)) == [[0], [1, 2, 3], [4], [5]]

"""Columns of the customers that a study names: what this data cannot give is left out, a wrong name is told."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.customers.columns import finite_numbers, known

CUSTOMERS = pd.DataFrame({"recency": [1, 2], "plan": ["a", "b"], "empty": [np.nan, np.inf]})


def test_features_of_the_series_that_the_data_lacks_are_left_out():
    assert known(CUSTOMERS, ["recency", "monetary", "largest"], "clustering.features") == ["recency"]


def test_any_other_name_has_to_be_there():
    with pytest.raises(StudyError, match=r"clustering\.features names recensy, .* did you mean recency"):
        known(CUSTOMERS, ["recensy"], "clustering.features")
    with pytest.raises(StudyError, match="have none of them"):
        known(CUSTOMERS, ["monetary"], "clustering.features")


@pytest.mark.parametrize(
    ("name", "said"), [("plan", "no number"), ("empty", "missing values only"), ("x", "no col")]
)
def test_a_column_that_is_no_number_is_told(name, said):
    with pytest.raises(StudyError, match=said):
        finite_numbers(CUSTOMERS, name, "a.b")

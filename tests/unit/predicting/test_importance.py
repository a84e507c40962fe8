"""What a feature says by itself, by hand; and a model's permutation importance as a table."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from helpers.predicting.importance import association, codes, importance_table, is_text, rank_correlation


def test_ranks_count_for_numbers_and_means_for_categories():
    y = np.array([1.0, 2.0, 4.0, 8.0])
    assert association(pd.Series([1.0, 10.0, np.nan, 1000.0]), y) == 1
    assert association(pd.Series(["a", "a", "b", "b"]), np.array([1.0, 1.0, 3.0, 3.0])) == 1
    assert association(pd.Series(["a", "b", "a", "b"]), np.array([1.0, 1.0, 3.0, 3.0])) == 0
    assert np.isnan(rank_correlation(y, np.ones(4)))


def test_codes_have_no_gaps():
    x = pd.DataFrame({"n": [1.0, np.nan, 3.0], "t": ["b", "a", np.nan]})
    assert codes(x).to_dict("list") == {"n": [1, 2, 3], "t": [1, 0, -1]}
    assert is_text(x).tolist() == [False, True]


def test_the_feature_that_made_the_outcome_comes_first():
    x = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 2)), columns=["noise", "cause"])
    y = x["cause"].to_numpy()
    model = LinearRegression().fit(x, y)
    result = permutation_importance(model, x, y, scoring="neg_mean_absolute_error", random_state=0)
    table = importance_table(result, list(x.columns))
    assert table["feature"].tolist() == ["cause", "noise"]
    assert table["permutation"].iloc[0] > 0.5
    assert table["permutation"].iloc[1] == pytest.approx(0, abs=1e-9)

"""How much depends on a few, against the definitions."""

import numpy as np
import pandas as pd
import pytest

from helpers.customers.concentration import curve, gini, shares_of, top_share


def test_gini_is_that_of_all_pairs_and_shares_are_those_of_the_largest():
    revenue = pd.Series([1.0, 2.0, 3.0, 14.0, 30.0, 5.0, 5.0, 10.0, 20.0, 10.0])
    shares = shares_of(revenue)
    by_pairs = np.abs(revenue.to_numpy()[:, None] - revenue.to_numpy()).mean() / (2 * revenue.mean())
    assert gini(shares) == pytest.approx(by_pairs, rel=1e-12)
    assert top_share(shares, 0.1) == pytest.approx(0.3) and top_share(shares, 0.2) == pytest.approx(0.5)
    assert gini(shares_of(pd.Series(np.ones(50)))) == pytest.approx(0, abs=1e-12)
    assert curve(shares).iloc[[0, -1]].to_numpy() == pytest.approx(np.array([[0, 0], [1, 1]]))


def test_customers_who_spent_nothing_have_no_share():
    assert shares_of(pd.Series([10.0, -5.0, 30.0, 0.0])).tolist() == [0.25, 0.75]

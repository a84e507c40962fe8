"""Scores: equal customers get equal scores."""

import numpy as np
import pandas as pd
import pytest

from helpers.customers.scores import score, ties_of
from helpers.study.parameters import read_cells
from helpers.study.series import BY_NAME


def people(recency, frequency, monetary):
    ids = [f"{number:03d}" for number in range(len(recency))]
    return pd.DataFrame(
        {"customer_id": ids, "recency": recency, "frequency": frequency, "monetary": np.asarray(monetary, float)}
    )


def many(count=100):
    numbers = np.arange(count)
    return people(numbers[::-1], np.minimum(numbers // 30, 3) + 1, numbers + 1.0)


def test_scores_are_equal_groups_where_values_differ_and_the_best_is_the_highest():
    scores = score(many(), 5)
    for name in ("r_score", "m_score"):
        assert scores[name].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)
    assert scores.iloc[-1].to_list() == [5, 5, 5]  # the most recent, who also spent most
    assert scores.iloc[0].to_list() == [1, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_equal_customers_get_equal_scores_and_a_better_one_never_a_lower(seed):
    rng = np.random.default_rng(seed)
    customers = people(rng.integers(0, 9, 200), rng.integers(1, 6, 200), rng.integers(-3, 20, 200))
    scores = score(customers, 5)
    for letter, measure, sign in (("r", "recency", -1), ("f", "frequency", 1), ("m", "monetary", 1)):
        by_value = scores[f"{letter}_score"].groupby(sign * customers[measure])
        assert (by_value.nunique() == 1).all()
        assert by_value.first().is_monotonic_increasing


def test_the_cells_of_the_chapter_rank_as_the_helper_does():
    cells = ["".join(cell["source"]) for cell in read_cells(BY_NAME["rfm"].notebook)]
    ranking = next(cell for cell in cells if "places = " in cell)
    for customers in (many(), many().assign(frequency=1), many(7)):
        names = {"measures": customers.set_index("customer_id"), "quantiles": 5, "pd": pd}
        exec(ranking, names)
        expected = score(customers, 5).set_axis(customers["customer_id"])
        pd.testing.assert_frame_equal(names["scores"].sort_index(), expected)


def test_ties_count_equal_customers_on_a_boundary_of_equal_groups():
    ties = ties_of(many(), score(many(), 5), 5)
    # frequencies 1 to 3 have 30 customers each and cross boundaries at 20, 40, 60, 80; the last 10 cross none
    assert [tie.customers for tie in ties] == [0, 90, 0]
    assert (ties[1].values, ties[1].groups) == (4, 4)  # the groups are as many as the values


def test_scores_do_not_depend_on_the_order_of_the_rows():
    customers = many()
    shuffled = customers.sample(frac=1, random_state=1)
    again = score(shuffled, 5).sort_index()
    pd.testing.assert_frame_equal(again, score(customers, 5))

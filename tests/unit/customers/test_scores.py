"""Scores: equal groups, whatever the ties."""

import numpy as np
import pandas as pd

from helpers.customers.scores import score
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


def test_scores_are_equal_groups_and_the_best_is_the_highest():
    scores, _ = score(many(), 5)
    for name in scores:
        assert scores[name].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)
    assert scores.iloc[-1].to_list() == [5, 5, 5]  # the most recent, who also brought most
    assert scores.iloc[0].to_list() == [1, 1, 1]


def test_the_cells_of_the_chapter_rank_as_the_helper_does():
    cells = ["".join(cell["source"]) for cell in read_cells(BY_NAME["rfm"].notebook)]
    ranking = next(cell for cell in cells if "places = " in cell)
    for customers in (many(), many().assign(frequency=1), many(7)):
        names = {"measures": customers.set_index("customer_id"), "quantiles": 5, "pd": pd}
        exec(ranking, names)
        expected = score(customers, 5)[0].set_axis(customers["customer_id"])
        pd.testing.assert_frame_equal(names["scores"].sort_index(), expected)


def test_groups_never_vanish_however_many_tie():
    _, ties = score(many(), 5)
    assert [tie.groups for tie in ties] == [5, 5, 5]
    assert [tie.customers for tie in ties] == [0, 90, 0]  # only the last ten have a frequency of one group
    assert ties[1].values == 4


def test_of_equal_customers_money_decides_and_then_the_id():
    scores, _ = score(people([1, 1, 1, 1], [1, 1, 1, 2], [5, 9, 5, 1]), 2)
    assert scores["f_score"].to_list() == [1, 2, 1, 2]
    assert scores["r_score"].to_list() == [1, 1, 1, 1]


def test_scores_do_not_depend_on_the_order_of_the_rows():
    customers = many()
    shuffled = customers.sample(frac=1, random_state=1)
    again = score(shuffled, 5)[0].sort_index()
    pd.testing.assert_frame_equal(again, score(customers, 5)[0])

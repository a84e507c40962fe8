"""Deciles divide customers by prediction; what came of each part adds up."""

import numpy as np
import pytest

from helpers.predicting.deciles import by_decile, decile_of, top_share


def test_deciles_differ_by_one_row_at_most_and_the_highest_come_first():
    found = decile_of(np.arange(23.0))
    assert found[-1] == 1
    assert found[0] == 10
    counts = np.bincount(found)[1:]
    assert counts.sum() == 23
    assert counts.max() - counts.min() == 1


def test_what_came_adds_up():
    predicted, actual = np.arange(20.0), np.repeat([1.0, 3.0], 10)
    table = by_decile(predicted, actual)
    assert table["decile"].tolist() == list(range(1, 11))
    assert table["predicted"].iloc[0] == 18.5
    assert table["actual"].tolist() == [3.0] * 5 + [1.0] * 5
    assert table["share"].sum() == pytest.approx(1)
    assert table["gain"].iloc[4] == pytest.approx(0.75)
    assert table["lift"].iloc[0] == pytest.approx(1.5)


def test_where_nothing_came_there_is_no_share():
    table = by_decile(np.arange(10.0), np.zeros(10))
    assert table[["share", "gain", "lift"]].isna().all(axis=None)
    assert np.isnan(top_share(np.zeros(10), np.arange(10.0)))


def test_the_top_share_by_hand_and_ties_share_their_places():
    y = np.array([10.0, 0, 0, 0, 0, 0, 0, 0, 0, 10.0])
    assert top_share(y, np.arange(10.0)) == 0.5
    assert top_share(y, np.ones(10)) == pytest.approx(0.1)

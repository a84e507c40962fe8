"""Training and test never share a group, and training through time looks forward only."""

import numpy as np
import pandas as pd

from helpers.predicting.folds import grouped_folds
from helpers.predicting.tasks import TAUGHT, Task, drawn, folds_within


def make(when, groups):
    when, groups = np.asarray(when), np.asarray(groups)
    by_date = [(np.flatnonzero(when < when.max()), np.flatnonzero(when == when.max()))]
    folds = by_date if when.max() else grouped_folds(groups, 2)
    x = pd.DataFrame({"a": np.arange(float(len(when)))})
    return Task(x, x["a"].to_numpy(), groups, groups.astype(str), when, folds)


def test_the_last_cut_off_is_the_test_and_folds_within_look_forward():
    task = make(np.repeat([0, 1, 2, 3, 4], 6), np.tile(np.arange(6), 5))
    [(learn, test)] = task.folds
    assert task.through_time
    assert set(task.when[learn]) == {0, 1, 2, 3}
    assert task.tested.tolist() == test.tolist() == list(range(24, 30))
    inner = folds_within(task, learn, 5)
    assert [set(task.when[b]) for _, b in inner] == [{1}, {2}, {3}]
    assert all(task.when[a].max() < task.when[b].min() for a, b in inner)


def test_with_one_earlier_season_the_choice_also_hangs_on_folds_of_customers():
    task = make(np.repeat([0, 1], 6), np.tile(np.arange(6), 2))
    [(learn, _)] = task.folds
    inner = folds_within(task, learn, 5)
    assert len(inner) == 3
    assert all(not set(task.groups[a]) & set(task.groups[b]) for a, b in inner)


def test_without_time_groups_stay_together():
    task = make(np.zeros(12, int), np.repeat(np.arange(6), 2))
    assert not task.through_time
    for learn, test in task.folds:
        assert not set(task.groups[learn]) & set(task.groups[test])
        inner = folds_within(task, learn, 3)
        assert len(inner) == 3
        assert all(set(a) | set(b) == set(learn) for a, b in inner)


def test_choices_are_made_on_some_of_those_that_models_learn_from():
    asked, taught = drawn(5000, 100, seed=3)
    assert (asked.sum(), taught.sum(), len(asked)) == (100, 100 * TAUGHT, 5000)
    assert not (asked & ~taught).any()
    assert 0.4 < np.flatnonzero(asked).mean() / 5000 < 0.6 > np.flatnonzero(taught).mean() / 5000 > 0.4
    assert (drawn(5000, 100, seed=4)[0] != asked).any() and (drawn(5000, 100, seed=3)[0] == asked).all()
    assert [part.sum() for part in drawn(700, 100, seed=3)] == [100, 700]
    assert all(part.all() for part in drawn(100, 100, seed=3))

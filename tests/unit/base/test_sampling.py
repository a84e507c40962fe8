"""Bootstrap intervals, on data whose answer is known."""

import numpy as np
import pytest
from scipy.stats import rankdata

from helpers.base.sampling import (
    MOST_DRAWN,
    bootstrap,
    chosen_on,
    mean_difference,
    places,
    ranks,
    sample_rows,
    window_means,
)


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says():
    values = np.random.default_rng(1).normal(10, 2, 400)
    found = bootstrap(np.mean, values, seed=3)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.12)


def test_rows_are_drawn_together():
    one = np.random.default_rng(1).normal(0, 50, 300)
    found = bootstrap(mean_difference, one + 1, one, seed=3)
    assert (found.low, found.high) == (pytest.approx(1), pytest.approx(1))
    assert found.excludes_zero


def test_no_difference_does_not_exclude_zero():
    rng = np.random.default_rng(1)
    assert not bootstrap(mean_difference, rng.normal(size=300), rng.normal(size=300), seed=3).excludes_zero


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    values = np.random.default_rng(1).normal(size=50)
    assert bootstrap(np.mean, values, seed=3) == bootstrap(np.mean, values, seed=3)
    assert bootstrap(np.mean, values, seed=3) != bootstrap(np.mean, values, seed=4)


@pytest.mark.parametrize("arrays", [(np.zeros(3), np.zeros(2)), (np.zeros(0),)])
def test_arrays_must_be_of_one_length(arrays):
    with pytest.raises(ValueError, match="rows"):
        bootstrap(np.mean, *arrays, seed=1)


@pytest.mark.parametrize("grouped", [False, True])
def test_an_interval_of_many_customers_is_as_narrow_as_theirs_and_costs_what_few_do(grouped):
    values, drawn = np.random.default_rng(1).exponential(10, 6 * MOST_DRAWN), []
    rows, groups = (np.repeat(values, 2), np.repeat(np.arange(len(values)), 2)) if grouped else (values, None)

    def mean(sample):
        drawn.append(len(sample))
        return sample.mean()

    found = bootstrap(mean, rows, seed=3, draws=400, groups=groups)
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(len(values)), rel=0.15)
    assert found.value == pytest.approx(values.mean()) and found.low < found.value < found.high
    assert sorted(set(drawn)) == [MOST_DRAWN * (1 + grouped), len(rows)]


def test_places_rank_as_their_values_do_in_any_resample():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 40, 300) / 7
    for drawn in rng.integers(0, 300, (5, 200)):
        right = rankdata(values[drawn]).tolist()
        assert ranks(places(values)[drawn]).tolist() == ranks(values[drawn]).tolist() == right
    assert ranks(np.array([2, -1, 2])).tolist() == [2.5, 1, 2.5] and ranks(np.array([10**9, 3])).tolist() == [2, 1]


def test_copies_that_are_drawn_together_count_as_one_observation():
    once = np.random.default_rng(1).normal(size=40)
    copies, groups = np.repeat(once, 5), np.repeat(np.arange(40), 5)
    alone = bootstrap(np.mean, once, seed=3)
    apart = bootstrap(np.mean, copies, seed=3)
    together = bootstrap(np.mean, copies, seed=3, groups=groups)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert apart.high - apart.low < 0.6 * (alone.high - alone.low)


def test_the_page_says_what_choices_were_made_on_only_where_some_customers_were_not_asked():
    told = chosen_on(5000, 25_083, "the silhouette is {low:.3f} to {high:.3f}", low=0.301, high=0.319)
    assert told == (
        "Choices were made on 5,000 of 25,083 customers, drawn at random; the silhouette is 0.301 to 0.319."
    )
    assert chosen_on(1505, 1505, "nothing is left open") is None
    assert chosen_on(9, 10, "as many {what} were not asked", "orders").startswith(
        "Choices were made on 9 of 10 orders"
    )


def test_a_sample_is_a_random_one_in_order_and_the_same_for_a_seed():
    rows = sample_rows(10_000, 2000, seed=3)
    assert (np.diff(rows) > 0).all()
    assert rows.mean() == pytest.approx(4999.5, abs=4 * 10_000 / np.sqrt(12 * 2000))
    assert (rows == sample_rows(10_000, 2000, seed=3)).all()
    assert (rows != sample_rows(10_000, 2000, seed=4)).any()
    assert (sample_rows(1505, 5000, seed=3) == np.arange(1505)).all()


def test_symmetric_bounds_are_as_far_on_both_sides_and_hold_the_farther_percentile():
    values = np.random.default_rng(2).lognormal(0, 2, 60)
    found = bootstrap(np.mean, values, seed=1, symmetric=True)
    skewed = bootstrap(np.mean, values, seed=1)
    assert found.value - found.low == pytest.approx(found.high - found.value)
    assert found.value == skewed.value
    assert found.low < skewed.low
    assert found.high < skewed.high
    # as many resamples are within as of the percentile interval
    means = [values[np.random.default_rng(n).integers(0, 60, 60)].mean() for n in range(2000)]
    assert np.mean([found.low <= mean <= found.high for mean in means]) == pytest.approx(0.95, abs=0.02)


def test_one_window_has_the_symmetric_interval_of_its_mean():
    values = np.random.default_rng(1).normal(10, 2, 300)
    alone = window_means(values[:, None], np.zeros(300, dtype=int), np.arange(300), seed=3)[0]
    assert tuple(alone) == pytest.approx(tuple(bootstrap(np.mean, values, seed=3, symmetric=True)))


def test_windows_count_the_same_whatever_their_size():
    values, when = np.array([[1.0], [1.0], [1.0], [4.0]]), np.array([0, 0, 0, 1])
    assert window_means(values, when, np.arange(4), seed=3)[0].value == 2.5


def test_customers_of_several_windows_are_one_observation():
    own = np.random.default_rng(1).normal(10, 2, 200)
    values, when = np.tile(own, 4)[:, None], np.repeat(np.arange(4), 200)
    apart = window_means(values, when, np.arange(800), seed=3)[0]
    together = window_means(values, when, np.tile(np.arange(200), 4), seed=3)[0]
    alone = window_means(own[:, None], np.zeros(200, dtype=int), np.arange(200), seed=3)[0]
    assert tuple(together) == pytest.approx(tuple(alone))
    assert together.high - together.low == pytest.approx(2 * (apart.high - apart.low), rel=0.1)


def test_of_very_many_customers_so_many_are_drawn_and_the_interval_shrinks():
    many = np.random.default_rng(1).normal(10, 2, 4 * MOST_DRAWN)
    found = window_means(many[:, None], np.zeros(len(many), dtype=int), np.arange(len(many)), seed=3, draws=200)[0]
    assert found.high - found.low == pytest.approx(2 * 1.96 * 2 / np.sqrt(len(many)), rel=0.2)

"""Models of orders and spend: published figures, known parameters found again, forecasts as simulated."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln, hyp2f1

from helpers.chapters.lifetime_value import models
from helpers.chapters.lifetime_value.models import BG, MBG, NBD, PARETO, alive, distinct, expected_orders, fit
from tests.conftest import slow
from tests.unit.chapters.lifetime_value import worlds

CDNOW = Path(__file__).parent / "cdnow.csv"
"""CDNOW's one-in-ten sample, as Fader and Hardie published it (weeks; mean spend of repeat orders in dollars)."""
PUBLISHED = {
    BG: ([0.243, 4.414, 0.793, 2.426], -9582.4),
    PARETO: ([0.553, 10.578, 0.606, 11.669], -9595.0),
}


@pytest.fixture(scope="module")
def cdnow():
    return pd.read_csv(CDNOW)


@pytest.fixture(scope="module")
def fits(cdnow):
    return {model: fit(model, distinct(cdnow)) for model in (NBD, BG, MBG, PARETO)}


@pytest.mark.parametrize("model", PUBLISHED)
def test_the_published_parameters_of_cdnow_are_found(fits, model):
    values, likelihood = PUBLISHED[model]
    assert fits[model].values == pytest.approx(values, abs=0.0025)
    assert fits[model].log_likelihood == pytest.approx(likelihood, abs=0.05)
    assert not fits[model].degenerate and fits[model].customers == 2357


def test_the_published_spend_of_cdnow_is_found(cdnow):
    again = cdnow[cdnow["x"] > 0]
    found = models.fit_spend(again["x"], again["mean"])
    assert found.values == pytest.approx([6.25, 3.74, 15.44], abs=0.01)
    p, q, gamma = found.values
    assert p * gamma / (q - 1) == pytest.approx(35, abs=0.25)  # dollars, of a random customer


def test_the_published_forecast_of_one_customer_is_found(fits):
    x, last, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    values = fits[BG].values
    expected = alive(BG, values, x, last, age) * expected_orders(BG, values, x, age, 39)
    assert expected == pytest.approx(1.226, abs=5e-4)


def worlds_of(model, seed):
    rng = np.random.default_rng(seed)
    rates, ends = TRUE[model][:2], TRUE[model][2:]
    if model == PARETO:
        return worlds.customers_who_die(rng, 4000, rates, ends)
    return worlds.customers(rng, 4000, rates, ends, early=model == MBG)


TRUE = {BG: (0.6, 6.0, 0.8, 2.5), MBG: (0.8, 6.0, 0.7, 2.0), PARETO: (0.7, 8.0, 0.6, 12.0)}


@pytest.mark.parametrize(("model", "runs"), [(BG, 12), slow(MBG, 20), slow(PARETO, 15)])
def test_known_parameters_are_found_without_bias_and_within_their_intervals(model, runs):
    true, errors, covered = np.array(TRUE[model]), [], []
    for seed in range(runs):
        found = fit(model, distinct(worlds_of(model, seed))).table()
        errors.append(np.log(found["value"] / true))
        covered.append(((found["low"] <= true) & (true <= found["high"])).to_numpy())
    error = np.array(errors)
    bias = np.abs(np.median(error, axis=0))
    assert (bias < 3 * error.std(axis=0) / np.sqrt(runs) + 0.02).all(), bias
    assert np.mean(covered) > 0.85, np.mean(covered, axis=0)


def test_known_spend_is_found_within_its_intervals():
    true, covered = np.array([4.0, 5.0, 20.0]), []
    for seed in range(20):
        found = models.fit_spend(*worlds.spenders(np.random.default_rng(seed), 3000, *true)).table()
        covered.append(((found["low"] <= true) & (true <= found["high"])).to_numpy())
    assert np.mean(covered) > 0.85


def test_where_nobody_stops_the_models_are_degenerate():
    rng = np.random.default_rng(3)
    regular = worlds.customers_who_die(rng, 800, (0.8, 8.0), (1.0, 1e7))
    fitted = {model: fit(model, distinct(regular)) for model in (NBD, BG, MBG, PARETO)}
    assert all(fitted[model].degenerate for model in (BG, MBG, PARETO))
    assert not fitted[NBD].degenerate
    gains = [fitted[model].log_likelihood - fitted[NBD].log_likelihood for model in (BG, MBG, PARETO)]
    assert max(gains) < 3


def test_paretos_likelihood_is_that_of_the_published_formula(cdnow):
    r, alpha, s, beta = 0.553, 10.578, 0.606, 11.669
    x, last, age = (cdnow[name].to_numpy(float) for name in ("x", "last", "age"))
    c = r + s + x
    parts = [
        hyp2f1(c, r + x, c + 1, (beta - alpha) / (beta + at)) / (beta + at) ** c for at in (last, age)
    ]  # alpha < beta
    active = 1 / ((alpha + age) ** (r + x) * (beta + age) ** s)
    inside = active + s / c * (parts[0] - parts[1])
    published = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(inside)
    ours = models.log_likelihood(PARETO, np.array([r, alpha, s, beta]), x, last, age)
    assert ours == pytest.approx(published, abs=1e-9)


@pytest.mark.parametrize("model", [NBD, BG, MBG, PARETO])
def test_forecasts_are_what_simulations_come_to(fits, model):
    fitted, rng = fits[model], np.random.default_rng(0)
    people = pd.DataFrame({"x": [0.0, 2.0, 12.0], "last": [0.0, 30.43, 30.0], "age": [38.86, 38.86, 32.0]})
    crowd = pd.concat([people] * 40_000, ignore_index=True)
    drawn = models.simulate(fitted, crowd, [13.0, 52.0], fitted.values, rng).reshape(2, -1, 3)
    x, last, age = (people[name].to_numpy() for name in ("x", "last", "age"))
    active = alive(model, fitted.values, x, last, age)
    for weeks, orders in zip((13.0, 52.0), drawn, strict=True):
        error = 4 * orders.std(axis=0) / np.sqrt(len(orders))
        expected = active * expected_orders(model, fitted.values, x, age, weeks)
        assert (np.abs(expected - orders.mean(axis=0)) < error).all()
        returned = models.returns_within(model, fitted.values, x, age, weeks) * active
        assert returned == pytest.approx((orders > 0).mean(axis=0), abs=0.01)


def test_large_counts_are_no_trouble(fits):
    x, last, age = np.array([900.0]), np.array([100.0]), np.array([104.0])
    for model, fitted in fits.items():
        assert np.isfinite(models.log_likelihood(model, fitted.values, x, last, age)).all()
        assert 0 <= alive(model, fitted.values, x, last, age)[0] <= 1
        assert expected_orders(model, fitted.values, x, age, 52.0)[0] > 0


def test_more_rows_than_enough_are_counted_in_weeks():
    rng = np.random.default_rng(1)
    many = pd.DataFrame({"x": rng.integers(0, 40, 90_000), "last": rng.uniform(0, 50, 90_000)})
    rows = distinct(many.assign(age=many["last"] + 20))
    assert rows["customers"].sum() == 90_000 and (rows["last"] % 1 == 0).all()


@pytest.mark.slow
def test_intervals_hold_the_sums_of_a_simulated_world():
    """The total of the weeks ahead lies within the interval about as often as it says."""
    inside, rng = 0, np.random.default_rng(8)
    for seed in range(25):
        every = worlds.customers_who_die(np.random.default_rng(seed), 800, (0.7, 8.0), (0.6, 12.0))
        fitted = fit(PARETO, distinct(every))
        truth = fitted._replace(values=np.array([0.7, 8.0, 0.6, 12.0]))
        actual = models.simulate(truth, every, [26.0], truth.values, rng)[0].sum()
        drawn = models.outlook(
            fitted, None, every.assign(kept=1.0), {"half": 26.0}, discount=0.0, groups={}, draws=100, seed=seed
        )
        low, high = drawn.sums["all"]["half"].quantile([0.025, 0.975])
        inside += low <= actual <= high
    assert inside >= 20


@pytest.mark.slow
def test_a_million_customers_are_fitted_within_a_minute():
    every = worlds.customers(np.random.default_rng(1), 1_000_000, (0.5, 6.0), (0.9, 3.0), weeks=104)
    start = time.process_time()
    found = {model: fit(model, rows) for rows in [distinct(every)] for model in (BG, MBG, PARETO)}
    assert time.process_time() - start < 60
    assert found[BG].values == pytest.approx([0.5, 6.0, 0.9, 3.0], rel=0.05)

"""Customers drawn from known parameters: what the models must find again."""

import numpy as np
import pandas as pd


def customers(rng, number, rates, stopping, *, weeks=78.0, early=False):
    """Draw customers of a BG/NBD world (`early`: MBG/NBD) by r and alpha, a and b; times in weeks, to the day."""
    r, alpha = rates
    age, rate = rng.uniform(1, weeks, number), rng.gamma(r, 1 / alpha, number)
    chance = rng.beta(*stopping, number)
    x, last, at = np.zeros(number), np.zeros(number), np.zeros(number)
    live = rng.random(number) > chance if early else np.ones(number, dtype=bool)
    while live.any():
        at[live] += rng.exponential(1 / np.maximum(rate[live], 1e-12))
        live &= at < age
        x[live], last[live] = x[live] + 1, at[live]
        live &= rng.random(number) > chance
    return _days(x, last, age)


def customers_who_die(rng, number, rates, ends, *, weeks=78.0):
    """Draw customers of a Pareto/NBD world by r and alpha, s and beta."""
    (r, alpha), (s, beta) = rates, ends
    age, rate = rng.uniform(1, weeks, number), rng.gamma(r, 1 / alpha, number)
    seen = np.minimum(age, rng.exponential(1 / rng.gamma(s, 1 / beta, number)))
    x = rng.poisson(rate * seen)
    # the last of x uniform moments
    last = np.where(x > 0, seen * rng.random(number) ** (1 / np.maximum(x, 1)), 0.0)
    return _days(x.astype(float), last, age)


def _days(x, last, age):
    return pd.DataFrame({"x": x, "last": np.floor(last * 7) / 7, "age": np.ceil(age * 7) / 7})


def spenders(rng, number, p, q, gamma):
    """Draw orders and mean spend per order of a Gamma-Gamma world."""
    n = 1 + rng.poisson(2, number)
    return pd.Series(n), pd.Series(rng.gamma(p * n, 1 / (rng.gamma(q, 1 / gamma, number) * n)))

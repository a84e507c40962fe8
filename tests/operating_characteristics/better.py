"""Which of two models is better: the paired bootstrap of 07 (errors), 08 (precision) and 09 (AUC)."""

from collections.abc import Callable
from functools import partial

import numpy as np

from helpers.base.sampling import Interval, bootstrap, window_means
from helpers.chapters.purchase_prediction.evaluation import auc_gain
from helpers.chapters.recommendation.evaluation import Gain
from helpers.chapters.regression.evaluation import DRAWS
from tests.operating_characteristics.trial import Setting

SIZES = (300, 500, 1500, 5000)
AUC_DRAWS = 200
"""Resamples of a difference of AUC: fewer than the chapter's, because ranking takes its time."""
WINDOWS, CANDIDATES = 3, 10
"""Windows that lists are judged in, and models of which the one that was best in the earlier ones is judged."""
AMOUNTS = 1.5
"""Spread of the logarithm of amounts: the top decile has seven tenths of them."""


Measure = Callable[[np.ndarray, np.ndarray], float]


def lower(of: Measure) -> Callable[..., float]:
    """Return how much lower an error is than a baseline's, as 07 measures it."""
    return lambda y, predicted, baseline: of(y, baseline) - of(y, predicted)


def mae(y: np.ndarray, predicted: np.ndarray) -> float:
    """Mean absolute error; scikit-learn's checks would take most of the time."""
    return float(np.abs(y - predicted).mean())


def rmse(y: np.ndarray, predicted: np.ndarray) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.square(y - predicted).mean()))


def amounts(of: Measure, error: float, copies: int, customers: int, rng: np.random.Generator) -> bool:
    """Return whether a forecast is called better than one whose errors are alike, and larger where `error` < 1.

    Both know the same about a customer, and each adds errors of its own. A share of customers is there several
    times, as copies are.
    """
    customer = np.repeat(np.arange(customers), rng.integers(1, copies + 1, customers))
    known = rng.normal(size=customers)
    y = np.exp(3 + AMOUNTS * (0.6 * known + 0.8 * rng.normal(size=customers))) * (rng.random(customers) < 0.6)
    one, other = (
        np.exp(2.5 + AMOUNTS * 0.6 * known + sd * rng.normal(size=customers)) for sd in (0.7 * error, 0.7)
    )
    seed, at = int(rng.integers(2**31)), (y[customer], one[customer], other[customer])
    return bootstrap(lower(of), *at, seed=seed, draws=DRAWS, groups=customer, symmetric=True).low > 0


def levels(customers: int, rng: np.random.Generator) -> bool:
    """Return whether a forecast that is low is called better, by squared errors, than one as much too high."""
    y = rng.lognormal(3, AMOUNTS, customers)
    mean = np.exp(3 + AMOUNTS**2 / 2)
    low, high = np.full(customers, 0.8 * mean), np.full(customers, 1.2 * mean)
    return bootstrap(lower(rmse), y, low, high, seed=int(rng.integers(2**31)), draws=DRAWS, symmetric=True).low > 0


def precision(gains: tuple[float, ...], customers: int, rng: np.random.Generator) -> bool:
    """Return whether the lists of ten of one of several models are called better than a baseline's, as 08 does.

    All models have a gain of so much in each window, and the one that was best in the earlier windows is judged.
    Each customer is right about the same share in all windows, buys in two of three, and half of what models offer
    is what the baseline offers too.
    """
    regular = rng.beta(0.5, 4, customers * 3 // 2)
    rows = [np.flatnonzero(rng.random(len(regular)) < 2 / 3) for _ in gains]
    found = []
    for who, gain in zip(rows, gains, strict=True):
        shared = rng.binomial(5, regular[who])
        right = np.minimum(regular[who] * (1 + 2 * gain), 1)
        models = [shared + rng.binomial(5, right) for _ in range(CANDIDATES)]
        found.append((np.stack(models, axis=1) - (shared + rng.binomial(5, regular[who]))[:, None]) / 10)
    earlier = sum(window.mean(axis=0) for window in found[:-1])
    chosen = int(np.argmax(earlier))
    seed = int(rng.integers(2**31))

    def over(first: int) -> Interval:
        some = range(first, len(gains))
        when = np.repeat(np.arange(len(some)), [len(rows[n]) for n in some])
        who = np.unique(np.concatenate([rows[n] for n in some]), return_inverse=True)[1]
        return window_means(np.concatenate([found[n][:, [chosen]] for n in some]), when, who, seed=seed)[0]

    return Gain(over(len(gains) - 1), over(0)).verdict > 0


def ranking(more: float, customers: int, rng: np.random.Generator) -> bool:
    """Return whether scores are called better by their AUC; both see the same, each with noise of its own."""
    keen = rng.normal(size=customers)
    bought = rng.random(customers) < 1 / (1 + np.exp(1.4 - keen))
    shared = keen + rng.normal(0, 0.5, customers)
    one, other = (shared + rng.normal(0, sd, customers) for sd in (0.8 - more, 0.8))
    seed = int(rng.integers(2**31))
    return bootstrap(auc_gain, bought.astype(int), one, other, seed=seed, draws=AUC_DRAWS).low > 0


KINDS = {
    "better forecasts": {
        "two like forecasts of amounts": partial(amounts, mae, 1.0, 1),
        "two like forecasts of amounts, with copies": partial(amounts, mae, 1.0, 4),
        "two like forecasts of amounts, by squared errors": partial(amounts, rmse, 1.0, 1),
        "a low and a high forecast of amounts, by squared errors": levels,
        "forecasts of amounts with errors 7 % lower": partial(amounts, mae, 0.5, 1),
    },
    "better lists": {
        "lists of ten models equally often right in three windows": partial(precision, (0.0,) * WINDOWS),
        "lists of ten models better in earlier windows only": partial(precision, (0.1, 0.1, 0.0)),
        "lists right a tenth more often in three windows": partial(precision, (0.1,) * WINDOWS),
    },
    "better scores": {
        "two scores of equal AUC": partial(ranking, 0.0),
        "scores with an AUC higher by 0.04": partial(ranking, 0.8),
    },
}
"""What is tried of each verdict; in the last one is something to be found."""
SETTINGS = [
    Setting(verdict, f"{name}, {n:,} customers", "something" if (last := name == [*kinds][-1]) else "nothing",
            partial(trial, n), amounts={"customers": n}, main=last, datasets=1000)
    for verdict, kinds in KINDS.items()
    for name, trial in kinds.items()
    for n in SIZES
]  # fmt: skip

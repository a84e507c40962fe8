"""The audit of 07 and 09: can the target be worked out from features? Honest features, and features made of it."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from helpers.predicting.leaks import find_leaks
from tests.operating_characteristics.trial import Setting

Draw = Callable[[np.random.Generator, int], tuple[pd.DataFrame, pd.Series]]


def says_leak(draw: Draw, rows: int, rng: np.random.Generator) -> bool:
    """Return whether the audit names a leak at all in honest features, or the one that is there."""
    features, target = draw(rng, rows)
    leaks = find_leaks(features, target)
    made = [name for name in features if name.startswith("made")]
    return any(not made or set(made) & set(leak.suspects) for leak in leaks)


def honest(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.Series]:
    """Customers as studies have them, amounts to the penny, and a target that depends on none of it."""
    features = {
        "age": rng.integers(18, 80, n),
        "orders": rng.poisson(3, n) + 1,
        "income": rng.lognormal(10, 0.5, n).round(),
        "basket": rng.lognormal(3, 1, n).round(2),
        "rate": rng.beta(2, 5, n).round(3),
        "score": rng.normal(size=n),
        "member": rng.random(n) < 0.3,
        "country": rng.choice(["DE", "FR", "UK"], n),
    }
    return pd.DataFrame(features), pd.Series(rng.lognormal(4, 0.8, n).round(2), name="spend")


def many(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.Series]:
    """Features nearly as many as rows: some sum of them is near to the target by chance."""
    features, target = honest(rng, n)
    noise = rng.normal(size=(n, 20)).round(2)
    return features.join(pd.DataFrame(noise, columns=[f"noise_{i}" for i in range(20)])), target


def strong(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.Series]:
    """Features known before that say nearly all: correlations of 0.99 and 0.95 with the target's logarithm."""
    features, target = honest(rng, n)
    logs = np.log(target)
    for name, error in (("last_year", 0.14), ("visits", 0.33)):
        features[name] = np.exp(logs + rng.normal(0, error * 0.8, n)).round(2)
    return features, target


def ranks(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.Series]:
    """A target of few whole values, as scores have, and honest counts."""
    features, _ = honest(rng, n)
    return features, pd.Series(rng.binomial(20, 0.5, n), name="points")


def made_by(how: Callable[[pd.DataFrame, np.ndarray, np.random.Generator], np.ndarray]) -> Draw:
    """Return a draw of honest features and one made of the target."""

    def draw(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.Series]:
        features, target = honest(rng, n)
        return features.assign(made=how(features, target.to_numpy(), rng)), target

    return draw


def summed(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.Series]:
    """A target that is a sum of two parts, of which one is a third known otherwise."""
    features, target = honest(rng, n)
    part = (target * rng.uniform(0.2, 0.8, n)).round(2)
    return features.assign(made_online=part, made_shop=(target - part).round(2)), target


NOTHING = {
    "unrelated features": honest,
    "28 unrelated features": many,
    "strong honest features": strong,
    "whole scores": ranks,
}
SOMETHING = {
    "target over a feature": made_by(lambda f, y, rng: (y / f["income"]).round(6)),
    "target times a feature": made_by(lambda f, y, rng: (y * f["orders"]).round(2)),
    "two parts of the target": summed,
    "target plus a feature": made_by(lambda f, y, rng: (y + 3 * f["basket"]).round(2)),
    "logarithm of the target": made_by(lambda f, y, rng: np.log(y)),
    "rounded copy of the target": made_by(lambda f, y, rng: y.round(1)),
    "copy of the target with 1 % noise": made_by(
        lambda f, y, rng: (y * (1 + rng.normal(0, 0.01, len(y)))).round(2)
    ),
}
SIZES = (30, 300, 3000)
SETTINGS = [
    Setting("leaks", f"{name}, {n:,} rows", truth, partial(says_leak, draw, n),
            amounts={"rows": n}, main=truth == "something")
    for truth, kinds in (("nothing", NOTHING), ("something", SOMETHING))
    for name, draw in kinds.items()
    for n in (SIZES[:2] if draw is many else SIZES)  # of many features of many rows every sum is tried
]  # fmt: skip

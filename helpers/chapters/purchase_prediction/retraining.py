"""When does an old model stop being good enough? Models of each date, tried on every later one.

At each cut-off a model is made of all that was known then, and asked about every horizon that came after. A model
is old by the days between the first horizon it could be asked about and the one it is asked about.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.sampling import Interval, bootstrap
from helpers.chapters.purchase_prediction.features import Snapshot
from helpers.chapters.purchase_prediction.models import Candidate, as_inputs, auc, auc_gain, fit, measures, predict

TOLERATED = 0.01
"""AUC that an old model may lose before it is called no longer good enough."""


class Aged(NamedTuple):
    """Models of different dates on the same customers."""

    table: pd.DataFrame
    """A row a model and horizon: `trained` and `tested` (cut-offs), `age` in days, `auc`, `brier`, `expected`
    (mean
    probability), `share` (that bought)."""
    losses: list[tuple[int, Interval]]
    """Age in days -> AUC of a model of that age less that of the freshest one, on the last horizon."""


def age_models(
    snapshots: Sequence[Snapshot],
    candidate: Candidate,
    features: Sequence[str],
    *,
    seed: int,
    draws: int,
    members: int,
) -> Aged:
    """Return how models of every date do on every later horizon.

    Args:
        snapshots: customers at cut-offs with known outcomes, the earliest first.
        candidate: the model to make at each date.
        features: its inputs.
        seed: of the model and of the resamples.
        draws: resamples of an interval.
        members: networks whose mean answers, where the model is a network.
    """
    names = list(features)
    inputs = [as_inputs(each.customers)[names] for each in snapshots]
    rows, last = [], {}
    for made in range(len(snapshots) - 1):
        known = np.concatenate([each.bought for each in snapshots[: made + 1]])
        if known.all() or not known.any():
            continue
        models = fit(candidate, pd.concat(inputs[: made + 1]), known, seed, members)
        for asked in range(made + 1, len(snapshots)):
            probabilities = predict(models, inputs[asked])
            outcome = snapshots[asked].bought
            reached = measures(outcome, probabilities, 0.5)
            age = (snapshots[asked].cut_off - snapshots[made + 1].cut_off).days
            rows.append(
                {
                    "trained": snapshots[made].cut_off,
                    "tested": snapshots[asked].cut_off,
                    "age": age,
                    "auc": reached["auc"],
                    "brier": reached["brier"],
                    "expected": float(probabilities.mean()),
                    "share": float(outcome.mean()),
                }
            )
            if asked == len(snapshots) - 1:
                last[age] = probabilities
    table = pd.DataFrame(rows, columns=["trained", "tested", "age", "auc", "brier", "expected", "share"])
    outcome = snapshots[-1].bought
    losses = [
        (age, bootstrap(auc_gain, outcome, last[age], last[0], seed=seed, draws=draws))
        for age in sorted(last)
        if age > 0 and 0 in last and np.isfinite(auc(outcome, last[age]))
    ]
    return Aged(table, losses)


def read_ageing(aged: Aged) -> str:
    """Say from which age on a model is no longer good enough, or that no age did."""
    if not aged.losses:
        return "There are too few dates to see a model grow old: it needs at least two before the last one."
    worse = [(age, loss) for age, loss in aged.losses if loss.high < 0 and loss.value < -TOLERATED]
    told = "; ".join(
        f"{age} days old: {loss.value:+.3f} (95 % of resamples {loss.low:+.3f} to {loss.high:+.3f})"
        for age, loss in aged.losses
    )
    if worse:
        return (
            f"AUC on the last horizon, against the freshest model: {told}. A model of {worse[0][0]} days has lost "
            f"more than {TOLERATED} for certain: retrain before that."
        )
    oldest = aged.losses[-1][0]
    return (
        f"AUC on the last horizon, against the freshest model: {told}. Up to an age of {oldest} days no model has "
        f"surely lost more than {TOLERATED}: the ranking lasts. The level is another matter: compare expected "
        "with bought."
    )

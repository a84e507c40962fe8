"""Which of several models to use, by scikit-learn's `cross_val_score` of each: no other look at the data.

cross_val_score(model, x, y, cv=folds, scoring=...) gives a score a fold, and `simplest` chooses by them;
`tweedie` is what spend is scored by.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import make_scorer, mean_tweedie_deviance

MATERIAL = 0.002
"""What a more complicated model must be better by in any case: nearly the same models differ, but by nothing."""
CLEARLY = 2.0
"""Standard errors by which it must be better."""
POWER = 1.5
"""Of the Tweedie family: between counts (1) and amounts that are never zero (2)."""
LEAST = 0.01
"""Share of the mean outcome below which no prediction counts: a deviance has no value at zero."""


def simplest(
    scores: Mapping[str, Sequence[float]], *, material: float = MATERIAL, clearly: float = CLEARLY
) -> str:
    """Return the simplest model that no other one clearly beats, fold by fold.

    Clearly: by more than `material` and by more than `clearly` standard errors of the differences (Breiman,
    Friedman, Olshen and Stone, 1984, ask for one; of many candidates one beats another by chance).

    Args:
        scores: model -> its score in each fold; the simplest model first.
        material: the least difference of means that counts.
        clearly: standard errors that it must exceed.
    """
    names = list(scores)
    chosen = names[0]
    for name in names[1:]:
        gain = np.asarray(scores[name]) - np.asarray(scores[chosen])
        if gain.mean() > max(material, clearly * gain.std(ddof=1) / np.sqrt(len(gain))):
            chosen = name
    return chosen


def tweedie_deviance(y: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean Tweedie deviance of amounts (Jorgensen, 1987): zero for many and very large for a few.

    Its least is the mean, which a budget needs, and a few large customers cannot rule it alone.
    """
    least = max(LEAST * float(np.mean(y)), 1e-6)
    return float(mean_tweedie_deviance(y, np.maximum(predicted, least), power=POWER))


tweedie = make_scorer(tweedie_deviance, greater_is_better=False)
"""For `scoring=` of scikit-learn: the deviance below zero, so that higher is better."""

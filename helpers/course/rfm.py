"""The exercises of chapter 03."""

import numpy as np
import pandas as pd

from helpers.course.exercises import Exercise, Names


def _shares(names: Names) -> np.ndarray:
    if not len(names["shares"]):
        raise KeyError("amounts")
    return names["shares"]


def _half_of_revenue(names: Names) -> float:
    """Return the share of customers, from the largest on, who spend half of all."""
    so_far, customers = 0.0, 0
    for share in sorted(_shares(names), reverse=True):
        so_far, customers = so_far + share, customers + 1
        if so_far >= 0.5:
            break
    return customers / len(names["shares"])


def _shorter_window(names: Names) -> int:
    """Return the fewest days within which four repeat purchases in five follow, by counting."""
    between = np.asarray(names["between"])
    if not len(between):
        raise KeyError("purchase that repeats")
    days, times = np.unique(between, return_counts=True)
    return int(days[np.cumsum(times) * 5 >= len(between) * 4][0])


def _recency_scores(names: Names) -> pd.Series:
    """Return five scores by the definition: how many customers have been inactive for longer."""
    recency = names["measures"]["recency"]
    if recency.nunique() == 1:
        raise KeyError("recency that differs")
    longer = len(recency) - np.searchsorted(np.sort(recency), recency, side="right")
    return pd.Series(longer * 5 // len(recency) + 1, recency.index)


def _gini_of_draw(names: Names, seed: int) -> float:
    """Return the Gini coefficient of a draw: twice the area between its curve and the diagonal."""
    shares = _shares(names)
    drawn = np.sort(np.random.default_rng(seed).choice(shares, len(shares)))
    curve = np.concatenate([[0.0], np.cumsum(drawn) / drawn.sum()])
    return float(1 - (curve[1:] + curve[:-1]).mean())


EXERCISES = (
    Exercise(
        "Add the shares up from the largest on, with cumsum, and count until half is reached.",
        _half_of_revenue,
        slip="The smallest customers are added up first, or the share of customers in the top decile is given.",
    ),
    Exercise(
        "cohorts.churn_window takes the days between purchases and a share.",
        _shorter_window,
        slip="Days since the last order are taken instead of days between orders.",
    ),
    Exercise(
        "What does a score compare a customer with?",
        lambda names: "does not hold",
        slip="A score is taken for days; it compares customers, and all are three months older.",
    ),
    Exercise(
        "The chapter ranks recency with a sign before it.",
        _recency_scores,
        lambda answer, right: (
            "Who gets the best score there: customers who bought yesterday, or those away longest?"
            if np.shape(answer) == np.shape(right)
            else None
        ),
        slip="Few days are scored low, because low numbers are.",
    ),
    Exercise(
        "Sort what was drawn and divide it by its sum, so that the chapter's formula fits.",
        _gini_of_draw,
        within=1e-4,
        own=True,
        slip="The draw is not sorted or does not add up to one, so the coefficient is beyond its bounds.",
    ),
    Exercise(
        "What would these customers have done without a letter?",
        slip="Before and after are compared, with nobody left out to compare with.",
    ),
)

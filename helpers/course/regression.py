"""The exercises of chapter 07."""

import numpy as np

from helpers.course.exercises import Exercise, Names


def _misses(names: Names) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the forecast and the simple guess are off, a row a tested customer."""
    actual = np.asarray(names["evidence"].y)
    return np.abs(actual - names["evidence"].chosen), np.abs(actual - np.asarray(names["guess"]))


def _nearer(names: Names) -> float:
    return sum(model < guess for model, guess in zip(*_misses(names), strict=True)) / len(names["guess"])


def _margin_of_half(names: Names) -> float:
    """Return how wide the margin of half the outcomes is beside that of nine in ten, counting what each holds."""
    missed = np.sort(names["missed"])
    held = np.searchsorted(missed, missed, side="right")  # how many misses a margin of this one covers
    of_half, of_most = (
        missed[held >= min(np.ceil((len(missed) + 1) * share), len(missed))][0] for share in (0.5, 0.9)
    )
    return float(of_half / of_most)


def _margin_of_new_rows(names: Names) -> float:
    """Return the misses' ninth decile, between two of them by the place it falls on, as numpy's quantile does."""
    missed = np.sort(names["missed"])
    place = 0.9 * (len(missed) - 1)
    low, high = missed[int(np.floor(place))], missed[int(np.ceil(place))]
    return float(low + (place % 1) * (high - low))


def _own_gain(names: Names, seed: int) -> float:
    model, guess = _misses(names)
    times = np.bincount(np.random.default_rng(seed).integers(0, len(model), len(model)), minlength=len(model))
    return float(np.average(guess - model, weights=times))


EXERCISES = (
    Exercise(
        "Compare the two absolute errors customer by customer; the mean of True and False is a share.",
        _nearer,
        slip="The mean errors of the two are divided, which is another question.",
    ),
    Exercise(
        "Try the five amounts: what would each guess make of the total of five such customers?",
        lambda names: "does not hold",
        slip="Lower is taken for better whatever the question; a total asks for the mean.",
    ),
    Exercise(
        "missed is sorted: take the value whose rank is the share of len(missed) + 1, rounded up.",
        _margin_of_half,
        lambda answer, right: (
            "Margins do not grow with the level in proportion: read both off the misses."
            if np.isclose(answer, 0.5 / 0.9, rtol=0.01)
            else None
        ),
        slip="Half the level is thought to need half the width.",
    ),
    Exercise(
        "Section 7 divides the rows that are learned from: what are `before` and `calibrate` for?",
        _margin_of_new_rows,
        lambda answer, right: (
            "The rows it is measured on were learned from, and a model misses those by less than new ones."
            if 0 < answer < right
            else None
        ),
        within=1e-4,
        slip="The quantile is changed instead of the rows that the model learns from.",
    ),
    Exercise(
        "Draw row numbers once, and take both errors of those rows: the comparison is a paired one.",
        _own_gain,
        own=True,
        slip="The two errors are drawn separately, so the comparison is no longer of the same customers.",
    ),
    Exercise(
        "Where does the total come from, and what does somebody know who knows price and quantity?",
        slip="The age is suspected, since it is the only feature that is no part of the formula.",
    ),
)

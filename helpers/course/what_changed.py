"""The exercises of chapter 10."""

import numpy as np

from helpers.course.exercises import Exercise, Names

FLIPS = 200


def _growth(names: Names) -> float:
    before, after = (sum(names["people"][when]) for when in ("before", "after"))
    if before <= 0:
        raise KeyError("sales of the earlier period")
    return after / before - 1


def _unusual(names: Names) -> int:
    """Count the months further than two robust deviations, or twice what chance makes, from the usual."""
    ratio = names["ratio"].to_numpy()
    usual = np.median(ratio)
    wide = 1.4826 * np.median(np.abs(ratio - usual))
    chance = names["by_chance"].reindex(names["ratio"].index)
    return sum(abs(r - usual) > 2 * max(wide, c) for r, c in zip(ratio, chance, strict=True))


def _first_alone(names: Names) -> float:
    """Return what the first factor changes if it goes first: its rise, each at the sales per unit of before."""
    chain = names["chain"]
    before, after = (names["levels"][when].loc["all"].iloc[0] for when in ("before", "after"))
    if not before[chain[0]]:
        raise KeyError("sales of the earlier period")
    return float((after[chain[0]] - before[chain[0]]) * before[chain[-1]] / before[chain[0]])


def _by_flips(names: Names, seed: int) -> float:
    changes = names["people"]["change"].to_numpy()
    signs = np.random.default_rng(seed).choice([-1, 1], size=(FLIPS, len(changes)))
    sums = [changes[row > 0].sum() - changes[row < 0].sum() for row in signs]
    return float((np.mean(np.square(sums)) - np.mean(sums) ** 2) ** 0.5)


EXERCISES = (
    Exercise(
        "When was the segment computed, and from what?",
        lambda names: "does not hold",
        slip="A segment of today is taken for a cause of what came before it.",
    ),
    Exercise(
        "How much does a customer with one small order count there?",
        _growth,
        lambda answer, right: (
            "A mean of changes weighs the smallest customer like the largest, and leaves out who was gained."
            if -1 <= answer < 10
            else None
        ),
        within=1e-3,
        slip="Customers' own growth rates are averaged, and whoever was gained is left out.",
    ),
    Exercise(
        "Compare the distance of ratio from usual with twice the spread.",
        _unusual,
        within=0,
        slip="Months are counted above the range only, or the months that are not whole are counted, too.",
    ),
    Exercise(
        "old.assign puts one new column in place of the old one; prod(axis=1) multiplies the factors.",
        _first_alone,
        slip="All factors are changed at once, which is the whole change.",
    ),
    Exercise(
        "signs @ changes adds up each row of signs at once.",
        _by_flips,
        within=1e-3,
        own=True,
        slip="The signs are drawn once for all customers, or the variance is given.",
    ),
    Exercise(
        "What do the days that pass do to the recency of a customer who buys twice a year?",
        slip="Every move is taken for something that a customer decided.",
    ),
)

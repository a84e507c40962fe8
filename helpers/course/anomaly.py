"""The exercises of chapter 06. Most are about the first table that was scored: customers, where they are known."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from helpers.course.exercises import Exercise, Names


def _top_tenth(scores: np.ndarray) -> set[int]:
    """Return the rows of the highest scores, a tenth of all; of equals the first."""
    return set(np.argsort(-np.asarray(scores), kind="stable")[: len(scores) // 10].tolist())


def _first(names: Names) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the scores of the first table, and what its detectors saw."""
    if not names["matrices"]:
        raise KeyError("first_key")
    key = next(iter(names["matrices"]))
    table = names["matrices"][key]
    scored = [name for name in names["features"][key[0]] if name in table]
    return names["scores"][key], table[scored].to_numpy()


def _both_list(names: Names) -> int:
    scores, _ = _first(names)
    return len(_top_tenth(scores["isolation_forest"]) & _top_tenth(scores["robust_z"]))


def _alone_soonest(names: Names) -> set[int]:
    _, seen = _first(names)
    forest = IsolationForest(n_estimators=names["n_estimators"], random_state=names["seed"]).fit(seen)
    return _top_tenth(-forest.score_samples(seen))


def _turned_round(answer: Iterable[Any], right: set[int]) -> str | None:
    given = {str(one) for one in answer}
    if len(given) != len(right) or given & {str(one) for one in right}:
        return None
    return "These rows the forest could hardly tell from the rest: score_samples is lower for what is unusual."


def _always_listed(names: Names) -> int:
    _, seen = _first(names)
    forests = [IsolationForest(n_estimators=5, random_state=s).fit(seen) for s in range(10)]
    return len(set.intersection(*[_top_tenth(-forest.score_samples(seen)) for forest in forests]))


def _listed_again(names: Names, seed: int) -> int:
    scores, seen = _first(names)
    drawn = seen[np.random.default_rng(seed).integers(0, len(seen), len(seen))]
    again = IsolationForest(n_estimators=100, random_state=0).fit(drawn).score_samples(seen)
    return len(_top_tenth(-again) & _top_tenth(scores["isolation_forest"]))


EXERCISES = (
    Exercise(
        "nlargest of a score gives its rows; two sets have what is common to them by &.",
        _both_list,
        within=0,
        slip="Places in the sorted table are compared instead of the rows' own labels.",
    ),
    Exercise(
        "How long would the list be if nothing at all were wrong?",
        lambda names: "does not hold",
        slip="The share on the list is taken for something that was measured.",
    ),
    Exercise(
        "Which rows should come first, and which way do the forest's scores point? Look at section 4.",
        _alone_soonest,
        _turned_round,
        slip="The scores are turned round twice, or nsmallest is taken of scores that already have the minus.",
    ),
    Exercise(
        "The sooner a row is alone, the lower is score_samples: the top decile has the largest -score_samples.",
        _always_listed,
        within=0,
        slip="The tops of two forests are compared instead of all ten.",
    ),
    Exercise(
        "Fit on seen_by.iloc[rows], score all of seen_by, and mind the sign of score_samples.",
        _listed_again,
        within=0,
        own=True,
        slip="The drawn rows are scored instead of all rows, so a row counts several times.",
    ),
    Exercise(
        "Count the rows that are ordinary and still score high by chance; do they become fewer?",
        slip="The detector is said to be worse on few errors.",
    ),
)

"""Which features to keep, and why: a reason in words for each one.

The chapter's cells look at every feature in five ways, all on training data. No view is right alone: some look at
one feature or at training rows, others at models. This is where they are weighed against each other.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.base.vocabulary import label

ENOUGH = 3
"""Features that are kept in any case: fewer make no model worth explaining."""


def doubled(relations: pd.DataFrame, information: pd.Series, same: float) -> dict[str, str]:
    """Return the features that another one replaces -> which one; of two alike the more telling stays."""
    order = sorted(relations.columns, key=lambda name: (-information[name], list(relations.columns).index(name)))
    stays: list[str] = []
    replaced = {}
    for name in order:
        alike = [other for other in stays if relations.loc[name, other] >= same]
        if alike:
            replaced[name] = max(alike, key=lambda other: relations.loc[name, other])
        else:
            stays.append(name)
    return replaced


def fewest_enough(scores: np.ndarray) -> int:
    """Return the smallest number of features that the best number does not clearly beat, fold by fold.

    `scores` are AUC, a row for each number of features from 1, a column a fold.
    """
    gain = scores[scores.mean(axis=1).argmax()] - scores
    error = gain.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
    return int(np.flatnonzero(gain.mean(axis=1) <= error)[0]) + 1


def with_reasons(
    views: pd.DataFrame, doubles: Mapping[str, str], useless: Mapping[str, str], *, chance: float, enough: int
) -> pd.DataFrame:
    """Return the views with `kept` and `reason`, kept features first.

    A feature falls for the first of these reasons that holds: it cannot be used; another feature that tells more
    of the outcome says the same; it tells no more than shuffled outcomes do and shuffling it costs nothing; the
    elimination does as well without it and shuffling it costs nothing.

    The views are, by feature, `information`, `forest`, `permutation`, `error` (of it) and `elimination`; `chance`
    is the most `information` that a feature has about shuffled outcomes, `enough` that of `fewest_enough`.
    """
    left = len(views) - len(doubles)
    rows = []
    for name, row in views.iterrows():
        kept, reason = _verdict(row, doubles.get(name), chance=chance, enough=enough, left=left)
        rows.append({"feature": name, "kept": kept, **row.drop("error"), "reason": reason})
    rows += [{"feature": name, "kept": False, "reason": f"Dropped: it {why}."} for name, why in useless.items()]
    return pd.DataFrame(rows).sort_values(
        ["kept", "elimination", "information"], ascending=[False, True, False], kind="stable", ignore_index=True
    )


def _verdict(row: pd.Series, double: str | None, *, chance: float, enough: int, left: int) -> tuple[bool, str]:
    """Return whether a feature is kept, and the reason in words."""
    if double is not None:
        return False, f"Dropped: it says nearly the same as {label(double).lower()}, which tells more."
    place = int(row["elimination"])
    # shuffling may help by chance, which is no cost below zero
    costs = f"permutation importance {max(0.0, row['permutation']):.4f} of AUC"
    if place <= max(enough, ENOUGH):
        return True, f"Kept: among the last features of the elimination ({place} of {left}); {costs}."
    if row["permutation"] > 2 * row["error"]:
        return True, f"Kept: {costs}, above chance, though a linear model can do without it."
    if row["information"] <= chance:
        return False, "Dropped: by itself it tells no more than chance, and no model misses it."
    return False, f"Dropped: the models do as well without it ({place} of {left} in the elimination)."

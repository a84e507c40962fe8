"""Which features to keep, and why: a reason in words for each one.

Five views of every feature, all on training data: how much of it another feature already says, how much of the
uncertainty about the outcome it removes by itself, what a forest uses it for, what shuffling it costs a model on
customers it did not see, and when it falls in a recursive elimination. No view is right alone: the first three
look at one feature or at training rows, the last two at models.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, RFECV, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from helpers.chapters.purchase_prediction.features import name_of
from helpers.chapters.purchase_prediction.models import BOOSTING, Candidate, Training, auc, build

SAME = 0.9
"""Rank correlation from which two features say the same."""
SHUFFLES = 2
"""Times a feature is shuffled in each fold."""
ENOUGH = 3
"""Features that are kept in any case: fewer make no model worth explaining."""


class Selection(NamedTuple):
    """The features that were kept, and the table that says why."""

    kept: list[str]
    table: pd.DataFrame
    """A row a feature, kept ones first: `feature`, `kept`, `nearest`, `correlation`, `information`, `forest`,
    `permutation`, `elimination`, `reason`."""
    by_count: pd.DataFrame
    """`features` and `auc` (mean over the folds) of the recursive elimination."""


def select(training: Training, unusable: Mapping[str, str], seed: int, same: float = SAME) -> Selection:
    """Return which features to keep, with all five views and a reason for each.

    A feature falls for the first of these reasons that holds: it cannot be used; another feature that tells more
    of the outcome says the same; it tells no more than shuffled outcomes do and shuffling it costs nothing; the
    elimination does as well without it and shuffling it costs nothing.

    Args:
        training: customers at past cut-offs.
        unusable: features that say nothing -> why.
        seed: of the forest, the shuffles and the nearest neighbours of mutual information.
        same: rank correlation from which two features count as one.
    """
    names = [name for name in training.inputs if name not in unusable]
    inputs = training.inputs[names]
    information, chance = mutual_information(inputs, training.bought, seed)
    relations = inputs.rank().corr().abs()
    doubles = doubled(relations, information, same)
    left = [name for name in names if name not in doubles]
    forest = _forest_importance(inputs, training.bought, seed)
    cost, error = permutation_cost(training, left, seed)
    order, by_count, scores = _eliminate(training, left)
    enough = fewest_enough(scores)
    rows = []
    for name in names:
        own = relations[name].drop(name)
        row = {
            "feature": name,
            "nearest": own.idxmax() if len(own) else "",
            "correlation": own.max() if len(own) else np.nan,
            "information": information[name],
            "forest": forest[name],
            "permutation": cost.get(name, np.nan),
            "elimination": order.get(name, np.nan),
        }
        matters = name in cost and cost[name] > 2 * error[name]
        row["kept"], row["reason"] = _judge(
            row, doubles.get(name), chance=chance, enough=enough, matters=matters, left=len(left)
        )
        rows.append(row)
    rows += [{"feature": name, "kept": False, "reason": f"Dropped: it {why}."} for name, why in unusable.items()]
    table = pd.DataFrame(rows).sort_values(
        ["kept", "elimination", "information"], ascending=[False, True, False], kind="stable", ignore_index=True
    )
    return Selection(table.loc[table["kept"], "feature"].tolist(), table, by_count)


def _judge(
    row: Mapping[str, object], double: str | None, *, chance: float, enough: int, matters: bool, left: int
) -> tuple[bool, str]:
    """Return whether a feature is kept, and the reason in words."""
    if double is not None:
        return False, (
            f"Dropped: it says nearly the same as {name_of(double).lower()}, which tells more of the outcome."
        )
    place, cost = int(row["elimination"]), row["permutation"]
    # shuffling may help by chance, which is no cost below zero
    costs = f"shuffling it costs {max(0.0, cost):.4f} of AUC"
    if place <= max(enough, ENOUGH):
        return True, f"Kept: the elimination ends with it ({place} of {left}); {costs}."
    if matters:
        return True, f"Kept: {costs}, more than chance does, though a linear model can do without it."
    if row["information"] <= chance:
        return (
            False,
            "Dropped: by itself it tells no more than it does of shuffled outcomes, and no model misses it.",
        )
    return False, f"Dropped: the models do as well without it ({place} of {left} in the elimination)."


def mutual_information(inputs: pd.DataFrame, labels: np.ndarray, seed: int) -> tuple[dict[str, float], float]:
    """Return the share of the outcome's uncertainty that each feature removes, and what chance reaches.

    Mutual information (Ross, 2014, by nearest neighbours) over the outcome's entropy; chance is the largest value
    of any feature with shuffled outcomes.
    """
    share = np.clip(labels.mean(), 1e-9, 1 - 1e-9)
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    flags = (inputs.nunique() <= 2).to_numpy()
    found = mutual_info_classif(inputs, labels, discrete_features=flags, random_state=seed) / entropy
    shuffled = np.random.default_rng(seed).permutation(labels)
    nothing = mutual_info_classif(inputs, shuffled, discrete_features=flags, random_state=seed) / entropy
    return dict(zip(inputs, map(float, found), strict=True)), float(nothing.max())


def doubled(relations: pd.DataFrame, information: Mapping[str, float], same: float) -> dict[str, str]:
    """Return the features that another one replaces -> which one; of two alike the more telling stays."""
    order = sorted(relations.columns, key=lambda name: (-information[name], list(relations.columns).index(name)))
    stays: list[str] = []
    found = {}
    for name in order:
        alike = [other for other in stays if relations.loc[name, other] >= same]
        if alike:
            found[name] = max(alike, key=lambda other: relations.loc[name, other])
        else:
            stays.append(name)
    return found


def _forest_importance(inputs: pd.DataFrame, labels: np.ndarray, seed: int) -> dict[str, float]:
    """Return each feature's share of the impurity that a forest removes, on its training rows."""
    forest = RandomForestClassifier(100, min_samples_leaf=20, random_state=seed).fit(inputs, labels)
    return dict(zip(inputs, map(float, forest.feature_importances_), strict=True))


def permutation_cost(
    training: Training, names: Sequence[str], seed: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return how much AUC shuffling a feature costs on customers kept back, and the standard error of that.

    Measured with gradient boosting, which sees curves and interactions, over folds and shuffles (Breiman, 2001).
    """
    names, rng = list(names), np.random.default_rng(seed)
    drops: dict[str, list[float]] = {name: [] for name in names}
    for learn, judge in training.splits:
        inputs = training.inputs[names]
        model = build(Candidate("boosting", BOOSTING[0]), seed).fit(inputs.iloc[learn], training.bought[learn])
        seen, labels = inputs.iloc[judge], training.bought[judge]
        whole = auc(labels, model.predict_proba(seen)[:, 1])
        for name in names:
            lost = []
            for _ in range(SHUFFLES):
                mixed = seen.assign(**{name: rng.permutation(seen[name].to_numpy())})
                lost.append(whole - auc(labels, model.predict_proba(mixed)[:, 1]))
            drops[name].append(float(np.mean(lost)))
    mean = {name: float(np.mean(values)) for name, values in drops.items()}
    error = {name: float(np.std(values, ddof=1) / np.sqrt(len(values))) for name, values in drops.items()}
    return mean, error


def _eliminate(training: Training, names: Sequence[str]) -> tuple[dict[str, int], pd.DataFrame, np.ndarray]:
    """Drop the feature with the smallest weight again and again (Guyon and others, 2002).

    Returns:
        The place of each feature, 1 for the last to stay; the mean AUC by number of features; and the AUC by
        number of features and fold.
    """
    scaled = StandardScaler().fit_transform(training.inputs[list(names)])
    model = LogisticRegression(C=0.01, max_iter=5000)
    found = RFECV(model, cv=training.splits, scoring="roc_auc").fit(scaled, training.bought)
    places = RFE(model, n_features_to_select=1).fit(scaled, training.bought).ranking_
    scores = [found.cv_results_[f"split{fold}_test_score"] for fold in range(len(training.splits))]
    by_count = pd.DataFrame({"features": found.cv_results_["n_features"], "auc": np.mean(scores, axis=0)})
    return dict(zip(names, map(int, places), strict=True)), by_count, np.transpose(scores)


def fewest_enough(scores: np.ndarray) -> int:
    """Return the smallest number of features that the best number does not clearly beat, fold by fold.

    Args:
        scores: AUC, a row for each number of features from 1, a column a fold.
    """
    gain = scores[scores.mean(axis=1).argmax()] - scores
    error = gain.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
    return int(np.flatnonzero(gain.mean(axis=1) <= error)[0]) + 1

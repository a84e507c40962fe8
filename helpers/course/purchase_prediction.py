"""The exercises of chapter 09."""

from datetime import timedelta

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from helpers.course.exercises import Exercise, Names


def _pairs_in_order(low: np.ndarray, high: np.ndarray) -> float:
    """Return in what share of all pairs the value of `low` is below that of `high`; equal ones count half."""
    high = np.sort(high)
    below = len(high) - np.searchsorted(high, low, side="right")
    at_most = len(high) - np.searchsorted(high, low, side="left")
    return float((below + at_most).sum() / (2 * len(low) * len(high)))


def _recent_buyers(names: Names) -> float:
    recency, bought = names["test"]["recency"].to_numpy(float), names["y_test"]
    return _pairs_in_order(recency[bought], recency[~bought])


def _within_a_month(names: Names) -> float:
    """Return the share of the customers before the last cut-off who have a line in the thirty days from it on."""
    date = names["test"]["cut_off"].iloc[0]
    lines = names["lines"].select("customer_id", "ordered_at").collect("pandas").to_native()
    when, who = lines["ordered_at"], lines["customer_id"]
    known = set(who[when < date].dropna())
    return len(known & set(who[(when >= date) & (when < date + timedelta(days=30))])) / len(known)


def _with_rows_inside(names: Names) -> float:
    """Return the mean AUC of the folds, where each training part gets invented rows of its own."""
    x, y = names["X"][names["kept"]], names["y"]
    scaler, model = names["candidates"][names["best"]["logistic"]]
    found = []
    for learn, judge in names["splits"]:
        scale = clone(scaler).fit(x.iloc[learn])
        more, outcomes = clone(names["smote"]).fit_resample(scale.transform(x.iloc[learn]), y[learn])
        answers = clone(model).fit(more, outcomes).predict_proba(scale.transform(x.iloc[judge]))
        found.append(roc_auc_score(y[judge], answers[:, 1]))
    return float(np.mean(found))


def _best_of_useless(names: Names, seed: int) -> float:
    features = np.random.default_rng(seed).random((50, 100))
    return max(_pairs_in_order(feature[20:], feature[:20]) for feature in features)


EXERCISES = (
    Exercise(
        "Such a share is an area under the ROC curve, and whoever ordered lately should have the higher score.",
        _recent_buyers,
        lambda answer, right: (
            "In this share the buyer's last order is the older one." if np.isclose(answer, 1 - right) else None
        ),
        within=1e-3,
        slip="The sign is forgotten: a small recency is recent, and a score has to be high for buyers.",
    ),
    Exercise(
        "How often would somebody be right who says of everybody that they will not buy?",
        lambda names: "does not hold",
        slip="How often the commoner outcome occurs is not asked.",
    ),
    Exercise(
        "Of the customers at a cut-off, next_orders counts what they ordered within the horizon.",
        _within_a_month,
        lambda answer, right: (
            "A share of the customers is asked for." if answer > 1 and answer == int(answer) else None
        ),
        slip="The days are counted from the end of the data, where nothing follows that could be known.",
    ),
    Exercise(
        "The pipeline balanced['logistic', 'smote'] invents rows whenever it is fitted; splits looks forward.",
        _with_rows_inside,
        lambda answer, right: (
            "Whom is the model judged by: customers, at a date it has not seen, or rows made of those it learned?"
            if 0 < answer <= 1
            else None
        ),
        within=1e-4,
        slip="Only the folds are put right, and invented rows stay among those who are judged.",
    ),
    Exercise(
        "roc_auc_score takes who buys and one row of the features; keep all fifty and take the largest.",
        _best_of_useless,
        lambda answer, right: "The best of the fifty is asked for." if answer < right else None,
        within=1e-3,
        own=True,
        slip="The mean of the fifty is given, which is near a half as it should be.",
    ),
    Exercise(
        "What of the new feature is known on the day on which somebody has to decide?",
        slip="Correlation with the outcome is asked about, and not when the value was known.",
    ),
)

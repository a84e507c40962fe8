"""Can a column of the customers be predicted from others? A forest's answer, with and without copies to remember.

Three figures side by side: the accuracy in shuffled, stratified folds (where a copy of a row may be in training),
the accuracy with all copies of a row in one fold, and that of always guessing the most frequent class. Where the
second falls to the third, the first was memory.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from sklearn.pipeline import Pipeline, make_pipeline

from helpers.base.errors import StudyError
from helpers.predicting.audit import check_column, identical_rows
from helpers.predicting.folds import Folds, grouped_folds, out_of_fold, stratified_folds
from helpers.predicting.leaks import numbers


class ColumnClasses(NamedTuple):
    """How well a column was predicted, out of fold."""

    column: str
    rows: int
    distinct: int
    """Rows that differ."""
    majority: float
    """Share of the most frequent class: the accuracy of always guessing it."""
    stratified: float
    """Accuracy in stratified folds, copies of rows on both sides."""
    grouped: float
    """Accuracy with all copies of a row in one fold: the honest one."""
    grouped_f1: float
    """Macro F1, likewise."""
    grouped_precision: float
    """Macro precision, likewise; a class never said counts as 0."""
    classes: pd.DataFrame
    """A row a class, the most frequent first: `class`, `rows`, `stratified` and `grouped` (recall of each)."""

    @property
    def predictable(self) -> bool:
        """Whether the honest accuracy is above that of guessing the most frequent class."""
        return self.grouped > self.majority


def classify_column(
    frame: pd.DataFrame,
    column: str,
    features: Sequence[str],
    *,
    compared: Sequence[str],
    seed: int,
    folds: int = 5,
    trees: int = 300,
) -> ColumnClasses:
    """Predict a column of few values by a random forest, in two kinds of folds.

    The rows are taken in the order of `line` where there is one, because folds depend on the order.

    Args:
        frame: a row a customer.
        column: what to predict; rows without a value are left out.
        features: columns of numbers; gaps are filled with the median of the rows that are learned from.
        compared: columns in which copies of a row are the same, such as all of the source's own.
        seed: of the stratified folds and the forest.
        folds: how many.
        trees: of the forest.

    Raises:
        StudyError: a column is not there or a feature is not a number, the column has one value only, or there are
            fewer rows (or different rows) than folds.
    """
    for name in (column, *features, *compared):
        check_column(frame, name)
    frame = frame[frame[column].notna()]
    frame = frame.sort_values("line", ignore_index=True) if "line" in frame else frame.reset_index(drop=True)
    y = frame[column].astype(str).to_numpy()
    found, counts = np.unique(y, return_counts=True)
    if len(found) < 2:
        raise StudyError(f"The column {column!r} has {len(found)} value(s): there is nothing to tell apart.")
    x = numbers(frame[list(features)])
    for name in features:
        if name not in x:
            raise StudyError(f"The column {name!r} is no number, so it cannot help to predict {column!r}.")
    groups = identical_rows(frame, compared)
    cuts: tuple[Folds, Folds] = (stratified_folds(y, folds, seed), grouped_folds(groups, folds))
    predicted = [out_of_fold(lambda: _forest(trees, seed), x, y, cut) for cut in cuts]
    order = np.argsort(-counts, kind="stable")
    recalls = [recall_score(y, guess, labels=found, average=None, zero_division=0.0) for guess in predicted]
    classes = pd.DataFrame({"class": found, "rows": counts, "stratified": recalls[0], "grouped": recalls[1]}).iloc[
        order
    ]
    return ColumnClasses(
        column=column,
        rows=len(y),
        distinct=int(groups.max()) + 1,
        majority=float(counts.max() / len(y)),
        stratified=float(accuracy_score(y, predicted[0])),
        grouped=float(accuracy_score(y, predicted[1])),
        grouped_f1=float(f1_score(y, predicted[1], average="macro")),
        grouped_precision=float(precision_score(y, predicted[1], average="macro", zero_division=0)),
        classes=classes.reset_index(drop=True),
    )


def _forest(trees: int, seed: int) -> Pipeline:
    """Return a forest that fills gaps with the medians of what it learns from."""
    gaps = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(gaps, RandomForestClassifier(trees, random_state=seed))

"""A column of the customers as the thing to predict, in a source without dates: can it, or does it only seem so?

Two ways in which it only seems so: copies of a row on both sides of a split, which a model need but remember, and
a label that was computed from the model's own inputs, which a model need but repeat.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score, precision_score
from sklearn.model_selection import train_test_split

from helpers.base.errors import StudyError
from helpers.base.text import percent
from helpers.base.vocabulary import label
from helpers.predicting.audit import check_column
from helpers.predicting.classes import ColumnClasses, classify_column
from helpers.predicting.leaks import Leak, find_leaks, numbers
from helpers.show import theme
from helpers.show.display import as_text, describe

HELD_OUT = 0.2
"""Share of rows that the usual recipe keeps for its test."""
TREES = 300


class Usual(NamedTuple):
    """What the usual recipe reports: one random split of the rows, copies and all."""

    accuracy: float
    precision: float
    """Of the second class where there are two, else the mean over the classes."""
    f1: float
    tested: int
    twins: int
    """Rows of the test that have an identical twin among those learned from."""


class ColumnStudy(NamedTuple):
    """One column, what the usual recipe says of it, and what holds."""

    column: str
    usual: Usual
    honest: ColumnClasses
    cut: str | None
    """A column that this one is a step of: all of one class lie above all of the other."""
    formula: Leak | None
    """The formula by which the inputs give that column; None also where the column is an input itself."""
    given: bool
    """Whether the column that this one is a step of is an input itself."""

    @property
    def is_formula(self) -> bool:
        """Whether the label follows from the inputs by a formula."""
        return self.given or self.formula is not None

    @property
    def f1(self) -> float | None:
        """The honest macro F1; None where a formula was predicted, which is no prediction."""
        return None if self.is_formula else self.honest.grouped_f1

    @property
    def precision(self) -> float | None:
        """The honest macro precision; None where a formula was predicted."""
        return None if self.is_formula else self.honest.grouped_precision


def study_columns(
    customers: pd.DataFrame,
    columns: Sequence[str],
    inputs: Sequence[str],
    compared: Sequence[str],
    *,
    seed: int,
    folds: int,
) -> list[ColumnStudy]:
    """Return what can be said of each column (`study_column`).

    Raises:
        StudyError: no inputs are named, or a column cannot be studied.
    """
    if not inputs:
        raise StudyError(
            "purchase_prediction.columns names a column, but inputs is empty: name columns of numbers."
        )
    return [study_column(customers, column, inputs, compared, seed=seed, folds=folds) for column in columns]


def study_column(
    customers: pd.DataFrame, column: str, inputs: Sequence[str], compared: Sequence[str], *, seed: int, folds: int
) -> ColumnStudy:
    """Return what can be said of a column.

    Args:
        customers: a row a customer.
        column: of two or more classes.
        inputs: columns of numbers.
        compared: columns in which copies of a row are the same.
        seed: of the split, the folds and the forest.
        folds: how many.

    Raises:
        StudyError: a column is missing or no number, there is one class only, or fewer rows than folds.
    """
    for name in (column, *inputs):
        check_column(customers, name)
    honest = classify_column(customers, column, inputs, compared=compared, seed=seed, folds=folds, trees=TREES)
    cut = step_of(customers, column)
    given = cut in inputs
    leaks = find_leaks(customers[list(inputs)], customers[cut]) if cut and not given else []
    usual = _usual(customers, column, inputs, compared, seed)
    return ColumnStudy(column, usual, honest, cut, leaks[0] if leaks else None, given)


def step_of(customers: pd.DataFrame, column: str) -> str | None:
    """Return a column of numbers that a column of two classes cuts in two, the one with most values; or None."""
    classes = sorted(customers[column].dropna().unique(), key=str)
    if len(classes) != 2:
        return None
    upper = (customers[column] == classes[1]).to_numpy()
    found = []
    for name, values in numbers(customers.drop(columns=column)).items():
        if values.isna().any() or values.nunique() < 10:
            continue
        above, below = values[upper], values[~upper]
        if above.min() > below.max() or below.min() > above.max():
            found.append((-values.nunique(), name))
    return min(found)[1] if found else None


def _usual(
    customers: pd.DataFrame, column: str, inputs: Sequence[str], compared: Sequence[str], seed: int
) -> Usual:
    """Return what one random, stratified split reports."""
    frame = customers[customers[column].notna()]
    frame = frame.sort_values("line", ignore_index=True) if "line" in frame else frame.reset_index(drop=True)
    labels = frame[column].astype(str).astype("category").cat.codes.to_numpy()
    x = numbers(frame[list(inputs)])
    x = x.fillna(x.median())
    rows = np.arange(len(frame))
    try:
        learn, test = train_test_split(rows, test_size=HELD_OUT, random_state=seed, stratify=labels)
    except ValueError:
        raise StudyError(
            f"A class of the column {column!r} has too few rows ({np.bincount(labels).min()}) to stand on both "
            "sides of a split: join it with another one."
        ) from None
    said = RandomForestClassifier(TREES, random_state=seed).fit(x.iloc[learn], labels[learn]).predict(x.iloc[test])
    average = "binary" if labels.max() == 1 else "macro"
    known = frame[list(compared)].astype(str).agg("\t".join, axis=1)
    return Usual(
        float(accuracy_score(labels[test], said)),
        float(precision_score(labels[test], said, average=average, zero_division=0)),
        float(f1_score(labels[test], said, average=average, zero_division=0)),
        len(test),
        int(known.iloc[test].isin(set(known.iloc[learn])).sum()),
    )


def classes_table(found: ColumnStudy) -> pd.DataFrame:
    """Return the classes of a column with the share found of each; true and false as people write them."""
    return found.honest.classes.replace({"class": {"True": "yes", "False": "no"}})


def read_column(found: ColumnStudy) -> str:
    """Say what holds for a column."""
    usual, honest, name = found.usual, found.honest, label(found.column).lower()
    if found.is_formula:
        cut = label(found.cut).lower()
        origin = f"{cut} is one of the inputs" if found.given else found.formula.in_words
        return (
            f"The usual recipe finds {name} with an F1 of {usual.f1:.2f}. That says nothing: {name} is "
            f"{cut} cut in two, and {origin}. The model repeats a formula of its own inputs. The label was "
            "computed and not observed, so whether what it stands for can be predicted cannot be tested here."
        )
    text = (
        f"The usual recipe finds {name} with an accuracy of {usual.accuracy:.3f}, but {usual.twins} of its "
        f"{usual.tested} test rows have an identical twin among the rows it learned from. With copies kept "
        f"together the accuracy is {honest.grouped:.3f}; always guessing the most frequent class reaches "
        f"{honest.majority:.3f}."
    )
    verdict = (
        " It can be predicted."
        if honest.predictable
        else " What looked like prediction was memory: it cannot be predicted."
    )
    return text + verdict


def advise(studied: Sequence[ColumnStudy]) -> str:
    """Say what to do with what was found of the columns."""
    texts = []
    for each in studied:
        name = label(each.column).lower()
        if each.is_formula:
            texts.append(
                f"Use the formula for {name}, it needs no model; to predict what it stands for, record whom it "
                "happened to, and when."
            )
        elif each.honest.predictable:
            texts.append(f"A model of {name} may be used; watch its accuracy on new customers.")
        else:
            texts.append(f"Do not act on a predicted {name}: guessing does at least as well.")
    return " ".join(texts)


def column_findings(found: ColumnStudy) -> dict[str, object]:
    """Return what is recorded of a column."""
    honest = found.honest
    return {
        "accuracy": None if found.is_formula else honest.grouped,
        "f1": found.f1,
        "precision": found.precision,
        "stratified": honest.stratified,
        "grouped": honest.grouped,
        "majority": honest.majority,
        "classes": len(honest.classes),
        "distinct_rows": honest.distinct,
        "cut_of": found.cut,
        "formula": found.formula.formula if found.formula else None,
    }


def column_charts(studied: Sequence[ColumnStudy]) -> list[go.Figure]:
    """Return for each column its accuracy by the usual recipe, in both kinds of folds, and by guessing."""
    return [_accuracies(each) for each in studied]


def _accuracies(found: ColumnStudy) -> go.Figure:
    honest = found.honest
    bars = {
        "One random split": found.usual.accuracy,
        "Folds, copies on both sides": honest.stratified,
        "Folds, copies together": honest.grouped,
        "Always the most frequent class": honest.majority,
    }
    colours = [theme.ORANGE, theme.ORANGE, theme.BLUE, theme.NEUTRAL]
    figure = go.Figure(
        go.Bar(
            x=[round(value, 4) for value in bars.values()],
            y=list(bars),
            orientation="h",
            text=[percent(value) for value in bars.values()],
            marker_color=colours,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    name = as_text([label(found.column)])[0]
    formula = ": a formula of the inputs" if found.is_formula else ""
    figure.update_layout(title_text=f"{name}, predicted{formula}", height=280)
    figure.update_xaxes(title_text="Accuracy", tickformat=".0%", range=[0, 1.08])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    said = ", ".join(f"{name.lower()} {percent(value)}" for name, value in bars.items())
    return describe(figure, f"Bars of the accuracy with which {found.column} is predicted: {said}.")

"""A task: what is predicted from what, and how the rows are divided, for amounts (07) and classes (09) alike.

Rows are customers, or customers at several cut-offs. `when` numbers the cut-offs from 0; without time it is 0 for
all. Then folds keep groups together; with time the last cut-off is the test, and training looks forward as well.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.base.sampling import sample_rows
from helpers.predicting.folds import Folds, grouped_folds

LOOKS_BACK = 3
"""Cut-offs that tuning validates on: the latest ones, each by what came before it."""
TAUGHT = 10
"""Times the customers that choices are made on: so many the models chosen learn from at most. They know what all
have in common, and what was learned is applied to everybody."""


@dataclass(frozen=True)
class Task:
    """What is predicted from what, and how the rows are divided."""

    x: pd.DataFrame
    """Features as models take them: numbers as floats, all else as text."""
    y: np.ndarray
    """The outcome: an amount, or whether something happened."""
    groups: np.ndarray
    """A label a row that training and test never share: copies of a row, or a customer at several cut-offs."""
    ids: np.ndarray
    """The customer of each row."""
    when: np.ndarray
    """The cut-off of each row, from 0; 0 for all where rows have no time."""
    folds: Folds = field(default_factory=list)
    """Rows to learn from and to be measured on."""

    @property
    def names(self) -> list[str]:
        """The features."""
        return list(self.x.columns)

    @property
    def tested(self) -> np.ndarray:
        """Positions of the rows that are measured on: those of the last cut-off, which without time are all."""
        return np.flatnonzero(self.when == self.when.max())

    @property
    def through_time(self) -> bool:
        """Whether earlier cut-offs are learned from, and the last one is the test."""
        return bool(self.when.max() > 0)


def folds_within(task: Task, learn: np.ndarray, parts: int) -> Folds:
    """Return folds within training rows, as positions, to tune and to choose by.

    Through time each of the latest cut-offs is predicted from those before it. Where a ledger has fewer than
    LOOKS_BACK of them, the choice would hang on one season: folds of customers are added.

    Args:
        task: whose groups and cut-offs count.
        learn: positions of the training rows.
        parts: folds of groups, where there is no time.
    """
    folds: Folds = []
    if task.through_time:
        moments = task.when[learn]
        later = np.unique(moments)[1:][-LOOKS_BACK:]
        folds = [(learn[moments < moment], learn[moments == moment]) for moment in later]
    wanted = LOOKS_BACK - len(folds) if task.through_time else parts
    most = min(wanted, len(np.unique(task.groups[learn])))
    if most >= 2:
        folds += [(learn[a], learn[b]) for a, b in grouped_folds(task.groups[learn], most)]
    return folds


def drawn(customers: int, choose_on: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whether choices are made on each customer, and whether the models chosen learn from them.

    At most `choose_on` customers are asked and TAUGHT times as many are taught, those asked among them; they are
    drawn at random where there are more, so that trying costs the same however many customers there are.
    """
    taught = sample_rows(customers, TAUGHT * choose_on, seed)
    asked = taught[sample_rows(len(taught), choose_on, seed)]
    numbers = np.arange(customers)
    return np.isin(numbers, asked), np.isin(numbers, taught)

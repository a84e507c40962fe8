"""What to look at before any model: copies of rows, features that give the target away or say the same."""

import warnings
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError, nearest
from helpers.predicting.leaks import Leak, find_leaks, numbers

INFLATED = 10.0
"""Variance inflation from which a feature is called collinear (Marquardt, 1970)."""
EXACT = 1e9
"""Variance inflation from which only rounding keeps it from being infinite."""
IDENTIFIERS = ("line", "customer_id", "order_id")
"""Columns that tell rows apart and say nothing about a customer: never features, never compared."""


class Audit(NamedTuple):
    """What was found before any model was fitted."""

    rows: int
    groups: np.ndarray
    """A label a row; rows that are the same in every compared column share it."""
    leaks: list[Leak]
    after: list[str]
    """Features declared to be known only after the event."""
    useless: dict[str, str]
    """Feature -> why it can say nothing: it is empty or constant."""
    collinear: pd.DataFrame
    """`collinearity` of the features that are left to be used."""

    @property
    def distinct(self) -> int:
        """How many rows differ."""
        return int(self.groups.max()) + 1 if self.rows else 0

    @property
    def duplicates(self) -> int:
        """Rows that are copies of another one."""
        return self.rows - self.distinct

    @property
    def suspects(self) -> list[str]:
        """Features to leave out because of a leak, in the order in which they were found."""
        return list(dict.fromkeys(name for leak in self.leaks for name in leak.suspects))


def audit(
    frame: pd.DataFrame,
    target: str,
    features: Sequence[str],
    *,
    compared: Sequence[str] | None = None,
    derived: Collection[str] = (),
    after: Collection[str] = (),
    asked: np.ndarray | None = None,
) -> Audit:
    """Look for what would make a model look better than it is.

    Args:
        frame: a row a customer, with the target.
        target: what is to be predicted.
        features: candidates; texts and truth values are welcome.
        compared: columns in which copies are the same; all but identifiers where not given. The source's own
            columns are the right ones: what is derived of them adds nothing.
        derived: features that were computed from other columns: of a formula's inputs they are the ones to drop.
        after: features declared to be known only after the event; they stay in the search for leaks.
        asked: positions of the rows in which formulas and collinearity are looked for; all where not given. Copies
            are looked for in every row.

    Raises:
        StudyError: the target, a feature or a declared one is no column.
    """
    for name in (target, *features, *after):
        check_column(frame, name)
    late = list(dict.fromkeys(after))
    compared = [name for name in frame.columns if name not in IDENTIFIERS] if compared is None else list(compared)
    useless = unusable(frame[list(features)])
    usable = [name for name in features if name not in useless]
    some = frame if asked is None else frame.iloc[asked].reset_index(drop=True)
    leaks = find_leaks(some[usable], some[target], derived=derived)
    dropped = {name for leak in leaks for name in leak.suspects} | set(late)
    left = [name for name in usable if name not in dropped]
    return Audit(
        rows=len(frame),
        groups=identical_rows(frame, compared),
        leaks=leaks,
        after=[name for name in late if name in features],
        useless=useless,
        collinear=collinearity(some[left]),
    )


def check_column(frame: pd.DataFrame, name: str) -> None:
    """Raise a StudyError where the customers have no such column."""
    if name not in frame.columns:
        raise StudyError(f"The customers have no column {name!r}{nearest(name, map(str, frame.columns)) or '.'}")


def identical_rows(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> np.ndarray:
    """Return a label a row, from 0 by first appearance; rows that are the same in every column share it.

    Two missing values count as the same. All columns are compared where none are given.
    """
    compared = frame if columns is None else frame[list(columns)]
    if compared.shape[1] == 0:  # nothing tells these rows apart, and nothing says that they are the same
        return np.arange(len(frame))
    return compared.groupby(list(compared.columns), sort=False, dropna=False).ngroup().to_numpy()


def unusable(frame: pd.DataFrame) -> dict[str, str]:
    """Return the features that can say nothing, with the reason in words."""
    found = {}
    for name in frame.columns:
        values = frame[name].nunique(dropna=True)
        if values == 0:
            found[str(name)] = "has no value at all"
        elif values == 1 and not frame[name].isna().any():
            found[str(name)] = "is the same for everybody"
    return found


def collinearity(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how far each number can be told from the others, the most collinear first.

    The variance inflation factor is 1 / (1 - R2) of the feature regressed on all others: 1 stands alone, infinite
    is a sum of others. Gaps are filled with the median.

    Returns:
        A row a numeric feature that varies: `feature`, `vif`, `nearest` (the feature it correlates with most) and
        `correlation` with it (Pearson).
    """
    table = numbers(frame)
    table = table.fillna(table.median())
    table = table.loc[:, table.nunique() > 1]
    columns = ["feature", "vif", "nearest", "correlation"]
    if table.shape[1] < 2 or len(table) < 3:
        return pd.DataFrame(columns=columns)
    alike = table.corr()
    among_others = alike.mask(np.eye(len(alike), dtype=bool), 0.0)
    with_constant = np.column_stack([np.ones(len(table)), (table - table.mean()) / table.std()])
    from statsmodels.stats.outliers_influence import variance_inflation_factor  # takes seconds to import

    rows = []
    for place, name in enumerate(table.columns):
        with warnings.catch_warnings(), np.errstate(divide="ignore"):
            warnings.simplefilter("ignore")  # it warns of what it is asked for: features that follow from others
            vif = variance_inflation_factor(with_constant, place + 1)
        closest = among_others[name].abs().idxmax()
        rows.append((name, max(1.0, vif) if vif < EXACT else np.inf, closest, among_others.loc[closest, name]))
    result = pd.DataFrame(rows, columns=columns)
    return result.sort_values(["vif", "feature"], ascending=[False, True], ignore_index=True)

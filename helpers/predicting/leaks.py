"""Features that give the target away: can it be worked out from one or a few of them, within their rounding?

A model with such a feature only repeats a formula. The search does not know where a feature comes from; it tries

- one feature: the target in another unit or on another scale (it rises with the feature without exception), with a
  little noise, or cut into steps (the levels of the feature never overlap in the target);
- two features: a product or a ratio up to a factor;
- two or more: a weighted sum or difference, of the target itself or of its rank.

But for noise, a formula counts when it holds in every row up to what rounding explains: half a unit of the last
decimal of the target and of each feature, carried through the formula.
"""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.text import number
from helpers.base.vocabulary import label

FEWEST_ROWS = 20
"""Rows below which a formula that fits may be chance."""
FEWEST_VALUES = 10
"""Different values of the target below which it may be, too."""
LEVELS = 30
"""Levels of a category for which factors of their own are tried."""
MOST_DECIMALS = 6
"""Values with more decimals than that were not rounded."""
EXACT = 1e-9
"""Relative deviation that floating point alone explains."""
LOOSEST = 0.02
"""Median relative deviation that rounding may explain; above it, half the formulas there are would fit."""
NEARLY = 0.9995
"""Variance that a sum must explain before it is looked at row by row. A feature whose ranks or values explain as
much of the target's is the target with a little noise: nothing known before an outcome says so much about it."""
IN_ORDER = 0.99
"""Variance that a feature's ranks must explain for its values to count. With a little noise two or three of thirty
rows change places, which is much of the ranks' variance; but one very large value alone makes values agree."""
SLACK = 1.5
"""How much further than by rounding a least squares sum may be from the target."""
SUMS = 5
"""Sums that are looked for one after the other."""


class Leak(NamedTuple):
    """A way in which features give the target away."""

    kind: str
    """`same`, `noisy`, `steps`, `product`, `ratio` or `sum`."""
    formula: str
    """In column names: `spend_to_income_ratio x income = revenue`."""
    features: tuple[str, ...]
    suspects: tuple[str, ...]
    """The features to leave out: those that were derived, or all of them where nobody says which those are."""
    deviation: float
    """The largest deviation of the formula from the target, over the target's standard deviation; with noise, the
    share of the variance that it leaves."""

    @property
    def in_words(self) -> str:
        """The formula with its columns as people read them."""
        return re.sub(r"\b\w*_\w*\b", lambda name: label(name[0]).lower(), self.formula).replace(" x ", " × ")


class _Number(NamedTuple):
    """A column of numbers and how far rounding may have moved each."""

    name: str
    values: np.ndarray
    half_unit: float


def find_leaks(features: pd.DataFrame, target: pd.Series, derived: Collection[str] = ()) -> list[Leak]:
    """Return the formulas by which features give a target away; none where there are too few rows to tell.

    A feature that a simpler formula has named as derived is not tried in the next one.

    Args:
        features: a row a customer: numbers, truth values and categories.
        target: numbers, aligned to it.
        derived: features known to be computed from other columns.
    """
    y = pd.to_numeric(target.map(_plain), errors="coerce").to_numpy(float)
    rows = np.isfinite(y)
    if rows.sum() < FEWEST_ROWS or len(np.unique(y[rows])) < FEWEST_VALUES:
        return []
    known = features.loc[rows].reset_index(drop=True)
    goal = _Number(str(target.name), y[rows], half_unit(y[rows], whole=True))
    harmless = restated(known, derived)
    derived = set(derived) - set(harmless)
    found = _single(known, goal, harmless)
    left = _without(numbers(known), found)
    found += _pairs(left, goal, derived)
    left = _without(left, found)
    left = left.loc[:, left.notna().all()]
    found += _sums(left, goal, derived)
    left = _without(left, found)
    ranks = _Number(f"rank of {goal.name}", pd.Series(goal.values).rank(pct=True).to_numpy(), EXACT)
    return found + _sums(left, ranks, derived)


def restated(frame: pd.DataFrame, derived: Collection[str]) -> list[str]:
    """Return the derived features that only say again what one column of the source says, such as its logarithm.

    They are a column of the source on another scale, cut into steps, or a value for each level of a category.
    Whatever formula they stand in, they bring nothing into it that the source did not have.
    """
    sources = [frame[name] for name in frame.columns if name not in derived]
    candidates = [str(name) for name in frame.columns if name in derived]
    return [name for name in candidates if any(_says_again(frame[name], source) for source in sources)]


def _says_again(feature: pd.Series, source: pd.Series) -> bool:
    """Return whether a feature follows from one other column."""
    if source.nunique() < 2:
        return False
    if pd.api.types.is_numeric_dtype(source) and not source.isna().any():
        return _cuts(feature, source.to_numpy(float)) or bool(_direction(feature, source))
    if source.nunique() > LEVELS or source.value_counts().min() < 3:
        return False
    return bool((feature.groupby(source.to_numpy()).nunique(dropna=False) == 1).all())


def _direction(feature: pd.Series, goal: pd.Series) -> str:
    """Return `rises` or `falls` where a feature does so with the goal without exception, ties included."""
    if not pd.api.types.is_numeric_dtype(feature) or feature.isna().any():
        return ""
    ranks = goal.rank(method="dense").to_numpy()
    for sign, word in ((1, "rises"), (-1, "falls")):
        if np.array_equal((sign * feature.astype(float)).rank(method="dense").to_numpy(), ranks):
            return word
    return ""


def numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of numbers as floats; truth values are 0 and 1, dates and texts are left out."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if values.dtype == object and any(isinstance(value, Decimal) for value in values.dropna().head(1)):
            columns[name] = values.map(_plain).astype(float)
        elif pd.api.types.is_numeric_dtype(values):
            columns[name] = values.astype(float)
    return pd.DataFrame(columns, index=frame.index)


def half_unit(values: np.ndarray, *, whole: bool = False) -> float:
    """Return how far rounding may have moved numbers: half a unit of their last decimal.

    Args:
        values: numbers; missing ones are ignored.
        whole: whether whole numbers count as rounded. Amounts may be; counts and years are exact.

    Returns:
        0 where the values were not rounded.
    """
    known = values[np.isfinite(values)]
    for decimals in range(MOST_DECIMALS + 1):
        scaled = known * 10.0**decimals
        if np.all(np.abs(scaled - np.round(scaled)) <= EXACT * np.maximum(1, np.abs(scaled))):
            return 0.5 * 10.0**-decimals if decimals or whole else 0.0
    return 0.0


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _without(frame: pd.DataFrame, found: list[Leak]) -> pd.DataFrame:
    dropped = {name for leak in found for name in leak.suspects}
    return frame[[name for name in frame.columns if name not in dropped]]


def _suspects(names: tuple[str, ...], derived: Collection[str]) -> tuple[str, ...]:
    """Return which inputs of a formula to leave out: those that are derived, else all of them."""
    return tuple(name for name in names if name in derived) or names


def _columns(frame: pd.DataFrame) -> list[_Number]:
    return [_Number(str(n), frame[n].to_numpy(float), half_unit(frame[n].to_numpy(float))) for n in frame.columns]


def _single(frame: pd.DataFrame, goal: _Number, harmless: Collection[str]) -> list[Leak]:
    """Find features that are the target on another scale, or cut it into steps.

    Where steps of an honest feature happen to be steps of the target too, they are no leak (`harmless`).
    """
    found = []
    table = numbers(frame)
    for name in map(str, frame.columns):
        word = _direction(table[name], pd.Series(goal.values)) if name in table else ""
        if word:
            found.append(Leak("same", f"{goal.name} {word} with {name}", (name,), (name,), 0.0))
        elif name not in harmless and _cuts(frame[name], goal.values):
            found.append(Leak("steps", f"{goal.name} cut into steps = {name}", (name,), (name,), 0.0))
        elif name in table and (share := _explained(table[name], goal)) >= NEARLY:
            found.append(Leak("noisy", f"{goal.name} with little noise = {name}", (name,), (name,), 1 - share))
    return found


def _explained(feature: pd.Series, goal: _Number) -> float:
    """Return the share of the goal's variance that a feature explains by ranks or values; 0 with gaps in it."""
    if feature.isna().any() or feature.nunique() < FEWEST_VALUES:
        return 0.0
    ranks, values = (feature.corr(pd.Series(goal.values), method=by) ** 2 for by in ("spearman", "pearson"))
    return float(max(ranks, values) if ranks >= IN_ORDER else ranks)


def _cuts(levels: pd.Series, y: np.ndarray) -> bool:
    """Return whether the levels of a feature divide the target into ranges that never overlap.

    Every level needs as many values of the target as would hardly lie side by side by chance.
    """
    if levels.isna().any() or not 2 <= levels.nunique() <= LEVELS:
        return False
    spans = pd.Series(y).groupby(levels.to_numpy()).agg(["min", "max", "nunique"]).sort_values("min")
    if spans["nunique"].min() < 3 or spans["nunique"].sum() < FEWEST_VALUES:
        return False
    return bool((spans["min"].to_numpy()[1:] > spans["max"].to_numpy()[:-1]).all())


def _pairs(frame: pd.DataFrame, goal: _Number, derived: Collection[str]) -> list[Leak]:
    """Find products and ratios of two features that are the target, up to a factor."""
    found = []
    for one, other in combinations(_columns(frame), 2):
        first, second = (other, one) if other.name in derived and one.name not in derived else (one, other)
        tried: tuple[tuple[str, str, Callable[[], np.ndarray], tuple[str, str]], ...] = (
            ("product", "x", lambda a=first, b=second: a.values * b.values, (first.name, second.name)),
            ("ratio", "/", lambda a=one, b=other: _divided(a.values, b.values), (one.name, other.name)),
            ("ratio", "/", lambda a=one, b=other: _divided(b.values, a.values), (other.name, one.name)),
        )
        for kind, sign, formula, names in tried:
            held = _holds(formula(), goal, (one, other))
            if held is not None:
                factor, deviation = held
                text = f"{_factor(factor)}{names[0]} {sign} {names[1]} = {goal.name}"
                found.append(Leak(kind, text, names, _suspects(names, derived), deviation))
    return found


def _divided(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0)


def _holds(value: np.ndarray, goal: _Number, inputs: tuple[_Number, ...]) -> tuple[float, float] | None:
    """Return the factor and deviation with which a product or ratio is the target in every row, or None."""
    usable = np.isfinite(value) & (value != 0)
    if usable.sum() < FEWEST_ROWS or usable.mean() < 0.95 or len(np.unique(goal.values[usable])) < FEWEST_VALUES:
        return None
    y, value = goal.values[usable], value[usable]
    factor = float(np.median(y / value))
    if abs(factor - 1) < 0.01 and _fits(value, y, goal, inputs, usable):
        factor = 1.0  # rounded inputs move the median a little
    if factor == 0 or not _fits(factor * value, y, goal, inputs, usable):
        return None
    return factor, float(np.abs(factor * value - y).max() / goal.values.std())


def _fits(
    predicted: np.ndarray, y: np.ndarray, goal: _Number, inputs: tuple[_Number, ...], rows: np.ndarray
) -> bool:
    """Return whether a product or ratio is as near to the target as rounding allows, in every row."""
    relative = np.zeros(len(y))
    for each in inputs:
        size = np.abs(each.values[rows])
        relative += np.divide(each.half_unit, size, out=np.zeros(len(y)), where=size > 0)
    allowed = goal.half_unit + np.abs(predicted) * relative + EXACT * np.abs(y).max()
    narrow = np.median(allowed) <= LOOSEST * np.median(np.abs(y)) and np.median(allowed) <= 0.1 * y.std()
    return bool(narrow and (np.abs(predicted - y) <= allowed).all())


def _factor(factor: float) -> str:
    return "" if abs(factor - 1) < EXACT else f"{number(factor)} x "


def _sums(frame: pd.DataFrame, goal: _Number, derived: Collection[str]) -> list[Leak]:
    """Find weighted sums of features that are the target, the one with the fewest inputs first."""
    found: list[Leak] = []
    ranked = goal.half_unit == EXACT
    left = frame.loc[:, frame.nunique() > 1]
    for _ in range(SUMS):
        names = _fewest(left, goal, derived, whole=ranked)
        if names is None:
            break
        weights, deviation = _sum_of(left[names], goal)
        parts = [f"{number(float(w))} x {n}" for n, w in zip(names, weights[1:], strict=True)]
        text = f"{' + '.join(parts).replace('+ -', '- ')} + {number(float(weights[0]))} = {goal.name}"
        leak = Leak("sum", text.replace("+ -", "- "), tuple(names), _suspects(tuple(names), derived), deviation)
        found.append(leak)
        left = left[[name for name in left.columns if name not in leak.suspects]]
    return found


def _fewest(frame: pd.DataFrame, goal: _Number, derived: Collection[str], *, whole: bool) -> list[str] | None:
    """Return the inputs of a sum that is the target, none of which can be spared; None where there is no such sum.

    Columns of the source are kept before derived ones, so that a formula names the fewest derived features.
    """
    # whole numbers may be rounded where ranks are the goal: a score from 0 to 100 often is
    names = list(frame.columns)
    if not names or len(frame) < FEWEST_ROWS + len(names) or not _is_sum(frame[names], goal, whole=whole):
        return None
    for name in sorted(names, key=lambda name: (name not in derived, -names.index(name))):
        fewer = [other for other in names if other != name]
        if fewer and _is_sum(frame[fewer], goal, whole=whole):
            names = fewer
    return names


def _sum_of(frame: pd.DataFrame, goal: _Number) -> tuple[np.ndarray, float]:
    """Return constant and weights of the least squares sum, and its largest deviation over the target's own."""
    x = frame.to_numpy(float)
    middle, spread = x.mean(axis=0), x.std(axis=0)
    scaled = np.column_stack([np.ones(len(x)), (x - middle) / spread])
    weights = np.linalg.lstsq(scaled, goal.values, rcond=1e-10)[0]
    deviation = np.abs(scaled @ weights - goal.values).max() / goal.values.std()
    own = weights[1:] / spread
    return np.concatenate([[weights[0] - own @ middle], own]), float(deviation)


def _is_sum(frame: pd.DataFrame, goal: _Number, *, whole: bool) -> bool:
    """Return whether the least squares sum of features is as near to the target as rounding allows."""
    weights, deviation = _sum_of(frame, goal)
    units = np.array([half_unit(frame[name].to_numpy(float), whole=whole) for name in frame.columns])
    spread = goal.values.std()
    predicted = weights[0] + frame.to_numpy(float) @ weights[1:]
    explained = 1 - np.mean((predicted - goal.values) ** 2) / spread**2
    # least squares centres the mean of the deviations, not their range
    allowed = SLACK * (goal.half_unit + float(np.abs(weights[1:]) @ units)) / spread + 1e-7
    return bool(explained >= NEARLY and deviation <= allowed)

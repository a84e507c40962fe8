"""What stands in a column of a file nobody has described, and for what that does: shares, extremes, examples."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.places import locate
from helpers.base.vocabulary import COLUMNS, FEATURES, IDS, MOMENT, TEXT
from helpers.ledger.numbers import as_number

NEARLY_ALL = 0.95
ALL = 0.98
"""Share of distinct values from which a column tells its rows apart."""
LOOKED_AT = 300
"""Distinct values of a column that are looked at for countries."""
FEW = {"gender": 6, "discount_applied": 3}
"""Columns of a few values, and how many they have at most."""
TYPES = {name: column.type for name, column in (FEATURES | COLUMNS).items()}


class Content(NamedTuple):
    """What stands in a column, as shares of its lines with a value."""

    filled: int
    distinct: int
    numbers: float
    whole: float
    dates: float
    letters: float
    spaced: float
    """With a space between words: a name rather than a code."""
    countries: float
    mails: float
    """Addresses of e-mail."""
    lowest: float
    highest: float
    """Of the numbers; NaN where there are none."""
    example: str


def content_of(texts: pd.Series, decimal: str, dates: float) -> Content:
    """Return what stands in a column of texts.

    Args:
        texts: trimmed, None where there is no value.
        decimal: the decimal mark of the file.
        dates: share of its values that can be read as a date.
    """
    values = texts.dropna()
    counts = values.value_counts(sort=False)
    different = pd.Series(counts.index, dtype="str")
    weights = counts.to_numpy() / max(len(values), 1)
    numbers = as_number(different, decimal)
    asked = different[different.str.contains(r"[^\W\d_]", na=False)].head(LOOKED_AT)
    placed = locate(list(asked))["code"].notna().to_numpy() if len(asked) else np.zeros(1)
    return Content(
        filled=len(values),
        distinct=len(counts),
        numbers=float(weights[numbers.notna()].sum()),
        whole=float(weights[(numbers % 1 == 0).to_numpy()].sum()),
        dates=dates,
        letters=float(weights[different.str.contains(r"[^\W\d_]", na=False).to_numpy()].sum()),
        spaced=float(weights[different.str.contains(r"\w\s+\w", na=False).to_numpy()].sum()),
        countries=float(placed.mean()),
        mails=float(weights[different.str.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", na=False).to_numpy()].sum()),
        lowest=float(numbers.min()),
        highest=float(numbers.max()),
        example=str(values.iloc[0]) if len(values) else "",
    )


def fit(name: str, content: Content) -> float:
    """Return how well content suits a column, from 0 (not at all) to 1."""
    if not content.filled:
        return 0
    kind = TYPES[name]
    if kind == MOMENT:
        return float(content.dates >= NEARLY_ALL)
    if name in IDS:
        if content.dates >= NEARLY_ALL and content.numbers < NEARLY_ALL:
            return 0
        if content.numbers - content.whole > 1 - NEARLY_ALL:  # fractions are amounts, not codes
            return 0
        return 0.5 if content.spaced > 0.5 else 1.0
    if name == "product_name":
        return 0.5 + content.spaced / 2 if content.letters > 0.5 else 0
    if name == "country":
        return content.countries if content.letters > 0.5 and content.countries > 0.3 else 0
    if name in FEW:
        return float(content.distinct <= FEW[name])
    if kind == TEXT:
        return 1.0 if content.letters > 0.5 else 0.2
    if content.numbers < NEARLY_ALL:
        return 0
    if name == "quantity":
        return 0.5 + content.whole / 2
    if name == "age":
        return float(content.lowest >= 0 and content.highest <= 120)
    return 1.0

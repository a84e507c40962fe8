"""Who is given a discount, how often do customers buy, and what goes with what?"""

from typing import NamedTuple

import pandas as pd

PURCHASES_A_YEAR = {
    "weekly": 52, "fortnightly": 26, "bi-weekly": 26, "monthly": 12, "quarterly": 4, "every 3 months": 4,
    "annually": 1,
}  # fmt: skip
"""What rhythms in words mean; "bi-weekly" is read as every second week."""
YES = "yes"


class Discounts(NamedTuple):
    """Who is given a discount, and whether they buy more often."""

    rows: int
    share: float
    by_gender: dict[str, float]
    """Share with a discount in each gender; empty without genders."""
    of_gender: dict[str, int]
    """Customers of each gender."""
    a_year: tuple[float, float] | None
    """Mean purchases a year with a discount and without; None without rhythms."""


def purchases_a_year(rhythm: object) -> float:
    """Return how many purchases a year a rhythm in words means; NaN for one that is not in the list."""
    return float(PURCHASES_A_YEAR.get(str(rhythm).strip().lower(), float("nan")))


def discounts(people: pd.DataFrame) -> Discounts | None:
    """Return who is given a discount, from a column of Yes and No; None without it."""
    if "discount_applied" not in people:
        return None
    given = people["discount_applied"].astype(str).str.lower() == YES
    by_gender, of_gender, a_year = {}, {}, None
    if "gender" in people:
        groups = given.groupby(people["gender"])
        by_gender, of_gender = groups.mean().to_dict(), groups.size().to_dict()
    if "purchase_rhythm" in people:
        means = people["purchase_rhythm"].map(purchases_a_year).groupby(given).mean().dropna()
        a_year = (float(means[True]), float(means[False])) if len(means) == 2 else None
    return Discounts(int(given.sum()), float(given.mean()), by_gender, of_gender, a_year)


def pairs(matrix: pd.DataFrame) -> list[dict[str, object]]:
    """Return each pair of columns once with its correlation, strongest first."""
    names = list(matrix.columns)
    every = [
        {"columns": [a, b], "correlation": float(matrix.loc[a, b])}
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    return sorted(every, key=lambda pair: (-abs(pair["correlation"]), pair["columns"]))

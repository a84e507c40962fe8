"""Who are the customers, and what goes with what? Figures of data that has one line per customer.

Each function returns None where the data lacks the columns it needs.
"""

from typing import NamedTuple

import narwhals as nw
import pandas as pd

from helpers.chapters.eda.columns import numeric_columns
from helpers.ledger.lines import collected, spending

PURCHASES_A_YEAR = {
    "weekly": 52,
    "fortnightly": 26,
    "bi-weekly": 26,
    "monthly": 12,
    "quarterly": 4,
    "every 3 months": 4,
    "annually": 1,
}
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


def discounts(lines: nw.LazyFrame) -> Discounts | None:
    """Return who is given a discount, from a column of Yes and No."""
    names = lines.collect_schema().names()
    if "discount_applied" not in names:
        return None
    by = [n for n in ("discount_applied", "gender", "purchase_rhythm") if n in names]
    found = collected(lines.group_by(*by).agg(nw.len().alias("rows"))).sort_values(by)
    given = found["discount_applied"].astype(str).str.lower() == YES
    rows, total = int(found.loc[given, "rows"].sum()), int(found["rows"].sum())
    by_gender, of_gender, a_year = {}, {}, None
    if "gender" in names:
        every = found.groupby("gender")["rows"].sum()
        with_one = found[given].groupby("gender")["rows"].sum().reindex(every.index).fillna(0)
        of_gender = {str(who): int(count) for who, count in every.items()}
        by_gender = {str(who): float(share) for who, share in (with_one / every).items()}
    if "purchase_rhythm" in names:
        yearly = found.assign(year=found["purchase_rhythm"].map(purchases_a_year)).dropna(subset="year")
        means = [
            (g["year"] * g["rows"]).sum() / g["rows"].sum() for g in (yearly[given], yearly[~given]) if len(g)
        ]
        a_year = (float(means[0]), float(means[1])) if len(means) == 2 else None
    return Discounts(rows, rows / total if total else 0.0, by_gender, of_gender, a_year)


def correlations(lines: nw.LazyFrame) -> pd.DataFrame | None:
    """Return the Pearson correlations of the columns of numbers.

    Left out for ledgers, whose revenue is quantity times price and whose lines are no independent cases.
    """
    names = numeric_columns(lines)
    if "order_id" in lines.collect_schema().names() or len(names) < 2:
        return None
    frame = collected(lines.sort("line").select(*names))
    varied = [name for name in names if frame[name].nunique() > 1]
    return frame[varied].corr() if len(varied) > 1 else None


def pairs(matrix: pd.DataFrame | None) -> list[dict[str, object]]:
    """Return each pair of columns once with its correlation, strongest first."""
    if matrix is None:
        return []
    names = list(matrix.columns)
    found = [
        {"columns": [a, b], "correlation": float(matrix.loc[a, b])}
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    return sorted(found, key=lambda pair: (-abs(pair["correlation"]), pair["columns"]))


def items(lines: nw.LazyFrame) -> pd.DataFrame | None:
    """Return `product_name, rows, revenue, mean, rating` (mean rating) of each item."""
    if not {"product_name", "revenue", "rating"} <= set(lines.collect_schema().names()):
        return None
    totals = spending(lines, "product_name")
    rated = lines.filter(~nw.col("rating").is_null(), ~nw.col("product_name").is_null())
    rating = collected(rated.group_by("product_name").agg(nw.col("rating").mean()))
    return None if totals is None else totals.merge(rating, on="product_name").dropna(subset="rating")


def agreement(lines: nw.LazyFrame, one: str, other: str) -> float | None:
    """Return the share of rows in which two columns say the same."""
    if not {one, other} <= set(lines.collect_schema().names()):
        return None
    same = (nw.col(one) == nw.col(other)).cast(nw.Float64).mean().alias("same")
    found = collected(lines.select(same))["same"].iloc[0]
    return None if pd.isna(found) else float(found)

"""The Insiders cleaning and its fifty features in plain pandas: the bench's other contender.

Each family of features is a group or a pivot, and the parts are joined by customer, as the published study's own
notebook goes about it. Nothing is set aside on the way: the features do not need what was rejected.

Run as `python -m tests.bench.plain_features raw.parquet coordinates.csv folder`.
"""

import sys
from pathlib import Path

import pandas as pd

from helpers.customers.features import DAY_SHARES, NEVER, WEEKDAY_SHARES
from tests.bench.pandas_cleaning import Steps, read_lines
from tests.bench.plain_cleaning import clean

OFFSET = pd.Timedelta(days=2190)
"""The study's copy of the ledger has its dates shifted by this much."""


class NoSteps(Steps):
    """Nobody asks for the step table or the rejected lines here."""

    def note(self, rule: str, lines: pd.DataFrame) -> None:
        """Count nothing."""

    def keep(self, rule: str, lines: pd.DataFrame, passes: pd.Series) -> pd.DataFrame:
        """Return the lines that pass."""
        return lines[passes]


def features(purchases: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """Return a row a customer, by `customer_id`: the fifty features and gross revenue."""
    purchases = purchases.assign(day=(purchases["ordered_at"] + OFFSET).dt.normalize())
    last = max(purchases["day"].max(), (returns["ordered_at"] + OFFSET).dt.normalize().max())
    grouped = purchases.groupby("customer_id")
    table = grouped[["latitude", "longitude"]].first()
    table["gross_revenue"] = grouped["revenue"].sum()
    by_weekday = shares(purchases, purchases["day"].dt.weekday, range(7), WEEKDAY_SHARES)
    by_day = shares(purchases, purchases["day"].dt.day, range(1, 32), DAY_SHARES)
    table = table.join(by_weekday).join(by_day)
    table["frequency"] = grouped["order_id"].nunique()
    table["items"] = grouped["quantity"].sum()
    table["unique_items"] = grouped["product_id"].nunique()
    table["average_ticket"] = grouped["revenue"].mean()
    table["basket_size"] = table["items"] / table["frequency"]
    table["unique_basket_size"] = table["unique_items"] / table["frequency"]
    table["returned_items"] = -returns.groupby("customer_id")["quantity"].sum()
    table["returned_items"] = table["returned_items"].fillna(0)
    table["return_rate"] = table["returned_items"] / table["items"]
    return table.join(moments(grouped["day"], last)).sort_index()


def shares(purchases: pd.DataFrame, part: pd.Series, parts: range, names: tuple[str, ...]) -> pd.DataFrame:
    """Return each customer's share of revenue by weekday or day of the month."""
    spent = purchases.pivot_table("revenue", "customer_id", part, aggfunc="sum", fill_value=0)
    spent = spent.reindex(columns=list(parts), fill_value=0)
    total = spent.sum(axis=1)
    return spent.div(total.where(total > 0), axis=0).fillna(0).set_axis(list(names), axis=1)


def moments(days: "pd.core.groupby.SeriesGroupBy", last: pd.Timestamp) -> pd.DataFrame:
    """Return recency, average gap and rate of purchase days, in days."""
    found = days.agg(["min", "max", "nunique"])
    since_first = (last - found["min"]).dt.days
    silence = since_first.where(since_first > 0, NEVER)
    gap = (found["max"] - found["min"]).dt.days / (found["nunique"] - 1)
    return pd.DataFrame(
        {
            "recency": (last - found["max"]).dt.days,
            "average_gap": gap.where(found["nunique"] > 1, silence),
            "purchase_rate": found["nunique"] / (since_first + 1),
        }
    )


def main(raw: Path, coordinates: Path, folder: Path) -> None:
    """Clean a Parquet file of raw lines and write what its customers are like into a folder."""
    purchases, returns = clean(read_lines(raw), pd.read_csv(coordinates), NoSteps())
    features(purchases, returns).reset_index().to_parquet(folder / "customers.parquet", index=False)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

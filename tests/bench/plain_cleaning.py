"""The Insiders cleaning in plain pandas, rule by rule as the published study's own notebook goes about it.

The same rules, tables and step table as `pandas_cleaning`, which is written by somebody who knows where pandas
is slow. Here every rule is the one-liner that its documentation would suggest: texts are tidied on every line,
tables are merged back, and the most frequent name is each group's `mode`.

Run as `python -m tests.bench.plain_cleaning raw.parquet coordinates.csv folder`.
"""

import sys
from pathlib import Path

import pandas as pd

from tests.bench.pandas_cleaning import (
    NOT_MERCHANDISE,
    ODD_CUSTOMERS,
    RETURNED_AT_MOST,
    Steps,
    read_lines,
    write_tables,
)


def clean(lines: pd.DataFrame, coordinates: pd.DataFrame, steps: Steps) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply the thirteen rules; return purchases and returns."""
    steps.note("read", lines)
    lines = steps.keep("drop_missing product_name", lines, lines["product_name"].notna())

    lines = lines.drop(columns="country").merge(countries_of_customers(lines), on="customer_id", how="left")
    steps.note("one_country_per_customer", lines)

    lines = lines.merge(coordinates, on="country", how="left")
    lines = steps.keep("join coordinates", lines, lines["latitude"].notna())

    for name in ("order_id", "product_id", "product_name"):
        lines[name] = lines[name].str.upper()
    lines["country"] = lines["country"].str.title()
    steps.note("change_case", lines)

    lines = steps.keep("above unit_price: 0", lines, lines["unit_price"] > 0)
    lines = steps.keep("exclude country", lines, lines["country"] != "Unspecified")
    lines = steps.keep("exclude product_id", lines, ~lines["product_id"].isin(NOT_MERCHANDISE))

    lines["quantity"] = lines["quantity"].where(lines["product_id"] != "CRUK", lines["quantity"].abs())
    lines["revenue"] = lines["quantity"] * lines["unit_price"]
    steps.note("absolute quantity: CRUK", lines)

    lines = steps.keep("exclude customer_id", lines, ~lines["customer_id"].isin(ODD_CUSTOMERS))
    refused = customers_to_drop(lines)
    lines = steps.keep("drop_customers_returning_over", lines, ~lines["customer_id"].isin(refused))
    lines = steps.keep("drop_missing customer_id", lines, lines["customer_id"].notna())

    tidy = lines["product_name"].str.replace(",", " ").str.replace(r"\s+", " ", regex=True).str.strip()
    lines["product_name"] = tidy
    names = lines.groupby("product_id")["product_name"].agg(most_frequent)
    lines["product_name"] = lines["product_id"].map(names)
    codes = lines.groupby("product_name")["product_id"].agg(most_frequent)
    lines["product_id"] = lines["product_name"].map(codes)
    steps.note("one_name_per_product", lines)

    is_return = lines["quantity"] < 0
    returns, purchases = lines[is_return], lines[~is_return]
    steps.note("split_returns", purchases)
    return purchases, returns


def countries_of_customers(lines: pd.DataFrame) -> pd.DataFrame:
    """Return `customer_id, country`: the country with most revenue over distinct rows."""
    distinct = lines[["customer_id", "country", "revenue"]].dropna().drop_duplicates()
    revenue = distinct.groupby(["customer_id", "country"])["revenue"].sum().reset_index()
    ordered = revenue.sort_values(["customer_id", "revenue", "country"], ascending=[True, False, True])
    return ordered.drop_duplicates("customer_id")[["customer_id", "country"]]


def customers_to_drop(lines: pd.DataFrame) -> list[str]:
    """Return the customers who bought nothing or brought back more than nine tenths of it."""
    bought = lines[lines["quantity"] >= 0].groupby("customer_id")["quantity"].sum().rename("bought")
    returned = lines[lines["quantity"] < 0].groupby("customer_id")["quantity"].sum().rename("returned")
    both = pd.concat([bought, -returned], axis=1).fillna(0)
    return both.index[(both["bought"] == 0) | (both["returned"] > RETURNED_AT_MOST * both["bought"])].tolist()


def most_frequent(values: pd.Series) -> str:
    """Return the most frequent value, and of those the first in the alphabet."""
    return values.mode().iloc[0]


def main(raw: Path, coordinates: Path, folder: Path) -> None:
    """Clean a Parquet file of raw lines and write the four tables into a folder."""
    steps = Steps()
    purchases, returns = clean(read_lines(raw), pd.read_csv(coordinates), steps)
    write_tables(purchases, returns, steps, folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

"""The Insiders cleaning in pandas, as an analyst who knows pandas well would write it: the bench's contender.

It does the work of `params/insiders.yml` and nothing more: the same rules in the same order, the same three
tables and a step table. Its choices are those that favour pandas: money is read as floats (as Python
decimals it would take longer), frames are copied only on write, summaries are taken by group and mapped
back, product names are tidied once for each distinct one, and lines are never looped over.

Run as `python -m tests.bench.pandas_cleaning raw.parquet coordinates.csv folder [arrow]`. With `arrow`, texts
are Arrow's instead of Python objects: an option in pandas 2, the default from pandas 3, and faster.
"""

import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NOT_MERCHANDISE = ["AMAZONFEE", "B", "BANK CHARGES", "M", "S"]
ODD_CUSTOMERS = ["12346", "16446", "15098", "15749"]
RETURNED_AT_MOST = 0.9


class Steps:
    """The step table and the rejected lines, filled while the rules are applied."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.rejected: list[pd.DataFrame] = []

    def note(self, rule: str, lines: pd.DataFrame) -> None:
        """Add a row to the step table: what is there after a rule."""
        self.rows.append(
            {
                "step": len(self.rows),
                "rule": rule,
                "lines": len(lines),
                "customers": lines["customer_id"].nunique(),
                "revenue": lines["revenue"].sum(),
            }
        )

    def keep(self, rule: str, lines: pd.DataFrame, passes: pd.Series) -> pd.DataFrame:
        """Return the lines that pass; set the others aside with the rule."""
        if not passes.all():  # a rule that removes nothing need not copy the ledger
            self.rejected.append(lines[~passes].assign(step=len(self.rows), rule=rule))
            lines = lines[passes]
        self.note(rule, lines)
        return lines


def read_lines(path: Path) -> pd.DataFrame:
    """Read the raw lines with money and quantities as floats."""
    table = pq.read_table(path)
    floats = [pa.float64() if pa.types.is_decimal(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(zip(table.schema.names, floats, strict=True))).to_pandas()


def clean(lines: pd.DataFrame, coordinates: pd.DataFrame, steps: Steps) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply the thirteen rules; return purchases and returns."""
    steps.note("read", lines)
    lines = steps.keep("drop_missing product_name", lines, lines["product_name"].notna())

    lines["country"] = lines["customer_id"].map(country_of_customers(lines))
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

    cruk = lines["product_id"] == "CRUK"
    lines.loc[cruk, "quantity"] = lines.loc[cruk, "quantity"].abs()
    lines.loc[cruk, "revenue"] = lines.loc[cruk, "quantity"] * lines.loc[cruk, "unit_price"]
    steps.note("absolute quantity: CRUK", lines)

    lines = steps.keep("exclude customer_id", lines, ~lines["customer_id"].isin(ODD_CUSTOMERS))
    refused = customers_to_drop(lines)
    lines = steps.keep("drop_customers_returning_over", lines, ~lines["customer_id"].isin(refused))
    lines = steps.keep("drop_missing customer_id", lines, lines["customer_id"].notna())

    names, codes = one_name_per_product(lines)
    lines["product_name"] = lines["product_id"].map(names)
    lines["product_id"] = lines["product_name"].map(codes)
    steps.note("one_name_per_product", lines)

    is_return = lines["quantity"] < 0
    returns, purchases = lines[is_return], lines[~is_return]
    steps.note("split_returns", purchases)
    return purchases, returns


def country_of_customers(lines: pd.DataFrame) -> pd.Series:
    """Return, by customer, the country with most revenue over distinct (customer, country, revenue) rows."""
    distinct = lines[["customer_id", "country", "revenue"]].dropna().drop_duplicates()
    revenue = distinct.groupby(["customer_id", "country"], as_index=False)["revenue"].sum()
    return first_by(revenue, "customer_id", "revenue", "country")


def customers_to_drop(lines: pd.DataFrame) -> pd.Index:
    """Return the customers who bought nothing or brought back more than nine tenths of it."""
    by_customer = lines["customer_id"]
    bought = lines["quantity"].clip(lower=0).groupby(by_customer).sum()
    returned = (-lines["quantity"]).clip(lower=0).groupby(by_customer).sum()
    return bought.index[(bought == 0) | (returned > RETURNED_AT_MOST * bought)]


def one_name_per_product(lines: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return each code's most frequent tidied name, and each such name's most frequent code."""
    counts = lines.groupby(["product_id", "product_name"], as_index=False).size()
    tidy = counts["product_name"].str.replace(",", " ", regex=False)
    counts["product_name"] = tidy.str.replace(r"\s+", " ", regex=True).str.strip()
    counts = counts.groupby(["product_id", "product_name"], as_index=False)["size"].sum()
    names = first_by(counts, "product_id", "size", "product_name")
    sizes = counts.groupby("product_id", as_index=False)["size"].sum()
    sizes["product_name"] = sizes["product_id"].map(names)
    return names, first_by(sizes, "product_name", "size", "product_id")


def first_by(table: pd.DataFrame, key: str, weight: str, value: str) -> pd.Series:
    """Return, by key, the value with most weight, and of those the first in the alphabet."""
    ordered = table.sort_values([weight, value], ascending=[False, True])
    return ordered.drop_duplicates(key).set_index(key)[value]


def main(raw: Path, coordinates: Path, folder: Path) -> None:
    """Clean a Parquet file of raw lines and write the four tables into a folder."""
    steps = Steps()
    purchases, returns = clean(read_lines(raw), pd.read_csv(coordinates), steps)
    write_tables(purchases, returns, steps, folder)


def write_tables(purchases: pd.DataFrame, returns: pd.DataFrame, steps: Steps, folder: Path) -> None:
    """Write the three tables and the account of the steps into a folder."""
    purchases.to_parquet(folder / "transactions.parquet", index=False, compression="zstd")
    returns.to_parquet(folder / "returns.parquet", index=False, compression="zstd")
    rejected = pd.concat(steps.rejected).sort_values("line")
    rejected.to_parquet(folder / "rejected.parquet", index=False, compression="zstd")
    (folder / "steps.json").write_text(json.dumps(steps.rows))


if __name__ == "__main__":
    pd.set_option("mode.copy_on_write", True)
    pd.set_option("future.infer_string", "arrow" in sys.argv[4:])
    main(*map(Path, sys.argv[1:4]))

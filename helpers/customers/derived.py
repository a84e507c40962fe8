"""Customers before any score: by their orders, or as the source has them, with the features that a study declares.

A declared feature is an SQL expression over the table so far: it sees the features before it, and may use window
functions.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.engine import DuckDBEngine
from helpers.base.errors import StudyError
from helpers.base.sql import Sandbox, SqlError
from helpers.customers.features import customer_features, is_ledger, span_of

TABLE = "customers_so_far"


def derive(customers: pa.Table | pd.DataFrame, features: Mapping[str, str]) -> pa.Table:
    """Add features (name -> DuckDB SQL over the table so far) to a table that is in order of customer_id.

    Raises:
        StudyError: an expression does not run, takes too long or is no single value a row, or its name is taken.
    """
    if isinstance(customers, pd.DataFrame):
        customers = pa.Table.from_pandas(customers, preserve_index=False)
    if not features:
        return customers
    if taken := [name for name in features if name in customers.column_names]:
        raise StudyError(
            f"features.{taken[0]}: the customers have a column {taken[0]} already; choose another name."
        )
    with TemporaryDirectory(prefix="series-") as scratch, Sandbox() as sandbox:
        table, result = Path(scratch) / f"{TABLE}.parquet", Path(scratch) / "result.parquet"
        pq.write_table(customers, table)
        for name, expression in features.items():
            try:
                sandbox.add_column(table, name, expression)
            except SqlError as error:
                raise StudyError(f"features.{name}: the expression {error}.") from None
        sandbox.save(table, result, "customer_id")
        return pq.read_table(result)


def customers_of(
    lines: nw.LazyFrame, returns: nw.LazyFrame, features: Mapping[str, str], engine: DuckDBEngine
) -> pa.Table:
    """Return a row a customer in order of `customer_id`: features of dated orders, else the source's own columns.

    Features that a study declares are added to the source's own; of orders they may rest on scores that only
    chapter 03 gives.

    Raises:
        StudyError: of `derive` and `one_row_each`.
    """
    if is_ledger(lines):
        of_orders = customer_features(lines, returns, span_of(lines, returns), engine)
        return of_orders.sort("customer_id").collect("pyarrow").to_native()
    return derive(one_row_each(lines.sort("customer_id").collect("pyarrow").to_native()), features)


def one_row_each(transactions: pa.Table) -> pa.Table:
    """Return transactions that have one row a customer as customers.

    Raises:
        StudyError: there is no customer_id, or a customer has several rows: then it is a ledger, and its dates and
            orders must be mapped.
    """
    if "customer_id" not in transactions.column_names:
        raise StudyError(
            "The transactions have no column 'customer_id', which tells customers apart: map it in source.columns."
        )
    rows = pd.Series(transactions.column("customer_id").to_pandas())
    if rows.duplicated().any():
        twice = rows[rows.duplicated()].iloc[0]
        raise StudyError(
            f"Customer {twice} has {int((rows == twice).sum())} rows, but no order dates tell them apart: map the "
            "columns of the order and its date to order_id and ordered_at in source.columns."
        )
    return transactions


def described(features: Mapping[str, str], customers: pd.DataFrame) -> pd.DataFrame:
    """Return each declared feature with its expression and the values it takes."""
    declared = customers[list(features)]
    numbers = declared.select_dtypes("number")
    rows = {
        "feature": list(features),
        "expression": [" ".join(expression.split()) for expression in features.values()],
        "values": declared.nunique(),
        "missing": declared.isna().sum(),
        "lowest": numbers.min().reindex(list(features)),
        "highest": numbers.max().reindex(list(features)),
    }
    return pd.DataFrame(rows).reset_index(drop=True)

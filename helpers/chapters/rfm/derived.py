"""Features that a study declares itself: SQL expressions over a table of customers, worked out in order.

Each expression sees the table with the features before it, and may use window functions. It runs in a DuckDB of
its own without files, network or settings to change: a study file is data, not a program.
"""

from collections.abc import Mapping

import duckdb
import pandas as pd
import pyarrow as pa

from helpers.base.errors import StudyError

TABLE = "customers_so_far"
_NUMBERS = ("DECIMAL", "FLOAT", "HUGEINT", "UHUGEINT", "UBIGINT")
"""Types that an expression may give and our tables do not keep; they become DOUBLE."""


def derive(customers: pa.Table | pd.DataFrame, features: Mapping[str, str]) -> pa.Table:
    """Add features (name -> DuckDB SQL over the table so far) to a table that is in order of customer_id.

    Raises:
        StudyError: an expression does not run or is no single value a row, or its name is taken.
    """
    if isinstance(customers, pd.DataFrame):
        customers = pa.Table.from_pandas(customers, preserve_index=False)
    # one thread, because sums of floats depend on the order in which they are added
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("given", customers)
        connection.execute(f"CREATE TABLE {TABLE} AS FROM given")
        connection.unregister("given")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        for name, expression in features.items():
            if name in connection.table(TABLE).columns:
                raise StudyError(
                    f"features.{name}: the customers have a column {name} already; choose another name."
                )
            _add(connection, name, expression)
        return connection.sql(f"FROM {TABLE} ORDER BY customer_id").to_arrow_table()


def _add(connection: duckdb.DuckDBPyConnection, name: str, expression: str) -> None:
    before = len(connection.table(TABLE))
    try:
        # parsed as one expression first: a text with a second statement in it is none
        duckdb.SQLExpression(expression)
        kind = str(connection.sql(f'SELECT ({expression}) AS "{name}" FROM {TABLE} LIMIT 0').types[0])
        value = f"CAST(({expression}) AS DOUBLE)" if kind.startswith(_NUMBERS) else f"({expression})"
        connection.execute(f'CREATE OR REPLACE TABLE {TABLE} AS SELECT *, {value} AS "{name}" FROM {TABLE}')
    except duckdb.Error as error:
        problem = str(error).splitlines()[0]
        raise StudyError(f"features.{name}: the expression does not run on the customers: {problem}") from None
    if len(connection.table(TABLE)) != before:
        raise StudyError(
            f"features.{name}: the expression changes the number of customers; it may only add a value."
        )


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

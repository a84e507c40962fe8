"""The lines of a study as a dashboard sums them: on the engine, by customer, country and slice of time."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from helpers.base.engine import DuckDBEngine
from helpers.base.parquet import sql_name

KNOWN, RETURNING, UNNAMED, NOBODY = range(4)
"""Who a row of sums is of: a customer; one who only returned; an order without customer; a line without either."""


class Book:
    """The lines of a study as tables of the engine: `days`, then `facts`, then `entities`."""

    def __init__(self, engine: DuckDBEngine, folder: Path) -> None:
        self.engine, self.sql, self.folder = engine, engine.connection.execute, folder
        self.tables = folder / "tables"
        self.names = set(engine.scan(self.tables / "transactions.parquet").collect_schema().names())
        self.has_customers = (self.tables / "customers.parquet").exists()
        self.about = self._columns_of("customers")
        parts = [self._alike("transactions", back=False)]
        if (self.tables / "returns.parquet").exists():
            parts.append(self._alike("returns", back=True))
        self.sql(
            "CREATE TEMP TABLE days AS SELECT who, kind, country, day, order_id, sum(sales) AS sales,"
            f" sum(returned) AS returned, bool_or(bought) AS bought FROM ("
            f"{' UNION ALL '.join(parts)}) GROUP BY ALL"
        )

    def file(self, table: str) -> str:
        """Return a table as SQL names it."""
        return sql_name(self.tables / f"{table}.parquet")

    def fill(self, table: str, columns: str, rows: list[tuple]) -> None:
        """Make a small table of rows."""
        self.sql(f"CREATE TEMP TABLE {table} ({columns})")
        if rows:
            self.engine.connection.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows
            )

    def csv(self, path: Path) -> str:
        """Return a list of a chapter as SQL names it, all of it texts."""
        return f"read_csv({_quoted(path)}, all_varchar = true, header = true)"

    def of_customers(self, expression: str, table: str) -> np.ndarray:
        """Return the value of an expression over a table `c` for each customer, in the order of their ids."""
        rows = f"entities e LEFT JOIN {table} c ON c.customer_id = e.who WHERE e.kind = {KNOWN} ORDER BY e.entity"
        return self.sql(f"SELECT {expression} AS value FROM {rows}").fetchnumpy()["value"]

    def _columns_of(self, table: str) -> set[str]:
        path = self.tables / f"{table}.parquet"
        return set(self.engine.scan(path).collect_schema().names()) if path.exists() else set()

    def _alike(self, table: str, *, back: bool) -> str:
        """Return a query for lines of one kind; of returns the amounts are below zero, and no order counts."""
        there = self._columns_of(table)
        order = "order_id" if "order_id" in there else "NULL::VARCHAR"
        customer = "customer_id" if "customer_id" in there else "NULL::VARCHAR"
        amount = "revenue" if {"revenue"} <= there & self.names else "0::DECIMAL(18,4)"
        dated = {"ordered_at"} <= there & self.names
        kind = f"CASE WHEN {customer} IS NOT NULL THEN {KNOWN} WHEN {order} IS NOT NULL THEN {UNNAMED}"
        return (
            f"SELECT coalesce({customer}, {order}) AS who, {kind} ELSE {NOBODY} END AS kind,"
            f" {'country' if 'country' in there and 'country' in self.names else 'NULL::VARCHAR'} AS country,"
            f" {'CAST(ordered_at AS DATE)' if dated else 'NULL::DATE'} AS day,"
            f" {'NULL::VARCHAR' if back else order} AS order_id, {'0' if back else amount} AS sales,"
            f" {f'-{amount}' if back else '0'} AS returned, {not back} AS bought FROM {self.file(table)}"
        )

    def span(self) -> tuple[date | None, date | None]:
        """Return the first and the last day."""
        return self.sql("SELECT min(day), max(day) FROM days").fetchall()[0]

    def place(self, starts: list[date]) -> None:
        """Number the slices of time by their first days; what has no date comes behind them."""
        self.fill("slices", "slice INTEGER, start DATE", list(enumerate(starts)))
        self.sql(
            f"CREATE TEMP TABLE placed AS SELECT d.*, coalesce(s.slice, {len(starts)}) AS slice"
            " FROM days d ASOF LEFT JOIN slices s ON d.day >= s.start"
        )

    def count_customers(self) -> int:
        """Tell customers from those who are in no table of customers; return how many rows of sums have a name."""
        if self.has_customers:
            listed = f"(SELECT customer_id FROM {self.file('customers')})"
            self.sql(f"UPDATE placed SET kind = {RETURNING} WHERE kind = {KNOWN} AND who NOT IN {listed}")
        return self.sql("SELECT count(DISTINCT who) FROM placed").fetchall()[0][0]

    def group_by_segment(self) -> None:
        """Put segments in the place of customers."""
        source = "(SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS segment)"
        if "rfm_segment" in self.about:
            source = f"(SELECT customer_id AS id, rfm_segment AS segment FROM {self.file('customers')})"
        self.sql(f"CREATE TEMP TABLE members AS SELECT p.*, segment FROM placed p LEFT JOIN {source} ON who = id")
        self.sql("CREATE OR REPLACE TEMP TABLE placed AS SELECT * REPLACE (segment AS who) FROM members")

    def people(self) -> list[tuple]:
        """Return segment, country (None: all) and number of customers, where segments stand for customers."""
        same = "l.country IS NOT DISTINCT FROM m.country"
        return self.sql(
            f"SELECT segment, land, count(DISTINCT m.who) FROM members m JOIN lands l ON {same}"
            f" WHERE kind = {KNOWN} GROUP BY GROUPING SETS ((segment, land), (segment)) ORDER BY ALL"
        ).fetchall()

    def sums(self, undated: int, head: dict[str, Any]) -> dict[str, np.ndarray]:
        """Return the sums as columns, by entity, country and slice; name entities and countries in `head`."""
        self.sql(
            "CREATE TEMP TABLE entities AS SELECT row_number() OVER (ORDER BY kind, who) - 1 AS entity, *"
            " FROM (SELECT who, min(kind) AS kind FROM placed GROUP BY who)"
        )
        kinds = dict(self.sql("SELECT kind, count(*) FROM entities GROUP BY kind").fetchall())
        head["entities"] = [kinds.get(kind, 0) for kind in (KNOWN, RETURNING, UNNAMED, NOBODY)]
        listed = self.sql(f"SELECT who FROM entities WHERE kind = {KNOWN} ORDER BY entity").fetchall()
        head["ids"] = [who for (who,) in listed]
        countries = self.sql(
            "SELECT country FROM placed GROUP BY country ORDER BY sum(sales - returned) DESC, country"
        ).fetchall()
        head["countries"] = [name for (name,) in countries]
        self.fill("lands", "land INTEGER, country VARCHAR", list(enumerate(head["countries"])))
        same = "IS NOT DISTINCT FROM"
        found = self.sql(
            "WITH orders AS (SELECT who, country, slice, count(DISTINCT order_id) AS orders FROM placed"
            " GROUP BY ALL),"
            " facts AS (SELECT who, country, slice, sum(sales) AS sales, sum(returned) AS returned,"
            " bool_or(bought) AS bought FROM placed GROUP BY ALL)"
            " SELECT entity, land, f.slice, CAST(sales * 10000 AS DOUBLE) AS sales,"
            " CAST(returned * 10000 AS DOUBLE) AS returned, coalesce(orders, 0)::DOUBLE AS orders,"
            f" bought::INT AS bought"
            f" FROM facts f JOIN entities e ON e.who {same} f.who JOIN lands l ON l.country {same} f.country"
            f" LEFT JOIN orders o ON o.who {same} f.who AND o.country {same} f.country AND o.slice = f.slice"
            " ORDER BY entity, land, f.slice"
        ).fetchnumpy()
        again = self.sql(
            "WITH rows AS (SELECT DISTINCT order_id, who, country, slice FROM placed WHERE order_id IS NOT NULL)"
            ' SELECT dense_rank() OVER (ORDER BY order_id) - 1 AS "againOrder", entity AS "againEntity",'
            ' land AS "againLand", slice AS "againSlice"'
            " FROM (FROM rows QUALIFY count(*) OVER (PARTITION BY order_id) > 1) r"
            f" JOIN entities e ON e.who {same} r.who JOIN lands l ON l.country {same} r.country"
            " ORDER BY 1, 2, 3, 4"
        ).fetchnumpy()
        columns = {name: np.ma.getdata(values).astype(float) for name, values in {**found, **again}.items()}
        head["slices"] = undated + bool((columns["slice"] == undated).any())
        unit = next(u for u in (10_000, 100, 1) if not any((columns[n] % u).any() for n in ("sales", "returned")))
        head["unit"] = 10_000 // unit
        return columns | {name: columns[name] / unit for name in ("sales", "returned")}


def _quoted(path: Path) -> str:
    """Return a path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"

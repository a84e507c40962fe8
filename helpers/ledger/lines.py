"""What any chapter may ask of lines: how many, which columns, which twice."""

from datetime import datetime
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.base.engine import distinct_rows
from helpers.base.text import listed, number, percent
from helpers.base.vocabulary import label


class Size(NamedTuple):
    """How much there is, and over which time (None where there are no dates)."""

    rows: int
    columns: int
    first_order: datetime | None
    last_order: datetime | None
    is_ledger: bool
    """One line per item of an order; otherwise one line per customer."""

    @property
    def unit(self) -> str:
        """What a row is, in the plural."""
        return "lines" if self.is_ledger else "customers"


class Twice(NamedTuple):
    """Rows that say nothing new. `ignoring` are the columns that were not compared."""

    rows: int
    distinct: int
    ignoring: tuple[str, ...]

    @property
    def extra(self) -> int:
        """Rows beyond the first of their kind."""
        return self.rows - self.distinct


def names_of(lines: nw.LazyFrame) -> list[str]:
    """Return the columns that came from the source: not its line numbers, not a revenue we computed."""
    names = lines.collect_schema().names()
    # ingest appends quantity x unit price where the source gives no amount of its own
    derived = names[-1] == "revenue" and {"quantity", "unit_price"} <= set(names)
    return [name for name in (names[:-1] if derived else names) if name != "line"]


def collected(frame: nw.LazyFrame) -> pd.DataFrame:
    """Return a lazy result as a pandas frame, decimals as floats: the engine has already added them up."""
    table: pa.Table = frame.collect(backend="pyarrow").to_native()
    for position, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.float64()))
    return table.to_pandas()


def size_of(lines: nw.LazyFrame) -> Size:
    """Return how many rows and columns the source has, and from when to when it goes."""
    names = lines.collect_schema().names()
    dated = "ordered_at" in names
    window = [nw.col("ordered_at").min().alias("first"), nw.col("ordered_at").max().alias("last")]
    found = collected(lines.select(nw.len().alias("rows"), *(window if dated else []))).iloc[0]
    first, last = (found["first"], found["last"]) if dated else (pd.NaT, pd.NaT)
    return Size(
        int(found["rows"]),
        len(names_of(lines)),
        None if pd.isna(first) else first.to_pydatetime(),
        None if pd.isna(last) else last.to_pydatetime(),
        dated or "order_id" in names,
    )


def rows_twice(lines: nw.LazyFrame) -> Twice:
    """Count the rows that repeat another one in all columns (customer data: the customer's id apart).

    Where every customer has one row, no two rows are ever equal, because the ids differ; people who agree
    in everything else are then the sign of copies.
    """
    size = size_of(lines)
    ignoring = ("line",) if size.is_ledger else ("line", "customer_id")
    names = [name for name in names_of(lines) if name not in ignoring]
    distinct = distinct_rows(lines, *names).select(nw.len().alias("n"))
    return Twice(size.rows, int(collected(distinct)["n"].iloc[0]), ignoring[1:])


def counts(lines: nw.LazyFrame, column: str) -> pd.DataFrame | None:
    """Count the rows of each value of a column, missing ones left out.

    Returns:
        `column` and `rows`, most frequent first, ties in order of the value; None without the column.
    """
    if column not in lines.collect_schema().names():
        return None
    present = lines.filter(~nw.col(column).is_null())
    found = collected(present.group_by(column).agg(nw.len().alias("rows")))
    if found.empty:
        return None
    return found.sort_values(["rows", column], ascending=[False, True], ignore_index=True)


def spread(lines: nw.LazyFrame, column: str) -> pd.DataFrame | None:
    """Return `value, rows` of a numeric column in order of value: all a histogram or a quantile needs.

    A ledger has few different prices and quantities, so millions of lines become thousands of rows.
    """
    found = counts(lines, column)
    if found is None:
        return None
    found = found.rename(columns={column: "value"}).astype({"value": float})
    return found.sort_values("value", ignore_index=True)


def quantile(values: pd.DataFrame, share: float) -> float:
    """Return a quantile of counted values, between neighbours on a straight line.

    Source: Hyndman and Fan (1996), definition 7, the default of numpy and pandas.

    Args:
        values: `value` in rising order and `rows`, as `spread` returns them.
        share: 0 for the smallest, .5 for the median, 1 for the largest.
    """
    upto = values["rows"].cumsum().to_numpy()
    at = share * (upto[-1] - 1)
    below, above = np.searchsorted(upto, [np.floor(at), np.ceil(at)], side="right")
    low, high = values["value"].iloc[below], values["value"].iloc[above]
    return float(low + (high - low) * (at - np.floor(at)))


def spending(lines: nw.LazyFrame, *by: str) -> pd.DataFrame | None:
    """Return `rows, revenue, mean` (revenue a row) for each value of one or more columns.

    Returns:
        Most revenue first, ties in order of the values; None where a column or the revenue is missing.
    """
    if not {*by, "revenue"} <= set(lines.collect_schema().names()):
        return None
    present = lines.filter(*(~nw.col(name).is_null() for name in by))
    totals = present.group_by(*by).agg(nw.len().alias("rows"), nw.col("revenue").sum().alias("revenue"))
    found = collected(totals)
    if found.empty:
        return None
    found["mean"] = found["revenue"] / found["rows"]
    return found.sort_values(["revenue", *by], ascending=[False, *[True] * len(by)], ignore_index=True)


def read_twice(twice: Twice, size: Size) -> str:
    """Say how many rows repeat another one."""
    compared = f", the column {listed([label(name) for name in twice.ignoring])} apart," if twice.ignoring else ""
    if not twice.extra:
        return f"No row agrees with another one in all columns{compared.rstrip(',')}."
    text = (
        f"Of {number(twice.rows)} rows {number(twice.distinct)} are distinct; "
        f"{number(twice.extra)} ({percent(twice.extra / twice.rows)}) agree{compared} with one before them."
    )
    if size.is_ledger:
        return f"{text} Some may be the same thing scanned twice; chapter 02 decides."
    return (
        f"{text} Where copies are that many, a model that is tested on a copy of what it learned from looks "
        "better than it is: identical rows must stay together when data is split."
    )

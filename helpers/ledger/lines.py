"""What any chapter may ask of lines: how many, which columns, which are duplicates, and what they add up to."""

from datetime import datetime
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import distinct_rows
from helpers.ledger.tables import as_pandas


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


class Duplicates(NamedTuple):
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
    return as_pandas(frame.collect(backend="pyarrow").to_native())


def counts_of(lines: nw.LazyFrame, column: str) -> pd.Series:
    """Return how often each value of a column of numbers is there, by value, ascending: all a histogram needs."""
    counted = lines.filter(~nw.col(column).is_null()).group_by(column).agg(count=nw.len()).sort(column)
    found = collected(counted)
    return pd.Series(found["count"].to_numpy(), found[column].to_numpy(float), name="count")


def median_of(counts: pd.Series) -> float:
    """Return the median of values whose counts are those of `counts_of`; nan where there are none."""
    below, number = counts.cumsum().to_numpy(), int(counts.sum())
    if not number:
        return float("nan")
    middle = np.searchsorted(below, [(number - 1) // 2, number // 2], side="right")
    return float(counts.index[middle].to_numpy().mean())


def size_of(lines: nw.LazyFrame) -> Size:
    """Return how many rows and columns the source has, and from when to when it goes."""
    names = lines.collect_schema().names()
    dated = "ordered_at" in names
    window = [nw.col("ordered_at").min().alias("first"), nw.col("ordered_at").max().alias("last")]
    ends = collected(lines.select(nw.len().alias("rows"), *(window if dated else []))).iloc[0]
    first, last = (ends["first"], ends["last"]) if dated else (pd.NaT, pd.NaT)
    return Size(
        int(ends["rows"]),
        len(names_of(lines)),
        None if pd.isna(first) else first.to_pydatetime(),
        None if pd.isna(last) else last.to_pydatetime(),
        dated or "order_id" in names,
    )


def duplicates_in(lines: nw.LazyFrame) -> Duplicates:
    """Count the rows that repeat another one in all columns (customer data: the customer's id apart).

    Where every customer has one row, no two rows are ever equal, because the ids differ; people who agree
    in everything else are then the sign of copies.
    """
    size = size_of(lines)
    ignoring = ("line",) if size.is_ledger else ("line", "customer_id")
    names = [name for name in names_of(lines) if name not in ignoring]
    distinct = distinct_rows(lines, *names).select(nw.len().alias("n"))
    return Duplicates(size.rows, int(collected(distinct)["n"].iloc[0]), ignoring[1:])


def spending(lines: nw.LazyFrame, *by: str) -> pd.DataFrame:
    """Return `rows, revenue, mean` (revenue a row) for each value of one or more columns.

    Most revenue comes first, ties in order of the values; lines without a value are left out.
    """
    present = lines.filter(*(~nw.col(name).is_null() for name in by))
    totals = collected(present.group_by(*by).agg(nw.len().alias("rows"), nw.col("revenue").sum().alias("revenue")))
    totals["mean"] = totals["revenue"] / totals["rows"]
    return totals.sort_values(["revenue", *by], ascending=[False, *[True] * len(by)], ignore_index=True)

"""What is in this data, before anything is done to it? Everything chapter 01 computes column by column.

Each function takes the lines lazily, asks the engine for an aggregate and returns a small pandas frame or a
named tuple, or None where the data lacks the columns it needs: a chapter's sections follow from the columns
that a study has, not from its name.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.base.engine import DuckDBEngine, distinct_rows
from helpers.show.display import number

FENCE = 1.5
"""Outliers lie further than this many interquartile ranges outside the quartiles: Tukey (1977)."""
EXAMPLES = 3
EXAMPLE_LINES = 5000
"""First lines of the source among which the overview looks for examples; fewer may all hold the same value."""
FEW = 60
"""Distinct values up to which a column of text is a list of categories rather than free text."""


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


def numeric_columns(lines: nw.LazyFrame) -> list[str]:
    """Return the columns that hold numbers, the line number apart."""
    return [name for name, kind in lines.collect_schema().items() if kind.is_numeric() and name != "line"]


def text_columns(lines: nw.LazyFrame) -> list[str]:
    """Return the columns that hold text."""
    return [name for name, kind in lines.collect_schema().items() if kind == nw.String]


def shift_days(lines: nw.LazyFrame, days: int) -> nw.LazyFrame:
    """Return the lines with every date moved by whole days, to stand on a shifted study's calendar."""
    if not days or "ordered_at" not in lines.collect_schema().names():
        return lines
    return lines.with_columns(nw.col("ordered_at").dt.offset_by(f"{days}d"))


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


def overview(lines: nw.LazyFrame) -> pd.DataFrame:
    """Describe every column of the source.

    Returns:
        One row a column, in the source's order: `column, type, filled, missing, missing_share` (0 to 1),
        `distinct` (values, missing ones not counted) and `examples` (text).
    """
    names = names_of(lines)
    rows = size_of(lines).rows
    # narwhals refuses two aggregates of one name in a select, so each pass has its own
    filled = collected(lines.select(nw.col(*names).count())).iloc[0]
    distinct = collected(lines.select(nw.col(*names).n_unique())).iloc[0]
    first = collected(lines.sort("line").head(EXAMPLE_LINES).select(*names))
    schema = lines.collect_schema()
    table = pd.DataFrame(
        {
            "column": names,
            "type": [_type_in_words(schema[name]) for name in names],
            "filled": [int(filled[name]) for name in names],
        }
    )
    table["missing"] = rows - table["filled"]
    table["missing_share"] = table["missing"] / max(rows, 1)
    # a missing value counts as one of the distinct ones on the engine
    table["distinct"] = [
        int(distinct[name]) - int(gap > 0) for name, gap in zip(names, table["missing"], strict=True)
    ]
    table["examples"] = [
        ", ".join(number(value) for value in first[name].dropna().drop_duplicates().head(EXAMPLES))
        for name in names
    ]
    return table


def _type_in_words(kind: nw.dtypes.DType) -> str:
    """Return what a column's type means to a reader."""
    if kind.is_numeric():
        return "number"
    return "date and time" if kind == nw.Datetime else "text"


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


def summary(values: pd.DataFrame) -> dict[str, float]:
    """Return the figures that describe counted values.

    Returns:
        `mean, median, std` (of a sample), `min, max, variation` (std over the size of the mean),
        `lower, upper` (fences), `outliers` (rows outside them), `negative` and `zero` (rows) and `rows`.
    """
    value, rows = values["value"].to_numpy(), values["rows"].to_numpy()
    count = rows.sum()
    mean = float(value @ rows / count)
    std = float(np.sqrt(((value - mean) ** 2) @ rows / (count - 1))) if count > 1 else float("nan")
    low, high = quantile(values, 0.25), quantile(values, 0.75)
    lower, upper = low - FENCE * (high - low), high + FENCE * (high - low)
    return {
        "mean": mean,
        "median": quantile(values, 0.5),
        "std": std,
        "min": float(value[0]),
        "max": float(value[-1]),
        "variation": std / abs(mean) if mean else float("nan"),
        "lower": lower,
        "upper": upper,
        "outliers": int(rows[(value < lower) | (value > upper)].sum()),
        "negative": int(rows[value < 0].sum()),
        "zero": int(rows[value == 0].sum()),
        "rows": int(count),
    }


def spreads(lines: nw.LazyFrame) -> dict[str, pd.DataFrame]:
    """Return the counted values of every numeric column that has any."""
    found = {name: spread(lines, name) for name in numeric_columns(lines)}
    return {name: values for name, values in found.items() if values is not None}


def summaries(values: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a `summary` a column, with `outlier_share` (0 to 1), one row each."""
    table = pd.DataFrame([{"column": name, **summary(each)} for name, each in values.items()])
    return table.assign(outlier_share=table["outliers"] / table["rows"]) if len(table) else table


def common_values(lines: nw.LazyFrame) -> pd.DataFrame:
    """Return the most frequent value of every text column that repeats its values.

    Returns:
        `column, distinct, value, rows, share` (0 to 1, of the rows that have a value); ties go to the value
        that is first in the alphabet.
    """
    found = []
    for name in text_columns(lines):
        values = counts(lines, name)
        if values is not None and values["rows"].iloc[0] > 1:
            rows, share = int(values["rows"].iloc[0]), values["rows"].iloc[0] / values["rows"].sum()
            found.append((name, len(values), str(values[name].iloc[0]), rows, float(share)))
    return pd.DataFrame(found, columns=["column", "distinct", "value", "rows", "share"])


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


def total_revenue(lines: nw.LazyFrame) -> float | None:
    """Return the revenue of all lines, returns taken off; None where the data has no amounts."""
    if "revenue" not in lines.collect_schema().names():
        return None
    return float(collected(lines.select(nw.col("revenue").sum()))["revenue"].iloc[0])


def grouped_by_age(lines: nw.LazyFrame, edges: Sequence[float]) -> nw.LazyFrame:
    """Return the lines with `age_group`, such as `25-34`; unchanged where there are no ages.

    Args:
        lines: with or without `age`, in years.
        edges: the age at which each group begins, rising; the last one is where the last group ends. An age
            outside belongs to no group.
    """
    if "age" not in lines.collect_schema().names():
        return lines
    age = nw.col("age")
    group = nw.lit(None, dtype=nw.String)
    for start, end in pairwise(edges):
        group = nw.when((age >= start) & (age < end)).then(nw.lit(f"{start:g}–{end - 1:g}")).otherwise(group)
    return lines.with_columns(age_group=group)


def sample_of(lines: nw.LazyFrame, engine: DuckDBEngine, rows: int, seed: int) -> pd.DataFrame:
    """Return all lines, or a random sample of them in the order of the source, as a pandas frame.

    Args:
        lines: with `line`.
        engine: the study's engine, which brings the drawn line numbers to the lines.
        rows: size above which a sample is drawn.
        seed: of the draw; the same seed draws the same lines.
    """
    numbers = collected(lines.select("line").sort("line"))["line"].to_numpy()
    if len(numbers) <= rows:
        return collected(lines.sort("line"))
    drawn = np.sort(np.random.default_rng(seed).choice(numbers, size=rows, replace=False))
    chosen = engine.table(pa.table({"line": drawn}))
    return collected(lines.join(chosen, on="line", how="semi").sort("line"))

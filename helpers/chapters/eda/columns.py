"""What is in this data, before anything is done to it? Everything chapter 01 computes column by column.

Each function takes the lines lazily, asks the engine for an aggregate and returns a small pandas frame or a
named tuple, or None where the data lacks the columns it needs: a chapter's sections follow from the columns
that a study has, not from its name.
"""

from collections.abc import Sequence
from itertools import pairwise

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.base.engine import DuckDBEngine
from helpers.base.text import number
from helpers.ledger.lines import collected, counts, names_of, quantile, size_of, spread

FENCE = 1.5
"""Outliers lie further than this many interquartile ranges outside the quartiles: Tukey (1977)."""
EXAMPLES = 3
EXAMPLE_LINES = 5000
"""First lines of the source among which the overview looks for examples; fewer may all hold the same value."""
FEW = 60
"""Distinct values up to which a column of text is a list of categories rather than free text."""


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

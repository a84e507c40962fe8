"""What is in each column, before anything is done to it? All but the sums and means that the cells show."""

from collections.abc import Sequence
from itertools import pairwise

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from helpers.base.engine import DuckDBEngine
from helpers.base.text import number
from helpers.base.vocabulary import label
from helpers.ledger.lines import collected, names_of, size_of

EXAMPLES = 3
EXAMPLE_LINES = 5000
"""First lines of the source among which the overview looks for examples; fewer may all hold the same value."""


def numeric_columns(lines: nw.LazyFrame) -> list[str]:
    return [name for name, kind in lines.collect_schema().items() if kind.is_numeric() and name != "line"]


def overview(lines: nw.LazyFrame) -> pd.DataFrame:
    """Describe every column of the source, in its order.

    `distinct` counts values, missing ones not among them; `examples` is text.
    """
    names = names_of(lines)
    rows = size_of(lines).rows
    # narwhals refuses two aggregates of one name in a select, so each pass has its own
    filled = collected(lines.select(nw.col(*names).count())).iloc[0]
    distinct = collected(lines.select(nw.col(*names).n_unique())).iloc[0]
    first = collected(lines.sort("line").head(EXAMPLE_LINES).select(*names))
    schema = lines.collect_schema()
    table = pd.DataFrame({"column": names, "type": [_type_in_words(schema[name]) for name in names]})
    table["filled"] = [int(filled[name]) for name in names]
    table["missing"] = rows - table["filled"]
    table["missing_share"] = table["missing"] / max(rows, 1)
    # a missing value counts as one of the distinct ones on the engine
    table["distinct"] = [int(distinct[name]) for name in names] - (table["missing"] > 0).astype(int)
    table["examples"] = [
        ", ".join(number(value) for value in first[name].dropna().drop_duplicates().head(EXAMPLES))
        for name in names
    ]
    return table


def _type_in_words(kind: nw.dtypes.DType) -> str:
    if kind.is_numeric():
        return "number"
    return "date and time" if kind == nw.Datetime else "text"


def common_values(lines: nw.LazyFrame) -> pd.DataFrame:
    """Return the most frequent value of every text column that repeats its values.

    `share` is of the rows that have a value; ties go to the value that is first in the alphabet.
    """
    rows = []
    for name in (name for name, kind in lines.collect_schema().items() if kind == nw.String):
        present = lines.filter(~nw.col(name).is_null())
        # no column of a source is called _rows; the counts stay in Arrow, for order numbers are millions
        counts = present.group_by(name).agg(nw.len().alias("_rows")).collect("pyarrow").to_native()
        most = pc.max(counts["_rows"]).as_py() or 0
        if most > 1:
            value = pc.min(counts.filter(pc.equal(counts["_rows"], most))[name]).as_py()
            share = most / pc.sum(counts["_rows"]).as_py()
            rows.append((label(name), len(counts), value, most, share))
    return pd.DataFrame(rows, columns=["column", "distinct", "value", "rows", "share"])


def age_groups_of(ages: pd.Series, edges: Sequence[float]) -> pd.Series:
    """Return the group of each age in years, such as `25–34`; an age outside the edges belongs to none.

    Each edge is the age at which a group begins, rising; the last one is where the last group ends.
    """
    names = [f"{start:g}–{end - 1:g}" for start, end in pairwise(edges)]
    return pd.cut(ages, edges, right=False, labels=names).astype(object)


def sample_of(lines: nw.LazyFrame, engine: DuckDBEngine, rows: int, seed: int) -> pd.DataFrame:
    """Return all lines, or a random sample of so many, in the order of the source; a seed draws the same again."""
    numbers = collected(lines.select("line").sort("line"))["line"].to_numpy()
    if len(numbers) <= rows:
        return collected(lines.sort("line"))
    drawn = np.sort(np.random.default_rng(seed).choice(numbers, size=rows, replace=False))
    chosen = engine.table(pa.table({"line": drawn}))
    return collected(lines.join(chosen, on="line", how="semi").sort("line"))

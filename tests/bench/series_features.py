"""The Insiders cleaning and its fifty features as the series does them: one of the bench's contenders.

Run as `python -m tests.bench.series_features raw.parquet rules.json folder [duckdb|spark [memory]]`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import narwhals as nw

from helpers.base.engine import DuckDBEngine, open_engine
from helpers.base.engine_settings import EngineSettings
from helpers.chapters.cleaning.account import any_of, judge, steps_of
from helpers.customers.features import POINT, customer_features, span_of
from helpers.ledger.tables import write_table

DEFINITIONS = {"feature_set": "insiders", "recency": "calendar"}
NEEDED = ["customer_id", "order_id", "product_id", "ordered_at", "quantity", "revenue", "country", *POINT]


def clean_lines(
    lines: nw.LazyFrame, entries: list[str | dict[str, Any]], engine: DuckDBEngine, columns: list[str]
) -> tuple[nw.LazyFrame, nw.LazyFrame]:
    """Apply rules for somebody who asks for some columns of the transactions and returns, and for no account.

    Lines that a rule rejects can then be left behind at once, and nothing is noted of the others.

    Args:
        lines: as for `apply_rules`.
        entries: likewise.
        engine: likewise.
        columns: those wanted; what the lines do not have is left out.

    Returns:
        The transactions and the returns.

    Raises:
        StudyError: a rule names a column the lines do not have.
    """
    steps = steps_of(entries)
    lines = judge(lines, steps, engine)
    names = [name for name in lines.collect_schema().names() if name in columns]
    moves: list[nw.Expr] = []
    drops: list[nw.Expr] = []
    for step in steps:
        leaves = nw.col(f"_exit_{step.position}")
        if step.rule.kind == "moves":
            moves.append(leaves)
        elif step.rule.kind == "drops":  # what was moved aside before is judged no more
            drops.append(leaves & ~any_of(moves))
    kept = engine.keep(lines.filter(~any_of(drops)).select(*names, _moved=any_of(moves)))
    moved = nw.col("_moved")
    return kept.filter(~moved).select(names), kept.filter(moved).select(names)


def main(raw: Path, rules: Path, folder: Path, engine: str = "duckdb", memory: str | None = None) -> None:
    """Clean a Parquet file of raw lines and write what its customers are like into a folder."""
    asked = {"memory": memory} if memory else {}
    with open_engine(EngineSettings(name=engine, **asked)) as opened:
        bought, returned = clean_lines(opened.scan(raw), json.loads(rules.read_text()), opened, NEEDED)
        span = span_of(bought, returned, **DEFINITIONS)
        features = customer_features(bought, returned, span, opened, date_offset_days=2190, **DEFINITIONS)
        write_table("customers", opened.keep(features), folder / "customers.parquet", opened)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])

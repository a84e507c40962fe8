"""What chapter 08 takes on a ledger of 5.4 million lines: processor time and peak memory of its work.

The clean lines of `online_retail`, built before, are copied: each copy has customers and orders of its own, and
every second one products of its own, so that the matrix grows in both directions. The chapter's helpers then run
on it as the notebook calls them, with few rounds of fitting: they cost time, but no memory.

Run as `python -m tests.bench.bench_recommendation` from the project's folder, after
`make report PARAMS=params/online_retail.yml`.
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow.parquet as pq

from helpers.base.engine import open_engine
from helpers.base.paths import reports
from helpers.chapters.recommendation import association_rules as bought_together
from helpers.chapters.recommendation import evaluation as recommend
from helpers.chapters.recommendation import models as recommenders
from helpers.chapters.recommendation import reasons as explain
from helpers.chapters.recommendation import windows
from helpers.chapters.recommendation.interactions import keyed
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.bench.measure import run_module

LINES = 5_400_000
MEMORY = 8 * 1024**3 / 1e6
"""MB that the chapter may take: 8 GiB."""
CUT_OFF, DAYS = "2011-11-01", 39


def enlarge(source: Path, target: Path) -> int:
    """Write a ledger of at least LINES lines made of copies of another; return its lines."""
    copies = -(-LINES // pq.read_metadata(source).num_rows)
    with open_engine() as engine:
        engine.connection.execute(
            f"COPY (SELECT lines.* REPLACE (customer_id || '-' || copy AS customer_id, order_id || '-' || copy AS "
            "order_id, CASE WHEN copy % 2 = 1 THEN product_id || '-B' ELSE product_id END AS product_id, "
            f"line + copy * 1000000 AS line) FROM range({copies}) AS copies(copy), '{source}' AS lines) "
            f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    return pq.read_metadata(target).num_rows


def work(ledger: Path) -> None:
    """Do what the chapter does with one ledger."""
    section = chapter_parameters(BY_NAME["recommendation"].notebook)().model_dump()
    options = recommend.options_from(section | {"epochs": 2, "hybrid_epochs": 1}, seed=42)
    options = replace(options, als_iterations=2, draws=50)
    customers = pd.DataFrame({"customer_id": []})
    with open_engine() as engine:
        lines = keyed(engine.scan(ledger))
        plan = windows.plan(lines, CUT_OFF, DAYS)
        earlier = windows.window(lines, plan.earlier, options=options, plan=plan, engine=engine)
        choice = windows.choose(earlier)
        earlier = earlier.without_models()
        test = windows.window(lines, plan.test, options=options, plan=plan, engine=engine, weights=choice.weights)
        print(recommend.compared(test.evaluation, "next", options).head(3))
        final = windows.final(lines, choice, options, customers, [])
        similar = recommenders.similar_items(final.train, nearest=200)
        names = final.products["product_name"].to_numpy()
        for offered in final.offers.values():
            why = explain.reasons(final.train, offered.lists, similar, names)
            table = explain.recommendation_table(final.train, offered, why, final.products)
            print(f"{len(table):,} places on the lists of {len(final.train.customers):,} customers")
        rules = bought_together.rules(
            bought_together.baskets(lines), section["rule_share"], section["rule_orders"]
        )
        print(bought_together.read(rules))


def main() -> None:
    """Make the ledger, run the chapter's work in a process of its own, and print what it took."""
    source = reports() / "online_retail" / "tables" / "transactions.parquet"
    if not source.exists():
        print("The recommendation bench is left out: build online_retail first.")
        return
    with TemporaryDirectory(prefix="bench-") as scratch:
        ledger = Path(scratch) / "transactions.parquet"
        lines = enlarge(source, ledger)
        cost = run_module("tests.bench.bench_recommendation", ledger)
    verdict = "met" if cost.peak <= MEMORY else "missed"
    print(f"{lines:,} lines: {cost.cpu:,.0f} CPU s, {cost.wall:,.0f} s, peak {cost.peak:,.0f} MB")
    print(f"target: at most {MEMORY:,.0f} MB: {verdict}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(Path(sys.argv[1]))
    else:
        main()

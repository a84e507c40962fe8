"""The Insiders cleaning and its fifty features as the series does them: one of the bench's contenders.

Run as `python -m tests.bench.series_features raw.parquet rules.json folder`.
"""

import json
import sys
from pathlib import Path

from helpers.base.engine import open_engine
from helpers.chapters.cleaning.account import clean_lines
from helpers.customers.features import POINT, Options, customer_features, span_of
from helpers.ledger.tables import write_table

OPTIONS = Options("insiders", "calendar", date_offset_days=2190)
NEEDED = ["customer_id", "order_id", "product_id", "ordered_at", "quantity", "revenue", "country", *POINT]


def main(raw: Path, rules: Path, folder: Path) -> None:
    """Clean a Parquet file of raw lines and write what its customers are like into a folder."""
    with open_engine() as engine:
        bought, returned = clean_lines(engine.scan(raw), json.loads(rules.read_text()), engine, NEEDED)
        span = span_of(bought, returned, OPTIONS)
        features = customer_features(bought, returned, OPTIONS, span, engine)
        write_table("customers", engine.keep(features), folder / "customers.parquet", engine)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

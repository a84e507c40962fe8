"""The Insiders cleaning as the series does it: the bench's other contender.

Run as `python -m tests.bench.series_cleaning raw.parquet rules.json folder`.
"""

import json
import sys
from pathlib import Path

from helpers.base.engine import open_engine
from helpers.chapters.cleaning.account import apply_rules
from helpers.ledger.tables import write_table


def main(raw: Path, rules: Path, folder: Path) -> None:
    """Clean a Parquet file of raw lines and write the four tables into a folder."""
    with open_engine() as engine:
        cleaned = apply_rules(engine.scan(raw), json.loads(rules.read_text()), engine)
        for name in ("transactions", "returns", "rejected"):
            write_table(name, getattr(cleaned, name), folder / f"{name}.parquet", engine)
    (folder / "steps.json").write_text(json.dumps(cleaned.account.steps, default=str))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

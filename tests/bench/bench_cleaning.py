"""How much processor time and memory the line-level engine saves over pandas, on the Insiders study.

Two contests. The cleaning: Parquet of raw lines in, the three tables out. The cleaning and the fifty features:
Parquet in, a row a customer out. Plain pandas is what they are held against, written as the study's own notebook
goes about it; beside it stand pandas by somebody who knows where it is slow, and that with Arrow texts, because a
reader who knows pandas will ask. At last, a ledger that pandas cannot hold here: ours alone, within a limit.

Run as `python -m tests.bench.bench_cleaning` from the project's folder (or `make bench`).
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.base.paths import PARAMS
from helpers.ledger.ingest import ingest
from helpers.ledger.sources import find_file
from helpers.study.file import load_study
from tests.bench.contest import SERIES, Contender, Size, compete, enlarged
from tests.bench.measure import run_module

STUDY = "insiders"
PLAIN, PANDAS, ARROW = "plain", "pandas", "pandas+arrow"
TABLES = ("transactions", "returns", "rejected")
LINE = (
    "line, order_id, product_id, product_name, ordered_at, customer_id, country, "
    "CAST(quantity AS DECIMAL(15, 3)), CAST(unit_price AS DECIMAL(18, 4)), CAST(revenue AS DECIMAL(18, 4))"
)
"""What the tables have in common: pandas keeps money as floats, and says rules in words of its own."""
CLEANING = (Size(1, 5, 0.60, None), Size(10, 2, 0.35, 0.50))
FEATURES = (Size(1, 5, 0.50, None), Size(10, 2, 0.20, 0.25))
MANY = 50
MANY_MEMORY = "2GB"
"""What DuckDB may hold of them: without it, half of the machine's."""
MANY_WITHIN = 6 * 2**30
"""Bytes that ours may take for fifty copies of the ledger."""


def main() -> None:
    """Run the bench and print its tables."""
    study = load_study(PARAMS / f"{STUDY}.yml")
    try:
        source, coordinates = find_file(study.source.path), find_file("country_coordinates.csv")
    except StudyError as absent:
        print(f"The cleaning bench is left out: {absent}")
        return
    with TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        with open_engine() as engine:
            ingest(source, study.source, engine, folder)
        raw, rules = folder / "raw.parquet", folder / "rules.json"
        rules.write_text(json.dumps(study.values.cleaning.rules))
        cleaning = {
            SERIES: Contender("tests.bench.series_cleaning", rules),
            PLAIN: Contender("tests.bench.plain_cleaning", coordinates),
            PANDAS: Contender("tests.bench.pandas_cleaning", coordinates),
            ARROW: Contender("tests.bench.pandas_cleaning", coordinates, ("arrow",)),
        }
        for size in CLEANING:
            compete(
                "Cleaning", enlarged(raw, size.copies), size, cleaning, baseline=PLAIN, check_same=check_same_lines
            )
        features = {
            SERIES: Contender("tests.bench.series_features", rules),
            PLAIN: Contender("tests.bench.plain_features", coordinates),
        }
        for size in FEATURES:
            title = "Features (after cleaning)"
            compete(
                title, enlarged(raw, size.copies), size, features, baseline=PLAIN, check_same=check_same_features
            )
        run_many(enlarged(raw, MANY), features[SERIES])


def run_many(raw: Path, contender: Contender) -> None:
    """Run ours alone on many copies, and print what it took."""
    output = raw.parent / "many"
    output.mkdir()
    cost = run_module(contender.module, raw, contender.needs, output, "duckdb", MANY_MEMORY)
    word = "met" if cost.peak * 1e6 <= MANY_WITHIN else "missed"
    print(
        f"\nFeatures (after cleaning), {MANY} copies, ours alone: {cost.cpu:.1f} CPU s, {cost.wall:.1f} s, "
        f"{cost.peak:,.0f} MB; target <= {MANY_WITHIN / 1e6:,.0f} MB: {word}"
    )


def check_same_lines(one: Path, other: Path) -> None:
    """Check that two contenders made the same of the lines: a faster wrong answer is no win.

    Raises:
        StudyError: lines or customers left by a step differ, or a line of one of the tables.
    """
    left, right = (json.loads((side / "steps.json").read_text()) for side in (one, other))
    for ours, theirs in zip(left, right, strict=True):
        if any(ours[name] != theirs[name] for name in ("lines", "customers")):
            raise StudyError(f"The contenders disagree about step {ours['step']}: {ours} and {theirs}.")
    with open_engine() as engine:
        for table in TABLES:
            left, right = (f"SELECT {LINE} FROM '{side / table}.parquet'" for side in (one, other))
            unlike = f"(({left}) EXCEPT ALL ({right})) UNION ALL (({right}) EXCEPT ALL ({left}))"
            count = engine.connection.sql(f"SELECT count(*) FROM ({unlike})").fetchall()[0][0]
            if count:
                raise StudyError(f"The contenders disagree: {count:,} rows of {table} differ.")


def check_same_features(one: Path, other: Path) -> None:
    """Check that two contenders found the same customers and features, but for the rounding of float sums.

    Raises:
        StudyError: naming the feature that differs.
    """
    ours, theirs = (pd.read_parquet(side / "customers.parquet").set_index("customer_id") for side in (one, other))
    if list(ours.index) != list(theirs.index):
        raise StudyError("The contenders disagree about who the customers are.")
    for name in theirs:
        left, right = ours[name], theirs[name]
        number = pd.api.types.is_numeric_dtype(left)
        if not (np.allclose(left, right.astype(float), rtol=1e-9, atol=1e-9) if number else left.equals(right)):
            raise StudyError(f"The contenders disagree about the feature {name}.")


if __name__ == "__main__":
    main()

"""The sample's shop, grown: many branches of one catalogue, so that any number of customers can be timed.

Run as `python -m tests.bench.grown_shop 25000 folder`: writes `folder/lines/part-*.parquet` (texts, as a file has
them) and `folder/shop_25000.yml`, a study of them that asks what the sample's does.
"""

import sys
from pathlib import Path

import pandas as pd
import yaml

from helpers.base.paths import ROOT
from helpers.ledger.sample import make_sample

BRANCH = 1505  # customers of one draw of the sample
PEOPLE = 3000  # between the ids of two branches, guests counted
INVOICES = 50_000


def write_shop(folder: Path, customers: int, seed: int = 42) -> Path:
    """Write a shop of about so many customers, each branch from a seed of its own; return the study's path."""
    lines = folder / "lines"
    lines.mkdir(parents=True, exist_ok=True)
    for branch in range(max(1, round(customers / BRANCH))):
        make_branch(branch, seed).to_parquet(lines / f"part-{branch:04d}.parquet", index=False)
    study = yaml.safe_load((ROOT / "params" / "sample.yml").read_text(encoding="utf-8"))
    source = {"path": str(lines.resolve()), "columns": study["source"]["columns"]}
    study |= {"title": f"A shop of {customers:,} customers, invented", "source": source}
    path = folder / f"shop_{customers}.yml"
    path.write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def make_branch(branch: int, seed: int) -> pd.DataFrame:
    """Return the ledger of one branch, whose customers and invoices have numbers that no other branch has."""
    lines = make_sample(seed + branch)["sample.csv"].copy()
    known = lines["customer_id"].ne("")
    lines.loc[known, "customer_id"] = (lines.loc[known, "customer_id"].astype(int) + branch * PEOPLE).astype(str)
    credit = lines["invoice_no"].str.startswith("C")
    number = lines["invoice_no"].str.lstrip("C").astype(int) + branch * INVOICES
    lines["invoice_no"] = credit.map({True: "C", False: ""}) + number.astype(str)
    return lines


if __name__ == "__main__":
    count, target = sys.argv[1:]
    print(write_shop(Path(target), int(count)))

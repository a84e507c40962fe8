"""`make new` and `make report` on tables of any kind: every pair of columns there and missing, and other kinds."""

import csv
import json
import random
from itertools import combinations, product

import pytest

from tests.conftest import slow
from tests.foreign import core
from tests.notebooks.test_new_study import run
from tests.notebooks.tiny import Project, new_project
from tests.unit.new_study.public_tables import table

COLUMNS = {
    "Invoice No": "order", "Invoice Date": "moment", "Customer ID": "customer", "Stock Code": "code",
    "Description": "product", "Quantity": "quantity", "Unit Price": "price", "Total Amount": "amount",
    "Country": "country",
}  # fmt: skip
"""Header -> column of the shop's lines."""
KINDS = (
    "online shoppers intention", "telco churn", "marketing campaign", "german shop customers",
    "french subscribers", "spanish survey", "donations", "instacart orders", "supermarket sales", "mall customers",
)  # fmt: skip
"""Tables of customers, sessions, subscriptions and answers, without money and without customers."""


def covering(names: list[str]) -> list[tuple[str, ...]]:
    """Return sets of columns in which every two are both there, both missing, and each without the other."""
    rng = random.Random(3)
    left = {(*pair, *there) for pair in combinations(names, 2) for there in product((True, False), repeat=2)}
    chosen = []
    while left:
        offers = [{name: rng.random() < 0.5 for name in names} for _ in range(200)]
        best = max(offers, key=lambda offer: sum((offer[a], offer[b]) == (x, y) for a, b, x, y in left))
        left -= {(a, b, x, y) for a, b, x, y in left if (best[a], best[b]) == (x, y)}
        chosen.append(tuple(name for name in names if best[name]))
    return chosen


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return new_project(tmp_path_factory.mktemp("any") / "project")


def built(project: Project, name: str) -> dict:
    """Write a study for a file and build it; return what it found."""
    written = run(project, "helpers.new_study.write", name, f"{name}.csv")
    assert written.returncode == 0, written.stderr
    done = run(project, "helpers.build.run", f"params/{name}.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((project.reports / name / "findings.json").read_text())


SETS = covering(list(COLUMNS))


@pytest.mark.parametrize("place", [0, 1, *map(slow, range(2, len(SETS)))])
def test_whatever_columns_a_ledger_has_it_builds_to_the_end(project, place):
    there, rows = SETS[place], core()
    with (project.data / f"set{place}.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(there)
        writer.writerows([row[COLUMNS[header]] for header in there] for row in rows)
    found = built(project, f"set{place}")
    assert found["cleaning"]["rows_read"] == len(rows)
    paid = "Total Amount" in there or {"Quantity", "Unit Price"} <= set(there)
    assert (found["cleaning"]["revenue_read"] is None) == (not paid)


@pytest.mark.parametrize("name", [KINDS[0], *map(slow, KINDS[1:])])
def test_a_table_of_another_kind_becomes_a_series(project, name):
    stem = name.replace(" ", "_")
    _, rows, known = table(name)
    rows.to_csv(project.data / f"{stem}.csv", index=False)
    found = built(project, stem)
    assert found["cleaning"]["rows_read"] == len(rows)
    customers = [rows[header] for header, column in known.items() if column == "customer_id"]
    undated = "ordered_at" not in known.values()
    if customers and undated and customers[0].duplicated().any():  # nobody knows when they came back
        assert "rfm" not in found
    elif customers:
        assert found["rfm"]["customers"] == customers[0].nunique()

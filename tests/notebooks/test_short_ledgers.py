"""Chapter 10 on ledgers that say little: what can be said is said, the rest is left out with its reason."""

import json
import re

import pytest

from tests.conftest import slow
from tests.foreign import core
from tests.notebooks.test_edited_parameters import COLUMNS
from tests.notebooks.tiny import new_project, study

ALL = {
    "Sales of both periods", "What drove the change", "Customers gained and lost",
    "Customers who moved to another segment", "Unusual months", "Customers of one season",
    "What new customers become worth",
}  # fmt: skip
LONG_ONLY = {"Unusual months", "Customers of one season"}
TWO_PERIODS = {"Sales of both periods", "What drove the change", "Customers gained and lost"}


def returns_only(rows: list[dict]) -> list[dict]:
    return [row | {"quantity": -abs(row["quantity"]), "amount": -abs(row["amount"])} for row in rows]


def undated(rows: list[dict]) -> list[dict]:
    return [{name: value for name, value in row.items() if name != "moment"} for row in rows]


CASES = {
    "a month": (core(orders=120, customers=30, days=33), ALL - TWO_PERIODS),
    "a week": (core(orders=60, customers=20, days=7), ALL),
    "one customer": (core(orders=150, customers=1, days=500), {"Customers of one season"}),
    "only returns": (returns_only(core(orders=150, customers=30, days=300)), LONG_ONLY),
    "no dates": (undated(core(orders=100, customers=30)), ALL),
}
"""Lines of a ledger, and the sections that say why they end at once."""


@pytest.mark.parametrize("name", [*map(slow, [name for name in CASES if name != "no dates"]), "no dates"])
def test_what_can_be_said_is_said_and_the_rest_is_left_out_with_its_reason(name, tmp_path):
    rows, left_out = CASES[name]
    project = new_project(tmp_path / "project")
    project.write_ledger(rows)
    columns = {header: column for header, column in COLUMNS.items() if header in rows[0]}
    source = {"path": "tiny.csv", "columns": columns}
    chapters = ["cleaning", *(["rfm"] if name != "no dates" else []), "what_changed"]
    rules = [{"drop_missing": ["customer_id"]}, *(["split_returns"] if name != "only returns" else [])]
    project.write_study(study(source=source, chapters=chapters, claims=[], cleaning={"rules": rules}))
    outcome = project.build(within=300)
    assert outcome.code == 0, outcome.out + outcome.err
    found = json.loads((project.study / "findings.json").read_text())["what_changed"]
    assert ("net_sales" in found) == ("Sales of both periods" not in left_out)
    if "net_sales" in found:
        assert sum(found["drivers"].values()) == pytest.approx(found["net_sales"] - found["net_sales_before"])
    page = (project.study / "10_what_changed.html").read_text(encoding="utf-8")
    headings = {text for text in re.findall(r"<h2[^>]*>(?:<[^>]*>)*\d+\. ([^<]*)", page)}
    assert headings & ALL == ALL - left_out

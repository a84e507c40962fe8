"""`make new` and `make report` on tables of any kind: every pair of columns there and missing, and other kinds."""

import csv
import json
import random
from collections import Counter
from itertools import combinations, product
from pathlib import Path

import pandas as pd
import pytest

from helpers.new_study.content import content_of
from helpers.new_study.guess import guess_columns
from helpers.new_study.kinds import kind_of
from helpers.new_study.write import draft, study_text
from helpers.study.file import load_study
from helpers.study.needs import lacking, met_by, sections, title_of
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
    "french subscribers", "spanish survey", "donations", "instacart orders", "supermarket sales",
    "taxi trips", "loan applications", "newsletter clicks", "mall customers",
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


LETTERS = dict(zip("ODCKNQPAL", COLUMNS, strict=True))
CLASSES = (
    "P N QL PA PAL KA QA KAL QAL OA OAL OKA OCA OCKA OCKP OCKAL CKAL DA DKA DKAL ODA ODAL ODKAL DCA DCN DCP DCKP "
    "DCKQP DCNAL ODCAL A AL"
)
"""Sets of columns, a letter each, that together with those of pairs get every kind of study there is.

That is: what a row stands for, which chapters there are, and which sections each of these has."""
SETS = [*covering(list(COLUMNS)), *(tuple(LETTERS[letter] for letter in letters) for letters in CLASSES.split())]
KNOWN = (
    "order_id", "ordered_at", "customer_id", "product_id", "product_name", "quantity", "unit_price", "revenue",
    "country",
)  # fmt: skip
"""What each of the columns is."""


def every_set() -> list[tuple[str, ...]]:
    return [there for size in range(1, len(COLUMNS) + 1) for there in combinations(COLUMNS, size)]


def test_whatever_columns_there_are_each_is_read_as_what_it_is():
    """All 511 sets; a table of no ledger leaves some to themselves, and takes none for another."""
    texts = pd.DataFrame(core())[list(COLUMNS.values())].astype(str).astype(object).set_axis([*COLUMNS], axis=1)
    contents = {header: content_of(texts[header], ".", float(header == "Invoice Date")) for header in texts}
    known, kinds = dict(zip(COLUMNS, KNOWN, strict=True)), Counter()
    for there in every_set():
        sample, content = texts[list(there)], {header: contents[header] for header in there}
        kind = kind_of(sample, content)
        found = {guess.header: guess.name for guess in guess_columns(sample, content, ".", kind)}
        expected = {header: known[header] for header in there}
        assert found.items() <= expected.items(), there
        assert not kind.is_ledger or found == expected, there
        assert kind.is_ledger or not {"Customer ID", "Invoice No"} <= set(there), there
        kinds[kind.name] += 1
    assert kinds["order lines"] > kinds["orders"] > kinds["rows of their own"] > 0 == kinds["customers"]


def outcomes(there: tuple[str, ...], folder: Path) -> set[tuple]:
    """Draft and load a study; return its kind with its chapters, and each chapter with its sections."""
    write_set(there, folder / "set.csv")
    new = draft("any", str(folder / "set.csv"))
    (folder / "any.yml").write_text(study_text(new), encoding="utf-8")
    chapters = load_study(folder / "any.yml").chapters
    returned = any(rule.on and rule.text == "split_returns" for rule in new.rules)
    has = met_by(new.facts.columns, returned=returned)
    gets = {(c.name, *(title_of(s[0]) for s in sections(c.notebook) if not lacking(s[0], has))) for c in chapters}
    return gets | {(new.kind.name, *(chapter.name for chapter in chapters))}


@pytest.mark.slow
def test_every_set_of_columns_becomes_a_study_and_those_built_have_all_that_any_has(tmp_path):
    by_set = {there: outcomes(there, tmp_path) for there in every_set()}
    assert len(by_set) == 511
    built = set().union(*(by_set[tuple(header for header in COLUMNS if header in there)] for there in SETS))
    assert set().union(*by_set.values()) == built


def write_set(there: tuple[str, ...], path: Path) -> int:
    """Write the shop's lines with some of their columns; return how many there are."""
    rows = core()
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(there)
        writer.writerows([row[COLUMNS[header]] for header in there] for row in rows)
    return len(rows)


@pytest.mark.parametrize("place", [0, *map(slow, range(1, len(SETS)))])
def test_whatever_columns_a_ledger_has_it_builds_to_the_end(project, place):
    there = SETS[place]
    rows = write_set(there, project.data / f"set{place}.csv")
    found = built(project, f"set{place}")
    assert found["cleaning"]["rows_read"] == rows
    paid = "Total Amount" in there or {"Quantity", "Unit Price"} <= set(there)
    assert (found["cleaning"]["revenue_read"] is None) == (not paid)


WORDS = (
    "rows", "column", "count", "mean", "value", "share", "index", "line", "file", "text_0", "month", "label",
)  # fmt: skip
"""Headers of FAULTS.md that chapters use for columns of their own."""


def dated(days: list[str]) -> pd.DataFrame:
    return pd.DataFrame(core()).assign(moment=lambda rows: [days[n % len(days)] for n in range(len(rows))])


ODD = {
    "words over numbers": pd.DataFrame({word: [n * len(word) % 37 for n in range(60)] for word in WORDS}),
    "words over texts": pd.DataFrame({word: [f"{word} {n % 7}" for n in range(60)] for word in WORDS}),
    "a matrix of numbers": pd.DataFrame({f"c{c}": [n * (c + 3) % 41 / 4 for n in range(60)] for c in range(12)}),
    "all in the year 2500": dated([f"2500-{n % 12 + 1:02}-{n % 27 + 1:02}" for n in range(300)]),
    "a day in the year 2500": dated(
        [f"2023-{n % 12 + 1:02}-{n % 27 + 1:02}" for n in range(300)] + ["2500-05-01"]
    ),
    "one instant": dated(["2023-05-05 10:00"]),
}


@pytest.mark.parametrize("name", [*map(slow, ODD)])
def test_an_odd_table_builds_to_the_end(project, name):
    stem = "odd_" + name.replace(" ", "_")
    ODD[name].to_csv(project.data / f"{stem}.csv", index=False)
    assert built(project, stem)["cleaning"]["rows_read"] == len(ODD[name])


@pytest.mark.parametrize("name", [*map(slow, KINDS[:-1]), KINDS[-1]])
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

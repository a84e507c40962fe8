"""Hostile sources: whatever a file is like, its figures are right, or the doubt is said."""

from collections import Counter
from pathlib import Path

import pytest

from helpers.base.errors import StudyError
from helpers.ledger.source import Source
from tests.hostile_sources import HEADER, Case, cases

FEW, MANY = 112, 1008


def pytest_generate_tests(metafunc):
    """Run a part of the cases, or ten times as many with `--all-studies`."""
    if "case" in metafunc.fixturenames:
        count = MANY if metafunc.config.getoption("--all-studies") else FEW
        chosen = cases(count)
        metafunc.parametrize("case", chosen, ids=[f"{n} {case.name}" for n, case in enumerate(chosen)])


def figures(rows) -> tuple:
    """Return what a report adds up: lines, revenue, customers, orders, products, first and last day."""
    return (
        len(rows),
        sum(row["quantity"] * row["unit_price"] for row in rows),
        len({row["customer_id"] for row in rows}),
        Counter(row["order_id"] for row in rows),
        Counter(row["product_name"] for row in rows),
        Counter(row["ordered_at"] for row in rows),
    )


def source_of(case: Case, path: Path) -> Source:
    names = {header: name for header, name in zip(case.ledger.header, HEADER, strict=True) if header != name}
    given = {"decimal": case.decimal} if case.decimal else {}
    return Source(path=path.name, columns=names, unreadable_at_most=0.03, **given)


def test_a_figure_is_right_or_its_doubt_is_said(case, tmp_path, read_source):
    path = case.write(tmp_path)
    settings = source_of(case, path).model_dump(exclude_unset=True, exclude={"path"})
    try:
        read = read_source(path, **settings)
    except StudyError as error:
        assert case.may_refuse, error
        assert str(error).endswith(".") and "\n" not in str(error)
        return
    assert not case.must_refuse, f"read as {len(read.raw)} lines"
    rows = case.ledger.rows
    if read.unparsed:
        assert len(read.unparsed) <= case.aside
        kept = {row["line"] for row in read.unparsed}
        rows = [row for number, row in enumerate(rows, 1) if number not in kept]
    assert figures(read.raw) == figures(rows)


def test_the_same_cases_come_again():
    assert [case.name for case in cases(30)] == [case.name for case in cases(30)]


@pytest.mark.parametrize("count", [FEW, MANY])
def test_every_twist_is_in_the_cases(count):
    assert len({case.name.split()[0] for case in cases(count)}) > 15

"""Reconciliation: a line or a penny that went missing stops the chapter."""

from decimal import Decimal

import pytest

from helpers.chapters.cleaning.account import balance, rows_balance

ROWS = {"read": 10, "kept": 6, "returned": 1, "rejected": 3}
REVENUE = {
    "read": Decimal("100.1"),
    "changed": Decimal("-0.1"),
    "kept": Decimal("90.00"),
    "returned": Decimal("-5.5"),
    "rejected": Decimal("15.5"),
}


def test_lines_that_could_not_be_read_are_added_to_what_was_read():
    assert rows_balance(ROWS, 2) == {**ROWS, "read": 12, "unparsed": 2}


@pytest.mark.parametrize("end", ["kept", "returned", "rejected"])
@pytest.mark.parametrize("off", [-1, 1])
def test_a_line_too_many_or_too_few_is_an_error(end, off):
    with pytest.raises(ArithmeticError, match="10 lines were read, but"):
        rows_balance({**ROWS, end: ROWS[end] + off}, 0)


@pytest.mark.parametrize("end", REVENUE)
def test_a_part_of_a_penny_is_an_error(end):
    with pytest.raises(ArithmeticError, match="came in, but"):
        balance(rows_balance(ROWS, 0), {**REVENUE, end: REVENUE[end] + Decimal("0.0001")})


def test_the_table_has_a_row_for_each_end():
    table = balance(rows_balance(ROWS, 2), REVENUE).set_index("where")
    assert table["lines"].dropna().to_dict() == {
        "read from the source": 12,
        "kept": 6,
        "returned": 1,
        "rejected": 3,
        "could not be read": 2,
    }
    assert table["revenue"].dropna().to_dict() == {
        "read from the source": 100.1,
        "changed by rules": -0.1,
        "kept": 90.0,
        "returned": -5.5,
        "rejected": 15.5,
    }

"""Tables that no report can describe, and rows that are no lines."""

import pytest

from helpers.base.errors import StudyError
from helpers.ledger.text_table import LONGEST, WIDEST


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",".join(f"c{n}" for n in range(WIDEST + 1)) + "\n" + "1," * WIDEST + "1\n", "columns, more than"),
        ("name,n\n" + "x" * (LONGEST + 1) + ",1\n", "in column 'name' of row 1"),
        ("x" * (LONGEST + 1) + ",n\na,1\n", "endless"),
        ("x" * 3_000_000, "first line without an end"),
    ],
)
def test_what_is_too_large_is_refused_in_a_sentence(read_source, text, said):
    with pytest.raises(StudyError, match=said):
        read_source(text)


def test_a_row_of_empty_fields_is_no_line(read_source):
    read = read_source("name,n\n,\nx,1\n , \ny,2\n")
    assert [(row["line"], row["name"]) for row in read.raw] == [(2, "x"), (4, "y")]
    assert read.result.rows_read == 2

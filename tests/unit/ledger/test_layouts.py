"""Layouts: what splits, quotes and introduces the lines of a text file."""

import pytest

from helpers.base.errors import StudyError
from helpers.ledger.layouts import Layout, has_swallowed, layout_of

ROWS = [
    ["id", "day", "amount"],
    ["R1", "2023-01-05", "1.5"],
    ["R2", "2023-01-06", "2.5"],
    ["R3", "2023-01-07", "3"],
]


def text(delimiter: str, rows=ROWS) -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("delimiter", list(",;\t|:^~\x01§ "))
def test_a_delimiter_is_what_splits_all_lines_alike(delimiter):
    assert layout_of(text(delimiter), "l.csv") == Layout(delimiter)


def test_a_given_delimiter_stays():
    assert layout_of(text("~"), "l.csv", ";") == Layout(";")


def test_single_quotes_are_seen():
    quoted = [[f"'{value}'" for value in row] for row in ROWS]
    assert layout_of(text(",", quoted), "l.csv").quote == "'"
    assert layout_of("id,name,n\n1,'t Hart,2\n2,O'Neil,3\n", "l.csv").quote == '"'


@pytest.mark.parametrize("above", ["# a\n", "Sales report\n\n", "sep=;\n", "# a, b\n# c\n\n"])
def test_lines_above_the_header_are_counted(above):
    assert layout_of(above + text(";"), "l.csv") == Layout(";", above=above.count("\n"))


def test_a_column_of_texts_keeps_its_header():
    assert layout_of("note\nhello, world\nwell, so\n", "l.csv").above == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<!DOCTYPE html><table>", "is a web page"),
        ("<table><tr><td>1", "is a web page"),
        ('[{"a": 1}]', "is JSON"),
        ('{"a": 1}\n{"a": 2}\n', "is JSON"),
        ("PK\x03\x04...", "is a workbook or a zip"),
        ("id      day         amount\nR1      2023-01-05  1.5\nR2      2023-01-06  2.5\n", "fixed width"),
    ],
)
def test_another_kind_of_file_is_refused_in_a_sentence(content, said):
    with pytest.raises(StudyError, match=said):
        layout_of(content, "l.csv")


def test_lines_swallowed_by_a_quote_are_told_from_a_text_of_several_lines():
    assert has_swallowed("Cup,1,2\nR2,2023,b,3,4\nR3,2023,Tray", Layout(","), 5, "R1")
    assert not has_swallowed("White, hanging\nlantern, large", Layout(","), 5, "R1")
    assert not has_swallowed("Mill Lane 5, York,\nEngland, Earth", Layout(","), 5, "R1")
    assert has_swallowed('R1,"a,1\nR2,b,2\nR3,c,3\n', Layout(","), 3)
    assert not has_swallowed("R1,a", Layout(","), 3)

"""Doubts: totals at the end of a file, and lines that are in two files."""

import pytest

LINES = "customer_id,product_name,revenue\n" + "".join(f"c{n % 3},Cup {n},{n}.5\n" for n in range(1, 9))
SUM = sum(n + 0.5 for n in range(1, 9))


@pytest.mark.parametrize("last", [f"Total,,{SUM}", f",,{SUM}", f"SUMME:,,{SUM}", f",Grand total,{SUM}"])
def test_a_line_of_totals_is_kept_aside_and_said(read_source, last):
    read = read_source(LINES + last + "\n")
    assert sum(read.column("revenue")) == SUM
    assert [(row["column"], row["line"]) for row in read.unparsed] == [("(whole line)", 9)]
    assert "totals" in read.result.doubts[0] and read.result.rows_read == 9


@pytest.mark.parametrize("last", ["c1,Total care,3", ",Cup 9,3.5", "c1,,7"])
def test_a_last_line_that_is_a_sale_stays(read_source, last):
    assert len(read_source(LINES + last + "\n").raw) == 9


def test_lines_in_two_files_are_said(tmp_path, read_source):
    folder = tmp_path / "months"
    folder.mkdir()
    header, *lines = LINES.splitlines(keepends=True)
    (folder / "1.csv").write_text(header + "".join(lines[:6]))
    (folder / "2.csv").write_text(header + "".join(lines[3:]))
    read = read_source(folder)
    assert len(read.raw) == 11
    assert "3 lines are in more than one file" in read.result.doubts[0]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"one_customer": "line", "columns": {"product_name": "product_name"}}, "says whom a row is about"),
        ({"one_order": "customer and day"}, "numbers the orders"),
        ({}, None),
    ],
)
def test_what_no_column_tells_apart_is_said(read_source, option, said):
    text = "ordered_at," + "".join(f"2024-01-05,{line}\n" for line in LINES.splitlines())[11:]
    text = text.replace("customer_id", "visitor") if "one_customer" in option else text
    doubts = read_source(text, **option).result.doubts
    assert (len(doubts) == 1 and said in doubts[0]) if said else not doubts

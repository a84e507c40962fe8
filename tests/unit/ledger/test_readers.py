"""Readers: whatever the kind of file, the same text comes out, and no line goes missing or changes its number."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from helpers.base.errors import StudyError
from helpers.ledger.delimited import layout_of
from helpers.ledger.encodings import encoding_of
from tests.hostile_sources import ledger_of

NAMES = ["Zürich Café", "plain"]


def names_in(read) -> list[str]:
    return [row["name"] for row in read.raw]


def workbook(path, sheets: dict[str, list[list]]):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for position, row in enumerate(rows):
                sheet.write_row(position, 0, row)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_encoding_is_detected_and_said(read_source, encoding):
    read = read_source(f"name,quantity\n{NAMES[0]},1\n{NAMES[1]},2\n".encode(encoding))
    assert names_in(read) == NAMES
    assert read.result.encoding == encoding


@pytest.mark.parametrize(("encoding", "text"), [("utf-16-be", "\ufeffname\nŁódź\n"), ("cp1250", "name\nŁódź\n")])
def test_other_encodings_can_be_marked_or_given(read_source, encoding, text):
    given = {} if text.startswith("\ufeff") else {"encoding": encoding}
    assert names_in(read_source(text.encode(encoding), **given)) == ["Łódź"]


def test_a_late_byte_that_is_no_utf8_is_seen(tmp_path):
    path = tmp_path / "late.csv"
    path.write_bytes(b"name\n" + b"plain\n" * 400_000 + "Café\n".encode("cp1252"))
    assert encoding_of(path).name == "cp1252"


def test_a_character_cut_by_a_block_is_still_utf8(tmp_path):
    path = tmp_path / "cut.csv"
    path.write_bytes(b"x" * ((1 << 20) - 1) + "é".encode())
    assert encoding_of(path).name == "utf-8"


def test_an_encoding_that_does_not_fit_is_a_sentence(read_source):
    with pytest.raises(StudyError, match=r"ledger\.csv cannot be read as csv"):
        read_source("name,quantity\nplain,1\nCafé,2\n".encode("cp1252"), encoding="utf-8")


def test_an_encoding_that_breaks_late_is_a_sentence(read_source):
    text = "name,quantity\n" + "plain,1\n" * 700_000 + "Café,2\n"
    with pytest.raises(StudyError, match=r"ledger\.csv cannot be read as csv"):
        read_source(text.encode("cp1252"), encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_detected(read_source, delimiter):
    lines = [["name", "quantity", "unit_price"], ["a b", "1", "2.50"], ["c-d", "2", "3.75"]]
    read = read_source("\n".join(delimiter.join(line) for line in lines) + "\n")
    assert [(r["name"], float(r["quantity"]), float(r["unit_price"])) for r in read.raw] == [
        ("a b", 1.0, 2.5),
        ("c-d", 2.0, 3.75),
    ]


def test_a_delimiter_is_detected_beside_decimal_commas(read_source):
    read = read_source("name;unit_price\na;1,50\nb;2,75\nc;3,25\n", decimal=",")
    assert [float(price) for price in read.column("unit_price")] == [1.5, 2.75, 3.25]


def test_a_delimiter_can_be_given(read_source):
    read = read_source("name;city,quantity\na;b,1\n", delimiter=",")
    assert set(read.raw[0]) == {"line", "name_city", "quantity"}


def test_a_file_of_one_column_needs_no_delimiter(tmp_path, read_source):
    path = tmp_path / "one.csv"
    path.write_text("name\nx\ny\n")
    assert layout_of(path, "utf-8").delimiter in ",;\t|"
    assert names_in(read_source(path)) == ["x", "y"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quoted_field_may_hold_line_ends_delimiters_and_quotes(read_source, end):
    text = end.join(["name,quantity", '"two\nlines",1', '"a, b",2', '"say ""hi""",3', ""])
    read = read_source(text)
    assert names_in(read) == ["two\nlines", "a, b", 'say "hi"']
    assert [int(quantity) for quantity in read.column("quantity")] == [1, 2, 3]


PAIRS = [((5, 3), (20, 3)), ((5, 0), (20, 5)), ((5, 3), (6, 1))]
"""Two quotes that nobody closed: line and column of each."""


def with_quotes(pair, write) -> str:
    lines = ledger_of(random.Random(0)).lines()
    for line, column in pair:
        fields = lines[line].split(",")
        fields[column] = write(fields[column])
        lines[line] = ",".join(fields)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("pair", PAIRS)
def test_two_stray_quotes_swallow_no_lines_without_a_word(read_source, pair):
    """Both begin a field, so that all between them is one field to a reader: 7 of 58 lines came, unnoticed."""
    with pytest.raises(StudyError, match="quote"):
        read_source(with_quotes(pair, lambda field: f'"{field}'))


@pytest.mark.parametrize("pair", PAIRS)
def test_quotes_within_a_field_are_part_of_its_text(read_source, pair):
    read = read_source(with_quotes(pair, lambda field: f'{field[:1]}"{field[1:]}'), unreadable_at_most=0.1)
    assert len(read.raw) + len(read.unparsed) == len(ledger_of(random.Random(0)).rows)


def test_headers_may_be_padded(read_source):
    assert names_in(read_source(" name , quantity\nx,1\n")) == ["x"]


def test_a_file_without_a_last_line_end_keeps_its_last_line(read_source):
    assert names_in(read_source("name,quantity\nx,1\ny,2")) == ["x", "y"]


BROKEN = 'name,quantity\na,1\nb\n"c\nc",3\n\nd,4,5\ne,5\nf,6,\n'


def test_broken_lines_are_kept_aside_with_their_row_numbers(read_source):
    read = read_source(BROKEN, unreadable_at_most=1)
    assert names_in(read) == ["a", "c\nc", "e"]
    assert read.column("line") == [1, 3, 5]
    assert [(u["line"], u["row"], u["column"], u["value"]) for u in read.unparsed] == [
        (2, 2, "(whole line)", "b"),
        (4, 4, "(whole line)", "d,4,5"),
        (6, 6, "(whole line)", "f,6,"),
    ]
    assert read.result.rows_read == 6
    assert read.result.rows_unparsed == 3


def test_broken_lines_are_counted_across_blocks(read_source, monkeypatch):
    monkeypatch.setattr("helpers.ledger.delimited.BLOCK", 64)
    lines = [f"name {n},{n}" if n % 7 else f"broken {n}" for n in range(1, 101)]
    read = read_source("name,quantity\n" + "\n".join(lines) + "\n", unreadable_at_most=1)
    assert [(row["line"], int(row["quantity"])) for row in read.raw] == [(n, n) for n in range(1, 101) if n % 7]
    assert [(u["line"], u["value"]) for u in read.unparsed] == [(n, f"broken {n}") for n in range(7, 101, 7)]


def test_a_file_of_broken_lines_only_stops_the_run(read_source):
    with pytest.raises(StudyError, match="2 of 2 lines have a value that cannot be read"):
        read_source("name,quantity\na\nb\n")


ONE, TWO = [["name", "quantity"], ["a", 1], ["b", 2.5]], [["name", "quantity"], ["c", 3]]


def test_all_sheets_of_one_shape_are_read(tmp_path, read_source):
    read = read_source(workbook(tmp_path / "book.xlsx", {"May": ONE, "June": TWO}))
    assert names_in(read) == ["a", "b", "c"]
    assert read.column("line") == [1, 2, 3]
    assert [float(quantity) for quantity in read.column("quantity")] == [1.0, 2.5, 3.0]


def test_the_sheets_asked_for_are_read(tmp_path, read_source):
    path = workbook(tmp_path / "book.xlsx", {"May": ONE, "Notes": [["anything"], ["else"]]})
    assert names_in(read_source(path, sheets=["May"])) == ["a", "b"]


def test_sheets_of_different_shapes_stop_the_run(tmp_path, read_source):
    path = workbook(tmp_path / "book.xlsx", {"May": ONE, "Notes": [["anything"], ["else"]]})
    with pytest.raises(StudyError, match=r"book\.xlsx, sheet Notes has other columns than book\.xlsx, sheet May"):
        read_source(path)


def test_an_empty_sheet_is_passed_over(tmp_path, read_source):
    assert names_in(read_source(workbook(tmp_path / "book.xlsx", {"May": ONE, "Sheet2": []}))) == ["a", "b"]


def test_a_workbook_without_anything_stops_the_run(tmp_path, read_source):
    with pytest.raises(StudyError, match="has no sheet with anything in it"):
        read_source(workbook(tmp_path / "book.xlsx", {"Sheet1": []}))


def test_a_sheet_that_is_not_there_is_named(tmp_path, read_source):
    with pytest.raises(StudyError, match="has no sheet 'July'; it has May"):
        read_source(workbook(tmp_path / "book.xlsx", {"May": ONE}), sheets=["July"])


def test_too_little_memory_is_no_fault_of_the_file(monkeypatch, read_source):
    def short(*_, **__):
        raise pa.ArrowMemoryError("malloc of size 4194304 failed")

    monkeypatch.setattr("pyarrow.csv.open_csv", short)
    with pytest.raises(MemoryError):
        read_source(b"name,quantity\na,1\n")


@pytest.mark.parametrize("name", ["ledger.xlsx", "ledger.parquet"])
def test_a_file_that_is_not_what_its_ending_says_is_a_sentence(tmp_path, read_source, name):
    path = tmp_path / name
    path.write_text("name,quantity\na,1\n")
    with pytest.raises(StudyError, match=rf"{name} cannot be read as"):
        read_source(path)


def test_parquet_columns_of_any_type_are_read(tmp_path, read_source):
    from datetime import date, datetime

    table = pa.table(
        {
            "customer_id": pa.array([17850.0, None]),
            "name": pa.array(["a", "b"]).dictionary_encode(),
            "quantity": pa.array([6, -1], pa.int32()),
            "unit_price": pa.array([2.55, 0.1]),
            "ordered_at": pa.array([datetime(2010, 12, 1, 8, 26), datetime(2011, 1, 2)], pa.timestamp("ns")),
            "joined": pa.array([date(2010, 1, 1), None]),
            "nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "ledger.parquet")
    read = read_source(tmp_path / "ledger.parquet")
    assert read.column("customer_id") == ["17850", None]
    assert names_in(read) == ["a", "b"]
    assert [str(revenue) for revenue in read.column("revenue")] == ["15.3000", "-0.1000"]
    assert read.column("ordered_at") == [datetime(2010, 12, 1, 8, 26), datetime(2011, 1, 2)]
    assert read.column("nothing") == [None, None]


def test_parquet_columns_that_hold_lists_stop_the_run(tmp_path, read_source):
    pq.write_table(pa.table({"name": ["a"], "tags": [["x", "y"]]}), tmp_path / "ledger.parquet")
    with pytest.raises(StudyError, match=r"ledger\.parquet cannot be read as parquet"):
        read_source(tmp_path / "ledger.parquet")


def test_typed_numbers_have_a_point_whatever_the_study_says_of_texts(tmp_path, read_source):
    pq.write_table(pa.table({"unit_price": [2.555, 1.5]}), tmp_path / "ledger.parquet")
    read = read_source(tmp_path / "ledger.parquet", decimal=",")
    assert [float(price) for price in read.column("unit_price")] == [2.555, 1.5]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id;amount\n1;2,50\n2;3,75\n", ";"),  # every line has one decimal comma, too
        ("id,note\n1,a; b\n2,c; d\n", ","),
        ('id;note\n1;"a;b;c"\n2;"x, y"\n', ";"),
        ("id\tnote\n1\ta, b\n2\tc\n", "\t"),
        ("id|note\n1|a\n", "|"),
        ("only\n1\n2\n", ","),
        ("a;b;c\n" + "1;2;3\n" * 30 + "1;2\n", ";"),
    ],
)
def test_the_delimiter_splits_lines_as_it_splits_the_header(tmp_path, text, delimiter):
    (tmp_path / "lines.csv").write_text(text)
    assert layout_of(tmp_path / "lines.csv", "utf-8").delimiter == delimiter

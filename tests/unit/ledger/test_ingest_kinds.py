"""One ledger, whatever it comes in: csv, workbook, Parquet or a folder of them."""

import hashlib
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from helpers.base.errors import StudyError

HEADER = ["InvoiceNo", "Customer ID", "InvoiceDate", "Quantity", "Price", "Description", "Rating"]
COLUMNS = {
    "InvoiceNo": "order_id",
    "Customer ID": "customer_id",
    "InvoiceDate": "ordered_at",
    "Price": "unit_price",
}
ROWS = [
    ["536365", 17850, datetime(2010, 12, 1, 8, 26), 6, 2.55, "WHITE, HANGING\nLANTERN", 3.5],
    ["C536379", None, datetime(2010, 12, 25, 9, 41), -1, 27.5, 'SAY "HI"', 4],
    ["536370", 12583, datetime(2011, 1, 2), 24, 0.001, None, 2.25],
]


@pytest.fixture
def kinds(tmp_path):
    """The same lines as csv, workbook and Parquet."""
    import csv

    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *([_text(value) for value in row] for row in ROWS)])
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        sheet = book.add_worksheet()
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for position, row in enumerate([HEADER, *ROWS]):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(position, column, value, moment)
                elif value is not None:
                    sheet.write(position, column, value)
    columns = {name: [row[position] for row in ROWS] for position, name in enumerate(HEADER)}
    columns["Rating"] = pa.array(columns["Rating"], pa.float64())
    pq.write_table(pa.table(columns), tmp_path / "c.parquet")
    return tmp_path


def _text(value) -> str:
    return "" if value is None else str(value)


def digest_of(read) -> str:
    return hashlib.sha256((read.folder / "raw.parquet").read_bytes()).hexdigest()


@pytest.mark.parametrize("other", ["b.xlsx", "c.parquet"])
def test_the_same_lines_give_the_same_bytes_whatever_they_come_in(kinds, read_source, other):
    csv, same = (read_source(kinds / name, columns=COLUMNS) for name in ("a.csv", other))
    assert same.raw == csv.raw
    assert digest_of(same) == digest_of(csv)
    assert csv.column("customer_id") == ["17850", None, "12583"]
    assert csv.column("ordered_at")[0] == datetime(2010, 12, 1, 8, 26)


def test_the_same_source_gives_the_same_bytes_again(kinds, read_source):
    assert digest_of(read_source(kinds / "a.csv")) == digest_of(read_source(kinds / "a.csv"))


def test_the_lines_of_a_folder_run_on_across_files(kinds, read_source):
    read = read_source(kinds, columns=COLUMNS)
    assert read.column("line") == list(range(1, 10))
    assert read.column("order_id") == [row[0] for row in ROWS] * 3
    assert read.result.rows_read == 9


def test_the_order_of_columns_may_differ_between_files(tmp_path, read_source):
    folder = tmp_path / "ledgers"
    folder.mkdir()
    (folder / "1.csv").write_text("name,quantity\na,1\n")
    (folder / "2.csv").write_text("quantity,name\n2,b\n")
    assert [(row["name"], int(row["quantity"])) for row in read_source(folder).raw] == [("a", 1), ("b", 2)]


def test_a_file_with_other_columns_is_named(tmp_path, read_source):
    folder = tmp_path / "ledgers"
    folder.mkdir()
    (folder / "1.csv").write_text("name,quantity\na,1\n")
    (folder / "2.csv").write_text("name,amount\nb,2\n")
    with pytest.raises(
        StudyError, match=r"2\.csv has other columns than 1\.csv \('amount' is in one of them only\)"
    ):
        read_source(folder)


def test_an_unreadable_value_in_a_folder_is_placed_in_its_file_and_row(tmp_path, read_source):
    folder = tmp_path / "ledgers"
    folder.mkdir()
    (folder / "1.csv").write_text("name,quantity\na,1\nbroken\nb,2\n")
    (folder / "2.csv").write_text("name,quantity\nc,3\nd,many\nbroken,too,much\n")
    (folder / "3.csv").write_text("name,quantity\ne,5\n")
    read = read_source(folder, unreadable_at_most=1)
    assert [(row["line"], row["name"]) for row in read.raw] == [(1, "a"), (3, "b"), (4, "c"), (7, "e")]
    assert [(u["line"], u["file"], u["row"], u["value"]) for u in read.unparsed] == [
        (2, "1.csv", 2, "broken"),
        (5, "2.csv", 2, "many"),
        (6, "2.csv", 3, "broken,too,much"),
    ]
    assert read.result.rows_read == len(read.raw) + read.result.rows_unparsed
    with pytest.raises(StudyError, match=r"the first is 'broken' in column '\(whole line\)' of row 2 of 1\.csv"):
        read_source(folder)


def test_an_empty_file_in_a_folder_is_named(tmp_path, read_source):
    folder = tmp_path / "ledgers"
    folder.mkdir()
    (folder / "1.csv").write_text("name,quantity\na,1\n")
    (folder / "2.csv").write_text("")
    with pytest.raises(StudyError, match=r"2\.csv is empty"):
        read_source(folder)


def test_a_file_with_only_a_header_adds_nothing_to_a_folder(tmp_path, read_source):
    folder = tmp_path / "ledgers"
    folder.mkdir()
    (folder / "1.csv").write_text("name,quantity\n")
    (folder / "2.csv").write_text("name,quantity\na,1\n")
    assert read_source(folder).column("name") == ["a"]


def test_scratch_files_are_gone_when_ingest_is_done(read_source):
    folder = read_source("name,n\na,1\n").folder
    assert {path.name for path in folder.iterdir()} == {"raw.parquet", "unparsed.parquet"}

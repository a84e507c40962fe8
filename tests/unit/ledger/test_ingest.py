"""Ingest: what a text means, and that nothing that cannot be read is guessed at or lost."""

from decimal import Decimal
from time import process_time

import pytest

from helpers.base.errors import StudyError
from helpers.ledger.ingest import canonical_names, snake_case
from helpers.ledger.source import Source


def lines(header: str, *values: str) -> str:
    """Return a csv of one column and an order number, quoted."""
    return "\n".join([f"{header},n", *(f'"{value}",{n}' for n, value in enumerate(values, 1))]) + "\n"


IDS = {
    "17850.0": "17850",
    "17850.00": "17850",
    "17850": "17850",
    "00123": "00123",
    "00123.0": "00123",
    "C536379": "C536379",
    "17850.5": "17850.5",
    "85123A": "85123A",
    "1e5": "1e5",
    " 17850 ": "17850",
}


def test_an_id_is_a_text_that_lost_only_what_a_spreadsheet_added(read_source):
    assert read_source(lines("customer_id", *IDS)).column("customer_id") == list(IDS.values())


NUMBERS = {
    ".": {
        "1234.5": "1234.5",
        "1,234.50": "1234.5",
        "-1,234,567": "-1234567",
        "+3": "3",
        "1e3": "1000",
        " 2.55 ": "2.55",
        "-0.07": "-0.07",
    },
    ",": {"1234,5": "1234.5", "1.234,50": "1234.5", "1.234.567": "1234567", "-0,07": "-0.07"},
}
NO_NUMBERS = {
    ".": [
        "12,34",
        "1.234,50",
        "1,23,456",
        "£5 each",
        "five",
        "NAN",
        "inf",
        "-Infinity",
        "1e400",
        "1e30",
        "123456789012345678",
        "0x1A",
        "--5",
    ],
    ",": ["1.5", "1,234.50", "1.23.456"],
}


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_number_is_read_with_its_marks(read_source, decimal):
    read = read_source(lines("unit_price", *NUMBERS[decimal]), decimal=decimal)
    assert read.column("unit_price") == [Decimal(value) for value in NUMBERS[decimal].values()]


@pytest.mark.parametrize("decimal", [".", ","])
def test_what_is_no_number_is_kept_aside(read_source, decimal):
    wrong = NO_NUMBERS[decimal]
    read = read_source(lines("unit_price", "1", *wrong), decimal=decimal, unreadable_at_most=1)
    assert read.unparsed == [
        {"line": line, "file": "ledger.csv", "row": line, "column": "unit_price", "value": value}
        for line, value in enumerate(wrong, 2)
    ]
    assert [row["line"] for row in read.raw] == [1]


NO_VALUE = ["", " ", "NULL", "null", "NaN", "nan", "N/A", "#N/A"]


@pytest.mark.parametrize("header", ["customer_id", "unit_price", "ordered_at", "country", "own"])
def test_a_text_that_means_no_value_is_none(read_source, header):
    read = read_source(lines(header, *NO_VALUE))
    assert read.column(header) == [None] * len(NO_VALUE)
    assert read.unparsed == []


def test_a_text_that_may_be_an_answer_is_kept(read_source):
    assert read_source(lines("country", "NA", "None", "-")).column("country") == ["NA", "None", "-"]


def test_a_study_says_what_means_no_value(read_source):
    read = read_source(lines("country", "NA", "NULL", "-"), missing=["NA", "-"])
    assert read.column("country") == [None, "NULL", None]


def test_padding_of_texts_is_left_for_the_rules(read_source):
    assert read_source(lines("country", " France ")).column("country") == [" France "]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", ""], int),
        (["1", "2.5"], float),
        (["1,000", "2"], int),
        (["1", "x"], str),
        (["007", "12"], str),
        (["0", "0.5"], float),
        (["", "NULL"], type(None)),
        (["1e3", "inf"], str),
    ],
)
def test_the_type_of_a_column_nobody_named_follows_from_all_its_values(read_source, values, kind):
    own = read_source(lines("own", *values)).column("own")
    assert {type(value) for value in own if value is not None} == ({kind} - {type(None)})


def test_revenue_is_quantity_times_price_to_the_last_decimal(read_source):
    read = read_source("quantity,unit_price\n3,0.1\n-2,1.005\n1000000,0.0001\n,1\n")
    assert read.column("revenue") == [Decimal("0.3"), Decimal("-2.01"), Decimal("100"), None]


def test_revenue_that_the_source_gives_is_kept(read_source):
    assert read_source("quantity,unit_price,revenue\n3,2,5\n").column("revenue") == [Decimal(5)]


def test_unreadable_values_are_kept_aside_and_counted_by_line(read_source):
    text = "customer_id,quantity,unit_price\n" + "1,1,1\n" * 7 + "2,many,free\n3,1,1\n4,few,2\n"
    read = read_source(text, unreadable_at_most=0.2)
    assert [(u["line"], u["row"], u["column"], u["value"]) for u in read.unparsed] == [
        (8, 8, "quantity", "many"),
        (8, 8, "unit_price", "free"),
        (10, 10, "quantity", "few"),
    ]
    assert {u["file"] for u in read.unparsed} == {"ledger.csv"}
    assert (read.result.rows_read, read.result.rows_unparsed, len(read.raw)) == (10, 2, 8)


def test_more_unreadable_lines_than_allowed_stop_the_run_naming_the_first(read_source):
    text = "CustomerID,Quantity\n1,1\n2,many\n3,few\n"
    with pytest.raises(StudyError) as caught:
        read_source(text, columns={"Quantity": "quantity"}, unreadable_at_most=0.5)
    assert "2 of 3 lines" in str(caught.value)
    assert "the first is 'many' in column 'Quantity' of row 2:" in str(caught.value)


def test_as_many_unreadable_lines_as_allowed_do_not_stop_the_run(read_source):
    assert read_source("quantity,n\nmany,1\n2,2\n", unreadable_at_most=0.5).result.rows_unparsed == 1


def test_a_mapped_column_that_is_not_there_names_the_nearest(read_source):
    with pytest.raises(StudyError, match=r"has no column 'CustomerId', .* did you mean Customer ID\?"):
        read_source("Customer ID,n\n1,1\n", columns={"CustomerId": "customer_id"})


def test_a_mapped_column_unlike_any_other_lists_the_columns(read_source):
    with pytest.raises(StudyError, match=r"its columns are a, b"):
        read_source("a,b\n1,1\n", columns={"zzzzz": "customer_id"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; give a file with a header"),
        ("a,b\n", "has a header but no lines"),
        ("a,b", "has a header but no lines"),
        ("a,a\n1,2\n", "has two columns called 'a'"),
        (" a,a\n1,2\n", "has two columns called 'a'"),
        (",\n1,2\n", "has no column names in its first row"),
        ("Unit Price,unit_price\n1,2\n", "'Unit Price' and 'unit_price' would both be called unit_price"),
        ("Line,n\n1,2\n", "'Line' would be called line"),
    ],
)
def test_a_header_that_cannot_be_used_stops_the_run(read_source, text, said):
    with pytest.raises(StudyError) as caught:
        read_source(text)
    assert f"ledger.csv {said}" in str(caught.value) or f"ledger.csv: the column {said}" in str(
        caught.value
    ).replace("columns", "column")


def test_headers_that_differ_in_case_only_can_be_told_apart_by_mapping(read_source):
    read = read_source("Country,country\nFrance,x\n", columns={"country": "code"})
    assert (read.column("country"), read.column("code")) == (["France"], ["x"])


def test_a_column_called_line_can_be_mapped(read_source):
    read = read_source("line,n\nA,2\nB,3\n", columns={"line": "product_line"})
    assert read.column("line") == [1, 2]
    assert read.column("product_line") == ["A", "B"]


@pytest.mark.parametrize("header", ['say ""hi""', "it's", "select", "a;b--", "__file"])
def test_a_header_is_a_name_and_never_sql(read_source, header):
    read = read_source(f'"{header}",n\nx,1\n')
    assert "x" in read.raw[0].values()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Purchase Amount (USD)", "purchase_amount_usd"),
        ("InvoiceNo", "invoice_no"),
        ("CustomerID", "customer_id"),
        ("already_snake", "already_snake"),
        ("  Größe %", "größe"),
        ("_hidden", "hidden"),
        ("???", "column"),
    ],
)
def test_a_header_becomes_a_plain_name(header, name):
    assert snake_case(header) == name


def test_a_mapped_header_gets_its_name_and_the_others_their_own():
    source = Source(path="x.csv", columns={"No": "order_id"})
    assert canonical_names(["No", "Unit Price"], source, "x.csv") == ["order_id", "unit_price"]


def test_the_folder_may_have_an_apostrophe(tmp_path, read_source):
    folder = tmp_path / "o'brien"
    folder.mkdir()
    read_source("name,n\nx,1\n")
    from helpers.base.engine import open_engine
    from helpers.ledger.ingest import ingest

    with open_engine() as engine:
        assert ingest(tmp_path / "ledger.csv", Source(path="ledger.csv"), engine, folder).rows_read == 1


ONE_ORDER = (
    "customer_id,ordered_at,revenue\n7,2024-01-05 09:00,1\n7,2024-01-05 17:30,2\n8,2024-01-05,3\n,2024-01-05,4\n"
)


def test_lines_of_a_customer_on_a_day_are_one_order_where_a_study_says_so(read_source):
    read = read_source(ONE_ORDER, one_order="customer and day")
    assert read.column("order_id") == ["7 2024-01-05", "7 2024-01-05", "8 2024-01-05", None]
    assert "order_id" not in read_source(ONE_ORDER).raw[0]


def test_orders_that_are_numbered_keep_their_numbers(read_source):
    numbered = "order_id,customer_id,ordered_at\nA1,7,2024-01-05\nA2,7,2024-01-05\n"
    assert read_source(numbered, one_order="customer and day").column("order_id") == ["A1", "A2"]


@pytest.mark.parametrize("name", ["customer_id", "order_id", "product_id"])
def test_an_id_that_a_spreadsheet_rounded_is_kept_aside(read_source, name):
    read = read_source(lines(name, "C1", "1.23E+05", "1,24E+10", "1e5"), unreadable_at_most=1)
    assert [row["value"] for row in read.unparsed] == ["1.23E+05", "1,24E+10"]


def test_a_customer_called_null_is_missing_until_the_study_says_otherwise(read_source):
    text = lines("customer_id", "null", "nan", "none")
    assert read_source(text).column("customer_id") == [None, None, "none"]
    assert read_source(text, missing=[""]).column("customer_id") == ["null", "nan", "none"]


def test_numbers_with_three_digits_behind_a_comma_are_not_guessed_at(read_source):
    text = lines("revenue", "1,234", "12,500")
    with pytest.raises(StudyError, match="with thousands and with three decimals"):
        read_source(text)
    assert read_source(text, decimal=".").column("revenue") == [1234, 12500]
    assert read_source(text, decimal=",").column("revenue") == [Decimal("1.234"), Decimal("12.5")]
    assert read_source(lines("revenue", "1,234", "12.50")).column("revenue") == [1234, Decimal("12.5")]


def test_a_number_may_begin_with_its_point_and_a_quantity_have_a_fraction(read_source):
    read = read_source("quantity,unit_price\n1.5,.5\n.25,4\n")
    assert read.column("revenue") == [Decimal("0.75"), 1]


def test_a_wide_table_is_typed_slice_by_slice(read_source):
    names = [f"c{n}" for n in range(120)]
    read = read_source(
        ",".join(names) + "\n" + "".join(",".join(f"{n}{i}" for n in range(120)) + "\n" for i in "12")
    )
    assert [row["c119"] for row in read.raw] == [1191, 1192] and list(read.raw[0]) == ["line", *names]


@pytest.mark.parametrize("header", ["الكمية", "数量", "ΠΟΣΌΤΗΤΑ", "КОЛИЧЕСТВО", "Größe", "2nd price"])
def test_a_header_in_any_script_is_a_name_that_a_study_may_use(header):
    assert Source(path="x.csv", columns={header: snake_case(header)}).columns[header] == snake_case(header)


def test_forty_columns_of_numbers_take_no_longer_than_their_lines(read_source):
    """DuckDB made each text that means "no value" a join: of forty columns a plan of 320 joins, 13 CPU seconds."""
    names = [f"m{n}" for n in range(40)]
    row = ",".join("17" for _ in names)
    began = process_time()
    read = read_source("\n".join([",".join(names), *[row] * 2000]) + "\n")
    assert process_time() - began < 6
    assert len(read.raw) == 2000

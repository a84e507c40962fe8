"""Numbers as people write them, read alike by SQL on whole columns and by pandas on a sample."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.ledger.numbers import as_number, bare_sql, decimal_of, number_sql

NB, THIN = "\u00a0", "\u202f"


def by_sql(texts: list[str | None], decimal: str) -> list[float | None]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE lines (n INT, t TEXT)")
        connection.executemany("INSERT INTO lines VALUES (?, ?)", list(enumerate(texts)))
        value = number_sql(bare_sql(connection, "t", "lines"), "DOUBLE", decimal)
        return [row[0] for row in connection.sql(f"SELECT {value} FROM lines ORDER BY n").fetchall()]


@pytest.mark.parametrize(
    ("texts", "decimal", "values"),
    [
        (["1234.5", "-7", ".5", "+3"], ".", [1234.5, -7, 0.5, 3]),
        (["1,234.50", "1.234,50", "12a", None], ".", [1234.5, None, None, None]),
        (["1.234,50", "2,5", "1,234.50"], ",", [1234.5, 2.5, None]),
        (["1 234,50", f"12{NB}345{NB}678,9", f"-1{THIN}000", "12 34"], ",", [1234.5, 12345678.9, -1000, None]),
        (["1'234.50", "1’000"], ".", [1234.5, 1000]),
        (["€ 12,50", "€3", "-€ 4,00", "€ -4,00"], ",", [12.5, 3, -4, -4]),
        (["12,50 €", f"1 234,50{NB}€", "7"], ",", [12.5, 1234.5, 7]),
        (["$1,234.50", "$-2", "$ 3"], ".", [1234.5, -2, 3]),
        (["12.50 EUR", "EUR 7"], ".", [12.5, 7]),
        (["12 EUR", "12 USD", "5"], ".", [None, None, 5]),  # two currencies do not add up
        (["€1", "£1"], ".", [None, None]),
        (["1e3", "inf", "nan"], ".", [1000, None, None]),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_meant(texts, decimal, values):
    assert by_sql(texts, decimal) == values
    found = as_number(pd.Series(texts, dtype="object"), decimal)
    readable = [None if np.isnan(value) else value for value in found]
    assert readable == [None if text == "1e3" else value for text, value in zip(texts, values, strict=True)]


def test_a_code_is_no_amount(read_source):
    assert read_source("lot\nLOT 5\nLOT 7\n").column("lot") == ["LOT 5", "LOT 7"]


def test_columns_without_gaps_or_currency_are_spared_the_work():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE lines AS SELECT unnest(['1.5', '-2', '1,000.0']) AS t")
        assert bare_sql(connection, "t", "lines") == "t"


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [(["€ 1,50", "€ 1 234,50"], ","), (["$1.50", "$1,234.50"], "."), ([f"1{NB}234,5"], ",")],
)
def test_a_currency_does_not_hide_the_decimal_mark(texts, decimal):
    assert decimal_of(pd.DataFrame({"amount": texts}, dtype="object")) == decimal


def test_ingest_reads_amounts_with_a_currency(read_source):
    read = read_source("unit_price;n\n€ 1.234,50;1 000\n-2,25 €;7\n", decimal=",")
    assert [float(value) for value in read.column("unit_price")] == [1234.5, -2.25]
    assert read.column("n") == [1000, 7]


def test_ingest_does_not_add_up_two_currencies(read_source):
    with pytest.raises(StudyError, match="cannot be read"):
        read_source("unit_price\n$5\n€5\n")

"""Encodings: told by the words that the bytes make, and said where others fit as well."""

import pytest

from helpers.ledger.encodings import MIXED, encoding_of
from tests.hostile_sources import ENCODINGS, ledger_of


def detected(tmp_path, content: bytes):
    path = tmp_path / "l.csv"
    path.write_bytes(content)
    return encoding_of(path)


@pytest.mark.parametrize(("words", "encoding"), ENCODINGS)
def test_an_encoding_reads_what_was_written(tmp_path, words, encoding):
    import random

    text = ledger_of(random.Random(1), words).text()
    found = detected(tmp_path, text.encode(encoding))
    assert text.encode(encoding).decode(found.name) == text


def test_a_pound_sign_is_western_without_a_doubt(tmp_path):
    assert detected(tmp_path, "name\n£5 box\nlamp\n".encode("cp1252")) == ("cp1252", "")


def test_letters_that_fit_two_encodings_leave_a_doubt(tmp_path):
    assert "too" in detected(tmp_path, "name\nCană\n".encode("cp1250")).doubt


def test_a_file_of_two_encodings_is_read_by_both(tmp_path, read_source):
    content = "name\nCafé\n".encode() + "Crème\nBoîte\n".encode("cp1252")
    assert detected(tmp_path, content).name == MIXED
    read = read_source(content)
    assert read.column("name") == ["Café", "Crème", "Boîte"]
    assert "a guess" in read.result.doubts[0]
    assert not read_source(content, encoding=MIXED).result.doubts


def test_phone_numbers_are_no_utf_7(tmp_path):
    text = "phone\n" + "".join(f"+4912345{n}-6\n" for n in range(9))
    assert detected(tmp_path, text.encode()).name == "utf-8"


def test_zeros_at_the_end_are_no_line(read_source):
    assert read_source(b"name,n\nx,1\n" + b"\0" * 512).column("name") == ["x"]

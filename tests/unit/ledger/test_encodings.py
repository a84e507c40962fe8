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


OTHER_WORDS = {
    "western": ["Crêpière", "Fußmatte", "Señorita muñeca", "Pâte à modeler", "Löffel", "Garçon bébé", "Ærø øl"],
    "polish": ["Książka dziecięca", "Łyżka", "Młotek żelazny", "Zegar ścienny", "Pościel"],
    "czech": ["Dřevěná židle", "Polštář žlutý", "Láhev", "Nůž kuchyňský", "Ručník"],
    "hungarian": ["Könyv", "Hűtőmágnes", "Függöny", "Fűszertartó", "Kézműves szőnyeg"],
    "russian": ["Книга", "Ёлочный шар", "Подушка", "Нож кухонный", "Полотенце"],
    "greek": ["Βιβλίο", "Μαχαίρι κουζίνας", "Πετσέτα", "Καρέκλα ξύλινη", "Μαξιλάρι"],
    "turkish": ["Yastık", "Bıçak", "Çocuk kitabı", "Ahşap sandalye", "Göz boncuğu"],
    "hebrew": ["ספר ילדים", "סכין מטבח", "מגבת", "כיסא עץ", "כרית"],
    "arabic": ["كتاب أطفال", "سكين مطبخ", "منشفة", "كرسي خشبي", "وسادة"],
    "thai": ["หนังสือเด็ก", "มีดครัว", "ผ้าขนหนู", "เก้าอี้ไม้", "หมอน"],
    "chinese": ["儿童书", "厨房刀", "毛巾", "木椅子", "枕头"],
    "taiwanese": ["兒童書", "廚房刀", "毛巾", "木椅", "枕頭"],
    "japanese": ["こどもの本", "キッチンナイフ", "タオル", "木の椅子", "まくら"],
    "korean": ["어린이 책", "부엌 칼", "수건", "나무 의자", "베개"],
}
"""Words that the detection was not written by."""


@pytest.mark.parametrize(("words", "encoding"), [pair for pair in ENCODINGS if "utf" not in pair[1]])
def test_of_other_words_an_encoding_reads_what_was_written_or_is_called_a_guess(tmp_path, words, encoding):
    text = "\n".join(["name", *OTHER_WORDS[words]])
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip(f"{encoding} cannot write all of these words")
    found = detected(tmp_path, content)
    assert content.decode(found.name) == text or found.doubt


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


def test_a_few_letters_that_could_be_utf_7_leave_a_doubt(tmp_path, read_source):
    assert detected(tmp_path, b"name\nSchl+APw-ssel\nBox\n") == (
        "utf-8",
        "parts such as +APw- are letters in utf-7",
    )
    read = read_source("name\nSchl+APw-ssel\nBox\n")
    assert "+APw-" in read.result.doubts[0]
    assert read_source("name\nSchl+APw-ssel\nBox\n", encoding="utf-7").column("name")[0] == "Schlüssel"


def test_zeros_at_the_end_are_no_line(read_source):
    assert read_source(b"name,n\nx,1\n" + b"\0" * 512).column("name") == ["x"]

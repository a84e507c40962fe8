"""How a source is to be read: what no reader could do is refused where the study file says it."""

import duckdb
import pytest
from pydantic import ValidationError

from helpers.ledger.source import SPECIFIERS, Source


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("encoding", "klingon", "'klingon', which is no encoding"),
        ("encoding", "base64", "'base64', which is no encoding"),
        ("encoding", "a\0b", "which is no encoding"),
        ("delimiter", "\0", "should be one mark"),
        ("delimiter", "x", "should be one mark"),
        ("delimiter", "é", "should be one mark"),
        ("delimiter", "7", "should be one mark"),
        ("delimiter", "\n", "should be one mark"),
        ("delimiter", '"', "should be one mark"),
        ("delimiter", ";;", "should be one mark"),
        ("delimiter", "", "should be one mark"),
        ("date_format", "%d.%", "'%' stands for nothing"),
        ("date_format", "%Q", "'%Q' stands for nothing"),
        ("date_format", "100% %d", "'% ' stands for nothing"),
    ],
)
def test_what_no_reader_could_do_is_refused(setting, value, said):
    with pytest.raises(ValidationError) as caught:
        Source(path="x.csv", **{setting: value})
    assert said in str(caught.value)


def test_the_refusal_names_the_key(study):
    from helpers.base.errors import StudyError

    with pytest.raises(StudyError, match=r"source\.delimiter is 'x', but should be one mark"):
        study(base="title: t\nsource: {path: x.csv, delimiter: x}\n")


@pytest.mark.parametrize("mark", list(",;\t|:~^ \x01"))
def test_marks_are_delimiters(mark):
    assert Source(path="x.csv", delimiter=mark).delimiter == mark


def test_a_date_format_is_what_duckdb_reads():
    """Each specifier is allowed exactly where DuckDB knows it."""
    letters = [chr(code) for code in range(33, 127)]
    for specifier in [f"%{letter}" for letter in letters] + [f"%-{letter}" for letter in letters]:
        try:
            duckdb.execute("SELECT try_strptime('x', ?)", [specifier])
            known = True
        except duckdb.Error:
            known = False
        assert bool(SPECIFIERS.fullmatch(specifier)) == known, specifier

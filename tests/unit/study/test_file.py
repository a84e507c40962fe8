"""Study files as a careless or hostile hand writes them: a sentence within a second, and little memory."""

import os
import time

import pytest

from helpers.base.errors import StudyError
from helpers.study.file import LARGEST, LARGEST_WHOLE, load_study

SMALL = "title: t\nsource: {path: x.csv}\n"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CLAIM = "- {claim: c, finding: a.b, at_least: 1}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS + SMALL, "line 1: study files have no anchors and aliases"),
        (SMALL + "description: &a x\ncurrency: *a\n", "line 3: study files have no anchors"),
        (SMALL + "description: " + "[" * 100_000, "more than 20 levels deep"),
        (SMALL + "cleaning: " + "{a: " * 5000, "more than 20 levels deep"),
        (SMALL + "seed: " + "9" * 5000 + "\n", "line 3: 999"),
        (SMALL + "seed: 9007199254740993\n", "too large a number"),
        (SMALL + "claims: [{claim: c, finding: a, at_least: 1e999}]\n", "1e999 is too large a number"),
        (SMALL + "claims: [{claim: c, finding: a, at_least: .nan}]\n", "claims[0].at_least is '.nan' (str)"),
        (SMALL + "description: 2011-13-45\n", "2011-13-45 cannot be read"),
        (SMALL + "description: 2011-12-09 25:61:61\n", "2011-12-09 25:61:61 cannot be read"),
        (SMALL + "seed: !!int x\n", "the tag !!int is not for study files"),
        (SMALL + "seed: !!float x\n", "the tag !!float"),
        (SMALL + "seed: !!bool x\n", "the tag !!bool"),
        (SMALL + "seed: !!timestamp x\n", "the tag !!timestamp"),
        (SMALL + "seed: !!python/object/apply:os.system [ls]\n", "the tag !!python/object/apply:os.system"),
        (SMALL + 'description: "\\ud800"\n', "half a character (a surrogate) is no text"),
        (SMALL + 'description: "a\\0b"\n', "the character NUL"),
        (SMALL + "claims:\n" + CLAIM * 1001, "claims has 1,001 entries, but may have 1,000 at most"),
        (SMALL + "claims:\n" + CLAIM * 24_000, "at most 10,000 values"),
        (SMALL + "claims:\n" + CLAIM * 200_000, f"more than {LARGEST:,} bytes"),
        (SMALL + "".join(f"k{n}: 1\n" for n in range(50_000)), "at most 10,000 values"),
        (SMALL + "features:\n" + "".join(f"  a{n}: '1'\n" for n in range(201)), "features has 201 entries"),
        (SMALL + "seed: '" + "9" * 50_000 + "'\n", "seed is '999"),
        (SMALL + "# " + "x" * LARGEST, f"more than {LARGEST:,} bytes"),
    ],
    ids=lambda value: value[-30:].strip() if value.startswith("title") else value[:40],
)
def test_what_no_study_holds_is_a_sentence_at_once(write_study, text, said):
    started = time.monotonic()
    with pytest.raises(StudyError) as caught:
        load_study(write_study(base=text))
    assert time.monotonic() - started < 5  # a second, on a machine that has nothing else to do
    assert said in str(caught.value)
    assert "small.yml" in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('title: "\\ud83d\\ude00"\n', "\U0001f600"),
        ("title: !!str 2011-12-09\n", "2011-12-09"),
        ("title: A & B * C\n", "A & B * C"),
    ],
)
def test_what_only_looks_odd_is_read(study, text, title):
    assert study(base=f"{text}source: {{path: x.csv}}\n").values.title == title


def test_a_code_of_many_digits_is_read_as_it_is_written(study):
    rules = f"cleaning: {{rules: [keep: {{product_id: [{LARGEST_WHOLE}, '99999999999999999999']}}]}}\n"
    assert study(rules).values.cleaning.rules[0]["keep"]["product_id"] == [LARGEST_WHOLE, "9" * 20]


def test_a_study_file_that_is_a_folder_or_a_pipe_is_a_sentence(tmp_path):
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "folder.yml").mkdir()
    for name in ("pipe.yml", "folder.yml"):
        with pytest.raises(StudyError, match="is no file"):
            load_study(tmp_path / name)

"""What data/README.md says of each source, and `make data`."""

import re

import pytest

from helpers.base.errors import StudyError
from helpers.base.paths import PARAMS
from helpers.build import data
from helpers.build.data import main, origins
from helpers.ledger.sources import digest, find_file
from helpers.study.file import load_study

STUDIES = sorted(PARAMS.glob("*.yml"))


def test_the_catalogue_of_sources_can_be_read():
    known = origins()
    assert len(known) >= 5
    for name, origin in known.items():
        assert origin.file == name
        assert all(origin), name


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_catalogue_lists_every_file_of_a_study(path):
    study = load_study(path)
    assert {study.source.path, *study.lookups()} <= set(origins())


@pytest.mark.parametrize("name", sorted(origins()))
def test_a_checksum_in_the_catalogue_is_that_of_the_file(name):
    origin = origins()[name]
    if not re.fullmatch("[0-9a-f]{64}", origin.sha256):
        assert origin.origin.startswith("generated")
        return
    try:
        path = find_file(name)
    except StudyError:
        pytest.skip(f"{name} is not here")
    assert digest(path) == origin.sha256


def test_make_data_says_of_each_study_where_its_source_is(capsys):
    assert main() == 0
    said = capsys.readouterr().out
    for path in STUDIES:
        assert f"{path.stem}: {load_study(path).source.path} is" in said
    assert "licence:" in said


def test_markdown_in_the_table_of_sources_comes_out_as_text(tmp_path, monkeypatch):
    row = "| `a.csv` | **one** shop | made by `x_y.py`, see [here](https://example.org) | *MIT* | abc |\n"
    (tmp_path / "README.md").write_text(row)
    monkeypatch.setattr(data, "CATALOGUE", tmp_path / "README.md")
    assert origins() == {"a.csv": ("a.csv", "one shop", "made by x_y.py, see here", "MIT", "abc")}

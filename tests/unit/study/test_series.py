"""The table of contents: chapters in order, and every table made before it is read."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.paths import NOTEBOOKS
from helpers.base.vocabulary import COLUMNS, FEATURES
from helpers.ledger.tables import TABLES
from helpers.study.file import load_study
from helpers.study.series import BY_NAME, CHAPTERS, INGESTED, maker_of, prerequisites


def test_chapters_are_numbered_in_order():
    assert [chapter.number for chapter in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))
    assert len(BY_NAME) == len(CHAPTERS)


def test_every_notebook_is_a_chapter_and_every_chapter_a_notebook():
    assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} == {f"{chapter.stem}.ipynb" for chapter in CHAPTERS}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_a_chapter_has_a_title_and_a_question(chapter):
    assert chapter.stem == f"{chapter.number:02d}_{chapter.name}"
    assert chapter.title
    assert not chapter.title.startswith("#")
    assert chapter.question.endswith("?")


@pytest.mark.parametrize("chapter", [chapter for chapter in CHAPTERS if chapter.otherwise], ids=lambda c: c.stem)
def test_a_chapter_opens_otherwise_where_columns_lack_that_its_title_speaks_of(chapter):
    named = {name for opening in chapter.otherwise for name in opening.lacks}
    assert named <= {*COLUMNS, *FEATURES}
    assert chapter.opened(named).title == chapter.title
    for opening in chapter.otherwise:
        fitted = chapter.opened(named - set(opening.lacks))
        assert (fitted.title, fitted.question) == (opening.title, opening.question)
        assert fitted.question.endswith("?") and fitted.question != chapter.question


def test_titles_fit_the_columns_that_were_read_and_not_those_that_are_mapped(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "reports"))
    path = tmp_path / "rows.yml"
    path.write_text(
        "title: x\nsource:\n  path: x.csv\n  columns: {ID: customer_id}\nchapters: [cleaning, rfm, anomaly]\n"
    )
    usual = [BY_NAME[name].title for name in ("cleaning", "rfm", "anomaly")]
    assert [c.title for c in load_study(path).chapters] == usual  # nothing has been read
    raw = tmp_path / "reports" / "rows" / "tables" / "raw.parquet"
    raw.parent.mkdir(parents=True)
    pq.write_table(pa.table({"line": [1], "customer_id": ["a"], "age": [3]}), raw)
    assert [c.title for c in load_study(path).chapters] == [usual[0], "Who the customers are", "Unusual customers"]
    pq.write_table(pa.table({"line": [1], "customer_id": ["a"], "order_id": ["b"], "revenue": [2.0]}), raw)
    assert [c.title for c in load_study(path).chapters] == usual


def test_a_table_is_written_once():
    written = [*INGESTED, *(table for chapter in CHAPTERS for table in chapter.writes)]
    assert len(written) == len(set(written))


def test_a_table_is_read_only_after_it_was_written():
    there = set(INGESTED)
    for chapter in CHAPTERS:
        assert set(chapter.reads) <= there, chapter.stem
        there |= set(chapter.writes)


def test_every_table_has_a_promise_and_every_promise_a_maker():
    made = {*INGESTED, *(table for chapter in CHAPTERS for table in chapter.writes)}
    assert made == set(TABLES)


def test_the_maker_of_a_table_is_named():
    assert maker_of("transactions") == "chapter 02_cleaning"
    assert maker_of("raw").startswith("ingest")


def test_prerequisites_are_the_chapters_whose_tables_are_read():
    assert prerequisites(BY_NAME["eda"]) == set()
    assert prerequisites(BY_NAME["cleaning"]) == set()
    for chapter in CHAPTERS:
        for name in prerequisites(chapter):
            assert BY_NAME[name].number < chapter.number
            assert set(BY_NAME[name].writes) & set(chapter.reads)

"""The table of contents: chapters in order, and every table made before it is read."""

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


def test_a_study_of_customers_has_no_titles_of_sales(tmp_path):
    lines = "title: x\nsource:\n  path: x.csv\n  columns: {ID: customer_id}\n"
    chapters = "chapters: [cleaning, rfm, clustering, anomaly]\n"
    for name, text in (("rows", lines), ("orders", lines.replace("ID:", "No: order_id, Paid: revenue, ID:"))):
        (tmp_path / f"{name}.yml").write_text(text + chapters)
    rows, orders = (load_study(tmp_path / f"{name}.yml") for name in ("rows", "orders"))
    assert rows.chapter("rfm").title == "Who the customers are"
    assert rows.chapter("anomaly").title == "Unusual customers"
    (tmp_path / "rows.yml").write_text(
        lines.replace("columns: {ID: customer_id}", "one_customer: line") + chapters
    )
    assert load_study(tmp_path / "rows.yml").chapter("anomaly").title == "Unusual customers"
    assert [c.title for c in orders.chapters] == [BY_NAME[c.name].title for c in orders.chapters]


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

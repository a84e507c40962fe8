"""The board pack: what is cut out of the pages, links as footnotes, and one sentence where nothing can print."""

import json
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.base.files import write_json
from helpers.base.paths import PARAMS
from helpers.build import paper
from helpers.build.pages import Link, chapter_page
from helpers.study.file import load_study
from tests.unit.build.test_pages import code, markup, plot

CHAPTERS = [Link("Cleaning", "02_cleaning.html", number=2), Link("RFM", "03_rfm.html", number=3)]
FRONT = """<main id="main" class="wide"><h1>Sales fell</h1>
<p><a href="03_rfm.html#section-actions">The evidence</a> <a href="downloads/03_rfm/customers.csv">the list</a>
<a href="../index.html">All studies</a></p><p class="rest">Built with care</p></main>"""


def listed(rows, heading, caption):
    body = "".join(f"<tr><td>{caption} {n}</td><td>Call</td></tr>" for n in range(rows))
    head = f"<thead><tr><th>Who</th><th>{heading}</th></tr></thead>"
    return markup(
        f'<table class="data" data-rows="50"><caption>{caption}</caption>{head}<tbody>{body}</tbody></table>'
    )


def page_of(current, *cells):
    links = [replace(link, current=link.href.startswith(current)) for link in CHAPTERS]
    notebook = new_notebook(cells=[new_markdown_cell(f"# Chapter {current}"), *cells])
    return chapter_page(notebook, study_title="A shop", chapters=links)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of two chapters whose pages are there."""
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path))
    study = load_study(PARAMS / "sample.yml")
    folder = tmp_path / study.name
    folder.mkdir()
    (folder / "index.html").write_text(FRONT)
    cells = [
        code("a", markup('<ul class="headlines"><li>25 lines are wrong</li></ul>', "headlines")),
        code("b", plot(title="First </script> figure"), plot(title="Second figure")),
        new_markdown_cell("## Lists"),
        code("c", listed(40, "What to do", "Customers")),
        new_markdown_cell("## Actions"),
        code("d", listed(3, "What to do", "Segments")),
    ]
    (folder / "03_rfm.html").write_text(page_of("03", *cells))
    (folder / "02_cleaning.html").write_text(page_of("02", code("c", listed(40, "What to do", "Customers"))))
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: "")  # 4.8 MB to parse for nothing
    write_json(folder / "run.json", {"status": "built", "built_at": "2026-01-20T10:00:00+00:00"})
    return study, folder


def test_a_pack_has_the_front_page_and_the_first_screen_of_each_chapter(study):
    page = BeautifulSoup(paper.pack_page(*study), "html.parser")
    front, cleaning, rfm = page.select(".sheet")
    assert "Sales fell" in front.text and "Built with care" not in front.text
    assert "25 lines are wrong" in rfm.text
    (figure,) = rfm.select("figure")
    assert "First </script> figure" in figure.text
    assert json.loads(figure.script.string)["data"][0]["x"] == ["Tea", "Jam"]
    assert [row.td.text for row in rfm.select("tbody tr")] == ["Segments 0", "Segments 1", "Segments 2"]
    assert len(cleaning.select("tbody tr")) == paper.ROWS
    assert cleaning.caption.text == "Customers (the first 10)"
    assert "20 Jan 2026" in page.style.find_next("style").text


def test_links_are_footnotes_and_no_address_of_this_machine_is_left(study):
    page = BeautifulSoup(paper.pack_page(*study), "html.parser")
    front = page.select_one(".sheet")
    assert [note.text for note in front.select(".footnotes li")] == [
        "Chapter 3, Chapter 03: “Actions”",
        "downloads/03_rfm/customers.csv",
    ]
    assert [number.text for number in front.select("sup")] == ["1", "2"]
    assert "All studies" in front.text
    assert all(link["href"].startswith("#") for link in page.select(".sheet a[href]"))
    assert str(study[1]) not in str(page)


def test_without_chromium_there_is_one_sentence(study, monkeypatch, capsys):
    monkeypatch.setattr(paper, "browser", lambda: None)
    assert paper.main([str(study[0].path)]) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(r"error: The board pack is printed by Chromium, which is not here: [^.]*\.\n", said)


def test_a_study_that_is_not_built_says_how_to_build_it(study, monkeypatch, capsys):
    monkeypatch.setattr(paper, "browser", lambda: "chromium")
    (study[1] / "index.html").unlink()
    assert paper.main([str(study[0].path)]) == 1
    assert "make report PARAMS=params/sample.yml" in capsys.readouterr().err


def test_a_browser_that_prints_nothing_is_told(study, monkeypatch, capsys):
    monkeypatch.setattr(paper, "browser", lambda: "false")
    assert paper.main([str(study[0].path)]) == 1
    assert "did not print" in capsys.readouterr().err
    assert not (study[1] / "board_pack.pdf").exists()

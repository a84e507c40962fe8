"""The course of the sample: every solution passes, the site opens offline, and the field's mistakes show."""

import os

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from helpers.base.paths import NOTEBOOKS, PARAMS, ROOT
from helpers.course import write
from helpers.course.exercises import exercises_of, is_tagged
from helpers.study.series import CHAPTERS
from tests.notebooks.browser import chromium


@pytest.fixture(scope="module")
def course(built, tmp_path_factory):
    built("sample")
    patch = pytest.MonkeyPatch()
    with patch.context() as changed:
        changed.setenv("REPORTS_DIR", str(built.reports))
        changed.setattr(write, "COURSE", tmp_path_factory.mktemp("course") / "course")
        changed.setattr(write, "SCRATCH", tmp_path_factory.mktemp("scratch"))
        yield write.write_course(PARAMS / "sample.yml")


def test_students_have_no_solutions_and_teachers_all(course):
    for chapter in CHAPTERS:
        student, teacher = (
            nbformat.read(course / name / f"{chapter.stem}.ipynb", as_version=4).cells
            for name in ("student", "teacher")
        )
        assert not any(is_tagged(cell, "solution") for cell in student)
        assert {c.metadata["exercise"] for c in teacher if is_tagged(c, "solution")} == set(range(1, 7))
        notes = [cell.source for cell in teacher if cell.source.startswith("> **For the teacher.**")]
        assert len(notes) == 6
        assert all(exercise.slip for exercise in exercises_of(chapter.name)), chapter.stem


def test_the_site_opens_offline_and_its_links_lead_somewhere(course):
    pages = [course / "site" / "index.html", *sorted((course / "site" / "student").glob("*.html"))]
    assert len(pages) == 1 + len(CHAPTERS)
    asked: list[str] = []
    with chromium() as browser:
        tab = browser.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        for page in [*pages, *sorted((course / "slides").glob("*.html"))]:
            tab.goto(page.as_uri())
            assert tab.locator("h1").first.inner_text().strip()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    for page in pages:
        for link in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find_all("a", href=True):
            path, _, _ = link["href"].partition("#")
            if path and "://" not in path and not path.startswith("javascript:"):
                assert (page.parent / path).exists(), (page.name, link["href"])


def test_slides_are_drawn(course):
    with chromium() as browser:
        tab = browser.new_page()
        tab.goto((course / "slides" / "03_rfm.html").as_uri())
        tab.locator(".reveal.ready").wait_for()
        assert tab.locator(".slides .main-svg").count()
        assert tab.locator(".slides section").count() > 5


def test_the_paths_add_up(course):
    text = (course / "README.md").read_text(encoding="utf-8")
    assert all(f"## {path}" in text for path in ("One evening", "Two days", "Ten sessions"))
    assert all(f"student/{chapter.stem}.ipynb" in text for chapter in CHAPTERS)


@pytest.fixture(scope="module")
def lessons(built):
    """What the cells of the lesson on mistakes show, one after the other."""
    built("sample")
    book = nbformat.read(NOTEBOOKS / "lessons" / "what_goes_wrong.ipynb", as_version=4)
    environment = {"REPORTS_DIR": str(built.reports), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute(
        env=os.environ | environment
    )
    return [
        "".join(o["data"]["text/plain"] for o in cell.outputs if "data" in o)
        for cell in book.cells
        if cell.cell_type == "code" and any("data" in o for o in cell.outputs)
    ]


def number(text: str) -> float:
    return float(text.removeprefix("np.float64(").rstrip(")"))


def test_each_lesson_shows_its_mistake(lessons):
    null, starts, raw, scaled, leak, kept, formula, product, mean, spread, filled, ahead, popular, own, *_ = (
        lessons
    )
    groups, nobody = (float(part.split(": ")[1].rstrip("},")) for part in null.split("\n"))
    assert nobody > 0.2
    assert groups > nobody
    assert "max" in starts
    assert float(starts.split("max")[1].split()[0]) > 1.05
    assert number(raw) < number(scaled)
    assert number(leak) > 0.3
    assert number(kept) < 0
    assert number(formula) > 0.9
    assert number(product) > 0.99
    below = number(spread.split("\n")[-1].strip())
    assert 0.7 < below < 1
    assert number(mean) > 0
    assert number(filled) > 0 > number(ahead)
    assert number(own) > 2 * number(popular)

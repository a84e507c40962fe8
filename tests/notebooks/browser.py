"""Pages as a parser and as a browser see them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

PROFILE = "profile.html"
"""The profiler's own page, which follows its own rules (DESIGN, "Pages")."""


def pages_of(folder: Path) -> dict[str, BeautifulSoup]:
    """Return the parsed pages of a reports folder by their path in it."""
    found = {
        str(page.relative_to(folder)): BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for page in sorted(folder.rglob("*.html"))
    }
    assert {"index.html", "tiny/index.html", "tiny/02_cleaning.html"} <= found.keys()
    return found


def text_of(page: BeautifulSoup) -> str:
    """Return the text a reader sees: without scripts and styles."""
    parts = [str(text) for text in page.find_all(string=True) if text.parent.name not in ("script", "style")]
    return " ".join(" ".join(parts).split())


@dataclass
class Visit:
    """What happened while a page was open."""

    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    figures: int = 0
    drawn: int = 0


def visits(folder: Path) -> dict[str, Visit]:
    """Open every page of a reports folder once; skip where there is no browser."""
    with chromium() as browser:
        return {str(page.relative_to(folder)): visit(browser, page) for page in sorted(folder.rglob("*.html"))}


@contextmanager
def chromium() -> Iterator:
    """Open Chromium; skip where it is not installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here: install Debian's package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def visit(browser, page: Path) -> Visit:
    """Open a page, scroll every chart into view, and note what happened."""
    seen = Visit()
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda request: seen.requests.append(request.url))
    tab.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: seen.errors.append(str(error)))
    tab.goto(page.as_uri())
    tab.evaluate("document.querySelectorAll('details.fold').forEach((folded) => { folded.open = true; })")
    figures = tab.locator("figure.plotly")
    seen.figures = figures.count()
    for position in range(seen.figures):  # a chart is drawn when it comes into view
        figure = figures.nth(position)
        figure.scroll_into_view_if_needed()
        drawing = figure.locator("svg.main-svg").first
        drawing.wait_for(state="attached", timeout=20_000)
        seen.drawn += drawing.count()
    tab.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")
    tab.wait_for_timeout(200)  # what a page does late, such as an image that fails to load
    context.close()
    return seen

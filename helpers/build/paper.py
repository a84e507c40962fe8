"""The board pack: a study on paper, its front page first, then a sheet a chapter.

    python -m helpers.build.paper params/sample.yml

It is cut out of the built pages, so it says what they say; a Chromium that is installed prints it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from helpers.base.errors import StudyError
from helpers.base.paths import from_root, reports
from helpers.build.packing import PACKED, script_json, unpacked
from helpers.build.state import read_state
from helpers.build.templating import render
from helpers.show import theme
from helpers.study.file import load_study
from helpers.study.schema import Study

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"),
    *(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium")),
)
PATIENCE = 180
"""Seconds for printing."""
ACTIONS = ("What to do", "What to check", "Action", "What for")
"""Headings of a column by which a chapter's table of actions is known."""
ROWS, SHORT = 10, 15
"""Rows of a table on a sheet, and up to how many a table is taken for one of actions rather than a list."""


def board_pack(study: Study) -> Path:
    """Print a built study's front page and the first screen of each chapter; return the PDF.

    Raises:
        StudyError: there is no Chromium here, the study has not been built, or printing failed.
    """
    program = browser()
    if program is None:
        raise StudyError(
            "The board pack is printed by Chromium, which is not here: install chromium or Google Chrome."
        )
    folder = reports() / study.name
    if not (folder / "index.html").exists():
        raise StudyError(f"The study has not been built: run make report PARAMS={from_root(study.path)} first.")
    target = folder / "board_pack.pdf"
    with tempfile.TemporaryDirectory() as scratch:
        page, printed = Path(scratch) / "board.html", Path(scratch) / "board.pdf"
        page.write_text(pack_page(study, folder), encoding="utf-8")
        _print(program, page, printed, Path(scratch) / "profile")
        shutil.move(printed, target)
    return target


def browser() -> str | None:
    """Return the program of the Chromium that is installed; None where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pack_page(study: Study, folder: Path) -> str:
    """Return the board pack as one page: a section a sheet, charts drawn at once, links as footnotes."""
    from plotly.offline import get_plotlyjs

    pages = {"index.html": _parsed(folder / "index.html")}
    for chapter in study.chapters:
        if (path := folder / f"{chapter.stem}.html").exists():
            pages[path.name] = _parsed(path)
    sheets = []
    for name, page in pages.items():
        parts = _front(page) if name == "index.html" else _first_screen(page)
        notes = _footnotes(parts, name, pages)
        sheets.append(
            {"id": name.removesuffix(".html"), "html": Markup("\n".join(map(str, parts))), "notes": notes}
        )
    built = read_state(folder).get("built_at")
    day = datetime.fromisoformat(built) if built else None
    return render(
        "board.html.j2",
        title=study.values.title,
        date=f"{day.day} {day:%b %Y}" if day else "",
        sheets=sheets,
        plotly_js="",
        whole_plotly_js=Markup(get_plotlyjs()),
        chart_themes=Markup(script_json(theme.page_themes())),
    )


def _parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def _front(page: BeautifulSoup) -> list[Tag]:
    """Return what the front page says on its first screen."""
    main = page.select_one("main")
    for further in main.select(".rest, details"):
        further.decompose()
    main.name = "div"
    del main["id"]
    return [main]


def _first_screen(page: BeautifulSoup) -> list[Tag]:
    """Return a chapter's head, its findings, its first figure and its table of actions."""
    main = page.select_one("main")
    parts = [main.select_one("header.title"), main.select_one(".findings"), main.select_one("figure")]
    if spec := parts[2] and parts[2].select_one(f'script[type="{PACKED}"]'):
        spec["type"] = "application/json"
        spec.string = unpacked(spec.string).replace("<", "\\u003c")
    return [part for part in (*parts, _actions(main)) if part is not None]


def _actions(main: Tag) -> Tag | None:
    """Return the table that says what to do, cut to a sheet's length.

    A short one before a list of customers, then one of the section on what to do, then the first.
    """
    found = [
        table
        for table in main.select("table.data")
        if any(head.get_text() in ACTIONS for head in table.select("thead th"))
    ]
    if not found:
        return None
    table = min(found, key=lambda one: (len(one.select("tbody tr")) > SHORT, not _on_actions(one)))
    rows = table.select("tbody tr")
    for row in rows[ROWS:]:
        row.decompose()
    for extra in table.select("script"):
        extra.decompose()
    if len(rows) > ROWS and (caption := table.caption):
        caption.append(f" (the first {ROWS})")
    table["class"] = ["printed"]
    return table


def _on_actions(table: Tag) -> bool:
    """Return whether a table is in a section on what to do."""
    heading = table.find_previous("h2")
    return heading is not None and re.search("what to do|action", heading.get_text(), re.IGNORECASE) is not None


def _footnotes(parts: list[Tag], name: str, pages: dict[str, BeautifulSoup]) -> list[dict[str, str]]:
    """Turn the links of a sheet into numbers, and return what they led to: on paper nobody can follow one."""
    notes: dict[str, dict[str, str]] = {}
    for link in [link for part in parts for link in part.select("a[href]")]:
        path, _, anchor = link["href"].partition("#")
        if path in ("", name):  # the rest of this chapter is not on paper
            link.decompose() if {"anchor", "to"} & set(link.get("class", [])) else link.unwrap()
            continue
        del link["href"]
        if link.svg or (text := _place(path, anchor, pages)) is None:  # within a drawing a number misleads
            continue
        notes.setdefault(text, {"text": text, "to": path.removesuffix(".html") if path in pages else ""})
        number = Tag(name="sup")
        number.string = str(list(notes).index(text) + 1)
        link.append(number)
    return list(notes.values())


def _place(path: str, anchor: str, pages: dict[str, BeautifulSoup]) -> str | None:
    """Return in words what a link leads to; None where a reader of paper could not look it up."""
    if path not in pages:
        return path if path.startswith(("http:", "https:", "downloads/")) else None
    page = pages[path]
    title = page.h1.get_text(" ", strip=True)
    spot = page.find(id=anchor) if anchor else None
    heading = spot and (spot if re.fullmatch("h[2-4]", spot.name) else spot.find_parent(re.compile("^h[2-4]$")))
    chapter = re.match(r"\d+", path)
    named = f"Chapter {int(chapter[0])}, {title}" if chapter else title
    return f"{named}: “{heading.get_text(' ', strip=True)}”" if heading else named


def _print(program: str, page: Path, target: Path, profile: Path) -> None:
    """Have a Chromium print a page.

    Raises:
        StudyError: it printed nothing.
    """
    command = [program, "--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={profile}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # Chromium has none for root
    command += [f"--print-to-pdf={target}", page.as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StudyError(f"Chromium did not print the board pack: {error}.") from error
    if not target.exists():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StudyError(f"Chromium did not print the board pack: {last}.")


def main(arguments: list[str] | None = None) -> int:
    """Print the board pack of the study that the command line names; 0 when it is there."""
    parser = argparse.ArgumentParser(prog="make pdf", description="Print a study's board pack.")
    parser.add_argument("study", type=Path, help="a study file, such as params/sample.yml")
    try:
        print(from_root(board_pack(load_study(parser.parse_args(arguments).study))))
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What every page of the series keeps: it needs nothing but itself, and everybody can read it."""

import itertools
import json
import re
from email import message_from_bytes
from email.policy import default

import pytest

from helpers.build.pages import MAX_BYTES
from helpers.study.series import CHAPTERS
from tests.notebooks import browser

ASSETS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
    "image": "href",
    "use": "href",
}
MOST_ELEMENTS = 6_000
LONG_ENOUGH = 20
"""Characters below which a text says no more than "a bar chart"."""


@pytest.fixture(scope="module")
def pages(series):
    return browser.pages_of(series.reports)


def chapters(pages: dict) -> dict:
    return {name: page for name, page in pages.items() if re.search(r"/\d\d_\w+\.html$", name)}


def test_nothing_is_fetched(pages):
    for name, page in pages.items():
        for tag, attribute in ASSETS.items():
            fetched = [e[attribute] for e in page.find_all(tag) if e.get(attribute)]
            outside = [address for address in fetched if not address.startswith(("data:", "#", "blob:"))]
            assert not outside, (name, tag, outside)
        for style in [*page.find_all("style"), *page.find_all(style=True)]:
            css = style.get("style") or style.get_text()
            assert not re.search(r"@import|url\(\s*['\"]?(?!data:|#|['\"])[\w/.]", css), (name, css[:200])


def test_links_lead_somewhere(series, pages):
    for name, page in pages.items():
        if name.endswith(browser.PROFILE):
            continue
        folder = (series.reports / name).parent
        ids = {element["id"] for element in page.find_all(id=True)}
        for link in page.find_all("a", href=True):
            path, _, anchor = link["href"].partition("#")
            if path.startswith(("https://", "http://", "mailto:")):
                continue
            assert not path or (folder / path).exists(), (name, link["href"])
            assert path or anchor in ids, (name, link["href"])


def test_every_picture_and_chart_says_what_it_shows(pages):
    seen = 0
    for name, page in pages.items():
        if name.endswith(browser.PROFILE):
            continue
        for picture in page.find_all("img"):
            assert len(picture.get("alt", "").strip()) >= LONG_ENOUGH, (name, picture.get("alt"))
        for figure in page.select("figure.plotly"):
            text = figure.get("aria-label", "").strip()
            assert len(text) >= LONG_ENOUGH, (name, text)
            assert re.search(r"\d", text), f"{name}: {text!r} quotes no figure"
            seen += 1
    assert seen >= 5


def test_a_page_can_be_mailed(series):
    for page in series.reports.rglob("*.html"):
        if page.name != browser.PROFILE:
            assert page.stat().st_size < MAX_BYTES, page.name


def test_a_page_opens_at_once(pages):
    for name, page in pages.items():
        elements = len(page.find_all(True))
        assert elements < MOST_ELEMENTS or name.endswith(browser.PROFILE), (name, elements)


def test_the_findings_are_there_as_the_body_of_a_mail(series):
    mail = message_from_bytes((series.study / "summary.eml").read_bytes(), policy=default)
    text = mail.get_body(["plain"]).get_content()
    notes = (series.study / "summary.md").read_text(encoding="utf-8")
    assert mail["Subject"] and notes.startswith("# ")
    assert text.count("\n- ") == notes.count("\n- ") >= 5
    assert "<script" not in mail.get_body(["html"]).get_content().lower()


def test_headlines_come_first(pages):
    assert len(chapters(pages)) >= 2
    for name, page in chapters(pages).items():
        findings = page.select("main .findings .headlines li")
        assert findings, name
        sections = page.select("main h2")
        assert sections[0].get("id") == "headline-findings", (name, sections[0])


def squeezed(text: str) -> str:
    return " ".join(text.split())


def section_of(page, anchor: str) -> str:
    """Return the text of the section at whose heading an id is."""
    place = page.find(id=anchor)
    heading = place if place.name == "h2" else place.find_parent("h2")
    if heading is None:  # its section is left out, and the headline at the page's head is all there is of it
        assert place.find_parent("header") and page.select(".left-out"), anchor
        return squeezed(page.select_one(".findings").get_text())
    rest = itertools.takewhile(
        lambda e: getattr(e, "name", None) != "h2", itertools.islice(heading.next_elements, 1, None)
    )
    return squeezed("".join(str(e) for e in rest if isinstance(e, str)))


def test_a_headline_leads_to_the_section_that_says_it(pages):
    followed = 0
    for name, page in chapters(pages).items():
        for item in page.select(".findings .headlines li"):
            link = item.select_one("a.to")
            if link is None:  # its section is left out, and it says why
                assert page.select(".left-out"), (name, item.get_text())
                continue
            told = squeezed(item.get_text().removesuffix(link.get_text()))
            assert told in section_of(page, link["href"][1:]), (name, told)
            followed += 1
    assert followed >= 10


def test_what_the_front_page_says_leads_to_the_section_that_says_it(pages):
    front = pages["tiny/index.html"]
    told = [(item.p, item.select_one(".links a")) for item in front.select(".cards li")]
    told += [(link.parent, link) for link in front.select(".chapters .to")]
    assert len(told) >= 5
    for item, link in told:
        name, _, anchor = link["href"].partition("#")
        for added in item.select(".amount, .to"):
            added.extract()
        numbers = re.findall(r"\d(?:[\d,.]*\d)?", item.get_text())
        said = section_of(pages[f"tiny/{name}" if name else "tiny/index.html"], anchor)
        assert all(number in said for number in numbers), (link["href"], numbers)


def test_a_front_page_is_light_and_has_no_empty_figure(series, pages):
    for page in (series.study / "index.html", series.reports / "index.html"):
        assert page.stat().st_size < 100_000, page
    tiles = pages["tiny/index.html"].select(".tiles li")
    assert len(tiles) >= 3 and all(tile.strong.get_text().strip() for tile in tiles)


def test_the_first_screen_needs_no_scrolling(series):
    with browser.chromium() as program:
        tab = program.new_page(viewport={"width": 1300, "height": 900})
        tab.goto((series.study / "index.html").as_uri())
        bottom = "all => all.map(one => one.getBoundingClientRect().bottom)"
        ends = tab.locator(".tiles, .pictures, .cards").evaluate_all(bottom)
        assert ends and max(ends) <= 900
        tab.set_viewport_size({"width": 390, "height": 844})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_headings_and_titles(pages):
    for name, page in pages.items():
        if name.endswith(browser.PROFILE):
            continue
        assert len(page.find_all("h1")) == 1, name
        assert page.title.get_text().strip(), name
        assert page.html.get("lang") == "en", name
        ids = [element["id"] for element in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), name


def test_pages_draw_in_a_browser_and_ask_for_nothing(series, visits):
    for name, seen in visits.items():
        asked = [url for url in seen.requests if not url.startswith(("data:", "blob:"))]
        assert asked == [(series.reports / name).as_uri()], name
        assert seen.errors == [], name
        assert seen.drawn == seen.figures, name
    assert sum(seen.drawn for seen in visits.values()) >= 5


def test_the_customer_list_can_be_searched_and_filtered(series):
    page = next(series.reports.rglob("04_clustering.html"))
    with browser.chromium() as program:
        tab = program.new_context(offline=True).new_page()
        tab.goto(page.as_uri())
        title = "Customers, those with most revenue first"
        shown = tab.locator(".tall", has_text=title).locator("table tbody tr:visible")
        everyone = shown.count()
        wanted = shown.nth(0).locator("td").first.inner_text()
        search = tab.locator(".search", has=tab.get_by_label(f"Search in: {title}"))
        search.locator("input").first.fill(wanted)
        assert 1 <= shown.count() < everyone
        assert all(wanted in text for text in shown.all_inner_texts())
        search.locator("input").first.fill("nobody is called this")
        assert shown.count() == 0
        search.locator("input").first.fill("")
        choice = search.locator("select").first
        segment = choice.locator("option").nth(1).inner_text()
        choice.select_option(segment)
        assert 1 <= shown.count() < everyone
        assert all(segment in text for text in shown.all_inner_texts())


def test_findings_that_runs_are_compared_by_are_recorded(series):
    findings = json.loads((series.study / "findings.json").read_text(encoding="utf-8"))
    for chapter in CHAPTERS:
        found = findings.get(chapter.name)
        cells = json.loads((series.study / f"{chapter.stem}.ipynb").read_text(encoding="utf-8"))["cells"]
        left_out = any("left_out" in cell["metadata"] for cell in cells)  # this ledger is too short for some of it
        if found and not left_out and not found.get("left_out_because"):
            missing = [headline.finding for headline in chapter.headline_findings if headline.finding not in found]
            assert not missing, chapter.stem

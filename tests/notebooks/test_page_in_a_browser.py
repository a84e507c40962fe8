"""What a page does by itself, in Chromium: it draws charts that come near, sorts, searches and pages tables."""

from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.build import paper
from helpers.build.pages import Link, chapter_page
from helpers.show import display
from tests.notebooks import browser
from tests.unit.build.test_pages import code, full_shelf, full_study, markup, on_front, plot

FAR = "\n\n".join(["A line."] * 200)
LISTED = 702
SEGMENTS = ("Loyal", "Lost", "New")


def table(frame, caption, **options):
    """Return a cell that shows a table."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(display, "display", lambda thing: shown.append(thing.data))
        display.table(frame, caption, **options)
    return code("table()", markup(shown[0]))


def customers():
    return pd.DataFrame(
        {
            "customer_id": [f"c{n:04}" for n in range(LISTED)],
            "rfm_segment": [SEGMENTS[n % 3] for n in range(LISTED)],
            "monetary": [float(n * 37 % LISTED) if n % 100 else None for n in range(LISTED)],
        }
    )


MONTHS = pd.DataFrame(
    {
        "month": ["Feb 2025", "Dec 2024", "Jan 2025"],
        "revenue": [9_500.0, 125_000.0, -20.5],
        "share": [0.5, 0.25, 0.1],
    }
)


ADVICE = pd.DataFrame(
    {
        "segment": ["Loyal", "Lost", "New"],
        "customers": [5, 9, 7],
        "who": ["a", "b", "c"],
        "action": [
            f"{name}: what to do with them is told at length, in a sentence of its own" for name in SEGMENTS
        ],
    }
)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """A page with two charts far below each other, a long list and a short table."""
    cells = [
        table(customers(), "Customers"),
        table(MONTHS, "Months", names={"share": "Share"}),
        table(ADVICE, "Advice"),
        new_markdown_cell(FAR),
        code("draw()", plot(title="First")),
        new_markdown_cell(FAR),
        code("draw()", plot(title="Second")),
    ]
    notebook = new_notebook(cells=[new_markdown_cell("# A page"), *cells])
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(chapter_page(notebook, study_title="A shop", chapters=[Link("A page", "page.html", True)]))
    return path


@contextmanager
def opened(page: Path, **options):
    with browser.chromium() as program:
        tab = program.new_context(offline=True, **options).new_page()
        problems = []
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.goto(page.as_uri())
        yield tab
        assert problems == []


def column(tab, caption, place):
    return tab.locator(f"table:has(caption:text-is('{caption}')) tbody td:nth-child({place})").all_inner_texts()


def heading(tab, caption, text):
    return tab.locator(f"table:has(caption:text-is('{caption}')) th").filter(has_text=text)


def test_a_chart_is_drawn_when_it_comes_near_and_plotly_starts_then(page):
    with opened(page) as tab:
        assert not tab.evaluate("'Plotly' in window")
        assert tab.locator(".main-svg").count() == 0
        first, second = tab.locator("figure.plotly").all()
        first.scroll_into_view_if_needed()
        first.locator(".main-svg").first.wait_for(state="attached")
        assert second.locator(".main-svg").count() == 0
        second.scroll_into_view_if_needed()
        second.locator(".main-svg").first.wait_for(state="attached")
        assert tab.locator(".instead").count() == 0


def test_paper_has_every_chart_for_whoever_stayed_and_words_for_whoever_did_not(page):
    with opened(page) as tab:
        tab.emulate_media(media="print")
        assert tab.locator(".instead:visible").count() == 2
        tab.emulate_media(media="screen")
        tab.wait_for_function("'Plotly' in window", timeout=20_000)
        tab.pdf()
        assert tab.locator("figure.plotly:has(.main-svg)").count() == 2


def test_a_long_list_opens_with_ten_rows_and_is_drawn_fifty_at_a_time(page):
    with opened(page) as tab:
        note, more = tab.locator(".search .note").first, tab.locator(".search-more").first
        assert note.inner_text() == "10 of 702 shown"
        assert len(column(tab, "Customers", 1)) == 10
        more.click()
        assert note.inner_text() == "60 of 702 shown"
        assert column(tab, "Customers", 1) == [f"c{n:04}" for n in range(60)]
        tab.get_by_label("Search in: Customers").fill("c0701")
        assert column(tab, "Customers", 1) == ["c0701"], "the last row was never drawn before"
        assert not more.is_visible()
        tab.get_by_label("Search in: Customers").fill("")
        tab.get_by_label("Filter by: RFM segment").select_option("Lost")
        assert note.inner_text() == "10 of 234 shown"
        assert set(column(tab, "Customers", 2)) == {"Lost"}


def test_a_heading_sorts_all_rows_by_click_and_by_key(page):
    with opened(page) as tab:
        money = heading(tab, "Customers", "Monetary")
        money.locator("button").click()
        assert money.get_attribute("aria-sort") == "descending"
        assert column(tab, "Customers", 3)[:2] == ["701.00", "700.00"]
        money.locator("button").press("Enter")
        assert money.get_attribute("aria-sort") == "ascending"
        assert column(tab, "Customers", 3)[:2] == ["1.00", "2.00"], (
            "what is not known comes last, and 0 is not known here"
        )
        money.locator("button").press("Space")
        assert money.get_attribute("aria-sort") is None
        assert column(tab, "Customers", 1)[0] == "c0000"


def test_a_short_table_sorts_amounts_and_months_and_has_no_tools(page):
    with opened(page) as tab:
        heading(tab, "Months", "Month").locator("button").click()
        assert column(tab, "Months", 1) == ["Dec 2024", "Jan 2025", "Feb 2025"]
        heading(tab, "Months", "Revenue").locator("button").click()
        assert column(tab, "Months", 1) == ["Dec 2024", "Feb 2025", "Jan 2025"]
        assert tab.locator(".search:visible").count() == 1


def test_the_cards_of_a_phone_have_no_headings_and_are_sorted_by_a_list(page):
    with opened(page, viewport={"width": 390, "height": 844}) as tab:
        order = tab.locator(".search:has(+ .scroll caption:text-is('Advice')) select")
        assert not heading(tab, "Advice", "Customers").is_visible()
        order.select_option("By Customers")
        assert column(tab, "Advice", 2) == ["9", "7", "5"]
        order.select_option("In the order given")
        assert column(tab, "Advice", 1) == list(SEGMENTS)
    with opened(page, viewport={"width": 1300, "height": 900}) as tab:
        assert not tab.locator(".order").first.is_visible()


def test_without_javascript_the_first_rows_and_the_charts_in_words_are_there(page):
    with opened(page, java_script_enabled=False) as tab:
        assert len(column(tab, "Customers", 1)) == 10
        assert tab.get_by_text("10 of 702 shown.").is_visible()
        assert tab.locator(".instead").first.is_visible()


LONG_NAME = "export_" + "umsatz" * 40 + ".csv"
"""A file name without a place to break it."""


@pytest.mark.parametrize("width", [390, 1300])
def test_a_long_file_name_breaks_within_the_front_page_and_the_shelf(tmp_path, width):
    card = {"text": f"See {LONG_NAME}.", "href": None, "download": (LONG_NAME, "x.csv"), "at_stake": None}
    front = full_study(
        title=LONG_NAME,
        description=f"A first look at {LONG_NAME}.",
        finding={"title": LONG_NAME, "about": f"A first look at {LONG_NAME}.", "href": None},
        do=[card, card],
        doubt=[card],
        check=f"{LONG_NAME} has 1 line above its header.",
        facts=[("Source", LONG_NAME), ("Lines", "9")],
        chapters=[on_front(LONG_NAME, "failed", error=f"{LONG_NAME} is gone.")],
        downloads=[{"title": LONG_NAME, "href": "x.csv", "bytes": 9, "description": LONG_NAME}],
        since={"built_at": "today", "source": LONG_NAME, "same_source": True, "changes": [], "moves": None},
    )
    shelf = full_shelf(title=LONG_NAME, note=LONG_NAME, finding=LONG_NAME)
    for page in (front, shelf):
        written = tmp_path / "page.html"
        written.write_text(page.html, encoding="utf-8")
        with opened(written, viewport={"width": width, "height": 900}) as tab:
            tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_pack_draws_its_charts_and_fits_each_sheet_to_its_paper(page, tmp_path):
    figure = {"id": "a", "html": "", "notes": []}
    long = paper.Markup("<div>" + "<p>A line.</p>" * 45 + "</div>")
    drawn = plot(title="First").data["application/vnd.plotly.v1+json"]
    shown = paper.Markup(
        '<figure class="plotly"><div class="plot"></div><script type="application/json">{}</script></figure>'
    ).format(paper.Markup(paper.script_json(drawn)))
    sheets = [figure | {"html": shown}, figure | {"id": "b", "html": long}]
    from plotly.offline import get_plotlyjs

    written = tmp_path / "board.html"
    written.write_text(
        paper.render(
            "board.html.j2",
            title="A shop",
            date="20 Jan 2026",
            sheets=sheets,
            plotly_js="",
            whole_plotly_js=paper.Markup(get_plotlyjs()),
            chart_themes=paper.Markup(paper.script_json(paper.theme.page_themes())),
        )
    )
    with opened(written) as tab:
        assert tab.locator("figure .main-svg").count() >= 1
        heights = [sheet.bounding_box()["height"] for sheet in tab.locator(".sheet").all()]
        assert all(height <= 980 for height in heights)
        assert tab.locator(".sheet > div").nth(1).evaluate("(e) => Number(e.style.zoom)") < 1

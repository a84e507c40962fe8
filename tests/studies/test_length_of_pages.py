"""A chapter is read in seven screens, whatever is folded left aside."""

from tests.bench.bench_pages import ARMED, MEASURE, MOST_SCREENS, SCREEN, WIDTH
from tests.notebooks.browser import chromium


def test_no_chapter_of_the_sample_is_longer_than_seven_screens(built):
    built("sample")
    screens = {}
    with chromium() as browser:
        for page in sorted((built.reports / "sample").glob("[01][0-9]_*.html")):
            tab = browser.new_page(viewport={"width": WIDTH, "height": SCREEN})
            tab.goto(page.as_uri())
            tab.wait_for_function(ARMED)
            screens[page.stem] = tab.evaluate(MEASURE)["height"] / SCREEN
            tab.close()
    assert len(screens) == 11
    assert not {stem: high for stem, high in screens.items() if high > MOST_SCREENS}

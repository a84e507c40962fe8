"""What the pages of a built study are like to open: length, weight and time, a line a page.

    python -m tests.bench.bench_pages reports/sample [reports/other ...]

Times are of one headless Chromium without a network, the median of three openings, and mean something only beside
others of the same machine; nothing asserts them.
"""

import statistics
import sys
import time
from pathlib import Path

from tests.notebooks.browser import chromium

WIDTH, SCREEN = 1300, 900
"""CSS px of the window."""
MOST_SCREENS = 7
"""Of a chapter, with what is folded closed."""
ARMED = "!document.querySelector('.note.rest')"
"""True once the long tables of a page have their controls, which are unpacked after it is loaded."""
OPENINGS = 3
MEASURE = """() => {
  const seen = (e) => e.checkVisibility() && !e.closest("details:not([open]) > :not(summary)");
  const main = document.querySelector("main") ?? document.body;
  const figure = [...main.querySelectorAll("figure, main > svg, section svg")].find(seen);
  return {
    height: document.documentElement.scrollHeight,
    words: main.innerText.split(/\\s+/).filter(Boolean).length,
    first: figure ? figure.getBoundingClientRect().top + scrollY : null,
    nodes: document.querySelectorAll("*").length,
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
    load: performance.getEntriesByType("navigation")[0].loadEventEnd,
  };
}"""
HEADS = ("page", "screens", "words", "figure at", "nodes", "drawn", "MB", "paint", "load", "chart")
UNITS = ("", "", "", "screen", "", "nodes", "", "s", "s", "s")


def measured(browser, page: Path) -> tuple[str, ...]:
    """Return a page's line of the table: what `HEADS` names, in the `UNITS` below them."""
    openings = [_opened(browser, page) for _ in range(OPENINGS)]
    last = openings[-1]

    def middle(name: str) -> str:
        times = [one[name] for one in openings if one[name] is not None]
        return f"{statistics.median(times) / 1000:.2f}" if times else "none"

    return (
        page.stem,
        f"{last['height'] / SCREEN:.1f}",
        f"{last['words']:,}",
        "none" if last["first"] is None else f"{last['first'] / SCREEN:.1f}",
        f"{last['nodes']:,}",
        f"{last['drawn']:,}",
        f"{page.stat().st_size / 1e6:.2f}",
        *map(middle, ("paint", "load", "chart")),
    )


def _opened(browser, page: Path) -> dict:
    """Open a page, then scroll it to its end; return what `MEASURE` does, nodes after that, and ms to a chart.

    `chart` is from the moment the first chart is scrolled to until it is drawn.
    """
    context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": SCREEN})
    tab = context.new_page()
    tab.goto(page.resolve().as_uri())
    tab.wait_for_function(ARMED)
    found = tab.evaluate(MEASURE) | {"chart": None}
    charts = tab.locator("figure.plotly:visible")
    for position in range(charts.count()):
        started = time.perf_counter()
        charts.nth(position).scroll_into_view_if_needed()
        charts.nth(position).locator("svg.main-svg").first.wait_for(state="attached", timeout=30_000)
        if position == 0:
            found["chart"] = 1000 * (time.perf_counter() - started)
    found["drawn"] = tab.evaluate("document.querySelectorAll('*').length")
    context.close()
    return found


def main(folders: list[str]) -> None:
    """Print the table of every page in each folder."""
    for folder in map(Path, folders):
        print(f"{folder.name}: headless Chromium, {WIDTH} x {SCREEN} px, median of {OPENINGS} openings")
        with chromium() as browser:
            lines = [HEADS, UNITS, *(measured(browser, page) for page in sorted(folder.glob("*.html")))]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            first, *rest = (text.rjust(width) for text, width in zip(line, widths, strict=True))
            print("  ".join([line[0].ljust(len(first)), *rest]))


if __name__ == "__main__":
    main(sys.argv[1:])

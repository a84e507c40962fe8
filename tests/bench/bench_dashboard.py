"""How long the dashboard of many customers takes: to be made, to open, and to filter, and how large it is.

    python -m tests.bench.bench_dashboard [customers] [orders]

Times are of one headless Chromium, the median of the filters named, and mean something only beside others of the
same machine; nothing asserts them.
"""

import sys
import tempfile
import time
from pathlib import Path

from helpers.build.dashboard import write_dashboard
from tests import dashboards
from tests.notebooks.browser import chromium

FILTERS = ("segment=Loyal", "period=2024-11", "country=France", "flag=yes", "action=Keep", "")
TIMES = 5
MEASURE = """async ([views, filters, times]) => {
  const found = [];
  const middle = (all) => all.sort((a, b) => a - b)[all.length >> 1];
  for (const view of views) {
    const took = [];
    for (let i = 0; i < times; i++) for (const filter of filters) {
      const turned = new Promise((done) => addEventListener("hashchange", done, { once: true }));
      location.hash = `#view=${view}&${filter}&again=${i}`;
      const before = performance.now();
      await turned;
      took.push(performance.now() - before);
    }
    found.push([view, middle(took), Math.max(...took)]);
  }
  return found;
}"""


def main(customers: int = 100_000, orders: int = 300_000) -> None:
    """Print the figures of a study of so many invented customers."""
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        folder = Path(scratch) / "shop"
        lines = dashboards.lines(customers, orders, seed=2, hostile=())
        state = dashboards.write_report(folder, lines, nameless=0)
        started = time.process_time()
        write_dashboard(dashboards.study(), folder, state)
        made = time.process_time() - started
        page = folder / "dashboard.html"
        started = time.perf_counter()
        tab = dashboards.opened(browser, page)
        ready = time.perf_counter() - started
        print(f"{customers:,} customers, {orders:,} orders: {page.stat().st_size / 1e6:.2f} MB,", end=" ")
        print(f"made in {made:.1f} CPU s, open after {ready:.1f} s")
        for view, median, most in tab.evaluate(MEASURE, [["overview", "customers", "map"], FILTERS, TIMES]):
            print(f"  a filter on {view}: {median:.0f} ms, at most {most:.0f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

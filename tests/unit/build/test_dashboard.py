"""The dashboard as a person uses it, and what it leaves out."""

import csv
import io
import json
from datetime import date

import duckdb
import pytest
from playwright.sync_api import expect

from helpers.base.text import money
from helpers.build.dashboard import MOST_BYTES, dashboard_page, write_dashboard
from helpers.build.summary import Summary
from tests import dashboards
from tests.conftest import slow
from tests.dashboards import HOSTILE, opened
from tests.house_english import broken

# ── the same figures as the front page ──


DAYS = {  # that no month begins or ends with, as of a ledger of less than two years
    "before": {"first": "2023-03-05", "last": "2024-01-20", "name": "5 Mar 2023 to 20 Jan 2024"},
    "after": {"first": "2024-03-05", "last": "2025-01-20", "name": "5 Mar 2024 to 20 Jan 2025"},
}


@pytest.mark.parametrize("periods", [dashboards.PERIODS, DAYS], ids=["years", "days"])
def test_its_key_figures_are_those_of_the_front_page(browser, tmp_path, periods):
    """Chapter 10 sums both years on the engine, the front page writes the sums, the dashboard says the same."""
    from helpers.base.engine import open_engine
    from helpers.chapters.what_changed.periods import Period, within
    from helpers.chapters.what_changed.sales import sales_and_returns, totals

    folder = tmp_path / "shop"
    state = dashboards.write_report(folder, dashboards.lines(120, 900, seed=3), periods=periods)
    write_dashboard(dashboards.study(), folder, state)
    findings = json.loads((folder / "findings.json").read_text())
    with open_engine() as engine:
        tables = (engine.scan(folder / f"tables/{name}.parquet") for name in ("transactions", "returns"))
        moves = sales_and_returns(*tables, None, engine)
        for of in findings["what_changed"]["periods"].values():
            days = Period(date.fromisoformat(of["first"]), date.fromisoformat(of["last"]), of["name"])
            of.update(totals(within(moves, days), "all").iloc[0].to_dict())
    had, has = (findings["what_changed"]["periods"][which]["net"] for which in ("before", "after"))
    findings["what_changed"] |= {"net_sales_before": had, "net_sales": has}
    tiles = Summary(dashboards.study(), folder, state, findings, []).tiles()
    tab = opened(browser, folder / "dashboard.html")
    shown = [" ".join(text.split()) for text in tab.locator("[data-tile]").all_inner_texts()]
    said = [" ".join(f"{t.label} {t.value} {t.change} {t.before}".split()) for t in tiles]
    assert len(said) == 5 and shown[:5] == said
    tab.context.close()


# ── as a person uses it ──


def test_hostile_words_stay_text_and_nothing_leaves(browser, dashboard):
    seen: list[str] = []
    tab = opened(browser, dashboard, seen)
    for view in ("overview", "customers", "map"):
        tab.evaluate(f"location.hash = '#view={view}&period=all'")
        tab.wait_for_timeout(100)
        assert tab.locator("#screen img, #screen script, #screen b, #screen i, #screen u, #screen em").count() == 0
    for who in HOSTILE:
        tab.evaluate("(id) => { location.hash = new URLSearchParams({ customer: id }); }", who)
        tab.wait_for_selector("dialog[open]")
        assert tab.locator("#card-title").text_content() == who
        assert tab.locator("dialog :is(img, script, b, i, u, em)").count() == 0
    assert seen == []
    tab.context.close()


def test_only_its_own_scripts_may_run(browser, dashboard, tmp_path):
    """The policy names them by digest: what would be added to the page, in it or to it, does not run."""
    text = dashboard.read_text(encoding="utf-8")
    policy = text.partition('Content-Security-Policy" content="')[2].partition('"')[0]
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    foreign = tmp_path / "page.html"
    foreign.write_text(text.replace("</body>", "<script>document.title = 'foreign'</script></body>"))
    seen: list[str] = []
    tab = opened(browser, foreign, seen)
    assert "foreign" not in tab.title() and any("Content Security Policy" in said for said in seen)
    tab.context.close()


def test_the_address_has_the_view_and_the_back_button_works(browser, dashboard):
    tab = opened(browser, dashboard)
    first = tab.locator("#told").inner_text()
    tab.get_by_role("button", name="Loyal", exact=True).click()
    expect(chips := tab.locator("#chips .chip")).to_have_count(1)
    tab.locator("button.month").nth(2).click()
    expect(chips).to_have_count(2)
    assert "segment=Loyal" in tab.url and "period=2024-03" in tab.url
    expect(chips).to_have_text(["Period: Mar 2024 ✕", "Segment: Loyal ✕"])
    filtered = tab.locator("#told").inner_text()
    again = opened(browser, dashboard)
    again.goto(tab.url)
    again.reload()
    again.wait_for_selector("html[data-ready]")
    assert again.locator("#told").inner_text() == filtered != first
    chips.first.click()
    expect(chips).to_have_count(1)
    assert "period" not in tab.url
    for _ in range(3):
        tab.go_back()
    expect(chips).to_have_count(0)
    expect(tab.locator("#told")).to_have_text(first)
    tab.evaluate("location.hash = '#segment=Nobody&period=1066&customer=nobody&view=none'")
    expect(tab.locator("#told")).to_have_text(first)
    for one in (tab, again):
        one.context.close()


def test_the_customers_are_sorted_searched_and_saved_as_shown(browser, dashboard, report):
    tab = opened(browser, dashboard)
    tab.goto(f"{dashboard.as_uri()}#view=customers&period=all&segment=Loyal")
    heading = tab.locator("th", has=tab.locator("[data-key=orders]"))
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    orders = [int(text) for text in tab.locator("td[data-key=orders]").all_inner_texts()]
    assert orders == sorted(orders, reverse=True) and len(set(orders)) > 3
    tab.get_by_role("searchbox").fill("france")
    assert set(tab.locator("td[data-key=country]").all_inner_texts()) == {"France"}
    tab.get_by_role("searchbox").fill("")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"), newline="")))
    shown = tab.locator("tr[data-customer]").evaluate_all("(rows) => rows.map((row) => row.dataset.customer)")
    saved = [row["Customer"] for row in rows]
    assert [name.removeprefix("'") if name[:2] in ("'=", "'-", "'+", "'@") else name for name in saved][
        :50
    ] == shown
    folder, _ = report
    expected = duckdb.sql(f"""
        SELECT customer_id, CAST(sum(revenue) AS DOUBLE) FROM (
            FROM '{folder}/tables/transactions.parquet' UNION ALL FROM '{folder}/tables/returns.parquet')
        JOIN '{folder}/tables/customers.parquet' USING (customer_id) WHERE rfm_segment = 'Loyal'
        GROUP BY 1""").fetchall()
    guarded = {("'" + who if who[0] in "=+-@" else who): amount for who, amount in expected}
    assert {row["Customer"]: float(row["Net sales (£)"]) for row in rows} == guarded
    assert all(row["Segment"] == "Loyal" for row in rows)
    tab.context.close()


def test_a_card_opens_by_keyboard_keeps_the_focus_and_closes(browser, dashboard, report):
    tab = opened(browser, dashboard)
    tab.goto(f"{dashboard.as_uri()}#view=customers&period=all")
    first = tab.locator("tr[data-customer] button").first
    name = first.inner_text()
    first.press("Enter")
    tab.wait_for_selector("dialog[open]")
    assert tab.locator("#card-title").inner_text() == name and "customer=" in tab.url
    for _ in range(6):
        tab.keyboard.press("Tab")
        assert tab.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    folder, _ = report
    facts = dict(
        zip(tab.locator("dialog dt").all_inner_texts(), tab.locator("dialog dd").all_inner_texts(), strict=True)
    )
    lines = f"(FROM '{folder}/tables/transactions.parquet' UNION ALL FROM '{folder}/tables/returns.parquet')"
    net, orders = duckdb.execute(
        f"SELECT sum(revenue), count(DISTINCT order_id) FILTER (revenue > 0) FROM {lines} WHERE customer_id = ?",
        [name],
    ).fetchall()[0]
    assert facts["Net of returns"].startswith(money(net, "GBP")) and facts["Orders"] == str(orders)
    drawn = tab.locator("dialog [data-month]").evaluate_all("(bars) => bars.map((bar) => +bar.dataset.value)")
    assert 0 < sum(drawn) <= orders  # those without a date are in no month
    tab.keyboard.press("Escape")
    tab.wait_for_selector("dialog:not([open])", state="attached")
    assert "customer=" not in tab.url
    assert tab.evaluate("document.activeElement.textContent") == name
    tab.context.close()


@pytest.mark.parametrize("width", [390, 1300])
def test_no_screen_is_wider_than_the_window(browser, dashboard, width):
    tab = opened(browser, dashboard, viewport={"width": width, "height": 844})
    for address in ("", "view=customers", "view=map", f"customer={HOSTILE[-1]}"):
        tab.evaluate(f"location.hash = '#{address}'")
        tab.wait_for_timeout(50)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, address
        assert not broken(tab.locator("#screen").inner_text()), address
    named = "(e) => e.ariaLabel || e.textContent.trim() || e.labels?.length"
    assert tab.locator("button, select, input, a").evaluate_all(f"(all) => all.every({named})")
    tab.context.close()


# ── what a study does not have, and what it has too much of ──


@pytest.mark.parametrize(
    ("lacks", "gone"),
    [
        (["ordered_at"], [".months", ".chips li"]),
        (["revenue"], ["[data-tile='Net sales']", "[data-tile='Average order value']"]),
        (["customer_id"], ["[data-view=customers]", ".pairs", "#filter-segment", "[data-tile=Customers]"]),
        (["country"], ["[data-view=map]", "#filter-country"]),
        (["order_id"], ["[data-tile=Orders]", "[data-tile='Average order value']"]),
        (["ordered_at", "order_id", "country", "product_id", "product_name"], [".months", "[data-view=map]"]),
    ],
)
def test_what_a_study_lacks_leaves_tile_and_screen_out(browser, tmp_path, lacks, gone):
    folder = tmp_path / "shop"
    found = dashboards.lines(40, 200, seed=8).drop(columns=lacks)
    state = dashboards.write_report(folder, found, nameless=0)
    write_dashboard(dashboards.study(), folder, state)
    seen: list[str] = []
    tab = opened(browser, folder / "dashboard.html", seen)
    assert tab.locator(", ".join(gone)).count() == 0
    assert tab.locator("[data-tile]").count() > 0
    for view in tab.locator("#views a").all():
        view.click()
        text = tab.locator("main").inner_text()
        assert not [word for word in ("undefined", "NaN", "null", "Infinity") if word in text]
    if "customer_id" not in lacks:
        tab.goto(f"{tab.url.partition('#')[0]}#customer={HOSTILE[0]}")
        expect(tab.locator("#card-title")).to_have_text(HOSTILE[0])
    assert seen == []
    tab.context.close()


@pytest.mark.parametrize(("customers", "orders"), [(5_000, 15_000), slow(100_000, 300_000)])
def test_a_page_of_100_000_customers_can_be_mailed(tmp_path, customers, orders):
    """The few tell how large the page of many would be: what each more of them adds."""
    sizes = {}
    for some in (customers, customers // 10):
        folder = tmp_path / f"shop{some}"
        found = dashboards.lines(some, some * orders // customers, seed=2, hostile=())
        state = dashboards.write_report(folder, found, nameless=0)
        page = dashboard_page(dashboards.study(), folder, state)
        assert "summed by segment" not in page
        sizes[some] = len(page.encode())
    each = (sizes[customers] - sizes[customers // 10]) / (customers - customers // 10)
    assert each > 5 and sizes[customers] + each * (100_000 - customers) < MOST_BYTES


def test_without_segments_columns_of_few_words_stand_in_for_them(browser, tmp_path):
    folder = tmp_path / "shop"
    found = dashboards.lines(40, 200, seed=8).drop(columns="ordered_at")
    state = dashboards.write_report(folder, found, nameless=0)
    findings = {"clustering": {"structure": False}}
    (folder / "findings.json").write_text(json.dumps(findings))
    write_dashboard(dashboards.study(), folder, state)
    tab = opened(browser, folder / "dashboard.html")
    assert tab.locator("#filters select").count() == 3  # country, flag, gender: the names are too many
    tab.get_by_role("button", name="<b>Male</b>", exact=True).click()
    expect(tab.locator("#chips .chip")).to_have_text(["Gender: <b>Male</b> ✕"])
    (people,) = duckdb.sql(
        f"SELECT count(*) FROM '{folder}/tables/customers.parquet' WHERE gender = '<b>Male</b>'"
    ).fetchall()[0]
    expect(tab.locator("[data-tile=Customers] strong")).to_have_text(f"{people:,}")
    tab.context.close()


def test_a_page_that_would_be_too_large_sums_by_segment(report):
    folder, state = report
    whole = dashboard_page(dashboards.study(), folder, state)
    smaller = dashboard_page(dashboards.study(), folder, state, most_bytes=len(whole.encode()) - 1)
    assert "summed by segment" in smaller and "summed by segment" not in whole


def test_there_is_no_page_before_the_lines_are_clean(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "dashboard.html").write_text("of an earlier build")
    write_dashboard(dashboards.study(), folder, {"chapters": {}})
    assert not (folder / "dashboard.html").exists()


def test_a_page_is_written_again_only_when_its_tables_changed(report, tmp_path):
    folder, state = report
    state = json.loads(json.dumps(state))
    write_dashboard(dashboards.study(), folder, state)
    before = (folder / "dashboard.html").stat().st_mtime_ns
    write_dashboard(dashboards.study(), folder, state)
    assert (folder / "dashboard.html").stat().st_mtime_ns == before
    state["chapters"]["rfm"] = {"tables": {"customers": "another"}}
    write_dashboard(dashboards.study(), folder, state)
    assert (folder / "dashboard.html").stat().st_mtime_ns > before

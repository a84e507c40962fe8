"""Every number on the dashboard is what DuckDB finds in the tables, whatever is filtered."""

import random
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest

from helpers.base.text import day, in_column, money, percent
from helpers.build.dashboard import write_dashboard
from tests import dashboards
from tests.dashboards import FIRST, LAST, opened

STATES = 200
READ = """async (hashes) => {
  const all = (query, read) => [...document.querySelectorAll(query)].map(read);
  const numbers = (root) => Object.fromEntries([...root.querySelectorAll("[data-value]")].map((e) =>
    [e.dataset.of ?? "", [Number(e.dataset.value), e.dataset.kind ?? null, e.textContent]]));
  const found = [];
  for (const hash of hashes) {
    const turned = new Promise((done) => addEventListener("hashchange", done, { once: true }));
    location.hash = hash;
    await turned;
    found.push({
      told: document.querySelector("#told").textContent,
      tiles: Object.fromEntries(all("[data-tile]", (e) => [e.dataset.tile, numbers(e)])),
      months: Object.fromEntries(all("[data-month]", (e) => [e.dataset.month, numbers(e)])),
      bars: Object.fromEntries(all("[data-bar]", (e) => [e.dataset.bar, numbers(e)])),
      actions: Object.fromEntries(all(".actions .note", (e) => Object.entries(numbers(e))[0])),
      countries: Object.fromEntries(all("[data-country]", (e) => [e.dataset.country, numbers(e)])),
      shown: all(".search .note", (e) => e.textContent)[0] ?? null,
      rows: all("tr[data-customer]", (e) => [e.dataset.customer, numbers(e)]),
    });
  }
  return found;
}"""

WRITERS = {
    "money": lambda value: money(value, "GBP"),
    "share": lambda value: percent(value).replace(" ", "\N{NO-BREAK SPACE}"),
    "count": "{:,.0f}".format,
    "ratio": "{:.1f}".format,
    "column": in_column,
    "day": lambda value: day(date(1970, 1, 1) + timedelta(value)),
}


# ── the same numbers by SQL ──


class Oracle:
    """What DuckDB finds in the tables, by queries of its own."""

    def __init__(self, folder: Path) -> None:
        self.sql = duckdb.connect().execute
        self.sql(f"""
            CREATE TABLE moves AS
            SELECT m.*, c.* EXCLUDE (customer_id), g.segment AS natural_group, CAST(ordered_at AS DATE) AS d,
                coalesce(m.customer_id, order_id) AS who
            FROM (SELECT *, true AS bought FROM '{folder}/tables/transactions.parquet'
                  UNION ALL SELECT *, false FROM '{folder}/tables/returns.parquet') m
            LEFT JOIN '{folder}/tables/customers.parquet' c ON c.customer_id = m.customer_id
            LEFT JOIN '{folder}/tables/segments.parquet' g ON g.customer_id = m.customer_id""")

    @staticmethod
    def where(state: dict, *, without: str = "", period: tuple[date, date] | None = None) -> tuple[str, list]:
        parts, values = ["true"], []
        for name, test in {
            "segment": "rfm_segment = ?", "group": "natural_group = ?",
            "country": "coalesce(country, 'Not known') = ?",
            "action": "split_part(action, ':', 1) = ?",
        }.items():  # fmt: skip
            if name in state and name != without:
                parts.append(test)
                values.append(state[name])
        if "flag" in state:
            parts.append(f"flag IS {'NOT' if state['flag'] == 'yes' else ''} NULL")
        if period:
            parts.append("d BETWEEN ? AND ?")
            values += period
        return " AND ".join(parts), values

    def sums(self, state: dict, period, *, by: str = "'all'", without: str = "") -> dict:
        where, values = self.where(state, without=without, period=period)
        rows = self.sql(
            f"""SELECT {by}, coalesce(sum(revenue) FILTER (bought), 0),
            coalesce(-sum(revenue) FILTER (NOT bought), 0), coalesce(sum(revenue), 0),
            count(DISTINCT order_id) FILTER (bought), count(DISTINCT who) FILTER (bought)
            FROM moves WHERE {where} GROUP BY 1""",
            values,
        ).fetchall()
        names = ("sales", "returned", "net", "orders", "customers")
        return {key: {n: float(v) for n, v in zip(names, found, strict=True)} for key, *found in rows}


def bounds(key: str) -> tuple[tuple[date, date] | None, tuple[date, date] | None]:
    """Return the days of a period and of the one it is held against."""
    if key == "all":
        return None, None
    if len(key) == 4:
        own = (date(int(key), 1, 1), date(int(key), 12, 31))
        return own, (date(2023, 1, 1), date(2023, 12, 31)) if key == "2024" else None
    return month(key), month(f"{int(key[:4]) - 1}{key[4:]}") if "2024-01" <= key <= "2025-01" else None


def month(key: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{key}-01")
    return first, (first + timedelta(31)).replace(day=1) - timedelta(1)


MONTHS = [f"{FIRST.year + n // 12}-{n % 12 + 1:02d}" for n in range((LAST.year - FIRST.year) * 12 + LAST.month)]
NOTHING = dict.fromkeys(("sales", "returned", "net", "orders", "customers"), 0.0)
TILES = {
    "Net sales": ("net", None), "Customers": ("customers", None), "Orders": ("orders", None),
    "Average order value": ("sales", "orders"), "Returned, of sales": ("returned", "sales"),
    "Spend per customer": ("net", "customers"), "Orders per customer": ("orders", "customers"),
}  # fmt: skip


def random_states(count: int, seed: int) -> list[dict]:
    rng = random.Random(seed)
    values = {
        "period": ["all", "2023", "2025", *MONTHS],
        "segment": list(dashboards.SEGMENTS),
        "group": ["Group A: one", "Group B: two"],
        "country": [name or "Not known" for name in dashboards.COUNTRIES],
        "flag": ["yes", "no"],
        "action": ["Keep", "Win back", "Review first"],
    }
    found = []
    while len(found) < count:
        state = {name: rng.choice(of) for name, of in values.items() if rng.random() < 0.35}
        state["view"] = rng.choice(["overview", "customers", "map"])
        if not found or found[-1] != state:
            found.append(state)
    return found


def in_address(state: dict) -> str:
    return "#" + urlencode(state)


def differences(tab, oracle: Oracle, states: list[dict]) -> list[str]:
    """Return what a dashboard shows and the tables do not say."""
    found = []
    for state, seen in zip(states, tab.evaluate(READ, [in_address(state) for state in states]), strict=True):
        expected = expected_of(oracle, state)
        for part, values in expected.items():
            shown = [[who, plain(of)] for who, of in seen[part]] if part == "rows" else plain(seen[part])
            if shown != values:
                found.append(f"{state}: {part} are {shown}, not {values}")
        found += [
            f"{state}: {value} is written {text}"
            for value, kind, text in numbers_in(seen)
            if not fits(value, kind, text)
        ]
    return found


def fits(value: float, kind: str, text: str) -> bool:
    written = WRITERS[kind](value)
    return text == written or text.startswith(f"{written} of ")  # a bar says of what


def numbers_in(seen) -> list:
    if isinstance(seen, list) and len(seen) == 3 and isinstance(seen[0], int | float):
        return [seen] if seen[1] else []
    return [
        n
        for part in (seen.values() if isinstance(seen, dict) else seen if isinstance(seen, list) else [])
        for n in numbers_in(part)
    ]


def plain(seen):
    """Return values without their kinds and texts."""
    if isinstance(seen, dict):
        return {name: plain(value) for name, value in seen.items()}
    return seen[0] if isinstance(seen, list) else seen


def expected_of(oracle: Oracle, state: dict) -> dict:
    """Return every number of a view."""
    key = state.get("period", "2024")
    period, before = bounds(key)
    now = oracle.sums(state, period).get("all", NOTHING)
    then = oracle.sums(state, before).get("all", NOTHING) if before else None
    label = {"all": "All of the data", "2024": "2024 against 2023"}.get(key, key)
    if len(key) == 7:
        names = [f"{date.fromisoformat(f'{k}-01'):%b %Y}" for k in (key, f"{int(key[:4]) - 1}{key[4:]}")]
        label = " against ".join(names if before else names[:1])
    people = f"{now['customers']:,.0f} customer{'' if now['customers'] == 1 else 's'}"
    told = {"told": f"{people} · {money(now['net'], 'GBP')} net sales · {label}"}
    return told | {"overview": of_overview, "customers": of_customers, "map": of_map}[state["view"]](
        oracle, state, now, then
    )


def of_overview(oracle: Oracle, state: dict, now: dict, then: dict | None) -> dict:
    key = state.get("period", "2024")
    period, _ = bounds(key)
    tiles = {}
    for label, (above, below) in TILES.items():
        value, old = ratio(now, above, below), ratio(then, above, below) if then else None
        if value is None or (label == "Returned, of sales" and not value and not old):
            continue
        tiles[label] = {"now": value} | ({"before": old} if old else {})
    drawn = [m for m in MONTHS if key == "all" or m[:4] == key[:4]]
    net = {k: v["net"] for k, v in oracle.sums(state, None, by="strftime(d, '%Y-%m')").items() if k}
    year_before = {m: f"{int(m[:4]) - 1}{m[4:]}" for m in drawn}
    months = {
        m: {"now": net.get(m, 0.0)} | ({"then": net.get(year_before[m], 0.0)} if year_before[m] in MONTHS else {})
        for m in drawn
    }
    sums = {k: v for k, v in oracle.sums(state, period, by="rfm_segment", without="segment").items() if k}
    people, amount = sum(v["customers"] for v in sums.values()), sum_exact(sums, "net")
    bars = {
        name: {f"{name} of customers": of["customers"] / people}
        | ({f"{name} of sales": of["net"] / amount} if amount > 0 else {})
        for name, of in sums.items()
        if people and (of["customers"] or (amount > 0 and of["net"]))
    }
    bars = bars if len(bars) > 1 else {}
    where, values = oracle.where(state, period=period)
    actions = oracle.sql(
        "SELECT split_part(action, ':', 1), count(DISTINCT who) FROM moves"
        f" WHERE {where} AND action IS NOT NULL GROUP BY 1",
        values,
    ).fetchall()
    return {
        "tiles": tiles,
        "months": months,
        "bars": bars,
        "actions": {f"action {k}": float(v) for k, v in actions},
    }


def sum_exact(sums: dict, name: str) -> float:
    return sum(round(100 * of[name]) for of in sums.values()) / 100


def ratio(sums: dict, above: str, below: str | None) -> float | None:
    return sums[above] / (sums[below] if below else 1) if not below or sums[below] else None


def of_customers(oracle: Oracle, state: dict, now: dict, then: dict | None) -> dict:
    period, _ = bounds(state.get("period", "2024"))
    where, values = oracle.where(state, period=period)
    rows = oracle.sql(
        f"""SELECT who, CAST(sum(revenue) AS DOUBLE), count(DISTINCT order_id) FILTER (bought)::DOUBLE FROM moves
        WHERE {where} AND rfm_segment IS NOT NULL GROUP BY who ORDER BY 2 DESC, who LIMIT 50""",
        values,
    ).fetchall()
    ((many, bought),) = oracle.sql(
        "SELECT count(DISTINCT who), count(DISTINCT who) FILTER (bought) FROM moves"
        f" WHERE {where} AND rfm_segment IS NOT NULL",
        values,
    ).fetchall()
    only_returned = f"; {many - bought} only returned" if many > bought else ""
    unnamed = round(now["customers"]) - bought
    only_returned += f"; {unnamed} order{'' if unnamed == 1 else 's'} without a customer" if unnamed else ""
    shown = f"{min(many, 50):,} of {many:,} customer{'' if many == 1 else 's'} shown{only_returned}"
    return {
        "rows": [[who, oracle.about[who] | {"net": net, "orders": orders}] for who, net, orders in rows],
        "shown": shown,
    }


def of_map(oracle: Oracle, state: dict, now: dict, then: dict | None) -> dict:
    period, _ = bounds(state.get("period", "2024"))
    sums = oracle.sums(state, period, by="coalesce(country, 'Not known')", without="country")
    total = sum_exact(sums, "net")
    return {
        "countries": {
            name: {n: of[n] for n in ("net", "customers", "orders")}
            | ({"share": of["net"] / total} if total > 0 else {})
            for name, of in sums.items()
        }
    }


@pytest.fixture(scope="module")
def oracle(report) -> Oracle:
    folder, _ = report
    found = Oracle(folder)
    lists = f"{folder}/downloads"
    rows = found.sql(f"""
        SELECT c.customer_id, date_diff('day', DATE '1970-01-01', c.last_order::DATE), probability, predicted
        FROM '{folder}/tables/customers.parquet' c
        LEFT JOIN read_csv('{lists}/09_purchase_prediction/purchase_probabilities.csv', all_varchar = true) p
            ON p.customer_id IN (c.customer_id, '''' || c.customer_id)
        LEFT JOIN read_csv('{lists}/07_regression/next_spend.csv', all_varchar = true) s
            ON s.customer_id IN (c.customer_id, '''' || c.customer_id)""").fetchall()
    found.about = {
        who: ({"last": float(last)} if last is not None else {})
        | ({"probability": round(float(p), 4)} if p else {})
        | ({"forecast": float(s)} if s else {})
        for who, last, p, s in rows
    }
    return found


def test_every_number_is_that_of_the_tables_whatever_is_filtered(browser, dashboard, oracle):
    tab = opened(browser, dashboard)
    assert differences(tab, oracle, random_states(STATES, seed=16)) == []
    tab.context.close()


def test_a_penny_too_much_is_found(browser, dashboard, report, oracle):
    """The test above can fail: so it does where the tables have another amount than the page."""
    oracle.sql(
        "UPDATE moves SET revenue = revenue + 0.01 WHERE line = (SELECT max(line) FROM moves WHERE d IS NOT NULL)"
    )
    tab = opened(browser, dashboard)
    assert differences(tab, oracle, [{"view": "overview", "period": "all"}])
    tab.context.close()
    oracle.sql(
        "UPDATE moves SET revenue = revenue - 0.01 WHERE line = (SELECT max(line) FROM moves WHERE d IS NOT NULL)"
    )


def test_many_customers_are_summed_by_segment_and_the_page_says_so(browser, tmp_path, monkeypatch):
    from helpers.build import dashboard_data

    monkeypatch.setattr(dashboard_data, "MOST_CUSTOMERS", 30)
    folder = tmp_path / "shop"
    state = dashboards.write_report(folder, dashboards.lines(60, 400, seed=9))
    write_dashboard(dashboards.study(), folder, state)
    text = (folder / "dashboard.html").read_text(encoding="utf-8")
    assert "summed by segment" in text
    oracle = Oracle(folder)
    tab = opened(browser, folder / "dashboard.html")
    assert tab.locator("#views a").all_inner_texts() == ["Overview", "Map"]
    states = [
        {"period": "all"},
        {"segment": "Loyal"},
        {"period": "2024-05", "country": "France"},
        {"country": "EIRE"},
    ]
    for state, seen in zip(states, tab.evaluate(READ, [in_address(s) for s in states]), strict=True):
        period, _ = bounds(state.get("period", "2024"))
        now = oracle.sums(state, period)["all"]
        assert plain(seen["tiles"])["Net sales"]["now"] == now["net"]
        assert plain(seen["tiles"])["Average order value"]["now"] == now["sales"] / now["orders"]
        if state == {"period": "all"}:
            (people,) = oracle.sql(
                "SELECT count(DISTINCT customer_id) FROM moves WHERE rfm_segment IS NOT NULL"
            ).fetchall()[0]
            assert plain(seen["tiles"])["Customers"]["now"] == people
        else:
            assert "Customers" not in seen["tiles"]
    tab.context.close()

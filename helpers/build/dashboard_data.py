"""What a dashboard is made of: customers with what chapters say of them, and their sales by month and country.

One table of sums carries every number: a row a customer, country and slice of time. Slices are calendar months,
cut where the periods of the front page begin and end, so that its figures are the dashboard's too. Sums are whole
numbers of the smallest unit that the amounts need: the browser adds them without error. Orders that are in more
than one row are listed apart, so that each counts once, whatever is filtered.
"""

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers.base.engine import DuckDBEngine
from helpers.base.places import locate, project
from helpers.base.vocabulary import label
from helpers.build.summary import MEASURES, Summary
from helpers.ledger.calendar import calendar_of, sales_days
from helpers.show.exports import harmless_cell
from helpers.study.series import BY_NAME, downloads_folder

MOST_CUSTOMERS = 100_000
"""Above it sales are kept by segment, not by customer: the page has to stay one that can be mailed."""
WHOLE_FROM = 3
"""Day of the month up to which a first sale may fall for the month to count as whole, as in chapter 10."""
OFFERS = 3
"""Products that a customer's card offers."""
TRAITS, TRAIT_VALUES = 6, 12
"""How many columns of customers stand in for segments at most, and how many words one has."""
OWN = ("customer_id", "country", "rfm_segment", "flag", "action", "product_id", "product_name", "order_id")
YEAR = 365
"""Days before the last ones at which a customer's earlier segment is looked up; else the most there are."""
KNOWN, RETURNING, UNNAMED, NOBODY = range(4)
"""Who a row of sums is of: a customer; one who only returned; an order without customer; a line without either."""
LISTS = {
    "movement.csv": "what_changed",
    "next_spend.csv": "regression",
    "purchase_probabilities.csv": "purchase_prediction",
}
"""Files with a row a customer that chapters make, and which does."""


class Data(NamedTuple):
    """What a page is filled with: what JSON says, and columns of numbers (missing as NaN) by name."""

    head: dict[str, Any]
    columns: dict[str, np.ndarray]


def collect(engine: DuckDBEngine, summary: Summary, *, by_segment: bool = False) -> Data | None:
    """Return what the dashboard of a study shows; None before chapter 02 has run.

    Args:
        engine: an engine, for this alone.
        summary: what the front page says of the study.
        by_segment: sum over the customers of a segment; so it is in any case above `MOST_CUSTOMERS`.
    """
    folder = summary.folder
    if not (folder / "tables/transactions.parquet").exists():
        return None
    book = _Book(engine, folder)
    head: dict[str, Any] = {
        "has": {name: name in book.names for name in ("revenue", "order_id", "customer_id", "country")}
    }
    slices = _slices(book, summary, head)
    book.place(slices)
    people = book.count_customers()
    if people > MOST_CUSTOMERS or by_segment:
        head["customersInAll"] = people
        book.group_by_segment()
    columns = book.sums(len(slices), head)
    _attributes(book, summary, head, columns)
    own = summary.study.parameters("rfm") if "rfm" in summary.chapters else {}
    head["segmentsBy"] = "net" if own.get("net_of_returns", True) else "sales"
    head["measures"] = [measure._asdict() for measure in MEASURES]
    return Data(head, columns)


class _Book:
    """The lines of a study as tables of the engine: `days`, then `facts`, then `entities`."""

    def __init__(self, engine: DuckDBEngine, folder: Path) -> None:
        self.engine, self.sql, self.folder = engine, engine.connection.execute, folder
        self.tables = folder / "tables"
        self.names = set(engine.scan(self.tables / "transactions.parquet").collect_schema().names())
        self.has_customers = (self.tables / "customers.parquet").exists()
        self.about = self._columns_of("customers")
        parts = [self._alike("transactions", back=False)]
        if (self.tables / "returns.parquet").exists():
            parts.append(self._alike("returns", back=True))
        self.sql(
            "CREATE TEMP TABLE days AS SELECT who, kind, country, day, order_id, sum(sales) AS sales,"
            f" sum(returned) AS returned, bool_or(bought) AS bought FROM ("
            f"{' UNION ALL '.join(parts)}) GROUP BY ALL"
        )

    def file(self, table: str) -> str:
        """Return a table as SQL names it."""
        return _quoted(self.tables / f"{table}.parquet")

    def fill(self, table: str, columns: str, rows: list[tuple]) -> None:
        """Make a small table of rows."""
        self.sql(f"CREATE TEMP TABLE {table} ({columns})")
        if rows:
            self.engine.connection.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows
            )

    def _columns_of(self, table: str) -> set[str]:
        path = self.tables / f"{table}.parquet"
        return set(self.engine.scan(path).collect_schema().names()) if path.exists() else set()

    def _alike(self, table: str, *, back: bool) -> str:
        """Return a query for lines of one kind; of returns the amounts are below zero, and no order counts."""
        there = self._columns_of(table)
        order = "order_id" if "order_id" in there else "NULL::VARCHAR"
        customer = "customer_id" if "customer_id" in there else "NULL::VARCHAR"
        amount = "revenue" if {"revenue"} <= there & self.names else "0::DECIMAL(18,4)"
        dated = {"ordered_at"} <= there & self.names
        kind = f"CASE WHEN {customer} IS NOT NULL THEN {KNOWN} WHEN {order} IS NOT NULL THEN {UNNAMED}"
        return (
            f"SELECT coalesce({customer}, {order}) AS who, {kind} ELSE {NOBODY} END AS kind,"
            f" {'country' if 'country' in there and 'country' in self.names else 'NULL::VARCHAR'} AS country,"
            f" {'CAST(ordered_at AS DATE)' if dated else 'NULL::DATE'} AS day,"
            f" {'NULL::VARCHAR' if back else order} AS order_id, {'0' if back else amount} AS sales,"
            f" {f'-{amount}' if back else '0'} AS returned, {not back} AS bought FROM {self.file(table)}"
        )

    def span(self) -> tuple[date | None, date | None]:
        """Return the first and the last day."""
        return self.sql("SELECT min(day), max(day) FROM days").fetchall()[0]

    def place(self, starts: list[date]) -> None:
        """Number the slices of time by their first days; what has no date comes behind them."""
        self.fill("slices", "slice INTEGER, start DATE", list(enumerate(starts)))
        self.sql(
            f"CREATE TEMP TABLE placed AS SELECT d.*, coalesce(s.slice, {len(starts)}) AS slice"
            " FROM days d ASOF LEFT JOIN slices s ON d.day >= s.start"
        )

    def count_customers(self) -> int:
        """Tell customers from those who are in no table of customers; return how many rows of sums have a name."""
        if self.has_customers:
            listed = f"(SELECT customer_id FROM {self.file('customers')})"
            self.sql(f"UPDATE placed SET kind = {RETURNING} WHERE kind = {KNOWN} AND who NOT IN {listed}")
        return self.sql("SELECT count(DISTINCT who) FROM placed").fetchall()[0][0]

    def group_by_segment(self) -> None:
        """Put segments in the place of customers."""
        source = "(SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS segment)"
        if "rfm_segment" in self.about:
            source = f"(SELECT customer_id AS id, rfm_segment AS segment FROM {self.file('customers')})"
        self.sql(f"CREATE TEMP TABLE members AS SELECT p.*, segment FROM placed p LEFT JOIN {source} ON who = id")
        self.sql("CREATE OR REPLACE TEMP TABLE placed AS SELECT * REPLACE (segment AS who) FROM members")

    def people(self) -> list[tuple]:
        """Return segment, country (None: all) and number of customers, where segments stand for customers."""
        same = "l.country IS NOT DISTINCT FROM m.country"
        return self.sql(
            f"SELECT segment, land, count(DISTINCT m.who) FROM members m JOIN lands l ON {same}"
            f" WHERE kind = {KNOWN} GROUP BY GROUPING SETS ((segment, land), (segment)) ORDER BY ALL"
        ).fetchall()

    def sums(self, undated: int, head: dict[str, Any]) -> dict[str, np.ndarray]:
        """Return the sums as columns, by entity, country and slice; name entities and countries in `head`."""
        self.sql(
            "CREATE TEMP TABLE entities AS SELECT row_number() OVER (ORDER BY kind, who) - 1 AS entity, *"
            " FROM (SELECT who, min(kind) AS kind FROM placed GROUP BY who)"
        )
        kinds = dict(self.sql("SELECT kind, count(*) FROM entities GROUP BY kind").fetchall())
        head["entities"] = [kinds.get(kind, 0) for kind in (KNOWN, RETURNING, UNNAMED, NOBODY)]
        listed = self.sql(f"SELECT who FROM entities WHERE kind = {KNOWN} ORDER BY entity").fetchall()
        head["ids"] = [who for (who,) in listed]
        countries = self.sql(
            "SELECT country FROM placed GROUP BY country ORDER BY sum(sales - returned) DESC, country"
        ).fetchall()
        head["countries"] = [name for (name,) in countries]
        self.fill("lands", "land INTEGER, country VARCHAR", list(enumerate(head["countries"])))
        same = "IS NOT DISTINCT FROM"
        found = self.sql(
            "WITH orders AS (SELECT who, country, slice, count(DISTINCT order_id) AS orders FROM placed"
            " GROUP BY ALL),"
            " facts AS (SELECT who, country, slice, sum(sales) AS sales, sum(returned) AS returned,"
            " bool_or(bought) AS bought FROM placed GROUP BY ALL)"
            " SELECT entity, land, f.slice, CAST(sales * 10000 AS DOUBLE) AS sales,"
            " CAST(returned * 10000 AS DOUBLE) AS returned, coalesce(orders, 0)::DOUBLE AS orders,"
            f" bought::INT AS bought"
            f" FROM facts f JOIN entities e ON e.who {same} f.who JOIN lands l ON l.country {same} f.country"
            f" LEFT JOIN orders o ON o.who {same} f.who AND o.country {same} f.country AND o.slice = f.slice"
            " ORDER BY entity, land, f.slice"
        ).fetchnumpy()
        again = self.sql(
            "WITH rows AS (SELECT DISTINCT order_id, who, country, slice FROM placed WHERE order_id IS NOT NULL)"
            ' SELECT dense_rank() OVER (ORDER BY order_id) - 1 AS "againOrder", entity AS "againEntity",'
            ' land AS "againLand", slice AS "againSlice"'
            " FROM (FROM rows QUALIFY count(*) OVER (PARTITION BY order_id) > 1) r"
            f" JOIN entities e ON e.who {same} r.who JOIN lands l ON l.country {same} r.country"
            " ORDER BY 1, 2, 3, 4"
        ).fetchnumpy()
        columns = {name: np.ma.getdata(values).astype(float) for name, values in {**found, **again}.items()}
        head["slices"] = undated + bool((columns["slice"] == undated).any())
        unit = next(u for u in (10_000, 100, 1) if not any((columns[n] % u).any() for n in ("sales", "returned")))
        head["unit"] = 10_000 // unit
        return columns | {name: columns[name] / unit for name in ("sales", "returned")}


def _slices(book: _Book, summary: Summary, head: dict[str, Any]) -> list[date]:
    """Return the first day of each slice; say in `head` which months and periods they make."""
    first, last = book.span()
    whole = {"key": "all", "label": "All of the data", "range": [0, None], "before": None, "against": ""}
    head |= {"months": [], "periods": [whole], "period": "all"}
    if first is None:
        return []
    months = [date(n // 12, n % 12 + 1, 1) for n in range(_ordinal(first), _ordinal(last) + 2)]
    periods = summary.periods if summary.compared() else {}
    ends = {
        which: (date.fromisoformat(of["first"]), date.fromisoformat(of["last"]) + timedelta(1))
        for which, of in periods.items()
    }
    cuts = {day for pair in ends.values() for day in pair if months[0] < day <= last}
    starts = sorted({*months[:-1], *cuts})
    at = {day: place for place, day in enumerate([*starts, months[-1]])}
    calendar = calendar_of(sales_days(book.engine.scan(book.tables / "transactions.parquet")))
    for begin, end in pairwise(months):
        partial = (begin == months[0] and first.day > WHOLE_FROM) or (
            end == months[-1] and not (calendar and calendar.last_month_complete)
        )
        head["months"].append(
            {
                "key": f"{begin:%Y-%m}",
                "name": f"{begin:%b %Y}",
                "range": [at[begin], at[end]],
                "whole": not partial,
            }
        )
    years = [_year(head["months"], months, year) for year in range(first.year, last.year + 1)]
    if ends:
        later, earlier = ([at.get(day, at[max(starts)]) for day in ends[which]] for which in ("after", "before"))
        later[1] = at.get(ends["after"][1], len(starts))
        name = periods["after"]["name"]
        key = name if name.isdigit() else "latest"
        latest = {
            "key": key,
            "label": name,
            "range": later,
            "before": earlier,
            "against": periods["before"]["name"],
        }
        years = [year for year in years if year["key"] != key]
        head["period"], head["periods"] = key, [latest, whole]
    head["periods"] += years[::-1]
    return starts


def _year(named: list[dict[str, Any]], months: list[date], year: int) -> dict[str, Any]:
    """Return a calendar year as a period, compared with the one before where both are whole."""
    own, before = ([m for m, day in zip(named, months, strict=False) if day.year == y] for y in (year, year - 1))
    compared = all(len(of) == 12 and all(month["whole"] for month in of) for of in (own, before))
    return {
        "key": str(year),
        "label": str(year),
        "range": [own[0]["range"][0], own[-1]["range"][1]],
        "before": [before[0]["range"][0], before[-1]["range"][1]] if compared else None,
        "against": str(year - 1) if compared else "",
    }


def _ordinal(day: date) -> int:
    return day.year * 12 + day.month - 1


def _attributes(book: _Book, summary: Summary, head: dict[str, Any], columns: dict[str, np.ndarray]) -> None:
    """Add what is known of customers: to `head` the words, to `columns` which of them, and numbers."""
    head |= {"words": {}, "card": {}, "people": [], "traits": {}}
    if "customersInAll" in head:
        known = head["words"]["segment"] = [who for who in head["ids"] if who is not None]
        columns["segment"] = np.array([np.nan if who is None else known.index(who) for who in head["ids"]])
        head["people"] = book.people()
        return
    if not book.has_customers:
        return
    people = _People(book, summary, head, columns)
    for name, column in {"segment": "rfm_segment", "flag": "flag", "action": "action"}.items():
        if column in book.about:
            people.words(name, f'c."{column}"', book.file("customers"))
    for name in ("first_order", "last_order"):
        if name in book.about:
            people.numbers(name, f"date_diff('day', DATE '1970-01-01', c.{name}::DATE)", book.file("customers"))
    if (book.tables / "segments.parquet").exists() and summary.found["clustering"].get("structure"):
        people.words("group", "c.segment", book.file("segments"))
    if "rfm_segment" not in book.about:
        people.traits(list(summary.study.values.features))
    for name, chapter in LISTS.items():
        people.take(name, chapter)
    people.offers()


class _People:
    """Adds columns of customers, in the order of their ids: words as which of the words, numbers as they are."""

    def __init__(
        self, book: _Book, summary: Summary, head: dict[str, Any], columns: dict[str, np.ndarray]
    ) -> None:
        self.book, self.summary, self.head, self.columns = book, summary, head, columns

    def _values(self, expression: str, table: str) -> np.ndarray:
        rows = f"entities e LEFT JOIN {table} c ON c.customer_id = e.who WHERE e.kind = {KNOWN} ORDER BY e.entity"
        return self.book.sql(f"SELECT {expression} AS value FROM {rows}").fetchnumpy()["value"]

    def words(self, name: str, expression: str, table: str) -> None:
        """Add a column of texts; nothing where all are missing."""
        found = self._values(f"CAST({expression} AS VARCHAR)", table)
        missing = np.ma.getmaskarray(found)
        known, which = np.unique(np.ma.getdata(found)[~missing].astype(str), return_inverse=True)
        if len(known):
            self.head["words"][name] = known.tolist()
            self.columns[name] = np.full(len(found), np.nan)
            self.columns[name][~missing] = which

    def numbers(self, name: str, expression: str, table: str) -> None:
        """Add a column of numbers; nothing where all are missing."""
        found = np.ma.filled(self._values(f"CAST({expression} AS DOUBLE)", table).astype(float), np.nan)
        if not np.isnan(found).all():
            self.columns[name] = found

    def traits(self, first: list[str]) -> None:
        """Add columns of few words, those named first of all: they stand in for segments where there are none."""
        table = self.book.file("customers")
        texts = [n for n, kind, *_ in self.book.sql(f"DESCRIBE FROM {table}").fetchall() if kind == "VARCHAR"]
        named = [*(n for n in first if n in texts), *(n for n in texts if n not in first)]
        for name in [n for n in named if n not in OWN]:
            column = '"' + name.replace('"', '""') + '"'
            counted = f"SELECT count(DISTINCT {column}) FROM {table}"
            if len(self.head["traits"]) < TRAITS and 1 < self.book.sql(counted).fetchall()[0][0] <= TRAIT_VALUES:
                self.words(f"trait_{name}", f"c.{column}", table)
                self.head["traits"][f"trait_{name}"] = label(name)

    def take(self, name: str, chapter: str) -> None:
        """Add what a chapter's list has of each customer, where its last run made one.

        In a list what a spreadsheet would take for a formula has an apostrophe before it: ids are written so, too.
        """
        made = self.summary.state.get("chapters", {}).get(chapter, {}).get("downloads", [])
        path = self.summary.folder / downloads_folder(BY_NAME[chapter]) / name
        if name not in [download["name"] for download in made] or not path.exists():
            return
        lines = f"read_csv({_quoted(path)}, all_varchar = true, header = true)"
        has = {column[0] for column in self.book.sql(f"DESCRIBE FROM {lines}").fetchall()}
        names = [(harmless_cell(who), who) for who in self.head["ids"] if harmless_cell(who) != who]
        self.book.fill(f"names_{chapter}", "written VARCHAR, who VARCHAR", names)
        table = (
            f"(SELECT r.* REPLACE (coalesce(n.who, r.customer_id) AS customer_id) FROM {lines} r"
            f" LEFT JOIN names_{chapter} n ON n.written = r.customer_id)"
        )
        card, found = self.head["card"], self.summary.found[chapter]
        if looked := sorted(int(c.split("_")[1]) for c in has if re.fullmatch(r"segment_\d+_days_before", c)):
            days = YEAR if YEAR in looked else looked[-1]
            self.words("earlier", f"c.segment_{days}_days_before", table)
            card["earlier"] = "a year ago" if days == YEAR else f"{days} days ago"
        for column in ("predicted", "low", "high", "probability", "probability_rank"):
            if column in has:
                self.numbers(column, f"c.{column}", table)
        if "contact" in has:
            self.words("contact", "c.contact", table)
        card[f"{chapter}_days"] = found.get("horizon_days")
        card["level"] = found.get("coverage_nominal", card.get("level"))

    def offers(self) -> None:
        """Add the first products that chapter 08 would offer to each customer, by name, with the reason."""
        if not (self.book.tables / "recommendations.parquet").exists():
            return
        named = "(SELECT NULL::VARCHAR AS product_id, NULL::VARCHAR AS product_name)"
        if {"product_id", "product_name"} <= self.book.names:  # the most frequent name of a code
            named = (
                f"(SELECT product_id, product_name FROM {self.book.file('transactions')} GROUP BY 1, 2 QUALIFY"
                " row_number() OVER (PARTITION BY product_id ORDER BY count(*) DESC, product_name) = 1)"
            )
        self.book.sql(
            "CREATE TEMP TABLE offers AS SELECT r.customer_id, r.rank, coalesce(n.product_name, r.product_id) AS"
            f" offer, r.reason FROM {self.book.file('recommendations')} r LEFT JOIN {named} n"
            f" ON n.product_id = r.product_id WHERE r.rank <= {OFFERS}"
        )
        for place in range(1, OFFERS + 1):
            for name in ("offer", "reason"):
                self.words(f"{name}{place}", f"c.{name}", f"(FROM offers WHERE rank = {place})")


def places(names: list[str | None]) -> dict[str, Any]:
    """Return the code and the point on the map of each country that can be placed, by its name."""
    known = [name for name in names if name is not None]
    found = locate(known)
    x, y = project(found["longitude"], found["latitude"])
    rows = zip(known, found["code"], x, y, strict=True)
    return {name: [code, round(east, 1), round(north, 1)] for name, code, east, north in rows if code is not None}


def _quoted(path: Path) -> str:
    """Return a path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"

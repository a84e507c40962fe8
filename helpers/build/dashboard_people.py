"""What a dashboard says of each customer: words and numbers that chapters left in tables and lists."""

import re
from typing import Any

import numpy as np

from helpers.base.places import locate, project
from helpers.base.vocabulary import label
from helpers.build.dashboard_book import Book
from helpers.build.summary import Summary
from helpers.show.exports import harmless_cell
from helpers.study.series import BY_NAME, downloads_folder

OFFERS = 3
"""Products that a customer's card offers."""
TRAITS, TRAIT_VALUES = 6, 12
"""How many columns of customers stand in for segments at most, and how many words one has."""
OWN = ("customer_id", "country", "rfm_segment", "flag", "action", "product_id", "product_name", "order_id")
YEAR = 365
"""Days before the last ones at which a customer's earlier segment is looked up; else the most there are."""
LISTS = {
    "movement.csv": "what_changed",
    "next_spend.csv": "regression",
    "purchase_probabilities.csv": "purchase_prediction",
}
"""Files with a row a customer that chapters make, and which does."""


def describe(book: Book, summary: Summary, head: dict[str, Any], columns: dict[str, np.ndarray]) -> None:
    """Add what is known of customers: to `head` the words, to `columns` which of them, and numbers."""
    head |= {"words": {}, "card": {}, "people": [], "traits": {}}
    if head["together"]:
        known = head["words"]["segment"] = [who for who in head["ids"] if who is not None]
        columns["segment"] = np.array([np.nan if who is None else known.index(who) for who in head["ids"]])
        head["people"] = book.people()
        return
    if not book.has_customers:
        return
    people = People(book, summary, head, columns)
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


class People:
    """Adds columns of customers, in the order of their ids: words as which of the words, numbers as they are."""

    def __init__(self, book: Book, summary: Summary, head: dict[str, Any], columns: dict[str, np.ndarray]) -> None:
        self.book, self.summary, self.head, self.columns = book, summary, head, columns

    def words(self, name: str, expression: str, table: str) -> None:
        """Add a column of texts; nothing where all are missing."""
        found = self.book.of_customers(f"CAST({expression} AS VARCHAR)", table)
        missing = np.ma.getmaskarray(found)
        known, which = np.unique(np.ma.getdata(found)[~missing].astype(str), return_inverse=True)
        if len(known):
            self.head["words"][name] = known.tolist()
            self.columns[name] = np.full(len(found), np.nan)
            self.columns[name][~missing] = which

    def numbers(self, name: str, expression: str, table: str) -> None:
        """Add a column of numbers; nothing where all are missing."""
        found = np.ma.filled(self.book.of_customers(f"CAST({expression} AS DOUBLE)", table).astype(float), np.nan)
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
        lines = self.book.csv(path)
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
        card["withheld"] = found.get("ranges_withheld_because", card.get("withheld"))

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

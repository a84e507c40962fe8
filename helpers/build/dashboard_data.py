"""What a dashboard is made of: customers with what chapters say of them, and their sales by month and country.

One table of sums carries every number: a row a customer, country and slice of time. Slices are calendar months,
cut where the periods of the front page begin and end, so that its figures are the dashboard's too. Sums are whole
numbers of the smallest unit that the amounts need: the browser adds them without error. Orders that are in more
than one row are listed apart, so that each counts once, whatever is filtered.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from helpers.base.engine import DuckDBEngine
from helpers.build.dashboard_book import Book
from helpers.build.dashboard_people import describe
from helpers.build.key_figures import MEASURES
from helpers.build.summary import Summary
from helpers.ledger.calendar import calendar_of, sales_days

MOST_CUSTOMERS = 100_000
"""Above it sales are kept by segment, not by customer: the page has to stay one that can be mailed."""
WHOLE_FROM = 3
"""Day of the month up to which a first sale may fall for the month to count as whole, as in chapter 10."""


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
    book = Book(engine, folder)
    head: dict[str, Any] = {
        "has": {name: name in book.names for name in ("revenue", "order_id", "customer_id", "country")}
    }
    slices = _slices(book, summary, head)
    book.place(slices)
    head["together"] = book.count_customers() > MOST_CUSTOMERS or by_segment
    if head["together"]:
        book.group_by_segment()
    columns = book.sums(len(slices), head)
    describe(book, summary, head, columns)
    own = summary.study.parameters("rfm") if "rfm" in summary.chapters else {}
    head["segmentsBy"] = "net" if own.get("net_of_returns", True) else "sales"
    head["measures"] = [measure._asdict() for measure in MEASURES]
    return Data(head, columns)


def _slices(book: Book, summary: Summary, head: dict[str, Any]) -> list[date]:
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
            "short": periods["before"]["name"] if name.isdigit() else "before",
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

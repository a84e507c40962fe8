"""What kind of table is this? Asked before anything else, because the same header means another thing in each.

`Total` is the amount of an order in a table of orders, and all that a customer ever spent in a table of customers.
What a row stands for shows in what repeats: an order number on several rows, a customer on several rows, neither.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from helpers.new_study.content import ALL, NEARLY_ALL, Content
from helpers.new_study.header_words import concepts_of, readings_of

LINES, ORDERS, CUSTOMERS, ROWS = "order lines", "orders", "customers", "rows of their own"
LEDGERS = (LINES, ORDERS)
MEASURED = ("quantity", "unit_price", "revenue")
"""Kinds of which a row is something that happened, and not somebody."""


class Kind(NamedTuple):
    """What a row of a table stands for, the evidence, and the column that says who it is about."""

    name: str
    why: str
    who: str | None
    """The header of the customers' ids; None where nothing tells rows apart but their number."""

    @property
    def is_ledger(self) -> bool:
        """Whether a row is something that happened: a line of an order, or an order."""
        return self.name in LEDGERS

    @property
    def in_words(self) -> str:
        """What a row is, in the singular."""
        return {
            LINES: "a line of an order",
            ORDERS: "an order",
            CUSTOMERS: "a customer",
            ROWS: "somebody or something of its own, such as a session or an answer",
        }[self.name]


def kind_of(sample: pd.DataFrame, contents: Mapping[str, Content]) -> Kind:
    """Return what a row of a table stands for.

    Args:
        sample: the first lines as trimmed texts, None where there is no value.
        contents: what stands in each column.
    """
    customer = _best("customer_id", contents) or _mailed(contents)
    order = _best("order_id", contents)
    dated = _best("ordered_at", contents)
    repeats = {name: header is not None and not _all_different(contents[header]) for name, header in (
        ("customer", customer), ("order", order))}  # fmt: skip
    sold, paid = _sold(contents), _best("revenue", contents)
    if order and repeats["order"] and (dated or customer or paid or sold or _best("product_id", contents)):
        return Kind(LINES, f"{order} is the same on several rows", customer)
    if customer and repeats["customer"]:
        name = ORDERS if order or not _best("product_id", contents) else LINES
        return Kind(name, f"{customer} comes back on other rows", customer)
    if order and dated:
        return Kind(ORDERS, f"each row has its own {order} and a date in {dated}", customer)
    if customer:
        return Kind(CUSTOMERS, f"no two rows have the same {customer}", customer)
    if dated and (paid or _best("product_id", contents) or _best("product_name", contents)):
        return Kind(ORDERS, f"rows have a date in {dated} and no customer", None)
    if sold:  # before the numbers of rows: a list of sales numbers its lines, too
        return Kind(ORDERS if order else LINES, f"rows have {sold}, and no customer", None)
    if key := _key(sample, contents):
        return Kind(CUSTOMERS, f"no two rows have the same {key}", key)
    return Kind(ROWS, "no column says whom or which order a row belongs to", None)


def _best(name: str, contents: Mapping[str, Content]) -> str | None:
    """Return the header that says most clearly that it is a column; None where none says so plainly."""
    found = [
        (-reading.clarity, place, header)
        for place, (header, content) in enumerate(contents.items())
        for reading in readings_of(header)
        if reading.name == name and reading.clarity > 1 and _could_be(name, content)
    ]
    return min(found)[2] if found else None


def _could_be(name: str, content: Content) -> bool:
    if name == "ordered_at":
        return content.dates >= NEARLY_ALL
    if name in MEASURED:
        return content.numbers >= NEARLY_ALL
    dates = content.dates >= NEARLY_ALL and content.numbers < NEARLY_ALL
    return not dates and content.numbers - content.whole <= 1 - NEARLY_ALL and content.distinct > 2


def _sold(contents: Mapping[str, Content]) -> str:
    """Return what says that a row is something sold: two of a product, a quantity, a price and an amount.

    Where a row also has an age, a gender or an income, it is somebody.
    """
    if any(concepts_of(header) & {"age", "gender", "income"} for header in contents):
        return ""
    telling = {header: content for header, content in contents.items() if content.distinct > 1}
    found = {name: _best(name, telling) for name in ("product_id", "product_name", *MEASURED)}
    found["product_id"] = found["product_id"] or found.pop("product_name")
    said = list(dict.fromkeys(filter(None, map(found.get, ("product_id", *MEASURED)))))
    return " and ".join(said[:2]) if len(said) > 1 else ""


def _mailed(contents: Mapping[str, Content]) -> str | None:
    """Return the only column of e-mail addresses: where nothing else says who, they tell people apart."""
    found = [
        header for header, content in contents.items() if content.mails >= NEARLY_ALL and content.distinct > 2
    ]
    return found[0] if len(found) == 1 else None


def _all_different(content: Content) -> bool:
    """Return whether a column tells all of its rows apart, but for a mishap here or there."""
    return content.distinct >= ALL * content.filled


def _key(sample: pd.DataFrame, contents: Mapping[str, Content]) -> str | None:
    """Return a column that numbers the rows and says so: `ID`, `id_client`, `Respondent No`."""
    for header, content in contents.items():
        full = content.filled == len(sample) > 0 and content.distinct == content.filled
        if full and "id" in concepts_of(header) and content.numbers - content.whole <= 1 - NEARLY_ALL:
            return header
    return None

"""Why is this row on the list, in words, and what should somebody check?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers.base.text import exact_money, money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.anomaly import context as lines
from helpers.chapters.anomaly.detectors import Level
from helpers.chapters.anomaly.levels import (
    BACK,
    DAY_ORDERS,
    ORDER_AMOUNT,
    ORDER_LINES,
    ORDER_RATIO,
    ORDER_SIZE,
    ORDER_UNITS,
    PRICE_RATIO,
)

MOST = 4
"""Reasons given for a row."""
NOTABLE, TELLING = 2.0, 1.0
"""Spreads from usual below which a feature is no reason; for the furthest one less is enough."""
LEAST = dict.fromkeys((lines.AMOUNT, lines.PRICE, lines.QUANTITY, PRICE_RATIO, ORDER_RATIO), np.log1p(lines.OFF))
LEAST |= dict.fromkeys((lines.RETURNS, BACK), lines.PART)
LEAST |= dict.fromkeys((lines.DATE, lines.TWICE, lines.ORDERS, DAY_ORDERS), np.log(2))
"""What a value has to be by itself to be a reason, however alike the others are: 1.0 times the usual is none."""
SENT_BACK = "large_orders_sent_back"
"""A main reason that two facts make together."""
AS_USUAL = "no single value is far from usual; the combination is rare"

CREDIT = "credit or invoice the difference."
CHECKS = {
    lines.AMOUNT: f"Compare the amount with the order confirmation; {CREDIT}",
    lines.PRICE: f"Compare the price with the price list: is the point in the wrong place? {CREDIT.capitalize()}",
    lines.QUANTITY: f"Compare the quantity with the order confirmation and the delivery note; {CREDIT}",
    lines.DATE: "Compare the date with the order confirmation and the delivery note: is it the right month?",
    lines.TWICE: "Look at the customer's orders of those days together; credit what was delivered once only.",
    lines.ORDERS: "Look at that day's orders together: one order entered twice, or somebody testing stolen cards.",
    lines.RETURNS: "Read the reasons for the returns before the next order on account.",
    PRICE_RATIO: f"Look up the lines whose price is off; {CREDIT}",
    ORDER_RATIO: "Look at the largest order: a resale, a mistake, or an account in other hands.",
    ORDER_SIZE: "A large account: if nothing else is unusual, check its credit limit and clear it.",
    DAY_ORDERS: "Look at the busiest day's orders together: duplicates, split orders, or stolen cards tested.",
    BACK: "Read the reasons for the returns before the next order on account.",
    SENT_BACK: "Stop deliveries on account; check payments, addresses and returns: fraud can look like this.",
    ORDER_AMOUNT: f"Compare the order with its confirmation, line by line; {CREDIT}",
    ORDER_UNITS: f"Compare the quantities with the order confirmation and the delivery note; {CREDIT}",
    ORDER_LINES: "Is this one order, or several under one number?",
}
"""What to check, by the main reason."""
OTHERWISE = "Compare the row with its source; correct it there if it is wrong."


def reasons(level: Level, known: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return why rows are flagged and what to check: `why, check, reason` (the main one).

    The main reason is the feature furthest from usual, or SENT_BACK. Features of the score come first, then those
    that only explain. `known` are the rows of the list in its order, with the values that the texts quote where
    it has them.
    """
    usual, besides = level.X.median().to_dict(), [name for name in level.X if name not in level.scored]
    rows = []
    listed = (frame.loc[level.order].to_dict("records") for frame in (level.X, level.z))
    for values, away, row in zip(*listed, known.to_dict("records"), strict=True):
        scored, others = (sorted(names, key=away.get, reverse=True) for names in (level.scored, besides))
        telling = [name for turn, name in enumerate(scored) if away[name] >= (NOTABLE if turn else TELLING)]
        telling = [*telling, *(name for name in others if away[name] >= NOTABLE)]
        telling = [name for name in telling if abs(values[name]) >= LEAST.get(name, 0)]
        told = row | {"size_in": level.size_in}
        why = "; ".join(_in_words(name, values[name], usual[name], told, currency) for name in telling[:MOST])
        first = SENT_BACK if {BACK, ORDER_SIZE} <= set(telling) else telling[0] if telling else ""
        why = why or AS_USUAL
        rows.append({"why": why[0].upper() + why[1:], "check": CHECKS.get(first, OTHERWISE), "reason": first})
    return pd.DataFrame(rows, columns=["why", "check", "reason"])


def _in_words(name: str, value: float, usual: float, row: dict[str, Any], currency: str) -> str:
    """Return one reason."""
    if name in WORDS:
        return WORDS[name](value, row | {"typical": usual}, currency)
    side = "above" if value > usual else "below"
    return f"{label(name).lower()} {number(float(value))}, {side} the usual {number(float(usual))}"


def times(log_ratio: float) -> str:
    """Return a ratio as people say it: 100 times, or a fiftieth as 1/50 of."""
    ratio = float(np.exp(abs(log_ratio)))
    if log_ratio < 0:
        return f"1/{ratio:,.0f} of" if ratio >= 10 else f"{1 / ratio:.2f} times"
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _amount(value: float, row: dict[str, Any], currency: str) -> str:
    amount = abs(row["revenue"])
    whose = next((f"{owner}'s " for owner in _owners(row)), "")
    usual = exact_money(amount / np.exp(value), currency)
    return f"amount {exact_money(amount, currency)}, {times(value)} the {whose}usual {usual}"


def _owners(row: dict[str, Any]) -> list[str]:
    """Return whose usual a line is set against: the first for its amount, all of them for its quantity."""
    product = ["product"] if {"product_id", "product_name"} & row.keys() else []
    return ["customer", *product] if "customer_id" in row else product


def _price(value: float, row: dict[str, Any], currency: str) -> str:
    price = row["unit_price"]
    if abs(price) < lines.PENNY:
        return f"price {exact_money(price, currency)}, where the product has its price otherwise"
    usual = exact_money(max(abs(price), lines.PENNY) / np.exp(value), currency)
    return f"price {exact_money(price, currency)}, {times(value)} the product's usual {usual}"


def _quantity(value: float, row: dict[str, Any], currency: str) -> str:
    quantity = max(abs(row["quantity"]), lines.CRUMB)
    usual = quantity / np.exp(value)
    usual = number(round(usual) if quantity == round(quantity) and usual >= 0.5 else round(usual, 1))
    whom = f"for this {' and '.join(reversed(owners))}" if (owners := _owners(row)) else "of all lines"
    return f"quantity {number(row['quantity'])}, where {usual} is usual {whom}"


def _order_size(value: float, row: dict[str, Any], currency: str) -> str:
    size, typical = (float(np.exp(log)) for log in (value, row["typical"]))
    if row["size_in"] == "revenue":
        return f"{money(size, currency)} per order on average (typical customer: {money(typical, currency)})"
    what = "units" if row["size_in"] == "quantity" else "lines"
    size, typical = (number(round(each, 1)) for each in (size, typical))
    return f"{size} {what} per order on average (typical customer: {typical})"


WORDS: dict[str, Callable[[float, dict[str, Any], str], str]] = {
    lines.AMOUNT: _amount,
    lines.PRICE: _price,
    lines.QUANTITY: _quantity,
    lines.DATE: lambda v, _, __: f"dated {round(np.exp(v))} days off the orders numbered next to it",
    lines.TWICE: lambda _, __, ___: "as much of this product was the customer's a day before at most",
    lines.ORDERS: lambda v, _, __: f"one of {round(np.exp(v))} orders of the customer on that day",
    lines.RETURNS: lambda v, _, __: f"the customer brought back {percent(v, 0)} of all units",
    PRICE_RATIO: lambda v, _, __: f"a price off its product's usual one by a factor of {np.exp(v):,.1f}",
    ORDER_RATIO: lambda v, _, __: f"largest order {times(v)} the usual one",
    ORDER_SIZE: _order_size,
    DAY_ORDERS: lambda v, _, __: f"{round(np.exp(v))} orders on one day",
    BACK: lambda v, _, __: f"brought back {percent(v, 0)} of all units",
    ORDER_AMOUNT: lambda v, _, c: f"an order of {money(float(np.exp(v)), c)}",
    ORDER_UNITS: lambda v, _, __: f"{number(round(float(np.exp(v)), 1))} units in one order",
    ORDER_LINES: lambda v, _, __: f"{round(np.exp(v))} lines in one order",
}
"""How a feature is told; the value is in the feature's own unit, the row has the ledger's values."""


class Term(NamedTuple):
    """A feature in words."""

    axis: str
    meaning: str
    log: bool = True
    """Whether the feature is a logarithm, which charts and tables turn back."""


TERMS = {
    lines.AMOUNT: Term(
        "Amount, times usual", "amount of the line over the usual one of the customer (if unknown, of the product)"
    ),
    lines.PRICE: Term("Price, times usual", "unit price over the product's usual price"),
    lines.QUANTITY: Term(
        "Quantity, times usual", "quantity over what is usual for this product and, where known, this customer"
    ),
    lines.DATE: Term("Days out of sequence", "days before or after the orders with the numbers next to its own"),
    lines.TWICE: Term("Times entered", "2 where a large line is the customer's once more within a day"),
    lines.ORDERS: Term("Orders on that day", "orders that the customer placed on the day of the line"),
    lines.RETURNS: Term("Share returned", "units the customer brought back over units bought", log=False),
    PRICE_RATIO: Term("Largest price ratio", "furthest a price paid was from the product's usual one"),
    SENT_BACK: Term("Large orders, much of it sent back", "two facts together"),
    ORDER_RATIO: Term("Largest order, times usual", "largest order over the customer's usual one"),
    ORDER_SIZE: Term("Average order", "mean amount of an order (units or lines, where amounts are unknown)"),
    DAY_ORDERS: Term("Most orders in a day", "orders on the customer's busiest day"),
    BACK: Term("Share returned", "units brought back over units bought", log=False),
    ORDER_AMOUNT: Term("Amount of the order", "sum of the amounts of its lines"),
    ORDER_UNITS: Term("Units in the order", "sum of the quantities of its lines"),
    ORDER_LINES: Term("Lines in the order", "number of its lines"),
}


def axis_of(name: str) -> str:
    """Return what an axis or heading calls a feature."""
    return TERMS[name].axis if name in TERMS else label(name)


def is_log(name: str) -> bool:
    """Return whether a feature is a logarithm."""
    return name in TERMS and TERMS[name].log


def own_unit(values: pd.Series) -> pd.Series:
    """Return a feature in the unit people read: ratios and amounts instead of their logarithms."""
    return np.exp(values) if is_log(values.name) else values


def feature_table(features: pd.DataFrame) -> pd.DataFrame:
    """Return what is usual, a row a feature, as texts: its median, what 1 row in 100 exceeds, and the largest."""
    rows = []
    for name in features:
        write = percent if name in (lines.RETURNS, BACK) else lambda value: number(float(round(value, 2)))
        low, high, most = own_unit(features[name].quantile([0.5, 0.99, 1]))
        meaning = TERMS[name].meaning if name in TERMS else "a column of the customers"
        row = {"feature": axis_of(name), "meaning": meaning, "median": write(low)}
        rows.append(row | {"1_in_100_exceeds": write(high), "largest": write(most)})
    return pd.DataFrame(rows)

"""Why is this row on the list, in words, and what should somebody check? Plus the lists themselves."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers.base.text import money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.anomaly import context as lines
from helpers.chapters.anomaly.context import BACK, DAY_ORDERS, ORDER_RATIO, ORDER_SIZE, PRICE_RATIO
from helpers.chapters.anomaly.detectors import Space

MOST = 3
"""Reasons given for a row."""
NOTABLE, TELLING = 2.0, 1.0
"""Spreads from usual below which a feature is no reason; for the furthest one less is enough."""
AS_USUAL = "no single value is far from usual; the combination is rare"

CHECKS = {
    lines.AMOUNT: "Is the amount what the customer ordered? Ask before it is shipped.",
    lines.PRICE: "Compare the price with the price list: a point in the wrong place, or another product's price.",
    lines.QUANTITY: "Confirm the quantity with the customer before it is shipped.",
    lines.ORDERS: "Look at that day's orders together: one order entered twice, or somebody trying cards.",
    lines.RETURNS: "Read the reasons for the returns before the next delivery on account.",
    PRICE_RATIO: "Look up the line whose price is off, and correct or credit it.",
    ORDER_RATIO: "Confirm the largest order: a resale, a mistake, or an account in other hands.",
    ORDER_SIZE: "A large account: does it have the terms, the limit and the attention of one?",
    DAY_ORDERS: "Look at the busiest day's orders together: duplicates, split orders, or trying cards.",
    BACK: "Read the reasons for the returns before the next delivery on account.",
}
"""What to check, by the feature that is furthest from usual."""
OTHERWISE = "Compare the row with its source; correct it there if it is wrong."


def reasons(frame: pd.DataFrame, space: Space, currency: str, besides: Space | None = None) -> pd.DataFrame:
    """Return why rows are unusual and what to check: `why, check, reason` (the feature furthest from usual).

    Args:
        frame: a row for each of the space's, with the values that the texts quote where it has them.
        space: of the same rows, with what is usual among all.
        currency: of amounts.
        besides: other features of the same rows, told after those of the score.
    """
    found, spaces = [], [space, *([besides] if besides else [])]
    distances = [each.away for each in spaces]
    for place, row in enumerate(frame.to_dict("records")):
        telling = [
            (each, at)
            for each, away in zip(spaces, distances, strict=True)
            for turn, at in enumerate(np.argsort(-away[place], kind="stable"))
            if away[place, at] >= (NOTABLE if turn or each is besides else TELLING)
        ][:MOST]
        texts = [_in_words(each, at, each.values[place, at], row, currency) for each, at in telling]
        first = telling[0][0].features[telling[0][1]] if telling else ""
        why = "; ".join(texts) or AS_USUAL
        found.append({"why": why[0].upper() + why[1:], "check": CHECKS.get(first, OTHERWISE), "reason": first})
    return pd.DataFrame(found, columns=["why", "check", "reason"])


def _in_words(space: Space, at: int, value: float, row: dict[str, Any], currency: str) -> str:
    """Return one reason."""
    name = space.features[at]
    if name in WORDS:
        return WORDS[name](value, row, currency)
    side = "above" if value > space.usual[at] else "below"
    return f"{label(name).lower()} {number(float(value))}, {side} the usual {number(float(space.usual[at]))}"


def times(log_ratio: float) -> str:
    """Return a ratio as people say it: 100 times, or a fiftieth as 1/50 of."""
    ratio = float(np.exp(abs(log_ratio)))
    if log_ratio < 0:
        return f"1/{ratio:,.0f} of" if ratio >= 10 else f"{1 / ratio:.2f} times"
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _amount(value: float, row: dict[str, Any], currency: str) -> str:
    amount = abs(row["revenue"])
    return f"amount {money(amount, currency)}, {times(value)} the customer's usual {money(amount / np.exp(value))}"


def _price(value: float, row: dict[str, Any], currency: str) -> str:
    price = row["unit_price"]
    if abs(price) < lines.PENNY:
        return f"price {money(price, currency)}, where the product has its price otherwise"
    usual = money(max(abs(price), lines.PENNY) / np.exp(value))
    return f"price {money(price, currency)}, {times(value)} the product's usual {usual}"


def _quantity(value: float, row: dict[str, Any], currency: str) -> str:
    usual = number(round(max(abs(row["quantity"]), lines.CRUMB) / np.exp(value), 1))
    return f"quantity {number(row['quantity'])}, {times(value)} the {usual} usual for product and customer"


def _orders(value: float, row: dict[str, Any], currency: str) -> str:
    return f"one of {round(np.exp(value))} orders of the customer on that day"


def _returned(value: float, row: dict[str, Any], currency: str) -> str:
    return f"the customer brought back {percent(value, 0)} of all units"


WORDS: dict[str, Callable[[float, dict[str, Any], str], str]] = {
    lines.AMOUNT: _amount,
    lines.PRICE: _price,
    lines.QUANTITY: _quantity,
    lines.ORDERS: _orders,
    lines.RETURNS: _returned,
    PRICE_RATIO: lambda v, _, __: f"a price that is {times(v)} the product's usual one, or its inverse",
    ORDER_RATIO: lambda v, _, __: f"largest order {times(v)} the usual one",
    ORDER_SIZE: lambda v, _, c: f"{money(float(np.exp(v)), c)} an order on average",
    DAY_ORDERS: lambda v, _, __: f"{round(np.exp(v))} orders on one day",
    BACK: lambda v, _, __: f"brought back {percent(v, 0)} of all units",
}
"""How a feature is told; the value is in the feature's own unit, the row has the ledger's values."""


class Term(NamedTuple):
    """A feature in words."""

    axis: str
    meaning: str
    log: bool = True
    """Whether the feature is a logarithm, which charts and tables turn back."""


TERMS = {
    lines.AMOUNT: Term("Amount, times usual", "amount of the line over the customer's usual amount of a line"),
    lines.PRICE: Term("Price, times usual", "unit price over the product's usual price"),
    lines.QUANTITY: Term(
        "Quantity, times usual", "quantity over what is usual for this product and this customer"
    ),
    lines.ORDERS: Term("Orders on that day", "orders that the customer placed on the day of the line"),
    lines.RETURNS: Term("Share returned", "units the customer brought back over units bought", log=False),
    PRICE_RATIO: Term("Largest price ratio", "furthest a price paid was from the product's usual one"),
    ORDER_RATIO: Term("Largest order, times usual", "largest order over the customer's usual one"),
    ORDER_SIZE: Term("Average order", "mean amount of an order"),
    DAY_ORDERS: Term("Most orders in a day", "orders on the customer's busiest day"),
    BACK: Term("Share returned", "units brought back over units bought", log=False),
}


def axis_of(name: str) -> str:
    """Return what an axis or heading calls a feature."""
    return TERMS[name].axis if name in TERMS else label(name)


def is_log(name: str) -> bool:
    """Return whether a feature is a logarithm."""
    return name in TERMS and TERMS[name].log


def own_unit(name: str, values: np.ndarray) -> np.ndarray:
    """Return a feature in the unit people read: ratios and amounts instead of their logarithms."""
    return np.exp(values) if is_log(name) else values


def written(name: str, value: float) -> str:
    """Return a value of a feature as people write it."""
    if name in (lines.RETURNS, BACK):
        return percent(value)
    return number(float(round(float(own_unit(name, np.array(value))), 2)))


def feature_table(space: Space) -> pd.DataFrame:
    """Return what is usual, a row a feature: `feature, meaning, usual, tail, most` as texts.

    `tail` is the value that one row of a hundred exceeds.
    """
    rows = []
    for at, name in enumerate(space.features):
        column = space.values[:, at]
        middle, tail, most = np.quantile(column, [0.5, 0.99, 1])
        meaning = TERMS[name].meaning if name in TERMS else "a column of the customers"
        texts = {
            key: written(name, value)
            for key, value in zip(("usual", "tail", "most"), (middle, tail, most), strict=True)
        }
        rows.append({"feature": axis_of(name), "meaning": meaning} | texts)
    return pd.DataFrame(rows, columns=["feature", "meaning", "usual", "tail", "most"])


FEATURE_TABLE = {
    "names": {
        "feature": "Feature",
        "meaning": "Meaning",
        "usual": "Median",
        "tail": "1 in 100 exceeds",
        "most": "Largest",
    },
    # they are written already, each in its feature's unit, and stand as figures do
    "formats": {"usual": str, "tail": str, "most": str},
}

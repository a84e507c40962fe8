"""What the features of chapter 06 are called, in which unit they are drawn, and what they mean."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.vocabulary import label
from helpers.chapters.anomaly import context as lines
from helpers.chapters.anomaly import customer_context as customers
from helpers.chapters.anomaly.detectors import Space
from helpers.show.display import number, percent


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
    customers.PRICE_RATIO: Term("Largest price ratio", "furthest a price paid was from the product's usual one"),
    customers.ORDER_RATIO: Term("Largest order, times usual", "largest order over the customer's usual one"),
    customers.ORDER_SIZE: Term("Average order", "mean amount of an order"),
    customers.DAY_ORDERS: Term("Most orders in a day", "orders on the customer's busiest day"),
    customers.BACK: Term("Share returned", "units brought back over units bought", log=False),
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
    if name in (lines.RETURNS, customers.BACK):
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

"""Customers and orders, by what their lines are like: the levels above that of the lines.

Features are logarithms, but for shares: see `helpers.chapters.anomaly.context`.
"""

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.sampling import natural_order
from helpers.chapters.anomaly.context import (
    CRUMB,
    FAR,
    LARGE,
    LINE_FEATURES,
    ORDERS,
    PENNY,
    PRICE,
    PRIOR,
    RETURNS,
    LineContext,
)

PRICE_RATIO, ORDER_RATIO, ORDER_SIZE = "largest_price_ratio", "largest_order_ratio", "average_order_size"
DAY_ORDERS, BACK = "most_orders_in_a_day", "share_returned"
CUSTOMER_FEATURES = (PRICE_RATIO, ORDER_RATIO, ORDER_SIZE, DAY_ORDERS, BACK)
"""Features that are computed of lines; all others are columns of the table of customers."""
ORDER_AMOUNT, ORDER_UNITS, ORDER_LINES = "order_amount", "order_units", "order_lines"
ORDER_FEATURES = (PRICE_RATIO, ORDER_AMOUNT, ORDER_UNITS, ORDER_LINES)
"""Features of orders, which are compared where customers are unknown."""
NEEDED = {"customer": (PRICE, ORDERS, RETURNS), "order": (PRICE,)}
"""Line features that those of customers and of orders are made of."""
COMPUTED = (*LINE_FEATURES, *CUSTOMER_FEATURES, *ORDER_FEATURES)
"""Features computed here; those whose columns the data lacks are left out."""
ONE_SIDED = [name for name in dict.fromkeys(COMPUTED) if name != PRICE]
"""Features of which only more than usual is suspicious; of the others, less is too."""


def customer_context(context: LineContext) -> pd.DataFrame:
    """Return each customer's context features by `customer_id`, without those whose columns the ledger lacks.

    * `largest_price_ratio`: the largest distance of a price from its product's usual one, up or down (log; see
      `price_to_usual`).
    * `largest_order_ratio`: log of the largest order over the customer's usual one; 0 unless the order or the
      ratio is large.
    * `average_order_size`: log of the mean size of an order (its amount; see `LineContext.size_in`).
    * `most_orders_in_a_day`: log of the orders on the busiest day.
    * `share_returned`: units brought back over units bought, from 0 to 1 (see `return_share`).
    """
    lines = context.frame.filter(~nw.col("customer_id").is_null())
    largest = {DAY_ORDERS: nw.col(ORDERS).max()}
    if PRICE in context.features:
        largest[PRICE_RATIO] = nw.col(PRICE).abs().max()
    if RETURNS in context.features:
        largest[BACK] = nw.col(RETURNS).max()
    found = lines.group_by("customer_id").agg(**largest).sort("customer_id").collect("pandas").to_native()
    size = nw.col(context.size_in)
    size = size.count() if context.size_in == "line" else size.sum()
    sums = lines.group_by("customer_id", "order_id").agg(amount=size.cast(nw.Float64))
    orders = sums.sort("customer_id", "order_id").collect("pandas").to_native()
    found = found.merge(_orders(orders), on="customer_id", how="left")
    return found[["customer_id", *(name for name in CUSTOMER_FEATURES if name in found)]]


def _orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Return `largest_order_ratio` and `average_order_size` by customer, of a row an order."""
    logs = pd.Series(np.log(orders["amount"].abs().clip(lower=PENNY)), name="log")
    by_customer = logs.groupby(orders["customer_id"])
    n = by_customer.size()
    usual = (n * by_customer.median() + PRIOR * logs.median()) / (n + PRIOR)
    mean = orders["amount"].abs().groupby(orders["customer_id"]).mean()
    largest = by_customer.max()
    ratio = largest - usual
    ratio = ratio.where((largest >= logs.quantile(LARGE)) | (ratio >= np.log(FAR)), 0.0)
    found = {ORDER_RATIO: ratio, ORDER_SIZE: np.log(mean.clip(lower=PENNY))}
    return pd.DataFrame(found).rename_axis("customer_id").reset_index()


def order_context(context: LineContext) -> pd.DataFrame:
    """Return each order's `revenue` and context features by `order_id`, without those whose columns are missing.

    * `largest_price_ratio`: the largest distance of a price from its product's usual one, up or down (log).
    * `order_amount`, `order_units`, `order_lines`: logs of the amount, the units and the number of lines.
    """
    lines = context.frame.filter(~nw.col("order_id").is_null())
    known = lines.collect_schema().names()
    sums = {name: nw.col(name).sum().cast(nw.Float64) for name in ("revenue", "quantity") if name in known}
    if PRICE in context.features:
        sums[PRICE_RATIO] = nw.col(PRICE).abs().max()
    orders = lines.group_by("order_id").agg(**sums, _lines=nw.len())
    found = orders.sort("order_id").collect("pandas").to_native()
    for name, size, least in (
        (ORDER_AMOUNT, "revenue", PENNY),
        (ORDER_UNITS, "quantity", CRUMB),
        (ORDER_LINES, "_lines", 1),
    ):
        if size in found:
            found[name] = np.log(found[size].abs().clip(lower=least))
    return found.drop(columns=["_lines", "quantity"], errors="ignore")


def in_order(customers: pd.DataFrame) -> pd.DataFrame:
    """Return customers in natural order of their ids, the id first."""
    ordered = customers.loc[natural_order(customers["customer_id"])].reset_index(drop=True)
    return ordered[["customer_id", *(name for name in ordered if name != "customer_id")]]

"""Is this customer unusual? A customer's features in context: prices, orders and returns against what is usual."""

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.chapters.anomaly.context import ORDERS, PENNY, PRICE, PRIOR, RETURNS, LineContext

PRICE_RATIO, ORDER_RATIO, ORDER_SIZE = "largest_price_ratio", "largest_order_ratio", "average_order_size"
DAY_ORDERS, BACK = "most_orders_in_a_day", "share_returned"
CUSTOMER_FEATURES = (PRICE_RATIO, ORDER_RATIO, ORDER_SIZE, DAY_ORDERS, BACK)
"""Features that are computed of lines; all others are columns of the table of customers."""


def customer_context(context: LineContext) -> pd.DataFrame:
    """Return each customer's context features, sums on the engine and the rest in pandas.

    * `largest_price_ratio`: the largest distance of a price from its product's usual one, up or down (log).
    * `largest_order_ratio`: log of the largest order over the customer's usual one; usual is the median, drawn
      towards everybody's where there are few orders.
    * `average_order_size`: log of the mean amount of an order.
    * `most_orders_in_a_day`: log of the orders on the busiest day.
    * `share_returned`: units brought back over units bought, from 0 to 1.

    Returns:
        A row a customer, by `customer_id`; features that need columns the ledger has not are left out.
    """
    lines = context.frame.filter(~nw.col("customer_id").is_null())
    largest = {DAY_ORDERS: nw.col(ORDERS).max()}
    if PRICE in context.features:
        largest[PRICE_RATIO] = nw.col(PRICE).abs().max()
    if RETURNS in context.features:
        largest[BACK] = nw.col(RETURNS).max()
    found = lines.group_by("customer_id").agg(**largest).sort("customer_id").collect("pandas").to_native()
    sums = lines.group_by("customer_id", "order_id").agg(amount=nw.col("revenue").sum().cast(nw.Float64))
    orders = sums.sort("customer_id", "order_id").collect("pandas").to_native()
    found = found.merge(_orders(orders), on="customer_id", how="left")
    return found[["customer_id", *(name for name in CUSTOMER_FEATURES if name in found)]]


def _orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Return `largest_order_ratio` and `average_order_size` by customer.

    Args:
        orders: `customer_id`, `order_id`, `amount`; a row an order.
    """
    logs = pd.Series(np.log(orders["amount"].abs().clip(lower=PENNY)), name="log")
    by_customer = logs.groupby(orders["customer_id"])
    n = by_customer.size()
    usual = (n * by_customer.median() + PRIOR * logs.median()) / (n + PRIOR)
    mean = orders["amount"].abs().groupby(orders["customer_id"]).mean()
    found = {ORDER_RATIO: by_customer.max() - usual, ORDER_SIZE: np.log(mean.clip(lower=PENNY))}
    return pd.DataFrame(found).rename_axis("customer_id").reset_index()

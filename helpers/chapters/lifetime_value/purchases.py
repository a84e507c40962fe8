"""Purchase days of every customer, and what was known of them at a date: the counts that the models take."""

from datetime import datetime, timedelta

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import day_of
from helpers.ledger.lines import collected

WEEK, YEAR = 7.0, 365
FEWEST = 50
"""Customers that a model needs."""
FEWEST_REPEATS = 20
"""Of them, those who ordered again."""


def without(lines: nw.LazyFrame) -> str:
    """Say which column the chapter lacks; nothing where it has all that it needs."""
    missing = {"ordered_at": "dates", "customer_id": "customers"}
    return next((f"the data has no {word}" for n, word in missing.items() if n not in lines.collect_schema()), "")


def purchases_of(lines: nw.LazyFrame, returns: nw.LazyFrame) -> pd.DataFrame:
    """Return a row a customer and day on which they ordered or returned.

    Returns:
        `customer_id`, `day`, `orders` (1 where something was bought, else 0) and, where amounts are known, `spend`
        and `returned` (money, both above zero), by customer and day.
    """
    bought = _by_day(lines, "spend").assign(orders=1)
    back = _by_day(returns, "returned") if _dated(returns) else pd.DataFrame(columns=["customer_id", "day"])
    if "spend" in bought and len(back):
        back["returned"] = -back["returned"]
        bought = bought.merge(back, how="outer", on=["customer_id", "day"]).fillna({"orders": 0, "spend": 0.0})
        bought["returned"] = bought["returned"].fillna(0.0)
    elif "spend" in bought:
        bought["returned"] = 0.0
    return bought.sort_values(["customer_id", "day"], ignore_index=True)


def _dated(lines: nw.LazyFrame) -> bool:
    return {"customer_id", "ordered_at"} <= set(lines.collect_schema().names())


def _by_day(lines: nw.LazyFrame, name: str) -> pd.DataFrame:
    known = lines.filter(~nw.col("customer_id").is_null(), ~nw.col("ordered_at").is_null())
    day = day_of("ordered_at")
    sums = {"_n": nw.len()}
    if "revenue" in lines.collect_schema().names():
        sums[name] = nw.col("revenue").sum().cast(nw.Float64)
    found = collected(known.with_columns(day=day).group_by("customer_id", "day").agg(**sums))
    return found.drop(columns="_n")


def cut_offs(purchases: pd.DataFrame, days: int, at_most: int = 3) -> list[datetime]:
    """Return dates with a whole horizon after each and as many days before, the earliest first; the last is today.

    Horizons do not overlap. Today is the midnight after the last purchase; empty where there is no day.
    """
    bought = purchases.loc[purchases["orders"] > 0, "day"]
    if bought.empty:
        return []
    first, today = bought.min().to_pydatetime(), bought.max().to_pydatetime() + timedelta(days=1)
    found = [today - timedelta(days=days * back) for back in range(at_most)]
    return [date for date in found if date - timedelta(days=days) >= first or date == today][::-1]


def forecastable(customers: pd.DataFrame) -> bool:
    """Return whether a model can be fitted to customers: they are enough, and enough of them came again."""
    return len(customers) >= FEWEST and (customers["x"] > 0).sum() >= FEWEST_REPEATS


def customers_at(purchases: pd.DataFrame, date: datetime, days: int) -> pd.DataFrame:
    """Return what is known of each customer at a date, and what they did in so many days after it.

    Returns:
        By `customer_id`: `first` and `latest` (days of the first and last order), `x` (repeat orders), `last`
        (weeks from the first order to the last), `age` (weeks from the first order to the date), `n` (orders,
        x + 1); `recent` and `year` (worth in as many days, and in a year, before the date); `next_orders` and
        `next_worth`; `kept` (share of spend that was not returned); with amounts `mean` (spend per order,
        gross). Worth is net spend, and orders where amounts are not known.
    """
    known, after = purchases[purchases["day"] < date], purchases[purchases["day"] >= date]
    bought = known[known["orders"] > 0]
    by = bought.groupby("customer_id")
    found = by["day"].agg(first="min", latest="max", n="size")
    found["x"] = found["n"] - 1
    found["last"] = (found["latest"] - found["first"]).dt.days / WEEK
    found["age"] = (pd.Timestamp(date) - found["first"]).dt.days / WEEK
    window = after[after["day"] < date + timedelta(days=days)]
    found["next_orders"] = _sums(window, "orders", found.index)
    amounts = "spend" in purchases
    worth = purchases.assign(worth=purchases["spend"] - purchases["returned"] if amounts else purchases["orders"])
    for name, length in (("recent", days), ("year", YEAR)):
        since = worth[(worth["day"] < date) & (worth["day"] >= date - timedelta(days=length))]
        found[name] = _sums(since, "worth", found.index)
    found["next_worth"] = _sums(worth.loc[window.index], "worth", found.index)
    if not amounts:
        return found.assign(kept=1.0)
    sums = known.groupby("customer_id")[["spend", "returned"]].sum().reindex(found.index)
    kept = (1 - sums["returned"] / sums["spend"].where(sums["spend"] > 0)).clip(0.0, 1.0).fillna(1.0)
    return found.assign(mean=by["spend"].mean(), kept=kept)


def _sums(purchases: pd.DataFrame, name: str, index: pd.Index) -> pd.Series:
    return purchases.groupby("customer_id")[name].sum().reindex(index, fill_value=0.0)


def groups_at(customers: pd.DataFrame, date: datetime, quantiles: int = 4) -> pd.Series:
    """Return a group of customers alike in recency and orders: the place of each among all, as text."""
    recency = (pd.Timestamp(date) - customers["latest"]).dt.days
    r = np.ceil(recency.rank(pct=True) * quantiles).astype(int)
    orders = customers["n"].clip(upper=quantiles).astype(int)
    return r.astype(str) + "/" + orders.astype(str)


def too_few(known: dict[datetime, pd.DataFrame], days: int) -> str:
    """Say why customers cannot be forecast; nothing where they can."""
    if len(known) < 2:
        return f"the sales data is too short for a window of {days} days with as many days before it"
    then = list(known.values())[-2]
    if not forecastable(then):
        return f"too few customers were known before the last {days} days, or ordered again"
    return "" if then["next_orders"].sum() else "nobody ordered again in the last window"

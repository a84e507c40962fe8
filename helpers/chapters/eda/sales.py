"""When, what and where do customers buy, and how much hangs on the largest of them?

Amounts are those of the raw lines: returns count against the sales. Each function asks the engine for an
aggregate, and returns None where the data lacks the columns it needs.
"""

import narwhals as nw
import pandas as pd

from helpers.customers.concentration import Concentration, concentrated
from helpers.ledger.calendar import calendar_of, sales_days
from helpers.ledger.lines import collected, spending

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EDGE_DAYS = 3
"""A first month counts as whole when it begins no more days late: a year may begin with a holiday."""


def _dated(lines: nw.LazyFrame) -> bool:
    return {"ordered_at", "revenue"} <= set(lines.collect_schema().names())


def _orders(lines: nw.LazyFrame) -> nw.Expr:
    """Return what counts sales: different orders, or lines where the data has no orders."""
    has_orders = "order_id" in lines.collect_schema().names()
    return (nw.col("order_id").n_unique() if has_orders else nw.len()).alias("orders")


def _sales(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Return the lines that sell something: a return on a Saturday is no Saturday sale."""
    return lines.filter(nw.col("revenue") > 0)


def months(lines: nw.LazyFrame) -> pd.DataFrame | None:
    """Add up sales by month.

    Returns:
        A row for every month from the first to the last, also those without sales: `month` (its first day),
        `revenue` (returns taken off), `orders`, and `whole` (False for a first or last month that the data
        covers only in part).
    """
    if not _dated(lines):
        return None
    lines = lines.filter(~nw.col("ordered_at").is_null()).with_columns(
        month=nw.col("ordered_at").dt.truncate("1mo")
    )
    revenue = collected(lines.group_by("month").agg(nw.col("revenue").sum()))
    if revenue.empty:
        return None
    orders = collected(_sales(lines).group_by("month").agg(_orders(lines)))
    days = calendar_of(sales_days(lines))
    every = pd.date_range(revenue["month"].min(), revenue["month"].max(), freq="MS", name="month")
    found = revenue.merge(orders, on="month", how="left").set_index("month").reindex(every).fillna(0)
    found = found.astype({"orders": int}).reset_index().assign(whole=True)
    found.loc[found.index[0], "whole"] = days.first.day <= 1 + EDGE_DAYS
    found.loc[found.index[-1], "whole"] &= days.last_month_complete
    return found


def weekday_hours(lines: nw.LazyFrame) -> pd.DataFrame | None:
    """Count orders by weekday and hour of the day.

    Returns:
        Seven rows, Monday to Sunday, and a column for each hour between the first and the last that sell.
        One column, hour 0, where the data has days but no times.
    """
    if not _dated(lines):
        return None
    sales = _sales(lines).filter(~nw.col("ordered_at").is_null())
    sales = sales.with_columns(weekday=nw.col("ordered_at").dt.weekday(), hour=nw.col("ordered_at").dt.hour())
    found = collected(sales.group_by("weekday", "hour").agg(_orders(lines)))
    if found.empty:
        return None
    grid = found.pivot(index="weekday", columns="hour", values="orders")
    hours = range(int(grid.columns.min()), int(grid.columns.max()) + 1)
    grid = grid.reindex(index=range(1, 8), columns=hours).fillna(0).astype(int)
    return grid.set_axis(pd.Index(WEEKDAYS, name="weekday"))


def weekdays_without_sales(grid: pd.DataFrame | None) -> list[str]:
    """Return the weekdays on which nothing was ever sold."""
    return [] if grid is None else [str(day) for day in grid.index[grid.sum(axis=1) == 0]]


def one_or_list(names: list[str]) -> str | list[str] | None:
    """Return a finding that is usually one name: the name, the list where there are more, or nothing."""
    return names[0] if len(names) == 1 else names or None


def best_month(by_month: pd.DataFrame | None) -> str | None:
    """Return the whole month with the highest revenue, such as `2011-11`; the earliest where two tie."""
    whole = by_month[by_month["whole"]] if by_month is not None else []
    return None if not len(whole) else f"{whole.loc[whole['revenue'].idxmax(), 'month']:%Y-%m}"


def product_key(lines: nw.LazyFrame) -> str:
    """Return the column that tells products apart: the code, or the name where there are no codes."""
    return "product_id" if "product_id" in lines.collect_schema().names() else "product_name"


def products(lines: nw.LazyFrame) -> pd.DataFrame | None:
    """Add up sales by product.

    Returns:
        `product` (its most frequent name, with the code where products share one), `lines, units, revenue`, most
        revenue first; units are lines where the data has no quantity.
    """
    names, key = lines.collect_schema().names(), product_key(lines)
    totals = spending(lines, key)
    if totals is None:
        return None
    totals = totals.rename(columns={"rows": "lines"}).drop(columns="mean")
    totals["units"] = totals["lines"]
    if "quantity" in names:
        units = collected(lines.group_by(key).agg(nw.col("quantity").sum().alias("units")))
        totals["units"] = totals[key].map(units.set_index(key)["units"])
    totals["product"] = totals[key]
    if key == "product_id" and "product_name" in names:
        called = totals["product_id"].map(_usual_names(lines)).fillna(totals["product_id"])
        shared = called.duplicated(keep=False)
        totals["product"] = called.where(~shared, called + " (" + totals["product_id"] + ")")
    return totals[["product", "lines", "units", "revenue"]]


def _usual_names(lines: nw.LazyFrame) -> dict[str, str]:
    """Return each product code's most frequent name; ties go to the first in the alphabet."""
    named = spending(lines, "product_id", "product_name")
    named = named.sort_values(["rows", "product_name"], ascending=[False, True])
    first = named.drop_duplicates("product_id").set_index("product_id")["product_name"]
    return first.str.split().str.join(" ").to_dict()


def countries(lines: nw.LazyFrame) -> pd.DataFrame | None:
    """Add up sales by country: `country, rows, revenue, mean, customers`, most revenue first."""
    totals = spending(lines, "country")
    if totals is None or "customer_id" not in lines.collect_schema().names():
        return totals
    people = lines.filter(~nw.col("customer_id").is_null()).group_by("country")
    customers = collected(people.agg(nw.col("customer_id").n_unique().alias("customers")))
    found = totals["country"].map(customers.set_index("country")["customers"])
    return totals.assign(customers=found.fillna(0).astype(int))


def without_customer(lines: nw.LazyFrame) -> tuple[float, float] | None:
    """Return the share of lines, and of revenue, that belong to no known customer."""
    if not {"customer_id", "revenue"} <= set(lines.collect_schema().names()):
        return None
    every = collected(lines.select(nw.len().alias("rows"), nw.col("revenue").sum())).iloc[0]
    nobody = lines.filter(nw.col("customer_id").is_null())
    theirs = collected(nobody.select(nw.len().alias("rows"), nw.col("revenue").sum())).iloc[0]
    if not every["rows"] or not every["revenue"]:
        return None
    revenue = 0.0 if pd.isna(theirs["revenue"]) else theirs["revenue"]
    return float(theirs["rows"] / every["rows"]), float(revenue / every["revenue"])


def taken_back(lines: nw.LazyFrame) -> tuple[float, float] | None:
    """Return what returns and cancellations are: their share of the lines, and of the gross revenue."""
    if not {"order_id", "revenue"} <= set(lines.collect_schema().names()):
        return None
    amount = nw.col("revenue")
    back = collected(lines.filter(amount < 0).select(nw.len().alias("rows"), amount.sum())).iloc[0]
    gross = collected(lines.filter(amount > 0).select(nw.len().alias("rows"), amount.sum())).iloc[0]
    if not back["rows"] or not gross["rows"]:
        return None
    rows = collected(lines.select(nw.len().alias("rows")))["rows"].iloc[0]
    return float(back["rows"] / rows), float(-back["revenue"] / gross["revenue"])


def concentration(lines: nw.LazyFrame, column: str) -> Concentration | None:
    """Measure how unevenly revenue is spread over the values of a column; None without it or revenue."""
    totals = spending(lines, column)
    if totals is None:
        return None
    revenue = totals.loc[totals["revenue"] > 0, "revenue"].to_numpy()
    if not len(revenue):
        return None
    return concentrated(column, revenue, left_out=len(totals) - len(revenue))

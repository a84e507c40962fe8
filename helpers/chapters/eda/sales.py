"""When and what do customers buy? What the cells of chapter 01 do not show themselves.

Amounts are those of the raw lines: returns count against the sales.
"""

import narwhals as nw
import pandas as pd

from helpers.ledger.calendar import calendar_of, sales_days
from helpers.ledger.lines import collected, spending

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EDGE_DAYS = 3
"""A first month counts as whole when it begins no more days late: a year may begin with a holiday."""


def order_key(lines: nw.LazyFrame) -> str:
    """Return the column that tells sales apart: the order, or the line where the data has no orders."""
    return "order_id" if "order_id" in lines.collect_schema().names() else "line"


def covered_whole(months: pd.PeriodIndex, lines: nw.LazyFrame) -> list[bool]:
    """Return whether the data covers each month: the first and the last one may be there only in part."""
    days = calendar_of(sales_days(lines))
    whole = [True] * len(months)
    whole[0] = days.first.day <= 1 + EDGE_DAYS
    whole[-1] = whole[-1] and days.last_month_complete
    return whole


def week_of(orders: pd.DataFrame) -> pd.DataFrame:
    """Return orders by weekday (0 is Monday) and hour, with the days and hours without any; weekdays by name."""
    hours = range(int(orders.columns.min()), int(orders.columns.max()) + 1)
    grid = orders.reindex(index=range(7), columns=hours).fillna(0).astype(int)
    return grid.set_axis(pd.Index(WEEKDAYS, name="weekday"))


def weekdays_without_sales(week: pd.DataFrame) -> list[str]:
    """Return the weekdays on which nothing was ever sold."""
    return [str(day) for day in week.index[week.sum(axis=1) == 0]]


def one_or_list(names: list[str]) -> str | list[str] | None:
    """Return a finding that is usually one name: the name, the list where there are more, or nothing."""
    return names[0] if len(names) == 1 else names or None


def product_key(lines: nw.LazyFrame) -> str:
    """Return the column that tells products apart: the code, or the name where there are no codes."""
    return "product_id" if "product_id" in lines.collect_schema().names() else "product_name"


def products(lines: nw.LazyFrame) -> pd.DataFrame:
    """Add up sales by product, most revenue first; units are lines where the data has no quantity.

    `product` is its most frequent name, with the code where products share one.
    """
    names, key = lines.collect_schema().names(), product_key(lines)
    totals = spending(lines, key).rename(columns={"rows": "lines"})
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

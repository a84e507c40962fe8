"""Is what is left in good health? Dates that run ahead, days without sales, a month cut short, wild prices."""

from datetime import date

import narwhals as nw
import pandas as pd

from helpers.base.text import day, number
from helpers.ledger.calendar import Calendar
from helpers.ledger.tables import as_pandas

HUNDREDFOLD = 100
"""A price this many times above or below the product's usual one is a slip of the keyboard until proved."""


def wild_prices(lines: nw.LazyFrame) -> pd.DataFrame:
    """Return lines whose price is a hundredfold off the median of their product, furthest first."""
    compared = _compared(lines, lines)
    wild = compared.filter((nw.col("times") >= HUNDREDFOLD) | (nw.col("times") <= 1 / HUNDREDFOLD))
    prices = wild.collect("pandas").to_native()
    distance = prices["times"].where(prices["times"] >= 1, 1 / prices["times"])
    return prices.assign(_far=distance).sort_values(["_far", "line"], ascending=[False, True]).drop(columns="_far")


def beside_usual(lines: nw.LazyFrame, sales: nw.LazyFrame) -> pd.DataFrame:
    """Return lines beside the usual price of their product in other sales: largest `revenue` first."""
    known = lines.collect_schema().names()
    ids = [name for name in ("order_id", "customer_id", "product_name", "quantity") if name in known]
    found = _compared(lines, sales).join(lines.select("line", *ids, "revenue"), on="line")
    frame = as_pandas(found.collect("pyarrow").to_native())
    return frame.sort_values(["revenue", "line"], ascending=[False, True], ignore_index=True)


def _compared(lines: nw.LazyFrame, sales: nw.LazyFrame) -> nw.LazyFrame:
    """Return `line`, product, `unit_price`, the median price of its sales (`usual_price`) and the ratio (`times`).

    Products are told apart by code, or by name where the source has no codes.
    """
    key = "product_id" if "product_id" in lines.collect_schema().names() else "product_name"
    priced, sold = (
        each.filter(nw.col("unit_price") > 0, ~nw.col(key).is_null()).select(
            "line", key, nw.col("unit_price").cast(nw.Float64)
        )
        for each in (lines, sales)
    )
    usual = sold.group_by(key).agg(usual_price=nw.col("unit_price").median())
    return priced.join(usual, on=key).with_columns(times=nw.col("unit_price") / nw.col("usual_price"))


def date_checks(calendar: Calendar, today: date) -> pd.DataFrame:
    last, empty = calendar.last, calendar.days - calendar.days_with_sales
    ahead, complete = calendar.running_ahead, calendar.last_month_complete
    end = "a wrong year or a mixed-up date" if ahead else f"the lines end on {day(last)}"
    past = "lies in the future: check the dates" if last > today else "lies in the past"
    silent = f"weekdays that never sell: {', '.join(calendar.silent_weekdays) or 'none'}; at most "
    silent += f"{calendar.longest_gap} days in a row, after {number(calendar.gap_from)}"
    whole = (
        "comparable with the others" if complete else f"ends on {day(last)}: never compare it with a whole month"
    )
    rows = [
        ("Lines dated long after nearly all others", f"{ahead:,}", end),
        (f"Last date against today ({day(today)})", day(last), past),
        ("Days without sales", f"{empty:,} of {calendar.days:,}", silent),
        ("Last month", "complete" if complete else "incomplete", whole),
    ]
    return pd.DataFrame(rows, columns=["check", "found", "means"])

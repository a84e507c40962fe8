"""What a customer's orders say about them: one row a customer, as one lazy query on the study's engine.

Lines are summed up twice: to a customer's orders a day, then to customers. Conditional sums (weekdays, days of
the month) therefore run over a few thousand orders and not over every line. Money stays decimal on the engine
until all of it is added up, so a customer's figures never depend on the order of the lines.

Two sets of definitions. `corrected` is ours. `insiders` is that of a published study, with what it takes
differently named where it happens; its dates are cut to the day and may be shifted (`date_offset_days`).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import pyarrow as pa

from helpers.base.engine import DuckDBEngine, day_of, days_between, distinct_rows
from helpers.base.errors import StudyError, check_choice
from helpers.base.places import find_country
from helpers.base.sql import pattern_problem

if TYPE_CHECKING:
    import pandas as pd

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY_SHARES = tuple(f"share_{day}" for day in WEEKDAYS)
DAY_SHARES = tuple(f"share_day_{day:02d}" for day in range(1, 32))
COUNTS = (
    "recency", "frequency", "items", "unique_items", "average_ticket", "average_gap", "purchase_rate",
    "returned_items", "basket_size", "unique_basket_size", "return_rate",
)  # fmt: skip
"""The eleven measures among the fifty features of the Insiders study."""
POINT = ("latitude", "longitude")
NEVER = 373
"""Days the Insiders study writes where a customer shows no gap: the whole span of its ledger."""
FEATURE_SETS = ("corrected", "insiders")
RECENCIES = ("elapsed", "calendar")
NEEDED = ("customer_id", "order_id", "ordered_at")


class Span(NamedTuple):
    """From when to when the ledger goes, and the moment the customers are looked at from."""

    first: datetime
    last_order: datetime
    last_line: datetime
    """The latest line, returns included."""
    snapshot: datetime


def is_ledger(lines: nw.LazyFrame) -> bool:
    """Return whether lines are those of dated orders; otherwise there is one line a customer or purchase."""
    return {"order_id", "ordered_at"} <= set(lines.collect_schema().names())


def span_of(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    *,
    snapshot: str | None = None,
    recency: str = "elapsed",
    feature_set: str = "corrected",
) -> Span:
    """Return the ledger's span and the snapshot.

    The snapshot is the given one, or a day after the last order; for the Insiders' definitions the last day of the
    ledger itself.

    Raises:
        StudyError: the lines lack a column or have no dates, the snapshot is no date or before the last order, or
            the definitions are not known or do not go together.
    """
    check_choice("rfm.feature_set", feature_set, FEATURE_SETS)
    check_choice("rfm.recency", recency, RECENCIES)
    if feature_set == "insiders" and recency != "calendar":
        raise StudyError(
            "rfm.recency is elapsed, but rfm.feature_set insiders counts calendar days: set recency to calendar."
        )
    known = lines.collect_schema().names()
    if missing := [name for name in NEEDED if name not in known]:
        raise StudyError(
            f"The transactions have no column {missing[0]!r}, which the features of a ledger need: map it in "
            "source.columns."
        )
    moment = nw.col("ordered_at")
    ends = _row(_dated(lines).select(first=moment.min(), last=moment.max()))
    last = ends["last"]
    if last is None:
        raise StudyError(
            "No transaction has both a customer_id and an ordered_at: there is no customer to describe."
        )
    last_line = max(last, _row(_dated(returns).select(last=moment.max()))["last"] or last)
    default = last_line if feature_set == "insiders" else last + timedelta(days=1)
    seen_from = default if snapshot is None else _moment(snapshot)
    if seen_from.date() < last.date() if recency == "calendar" else seen_from < last:
        raise StudyError(
            f"rfm.snapshot is {snapshot}, before the last order of {last:%Y-%m-%d %H:%M}: give a later moment, or "
            "leave it out for the day after the last order."
        )
    return Span(ends["first"], last, last_line, seen_from)


def customer_features(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    span: Span,
    engine: DuckDBEngine,
    *,
    recency: str = "elapsed",
    feature_set: str = "corrected",
    net_of_returns: bool = True,
    goods: str | None = None,
    date_offset_days: int = 0,
) -> nw.LazyFrame:
    """Return the features of every customer who bought something.

    Args:
        lines: clean purchases; revenue, quantity, product_id, country, latitude and longitude may be missing, and
            the features that need them are then left out; shares of days are then shares of orders.
        returns: what was brought back, with quantities and revenue below zero.
        span: of the same lines.
        engine: where the lines live.
        recency: `elapsed`: full days of 24 hours; `calendar`: midnights between two moments.
        feature_set: `corrected` or `insiders`.
        net_of_returns: whether what was brought back is taken off `monetary`; averages keep it.
        goods: regular expression of product codes that are items; None: all of them are.
        date_offset_days: days that a study's copy of the ledger is shifted by, for weekdays and days of the month.

    Returns:
        A row a customer: `customer_id`, their place, recency, frequency, monetary and the other features.
        Days are whole days, amounts are in the study's currency, shares and rates are fractions.

    Raises:
        StudyError: `goods` is no regular expression.
    """
    if problem := pattern_problem(goods or ""):
        raise StudyError(f"rfm.goods is {goods!r}, which is no regular expression (RE2): {problem}.")
    insiders = feature_set == "insiders"
    pattern = None if insiders else goods
    lines = _with_goods(_dated(lines), pattern)
    # a small summary (a row an order) that three parts of the query read: it is computed once
    orders = engine.keep(_orders(lines, date_offset_days))
    table = orders.group_by("customer_id").agg(**_totals(orders.collect_schema().names()))
    for part in (_places(orders, engine), _unique_items(lines), _returned(returns, pattern, net_of_returns)):
        if part is not None:
            table = table.join(part, on="customer_id", how="left")
    return _named(_measures(_moments(table, span, calendar=recency == "calendar", insiders=insiders)))


def _dated(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Return the lines of a known customer and day."""
    if not {"customer_id", "ordered_at"} <= set(lines.collect_schema().names()):
        return lines
    return lines.filter(~nw.col("customer_id").is_null(), ~nw.col("ordered_at").is_null())


def _with_goods(lines: nw.LazyFrame, goods: str | None) -> nw.LazyFrame:
    """Add `_quantity` and `_product`: those of goods; a charge or discount is money, but no item."""
    known = lines.collect_schema().names()
    is_goods = nw.col("product_id").str.contains(goods) if goods is not None and "product_id" in known else None
    added = {}
    for column, name in (("_quantity", "quantity"), ("_product", "product_id")):
        if name in known:
            value = nw.col(name)
            added[column] = value if is_goods is None else nw.when(is_goods).then(value)
    return lines.with_columns(**added) if added else lines


def _orders(lines: nw.LazyFrame, date_offset_days: int) -> nw.LazyFrame:
    """Sum lines up to a customer's orders a day (an order may run over midnight or name two countries)."""
    known = lines.collect_schema().names()
    by = ["customer_id", "order_id", "_day", *(["country"] if "country" in known else [])]
    sums: dict[str, nw.Expr] = {
        "_first": nw.col("ordered_at").min(),
        "_last": nw.col("ordered_at").max(),
        "_lines": nw.len(),
    }
    if "revenue" in known:
        sums["_revenue"] = nw.col("revenue").sum()
    if "_quantity" in known:
        sums["_items"] = nw.col("_quantity").sum()
    if set(POINT) <= set(known):
        sums |= {name: nw.col(name).cast(nw.Float64).min() for name in POINT}
    orders = lines.with_columns(_day=day_of("ordered_at")).group_by(by).agg(**sums)
    shifted = nw.col("_day").dt.offset_by(f"{date_offset_days}d")
    return orders.with_columns(_weekday=shifted.dt.weekday(), _of_month=shifted.dt.day())


def _totals(known: list[str]) -> dict[str, nw.Expr]:
    """Return what is added up over a customer's orders; what is not known in money counts in orders."""
    worth = nw.col("_revenue") if "_revenue" in known else nw.lit(1)
    totals = {
        "frequency": nw.col("order_id").n_unique() - nw.col("order_id").is_null().any().cast(nw.Int64),
        "first_order": nw.col("_first").min(),
        "last_order": nw.col("_last").max(),
        "purchase_days": nw.col("_day").n_unique(),
        "_first_day": nw.col("_day").min(),
        "_last_day": nw.col("_day").max(),
        "lines": nw.col("_lines").sum(),
        "_worth": worth.sum() if "_revenue" in known else nw.len(),
    }
    if "_revenue" in known:
        totals["_gross"] = worth.sum()
    if "_items" in known:
        totals["items"] = nw.col("_items").sum()
    for place, names in (("_weekday", WEEKDAY_SHARES), ("_of_month", DAY_SHARES)):
        for number, name in enumerate(names, start=1):
            totals[name] = nw.when(nw.col(place) == number).then(worth).sum()
    return totals


def _places(orders: nw.LazyFrame, engine: DuckDBEngine) -> nw.LazyFrame | None:
    """Return each customer's country (with most revenue, or orders; then first in the alphabet) and its point.

    The point is the lines' own where they have one (a cleaning rule may have joined it), else that of the
    country's name; a name that cannot be placed has none.
    """
    if "country" not in orders.collect_schema().names():
        return None
    sums = orders.filter(~nw.col("country").is_null()).group_by("customer_id", "country")
    worth = nw.col("_revenue").sum() if "_revenue" in orders.collect_schema().names() else nw.len()
    revenue = sums.agg(_spent=worth)
    most = revenue.filter(nw.col("_spent") == nw.col("_spent").max().over("customer_id"))
    country = most.group_by("customer_id").agg(nw.col("country").min())
    if set(POINT) <= set(orders.collect_schema().names()):
        named = orders.filter(~nw.col("country").is_null()).group_by("country")
        points = named.agg(**{name: nw.col(name).min() for name in POINT})
    else:
        names = _column(distinct_rows(revenue, "country").sort("country"), "country")
        found = [find_country(name) for name in names]
        points = engine.table(
            pa.table(
                {"country": pa.array(names, pa.string())}
                | {name: pa.array([getattr(place, name, None) for place in found], pa.float64()) for name in POINT}
            )
        )
    return country.join(points, on="country", how="left").select("customer_id", "country", *POINT)


def _unique_items(lines: nw.LazyFrame) -> nw.LazyFrame | None:
    """Return how many different products each customer bought."""
    if "_product" not in lines.collect_schema().names():
        return None
    bought = distinct_rows(lines.filter(~nw.col("_product").is_null()), "customer_id", "_product")
    return bought.group_by("customer_id").agg(unique_items=nw.len())


def _returned(returns: nw.LazyFrame, goods: str | None, in_money: bool) -> nw.LazyFrame | None:
    """Return how many items each customer brought back and, if asked, their money: numbers below zero."""
    known = returns.collect_schema().names()
    if "customer_id" not in known or "quantity" not in known:
        return None
    back = _with_goods(returns.filter(~nw.col("customer_id").is_null()), goods)
    money = {"_back": nw.col("revenue").sum()} if in_money and "revenue" in known else {}
    return back.group_by("customer_id").agg(returned_items=nw.col("_quantity").sum(), **money)


def _moments(table: nw.LazyFrame, span: Span, *, calendar: bool, insiders: bool) -> nw.LazyFrame:
    """Add what is counted in days: recency, tenure, the usual gap and the rate of purchase days.

    Days are counted between the moments themselves (elapsed), or between the midnights before them (calendar).
    """
    midnight = span.snapshot.replace(hour=0, minute=0, second=0, microsecond=0)
    now = nw.lit(midnight if calendar else span.snapshot)
    first, last = ("_first_day", "_last_day") if calendar else ("first_order", "last_order")
    last_day = span.last_line.replace(hour=0, minute=0, second=0, microsecond=0)
    first_day = nw.col("_first_day")
    counted = table.with_columns(
        recency=days_between(nw.col(last), now),
        tenure=days_between(nw.col(first), now),
        _between=days_between(first_day, nw.col("_last_day")),
        _silence=days_between(first_day, nw.lit(midnight)),
        _seen=days_between(first_day, nw.lit(last_day)),
    )
    # with one purchase day no gap has been seen: it is at least as long as the silence since
    silence = nw.col("_silence")
    if insiders:
        silence = nw.when(silence == 0).then(nw.lit(NEVER)).otherwise(silence)
    days = nw.col("purchase_days").cast(nw.Float64)
    gap = nw.col("_between").cast(nw.Float64) / (days - 1)
    return counted.with_columns(
        average_gap=nw.when(nw.col("purchase_days") > 1).then(gap).otherwise(silence.cast(nw.Float64)),
        # of the days on which they could be seen buying: from their first to the ledger's last
        purchase_rate=days / (nw.col("_seen") + 1).cast(nw.Float64),
    )


def _measures(table: nw.LazyFrame) -> nw.LazyFrame:
    """Turn sums into floats, and add the measures that are ratios of them."""
    names = table.collect_schema().names()
    number = nw.Float64
    amounts = ("monetary", "gross_revenue") if "_gross" in names else ()
    sums = {name: nw.col("_gross").cast(number) for name in amounts}
    if "_back" in names:
        sums["monetary"] = (nw.col("_gross") + nw.col("_back").fill_null(0)).cast(number)
    if "items" in names:
        sums["items"] = nw.col("items").fill_null(0).cast(number)
    if "unique_items" in names:
        sums["unique_items"] = nw.col("unique_items").fill_null(0).cast(nw.Int64)
    if "returned_items" in names:
        sums["returned_items"] = (-nw.col("returned_items").fill_null(0)).cast(number)
    for name in WEEKDAY_SHARES + DAY_SHARES:
        sums[name] = nw.col(name).fill_null(0).cast(number)
    table = table.with_columns(**sums)
    ratios = {
        "average_ticket": ("gross_revenue", "lines"),
        "average_order": ("gross_revenue", "frequency"),
        "average_price": ("gross_revenue", "items"),
        "basket_size": ("items", "frequency"),
        "unique_basket_size": ("unique_items", "frequency"),
        "return_rate": ("returned_items", "items"),
    } | {name: (name, "_worth") for name in WEEKDAY_SHARES + DAY_SHARES}
    there = {*names, *amounts}
    return table.with_columns(**{n: _ratio(*pair) for n, pair in ratios.items() if set(pair) <= there})


def _ratio(part: str, whole: str) -> nw.Expr:
    """Return part / whole, and 0 where the whole is nothing."""
    above, below = nw.col(part).cast(nw.Float64), nw.col(whole).cast(nw.Float64)
    return nw.when(below > 0).then(above / below).otherwise(nw.lit(0.0))


def _named(table: nw.LazyFrame) -> nw.LazyFrame:
    """Return the columns in the order in which people read them."""
    order = (
        "customer_id", "country", "latitude", "longitude", "recency", "frequency", "monetary", "first_order",
        "last_order", "tenure", "purchase_days", "average_gap", "purchase_rate", "lines", "items", "unique_items",
        "average_ticket", "average_order", "average_price", "basket_size", "unique_basket_size", "returned_items",
        "return_rate", "gross_revenue", *WEEKDAY_SHARES, *DAY_SHARES,
    )  # fmt: skip
    there = set(table.collect_schema().names())
    whole = {
        name: nw.col(name).cast(nw.Int64) for name in ("recency", "frequency", "tenure", "purchase_days", "lines")
    }
    return table.with_columns(**whole).select(*(name for name in order if name in there))


def fifty(customers: "pd.DataFrame") -> list[str]:
    """Return the fifty features of the Insiders study that a table of customers has.

    The weekday on which nothing was ever sold is left out, as it was there: its share is 0 for everybody.
    """
    shares = [n for n in WEEKDAY_SHARES if n in customers.columns and (customers[n] != 0).any()]
    names = ["latitude", "longitude", *shares, *DAY_SHARES, *COUNTS]
    return [name for name in names if name in customers.columns]


def _moment(text: str) -> datetime:
    """Return the moment that a text names."""
    try:
        # a ledger's times are the source's own, without a zone
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise StudyError(
            f"rfm.snapshot is {text!r}, but should be a moment such as 2011-12-10 or 2011-12-10 12:50."
        ) from None


def _row(frame: nw.LazyFrame) -> dict[str, Any]:
    return frame.collect("pyarrow").to_native().to_pylist()[0]


def _column(frame: nw.LazyFrame, name: str) -> list[Any]:
    return frame.collect("pyarrow").to_native().column(name).to_pylist()

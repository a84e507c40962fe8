"""What was sold and what came back, summed on the engine: by period, month, customer, country or product."""

import narwhals as nw
import pandas as pd
import pyarrow as pa

from helpers.base.engine import DuckDBEngine, day_of, distinct_rows, month_of
from helpers.ledger.lines import collected

LEVELS = ("customers", "orders", "items", "sales")
"""Sums of purchases, each counted within the one before: what a change is taken apart by."""
AMOUNT = nw.Decimal(18, 4)
GROUPS = {"rfm_segment": "Segment", "country": "Country", "product": "Product"}


def sales_and_returns(
    lines: nw.LazyFrame, returns: nw.LazyFrame, customers: pd.DataFrame | None, engine: DuckDBEngine
) -> nw.LazyFrame:
    """Return purchases and returns as lines of one kind.

    Args:
        lines: clean purchases with `ordered_at`.
        returns: what came back, with quantities and revenue below zero.
        customers: `customer_id` and `rfm_segment`, or None.
        engine: where the lines live; the result is computed once.

    Returns:
        `customer_id` (an order without one is a customer of its own), `day`, `month` (its first day), `buyer` and
        `order` (null in a return), `items`, `sales` and `returned` (both above zero), and as far as they are known
        `rfm_segment`, `country` and `product`: its group where the lines have a `category`, else its code or name.
    """
    parts = [_alike(frame, back=back) for frame, back in ((lines, False), (returns, True))]
    known = [name for name in parts[0].collect_schema().names() if name in parts[1].collect_schema().names()]
    moves = nw.concat([part.select(known) for part in parts])
    if customers is not None and {"customer_id", "rfm_segment"} <= set(customers):
        segments = engine.table(
            pa.Table.from_pandas(customers[["customer_id", "rfm_segment"]], preserve_index=False)
        )
        moves = moves.join(segments, on="customer_id", how="left")
    return engine.keep(moves)


def _alike(lines: nw.LazyFrame, *, back: bool) -> nw.LazyFrame:
    """Return lines with the columns of `sales_and_returns`; `back`: they came back."""
    names = lines.collect_schema().names()
    if "ordered_at" not in names:  # returns of a source without any
        lines, names = lines.with_columns(ordered_at=nw.lit(None).cast(nw.Datetime)), [*names, "ordered_at"]
    lines = lines.filter(~nw.col("ordered_at").is_null())
    nobody, nothing = nw.lit(None).cast(nw.String), nw.lit(0)
    order = nw.col("order_id") if "order_id" in names else nobody
    who = nw.coalesce(nw.col("customer_id"), order) if "customer_id" in names else order
    columns = {
        "all": nw.lit("all"),
        "customer_id": who,
        "day": day_of("ordered_at"),
        "month": month_of("ordered_at"),
    }
    if "customer_id" in names:
        columns["buyer"] = nobody if back else who
    columns["order"] = nobody if back else order
    if "quantity" in names:
        columns["items"] = nothing if back else nw.col("quantity")
    if "revenue" in names:
        columns |= {
            "sales": nothing if back else nw.col("revenue"),
            "returned": -nw.col("revenue") if back else nothing,
        }
    columns |= {"country": nw.col("country")} if "country" in names else {}
    product = next((name for name in ("category", "product_id", "product_name") if name in names), None)
    columns |= {"product": nw.col(product)} if product else {}
    exact = {name: columns[name].cast(AMOUNT) for name in ("items", "sales", "returned") if name in columns}
    return lines.select(**columns | exact)


def totals(moves: nw.LazyFrame, *by: str) -> pd.DataFrame:
    """Return what was sold and what came back for each value of columns of `sales_and_returns`, by these values.

    Returns:
        `customers`, `orders` (numbers), `items` (units), `sales`, `returned` and `net` (money: sales less
        returned), as far as they are known, as floats; values that are missing are `not known`. A value of
        which nothing was sold or returned has no row.
    """
    schema = moves.collect_schema()
    names, texts = schema.names(), [name for name in by if schema[name] == nw.String]
    sums = {}
    for name, column in (("customers", "buyer"), ("orders", "order")):
        if column in names:  # a null is no value
            sums[name] = nw.col(column).n_unique() - nw.col(column).is_null().any().cast(nw.Int64)
    sums |= {name: nw.col(name).sum() for name in ("items", "sales", "returned") if name in names}
    moves = moves.with_columns(nw.col(*texts).fill_null("not known")) if texts else moves
    found = collected(moves.group_by(*by).agg(**sums).sort(*by))
    found[list(sums)] = found[list(sums)].fillna(0).astype(float)
    if "sales" in found:
        found["net"] = (found["sales"] - found["returned"]).round(4)  # the digits that amounts have
    return found.set_index(list(by))


def purchase_days(moves: nw.LazyFrame) -> pd.DataFrame:
    """Return `customer_id` and `day` of each day on which a customer bought, by these."""
    bought = distinct_rows(moves.filter(~nw.col("buyer").is_null()), "customer_id", "day")
    return collected(bought.sort("customer_id", "day"))


def by_month(moves: nw.LazyFrame, *by: str) -> pd.DataFrame:
    """Return `totals` of each calendar month (and further columns); of a month alone, each between the ends."""
    found = totals(moves, "month", *by).reset_index("month")
    found["month"] = found["month"].dt.to_period("M")
    if by:
        return found.set_index("month", append=True).swaplevel()
    months = pd.period_range(found["month"].min(), found["month"].max(), freq="M", name="month")
    return found.set_index("month").reindex(months, fill_value=0.0)


def product_names(lines: nw.LazyFrame) -> dict[str, str]:
    """Return a name for each product code, where `product` is a code: the most frequent one."""
    names = lines.collect_schema().names()
    if "category" in names or not {"product_id", "product_name"} <= set(names):
        return {}
    named = lines.filter(~nw.col("product_name").is_null()).group_by("product_id", "product_name").agg(_n=nw.len())
    most = collected(named).sort_values(["product_id", "_n", "product_name"], ascending=[True, False, True])
    found = most.drop_duplicates("product_id").rename(columns={"product_name": "name"})
    twice = found["name"].duplicated(keep=False)
    found["name"] = found["name"].where(~twice, found["name"] + " (" + found["product_id"] + ")")
    return dict(zip(found["product_id"], found["name"], strict=True))


def first_choices(
    moves: nw.LazyFrame, first_day: pd.Series, called: dict[str, str], engine: DuckDBEngine
) -> dict[str, pd.Series]:
    """Return, by `customer_id`, what customers spent most on at their first purchase, and where they live.

    Args:
        moves: of `sales_and_returns`.
        first_day: the day of the first purchase, by customer.
        called: names of products by code.
        engine: where the moves live.

    Returns:
        By `first product` and `country`, as far as they are known; equal amounts go by the alphabet.
    """
    firsts = engine.table(pa.Table.from_pandas(first_day.rename("day").reset_index(), preserve_index=False))
    bought = moves.filter(~nw.col("buyer").is_null()).join(firsts, on=["customer_id", "day"], how="inner")
    names = bought.collect_schema().names()
    worth = nw.col("sales").sum() if "sales" in names else nw.len()
    found = {}
    for by, column in (("first product", "product"), ("country", "country")):
        if column in names:
            spent = bought.filter(~nw.col(column).is_null()).group_by("customer_id", column).agg(_worth=worth)
            ordered = collected(spent).sort_values(
                ["customer_id", "_worth", column], ascending=[True, False, True]
            )
            first = ordered.drop_duplicates("customer_id").set_index("customer_id")[column]
            found[by] = first.replace(called) if column == "product" else first
    return found

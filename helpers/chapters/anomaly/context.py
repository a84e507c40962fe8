"""Is this line unusual for this customer, and for this product? A line's features in context, on the engine.

An amount means little by itself: five thousand is a Tuesday for one customer and a slip of the keyboard for
another. So each value is set against its own usual one. Usual is a median, and the lines under suspicion are part
of it, as they are in life; a median hardly notices them. Where a customer or product has few lines, its median is
drawn towards everybody's, so that a single line is not its own yardstick. Where customers are unknown, the usual
is the product's; where both are, it is everybody's.

Rare is not enough: five mugs are many for somebody who buys one, and nobody would look them up. So a value counts
as usual, whoever it belongs to, unless it is notable by itself: a line or an order as large as the shop's largest
tenth (or ten times the usual, as by a digit too many), a price off its product's own by a fifth, a tenth of the
units brought back that is worth such a line, a line of the largest fiftieth once more within a day. A date
counts from two days off, whatever the order is worth.

Ratios are logarithms: 0 is as usual, log 2 is twice as much.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import narwhals as nw
import numpy as np
import pandas as pd

from helpers.base.engine import DuckDBEngine, days_between

AMOUNT, PRICE, QUANTITY = "amount_to_usual", "price_to_usual", "quantity_to_usual"
DATE, TWICE = "days_out_of_sequence", "entered_twice"
ORDERS, RETURNS = "orders_in_a_day", "return_share"
LINE_FEATURES = (AMOUNT, PRICE, QUANTITY, DATE, TWICE, ORDERS, RETURNS)
FEATURE_SETS = {
    "Amount against own usual": [AMOUNT],
    "... and price against usual": [AMOUNT, PRICE],
    "... and quantity against usual": [AMOUNT, PRICE, QUANTITY],
    "... and date against order number": [AMOUNT, PRICE, QUANTITY, DATE],
    "... and lines entered twice": [AMOUNT, PRICE, QUANTITY, DATE, TWICE],
    "... and orders a day, returns": [*LINE_FEATURES],
}
"""Sets of line features, each adding to the one before."""
RARE = (DATE, TWICE)
"""Line features that are as usual in nearly all lines."""
PRIOR = 2.0
"""Lines of everybody's usual that are mixed into that of a customer or product: beside two of their own, half."""
LARGE = 0.9
"""Share of all lines (or orders) that are smaller than a large one, by amount, else by units;
what is smaller counts as usual."""
REPEATED = 0.98
"""Share of all lines that are smaller than one that counts when it is there once more: customers order the smaller
ones again too often for a list of the most unusual."""
FAR = 10
"""Times the usual from which also a small line or order counts: a digit too many."""
OFF = 0.2
"""Share by which a price has to be off its product's usual one to count: less is a new price or a discount."""
PART = 0.1
"""Share of a customer's units that has to be brought back to count."""
DAY = 1
"""Days that a date may be off, for orders are entered late, and within which the same line is there once more."""
LOOSE = 0.05
"""Share of orders out of sequence above which order numbers do not follow the dates, and tell nothing of them."""
PRIME = 2**31 - 1
"""Squares of smaller numbers are 64-bit whole numbers."""
PENNY, CRUMB = 0.01, 0.001
"""Amounts and quantities below these count as these, because nothing has no logarithm."""
COLUMNS = (
    "line", "customer_id", "order_id", "ordered_at", "product_id", "product_name", "quantity", "unit_price",
    "revenue",
)  # fmt: skip
"""Of the ledger: what a line is looked up by, and its values."""


@dataclass(frozen=True)
class LineContext:
    """Lines with their features, kept on the engine."""

    frame: nw.LazyFrame
    """`line`, the features, and of the ledger's columns those that they are summed by."""
    features: tuple[str, ...]
    """Those of LINE_FEATURES that the ledger's columns allow."""
    lines: nw.LazyFrame
    """The lines as they are."""

    @property
    def size_in(self) -> str:
        """What the size of an order is measured in: `revenue`, else `quantity`, else its `line`s."""
        known = self.frame.collect_schema().names()
        return next((name for name in ("revenue", "quantity") if name in known), "line")

    @cached_property
    def count(self) -> int:
        """How many lines there are."""
        return int(_number(self.frame, nw.len()))

    def load(self, *besides: str, most: int | None = None, seed: int = 0) -> pd.DataFrame:
        """Return `line`, the features, and columns besides (if known) as numbers, in the order of the lines.

        Of more lines than `most` about so many are loaded, drawn at random: a line is drawn if the fourth power of
        its shifted number, modulo a prime, is small. Such powers are spread like random numbers (Rudnick and
        Sarnak, 1998, "The pair correlation function of fractional parts of polynomials") on any engine.
        """
        known = [nw.col(name).cast(nw.Float64) for name in besides if name in self.frame.collect_schema().names()]
        frame = self.frame.select("line", *known, *self.features)
        if most is not None and self.count > most:
            shifted = (nw.col("line") + int(np.random.default_rng(seed).integers(PRIME))) % PRIME
            square = (shifted * shifted) % PRIME
            frame = frame.filter((square * square) % PRIME < PRIME * most // self.count)
        return frame.sort("line").collect("pandas").to_native()

    def rows(self, numbers: list[int]) -> pd.DataFrame:
        """Return some lines in their order: ids and values that the ledger has, and the features."""
        known, wanted = self.lines.collect_schema().names(), nw.col("line").is_in(numbers)
        told = self.lines.select(*(name for name in COLUMNS if name in known)).filter(wanted)
        scored = self.frame.select("line", *self.features).filter(wanted)
        frame = told.join(scored, on="line", how="inner").sort("line").collect("pandas").to_native()
        decimals = [name for name in ("quantity", "unit_price", "revenue") if name in frame]
        return frame.astype(dict.fromkeys(decimals, float))


def line_context(
    lines: nw.LazyFrame,
    returns: nw.LazyFrame,
    engine: DuckDBEngine,
    asked: Collection[str] = LINE_FEATURES,
) -> LineContext:
    """Return each line's context features, of clean purchases and of lines brought back (quantities below zero).

    * `amount_to_usual`: log of the amount over the customer's usual one (else the product's, else everybody's);
      0 unless the line is large (`LARGE`) or the ratio is (`FAR`).
    * `price_to_usual`: log of the unit price over the product's usual one; 0 where it is off by less than `OFF`.
    * `quantity_to_usual`: log of the quantity over what is usual for the product and, besides, for the customer
      (the residual of one step of Tukey's median polish; no less is usual than the least that anybody buys);
      0 unless the line or the ratio is large.
    * `days_out_of_sequence`: log of the days by which the date is before or after those of both the orders whose
      numbers are next to the line's own; 0 up to a `DAY`. Not there where more orders than `LOOSE` are off.
    * `entered_twice`: log 2 where the line is of the largest (`REPEATED`) and the customer has the product in the
      same quantity in an earlier line that is at most a `DAY` older.
    * `orders_in_a_day`: log of the orders that the customer placed on that day.
    * `return_share`: units that the customer brought back over units bought, from 0 to 1; 0 where
      it is less than `PART` or they are worth less than a large line.

    Features that are not asked for, or whose columns are missing, are left out. Products are told apart by name
    where they have no codes.
    """
    known = lines.collect_schema().names()
    product = product_of(known)
    customer = "customer_id" if "customer_id" in known else None
    frame = logs = engine.keep(_with_logs(lines, known, product))
    size = "log_amount" if "revenue" in known else "_quantity" if "quantity" in known else None
    large, largest = (_quantile(frame, size, share) if size else 0.0 for share in (LARGE, REPEATED))
    added: list[str] = []
    if AMOUNT in asked and "revenue" in known:
        frame = _against_usual(frame, customer or product, "log_amount", AMOUNT, engine)
        frame = frame.with_columns(**{AMOUNT: _where(_notable(AMOUNT, size, large), AMOUNT)})
        added.append(AMOUNT)
    if PRICE in asked and product and "unit_price" in known:
        frame = _prices(frame, product)
        added.append(PRICE)
    if QUANTITY in asked and "quantity" in known:
        frame = _quantities(frame, product, customer, engine)
        frame = frame.with_columns(**{QUANTITY: _where(_notable(QUANTITY, size, large), QUANTITY)})
        added.append(QUANTITY)
    if DATE in asked and "order_id" in known:
        frame = _dates(frame, added, engine)
    if TWICE in asked and customer and product and "quantity" in known:
        frame = _twice(frame, product, nw.col(size) >= largest)
        added.append(TWICE)
    if ORDERS in asked and customer and "order_id" in known:
        frame = _behaviour(frame, returns, added, float(np.exp(large)))
    # nothing to compare with is nothing unusual; seven digits tell enough, and lines may be many millions
    told = {name: nw.col(name).fill_null(0.0).cast(nw.Float32) for name in added}
    summed_by = [name for name in ("customer_id", "order_id", "quantity", "revenue") if name in known]
    # the products and days have told what they can: of millions of lines no more is kept than is asked for
    whole = frame.select("line", *summed_by, **told)
    return LineContext(engine.keep(whole, instead_of=logs), tuple(added), lines)


def product_of(known: Collection[str]) -> str | None:
    """Return the column that tells products apart: their codes, else their names, if any."""
    return next((name for name in ("product_id", "product_name") if name in known), None)


def _with_logs(lines: nw.LazyFrame, known: list[str], product: str | None) -> nw.LazyFrame:
    """Return the columns that features need, the day's number, and logs of sizes (signs are other chapters')."""
    logs = {"log_amount": _log("revenue", PENNY)} if "revenue" in known else {}
    if "unit_price" in known:
        logs["_price"] = _log("unit_price", PENNY)
    if "quantity" in known:
        logs["_quantity"] = _log("quantity", CRUMB)
    needed = [
        name for name in ("line", "customer_id", "order_id", product, "quantity", "revenue") if name in known
    ]
    return lines.select(*needed, _day=days_between(nw.lit(datetime(1970, 1, 1)), nw.col("ordered_at")), **logs)


def _log(name: str, least: float) -> nw.Expr:
    size = nw.col(name).cast(nw.Float64).abs()
    return nw.when(size > least).then(size).otherwise(nw.lit(least)).log()


def _usual(frame: nw.LazyFrame, by: str, value: str, name: str, everybody: float) -> nw.LazyFrame:
    """Return the usual value by customer or product: its median, drawn towards everybody's."""
    medians = frame.filter(~nw.col(by).is_null()).group_by(by).agg(_n=nw.len(), _median=nw.col(value).median())
    n = nw.col("_n").cast(nw.Float64)
    return medians.select(by, **{name: (n * nw.col("_median") + PRIOR * everybody) / (n + PRIOR)})


def _median(frame: nw.LazyFrame, value: str) -> float:
    """Return the median over all lines; 0 where there is none."""
    return _number(frame, nw.col(value).median())


def _quantile(frame: nw.LazyFrame, value: str, share: float) -> float:
    """Return the value that a share of all lines is below; 0 where there is none."""
    return _number(frame, nw.col(value).quantile(share, interpolation="linear"))


def _number(frame: nw.LazyFrame, expression: nw.Expr) -> float:
    """Return one number about all lines; 0 where there is none."""
    found = frame.select(value=expression).collect("pyarrow").to_native().column("value")[0].as_py()
    return 0.0 if found is None else found


def _notable(feature: str, size: str, large: float) -> nw.Expr:
    """Return whether a line is large, or far from usual however small it is; all in logs."""
    return (nw.col(size) >= large) | (nw.col(feature) >= np.log(FAR))


def _where(notable: nw.Expr, value: str | nw.Expr) -> nw.Expr:
    """Return a value where it is notable, and 0, as usual, elsewhere."""
    return nw.when(notable).then(nw.col(value) if isinstance(value, str) else value).otherwise(nw.lit(0.0))


def _against_usual(
    frame: nw.LazyFrame, by: str | None, value: str, name: str, engine: DuckDBEngine
) -> nw.LazyFrame:
    """Add a value's distance from what is usual for a customer or product; without any, for everybody."""
    everybody = _median(frame, value)
    if by is None:
        return frame.with_columns(**{name: nw.col(value) - everybody})
    usual = engine.keep(_usual(frame, by, value, "_usual", everybody))
    joined = frame.join(usual, on=by, how="left")
    return joined.with_columns(**{name: nw.col(value) - nw.col("_usual")}).drop("_usual")


def _prices(frame: nw.LazyFrame, product: str) -> nw.LazyFrame:
    """Add the price's distance from the product's own; a product has its price, whatever others cost."""
    own = frame.filter(~nw.col(product).is_null()).group_by(product)
    joined = frame.join(own.agg(_own_price=nw.col("_price").median()), on=product, how="left")
    away = nw.col("_price") - nw.col("_own_price")
    notable = _where((away >= np.log1p(OFF)) | (away <= np.log1p(-OFF)), away)
    return joined.with_columns(**{PRICE: notable}).drop("_own_price", "_price")


def _quantities(
    frame: nw.LazyFrame, product: str | None, customer: str | None, engine: DuckDBEngine
) -> nw.LazyFrame:
    """Add the quantity's distance from what the product and then the customer let expect."""
    away = _against_usual(frame, product, "_quantity", QUANTITY, engine)
    if customer is not None:
        habit = engine.keep(_usual(away, customer, QUANTITY, "_habit", 0.0))  # a row a customer, unlike the lines
        joined = away.join(habit, on=customer, how="left")
        away = joined.with_columns(**{QUANTITY: nw.col(QUANTITY) - nw.col("_habit").fill_null(0.0)}).drop("_habit")
    most = nw.col("_quantity") - _number(frame, nw.col("_quantity").min())  # over the least that anybody buys
    return away.with_columns(**{QUANTITY: nw.when(nw.col(QUANTITY) > most).then(most).otherwise(nw.col(QUANTITY))})


def _dates(frame: nw.LazyFrame, added: list[str], engine: DuckDBEngine) -> nw.LazyFrame:
    """Add the days that a date is out of sequence, where numbers of the same length follow the dates."""
    day, earliest, latest = (nw.col(name) for name in ("_day", "_earliest", "_latest"))
    orders = frame.filter(~nw.col("order_id").is_null()).group_by("order_id")
    orders = orders.agg(_earliest=day.min(), _latest=day.max()).with_columns(
        _length=nw.col("order_id").str.len_chars()
    )
    one, two = (earliest.shift(by).over("_length", order_by="order_id") for by in (1, -1))
    orders = engine.keep(orders.with_columns(_one=one, _two=two).drop("_length"))
    one, two = nw.col("_one"), nw.col("_two")  # nothing is before the first number, nor after the last
    first, last = nw.when(two < one).then(two).otherwise(one), nw.when(one > two).then(one).otherwise(two)

    def outside(day: nw.Expr) -> nw.Expr:
        return (day < first - DAY) | (day > last + DAY)

    if _number(orders, _where(outside(earliest), nw.lit(1.0)).mean()) > LOOSE:
        return frame
    added.append(DATE)
    few = engine.keep(orders.filter(outside(earliest) | outside(latest)), instead_of=orders)
    few = few.drop("_earliest", "_latest")
    off = nw.when(day < first).then(first - day).otherwise(day - last).cast(nw.Float64).log()
    joined = frame.join(few, on="order_id", how="left")
    return joined.with_columns(**{DATE: _where(outside(day), off)}).drop("_one", "_two")


def _twice(frame: nw.LazyFrame, product: str, large: nw.Expr) -> nw.LazyFrame:
    """Add whether a large line is the customer's one of the product before it once more."""
    same = ["customer_id", product, "quantity"]
    lines = frame.filter(large & ~nw.any_horizontal(*(nw.col(name).is_null() for name in same), ignore_nulls=True))
    before = nw.col("_day").shift(1).over(*same, order_by=["_day", "line"])
    again = lines.with_columns(_since=nw.col("_day") - before).filter(nw.col("_since") <= DAY)
    return frame.join(again.select("line", **{TWICE: nw.lit(np.log(2))}), on="line", how="left")


def _behaviour(frame: nw.LazyFrame, returns: nw.LazyFrame, added: list[str], large: float) -> nw.LazyFrame:
    """Add the customer's orders on the line's day and, where quantities are known, the share brought back.

    `large` is the amount (else the units) of a line that is large.
    """
    a_day = frame.group_by("customer_id", "_day").agg(_orders=nw.col("order_id").n_unique())
    frame = frame.join(a_day, on=["customer_id", "_day"], how="left")
    frame = frame.with_columns(**{ORDERS: nw.col("_orders").cast(nw.Float64).log()}).drop("_orders")
    added.append(ORDERS)
    known_of_returns = set(returns.collect_schema().names())
    if "quantity" not in frame.collect_schema().names() or not {"customer_id", "quantity"} <= known_of_returns:
        return frame
    worth = "revenue" if "revenue" in frame.collect_schema().names() else "quantity"
    sums = {"_bought": nw.col("quantity"), "_worth": nw.col(worth)}
    sums = {name: column.sum().cast(nw.Float64) for name, column in sums.items()}
    bought = frame.group_by("customer_id").agg(**sums)
    back = returns.filter(~nw.col("customer_id").is_null()).group_by("customer_id")
    back = back.agg(_back=-nw.col("quantity").sum().cast(nw.Float64))
    shares = bought.join(back, on="customer_id", how="left").with_columns(
        _share=nw.col("_back").fill_null(0.0) / nw.when(nw.col("_bought") > 0).then(nw.col("_bought"))
    )
    within = nw.when(nw.col("_share") > 1).then(nw.lit(1.0)).otherwise(nw.col("_share"))
    within = _where((within >= PART) & (within * nw.col("_worth") >= large), within)
    added.append(RETURNS)
    return frame.join(shares.select("customer_id", **{RETURNS: within}), on="customer_id", how="left")

"""How good is a detector here? Errors of known kinds are injected into copies of the sales data, and looked for.

What is injected is a change of the source's own lines, as it would happen in life; all features are then computed
anew on the copy, the usual values included. Nothing but the evaluation knows where errors are. What else is found
counts as wrong, though it may be a real anomaly: precision is therefore a lower bound.
"""

from datetime import timedelta
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.base.engine import DuckDBEngine
from helpers.base.sampling import sample_rows
from helpers.chapters.anomaly.context import LINE_FEATURES, line_context, product_of
from helpers.chapters.anomaly.levels import NEEDED, customer_context, order_context

QUANTITY_KIND, PRICE_KIND, DATE_KIND, TWICE_KIND = "quantity", "price", "date", "twice"
BURST, ABUSE = "burst", "returns"
KIND_NAMES = {QUANTITY_KIND: "Quantity", PRICE_KIND: "Price", DATE_KIND: "Date", TWICE_KIND: "Entered twice"}
KIND_NAMES |= {BURST: "Burst of orders", ABUSE: "Returns"}
LINE_KINDS = {QUANTITY_KIND: "quantity", PRICE_KIND: "unit_price"}
"""Errors in one value of a line, and the column they need."""
KEYS = {"line": "line", "customer": "customer_id", "order": "order_id"}
WHOSE = {"customer_id": "customers", "order_id": "orders", "line": "lines"}
"""What a sample is drawn of, by the first of these columns that is there."""
LIKE_ONE = 20
"""Orders (or lines) that are drawn in the place of one customer."""
QUANTITY_FACTOR, PRICE_FACTOR, DAYS_LATE = 50, 100, 30
BURST_ORDERS, BURST_LINES = 8, 3
"""Orders of a burst, and lines of each."""
ABUSE_SHARE = 0.8
FEWEST = 5
"""Injected rows of a kind below which a recall means nothing."""
COPIES = ("first copy", "second copy")
"""The first chooses the detector, the second says how good it is: measured where it was chosen, the best of
several would always look a little better than it is."""


class Drawn(NamedTuple):
    """Customers, orders or lines in whose data errors are injected."""

    drawn: int
    of: int
    what: str


class Injected(NamedTuple):
    """A copy of the sales data with errors in it."""

    lines: nw.LazyFrame
    returns: nw.LazyFrame
    kinds: pd.Series
    """The kind of error, by the id of a line, customer or order; the others are not in it."""


def injected_tables(
    lines: nw.LazyFrame, returns: nw.LazyFrame, share: float, seed: int, engine: DuckDBEngine
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the context features of lines and of customers in two copies each, with errors in a share of them.

    By level (`line`, `customer`, or `order` where customers are unknown) and copy: a row a line, customer or
    order, its id first, and `injected`, the kind of its error ("" for none). A level into which nothing can be
    injected (see `inject`) is not there.
    """
    known = lines.collect_schema().names()
    above = {"customer": customer_context} if "customer_id" in known else {"order": order_context}
    tables = {}
    for level in ("line", *above):
        for turn, copy in enumerate(COPIES):
            if not (made := inject(level, lines, returns, share=share, seed=seed + turn, engine=engine)):
                break
            context = line_context(made.lines, made.returns, engine, NEEDED.get(level, LINE_FEATURES))
            table = above[level](context) if level in above else context.load("revenue")
            kinds = made.kinds.reindex(table.iloc[:, 0]).fillna("")
            tables[level, copy] = table.assign(injected=kinds.to_numpy(dtype=str))
    return tables


def of_some(
    lines: nw.LazyFrame, returns: nw.LazyFrame, most: int, seed: int, engine: DuckDBEngine
) -> tuple[nw.LazyFrame, nw.LazyFrame, Drawn]:
    """Return lines and returns of a random sample of the customers, and how many these are.

    All of them where no more than `most` customers are known. Where none are, a sample of orders is drawn, or of
    lines where these are unknown, too: LIKE_ONE for each customer. Returns are looked at by customer only.
    """
    key = next(name for name in WHOSE if name in lines.collect_schema().names())
    most *= LIKE_ONE if key != "customer_id" else 1
    known = lines.select(key).drop_nulls().unique().sort(key)
    ids = known.collect("pyarrow").to_native().column(key)
    drawn = Drawn(min(len(ids), most), len(ids), WHOSE[key])
    if len(ids) <= most:
        return lines, returns, drawn
    chosen = engine.table(pa.table({key: ids.take(pa.array(sample_rows(len(ids), most, seed)))}))
    if key == "customer_id" and key in returns.collect_schema().names():
        returns = engine.keep(returns.join(chosen, on=key, how="semi"))
    return engine.keep(lines.join(chosen, on=key, how="semi")), returns, drawn


def inject(
    level: str, lines: nw.LazyFrame, returns: nw.LazyFrame, *, share: float, seed: int, engine: DuckDBEngine
) -> Injected | None:
    """Return a copy in which a share of the lines is wrong, or of the customers unusual, as many of each kind.

    Kinds that need a column that is not there, or returns where there are none, are left out. None where no kind
    is possible, or fewer than FEWEST rows of each would be injected.
    """
    kinds, key = _possible(level, lines, returns), KEYS[level]
    if not kinds:
        return None
    known = lines.filter(~nw.col(key).is_null())
    chosen = dict.fromkeys(["line", key, "ordered_at"])
    owned = known.select(*chosen).sort("line").collect("pandas").to_native()
    ids = np.sort(owned[key].unique())
    count = round(len(ids) * share / len(kinds))
    if count < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    truth = pd.Series(np.repeat(kinds, count), index=rng.permutation(ids)[: count * len(kinds)])
    if level == "line":
        copy = _with_errors(lines, truth, engine)
        if TWICE_KIND in kinds:
            copy, truth = _entered_twice(copy, truth, engine)
        return Injected(copy, returns, truth)
    groups = dict(list(owned[owned[key].isin(set(truth.index))].groupby(key)))
    wrong = {rng.choice(groups[c]["line"]): kind for c, kind in truth.items() if kind in LINE_KINDS}
    burst = [_burst(groups[c], rng) for c, kind in truth.items() if kind == BURST]
    back = [_brought_back(groups[c], rng) for c, kind in truth.items() if kind == ABUSE]
    copy = _with_errors(lines, pd.Series(wrong, dtype=object), engine) if wrong else lines
    if burst:
        copy = _with_orders(copy, pd.concat(burst, ignore_index=True), int(owned["line"].max()), engine)
    return Injected(copy, _with_returns(lines, returns, back, engine) if back else returns, truth)


def _possible(level: str, lines: nw.LazyFrame, returns: nw.LazyFrame) -> list[str]:
    known = set(lines.collect_schema().names())
    kinds = [kind for kind, column in LINE_KINDS.items() if column in known]
    if level == "line":
        twice = {"customer_id", "order_id", "quantity"} <= known and product_of(known)
        return kinds + [DATE_KIND] * ("order_id" in known) + [TWICE_KIND] * bool(twice)
    if level == "order":
        return kinds if KEYS[level] in known else []
    has_returns = "quantity" in known and len(returns.head(1).collect("pyarrow").to_native()) > 0
    return [*kinds, BURST, *([ABUSE] if has_returns else [])]


def _with_errors(lines: nw.LazyFrame, kinds: pd.Series, engine: DuckDBEngine) -> nw.LazyFrame:
    """Return lines of which some have a wrong quantity or price, and the amount that follows from it."""
    chosen = pa.table({"line": pa.array(kinds.index, pa.int64()), "_kind": pa.array(kinds, pa.string())})
    marked = lines.join(engine.table(chosen), on="line", how="left")
    more = nw.when(nw.col("_kind") == QUANTITY_KIND).then(nw.lit(QUANTITY_FACTOR)).otherwise(nw.lit(1))
    dearer = nw.when(nw.col("_kind") == PRICE_KIND).then(nw.lit(PRICE_FACTOR)).otherwise(nw.lit(1))
    possible = {"quantity": more, "unit_price": dearer, "revenue": more * dearer}
    factors = {name: possible[name] for name in lines.collect_schema().names() if name in possible}
    wrong, at = {name: nw.col(name) * factor for name, factor in factors.items()}, nw.col("ordered_at")
    late = nw.when(nw.col("_kind") == DATE_KIND).then(at.dt.offset_by(f"{DAYS_LATE}d")).otherwise(at)
    return marked.with_columns(**wrong, ordered_at=late).drop("_kind")


def _entered_twice(lines: nw.LazyFrame, truth: pd.Series, engine: DuckDBEngine) -> tuple[nw.LazyFrame, pd.Series]:
    """Return lines with the largest that are not wrong once more, in other orders, and all kinds of error."""
    size = "revenue" if "revenue" in lines.collect_schema().names() else "quantity"
    same = ("customer_id", product_of(lines.collect_schema().names()), "order_id", "ordered_at", size)
    known = lines.select("line", *same).sort("line").collect("pandas").to_native()
    last, others = int(known["line"].max()), truth[truth != TWICE_KIND]
    possible = known[~known["line"].isin(others.index)].dropna().astype({size: float})
    largest = possible.nlargest(len(truth) - len(others), size).rename(columns={"line": "copied"})
    if largest.empty:
        return lines, others
    added = largest[["copied", "ordered_at"]].assign(order_id=largest["order_id"] + "-2").reset_index(drop=True)
    again = pd.Series(TWICE_KIND, index=last + 1 + np.arange(len(added)))
    return _with_orders(lines, added, last, engine), pd.concat([others, again])


def _burst(owned: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return `line` (to copy), `order` and `at` of a burst's lines, on a day on which the customer ordered."""
    day = owned["ordered_at"].iloc[rng.integers(len(owned))].normalize()
    order = np.repeat(np.arange(BURST_ORDERS), BURST_LINES)
    moments = [day + timedelta(hours=9, minutes=10 * int(place)) for place in order]
    lines = rng.choice(owned["line"], len(order))
    names = [f"injected {owned['customer_id'].iloc[0]} {place}" for place in order]
    return pd.DataFrame({"copied": lines, "order_id": names, "ordered_at": moments})


def _brought_back(owned: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(owned["line"], int(np.ceil(ABUSE_SHARE * len(owned))), replace=False)


def _with_orders(lines: nw.LazyFrame, added: pd.DataFrame, last: int, engine: DuckDBEngine) -> nw.LazyFrame:
    """Return lines with copies of some of them under other orders, numbered on from the last."""
    added = added.assign(_number=last + 1 + np.arange(len(added)))
    table = engine.table(pa.Table.from_pandas(added, preserve_index=False)).rename({"copied": "line"})
    kept = [name for name in lines.collect_schema().names() if name not in ("order_id", "ordered_at")]
    copies = table.join(lines.select(*kept), on="line", how="left").drop("line").rename({"_number": "line"})
    columns = lines.collect_schema().names()
    moment = nw.col("ordered_at").cast(lines.collect_schema()["ordered_at"])
    return nw.concat([lines, copies.with_columns(ordered_at=moment).select(*columns)])


def _with_returns(
    lines: nw.LazyFrame, returns: nw.LazyFrame, numbers: list[np.ndarray], engine: DuckDBEngine
) -> nw.LazyFrame:
    """Return returns with some more: those lines, their units below zero."""
    chosen = engine.table(pa.table({"line": pa.array(np.sort(np.concatenate(numbers)), pa.int64())}))
    back = chosen.join(lines.select("line", "customer_id", "quantity"), on="line", how="left")
    columns = ["line", "customer_id", "quantity"]
    return nw.concat([returns.select(*columns), back.with_columns(quantity=-nw.col("quantity")).select(*columns)])

"""How good is a detector here? Anomalies of known kinds are planted in a copy of the ledger, and looked for.

What is planted is a change of the source's own lines, as it would happen in life; all features are then computed
anew on the copy, the usual values included. Nothing but the evaluation knows where anything was planted. What else
is found there is counted as wrong, though it may be a real anomaly: precision is therefore a lower bound.
"""

from datetime import timedelta
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import average_precision_score

from helpers.base.engine import DuckDBEngine
from helpers.chapters.anomaly.detectors import NAMES, RANKING, ranked

QUANTITY_KIND, PRICE_KIND, BURST, ABUSE = "quantity", "price", "burst", "returns"
KINDS = {
    QUANTITY_KIND: "one line's quantity times {quantity}",
    PRICE_KIND: "one line's price times {price}, as if the point was forgotten",
    BURST: "{orders} orders on one day, of things the customer buys anyway",
    ABUSE: "{share} of the customer's lines brought back",
}
LINE_KINDS, CUSTOMER_KINDS = (QUANTITY_KIND, PRICE_KIND), tuple(KINDS)
QUANTITY_FACTOR, PRICE_FACTOR = 50, 100
BURST_ORDERS, BURST_LINES = 8, 3
"""Orders of a burst, and lines of each."""
ABUSE_SHARE = 0.8
FEWEST = 5
"""Planted rows of a kind below which a recall means nothing."""


class Planted(NamedTuple):
    """A copy of a ledger with anomalies in it."""

    lines: nw.LazyFrame
    returns: nw.LazyFrame
    kinds: pd.Series
    """The kind that was planted, by line or customer_id; the others are not in it."""


def planted_count(rows: int, share: float, kinds: int) -> int:
    """Return how many rows of each kind are planted, or 0 where they would be too few to measure anything."""
    count = round(rows * share / kinds)
    return count if count >= FEWEST else 0


def plant_lines(
    lines: nw.LazyFrame, returns: nw.LazyFrame, share: float, seed: int, engine: DuckDBEngine
) -> Planted | None:
    """Return a copy in which a share of the lines is wrong, half in quantity and half in price.

    Returns:
        The copy, or None where the ledger lacks a column or has too few lines.
    """
    if not {"quantity", "unit_price"} <= set(lines.collect_schema().names()):
        return None
    numbers = lines.select("line").sort("line").collect("pandas").to_native()["line"].to_numpy()
    count = planted_count(len(numbers), share, len(LINE_KINDS))
    if not count:
        return None
    chosen = np.random.default_rng(seed).permutation(numbers)[: 2 * count]
    kinds = pd.Series(np.repeat(LINE_KINDS, count), index=chosen)
    return Planted(_with_errors(lines, kinds, engine), returns, kinds)


def _with_errors(lines: nw.LazyFrame, kinds: pd.Series, engine: DuckDBEngine) -> nw.LazyFrame:
    """Return lines of which some have a wrong quantity or price, and the amount that follows from it."""
    chosen = pa.table({"line": pa.array(kinds.index, pa.int64()), "_kind": pa.array(kinds, pa.string())})
    marked = lines.join(engine.table(chosen), on="line", how="left")
    more = nw.when(nw.col("_kind") == QUANTITY_KIND).then(nw.lit(QUANTITY_FACTOR)).otherwise(nw.lit(1))
    dearer = nw.when(nw.col("_kind") == PRICE_KIND).then(nw.lit(PRICE_FACTOR)).otherwise(nw.lit(1))
    factors = {"quantity": more, "unit_price": dearer, "revenue": more * dearer}
    return marked.with_columns(**{name: nw.col(name) * factor for name, factor in factors.items()}).drop("_kind")


def plant_customers(
    lines: nw.LazyFrame, returns: nw.LazyFrame, share: float, seed: int, engine: DuckDBEngine
) -> Planted | None:
    """Return a copy in which a share of the customers is unusual, in equal parts of each kind.

    Kinds that need a column the ledger has not, or returns in a ledger without any, are left out.

    Returns:
        The copy, or None where there are too few customers, or no kind is possible.
    """
    kinds = _possible(lines, returns)
    owners = (
        lines.filter(~nw.col("customer_id").is_null()).select("line", "customer_id", "ordered_at").sort("line")
    )
    owned = owners.collect("pandas").to_native()
    customers = np.sort(owned["customer_id"].unique())
    count = planted_count(len(customers), share, len(kinds)) if kinds else 0
    if not count:
        return None
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(customers)[: count * len(kinds)]
    truth = pd.Series(np.repeat(kinds, count), index=chosen)
    groups = dict(list(owned[owned["customer_id"].isin(set(chosen))].groupby("customer_id")))
    wrong = {rng.choice(groups[c]["line"]): kind for c, kind in truth.items() if kind in LINE_KINDS}
    burst = [_burst(groups[c], rng) for c, kind in truth.items() if kind == BURST]
    back = [_brought_back(groups[c], rng) for c, kind in truth.items() if kind == ABUSE]
    copy = _with_errors(lines, pd.Series(wrong, dtype=object), engine) if wrong else lines
    if burst:
        copy = _with_orders(copy, pd.concat(burst, ignore_index=True), int(owned["line"].max()), engine)
    if back:
        returns = _with_returns(lines, returns, np.concatenate(back), engine)
    return Planted(copy, returns, truth)


def _possible(lines: nw.LazyFrame, returns: nw.LazyFrame) -> tuple[str, ...]:
    known = set(lines.collect_schema().names())
    valued = {"quantity", "unit_price"} <= known
    has_returns = "quantity" in known and len(returns.head(1).collect("pyarrow").to_native()) > 0
    possible = {QUANTITY_KIND: valued, PRICE_KIND: valued, BURST: True, ABUSE: has_returns}
    return tuple(kind for kind in CUSTOMER_KINDS if possible[kind])


def _burst(owned: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return `line` (to copy), `order` and `at` of a burst's lines, on a day on which the customer ordered."""
    day = owned["ordered_at"].iloc[rng.integers(len(owned))].normalize()
    order = np.repeat(np.arange(BURST_ORDERS), BURST_LINES)
    moments = [day + timedelta(hours=9, minutes=10 * int(place)) for place in order]
    lines = rng.choice(owned["line"], len(order))
    names = [f"planted {owned['customer_id'].iloc[0]} {place}" for place in order]
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
    lines: nw.LazyFrame, returns: nw.LazyFrame, numbers: np.ndarray, engine: DuckDBEngine
) -> nw.LazyFrame:
    """Return returns with some more: those lines, their units below zero."""
    chosen = engine.table(pa.table({"line": pa.array(np.sort(numbers), pa.int64())}))
    back = chosen.join(lines.select("line", "customer_id", "quantity"), on="line", how="left")
    columns = ["line", "customer_id", "quantity"]
    return nw.concat([returns.select(*columns), back.with_columns(quantity=-nw.col("quantity")).select(*columns)])


def evaluate(scores: dict[str, np.ndarray], kinds: np.ndarray) -> pd.DataFrame:
    """Return how well scores find what was planted, a row a detector.

    Args:
        scores: by detector; nan where it did not score, and those rows are left out of its figures.
        kinds: what was planted in each row, "" for nothing.

    Returns:
        `detector` (key), `name`, `rows`, `planted`, `precision` (of as many rows as were planted),
        `average_precision` (area under the precision-recall curve), `recall_<kind>` among those rows.
    """
    found = []
    for name, each in scores.items():
        scored = np.isfinite(each)
        of, mine = kinds[scored], each[scored]
        hit = found_at_rate(mine, of)
        row = {
            "detector": name,
            "name": NAMES.get(name, name),
            "rows": len(mine),
            "planted": int((of != "").sum()),
        }
        row |= {"precision": float((of[hit] != "").mean())}
        row["average_precision"] = float(average_precision_score(of != "", mine))
        row |= {f"recall_{kind}": float(hit[of == kind].mean()) for kind in KINDS if (of == kind).any()}
        found.append(row)
    return pd.DataFrame(found)


def found_at_rate(scores: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return which rows stand at the top of the list, as many as were planted."""
    top = np.zeros(len(scores), dtype=bool)
    top[ranked(scores)[: int((kinds != "").sum())]] = True
    return top


def best_detector(measured: pd.DataFrame) -> str:
    """Return the detector with the highest average precision among those that may rank the list."""
    precision = measured.set_index("detector")["average_precision"].round(10)
    return max(RANKING, key=lambda name: (precision[name], -RANKING.index(name)))


KIND_NAMES = dict(zip(KINDS, ("Quantity", "Price", "Burst of orders", "Returns"), strict=True))

"""Who bought what, how often and how lately: a ledger as a sparse matrix, and its split at one global date.

The engine sums the lines up to a row for each customer and product; only that leaves it. A matrix of all
customers and products stays sparse, and products stand in one order everywhere: the most bought first. So whatever
a model cannot tell apart falls back to popularity, and no tie is left to chance.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from helpers.base.engine import distinct_rows
from helpers.base.errors import StudyError
from helpers.base.text import day
from helpers.customers.snapshots import cut_offs

QUESTIONS = {"next": "repeats allowed", "new": "new products only"}
"""What is asked of a list, always both."""


@dataclass(frozen=True)
class Interactions:
    """What customers bought up to a moment, a cell for each customer and product that met."""

    customers: np.ndarray
    """Ids, ascending: the rows."""
    products: np.ndarray
    """Codes (or names, where a source has no codes), the one with most customers first: the columns."""
    row: np.ndarray
    column: np.ndarray
    orders: np.ndarray
    """Distinct orders of each cell (lines, where a source has no orders)."""
    age: np.ndarray
    """Days from the last of them to the moment; 0 where there are no dates."""
    now: pd.Timestamp | None
    """The moment ages count from: the cut-off, or the last order; None where there are no dates."""

    @property
    def shape(self) -> tuple[int, int]:
        """Customers, products."""
        return len(self.customers), len(self.products)

    def matrix(self, values: np.ndarray) -> sparse.csr_matrix:
        """Return a value for each cell as a matrix, customers x products."""
        return sparse.csr_matrix((values.astype(np.float64), (self.row, self.column)), shape=self.shape)

    @cached_property
    def seen(self) -> sparse.csr_matrix:
        """1 where a customer bought a product."""
        return self.matrix(np.ones(len(self.row)))

    @cached_property
    def popularity(self) -> np.ndarray:
        """Customers of each product."""
        return np.bincount(self.column, minlength=len(self.products))

    def without(self, cells: np.ndarray) -> "Interactions":
        """Return the interactions without some of their cells; customers and products keep their places."""
        kept = ~cells
        cut = {name: getattr(self, name)[kept] for name in ("row", "column", "orders", "age")}
        return replace(self, **cut)

    def decay(self, half_life: float) -> np.ndarray:
        """Return for each cell 1 today, a half after `half_life` days, a quarter after twice as many."""
        return 0.5 ** (self.age / half_life)

    def decayed(self, half_life: float) -> sparse.csr_matrix:
        """Return how lately each product was bought, from 1 (today) down to 0."""
        return self.matrix(self.decay(half_life))

    def weighted(self, half_life: float) -> sparse.csr_matrix:
        """Return log counts with a half-life: log(1 + orders), halved every so many days since the last one."""
        return self.matrix(np.log1p(self.orders) * self.decay(half_life))


@dataclass(frozen=True)
class Split:
    """What was known before a date, and what the customers known then bought from it on."""

    train: Interactions
    cut_off: datetime
    end: datetime
    relevant: dict[str, sparse.csr_matrix]
    """By question, 1 where a customer of `train` bought a product of `train` between the two dates."""
    newcomers: pd.DataFrame
    """`customer_id, product_id` of customers who bought after the cut-off only, products of `train` only."""
    came_back: int
    """Customers of `train` who bought anything after the cut-off, unknown products included."""
    drawn: bool = False
    """Whether only some customers, drawn at random, are to be right about."""

    def judged_by(self, customers: np.ndarray) -> "Split":
        """Return the window with some customers only to be right about; all of it is learned from.

        It stays as it is where none of them came back.
        """
        chosen = sparse.diags(np.isin(self.train.customers, customers).astype(float))
        kept = {question: sparse.csr_matrix(chosen @ right) for question, right in self.relevant.items()}
        for right in kept.values():
            right.eliminate_zeros()
        return replace(self, relevant=kept, drawn=True) if kept["next"].nnz else self

    @cached_property
    def rows(self) -> dict[str, np.ndarray]:
        """The customers evaluated in each question: those with something to be right about."""
        return {question: np.flatnonzero(right.getnnz(axis=1)) for question, right in self.relevant.items()}

    @property
    def asked(self) -> list[str]:
        """The questions that somebody can be evaluated in."""
        return [question for question in QUESTIONS if len(self.rows[question])]


def values_at(matrix: sparse.csr_matrix, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the values of some cells of a sparse matrix, one for each row and column given."""
    if not len(rows):  # scipy would give back an empty matrix
        return np.zeros(0)
    return np.asarray(matrix[rows, columns]).ravel()


def keyed(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Return the lines that name a product and, where the source has them, a customer.

    The name stands for a code that a source lacks.

    Raises:
        StudyError: there is no column to tell products apart.
    """
    known = lines.collect_schema().names()
    if "product_id" not in known:
        if "product_name" not in known:
            raise StudyError(
                "The transactions have neither product_id nor product_name, so there is nothing to recommend: "
                "map one of them in source.columns, or leave the chapter out."
            )
        lines = lines.with_columns(product_id=nw.col("product_name"))
    wanted = [name for name in ("customer_id", "product_id") if name in (*known, "product_id")]
    return lines.filter(*(~nw.col(name).is_null() for name in wanted))


def interactions(lines: nw.LazyFrame, until: datetime | None = None) -> Interactions:
    """Return what lines of `keyed` say was bought before a moment, or in all: then ages count from the last order.

    Raises:
        StudyError: no line is left.
    """
    known = lines.collect_schema().names()
    if until is not None:
        lines = lines.filter(nw.col("ordered_at") < nw.lit(until))
    pair, dated = ("customer_id", "product_id"), "ordered_at" in known
    last = {"last": nw.col("ordered_at").max()} if dated else {}
    if "order_id" in known:  # first a row an order: counting different values takes more memory
        lines = lines.group_by(*pair, "order_id").agg(**last or {"_lines": nw.len()})
        last = {"last": nw.col("last").max()} if dated else {}
    cells = lines.group_by(*pair).agg(orders=nw.len(), **last).collect("pyarrow").to_native()
    if not cells.num_rows:
        when = f" before {day(until)}" if until else ""
        raise StudyError(f"No transaction{when} names a customer and a product: there is nothing to learn from.")
    customers, row = codes(cells.column("customer_id"))
    products, column = codes(cells.column("product_id"))
    by_popularity = np.argsort(-np.bincount(column), kind="stable")
    column = np.argsort(by_popularity)[column]
    order = np.lexsort((column, row))
    last = cells.column("last").to_pandas() if "last" in cells.column_names else pd.Series(dtype="datetime64[us]")
    now = pd.Timestamp(until) if until is not None else last.max() if last.notna().any() else None
    age = np.zeros(len(order))
    if now is not None:
        days = (now - last) / pd.Timedelta(days=1)
        age = days.fillna(days.max()).to_numpy()  # an undated cell counts as the oldest
    return Interactions(
        customers=customers,
        products=products[by_popularity],
        row=row[order],
        column=column[order],
        orders=cells.column("orders").to_numpy()[order].astype(np.float64),
        age=age[order],
        now=now,
    )


def codes(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values of a column, ascending, and the place of each row's value among them.

    Texts stay in Arrow until they are distinct: millions of them as Python objects would fill the memory.
    """
    place, values = pd.factorize(pd.Series(column, dtype=pd.ArrowDtype(column.type)), sort=True)
    return values.to_numpy(dtype=object), place


def split(lines: nw.LazyFrame, cut_off: datetime, end: datetime) -> Split:
    """Split a ledger at one date for all customers: nothing from it on is known to what is learned before."""
    train = interactions(lines, cut_off)
    moment = nw.col("ordered_at")
    within = lines.filter(moment >= nw.lit(cut_off), moment < nw.lit(end))
    bought = distinct_rows(within, "customer_id", "product_id").collect("pyarrow").to_native().to_pandas()
    bought = bought.sort_values(["customer_id", "product_id"], ignore_index=True)
    row = pd.Index(train.customers).get_indexer(bought["customer_id"])
    column = pd.Index(train.products).get_indexer(bought["product_id"])
    known = (row >= 0) & (column >= 0)
    after = sparse.csr_matrix((np.ones(known.sum()), (row[known], column[known])), shape=train.shape)
    new = sparse.csr_matrix(after - after.multiply(train.seen))
    new.eliminate_zeros()
    newcomers = bought[(row < 0) & (column >= 0)].reset_index(drop=True)
    return Split(train, cut_off, end, {"next": after, "new": new}, newcomers, len(np.unique(row[row >= 0])))


def windows(
    lines: nw.LazyFrame,
    days: int,
    cut_off: str | None,
    *,
    at_most: int = 2,
    asked: nw.LazyFrame | None = None,
    taught: nw.LazyFrame | None = None,
) -> tuple[list[Split], Split | None, str]:
    """Split a ledger at the cut-off asked for, or at the last with a whole horizon after it, and before that.

    Return the earlier windows in their order, in which every choice is made, the last window, which is kept to
    judge the choices, and why there is none. A window in which nobody known before bought a known product judges
    nothing, and is left out. The earlier ones have the customers of `asked`, the last those of `taught`: all
    `lines` where not given. There are `at_most` windows in all; a short ledger has fewer.

    Raises:
        StudyError: the cut-off asked for is no date, or outside the ledger, or too near to its start.
    """
    try:
        starts = cut_offs(lines, days, at_most, cut_off)
    except StudyError as error:
        if cut_off is not None:
            raise
        return [], None, str(error).rstrip(".")
    length = timedelta(days=days)
    test = split(lines if taught is None else taught, starts[-1], starts[-1] + length)
    if not len(test.rows["next"]):
        nobody = f"no customer who bought before {day(test.cut_off)} bought a product known then in"
        return [], None, f"{nobody} the {days} days from it on, so there is nothing to be right about"
    earlier = [split(lines if asked is None else asked, start, start + length) for start in starts[:-1]]
    return [window for window in earlier if len(window.rows["next"])], test, ""


@dataclass(frozen=True)
class Baskets:
    """Which products each order of a customer held: a row a product and order."""

    row: np.ndarray
    column: np.ndarray
    back: np.ndarray
    """How many later orders the customer placed: 0 for what the last one held."""
    orders: np.ndarray
    """Orders of each customer, by row of the matrix."""
    shape: tuple[int, int]

    def matrix(self, weights: np.ndarray) -> sparse.csr_matrix:
        """Return the sums of the weights of the orders that held each product, customers x products."""
        kept = weights > 0
        cells = (self.row[kept], self.column[kept])
        return sparse.csr_matrix((weights[kept], cells), shape=self.shape)


def baskets(lines: nw.LazyFrame, train: Interactions) -> Baskets:
    """Return the orders behind interactions, from lines (of `keyed`) of the same time.

    A moment stands for an order where a source has no order numbers; an order without a moment is the oldest.
    """
    order = "order_id" if "order_id" in lines.collect_schema().names() else "ordered_at"
    held = lines.group_by("customer_id", "product_id", order).agg(moment=nw.col("ordered_at").max())
    cells = held.collect("pyarrow").to_native()
    (customers, who), (products, what), (_, number) = (
        codes(cells.column(name)) for name in ("customer_id", "product_id", order)
    )
    row = pd.Index(train.customers).get_indexer(customers)[who]
    column = pd.Index(train.products).get_indexer(products)[what]
    moment = cells.column("moment").to_pandas().to_numpy("datetime64[us]").astype(np.int64)  # undated: the least
    pair, of = np.unique(row * (number.max() + 2) + number + 1, return_inverse=True)
    placed = np.full(len(pair), np.iinfo(np.int64).min)
    np.maximum.at(placed, of, moment)
    owner, _ = np.divmod(pair, number.max() + 2)
    by_time = np.lexsort((pair, placed, owner))
    orders = np.bincount(owner, minlength=len(train.customers))
    back = np.empty(len(pair), dtype=int)
    back[by_time] = np.cumsum(orders)[owner] - 1 - np.arange(len(pair))
    return Baskets(row, column, back[of], orders, train.shape)


def catalogue(lines: nw.LazyFrame, train: Interactions) -> pd.DataFrame:
    """Return what lines (of `keyed`, of the same time) tell of each product of the interactions, in their order.

    `product_id`, `product_name` (on most lines, then first in the alphabet; the code where there is none), `named`
    (whether it has a name of its own), `price` (revenue by unit, or by line; nan where unknown), and `category`
    where the source has it.
    """
    known = lines.collect_schema().names()
    products = pd.DataFrame({"product_id": train.products})
    if "category" in known:
        products["category"] = products["product_id"].map(_most_common(lines, "category"))
    names = names_of_products(lines)
    products["named"] = products["product_id"].isin(names.index)
    products["product_name"] = products["product_id"].map(names).fillna(products["product_id"])
    products["price"] = np.nan
    if "revenue" in known:
        units = nw.col("quantity").sum() if "quantity" in known else nw.len()
        sums = lines.group_by("product_id").agg(revenue=nw.col("revenue").sum().cast(nw.Float64), units=units)
        sums = sums.with_columns(units=nw.col("units").cast(nw.Float64)).collect("pandas").to_native()
        sums = sums.set_index("product_id").reindex(products["product_id"])
        products["price"] = (sums["revenue"] / sums["units"].where(sums["units"] > 0)).to_numpy(float)
    return products


def names_of_products(lines: nw.LazyFrame) -> pd.Series:
    """Return the name of each product of lines of `keyed`, by code; empty where they have none."""
    there = "product_name" in lines.collect_schema().names()
    return _most_common(lines, "product_name") if there else pd.Series(dtype=object)


def _most_common(lines: nw.LazyFrame, column: str) -> pd.Series:
    """Return the value that most lines of a product have, ties to the first in the alphabet, by product."""
    counted = lines.filter(~nw.col(column).is_null()).group_by("product_id", column).agg(count=nw.len())
    frame = counted.collect("pandas").to_native()
    frame = frame.sort_values(["product_id", "count", column], ascending=[True, False, True])
    return frame.drop_duplicates("product_id").set_index("product_id")[column]

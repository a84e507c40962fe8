"""What products and customers have in common: words, prices, categories; scores and the country at a cut-off.

A model with features learns from these, and so can score a customer or a product that it never met.
"""

from collections.abc import Collection
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.engine import DuckDBEngine
from helpers.chapters.recommendation.interactions import Interactions, Split, catalogue
from helpers.customers.scores import score
from helpers.customers.snapshots import observe

RARE = 3
"""Products or customers that must share a feature: a rarer one says no more than who has it."""
SCORES = 5
"""Groups into which recency, frequency and money rank customers as of a cut-off."""
WORD = r"(?u)\b[^\W\d_]{2,}\b"
"""A word of a product name: two letters or more, in any script."""


class Known(NamedTuple):
    """All that a model may learn from: what was known at one moment, and nothing later."""

    train: Interactions
    products: pd.DataFrame
    """Of `catalogue`, in the order of the columns."""
    described: pd.DataFrame
    """Features of the customers, in the order of the rows."""


def known_before(lines: nw.LazyFrame, window: Split, engine: DuckDBEngine) -> Known:
    """Return what was known at the cut-off of a window: lines, names and prices, scores and country of customers.

    The segment in the table of customers knows the whole ledger, so it would carry the future into the past.
    """
    moment, train = window.cut_off, window.train
    products = catalogue(lines.filter(nw.col("ordered_at") < nw.lit(moment)), train)
    if not {"order_id", "revenue"} <= set(lines.collect_schema().names()):
        return Known(train, products, pd.DataFrame(index=range(len(train.customers))))
    seen = observe(lines, lines.head(0), moment, (window.end - moment).days, engine).customers
    described = score(seen, SCORES)[0].assign(customer_id=seen["customer_id"])
    if "country" in seen:
        described["country"] = seen["country"]
    return Known(train, products, _aligned(described, train))


def known_now(
    lines: nw.LazyFrame, train: Interactions, customers: pd.DataFrame, features: Collection[str]
) -> Known:
    """Return all that is known, with those of the features that the table of customers has."""
    there = [name for name in features if name in customers and customers[name].notna().any()]
    return Known(train, catalogue(lines, train), _aligned(customers[["customer_id", *there]], train))


def _aligned(described: pd.DataFrame, train: Interactions) -> pd.DataFrame:
    return described.set_index("customer_id").reindex(train.customers).reset_index(drop=True)


class Features(NamedTuple):
    """Features of the rows or columns: an identity each, then what they share."""

    matrix: sparse.csr_matrix
    """A row each, with ones: scaled down to a common sum, so many features learn too slowly to be of use."""
    names: list[str]
    """Of the shared columns, which come after the identities."""


def product_features(products: pd.DataFrame, bands: int) -> Features:
    """Return the identity, words of the name, price band and category of each product.

    Args:
        products: of `catalogue`.
        bands: groups of equal size that prices are cut into.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    parts, names = [], []
    if products["named"].any():
        words = CountVectorizer(token_pattern=WORD, min_df=min(RARE, len(products)), binary=True)
        try:
            parts.append(words.fit_transform(products["product_name"].where(products["named"], "")))
            names += [f"word {word}" for word in words.get_feature_names_out()]
        except ValueError:  # no word stands in so many names
            pass
    described = pd.DataFrame(index=products.index)
    if products["price"].notna().any():
        place = products["price"].rank(method="first")
        described["price band"] = np.ceil(place / place.max() * bands).astype("Int64").astype("string")
    if "category" in products:
        described["category"] = products["category"]
    shared, shared_names = one_hot(described)
    return _with_identity([*parts, shared], [*names, *shared_names], len(products))


def customer_features(described: pd.DataFrame) -> Features:
    """Return the identity and the described features of each customer; missing ones say nothing."""
    shared, names = one_hot(described)
    return _with_identity([shared], names, len(described))


def _with_identity(parts: list[sparse.spmatrix], names: list[str], rows: int) -> Features:
    return Features(sparse.hstack([sparse.identity(rows), *parts], format="csr", dtype=np.float32), names)


def one_hot(described: pd.DataFrame) -> tuple[sparse.csr_matrix, list[str]]:
    """Return a column for each value of each column that is not too rare, and their names."""
    columns, names = [], []
    for name in described.columns:
        texts = described[name].astype("string")
        counts = texts.value_counts()
        for value in sorted(counts.index[counts >= RARE]):
            columns.append((texts == value).fillna(False).to_numpy(float))
            names.append(f"{name} {value}")
    matrix = np.column_stack(columns) if columns else np.zeros((len(described), 0))
    return sparse.csr_matrix(matrix), names


def shared_with(described: pd.DataFrame, names: list[str]) -> sparse.csr_matrix:
    """Return shared features of other customers in the columns of a fitted model; unknown values say nothing."""
    matrix = np.zeros((len(described), len(names)))
    for place, name in enumerate(names):
        for column in described.columns:
            if name.startswith(f"{column} "):
                matrix[:, place] = (described[column].astype("string") == name[len(column) + 1 :]).fillna(False)
    return sparse.csr_matrix(matrix)

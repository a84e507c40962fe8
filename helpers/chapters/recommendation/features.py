"""What products and customers have in common: words, prices, categories; scores and the country at a cut-off.

A model with features learns from these, and so can score a customer or a product that it never met.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache, partial
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.engine import DuckDBEngine
from helpers.chapters.recommendation.interactions import Baskets, Interactions, Split, baskets, catalogue
from helpers.customers.scores import MEASURES, score
from helpers.customers.snapshots import observe

RARE = 3
"""Products or customers that must share a feature: a rarer one says no more than who has it."""
PRICE_BANDS = 8
"""Groups of equal size that prices are cut into."""
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
    baskets: Callable[[], Baskets] | None = None
    """What each order held: read from the data when a model asks, and kept; None where orders have no dates."""


def known_before(lines: nw.LazyFrame, window: Split, engine: DuckDBEngine) -> Known:
    """Return what was known at the cut-off of a window: lines, names and prices, scores and country of customers.

    The segment in the table of customers knows the whole ledger, so it would carry the future into the past.
    """
    moment, train = window.cut_off, window.train
    before = lines.filter(nw.col("ordered_at") < nw.lit(moment))
    products, placed = catalogue(before, train), cache(partial(baskets, before, train))
    if "order_id" not in lines.collect_schema().names():
        return Known(train, products, pd.DataFrame(index=range(len(train.customers))), placed)
    days = (window.end - moment).days
    seen = observe(lines, lines.head(0), moment, days, engine, only=(*MEASURES.values(), "country")).customers
    described = score(seen, SCORES).assign(customer_id=seen["customer_id"])
    if "country" in seen:
        described["country"] = seen["country"]
    return Known(train, products, _aligned(described, train), placed)


def known_now(
    lines: nw.LazyFrame, train: Interactions, customers: pd.DataFrame, features: Collection[str]
) -> Known:
    """Return all that is known, with those of the features that the table of customers has."""
    there = [name for name in features if name in customers and customers[name].notna().any()]
    placed = cache(partial(baskets, lines, train)) if train.now is not None else None
    return Known(train, catalogue(lines, train), _aligned(customers[["customer_id", *there]], train), placed)


def _aligned(described: pd.DataFrame, train: Interactions) -> pd.DataFrame:
    return described.set_index("customer_id").reindex(train.customers).reset_index(drop=True)


def product_features(products: pd.DataFrame) -> sparse.csr_matrix:
    """Return the identity, words of the name, price band and category of each product (of `catalogue`)."""
    from sklearn.feature_extraction.text import CountVectorizer

    words = sparse.csr_matrix((len(products), 0))
    if products["named"].any():
        counter = CountVectorizer(token_pattern=WORD, min_df=min(RARE, len(products)), binary=True)
        with suppress(ValueError):  # where no word stands in so many names
            words = counter.fit_transform(products["product_name"].where(products["named"], ""))
    described = pd.DataFrame(index=products.index)
    if products["price"].notna().any():
        place = products["price"].rank(method="first")
        described["price band"] = np.ceil(place / place.max() * PRICE_BANDS).astype("Int64").astype("string")
    if "category" in products:
        described["category"] = products["category"]
    return with_identity(words, shared_values(described))


def with_identity(*shared: pd.DataFrame | sparse.spmatrix) -> sparse.csr_matrix:
    """Return an identity for each row and then what the rows share.

    All are ones: scaled down to a common sum, so many features learn too slowly to be of use.
    """
    parts = [sparse.csr_matrix(part) for part in shared]
    return sparse.hstack([sparse.identity(parts[0].shape[0]), *parts], format="csr", dtype=np.float32)


def shared_values(described: pd.DataFrame) -> pd.DataFrame:
    """Return a column of ones and zeros for each value that is not too rare; a missing one says nothing."""
    ones = one_hot(described)
    return ones.loc[:, ones.sum() >= RARE]


def one_hot(described: pd.DataFrame) -> pd.DataFrame:
    if described.columns.empty:  # of which pandas makes nothing
        return pd.DataFrame(index=described.index)
    return pd.get_dummies(described.astype("string"), prefix_sep=" ", dtype=float)

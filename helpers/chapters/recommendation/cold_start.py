"""What to offer to somebody who never bought: the model knows them only by what they share with others.

A ledger tests it with customers who came after the cut-off. A source of one purchase each, without dates, tests it
by hiding customers in turn: their one purchase is guessed from everybody else's.
"""

from collections.abc import Mapping

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.vocabulary import label
from helpers.chapters.recommendation.evaluation import ALL_TIME, HYBRID, RANDOM, RECENT, Options, interval
from helpers.chapters.recommendation.interactions import Interactions, Split
from helpers.chapters.recommendation.lightfm import Hybrid, customer_features, hybrid, like, product_features
from helpers.chapters.recommendation.metrics import per_customer
from helpers.chapters.recommendation.models import Scores, top_k

FOLDS = 5


def compare(lists: Mapping[str, np.ndarray], relevant: sparse.csr_matrix, options: Options) -> pd.DataFrame:
    """Return what lists for strangers are worth: `model, precision, hit_rate, low, high` (of the hit rate)."""
    rows = []
    for model, found in lists.items():
        measures = per_customer(found, relevant)
        hit = interval(measures["hit_rate"].to_numpy(), options)
        precision = float(measures["precision"].mean())
        rows.append(
            {"model": model, "precision": precision, "hit_rate": hit.value, "low": hit.low, "high": hit.high}
        )
    return pd.DataFrame(rows)


def newcomers(
    apart: Split, lines: nw.LazyFrame, models: Mapping[str, Scores], mixed: Hybrid, options: Options
) -> tuple[pd.DataFrame, int]:
    """Test recommendations for customers who first bought after the cut-off, of products known before it.

    Args:
        apart: the split of the test window.
        lines: of the ledger; a stranger's country is known, their habits are not.
        models: fitted before the cut-off; those that are the same for everybody are tested.
        mixed: the hybrid, which knows countries.
        options: of the models.

    Returns:
        `compare`'s frame and the number of customers; the frame is empty where there are none.
    """
    bought = apart.strangers
    if not len(bought):
        return pd.DataFrame(), 0
    people, row = np.unique(bought["customer_id"].to_numpy(), return_inverse=True)
    column = pd.Index(apart.train.products).get_indexer(bought["product_id"])
    shape = (len(people), len(apart.train.products))
    relevant = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
    first = np.zeros(1, dtype=int)
    lists = {
        name: np.repeat(top_k(models[name](first), options.k), len(people), axis=0) for name in (ALL_TIME, RECENT)
    }
    lists = {RANDOM: top_k(models[RANDOM](np.arange(len(people))), options.k), **lists}
    described = pd.DataFrame({"customer_id": people})
    if "country" in lines.collect_schema().names():
        within = lines.filter(nw.col("customer_id").is_in(people.tolist()), ~nw.col("country").is_null())
        country = within.group_by("customer_id").agg(nw.col("country").min()).collect("pandas").to_native()
        described = described.merge(country, on="customer_id", how="left")
    shared = like(described.drop(columns="customer_id"), mixed.customers.names)
    lists[HYBRID] = top_k(mixed.cold_scores(shared), options.k)
    return compare(lists, relevant, options), len(people)


def hidden(train: Interactions, products: pd.DataFrame, described: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Test recommendations for customers hidden in turn, from what they share with the others.

    Args:
        train: everybody's interactions.
        products: of `interactions.catalogue`.
        described: features of the customers, in the order of the rows.
        options: of the models.

    Returns:
        `compare`'s frame over all customers.
    """
    fold = np.random.default_rng(options.seed).permutation(len(train.customers)) % FOLDS
    names = (RANDOM, ALL_TIME, HYBRID)
    lists = {name: np.full((len(train.customers), options.k), -1) for name in names}
    for number in range(FOLDS):
        rows = np.flatnonzero(fold == number)
        rest = without(train, fold[train.row] == number)
        counts = rest.popularity[None, :]
        told = product_features(products, options.price_bands)
        mixed = hybrid(rest, customer_features(described), told, options.lightfm)
        shared = like(described.iloc[rows], mixed.customers.names)
        chance = np.random.default_rng([options.seed, number]).random((len(rows), len(train.products)))
        lists[RANDOM][rows] = top_k(chance, options.k)
        lists[ALL_TIME][rows] = np.repeat(top_k(counts, options.k), len(rows), axis=0)
        lists[HYBRID][rows] = top_k(mixed.cold_scores(shared), options.k)
    return compare(lists, train.seen, options)


def without(train: Interactions, left_out: np.ndarray) -> Interactions:
    """Return interactions without some of their cells; customers and products stay where they are."""
    kept = ~left_out
    return Interactions(
        train.customers,
        train.products,
        train.row[kept],
        train.column[kept],
        train.orders[kept],
        train.age[kept],
        train.visits,
        train.now,
    )


def by_feature(mixed: Hybrid, described: pd.DataFrame, names: np.ndarray, shown: int, groups: int) -> pd.DataFrame:
    """Return what newcomers of each kind would be offered: `feature, value, customers, products`.

    Args:
        mixed: a fitted hybrid.
        described: features of the customers it learned from.
        names: of the products.
        shown: products a row.
        groups: values of a feature that are shown at most, those with most customers.
    """
    rows = []
    for feature in described.columns:
        counts = described[feature].astype("string").value_counts()
        counts = counts[[f"{feature} {value}" in mixed.customers.names for value in counts.index]]
        order = sorted(counts.index, key=lambda value, counts=counts: (-counts[value], value))[:groups]
        for value in order:
            shared = like(pd.DataFrame({feature: [value]}), mixed.customers.names)
            best = top_k(mixed.cold_scores(shared), shown)[0]
            told = ", ".join(str(names[column]).strip() for column in best if column >= 0)
            rows.append(
                {"feature": label(feature), "value": value, "customers": int(counts[value]), "products": told}
            )
    return pd.DataFrame(rows, columns=["feature", "value", "customers", "products"])

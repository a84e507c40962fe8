"""Why a customer is offered a product, in a sentence a person can check: what they bought, or what it is like."""

from datetime import timedelta

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.text import number
from helpers.base.vocabulary import label
from helpers.chapters.recommendation.evaluation import Offers, batches
from helpers.chapters.recommendation.interactions import Interactions, values_at

POPULAR = "Popular with other customers"
ALIKE = 1.05
"""How many times as often as all customers those of a kind must buy a product for it to be a reason."""


def reasons(
    train: Interactions,
    lists: np.ndarray,
    similar: sparse.csr_matrix,
    names: np.ndarray,
    described: pd.DataFrame | None = None,
) -> np.ndarray:
    """Return a reason for each place of each list; an empty place has an empty one.

    A product they bought before is explained by how often; another by the most similar product they bought
    (of equally similar ones the more popular); where none is similar, by customers of the same kind who buy it
    more often than others do, or else by its popularity.

    Args:
        train: everything known; rows as in `lists`.
        lists: customers x k, columns of products.
        similar: products x products, likeness above 0.
        names: of the products.
        described: features of the customers, for who has nothing similar.
    """
    kinds = _kinds(train, described) if described is not None else []
    orders, age = train.matrix(train.orders), train.matrix(train.age + 1)  # a zero would not be kept
    found = np.full(lists.shape, "", dtype=object)
    for rows in batches(np.arange(len(lists))):
        wanted = lists[rows]
        at = (np.repeat(rows, wanted.shape[1]), np.maximum(wanted, 0).ravel())
        bought = values_at(orders, *at).reshape(wanted.shape).astype(int)
        days = values_at(age, *at).reshape(wanted.shape) - 1
        best = _most_similar(train, rows, wanted, similar)
        for i, place in zip(*np.nonzero(wanted >= 0), strict=True):
            if bought[i, place]:
                day = train.now - timedelta(days=float(days[i, place])) if train.now is not None else None
                found[rows[i], place] = _again(bought[i, place], day)
            elif best[i, place] >= 0:
                found[rows[i], place] = f"Because they bought {names[best[i, place]]}"
            else:
                found[rows[i], place] = _by_kind(kinds, rows[i], wanted[i, place])
    return found


def _most_similar(
    train: Interactions, rows: np.ndarray, lists: np.ndarray, similar: sparse.csr_matrix
) -> np.ndarray:
    """Return for each place the column of the customer's own product that is most like it, or -1."""
    past = [train.seen.indices[train.seen.indptr[row] : train.seen.indptr[row + 1]] for row in rows]
    lengths = np.array([len(own) for own in past])
    k = lists.shape[1]
    offered = np.repeat(lists.ravel(), np.repeat(lengths, k))
    own = np.concatenate([np.tile(columns, k) for columns in past])
    likeness = values_at(similar, np.maximum(offered, 0), own)
    best = np.full(lists.size, -1)
    place = np.repeat(np.arange(lists.size), np.repeat(lengths, k))
    # the last one written wins: least similar first, and of equals the less popular (the higher column) first
    order = np.lexsort((-own, likeness))
    order = order[likeness[order] > 0]
    best[place[order]] = own[order]
    return best.reshape(lists.shape)


def _kinds(train: Interactions, described: pd.DataFrame) -> list[tuple[str, np.ndarray, pd.DataFrame]]:
    """Return for each feature its name, each customer's value, and how many times as often each value buys what.

    A product's share among the purchases of customers with a value, over its share among all purchases.
    """
    found = []
    overall = train.popularity / train.popularity.sum()
    for name in described.columns:
        values = described[name].astype("string").fillna("").to_numpy(str)
        counts = pd.crosstab(values[train.row], train.column)
        counts = counts.reindex(columns=range(len(train.products)), fill_value=0)
        shares = counts.div(counts.sum(axis=1), axis=0) / overall
        found.append((label(name).lower(), values, shares.drop(index="", errors="ignore")))
    return found


def _by_kind(kinds: list[tuple[str, np.ndarray, pd.DataFrame]], row: int, column: int) -> str:
    """Return the feature of a customer whose holders buy the product most above average, in words."""
    best, told = ALIKE, POPULAR
    for name, values, shares in kinds:
        if values[row] in shares.index and (times := float(shares.at[values[row], column])) >= best:
            best, told = times, f"Bought {times:.1f} times as often as usual by {name} {values[row]}"
    return told


def _again(orders: int, day: pd.Timestamp | None) -> str:
    times = "once" if orders == 1 else "twice" if orders == 2 else f"{number(orders)} times"
    return f"Bought {times}" + (f", last on {day:%Y-%m-%d}" if day is not None else "")


def recommendation_table(
    train: Interactions, offered: Offers, why: np.ndarray, catalogue: pd.DataFrame
) -> pd.DataFrame:
    """Return the lists as a table: `customer_id, rank, product_id, product_name, score, reason, bought_before`."""
    rows, places = np.nonzero(offered.lists >= 0)
    columns = offered.lists[rows, places]
    return pd.DataFrame(
        {
            "customer_id": train.customers[rows],
            "rank": places + 1,
            "product_id": train.products[columns],
            "product_name": catalogue["product_name"].to_numpy()[columns],
            # less digits than arithmetic noise would need, so that the same ledger writes the same file
            "score": np.round(offered.scores[rows, places].astype(float), 6),
            "reason": why[rows, places],
            "bought_before": values_at(train.seen, rows, columns) > 0,
        }
    )


def similar_table(
    train: Interactions, similar: sparse.csr_matrix, catalogue: pd.DataFrame, best_sellers: int, nearest: int
) -> pd.DataFrame:
    """Return the products most like each best seller: `product, similar, likeness`, the most bought first."""
    names = catalogue["product_name"].to_numpy()
    rows = []
    for column in range(min(best_sellers, len(train.products))):
        near, likeness = nearest_to(similar, column, nearest)
        rows += [
            {"product": names[column], "similar": names[other], "likeness": value}
            for other, value in zip(near, likeness, strict=True)
        ]
    return pd.DataFrame(rows, columns=["product", "similar", "likeness"])


def nearest_to(similar: sparse.csr_matrix, column: int, nearest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns most like one, and how like they are; ties to the more popular."""
    start, stop = similar.indptr[column], similar.indptr[column + 1]
    columns, values = similar.indices[start:stop], similar.data[start:stop]
    order = np.lexsort((columns, -values))[:nearest]
    return columns[order], values[order]


def chosen_customers(customers: pd.DataFrame, known: np.ndarray, wanted: list[str], number_of: int) -> list[str]:
    """Return customers to show: those asked for, then of each segment in turn the one nearest to its middle.

    Args:
        customers: table of customers; with `rfm_segment` and `frequency` where they have one.
        known: ids that have a list.
        wanted: ids that the study asks for.
        number_of: how many in all.
    """
    there = customers[customers["customer_id"].isin(known)]
    found = [name for name in wanted if name in set(known)][:number_of]
    if "rfm_segment" not in there:
        rest = [name for name in there["customer_id"] if name not in found]
        return found + rest[: number_of - len(found)]
    middle = there.groupby("rfm_segment")["frequency"].transform("median")
    near = there.assign(away=(there["frequency"] - middle).abs())
    near = near[~near["customer_id"].isin(found)].sort_values(["rfm_segment", "away", "customer_id"])
    near["turn"] = near.groupby("rfm_segment").cumcount()
    turn = near.sort_values(["turn", "rfm_segment"])["customer_id"].tolist()
    return found + turn[: number_of - len(found)]

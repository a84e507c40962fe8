"""The lists as tables: one for every customer with reasons, a few to look at, and similar products."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.evaluation import Lists
from helpers.chapters.recommendation.features import Known
from helpers.chapters.recommendation.interactions import Interactions, values_at
from helpers.chapters.recommendation.reasons import reasons


def with_reasons(
    known: Known, offered: Lists, similar: sparse.csr_matrix, described: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return lists as a table: `customer_id, rank, product_id, product_name, score, reason, bought_before`.

    Args:
        known: what the lists were made from.
        offered: lists of all its customers.
        similar: products x products, for reasons.
        described: features of the customers, for reasons where nothing is similar.
    """
    train, names = known.train, known.products["product_name"].to_numpy()
    why = reasons(train, offered.columns, similar, names, described)
    rows, places = np.nonzero(offered.columns >= 0)
    columns = offered.columns[rows, places]
    return pd.DataFrame(
        {
            "customer_id": train.customers[rows],
            "rank": places + 1,
            "product_id": train.products[columns],
            "product_name": names[columns],
            # less digits than arithmetic noise would need, so that the same ledger writes the same file
            "score": np.round(offered.scores[rows, places].astype(float), 6),
            "reason": why[rows, places],
            "bought_before": values_at(train.seen, rows, columns) > 0,
        }
    )


def example_customers(customers: pd.DataFrame, known: np.ndarray, wanted: list[str], number_of: int) -> list[str]:
    """Return customers to show: those asked for, then of each segment in turn the one nearest to its middle.

    Args:
        customers: table of customers; with `rfm_segment` and `frequency` where they have one.
        known: ids that have a list.
        wanted: ids that the study asks for.
        number_of: how many in all.
    """
    there = customers[customers["customer_id"].isin(known)]
    first = [name for name in wanted if name in set(known)][:number_of]
    if "rfm_segment" not in there:
        rest = [name for name in there["customer_id"] if name not in first]
        return first + rest[: number_of - len(first)]
    middle = there.groupby("rfm_segment")["frequency"].transform("median")
    near = there.assign(away=(there["frequency"] - middle).abs())
    near = near[~near["customer_id"].isin(first)].sort_values(["rfm_segment", "away", "customer_id"])
    near["turn"] = near.groupby("rfm_segment").cumcount()
    turn = near.sort_values(["turn", "rfm_segment"])["customer_id"].tolist()
    return first + turn[: number_of - len(first)]


def shown_lists(
    wanted: Sequence[str], lists: Mapping[str, pd.DataFrame], known: Known, customers: pd.DataFrame, shown: int = 3
) -> pd.DataFrame:
    """Return customers with what they bought most and the first places of each list, a row each."""
    # a name that ends in a blank would stand before its comma with it
    names = known.products["product_name"].str.strip().to_numpy()
    segments = customers.set_index("customer_id").get("rfm_segment")
    counts = known.train.matrix(known.train.orders)
    rows = []
    for customer in wanted:
        own = counts[int(np.searchsorted(known.train.customers, customer))]
        most = np.lexsort((own.indices, -own.data))[:shown]
        bought = ", ".join(f"{names[own.indices[i]]} ({own.data[i]:.0f})" for i in most)
        segment = {} if segments is None else {"rfm_segment": segments[customer]}
        offered = {
            f"offered_{name}": ", ".join(
                table.loc[table["customer_id"] == customer, "product_name"].head(shown).str.strip()
            )
            for name, table in lists.items()
        }
        rows.append({"customer_id": customer, **segment, "bought_most": bought, **offered})
    return pd.DataFrame(rows)


def shown_reasons(wanted: Sequence[str], lists: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return the first places of customers' lists with reasons: `customer_id, rank, product_name, reason`."""
    parts = [lists[(lists["customer_id"] == customer) & (lists["rank"] <= k)] for customer in wanted]
    return pd.concat(parts)[["customer_id", "rank", "product_name", "reason"]]


def similar_to_best_sellers(
    train: Interactions, similar: sparse.csr_matrix, products: pd.DataFrame, best_sellers: int, nearest: int
) -> pd.DataFrame:
    """Return the products most similar to each best seller: `product, also_bought, similarity`."""
    names = products["product_name"].to_numpy()
    rows = []
    for column in range(min(best_sellers, len(train.products))):
        near, similarity = nearest_to(similar, column, nearest)
        rows += [
            {"product": names[column], "also_bought": names[other], "similarity": value}
            for other, value in zip(near, similarity, strict=True)
        ]
    return pd.DataFrame(rows, columns=["product", "also_bought", "similarity"])


def nearest_to(similar: sparse.csr_matrix, column: int, nearest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns most similar to one, and how similar they are; ties to the more popular."""
    start, stop = similar.indptr[column], similar.indptr[column + 1]
    columns, values = similar.indices[start:stop], similar.data[start:stop]
    order = np.lexsort((columns, -values))[:nearest]
    return columns[order], values[order]

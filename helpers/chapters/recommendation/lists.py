"""The lists as tables: one for every customer with reasons, a few to look at, and similar products."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.evaluation import Lists
from helpers.chapters.recommendation.features import Known
from helpers.chapters.recommendation.interactions import values_at
from helpers.chapters.recommendation.reasons import reasons
from helpers.customers.actions import ACTIONS, BEFORE_SEASON, REVIEW, kind_of

NO_LISTS = pd.DataFrame(
    {"customer_id": [], "rank": [], "product_id": [], "score": [], "reason": []}, dtype=object
).astype({"rank": "int64", "score": float, "customer_id": str, "product_id": str, "reason": str})
"""The table of lists where nobody can be given one."""
NOT_NOW = {
    kind_of(REVIEW): "reviewed first",
    kind_of(BEFORE_SEASON): "written to before their season",
    kind_of(ACTIONS["away", "low"]): "with the newsletter only",
}
"""Kinds of action that leave no room for a list of one's own today, and what is done instead."""


def with_reasons(
    known: Known, offered: Lists, similar: sparse.csr_matrix, described: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the lists of all customers as a table, with reasons of `reasons`."""
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


def with_actions(offered: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Return lists with each customer's `action` and `flag` (why they are reviewed first), where known."""
    said = [name for name in ("action", "flag") if name in customers]
    return offered.merge(customers[["customer_id", *said]], on="customer_id", how="left") if said else offered


def held_back(offered: pd.DataFrame) -> pd.Series:
    """Return the number of customers of each kind of NOT_NOW among those with a list; empty without actions."""
    if "action" not in offered:
        return pd.Series(dtype=int)
    kinds = offered.drop_duplicates("customer_id")["action"].dropna().map(kind_of)
    counts = kinds[kinds.isin(list(NOT_NOW))].value_counts()
    return counts.reindex([kind for kind in NOT_NOW if kind in counts])


def example_customers(customers: pd.DataFrame, known: np.ndarray, wanted: list[str], number_of: int) -> list[str]:
    """Return customers with a list: those wanted, then of each segment in turn the nearest to its median."""
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
    about = customers[customers["customer_id"].isin(wanted)].set_index("customer_id")
    said = [name for name in ("rfm_segment", "action", "flag") if name in about and about[name].notna().any()]
    counts = known.train.matrix(known.train.orders)
    lists = {name: table[table["customer_id"].isin(list(wanted))] for name, table in lists.items()}
    rows = []
    for customer in wanted:
        own = counts[int(np.searchsorted(known.train.customers, customer))]
        most = np.lexsort((own.indices, -own.data))[:shown]
        bought = ", ".join(f"{names[own.indices[i]]} ({own.data[i]:.0f})" for i in most)
        own_words = about.loc[customer, said].to_dict()
        if "action" in own_words:
            own_words["action"] = kind_of(own_words["action"])
        offered = {
            f"offered_{name}": ", ".join(
                table.loc[table["customer_id"] == customer, "product_name"].head(shown).str.strip()
            )
            for name, table in lists.items()
        }
        rows.append({"customer_id": customer, **own_words, "bought_most": bought, **offered})
    return pd.DataFrame(rows)


def shown_reasons(wanted: Sequence[str], lists: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return the first places of customers' lists with reasons: `customer_id, rank, product_name, reason`."""
    theirs = lists[lists["customer_id"].isin(list(wanted)) & (lists["rank"] <= k)]
    parts = [theirs[theirs["customer_id"] == customer] for customer in wanted]
    return pd.concat(parts)[["customer_id", "rank", "product_name", "reason"]]


def nearest_products(similar: sparse.csr_matrix, nearest: int) -> pd.DataFrame:
    """Return the products most similar to each: `column, other, similarity`; ties to the more popular."""
    cells = similar.tocoo()
    pairs = pd.DataFrame({"column": cells.row, "other": cells.col, "similarity": cells.data})
    ordered = pairs.sort_values(
        ["column", "similarity", "other"], ascending=[True, False, True], ignore_index=True
    )
    return ordered.groupby("column").head(nearest).reset_index(drop=True)


def similar_to_best_sellers(
    similar: sparse.csr_matrix, products: pd.DataFrame, best_sellers: int, nearest: int
) -> pd.DataFrame:
    """Return the products most similar to each best seller: `product, also_bought, similarity`."""
    names = products["product_name"].to_numpy()
    pairs = nearest_products(similar[:best_sellers], nearest)
    bought = {"product": names[pairs["column"]], "also_bought": names[pairs["other"]]}
    return pd.DataFrame(bought | {"similarity": pairs["similarity"]})

"""Who is in a group: medians, shares, and what the group is called.

A group is called by a letter, in the order of its revenue, and by what marks it against all customers. It gets no
name of its own and no action: those are the RFM segments'. The cluster's number takes no part in either, so that
another seed, which numbers clusters differently, calls the same groups the same.
"""

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np
import pandas as pd

from helpers.base.vocabulary import label

RFM = ("recency", "frequency", "monetary")
DISTINCT = 0.25
"""Standard deviations from the median of all customers below which a feature marks nobody."""

WORDS = {
    "recency": ("recent", "inactive for long"),
    "frequency": ("few orders", "many orders"),
    "monetary": ("low spend", "high spend"),
    "tenure": ("first order recent", "first order long ago"),
    "average_price": ("low prices", "high prices"),
    "average_order": ("small orders", "large orders"),
    "age": ("younger", "older"),
    "income": ("lower income", "higher income"),
    "revenue": ("small purchases", "large purchases"),
    "previous_purchases": ("few earlier purchases", "many earlier purchases"),
    "purchase_frequency": ("rare purchases", "frequent purchases"),
    "customer_value_score": ("low value", "high value"),
    "spend_to_income_ratio": ("low spend for their income", "high spend for their income"),
    "growth_potential_score": ("little room to grow", "room to grow"),
}
"""What a low and a high value of a feature is called."""


def value_column(customers: pd.DataFrame) -> str | None:
    """Return the column that says what a customer is worth, if there is one."""
    return next((name for name in ("monetary", "revenue") if name in customers), None)


def profile(
    customers: pd.DataFrame, labels: np.ndarray, features: list[str], called: str = "Group"
) -> pd.DataFrame:
    """Return one row a cluster: what it is called, size, shares and medians.

    Args:
        customers: one row a customer.
        labels: the cluster of each row.
        features: those that were clustered.
        called: the word before the letter.

    Returns:
        `cluster`, `group` (of most revenue first: A), `customers`, `customer_share`, `revenue_total` and
        `revenue_share` (where amounts are known), the medians of `described(...)` under their own names; by
        cluster.
    """
    columns = described(customers, features)
    medians = customers[columns].groupby(labels).median()
    sizes = np.bincount(labels)
    frame = pd.DataFrame({"cluster": medians.index, "customers": sizes, "customer_share": sizes / len(labels)})
    if value := value_column(customers):
        revenue = customers[value].astype(float).groupby(labels).sum()
        frame["revenue_total"] = revenue.to_numpy()
        frame["revenue_share"] = frame["revenue_total"] / revenue.sum() if revenue.sum() else 0.0
    frame = pd.concat([frame, medians.reset_index(drop=True)], axis=1)
    ranked = [name for name in ("revenue_total", "customers") if name in frame]
    # equal ones by their medians, so that no number decides
    order = frame.sort_values([*ranked, *columns], ascending=False)["cluster"].tolist()
    names = group_names(marks(customers, labels, features), order, called)
    frame.insert(1, "group", [names[cluster] for cluster in frame["cluster"]])
    return frame


def group_names(away: pd.DataFrame, order: Sequence[int], called: str, numbered: bool = False) -> dict[int, str]:
    """Return what each cluster is called: `Group A: recent, many orders`; numbers where letters do not suffice.

    Args:
        away: `marks`, clusters x features.
        order: the clusters, that of the first letter first.
        called: the word before the letter.
        numbered: whether groups have numbers in any case, so that nobody takes them for others that have letters.
    """
    out = away.assign(_out=away.abs().max(axis=1)).sort_values(["_out", *away.columns], ascending=False)
    words = _own_words(away.loc[out.index])
    few = len(order) <= len(ascii_uppercase) and not numbered
    marks = ascii_uppercase if few else [f"{n:0{len(str(len(order)))}d}" for n in range(1, len(order) + 1)]
    return {cluster: f"{called} {mark}: {words[cluster]}" for cluster, mark in zip(order, marks, strict=False)}


def described(customers: pd.DataFrame, features: list[str]) -> list[str]:
    """Return the columns of a profile: the features, and for a ledger RFM, average order and tenure."""
    others = [name for name in (*RFM, "average_order", "tenure") if name in customers and name not in features]
    return [*features, *others] if set(RFM) <= set(customers) else list(features)


def deviations(customers: pd.DataFrame, labels: np.ndarray, features: list[str]) -> pd.DataFrame:
    """Return each cluster's median in standard deviations from the median of all customers, clusters x features.

    Features with a long tail are compared by rank, so that a few huge values do not hide how the others differ.
    """
    ranks = customers[features].rank(pct=True)
    spread = ranks.std()
    return (ranks.groupby(labels).median() - 0.5) / spread.where(spread > 1e-9, 1)  # 0, but for the last bits


def marks(customers: pd.DataFrame, labels: np.ndarray, features: list[str]) -> pd.DataFrame:
    """Return `deviations` without those that the mean of all customers denies, clusters x features.

    A few large customers lift the mean far above the median: who spends more than the middle customer and less
    than the average one is called neither high nor low.
    """
    away = deviations(customers, labels, features)
    median, mean = customers[features].groupby(labels).median(), customers[features].mean()
    return away.mask(((away > 0) & (median < mean)) | ((away < 0) & (median > mean)), 0.0)


def phrase(feature: str, high: bool) -> str:
    """Return what a low or high value of a feature is called."""
    if ": " in feature:  # one value of a text: the customers have it, or they do not
        name, _, value = feature.partition(": ")
        return f"{label(name).lower()} {value}" if high else f"other {label(name).lower()} than {value}"
    low_word, high_word = WORDS.get(feature, (f"low {label(feature).lower()}", f"high {label(feature).lower()}"))
    return high_word if high else low_word


def _phrases(away: pd.Series) -> list[str]:
    """Return what marks a cluster, the strongest feature first."""
    strong = away[away.abs() >= DISTINCT]
    order = strong.abs().sort_values(ascending=False, kind="stable").index
    return [phrase(str(feature), bool(away[feature] > 0)) for feature in order]


def _own_words(away: pd.DataFrame) -> dict[int, str]:
    """Return each cluster's two strongest phrases, and more of them where others share these.

    The same phrases in another order say nothing else: nobody could tell "older, small purchases" from
    "small purchases, older".

    Args:
        away: clusters x features, the cluster that stands out most first.
    """
    found = {cluster: _phrases(away.loc[cluster]) or ["average in all features"] for cluster in away.index}
    length = dict.fromkeys(found, 2)
    for _ in away.columns:
        length = {cluster: length[cluster] + _shares_words(cluster, found, length) for cluster in found}
    said, taken = {}, set()
    for cluster, words in found.items():
        # where all phrases are shared, the one that stands out less gets more of them
        lengths = (n for n in range(length[cluster], len(words) + 1) if frozenset(words[:n]) not in taken)
        chosen = words[: next(lengths, length[cluster])]
        taken.add(frozenset(chosen))
        said[cluster] = ", ".join(chosen)
    return said


def _shares_words(cluster: int, found: dict[int, list[str]], length: dict[int, int]) -> bool:
    """Return whether a cluster's first phrases are another's too, although not all of their phrases are."""
    mine, first = set(found[cluster]), set(found[cluster][: length[cluster]])
    others = ((set(words), set(words[: length[name]])) for name, words in found.items() if name != cluster)
    return any(first == theirs and mine != every for every, theirs in others)

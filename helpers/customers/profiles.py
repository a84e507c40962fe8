"""Who is in a segment: medians, shares, a name that follows from them, and what to do.

A name is derived from the segment's profile ranked against the other segments. The cluster's number takes no
part in it, so that another seed, which numbers clusters differently, gives the same segments the same names.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.text import money, number, percent
from helpers.base.vocabulary import label

RFM = ("recency", "frequency", "monetary")
LOW, HIGH = 1 / 3, 2 / 3
"""Ranks among the segments from which on a median is called low or high; 0 is the lowest, 1 the highest."""
DISTINCT = 0.25
"""Standard deviations from the mean of all customers below which a feature names nobody."""

WORDS = {
    "recency": ("bought lately", "silent for long"),
    "frequency": ("few orders", "many orders"),
    "monetary": ("low spend", "high spend"),
    "tenure": ("new", "long-standing"),
    "average_price": ("cheap goods", "dear goods"),
    "average_order": ("small orders", "large orders"),
    "age": ("younger", "older"),
    "income": ("lower income", "higher income"),
    "revenue": ("small purchases", "large purchases"),
    "previous_purchases": ("few earlier purchases", "many earlier purchases"),
    "purchase_frequency": ("seldom buying", "often buying"),
    "loyalty_score": ("less loyal", "more loyal"),
    "customer_value_score": ("low value", "high value"),
    "spend_to_income_ratio": ("modest spending for their income", "high spending for their income"),
    "growth_potential_score": ("little room to grow", "room to grow"),
}
"""What a low and a high value of a feature is called."""


class Archetype(NamedTuple):
    """A kind of segment that sellers know: where its ranks lie, and what is done about it."""

    name: str
    ranks: dict[str, tuple[float, float]]
    """From and to, by feature; `share` is the segment's share of the customers."""
    opportunity: str
    action: str


ARCHETYPES = (
    Archetype(
        "Champions",
        {"recency": (0, LOW), "frequency": (HIGH, 1), "monetary": (HIGH, 1), "share": (0, 0.25)},
        "They carry more of the revenue than any other customers; losing one costs dearly.",
        "Know them by name: a person to call, first choice of what is new. No discounts they do not ask for.",
    ),
    Archetype(
        "Newcomers",
        {"recency": (0, 0.5), "tenure": (0, LOW), "frequency": (0, 0.5)},
        "The second and third order decide whether they stay.",
        "Welcome them, show what goes with the first purchase, and ask for the next order within weeks.",
    ),
    Archetype(
        "Loyal customers",
        {"recency": (0, 0.65), "frequency": (0.5, 1), "monetary": (0.5, 1)},
        "They come back by themselves and can grow into the best ones.",
        "Offer the next product group, reward regular orders, and ask for recommendations.",
    ),
    Archetype(
        "Good customers slipping away",
        {"recency": (HIGH, 1), "monetary": (0.5, 1)},
        "They spent well and have been silent for longer than most.",
        "Call or write in person before the next season, and ask what was missing.",
    ),
    Archetype(
        "Frequent buyers of small orders",
        {"recency": (0, HIGH), "frequency": (0.5, 1), "monetary": (0, 0.5)},
        "They bring little for how often they come.",
        "Sets, thresholds for free delivery, and what fits the basket.",
    ),
    Archetype(
        "Rare buyers of large orders",
        {"frequency": (0, 0.5), "average_order": (HIGH, 1)},
        "Few orders, but large ones: an occasion brings them.",
        "Find the occasion and write ahead of it, once; do not fill their year with mail.",
    ),
    Archetype(
        "Quiet occasional buyers",
        {"recency": (HIGH, 1), "frequency": (0, 0.5)},
        "They buy seldom and have been silent for long; each brings little.",
        "One inexpensive reminder, then let them rest; spend on others.",
    ),
    Archetype(
        "Fading customers",
        {"recency": (0.5, 1)},
        "They have been silent for longer than most.",
        "Win back with what they bought before, soon: each month makes it harder.",
    ),
    Archetype(
        "Recent occasional buyers",
        {"recency": (0, 0.5)},
        "They bought lately but rarely; a habit may still form.",
        "A reason to come back soon, close to what they bought.",
    ),
    Archetype("Customers in the middle", {}, "Nothing marks them out.", "Serve them as usual."),
)


def value_column(customers: pd.DataFrame) -> str | None:
    """Return the column that says what a customer is worth, if there is one."""
    return next((name for name in ("monetary", "revenue") if name in customers), None)


def profile(customers: pd.DataFrame, labels: np.ndarray, features: list[str]) -> pd.DataFrame:
    """Return one row a segment: size, shares, medians, and its name, opportunity and action.

    Args:
        customers: one row a customer.
        labels: the cluster of each row.
        features: those that were clustered.

    Returns:
        `cluster`, `segment`, `customers`, `customer_share`, `revenue_total` and `revenue_share` (where amounts are
        known), the medians of `described(...)` under their own names, `opportunity`, `action`; by cluster.
    """
    columns = described(customers, features)
    medians = customers[columns].groupby(labels).median()
    sizes = np.bincount(labels)
    frame = pd.DataFrame({"cluster": medians.index, "customers": sizes, "customer_share": sizes / len(labels)})
    if value := value_column(customers):
        revenue = customers[value].astype(float).groupby(labels).sum()
        frame["revenue_total"] = revenue.to_numpy()
        frame["revenue_share"] = frame["revenue_total"] / revenue.sum() if revenue.sum() else 0.0
    named = name_segments(medians, deviations(customers, labels, features), frame["customer_share"].to_numpy())
    frame = pd.concat([frame, medians.reset_index(drop=True)], axis=1)
    frame.insert(1, "segment", [name for name, _ in named])
    advice = [_advice(kind, row) for (_, kind), row in zip(named, frame.to_dict("records"), strict=True)]
    frame["opportunity"], frame["action"] = [list(side) for side in zip(*advice, strict=True)]
    return frame


def described(customers: pd.DataFrame, features: list[str]) -> list[str]:
    """Return the columns of a profile: the features, and for a ledger RFM, average order and tenure."""
    others = [name for name in (*RFM, "average_order", "tenure") if name in customers and name not in features]
    return [*features, *others] if set(RFM) <= set(customers) else list(features)


def deviations(customers: pd.DataFrame, labels: np.ndarray, features: list[str]) -> pd.DataFrame:
    """Return each cluster's median in standard deviations from the median of all customers, clusters x features.

    Features with a long tail are compared by rank, so that a few huge values do not hide how the others differ.
    """
    ranks = customers[features].rank(pct=True)
    return (ranks.groupby(labels).median() - 0.5) / ranks.std().replace(0, 1)


def positions(medians: pd.DataFrame) -> pd.DataFrame:
    """Return medians as ranks among the clusters from 0 (lowest) to 1 (highest); equal ones share a rank."""
    return (medians.rank(method="average") - 1) / max(len(medians) - 1, 1)


def name_segments(
    medians: pd.DataFrame, away: pd.DataFrame, shares: np.ndarray
) -> list[tuple[str, Archetype | None]]:
    """Return a name of its own for each cluster, with the archetype it follows from, if any.

    Args:
        medians: clusters x columns.
        away: `deviations` of the features, clusters x features.
        shares: each cluster's share of the customers.
    """
    rank = positions(medians)
    names: dict[int, tuple[str, Archetype | None]] = {}
    if not set(RFM) <= set(medians):
        for cluster, words in _own_words(away.loc[_by_profile(away, rank)]).items():
            names[cluster] = (_numbered(words, {name for name, _ in names.values()}), None)
        return [names[cluster] for cluster in medians.index]
    places = rank.assign(share=shares)
    worth = rank["frequency"] + rank["monetary"] - rank["recency"]
    # the most valuable choose first; equal ones by their medians, so that no number decides
    order = medians.assign(_worth=worth).sort_values(["_worth", *medians.columns], ascending=False).index
    for cluster in order:
        taken = {name for name, _ in names.values()}
        fitting = [kind for kind in ARCHETYPES if _fits(kind, places.loc[cluster])]
        free = [kind for kind in fitting if kind.name not in taken]
        # another name only if it says something: the last one fits everybody
        kind = free[0] if free and (free[0].ranks or len(fitting) == 1) else fitting[0]
        name = kind.name
        if name in taken:
            name = _distinguished(name, away.loc[cluster], taken)
        names[cluster] = (name, kind)
    return [names[cluster] for cluster in medians.index]


def _fits(kind: Archetype, places: pd.Series) -> bool:
    return all(
        feature in places and low - 1e-9 <= places[feature] <= high + 1e-9
        for feature, (low, high) in kind.ranks.items()
    )


def _by_profile(away: pd.DataFrame, rank: pd.DataFrame) -> list[int]:
    """Return clusters from the one that stands out most; ties by the profile itself."""
    order = away.assign(_out=away.abs().max(axis=1)).sort_values(["_out", *away.columns], ascending=False)
    return [cluster for cluster in order.index if cluster in rank.index]


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
    """Return each cluster's two strongest phrases as its name, and more of them where others share these.

    The same phrases in another order are no other name: nobody could tell "older, small purchases" from
    "small purchases, older".

    Args:
        away: clusters x features, the cluster that stands out most first.
    """
    found = {cluster: _phrases(away.loc[cluster]) or ["average in everything"] for cluster in away.index}
    length = dict.fromkeys(found, 2)
    for _ in away.columns:
        length = {cluster: length[cluster] + _shares_words(cluster, found, length) for cluster in found}
    names, taken = {}, set()
    for cluster, words in found.items():
        # where all phrases are shared, the one that stands out less gets more of them
        lengths = (n for n in range(length[cluster], len(words) + 1) if frozenset(words[:n]) not in taken)
        chosen = words[: next(lengths, length[cluster])]
        taken.add(frozenset(chosen))
        names[cluster] = ", ".join(chosen).capitalize()
    return names


def _shares_words(cluster: int, found: dict[int, list[str]], length: dict[int, int]) -> bool:
    """Return whether a cluster's first phrases are another's too, although not all of their phrases are."""
    mine, first = set(found[cluster]), set(found[cluster][: length[cluster]])
    others = ((set(words), set(words[: length[name]])) for name, words in found.items() if name != cluster)
    return any(first == theirs and mine != every for every, theirs in others)


def _distinguished(name: str, away: pd.Series, taken: set[str]) -> str:
    """Return a name with the phrase added that makes it another one."""
    for words in _phrases(away):
        if f"{name}, {words}" not in taken:
            return f"{name}, {words}"
    return _numbered(name, taken)


def _numbered(name: str, taken: set[str]) -> str:
    """Return the name, with the first number that is free if need be: two may be alike in all that has words."""
    if name not in taken:
        return name
    return next(f"{name} ({count})" for count in range(2, len(taken) + 3) if f"{name} ({count})" not in taken)


def _advice(kind: Archetype | None, row: dict) -> tuple[str, str]:
    """Return opportunity and action: the archetype's, or what follows from the segment's share of the revenue."""
    if kind is not None:
        return kind.opportunity, kind.action
    if "revenue_share" not in row:
        return "Their worth is not in the data.", "Find out what they spend before acting."
    ratio = row["revenue_share"] / row["customer_share"]
    if ratio >= 1.15:
        return (
            "Their share of the revenue is larger than that of the customers.",
            "Keep them: service first, and early news of what suits them.",
        )
    if ratio <= 0.85:
        return (
            "Their share of the revenue is smaller than that of the customers.",
            "Try a larger basket: sets, and the next thing up in price.",
        )
    return (
        "Their share of the revenue is about that of the customers.",
        "Treat them as everybody else until a test shows otherwise.",
    )


def business_table(profiles: pd.DataFrame, features: list[str], currency: str) -> pd.DataFrame:
    """Return the segments in words: `segment`, `who`, `opportunity`, `action`; the one with most revenue first."""
    value = "revenue_total" if "revenue_total" in profiles else "customers"
    rows = profiles.sort_values([value, "segment"], ascending=[False, True]).to_dict("records")
    return pd.DataFrame(
        {
            "segment": [row["segment"] for row in rows],
            "who": [who(row, features, currency) for row in rows],
            "opportunity": [row["opportunity"] for row in rows],
            "action": [row["action"] for row in rows],
        }
    )


def who(row: dict, features: list[str], currency: str) -> str:
    """Return a segment's size, share and medians in a sentence."""
    text = f"{_counted(row['customers'], 'customer')} ({percent(row['customer_share'])})"
    if "revenue_share" in row:
        text += f" with {percent(row['revenue_share'])} of the revenue"
    if set(RFM) <= set(row):
        days, orders = _counted(row["recency"], "day"), _counted(row["frequency"], "order")
        middle = f"last order {days} ago, {orders}, {money(row['monetary'], currency)}"
    else:
        middle = ", ".join(f"{label(name).lower()} {number(row[name])}" for name in features)
    return f"{text}. Median: {middle}."


def _counted(count: float, noun: str) -> str:
    """Return a count with its noun: `1 day`, `198.5 days`, because a median may lie between two whole numbers."""
    return f"{count:,.10g} {noun}{'' if count == 1 else 's'}"

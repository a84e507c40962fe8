"""From clusters to groups that a marketing team can use, and statements about them that can be wrong.

A forest's clusters may be many. The rule of the Insiders study merges them: the few richest stay, each a group of
its own; the others are split at the medians of the clusters' means, by whether they spend more or less and bought
lately or long ago. A group's name follows from where the rule put it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.sampling import bootstrap
from helpers.customers.profiles import profile

TOP_NAMES = ("Elite spenders", "Loyal high spenders", "Engaged shoppers", "Occasional buyers")
"""The richest clusters, richest first."""
QUARTER_NAMES = ("Average customers", "Dormant customers", "Fading customers", "Lost customers")
"""The others: spending more and bought lately, more and long ago, less and lately, less and long ago."""
TOP = len(TOP_NAMES)
"""Clusters that a merge leaves alone: as many as the study did."""
MOST = TOP + len(QUARTER_NAMES)
"""Groups that a team can use: as many as a merge makes."""
AVERAGES = (
    "gross_revenue", "recency", "purchase_rate", "return_rate", "frequency", "items",
)  # fmt: skip
"""Measures of the groups' table, as far as the customers have them."""
LISTED = ("country", "gross_revenue", "recency", "frequency", "purchase_rate", "items", "return_rate")


class Groups(NamedTuple):
    """Customers in business groups, group 0 the richest."""

    labels: np.ndarray
    names: list[str]
    merged: bool
    """Whether several clusters share a group."""
    medians: dict[str, float]
    """Where the others were split: medians of the clusters' means; empty without a merge."""

    @property
    def sizes(self) -> list[int]:
        """Customers of each group."""
        return np.bincount(self.labels, minlength=len(self.names)).tolist()


def merge(customers: pd.DataFrame, labels: np.ndarray, top: int) -> Groups:
    """Merge clusters by the study's rule.

    Args:
        customers: with `gross_revenue` and `recency`, in the order of `labels`.
        labels: the cluster of each customer.
        top: clusters that stay, those with the highest mean revenue.
    """
    means = customers[["gross_revenue", "recency"]].astype(float).groupby(labels).mean()
    order = means.sort_values(["gross_revenue", "recency"], ascending=[False, True], kind="stable").index
    medians = means.median()
    place = {cluster: rank for rank, cluster in enumerate(order[:top])}
    for cluster in order[top:]:
        poor = means.loc[cluster, "gross_revenue"] < medians["gross_revenue"]
        silent = means.loc[cluster, "recency"] > medians["recency"]
        place[cluster] = top + 2 * int(poor) + int(silent)
    names = [TOP_NAMES[rank] if rank < len(TOP_NAMES) else f"High spenders {rank + 1}" for rank in range(top)]
    names += QUARTER_NAMES
    found = np.array([place[cluster] for cluster in labels])
    filled = np.unique(found)
    return Groups(
        labels=np.searchsorted(filled, found),
        names=[names[group] for group in filled],
        merged=True,
        medians={str(name): float(value) for name, value in medians.items()},
    )


def as_groups(
    customers: pd.DataFrame, labels: np.ndarray, features: list[str], *, top: int = TOP, most: int = MOST
) -> Groups:
    """Return clusters as groups: merged where there are more than a team can use, else ranked by mean revenue.

    Args:
        customers: in the order of `labels`.
        labels: the cluster of each.
        features: what unmerged groups are named by.
        top: clusters that a merge leaves alone.
        most: clusters that are not merged.
    """
    if labels.max() + 1 > most:
        return merge(customers, labels, top)
    means = customers["gross_revenue"].astype(float).groupby(labels).mean()
    order = means.sort_values(ascending=False, kind="stable").index
    rank = np.empty(len(order), dtype=int)
    rank[order.to_numpy()] = np.arange(len(order))
    ranked = rank[labels]
    return Groups(ranked, profile(customers, ranked, features)["segment"].tolist(), False, {})


def group_table(customers: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Return a row a group: number, name, customers, their shares, and means of the measures."""
    by = customers.groupby(groups.labels)
    sizes = np.array(groups.sizes)
    revenue = by["gross_revenue"].sum().to_numpy(float)
    frame = pd.DataFrame(
        {
            "group": range(len(groups.names)),
            "segment": groups.names,
            "customers": sizes,
            "customer_share": sizes / sizes.sum(),
            "revenue_share": revenue / revenue.sum() if revenue.sum() else 0.0,
        }
    )
    measured = [name for name in AVERAGES if name in customers]
    means = by[measured].mean().reset_index(drop=True)
    return pd.concat([frame, means], axis=1)


class Hypothesis(NamedTuple):
    """A statement about the richest group, and what the customers say."""

    statement: str
    measure: str
    """The column it is about."""
    measured: float
    """Of the group; for the first statement its multiple of the average."""
    low: float
    high: float
    """Bounds of 95 % of resamples of the customers, the groups held fixed."""
    compared_with: float
    holds: bool


def _ratio_of_means(values: np.ndarray, inside: np.ndarray) -> float:
    return float(values[inside].mean() / values.mean()) if inside.any() and values.mean() else float("nan")


def _weighted(rate: np.ndarray, revenue: np.ndarray, inside: np.ndarray) -> float:
    """Return the difference of the revenue-weighted rate, group less all."""
    if not inside.any() or not revenue[inside].sum():
        return float("nan")
    return float(np.average(rate[inside], weights=revenue[inside]) - np.average(rate, weights=revenue))


def _rate(rate: np.ndarray, revenue: np.ndarray, inside: np.ndarray) -> float:
    """Return the revenue-weighted rate of the group."""
    return float(np.average(rate[inside], weights=revenue[inside])) if revenue[inside].sum() else float("nan")


def _share(revenue: np.ndarray, inside: np.ndarray) -> float:
    return float(revenue[inside].sum() / revenue.sum())


def hypotheses(customers: pd.DataFrame, groups: Groups, seed: int) -> list[Hypothesis]:
    """Test the study's statements about its richest group; those whose columns are missing are left out.

    A return rate is weighted with revenue, so that the customers who matter count as they matter.
    """
    inside = groups.labels == 0
    richest = groups.names[0]
    revenue = customers["gross_revenue"].to_numpy(float)
    found = []
    if "items" in customers:
        values = customers["items"].to_numpy(float)
        times = bootstrap(_ratio_of_means, values, inside, seed=seed)
        statement = f"{richest} buy at least twice the items of the average customer"
        found.append(Hypothesis(statement, "items", times.value, times.low, times.high, 2.0, times.low >= 2))
    if "return_rate" in customers:
        rate = customers["return_rate"].to_numpy(float)
        gap = bootstrap(_weighted, rate, revenue, inside, seed=seed)
        average = float(np.average(rate, weights=revenue))
        own = bootstrap(_rate, rate, revenue, inside, seed=seed)
        statement = f"{richest} return less than the average customer (weighted with revenue)"
        # the verdict follows from the difference, whose two sides are drawn together
        found.append(Hypothesis(statement, "return_rate", own.value, own.low, own.high, average, gap.high < 0))
    part = bootstrap(_share, revenue, inside, seed=seed)
    statement = f"{richest} bring more of the revenue than their share of the customers"
    fair = float(inside.mean())
    found.append(Hypothesis(statement, "gross_revenue", part.value, part.low, part.high, fair, part.low > fair))
    return found


def customer_list(customers: pd.DataFrame, cluster: np.ndarray, groups: Groups) -> pd.DataFrame:
    """Return the exported list: each customer's cluster, group and main measures, ten columns for a ledger."""
    frame = pd.DataFrame({"customer_id": customers["customer_id"].astype(str)})
    frame["cluster"] = cluster
    frame["segment"] = np.array(groups.names, dtype=object)[groups.labels]
    for name in LISTED:
        if name in customers:
            frame[name] = customers[name].to_numpy()
    return frame

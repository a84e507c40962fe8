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
"""The richest clusters, which a merge leaves alone, richest first."""
QUARTER_NAMES = ("Average customers", "Dormant customers", "Fading customers", "Lost customers")
"""The others: spending more and bought lately, more and long ago, less and lately, less and long ago."""
MOST = len(TOP_NAMES + QUARTER_NAMES)
"""Groups that a team can use: as many as a merge makes."""
AVERAGES = ("gross_revenue", "recency", "purchase_rate", "return_rate", "frequency", "items")
"""Measures of the groups' table, as far as the customers have them."""
LISTED = ("country", "gross_revenue", "recency", "frequency", "purchase_rate", "items", "return_rate")
NAMED_BY = ("recency", "frequency", "monetary")


class Groups(NamedTuple):
    """Customers in business groups, group 0 the richest."""

    labels: np.ndarray
    names: list[str]
    medians: dict[str, float]
    """Where clusters were merged: the medians of their means, at which the others were split."""

    @property
    def sizes(self) -> list[int]:
        """Customers of each group."""
        return np.bincount(self.labels, minlength=len(self.names)).tolist()


def named_by(customers: pd.DataFrame) -> list[str]:
    """Return what groups are named by: how recently, how often and how much they buy."""
    return [name for name in NAMED_BY if name in customers]


def as_groups(customers: pd.DataFrame, labels: np.ndarray, most: int = MOST) -> Groups:
    """Return clusters as groups, ranked by mean revenue; merged where there are more than a team can use."""
    if labels.max() + 1 > most:
        return merge(customers, labels)
    means = customers["gross_revenue"].astype(float).groupby(labels).mean()
    order = means.sort_values(ascending=False, kind="stable").index
    ranked = np.argsort(order)[labels]
    return Groups(ranked, profile(customers, ranked, named_by(customers))["segment"].tolist(), {})


def merge(customers: pd.DataFrame, labels: np.ndarray, top: int = len(TOP_NAMES)) -> Groups:
    """Merge clusters by the study's rule; the `top` ones with the highest mean revenue stay."""
    means = customers[["gross_revenue", "recency"]].astype(float).groupby(labels).mean()
    order = means.sort_values(["gross_revenue", "recency"], ascending=[False, True], kind="stable").index
    medians = means.median()
    place = {cluster: rank for rank, cluster in enumerate(order[:top])}
    for cluster in order[top:]:
        poor = means.loc[cluster, "gross_revenue"] < medians["gross_revenue"]
        inactive = means.loc[cluster, "recency"] > medians["recency"]
        place[cluster] = top + 2 * int(poor) + int(inactive)
    names = [*TOP_NAMES[:top], *QUARTER_NAMES]
    filled, merged = np.unique([place[cluster] for cluster in labels], return_inverse=True)
    return Groups(merged, [names[group] for group in filled], medians.to_dict())


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
    return frame.join(by[measured].mean())


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
    return float(values[inside].mean() / values.mean()) if inside.any() and values.mean() else np.nan


def _rate(rate: np.ndarray, revenue: np.ndarray, inside: np.ndarray) -> float:
    """Return the revenue-weighted rate of the group."""
    return float(np.average(rate[inside], weights=revenue[inside])) if revenue[inside].sum() else np.nan


def _rate_above_all(rate: np.ndarray, revenue: np.ndarray, inside: np.ndarray) -> float:
    """Return how far the revenue-weighted rate of the group is above that of all."""
    return _rate(rate, revenue, inside) - _rate(rate, revenue, np.ones_like(inside))


def _share(revenue: np.ndarray, inside: np.ndarray) -> float:
    return float(revenue[inside].sum() / revenue.sum())


def hypotheses(customers: pd.DataFrame, groups: Groups, seed: int) -> list[Hypothesis]:
    """Test the study's statements about its richest group; those whose columns are missing are left out.

    A return rate is weighted with revenue, so that the customers who matter count as they matter.
    """
    inside, richest = groups.labels == 0, groups.names[0]
    revenue = customers["gross_revenue"].to_numpy(float)
    tested = []
    if "items" in customers:
        times = bootstrap(_ratio_of_means, customers["items"].to_numpy(float), inside, seed=seed)
        statement = f"{richest} buy at least twice the items of the average customer"
        tested.append(Hypothesis(statement, "items", *times, 2.0, times.low >= 2))
    if "return_rate" in customers:
        rate = customers["return_rate"].to_numpy(float)
        own = bootstrap(_rate, rate, revenue, inside, seed=seed)
        # the verdict follows from the difference, whose two sides are drawn together
        gap = bootstrap(_rate_above_all, rate, revenue, inside, seed=seed)
        statement = f"{richest} return less than the average customer (weighted with revenue)"
        average = float(np.average(rate, weights=revenue))
        tested.append(Hypothesis(statement, "return_rate", *own, average, gap.high < 0))
    part, fair = bootstrap(_share, revenue, inside, seed=seed), float(inside.mean())
    statement = f"{richest} bring more of the revenue than their share of the customers"
    tested.append(Hypothesis(statement, "gross_revenue", *part, fair, part.low > fair))
    return tested


def customer_list(customers: pd.DataFrame, cluster: np.ndarray, groups: Groups) -> pd.DataFrame:
    """Return the exported list: each customer's cluster, group and main measures, ten columns for a ledger."""
    names = np.array(groups.names, dtype=object)[groups.labels]
    own = {"customer_id": customers["customer_id"].astype(str), "cluster": cluster, "segment": names}
    return pd.DataFrame(own).join(customers[[name for name in LISTED if name in customers]])

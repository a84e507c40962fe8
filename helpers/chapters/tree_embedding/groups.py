"""From clusters to groups that a marketing team can use, and statements about them that can be wrong.

A forest's clusters may be many. The rule of the Insiders study merges them: the few richest stay, each a group of
its own; the others are split at the medians of the clusters' means, by whether they spend more or less and bought
lately or long ago. A group is called by a number, that of the highest mean revenue first, and by what marks it;
letters are the groups of chapter 04.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.sampling import bootstrap
from helpers.base.text import SIGNS
from helpers.customers.profiles import RFM, group_names, marks

TOP = 4
"""Clusters that a merge leaves alone, the richest; the others become four groups at most."""
MOST = TOP + 4
"""Groups that a team can use: as many as a merge makes."""
CALLED = "Forest group"
AVERAGES = ("monetary", "gross_revenue", "recency", "frequency", "items")
"""Measures of the groups' table, as far as the customers have them."""
WRITTEN = {name: "{:,.0f}".format for name in ("monetary", "gross_revenue", "recency", "items")}
WRITTEN |= {"frequency": "{:,.1f}".format}
"""How the table writes their means."""
LISTED = ("country", "gross_revenue", "recency", "frequency", "purchase_rate", "items", "return_rate")


class Groups(NamedTuple):
    """Customers in groups, group 0 the richest by the mean."""

    labels: np.ndarray
    names: list[str]
    medians: dict[str, float]
    """Where clusters were merged: the medians of their means, at which the others were split."""

    @property
    def sizes(self) -> list[int]:
        """Customers of each group."""
        return np.bincount(self.labels, minlength=len(self.names)).tolist()


def as_groups(customers: pd.DataFrame, labels: np.ndarray, most: int = MOST) -> Groups:
    """Return clusters as groups, ranked by mean revenue; merged where there are more than a team can use."""
    merged, medians = merge(customers, labels) if labels.max() + 1 > most else (labels, {})
    means = customers["gross_revenue"].astype(float).groupby(merged).mean()
    order = means.sort_values(ascending=False, kind="stable").index
    ranked = np.argsort(order)[merged]
    away = marks(customers, ranked, [name for name in RFM if name in customers])
    names = group_names(away, range(len(order)), CALLED, numbered=True)
    return Groups(ranked, [names[group] for group in range(len(order))], medians)


def merge(customers: pd.DataFrame, labels: np.ndarray, top: int = TOP) -> tuple[np.ndarray, dict[str, float]]:
    """Merge clusters by the study's rule; the `top` ones with the highest mean revenue stay.

    Returns:
        The merged cluster of each customer, without gaps, and the medians that the others were split at.
    """
    means = customers[["gross_revenue", "recency"]].astype(float).groupby(labels).mean()
    order = means.sort_values(["gross_revenue", "recency"], ascending=[False, True], kind="stable").index
    medians = means.median()
    place = {cluster: rank for rank, cluster in enumerate(order[:top])}
    for cluster in order[top:]:
        poor = means.loc[cluster, "gross_revenue"] < medians["gross_revenue"]
        inactive = means.loc[cluster, "recency"] > medians["recency"]
        place[cluster] = top + 2 * int(poor) + int(inactive)
    return np.unique([place[cluster] for cluster in labels], return_inverse=True)[1], medians.to_dict()


def group_table(customers: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Return a row a group: number, name, customers, their shares, means of the measures and the value returned.

    The share of the revenue is that of `monetary`, the revenue of the other chapters, whose mean is there beside
    that of the gross revenue (see `headings`). `customers` has `returned`, the value that each returned, where the
    data knows returns.
    """
    by = customers.groupby(groups.labels)
    sizes = np.array(groups.sizes)
    revenue, gross = (by[name].sum().to_numpy(float) for name in ("monetary", "gross_revenue"))
    frame = pd.DataFrame(
        {
            "group": range(len(groups.names)),
            "segment": groups.names,
            "customers": sizes,
            "customer_share": sizes / sizes.sum(),
            "revenue_share": revenue / revenue.sum() if revenue.sum() else 0.0,
        }
    )
    frame = frame.join(by[[name for name in AVERAGES if name in customers]].mean())
    if "returned" in customers:
        frame["returned_share"] = by["returned"].sum().to_numpy(float) / np.where(gross, gross, np.nan)
    return frame


def headings(customers: pd.DataFrame, currency: str) -> dict[str, str]:
    """Return the headings of the groups' table with units, which say what is net of returns and what is gross."""
    sign = f" ({SIGNS.get(currency, currency)})" if currency else ""
    net = float(customers["monetary"].sum()) != float(customers["gross_revenue"].sum())
    sales = "Net sales" if net else "Sales"
    return {
        "segment": CALLED,
        "revenue_share": f"Share of {sales.lower()}",
        "monetary": f"{sales} each{sign}",
        "gross_revenue": f"Gross sales each{sign}",
        "recency": "Days since last order",
        "frequency": "Orders",
        "items": "Items",
    }


def shared_with(names: pd.Series, letters: pd.Series) -> list[tuple[str, str, float]]:
    """Return for each group the chapter-04 group it is most alike, and the share that both have in common.

    That share is of the larger one of the two. Both are the groups' names by customer, aligned; customers without
    a chapter-04 group count as in none.
    """
    common = pd.crosstab(names, letters)
    sizes, others = names.value_counts()[common.index], letters.value_counts()[common.columns]
    shares = common / np.maximum.outer(sizes.to_numpy(), others.to_numpy())
    return [(name, shares.loc[name].idxmax(), float(shares.loc[name].max())) for name in shares.index]


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
    verdict: str
    """`holds` or `does not hold` where the whole interval says so, otherwise `cannot tell`."""


def _ratio_of_means(values: np.ndarray, inside: np.ndarray) -> float:
    return float(values[inside].mean() / values.mean()) if inside.any() and values.mean() else np.nan


def _rate(amounts: np.ndarray, of: np.ndarray, inside: np.ndarray) -> float:
    return float(amounts[inside].sum() / of[inside].sum()) if of[inside].sum() else np.nan


def _verdict(low: float, high: float, compared_with: float, more: bool) -> str:
    above, below = low > compared_with, high < compared_with
    return "cannot tell" if not (above or below) else "holds" if above == more else "does not hold"


def hypotheses(customers: pd.DataFrame, groups: Groups, return_rate: float | None, seed: int) -> list[Hypothesis]:
    """Test the study's statements about its richest group; those that the data cannot answer are left out.

    Args:
        customers: `gross_revenue`, `returned` (the value) and, where known, `items`.
        groups: of the same customers.
        return_rate: value returned over gross revenue of the whole shop, as chapter 02 has it; None where nothing
            is a return.
        seed: of the resamples.
    """
    inside, richest = groups.labels == 0, groups.names[0].partition(":")[0]
    gross, found = customers["gross_revenue"].to_numpy(float), []
    if "items" in customers:
        times = bootstrap(_ratio_of_means, customers["items"].to_numpy(float), inside, seed=seed)
        statement = f"{richest} buys at least twice the items of the average customer"
        found.append((statement, "items", times, 2.0, True))
    if return_rate is not None:
        rate = bootstrap(_rate, customers["returned"].to_numpy(float), gross, inside, seed=seed)
        statement = f"{richest} returns less of its revenue than the shop as a whole"
        found.append((statement, "return_rate", rate, return_rate, False))
    return [
        Hypothesis(said, measure, *measured, against, _verdict(measured.low, measured.high, against, more))
        for said, measure, measured, against, more in found
    ]


def customer_list(customers: pd.DataFrame, cluster: np.ndarray, groups: Groups) -> pd.DataFrame:
    """Return the exported list: each customer's segment and action, cluster, group and main measures."""
    said = [n for n in ("rfm_segment", "flag", "action") if n in customers and customers[n].notna().any()]
    letters = [name.partition(":")[0] for name in groups.names]
    own = {
        "customer_id": customers["customer_id"].astype(str),
        "cluster": cluster,
        "forest_group": np.array(letters)[groups.labels],
    }
    return pd.DataFrame(own).join(customers[[*said, *(name for name in LISTED if name in customers)]])

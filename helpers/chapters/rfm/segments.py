"""What chapter 03 says of segments in numbers: ties between customers, a summary of each segment, ABC classes."""

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError
from helpers.base.vocabulary import label
from helpers.customers.scores import MEASURES, Ties
from helpers.customers.segments import Segments


def ties_table(ties: list[Ties], customers: int) -> pd.DataFrame:
    """Return what the ranking had to decide, a row a measure: `measure, values, groups, tied, share`."""
    rows = [(label(tie.measure), tie.values, tie.groups, tie.customers, tie.customers / customers) for tie in ties]
    return pd.DataFrame(rows, columns=["measure", "values", "groups", "tied", "share"])


def summary(customers: pd.DataFrame, segments: Segments) -> pd.DataFrame:
    """Sum up each segment, most revenue first, with its median recency (days), frequency (orders) and monetary.

    Without amounts the one with most customers comes first. A segment without customers has zeros and no medians.
    """
    grouped = customers.groupby("rfm_segment")
    measures = [name for name in MEASURES.values() if name in customers]
    amounts = {"revenue": grouped["monetary"].sum()} if "monetary" in measures else {}
    totals = pd.DataFrame({"customers": grouped.size()} | amounts).reindex(list(segments), fill_value=0)
    shares = (totals / totals.sum().replace(0, 1)).add_suffix("_share")
    shares = shares.rename(columns={"customers_share": "customer_share"})
    found = totals.join(shares).join(grouped[measures].median())
    columns = [n for n in ("customers", "customer_share", "revenue", "revenue_share") if n in found] + measures
    by = "revenue" if amounts else "customers"
    ordered = found[columns].sort_values(by, ascending=False, kind="stable")
    return ordered.rename_axis("rfm_segment").reset_index()


def abc(amounts: pd.Series, limits: list[float]) -> pd.DataFrame:
    """Return classes of customers by the share of revenue that they and the larger ones bring.

    The limits [0.8, 0.95] mean A up to 80 %, B up to 95 %, C the rest. The customer who crosses a limit still
    belongs to the class it closes; revenue below zero counts as nothing.

    Raises:
        StudyError: the limits do not rise from above 0 to below 1.
    """
    if sorted(set(limits)) != limits or not limits or limits[0] <= 0 or limits[-1] >= 1:
        raise StudyError(f"rfm.abc is {limits}, but should be shares that rise, between 0 and 1: [0.8, 0.95].")
    largest = amounts.clip(lower=0).sort_values(ascending=False)
    before = (largest.cumsum() - largest) / (largest.sum() or 1)
    place = np.searchsorted(limits, before.round(12), side="right")
    classes = largest.groupby(place).agg(customers="size", revenue="sum")
    classes = classes.reindex(range(len(limits) + 1), fill_value=0)
    classes["customer_share"] = classes["customers"] / max(len(largest), 1)
    classes["revenue_share"] = classes["revenue"] / (largest.sum() or 1)
    classes["class"] = [chr(ord("A") + rank) for rank in classes.index]
    return classes[["class", "customers", "customer_share", "revenue", "revenue_share"]]

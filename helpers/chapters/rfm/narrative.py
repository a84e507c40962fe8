"""What chapter 03 says about scores, segments and classes, and what to do with each segment."""

import pandas as pd
from markupsafe import Markup

from helpers.base.text import money, percent, sentence
from helpers.customers.actions import action_of_segment, place
from helpers.customers.profiles import value_column
from helpers.customers.scores import Ties
from helpers.customers.segments import Segments


def warnings(ties: list[Ties], customers: int, quantiles: int) -> list[str]:
    """Return a sentence for each measure whose scores say less than they seem to."""
    told = []
    if customers < quantiles:
        told.append(f"Customers: {customers:,}, groups: {quantiles}. Some groups are therefore empty.")
    for tie in ties:
        if tie.values < 2:
            told.append(
                f"All customers have the same {tie.measure}: there is nothing to rank; all get the middle score."
            )
        elif tie.values < quantiles:
            told.append(
                f"There are only {tie.values} different values of {tie.measure} for {quantiles} groups: its "
                "scores tell less apart than they seem to."
            )
        elif tie.customers > customers / 2:
            told.append(
                f"More than half of the customers share a {tie.measure} with others across a boundary of equal "
                "groups: they stay together, so the groups differ in size."
            )
    return told


def without_dates(customers: pd.DataFrame, declared: list[str]) -> Markup:
    """Say what stands in for dated orders."""
    if "rfm_segment" in customers:
        return sentence(
            "Without dated orders there is no cohort and no churn; the source itself says how recently and how "
            "often its customers bought."
        )
    template = f"Without dated orders there is no {'' if 'recency' in customers else 'recency, '}cohort or churn"
    template += "; the study declares {n} features instead." if declared else "."
    return sentence(template, n=len(declared))


def spent(measures: pd.DataFrame, currency: str) -> Markup:
    """Say what customers spent, where amounts are known."""
    if not (name := value_column(measures)):
        return sentence("The data has no amounts: customers are ranked by how recently and how often they buy.")
    amounts = measures[name].astype(float)
    mean, median = money(amounts.mean(), currency), money(amounts.median(), currency)
    return sentence(
        "The customers spent {mean} each on average, and half of them less than {m}.", mean=mean, m=median
    )


def segments(summary: pd.DataFrame) -> Markup:
    """Say which segment accounts for most, and which has most people; `summary` has most revenue first."""
    largest = summary.loc[summary["customers"].idxmax()]
    if "revenue_share" not in summary:
        return leading(summary)
    most = sentence(
        "<em>{segment}</em> is the largest segment: {share} of the customers, {revenue} of the revenue.",
        segment=largest["rfm_segment"],
        share=percent(largest["customer_share"]),
        revenue=percent(largest["revenue_share"]),
    )
    return leading(summary) + " " + most


def leading(summary: pd.DataFrame) -> Markup:
    """Say which segment accounts for most of the revenue; of the customers where amounts are not known."""
    first = summary.iloc[0]
    template = "<em>{segment}</em> is the largest segment: {share} of the customers."
    if "revenue_share" in summary:
        template = (
            "The RFM segment <em>{segment}</em> ({share} of the customers) accounts for {revenue} of the revenue."
        )
    return sentence(
        template,
        segment=first["rfm_segment"],
        share=percent(first["customer_share"]),
        revenue=percent(first.get("revenue_share", 0.0)),
    )


def classes(classes: pd.DataFrame, gini: float) -> Markup:
    """Say what the best class accounts for."""
    best = classes.iloc[0]
    return sentence(
        "{n} customers ({share}) are of class A and account for {revenue} of the revenue. The Gini coefficient is "
        "{gini:.2f} (0: all spend the same; 1: one customer spends everything).",
        n=int(best["customers"]),
        share=percent(best["customer_share"]),
        revenue=percent(best["revenue_share"]),
        gini=gini,
    )


_RECENCY = {"recent": "more recently than most", "slipping": "fairly recently", "away": "longer ago than most"}
_VALUE = {"high": "more than most", "middle": "an average amount", "low": "less than most"}


def advice(found: pd.DataFrame, segments: Segments, quantiles: int) -> pd.DataFrame:
    """Return the business table: `segment, who, customers, revenue_share, action` for segments with customers.

    Without amounts their share is that of the customers. Who they are and what to do follow from the scores a
    segment covers, so a study's own segments get theirs too.
    """
    rows = []
    share = "revenue_share" if "revenue_share" in found else "customer_share"
    for each in found[found["customers"] > 0].itertuples():
        recency, value = place(segments[each.rfm_segment], quantiles)
        rows.append(
            {
                "segment": each.rfm_segment,
                "who": f"Bought {_RECENCY[recency]} and {_VALUE[value]}",
                "customers": each.customers,
                share: getattr(each, share),
                "action": action_of_segment(segments[each.rfm_segment], quantiles),
            }
        )
    return pd.DataFrame(rows)

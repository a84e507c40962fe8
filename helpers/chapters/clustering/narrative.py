"""What chapter 04 says about its own results, and its list of customers."""

import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, listed, money, percent, sentence
from helpers.base.vocabulary import label
from helpers.chapters.clustering.features import LEVEL
from helpers.customers.profiles import value_column

SAID = ("rfm_segment", "flag", "action")
"""What chapter 03 says of a customer, where it does."""
MOST_NAMED = 5
"""Features that a headline names."""
LISTED = ("monetary", "revenue", "recency", "frequency", "age", "country")
"""Measures in the customer list, where the customers have them."""


def feature_list(names: list[str]) -> str:
    return listed([label(name).lower() for name in names]) if len(names) else ""


def copies(customers: pd.DataFrame, original: pd.DataFrame) -> list[Markup]:
    """Say how many customers are copies in what is clustered, where there are any."""
    rows, distinct = len(original), len(original.drop_duplicates())
    if distinct == rows:
        return []
    if distinct >= rows / 2:
        equal = counted(rows - distinct, "customer equals", "customers equal")
        return [sentence("{equal} another one in every feature.", equal=equal)]
    known = customers.drop(columns=["customer_id", "line"], errors="ignore").astype(str).drop_duplicates()
    return [
        sentence(
            "Only {distinct} of {rows} customers differ in what is clustered; {known} of {rows} rows are distinct "
            "in all columns, the others are copies. Copies make any grouping look tight and stable, so the nulls "
            "are copied as often.",
            distinct=distinct,
            rows=rows,
            known=len(known),
        )
    ]


def left_out(features: list[str], customers: pd.DataFrame, original: pd.DataFrame) -> list[Markup]:
    """Say which features were left out, and which have values filled in, where any do."""
    used = {str(name).split(LEVEL)[0] for name in original}
    lacking = [name for name in features if name not in customers]
    alike = [name for name in features if name in customers and name not in used]
    gaps = original.isna().sum()
    filled = [f"{label(name).lower()} of {count:,}" for name, count in gaps.items() if count]
    told = {
        "Not used, because this data cannot give it: {names}.": feature_list(lacking),
        "Not used, because all customers share one value: {names}.": feature_list(alike),
        "Missing, and set to the median: {names}.": listed(filled) if filled else "",
    }
    return [sentence(text, names=names) for text, names in told.items() if names]


def used(structure: bool, proposed: int, chosen: int) -> Markup | None:
    """Say which number of clusters the rest of the page is about; nothing where that is the proposed one."""
    how = "as proposed" if chosen == proposed else "as the parameters ask"
    if structure and chosen == proposed:
        return None
    if structure:
        return sentence("The tests propose {p} groups; {k} are used, {how}.", p=proposed, k=chosen, how=how)
    return sentence(
        "The tests propose {p} parts. {k} are drawn below, {how}, to show what a cut through an even spread looks "
        "like; they are called parts, because they are no groups.",
        p=proposed,
        k=chosen,
        how=how,
    )


def advice(structure: bool, segmented: bool, profiles: pd.DataFrame, currency: str) -> Markup:
    """Say what to act on: the RFM segments where there are any; a group adds whom to begin with in them."""
    if segmented and structure and "revenue_total" in profiles:
        top = profiles.loc[profiles["revenue_total"].idxmax()]
        return sentence(
            "Act on the RFM segments: each customer's action is in segments.csv. Within a segment begin with "
            "{group}: its {n} customers account for {money} of sales. The groups carry no actions of their own.",
            group=top["group"].partition(":")[0],
            n=int(top["customers"]),
            money=money(top["revenue_total"], currency),
        )
    if segmented:
        found = (
            "The groups carry no actions of their own" if structure else "There are no natural groups to act on"
        )
        return sentence(
            "{found}. Act on the RFM segments: each customer's action is in segments.csv.", found=found
        )
    if structure:
        return sentence(
            "The groups describe, and no action on them has been tested. Test before acting: treat half of a "
            "group, leave the other half alone, and compare what they spend."
        )
    return sentence(
        "There are no natural groups to act on. Treat all customers alike until a test shows that some respond "
        "differently."
    )


def no_groups(segmented: bool, features: list[str]) -> Markup:
    """Return the answer of the chapter where there is no structure; of many features it names the first."""
    columns = list(dict.fromkeys(name.split(LEVEL)[0] for name in features))
    few = MOST_NAMED if len(columns) > MOST_NAMED + 1 else len(columns)  # one other is named as quickly
    named = [label(name).lower() for name in columns[:few]]
    others = f"{len(columns) - len(named)} other columns"
    where = f" by {listed([*named, others] if len(columns) > len(named) else named)}" if features else ""
    rest = ": use the RFM segments." if segmented else "."
    return sentence("Customers form no natural groups{where}{rest}", where=where, rest=rest)


def most_revenue(profiles: pd.DataFrame) -> Markup:
    """Say how many groups there are, and which one has most revenue, where amounts are known."""
    if "revenue_share" not in profiles:
        return sentence("Customers fall into {n} groups.", n=len(profiles))
    top = profiles.loc[profiles["revenue_total"].idxmax()]
    return sentence(
        "Customers fall into {n} groups; {customers} ({share}) account for {revenue} of sales: <em>{name}</em>.",
        n=len(profiles),
        customers=counted(int(top["customers"]), "customer", "customers"),
        share=percent(top["customer_share"]),
        name=top["group"],
        revenue=percent(top["revenue_share"]),
    )


def customer_list(customers: pd.DataFrame, groups: pd.Series | None) -> pd.DataFrame:
    """Return the customers for lists, those with most revenue first: segment, flag, action, letter, measures.

    Args:
        customers: one row a customer.
        groups: the name of each one's natural group; None where there are none.
    """
    said = [name for name in SAID if name in customers and customers[name].notna().any()]
    shown = customers[["customer_id", *said]]
    if groups is not None:
        shown = shown.assign(natural_group=groups.str.partition(":")[0])
    shown = shown.join(customers[[name for name in LISTED if name in customers]])
    value = value_column(customers)
    if value:
        shown = shown.loc[customers[value].astype(float).sort_values(ascending=False, kind="stable").index]
    return shown

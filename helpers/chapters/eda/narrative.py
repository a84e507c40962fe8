"""What chapter 01 says about its own results: the facts of each section, every one worded once."""

import numpy as np
import pandas as pd

from helpers.base.text import counted, day, listed, money, number, percent, sentence
from helpers.base.vocabulary import label
from helpers.chapters.eda.findings import LAST_RESORT, Fact
from helpers.chapters.eda.sales import weekdays_without_sales
from helpers.chapters.eda.traits import Discounts, pairs
from helpers.customers.concentration import gini, top_share
from helpers.ledger.lines import Duplicates, Size

HABITS = ("rating", "previous_purchases", "purchase_frequency", "loyalty_score")
SKEWED = 1.25
"""A mean this many times the median (or the median the mean) is worth a remark."""
STRONG, WEAK = 0.9, 0.1
"""Correlations above the one are nearly the same column twice; below the other, nothing to speak of."""
ALIKE = 1.1
"""Mean amounts of groups whose largest is at most this many times the smallest hardly differ."""
COPIES = 0.1
"""Share of customers who agree in everything from which copies are the first thing to know."""
WORTH_SAYING = 0.005
"""Share of lines or revenue below which duplicates, gaps or returns make no headline."""


def size(size: Size) -> list[Fact]:
    rows, columns = counted(size.rows, "row", "rows"), counted(size.columns, "column", "columns")
    facts = [Fact(sentence("The source has {rows} in {columns}.", rows=rows, columns=columns), LAST_RESORT)]
    if size.first_order and size.last_order:
        days = (size.last_order.date() - size.first_order.date()).days + 1
        first, last = (day(moment) for moment in (size.first_order, size.last_order))
        text = "Orders run from {first} to {last}, {days} days in all."
        text = sentence(text, first=first, last=last, days=days)
    else:
        text = sentence("It has no dates, so nothing can be said about time.")
    kind = "one line of an order" if size.is_ledger else "one customer"
    return [*facts, Fact(text), Fact(sentence("A row is {kind}.", kind=kind))]


def unparsed(unparsed: pd.DataFrame) -> list[Fact]:
    if unparsed.empty:
        return [Fact(sentence("Every value could be read as what its column holds."))]
    text = sentence(
        "{values} in {lines} could not be read ({where}).",
        values=counted(len(unparsed), "value", "values"),
        lines=counted(len(unparsed[["file", "line"]].drop_duplicates()), "line", "lines"),
        where=listed([str(name) for name in sorted(unparsed["column"].unique())]),
    )
    aside = sentence("These lines were set aside before this chapter and are in none of its figures.")
    return [Fact(text, do="correct them at the source", where="source"), Fact(aside)]


def missing(gaps: pd.DataFrame) -> list[Fact]:
    if gaps.empty:
        return [Fact(sentence("No value is missing in any column."))]
    first, columns = gaps.iloc[0], counted(len(gaps), "column", "columns")
    text = "Values are missing in {columns}, most in {most} ({share})."
    share = percent(first["missing_share"])
    return [Fact(sentence(text, columns=columns, most=label(first["column"]), share=share))]


def unknown_customers(lines: float, revenue: float) -> list[Fact]:
    if not lines:
        return [Fact(sentence("Every line names its customer."))]
    text = "{lines} of the lines, with {revenue} of the revenue, belong to no known customer."
    told, place = sentence(text, lines=percent(lines), revenue=percent(revenue)), 3 if lines >= WORTH_SAYING else 0
    aside = "Findings about customers hold only for customers with a number."
    return [Fact(told, place, "leave them out of every analysis of customers", "02"), Fact(sentence(aside))]


def duplicates(found: Duplicates, is_ledger: bool) -> list[Fact]:
    apart = f", {listed([label(name) for name in found.ignoring])} apart" if found.ignoring else ""
    if not found.extra:
        return [Fact(sentence("No row agrees with another one in all columns{apart}.", apart=apart))]
    text = sentence(
        "{extra} of {rows} rows ({share}) repeat an earlier one in every column{apart}; {distinct} are distinct.",
        distinct=found.distinct, rows=found.rows, extra=found.extra, share=percent(found.extra / found.rows),
        apart=apart,
    )  # fmt: skip
    share = found.extra / found.rows
    if is_ledger:
        return [Fact(text, 10 if share >= WORTH_SAYING else 0, "drop duplicate lines", "02")]
    place = 1 if share >= COPIES else 0
    return [Fact(text, place, "keep identical rows on one side of every split", "07, 09")]


def numbers(summary: pd.DataFrame, unit: str) -> list[Fact]:
    """Say what strikes in the columns of numbers; `summary` has a row a column, under its name."""
    remarks = [Fact(remark) for row in summary.itertuples() if (remark := _remark(row, unit))]
    if not remarks:
        text = "No column has outliers by this rule, and means and medians lie close together: the long tail that "
        return [Fact(sentence(text + "amounts of real purchases usually have is not there."))]
    calm = len(summary) - len(remarks)
    if calm:
        rest = counted(calm, "column gives", "columns give")
        remarks.append(Fact(sentence("The other {rest} no cause for a remark.", rest=rest)))
    return remarks


def _remark(row, unit: str) -> str:
    remarks = []
    if row.median > 0 and row.mean > SKEWED * row.median:
        times = row.mean / row.median
        remarks.append(f"the mean ({number(row.mean)}) is {times:.1f} times the median ({number(row.median)})")
    elif row.mean > 0 and row.median > SKEWED * row.mean:
        times = row.median / row.mean
        remarks.append(f"the median ({number(row.median)}) is {times:.1f} times the mean ({number(row.mean)})")
    if row.outliers:
        remarks.append(f"{percent(row.outlier_share)} of the {unit} lie outside the fences")
    if row.negative:
        remarks.append(f"{counted(int(row.negative), 'value is', 'values are')} below zero")
    if row.variation > 1:
        remarks.append(f"the standard deviation is {row.variation:.1f} times the mean")
    return sentence("{column}: {remarks}.", column=label(row.Index), remarks=listed(remarks)) if remarks else ""


def common_values(common: pd.DataFrame) -> list[Fact]:
    top = common.loc[common["share"].idxmax()]
    text = "{column} leans most on one value: {share} of the rows have {value}."
    return [Fact(sentence(text, column=top["column"], share=percent(top["share"]), value=top["value"]))]


def profile(rows: int, size: Size, seed: int) -> list[Fact]:
    link = sentence('Open <a href="profile.html">the full profile of every column</a>.')
    if rows == size.rows:
        return [Fact(link), Fact(sentence("It describes all {rows} rows.", rows=rows))]
    text = "It describes a random sample of {rows} of the {all} rows (seed {seed}); the figures here are of all."
    return [Fact(link), Fact(sentence(text, rows=rows, all=size.rows, seed=str(seed)))]


def revenue(revenue: pd.Series, currency: str) -> list[Fact]:
    text = "The source adds up to {total} in {rows}, {mean} each on average; half of them are at most {median}."
    rows = counted(len(revenue), "row", "rows")
    sums = {"total": revenue.sum(), "mean": revenue.mean(), "median": revenue.median()}
    values = {name: money(value, currency) for name, value in sums.items()}
    return [Fact(sentence(text, rows=rows, **values), 13)]


def months(by_month: pd.DataFrame, currency: str) -> list[Fact]:
    """Say what a usual month comes to, and which months cannot be compared; months are the index."""
    facts = []
    if by_month["whole"].any():
        usual = money(by_month.loc[by_month["whole"], "revenue"].median(), currency)
        facts.append(Fact(sentence("Half of the whole months stay below {usual}.", usual=usual)))
    for month in by_month.index[~by_month["whole"]]:
        last = month == by_month.index[-1]
        text = sentence("{month} is covered only in part.", month=month.strftime("%b %Y"))
        facts.append(Fact(text, do="leave it out of comparisons and forecasts" if last else "", where="all"))
    return facts


def week(week: pd.DataFrame) -> list[Fact]:
    """Say when customers buy, and on which weekdays they never do."""
    days, hours = week.sum(axis=1), week.sum()
    text = "Most orders come on a {day} ({share})" + (
        " and in the hour from {hour}:00." if len(hours) > 1 else ". The source has no times of day."
    )
    share = percent(days.max() / days.sum())
    facts = [Fact(sentence(text, day=days.idxmax(), share=share, hour=hours.idxmax()))]
    if silent := weekdays_without_sales(week):
        text = sentence("No order is dated on a {days}.", days=listed(silent))
        return [*facts, Fact(text, 5, "check whether orders of that day are booked on another", "source")]
    return [*facts, Fact(sentence("Something is sold on every weekday."))]


def products(by_product: pd.DataFrame, shares: np.ndarray, top: int, currency: str) -> list[Fact]:
    """Say how much the first products account for; `shares` are those of the revenue, smallest first."""
    first, total = by_product.iloc[0], by_product["revenue"].sum()
    text = sentence(
        "Of {n} products {first} earns most: {revenue}. The first {top} account for {share} of the revenue.",
        n=len(by_product),
        first=first["product"],
        revenue=money(first["revenue"], currency),
        top=min(top, len(by_product)),
        share=percent(by_product["revenue"].head(top).sum() / total),
    )
    return [Fact(text), *concentration(shares, len(by_product) - len(shares))]


def countries(by_country: pd.DataFrame, unplaced: pd.Series, currency: str) -> list[Fact]:
    """Say where the revenue comes from, and what is not on the map."""
    first, total = by_country.iloc[0], by_country["revenue"].sum()
    text = "{countries} {total}; {first} alone accounts for {share}."
    names = counted(len(by_country), "country name accounts for", "country names account for")
    share = percent(first["revenue"] / total)
    facts = [sentence(text, countries=names, total=money(total, currency), first=first["country"], share=share)]
    if len(unplaced):
        text = "Not on the map: {names}, with {revenue}, because no place on it has such a name."
        names = listed([str(name) for name in unplaced.index])
        facts.append(sentence(text, names=names, revenue=money(unplaced.sum(), currency)))
    return [Fact(text) for text in facts]


def concentration(shares: np.ndarray, left_out: int) -> list[Fact]:
    """Say how much of the revenue depends on the products that earn most."""
    text = sentence(
        "The best tenth of {n} products accounts for {share} of the revenue (Gini {gini:.3f}).",
        n=len(shares),
        share=percent(top_share(shares, 0.1)),
        gini=gini(shares),
    )
    facts = [Fact(text)]
    if left_out:
        aside = "Not counted: {products} of which at least as much was returned as was sold."
        facts.append(Fact(sentence(aside, products=counted(left_out, "product", "products"))))
    return facts


def who(people: pd.DataFrame) -> list[Fact]:
    facts = []
    if "age" in people:
        text = "Ages run from {low} to {high}, half of them up to {middle:g}."
        age = people["age"]
        facts.append(Fact(sentence(text, low=age.min(), high=age.max(), middle=age.median())))
    if "gender" in people and people["gender"].nunique() <= 2:
        shares = people["gender"].value_counts(normalize=True)
        named = listed([f"{percent(share)} {name}" for name, share in shares.items()])
        facts.append(Fact(sentence("By gender: {named}.", named=named)))
    if "region" in people:
        by_region = people["region"].value_counts()
        small = by_region.idxmin()
        if len(by_region) > 2 and by_region[small] <= COPIES * by_region.sum():
            count = counted(int(by_region[small]), "customer", "customers")
            text = "Region {region} has only {count}: too few for figures of its own."
            facts.append(Fact(sentence(text, region=small, count=count), 12))
    return facts


def habits(people: pd.DataFrame) -> list[Fact]:
    """Say how customers judge and how often they buy, and how payment follows preference."""
    text = "{column}: {mean} on average ({low} to {high})."
    facts = [
        sentence(text, column=label(name), mean=column.mean(), low=column.min(), high=column.max())
        for name, column in people.items()
        if name in HABITS
    ]
    if {"payment_method", "preferred_payment_method"} <= set(people):
        same = (people["payment_method"] == people["preferred_payment_method"]).mean()
        text = "Customers pay by the method they say they prefer in {share} of the rows."
        facts.append(sentence(text, share=percent(same)))
    return [Fact(text) for text in facts]


def discounts(given: Discounts) -> list[Fact]:
    """Say who gets discounts, and whether they buy more often."""
    text = f"A discount was given on {number(given.rows)} purchases ({percent(given.share)})"
    none = [f"{number(given.of_gender[who])} {who}" for who, share in given.by_gender.items() if not share]
    if none and given.rows:
        some = listed([who for who, share in given.by_gender.items() if share])
        text += f", every one to a {some} customer: not one of the {listed(none)} customers had any"
    do = "compare no group that the rule divides" if none else ""
    facts = [Fact(sentence("{text}.", text=text), 2 if given.rows else 0, do, "03")]
    if given.a_year:
        with_one, without = given.a_year
        more = f"{percent(abs(with_one / without - 1))} {'more' if with_one >= without else 'less'}"
        text = "Customers with a discount buy {one:.2f} times a year, the others {other:.2f} times: {more}."
        facts.append(Fact(sentence(text, one=with_one, other=without, more=more)))
    return facts


def groups(by: str, means: pd.DataFrame, currency: str) -> list[Fact]:
    """Say how far the mean amounts of groups lie apart, and which categories sell most."""
    facts = []
    if by == "category" and len(means) > 2:
        most = means.sort_values(["rows", "category"], ascending=[False, True])
        share = percent(most["rows"].head(2).sum() / most["rows"].sum())
        text = "{first} make up {share} of all purchases."
        facts.append(Fact(sentence(text, first=listed(list(most["category"][:2])), share=share), 8))
    if len(means) > 1:
        low, high = means.loc[means["mean"].idxmin()], means.loc[means["mean"].idxmax()]
        text = "By {by}, the mean amount goes from {low} ({lowest}) to {high} ({highest}), {more} more."
        amounts = {"low": f"{low['mean']:,.2f}", "high": f"{high['mean']:,.2f} {currency}".strip()}
        more = percent(high["mean"] / low["mean"] - 1)
        told = sentence(text, by=label(by).lower(), lowest=low[by], highest=high[by], more=more, **amounts)
        alike = by == "category" and low["mean"] > 0 and high["mean"] <= ALIKE * low["mean"]
        facts.append(Fact(told, 11 if alike else 0))
    return facts


def correlations(matrix: pd.DataFrame) -> list[Fact]:
    """Say how strongly the columns of numbers go together."""
    found = pairs(matrix)
    first, last = (abs(found[at]["correlation"]) for at in (0, -1))
    one, other = found[0]["columns"]
    strongest = f"{label(one)} and {label(other).lower()} ({found[0]['correlation']:.3f})"
    if first < WEAK:
        text = "None of the numbers is related to another: the strongest correlation is that of {strongest}."
        return [Fact(sentence(text, strongest=strongest), 7, "expect no clusters and no predictions", "04, 07")]
    if last > STRONG:
        text = (
            "All {n} columns of numbers move nearly as one: their correlations go from {last:.3f} to {first:.3f}, "
            "the strongest that of {strongest}."
        )
        told = sentence(text, n=len(matrix), last=last, first=first, strongest=strongest)
        return [Fact(told, 7, "do not take a good prediction for a discovery", "07")]
    return [Fact(sentence("The strongest correlation is that of {strongest}.", strongest=strongest))]

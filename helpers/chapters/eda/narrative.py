"""What chapter 01 says about its own results: one computed text for each section.

Every function returns plain text for `say`, which escapes it. Where the data lacks what a section needs, the
text says so: that is how a reader learns why a section is short.
"""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from helpers.base.text import counted, listed, money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.eda.charts import units_of
from helpers.chapters.eda.sales import best_month, weekdays_without_sales
from helpers.chapters.eda.traits import Discounts, pairs
from helpers.customers.concentration import Concentration
from helpers.ledger.lines import Size

COLUMNS = {
    "names": {
        "filled": "Values",
        "missing_share": "Share missing",
        "std": "Std. deviation",
        "variation": "Coefficient of variation",
        "min": "Smallest",
        "max": "Largest",
        "outlier_share": "Share outside",
        "outliers": "Outside the fences",
        "value": "Most frequent",
        "seen": "What was seen",
        "do": "What to do",
        "chapter": "Where",
    },
    "formats": {
        "missing_share": percent,
        "share": percent,
        "outlier_share": percent,
        "variation": "{:,.2f}".format,
    },
}
"""How this chapter's tables head and write columns that are not a ledger's own."""
HABITS = ("rating", "previous_purchases", "purchase_frequency", "loyalty_score")
SKEWED = 1.25
"""A mean this many times the median (or the median the mean) is worth a remark."""
STRONG, WEAK = 0.9, 0.1
"""Correlations above the one are nearly the same column twice; below the other, nothing to speak of."""


def read_size(size: Size) -> str:
    """Say how much there is and over which time."""
    text = f"The source has {counted(size.rows, 'row', 'rows')} in {counted(size.columns, 'column', 'columns')}"
    if size.first_order and size.last_order:
        days = (size.last_order.date() - size.first_order.date()).days + 1
        return (
            f"{text}. Orders run from {_day(size.first_order)} to {_day(size.last_order)}, "
            f"{counted(days, 'day', 'days')} in all. A row is one line of an order."
        )
    kind = "one line of an order" if size.is_ledger else "one customer"
    return f"{text}, and no dates. A row is {kind}, so nothing can be said about time."


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def read_unparsed(unparsed: pd.DataFrame) -> str:
    """Say how many values could not be read."""
    if unparsed.empty:
        return "Every value could be read as what its column holds."
    rows = unparsed[["file", "line"]].drop_duplicates()
    where = listed([str(name) for name in sorted(unparsed["column"].unique())])
    return (
        f"{counted(len(unparsed), 'value', 'values')} in {counted(len(rows), 'line', 'lines')} could not be read "
        f"({where}). These lines were set aside before this chapter and are in none of its figures."
    )


def read_missing(columns: pd.DataFrame, nobody: tuple[float, float] | None, currency_share: bool = True) -> str:
    """Say which columns have gaps, and what it costs when the customer is missing."""
    gaps = columns[columns["missing"] > 0].sort_values(["missing", "column"], ascending=[False, True])
    if gaps.empty:
        return "No value is missing in any column."
    named = [f"{label(c)} ({percent(s)})" for c, s in zip(gaps["column"], gaps["missing_share"], strict=True)]
    text = f"Values are missing in {counted(len(gaps), 'column', 'columns')}: {listed(named)}."
    if nobody and nobody[0] and currency_share:
        text += (
            f" The lines without a customer bring {percent(nobody[1])} of the revenue. They count in every total "
            "here, but no analysis of customers can use them: if they differ from the others, what is learned "
            "about customers is learned about the rest only."
        )
    return text


def read_numbers(table: pd.DataFrame, size: Size) -> str:
    """Say what strikes in the columns of numbers."""
    if table.empty:
        return "The data has no column of numbers."
    remarks = [remark for row in table.to_dict("records") if (remark := _remark(row, size.unit))]
    calm = len(table) - len(remarks)
    if calm and remarks:
        remarks.append(f"The other {counted(calm, 'column gives', 'columns give')} no cause for a remark.")
    return " ".join(remarks) or (
        "No column has outliers by this rule, and means and medians lie close together: the columns are evenly "
        "filled, without the long tail that amounts of real purchases usually have."
    )


def _remark(row: dict, unit: str) -> str:
    """Return what strikes in one column of numbers, or nothing."""
    said = []
    mean, median = row["mean"], row["median"]
    if median > 0 and mean > SKEWED * median:
        said.append(f"the mean ({number(mean)}) is {mean / median:.1f} times the median ({number(median)})")
    elif mean > 0 and median > SKEWED * mean:
        said.append(f"the median ({number(median)}) is {median / mean:.1f} times the mean ({number(mean)})")
    if row["outliers"]:
        said.append(f"{percent(row['outlier_share'])} of the {unit} lie outside the fences")
    if row["negative"]:
        said.append(f"{number(int(row['negative']))} values are below zero")
    if row["variation"] > 1:
        said.append(f"the standard deviation is {row['variation']:.1f} times the mean")
    return f"{label(row['column'])}: {listed(said)}." if said else ""


def read_common(common: pd.DataFrame) -> str:
    """Say which text column leans most on one value."""
    if common.empty:
        return "No column of text repeats a value."
    top = common.loc[common["share"].idxmax()]
    return (
        f"{label(top['column'])} leans most on one value: {percent(top['share'])} of the rows have {top['value']}."
    )


def read_profile(rows: int, size: Size, seed: int) -> str:
    """Say on how many rows the profiler's page rests."""
    if rows < size.rows:
        return (
            f"It describes a random sample of {number(rows)} of the {number(size.rows)} rows (seed {seed}), so "
            "its counts are those of the sample; the figures in this chapter are those of all rows."
        )
    return f"It describes all {number(rows)} rows."


def read_months(by_month: pd.DataFrame | None, currency: str) -> str:
    """Say which month was best, and which cannot be compared."""
    if by_month is None:
        return "Left out here: this data has no dates, so there are no months to compare."
    text = []
    if best := best_month(by_month):
        row = by_month[by_month["month"] == best].iloc[0]
        usual = by_month.loc[by_month["whole"], "revenue"].median()
        text.append(
            f"The best whole month is {row['month']:%B %Y} with {money(row['revenue'], currency)}, where half of "
            f"the whole months stay below {money(usual, currency)}."
        )
    in_part = [f"{month:%B %Y}" for month in by_month.loc[~by_month["whole"], "month"]]
    if in_part:
        verb = "is" if len(in_part) == 1 else "are"
        text.append(f"{listed(in_part)} {verb} covered only in part and must not be compared with the others.")
    return " ".join(text)


def read_week(week: pd.DataFrame | None) -> str:
    """Say when customers buy, and on which weekdays they never do."""
    if week is None:
        return "Left out here: without dates there is no rhythm of the week to see."
    days, hours = week.sum(axis=1), week.sum()
    text = f"Most orders come on a {days.idxmax()} ({percent(days.max() / days.sum())})"
    text += (
        f" and in the hour from {hours.idxmax()}:00." if len(hours) > 1 else ". The source has no times of day."
    )
    silent = weekdays_without_sales(week)
    if not silent:
        return f"{text} Something is sold on every weekday."
    return (
        f"{text} Nothing was ever sold on a {listed(silent)}: a day without sales then says nothing about demand."
    )


def read_products(by_product: pd.DataFrame | None, top: int, currency: str) -> str:
    """Say how much the first products bring."""
    if by_product is None:
        return "Left out here: this data names no products."
    first = by_product.iloc[0]
    total, head = by_product["revenue"].sum(), by_product["revenue"].head(top).sum()
    share = percent(head / total)
    return (
        f"Of {number(len(by_product))} products {first['product']} brings most: "
        f"{money(first['revenue'], currency)}. The first {min(top, len(by_product))} bring {share} of it all. "
        "Codes for postage, fees or corrections, where there are any, still stand among the products: nothing has "
        "been cleaned yet."
    )


def read_countries(by_country: pd.DataFrame | None, unplaced: pd.Series, currency: str) -> str:
    """Say where the revenue comes from, and what is not on the map."""
    if by_country is None:
        return "Left out here: this data names no countries, so there is no map."
    first, total = by_country.iloc[0], by_country["revenue"].sum()
    text = (
        f"{counted(len(by_country), 'country name brings', 'country names bring')} {money(total, currency)}; "
        f"{first['country']} alone {percent(first['revenue'] / total)}."
    )
    if unplaced.empty:
        return f"{text} Every name could be placed on the map."
    return (
        f"{text} Not on the map: {listed([str(name) for name in unplaced.index])}, with "
        f"{money(unplaced.sum(), currency)}, because no place on it has such a name."
    )


def read_concentration(found: Sequence[Concentration | None]) -> str:
    """Say how much hangs on the largest customers and products."""
    present = [each for each in found if each is not None]
    if not present:
        return "Left out here: without amounts there is nothing to compare."
    text = []
    for each in present:
        # of a few there is no hundredth: it would be one, and more than a hundredth of them
        whole = [(share, part) for share, part in each.top.items() if share * each.units >= 1]
        shares = [f"the largest {percent(share, 0)} bring {percent(part)}" for share, part in whole]
        text.append(
            f"Of {number(each.units)} {units_of(each)} {listed(shares)} of the revenue (Gini {each.gini:.3f})."
            if shares
            else f"The Gini coefficient of {number(each.units)} {units_of(each)} is {each.gini:.3f}."
        )
        if each.left_out:
            text.append(
                f"Left out are {units_of(each)} of which at least as much came back as was sold: "
                f"{number(each.left_out)}."
            )
    return " ".join(text)


def read_who(numbers: pd.DataFrame, regions: pd.DataFrame | None) -> str:
    """Say who the customers are."""
    rows = {row["column"]: row for row in numbers.to_dict("records")}
    text = []
    if "age" in rows:
        age = rows["age"]
        text.append(
            f"Ages run from {number(age['min'])} to {number(age['max'])}, half of them up to {age['median']:g}."
        )
    if regions is not None:
        by_rows = regions.sort_values(["rows", "region"], ascending=[False, True])
        named = [f"{name} {number(rows)}" for name, rows in zip(by_rows["region"], by_rows["rows"], strict=True)]
        text.append(f"Customers by region: {listed(named)}.")
    return " ".join(text) or (
        "Left out here: this data says nothing about the customers themselves (no age, gender, income or region)."
    )


def read_habits(numbers: pd.DataFrame, found: Discounts | None, same_payment: float | None) -> str:
    """Say how customers judge and how often they buy, who gets discounts, and how payment follows preference."""
    habits = numbers[numbers["column"].isin(HABITS)] if len(numbers) else numbers
    text = [
        f"{label(row['column'])}: {number(row['mean'])} on average ({number(row['min'])} to {number(row['max'])})."
        for row in habits.to_dict("records")
    ]
    if found is not None:
        text.append(f"{percent(found.share)} of the purchases carry a discount.")
        none = [who for who, share in found.by_gender.items() if not share]
        if none and found.rows:
            counts = listed([f"{number(found.of_gender[who])} {who}" for who in none])
            text.append(f"Not one of the {counts} customers has one.")
        if found.a_year:
            with_one, without = found.a_year
            text.append(
                f"Customers with a discount buy {with_one:.2f} times a year, the others {without:.2f} times: "
                f"{percent(abs(with_one / without - 1))} {'more' if with_one >= without else 'less'}."
            )
    if same_payment is not None:
        text.append(f"Customers pay by the method they say they prefer in {percent(same_payment)} of the rows.")
    return " ".join(text) or "Left out here: this data says nothing of payments, ratings, discounts or rhythms."


def read_spending(groups: Sequence[tuple[str, pd.DataFrame | None]], currency: str) -> str:
    """Say how far the mean amounts of groups lie apart."""
    text = []
    for by, found in groups:
        if found is not None and len(found) > 1:
            low, high = found.loc[found["mean"].idxmin()], found.loc[found["mean"].idxmax()]
            text.append(
                f"By {label(by).lower()}, the mean amount goes from {low['mean']:,.2f} ({low[by]}) to "
                f"{high['mean']:,.2f} {currency} ({high[by]}), {percent(high['mean'] / low['mean'] - 1)} more."
            )
    return " ".join(text) or "Left out here: this data has no groups of customers or items to compare."


def read_correlations(matrix: pd.DataFrame | None) -> str:
    """Say how strongly the columns of numbers go together."""
    found = pairs(matrix)
    if not found:
        return (
            "Left out here: the lines of a ledger are not independent cases, and its revenue is quantity times "
            "price by definition."
        )
    first, last = found[0], found[-1]
    one, other = first["columns"]
    strongest = f"{label(one)} and {label(other).lower()} ({first['correlation']:.3f})"
    if abs(first["correlation"]) < WEAK:
        return (
            f"No two columns are related: the strongest correlation is that of {strongest}. A model that predicts "
            "one of them from the others has nothing to work with."
        )
    if abs(last["correlation"]) > STRONG:
        return (
            f"All columns of numbers move nearly as one: correlations go from {last['correlation']:.3f} to "
            f"{first['correlation']:.3f}, the strongest between {strongest}. They hold one piece of information, "
            "not several."
        )
    return f"The strongest correlation is that of {strongest}."

"""What the first look at a study comes to: its findings, its headlines, and what to do about them."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from helpers.base.text import counted, listed, money, number, percent
from helpers.chapters.eda.narrative import STRONG, WEAK
from helpers.chapters.eda.sales import best_month, one_or_list, weekdays_without_sales
from helpers.chapters.eda.traits import Discounts, pairs
from helpers.customers.concentration import Concentration
from helpers.ledger.lines import Size, Twice

TOP_FINDINGS = 10
HEADLINES, ENOUGH = 6, 3
ALIKE = 1.1
"""Mean amounts of groups whose largest is at most this many times the smallest hardly differ."""
COPIES = 0.1
"""Share of customers who agree in everything from which copies are the first thing to know."""
WORTH_SAYING = 0.005
"""Share of lines below which duplicates or gaps do not make a headline."""


@dataclass(frozen=True)
class Seen:
    """All that the chapter computed; None or empty where the data has no columns for it."""

    size: Size
    currency: str
    columns: pd.DataFrame
    unparsed: pd.DataFrame
    twice: Twice
    revenue: float | None
    numbers: pd.DataFrame
    months: pd.DataFrame | None
    week: pd.DataFrame | None
    products: pd.DataFrame | None
    countries: pd.DataFrame | None
    nobody: tuple[float, float] | None
    back: tuple[float, float] | None
    customers: Concentration | None
    goods: Concentration | None
    categories: pd.DataFrame | None
    regions: pd.DataFrame | None
    ages: pd.DataFrame | None
    discounts: Discounts | None
    correlations: pd.DataFrame | None


def findings(seen: Seen) -> dict[str, Any]:
    """Return the findings by name; those that the data has no columns for are left out."""
    stats = ["mean", "median", "std", "min", "max", "variation", "outliers"]
    gaps = seen.columns[seen.columns["missing"] > 0]
    always = {
        "rows": seen.size.rows,
        "columns": seen.size.columns,
        "first_order": seen.size.first_order,
        "last_order": seen.size.last_order,
        "weekday_without_sales": one_or_list(weekdays_without_sales(seen.week)),
        "missing": {c: int(n) for c, n in zip(gaps["column"], gaps["missing"], strict=True)},
        "distinct": dict(zip(seen.columns["column"], seen.columns["distinct"].astype(int), strict=True)),
        "unparsed_values": len(seen.unparsed),
        "duplicate_rows": seen.twice.extra,
        "distinct_rows": seen.twice.distinct,
        "numbers": {row["column"]: {s: row[s] for s in stats} for row in seen.numbers.to_dict("records")},
    }
    return always | {name: value for name, value in _where_it_applies(seen).items() if value is not None}


def _where_it_applies(seen: Seen) -> dict[str, Any]:
    """Return the findings that need certain columns, None where they are not there."""
    amounts = next((row for row in seen.numbers.to_dict("records") if row["column"] == "revenue"), None)
    given = seen.discounts
    return {
        "revenue_total": seen.revenue,
        "revenue_mean": amounts and amounts["mean"],
        "revenue_median": amounts and amounts["median"],
        "best_month": best_month(seen.months),
        "months": _records(seen.months, ["month", "revenue", "orders", "whole"]),
        "top_products": _top_products(seen),
        "countries": _records(seen.countries, ["country", "rows", "revenue"], TOP_FINDINGS),
        "lines_without_customer": seen.nobody and seen.nobody[0],
        "revenue_without_customer": seen.nobody and seen.nobody[1],
        "returned_revenue_share": seen.back and seen.back[1],
        "gini_customers": seen.customers and seen.customers.gini,
        "top_decile_revenue_share": seen.customers and seen.customers.top[0.1],
        "gini_products": seen.goods and seen.goods.gini,
        "category_counts": _by(seen.categories, "category", "rows"),
        "category_means": _by(seen.categories, "category", "mean"),
        "region_counts": _by(seen.regions, "region", "rows"),
        "age_group_counts": _by(seen.ages, "age_group", "rows"),
        "age_group_means": _by(seen.ages, "age_group", "mean"),
        "discount_rows": given and given.rows,
        "discount_share": given and given.share,
        "discount_share_by_gender": (given and given.by_gender) or None,
        "purchases_a_year_with_discount": given and given.a_year and given.a_year[0],
        "purchases_a_year_without_discount": given and given.a_year and given.a_year[1],
        "correlations": pairs(seen.correlations) or None,
    }


def _records(frame: pd.DataFrame | None, columns: list[str], rows: int | None = None) -> list[dict] | None:
    return None if frame is None else frame[columns].head(rows if rows else len(frame)).to_dict("records")


def _by(frame: pd.DataFrame | None, key: str, value: str) -> dict[str, Any] | None:
    if frame is None:
        return None
    ordered = frame.sort_values(key)
    return dict(zip(ordered[key].astype(str), ordered[value], strict=True))


def _top_products(seen: Seen) -> list[dict] | None:
    """Return the first products: by revenue in a ledger, by purchases where a row is a customer's one purchase."""
    if seen.products is None:
        return None
    by = "revenue" if seen.size.is_ledger else "lines"
    ordered = seen.products.sort_values([by, "product"], ascending=[False, True])
    return _records(ordered, ["product", "lines", "revenue"], TOP_FINDINGS)


def headlines(seen: Seen) -> list[str]:
    """Return three to six sentences, the most useful first, as plain text."""
    candidates = [
        _copies(seen),
        _uneven_discounts(seen),
        _unknown_customers(seen),
        _largest_customers(seen),
        _silent_weekday(seen),
        _best_month(seen),
        _related(seen),
        _first_categories(seen),
        _taken_back(seen),
        _repeated_lines(seen),
        _alike(seen),
        _small_region(seen),
        _total(seen),
    ]
    found = [sentence for sentence in candidates if sentence]
    # how many rows there are is news only where little else is
    return found[:HEADLINES] if len(found) >= ENOUGH else [*found, _size(seen)]


def _copies(seen: Seen) -> str:
    if seen.size.is_ledger or seen.twice.extra < COPIES * seen.twice.rows:
        return ""
    return (
        f"Only {number(seen.twice.distinct)} of {number(seen.twice.rows)} rows are distinct: but for the "
        f"customer's id, {number(seen.twice.extra)} are copies of another row."
    )


def _uneven_discounts(seen: Seen) -> str:
    given = seen.discounts
    if given is None or not given.rows:
        return ""
    text = f"A discount was given on {number(given.rows)} purchases ({percent(given.share)})"
    none = [who for who, share in given.by_gender.items() if not share]
    some = [who for who, share in given.by_gender.items() if share]
    if not none:
        return f"{text}."
    without = listed([f"{number(given.of_gender[who])} {who}" for who in none])
    return f"{text}, every one to a {listed(some)} customer: not one of the {without} customers had any."


def _unknown_customers(seen: Seen) -> str:
    if not seen.nobody or seen.nobody[0] < WORTH_SAYING:
        return ""
    lines, revenue = seen.nobody
    return f"{percent(lines)} of the lines, with {percent(revenue)} of the revenue, belong to no known customer."


def _largest_customers(seen: Seen) -> str:
    if seen.customers is None or not seen.size.is_ledger:
        return ""
    return f"The largest 10 % of the customers bring {percent(seen.customers.top[0.1])} of all customers' revenue."


def _silent_weekday(seen: Seen) -> str:
    silent = weekdays_without_sales(seen.week)
    return f"Nothing was ever sold on a {listed(silent)}." if silent else ""


def _best_month(seen: Seen) -> str:
    best = best_month(seen.months)
    if best is None or seen.months is None:
        return ""
    row = seen.months[seen.months["month"] == best].iloc[0]
    text = f"The best whole month is {row['month']:%B %Y} with {money(row['revenue'], seen.currency)}"
    last = seen.months.iloc[-1]
    return f"{text}." if last["whole"] else f"{text}; {last['month']:%B %Y}, the last, is covered only in part."


def _related(seen: Seen) -> str:
    found = pairs(seen.correlations)
    if not found:
        return ""
    strongest, weakest = (abs(found[at]["correlation"]) for at in (0, -1))
    if strongest < WEAK:
        return f"None of the numbers is related to another: the strongest correlation is {strongest:.3f}."
    if weakest > STRONG:
        return (
            f"All {number(len(seen.numbers))} columns of numbers move nearly as one: their correlations go from "
            f"{weakest:.3f} to {strongest:.3f}."
        )
    return ""


def _first_categories(seen: Seen) -> str:
    if seen.categories is None or len(seen.categories) < 3:
        return ""
    most = seen.categories.sort_values(["rows", "category"], ascending=[False, True])
    share = most["rows"].head(2).sum() / most["rows"].sum()
    return f"{listed(list(most['category'].head(2)))} make up {percent(share)} of all purchases."


def _alike(seen: Seen) -> str:
    if seen.categories is None or len(seen.categories) < 2:
        return ""
    low, high = seen.categories["mean"].min(), seen.categories["mean"].max()
    if not 0 < low <= high <= ALIKE * low:
        return ""
    amounts = f"{low:,.2f} to {high:,.2f} {seen.currency}".strip()
    return f"The mean amount hardly differs between categories: {amounts}."


def _taken_back(seen: Seen) -> str:
    if not seen.back or seen.back[1] < WORTH_SAYING:
        return ""
    return f"Returns and cancellations take back {percent(seen.back[1])} of the gross revenue."


def _repeated_lines(seen: Seen) -> str:
    if not seen.size.is_ledger or seen.twice.extra < WORTH_SAYING * seen.twice.rows:
        return ""
    return f"{number(seen.twice.extra)} lines repeat an earlier one in every column."


def _small_region(seen: Seen) -> str:
    if seen.regions is None or len(seen.regions) < 3:
        return ""
    small = seen.regions.loc[seen.regions["rows"].idxmin()]
    if small["rows"] > COPIES * seen.regions["rows"].sum():
        return ""
    count = counted(int(small["rows"]), "customer", "customers")
    return f"{small['region']} has only {count}: too few for figures of its own."


def _total(seen: Seen) -> str:
    if seen.revenue is None:
        return ""
    mean = seen.revenue / max(seen.size.rows, 1)
    return (
        f"Revenue is {money(seen.revenue, seen.currency)} in {counted(seen.size.rows, 'row', 'rows')}, "
        f"{mean:,.2f} on average."
    )


def _size(seen: Seen) -> str:
    return f"The source has {counted(seen.size.rows, 'row', 'rows')} in {number(seen.size.columns)} columns."


def actions(seen: Seen) -> pd.DataFrame:
    """Return what to do about what was seen: `seen`, `do` and `chapter`, the most urgent first."""
    rows = []
    if len(seen.unparsed):
        rows.append(
            (counted(len(seen.unparsed), "value", "values") + " not readable", "mend them at the source", "source")
        )
    if seen.nobody and seen.nobody[0]:
        rows.append(
            (
                f"{percent(seen.nobody[0])} of the lines without a customer",
                "keep them out of all that is about customers",
                "02",
            )
        )
    if seen.twice.extra:
        advice = "drop repeated lines" if seen.size.is_ledger else "keep identical rows on one side of every split"
        rows.append(
            (f"{number(seen.twice.extra)} repeated rows", advice, "02" if seen.size.is_ledger else "07, 09")
        )
    if seen.back:
        rows.append(
            (f"{percent(seen.back[1])} of the revenue taken back", "set returns apart from purchases", "02")
        )
    rows += _advice_on_patterns(seen)
    return pd.DataFrame(rows, columns=["seen", "do", "chapter"])


def _advice_on_patterns(seen: Seen) -> list[tuple[str, str, str]]:
    """Return what to do about sales and customers."""
    rows = []
    if seen.months is not None and not seen.months["whole"].iloc[-1]:
        last = f"{seen.months['month'].iloc[-1]:%B %Y}"
        rows.append((f"{last} covered only in part", "leave it out of comparisons and forecasts", "all"))
    if silent := weekdays_without_sales(seen.week):
        rows.append(
            (f"no sales on a {listed(silent)}", "ask whether the shop is closed or the ledger is", "source")
        )
    if seen.customers is not None and seen.size.is_ledger:
        share = percent(seen.customers.top[0.1])
        rows.append((f"{share} of the revenue from a tenth of the customers", "look after them by name", "03"))
    if seen.discounts is not None and not all(seen.discounts.by_gender.values()):
        rows.append(("discounts for some customers only", "compare no group that the rule divides", "03"))
    found = pairs(seen.correlations)
    if found and abs(found[-1]["correlation"]) > STRONG:
        rows.append(("columns of numbers that move as one", "do not take a good prediction for a discovery", "07"))
    if found and abs(found[0]["correlation"]) < WEAK:
        rows.append(("columns of numbers that are not related", "expect no clusters and no predictions", "04, 07"))
    return rows

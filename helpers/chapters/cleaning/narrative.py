"""What the page on cleaning reads from the lines: rejected examples, and products that came back."""

from decimal import Decimal

import narwhals as nw
import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, money, percent, sentence

SHOWN = ("line", "customer_id", "order_id", "quantity", "unit_price", "revenue")
"""Columns of a rejected line that tell it apart, in a table that fits a page."""


def kept(rows: dict[str, int], revenue: Decimal | None, customers: int | None, currency: str) -> Markup:
    read, share = counted(rows["read"], "line is", "lines are"), percent(rows["kept"] / rows["read"])
    worth = money(revenue, currency) if revenue is not None else ""
    people = f"from {counted(customers, 'customer', 'customers')}" if customers else ""
    told = "{kept} of {read} kept ({share}): {what}." if worth or people else "{kept} of {read} kept ({share})."
    return sentence(told, kept=rows["kept"], read=read, share=share, what=f"{worth} {people}".strip())


def rejected(lines: int, revenue: Decimal | None, currency: str) -> Markup:
    were = counted(lines, "line was", "lines were")
    told = "{were} rejected." if revenue is None else "{were} rejected, and {revenue} with them."
    return sentence(told, were=were, revenue=money(revenue or 0, currency))


def returned(lines: int, revenue: Decimal, share: float, currency: str) -> Markup:
    apart, worth = counted(lines, "line is", "lines are"), money(revenue, currency)
    told = "{apart} set apart as returns, worth {worth}: {share} of the revenue that is kept."
    return sentence(told, apart=apart, worth=worth, share=percent(share))


def set_aside(errors: pd.DataFrame, currency: str) -> Markup:
    """Say which lines to correct, and what they would add to each sum; `errors` is of `checks.beside_usual`."""
    return sentence(
        "Correct {lines} at the source, priced far beyond what the product costs: {amount} that no figure holds.",
        lines=counted(len(errors), "order line", "order lines"),
        amount=money(errors["revenue"].sum(), currency),
    )


def examples_of(rejected: nw.LazyFrame, per_rule: int) -> pd.DataFrame:
    """Return the first lines that each rule rejected, for people to judge the rule by."""
    names = rejected.collect_schema().names()
    product = "product_name" if "product_name" in names else "product_id"
    place = nw.col("line").rank("ordinal").over("step")
    first = rejected.with_columns(_place=place).filter(nw.col("_place") <= per_rule).sort("step", "line")
    return first.select("rule", *(n for n in (*SHOWN, product) if n in names)).collect("pandas").to_native()


def returned_products(returns: nw.LazyFrame, top: int) -> pd.DataFrame:
    """Return the products with most value brought back: product, lines, revenue (below zero) and customers."""
    names = returns.collect_schema().names()
    by = [name for name in ("product_id", "product_name") if name in names]
    totals = {"lines": nw.len(), "revenue": nw.col("revenue").sum()}
    if "customer_id" in names:
        totals["customers"] = nw.col("customer_id").n_unique()
    return returns.group_by(by).agg(**totals).sort("revenue", *by).head(top).collect("pandas").to_native()

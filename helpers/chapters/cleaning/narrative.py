"""What chapter 02 says: what each rule does, what was left out, and whether it adds up."""

from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, listed, money, number, percent, sentence
from helpers.base.vocabulary import COLUMNS, label
from helpers.ledger.rules import Rule

RULES = {
    "drop_missing": "drop lines without {}",
    "drop_cancellations": "drop cancelled orders",
    "drop_exact_duplicates": "drop exact duplicates",
    "keep": "keep only lines with {} {}",
    "exclude": "drop lines with {} {}",
    "keep_matching": "keep only lines whose {} has the usual form",
    "above": "drop lines with {} of {} or less",
    "at_most": "drop lines with {} above {}",
    "join": "add the columns of {file}, and drop lines that it does not name",
    "drop_customers_returning_over": "drop customers who returned more than {} of their units",
    "split_returns": "move returns to a table of their own",
    "set_aside": "set aside prices {times:g} times the product's usual one",
    "tidy_text": "tidy the spaces in {}",
    "change_case": "write in {} case: {}",
    "absolute": "take the minus sign off {} for some {}",
    "one_country_per_customer": "give each customer one country",
    "one_name_per_product": "give each product one name",
}
"""What each rule does, in words; the braces are for its option."""
EACH = ("keep", "exclude", "keep_matching", "above", "at_most", "change_case", "absolute")
"""Rules whose option has a value for each of some columns (or for each case, some columns)."""
ENDS = {
    "read": "In the source",
    "changed": "Changed by rules",
    "kept": "Kept",
    "returned": "Returned",
    "set_aside": "Set aside as errors",
    "rejected": "Rejected by a rule",
    "unparsed": "Could not be read",
}
"""What becomes of a line."""
SHOWN = ("line", "customer_id", "order_id", "quantity", "unit_price", "revenue")
"""Columns of a rejected line that tell it apart, in a table that fits a page."""


def in_words(rule: Rule, option: Any) -> str:
    """Say in plain words what a rule does with its option: `drop lines without customer`."""
    told = RULES[rule.name]
    if rule.name in EACH:
        return listed([told.format(_named(name), _named(value)) for name, value in option.items()])
    if isinstance(option, dict):
        return told.format(**option)
    return told.format(_named(option) if isinstance(option, list) else percent(option, 0) if option else "")


def _named(option: Any) -> str:
    """Return names of columns as their labels, and values as they are; of many the first three."""
    given = option if isinstance(option, list | dict) else [option]
    texts = [
        label(each).lower() if each in COLUMNS else f"{each:g}" if isinstance(each, float) else str(each)
        for each in given
    ]
    return listed(texts[:3] if len(texts) <= 3 else [*texts[:2], f"{len(texts) - 2} others"])


def kept(rows: dict[str, int], revenue: Decimal | None, customers: int | None, currency: str) -> Markup:
    people = f"from {counted(customers, 'customer', 'customers')}" if customers else ""
    told = "Of {read} in the source, {kept} ({share}) are kept" + (
        ": {what}." if revenue is not None or people else "."
    )
    if rows["unparsed"]:
        told = told.replace(" in the source,", " in the source {unparsed} could not be read;")
    return sentence(
        told,
        read=counted(rows["read"], "line", "lines"), kept=rows["kept"], unparsed=rows["unparsed"],
        share=percent(rows["kept"] / rows["read"]),
        what=f"{money(revenue, currency) if revenue is not None else ''} {people}".strip(),
    )  # fmt: skip


def adds_up(rows: dict[str, int], paid: bool) -> Markup:
    """Say that nothing was lost; the notebook has stopped before where something was."""
    told = "All {lines} of the source are accounted for" + (
        ", and so is every penny of those that could be read." if paid else "."
    )
    return sentence(told, lines=counted(rows["read"], "line", "lines"))


def rejected(steps: pd.DataFrame, lines: int, revenue: Decimal | None, currency: str) -> Markup:
    """Say how much was rejected, and by which rules most; `steps` has `kind, does, lines_removed`."""
    dropping = steps[(steps["kind"] == "drops") & (steps["lines_removed"] > 0)]
    most = dropping.sort_values("lines_removed", ascending=False, kind="stable").head(3)
    told = [f"{number(row.lines_removed)} to {row.does}" for row in most.itertuples()]
    worth = "" if revenue is None else f" ({money(revenue, currency)})"
    were = counted(lines, "line", "lines")
    return sentence("{were}{worth} were rejected: {told}.", were=were, worth=worth, told=listed(told))


def returned(lines: int, revenue: Decimal, share: float, currency: str) -> Markup:
    told = "Returns: {lines}, {worth}, or {share} of what was sold in the whole time."
    lines = counted(lines, "line", "lines")
    return sentence(told, lines=lines, worth=money(revenue, currency), share=percent(share))


def set_aside(errors: pd.DataFrame, currency: str) -> Markup:
    """Say which lines to correct, and by how much they overstate sales; `errors` is of `checks.beside_usual`."""
    return sentence(
        "Correct {lines} at the source, priced about {times} times too high: they overstate sales by {amount}, "
        "and no figure from chapter 2 on holds them.",
        lines=counted(len(errors), "order line", "order lines"),
        times=f"{errors['times'].median():,.0f}",
        amount=money((errors["revenue"] - errors["revenue"] / errors["times"]).sum(), currency),
    )


def wild(lines: int, aside: int) -> Markup:
    """Say how many prices are a hundred times the usual one or a hundredth, beside those set aside."""
    beyond = "Beyond the lines set aside above, " if aside else ""
    found = counted(lines, "line has", "lines have") if lines else "no line has"
    text = beyond + f"{found} a price a hundred times the usual one, or a hundredth of it."
    return sentence("{text}", text=text[0].upper() + text[1:])


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

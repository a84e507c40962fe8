"""What the page on cleaning reads from the lines: rejected examples, and what was brought back."""

from collections.abc import Mapping

import narwhals as nw
import pandas as pd

from helpers.base.text import counted, number, percent


def read_kept(rows: Mapping[str, int]) -> str:
    """Say how many of the lines are kept; `rows` has `read` and `kept`."""
    if rows["kept"] == rows["read"]:
        return f"All {number(rows['read'])} lines are kept"
    share = percent(rows["kept"] / rows["read"])
    return f"{number(rows['kept'])} of {counted(rows['read'], 'line is', 'lines are')} kept ({share})"


def read_rejected(rejected: int) -> str:
    """Say how many lines were rejected."""
    return f"{counted(rejected, 'line was', 'lines were') if rejected else 'No line was'} rejected."


def examples_of(rejected: nw.LazyFrame, per_rule: int) -> pd.DataFrame:
    """Return the first lines that each rule rejected, for people to judge the rule by."""
    place = nw.col("line").rank("ordinal").over("step")
    first = rejected.with_columns(_place=place).filter(nw.col("_place") <= per_rule)
    return first.drop("_place").sort("step", "line").collect("pandas").to_native()


def brief(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of rejected lines that tell them apart, for a table that fits a page."""
    product = "product_name" if "product_name" in lines.columns else "product_id"
    told = ("line", "customer_id", "order_id", product, "quantity", "unit_price", "revenue")
    return lines[["rule", *(name for name in told if name in lines.columns)]]


def monthly_returns(transactions: nw.LazyFrame, returns: nw.LazyFrame) -> pd.DataFrame:
    """Return, a month each, the value brought back as a share of the value bought.

    Returns:
        month (datetime64), bought, returned, share; empty where there are no dates or no returns.
    """
    if not {"ordered_at", "revenue"} <= set(transactions.collect_schema().names()):
        return pd.DataFrame(columns=["month", "bought", "returned", "share"])
    sums = {}
    for name, lines in (("bought", transactions), ("returned", returns)):
        dated = lines.filter(~nw.col("ordered_at").is_null())
        dated = dated.with_columns(month=nw.col("ordered_at").dt.truncate("1mo"))
        months = dated.group_by("month").agg(nw.col("revenue").sum())
        sums[name] = months.collect("pandas").to_native().set_index("month")["revenue"].astype(float)
    if sums["returned"].empty:
        return pd.DataFrame(columns=["month", "bought", "returned", "share"])
    both = pd.DataFrame(sums).fillna(0.0).sort_index()
    both["returned"] = -both["returned"]
    return both.assign(share=both["returned"] / both["bought"]).reset_index()


def returned_products(returns: nw.LazyFrame, top: int) -> pd.DataFrame:
    """Return the products with most value brought back: product, lines, customers, revenue (below zero)."""
    names = returns.collect_schema().names()
    by = [name for name in ("product_id", "product_name") if name in names]
    if not by or "revenue" not in names:
        return pd.DataFrame(columns=["lines", "revenue"])
    totals = {"lines": nw.len(), "revenue": nw.col("revenue").sum()}
    if "customer_id" in names:
        totals["customers"] = nw.col("customer_id").n_unique()
    return returns.group_by(by).agg(**totals).sort("revenue", *by).head(top).collect("pandas").to_native()

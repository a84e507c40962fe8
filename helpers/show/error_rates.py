"""How often a verdict of the series errs: measured on data of a known truth, and said where the verdict is.

The table beside this file is what `make verdicts` measured (`tests/operating_characteristics`); nothing is typed.
"""

from functools import cache
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from helpers.base.text import percent, sentence

TABLE = Path(__file__).with_suffix(".csv")
SAID = {
    "structure": ("called random data structured", "missed separated groups"),
    "structure in leaves": ("called random data structured", "missed separated groups"),
    "leaks": ("called an honest feature a leak", "missed a feature made of the target"),
    "rules": ("called a rule where products are independent", "missed a true rule"),
    "better": ("called one of two equally good models better", "missed the better model"),
    "better lists": ("called one of two equally good lists better", "missed the better lists"),
    "months": ("called a month unusual where none was", "missed a changed month"),
}
"""What each verdict does when it errs: says yes where there is nothing, and no where there is something."""


@cache
def _table() -> pd.DataFrame:
    return pd.read_csv(TABLE)


def rates_of(verdict: str) -> pd.DataFrame:
    """Return the rows of a verdict: data, truth, datasets, rate and its bounds."""
    return _table().loc[lambda t: t["verdict"] == verdict].drop(columns="verdict").reset_index(drop=True)


def errs(verdict: str) -> Markup:
    """Return the line that a page has on a verdict: how often it said yes for nothing, and no for something.

    Rates are means over the kinds of data that were tried; the worst kind of both is named.
    """
    rows, (falsely, missed) = rates_of(verdict), SAID[verdict]
    nothing, something = rows[rows["truth"] == "nothing"], rows[rows["truth"] == "something"]
    return sentence(
        "This test has {falsely} in {wrong} and {missed} in {blind}.",
        falsely=falsely,
        missed=missed,
        wrong=_shares(nothing["rate"], nothing, "trials"),
        blind=_shares(1 - something["rate"], something, ""),
    )


def covers(verdict: str) -> Markup:
    """Return the line that a page has on ranges: how often they held in trials, and where furthest from meant."""
    rows = rates_of(verdict)
    worst = rows.loc[(rows["rate"] - rows["nominal"]).abs().idxmax()]
    return sentence(
        "In {n} trials such ranges, meant to hold {nominal}, held {mean} (furthest off: {rate}, for {data}).",
        n=int(rows["datasets"].sum()), nominal=percent(worst["nominal"], 0), mean=percent(rows["rate"].mean()),
        rate=percent(worst["rate"]), data=worst["data"],
    )  # fmt: skip


def _shares(wrong: pd.Series, rows: pd.DataFrame, of: str) -> Markup:
    """Return how often a verdict was wrong, of how many trials, and on which kind of data most often."""
    worst, most = wrong.idxmax(), ""
    if wrong[worst] > 0:
        most = sentence(" (at most {rate}, for {data})", rate=percent(wrong[worst]), data=rows.loc[worst, "data"])
    n, of = int(rows["datasets"].sum()), f" {of}" if of else ""
    return sentence("{mean} of {n}{of}{most}", mean=percent(wrong.mean()), n=n, of=of, most=most)

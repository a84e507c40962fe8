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
    "leaks": ("called an honest feature a leak", "missed a feature made of the target"),
    "rules": ("called a rule where products are independent", "missed a pair bought together more often"),
    "better": ("called one of two equally good models better", "missed the better model"),
    "months": ("called a month unusual where none was", "missed a month that was 40 % higher or lower"),
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
    worst, hardest = nothing.loc[nothing["rate"].idxmax()], something.loc[something["rate"].idxmin()]
    return sentence(
        "This test has {falsely} in {wrong} of {n} trials (at most {worst}, for {data}) "
        "and {missed} in {blind} of {m} (at most {blindest}, for {hard}).",
        falsely=falsely,
        missed=missed,
        wrong=percent(nothing["rate"].mean()),
        n=int(nothing["datasets"].sum()),
        worst=percent(worst["rate"]),
        data=worst["data"],
        blind=percent(1 - something["rate"].mean()),
        m=int(something["datasets"].sum()),
        blindest=percent(1 - hardest["rate"]),
        hard=hardest["data"],
    )

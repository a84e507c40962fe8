"""How often a verdict of the series errs: measured on data of a known truth, and said where the verdict is.

The table beside this file is what `make verdicts` measured (`tests/operating_characteristics`); nothing is typed.
"""

from functools import cache
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, percent, sentence

WITHHELD, WORST = ", withheld", ", worst decile"
"""Ends of the names of rows: how often ranges are withheld, and how often those shown hold in the worst decile."""
TABLE = Path(__file__).with_suffix(".csv")
SAID = {
    "structure": ("called random data structured", "missed separated groups"),
    "structure in leaves": ("called random data structured", "missed separated groups"),
    "leaks": ("called an honest feature a leak", "missed a feature made of the target"),
    "rules": ("called a rule where products are independent", "missed a true rule"),
    "better forecasts": ("called one of two equally good forecasts better", "missed the better forecasts"),
    "better lists": ("called one of two equally good lists better", "missed the better lists"),
    "better scores": ("called one of two equally good scores better", "missed the better scores"),
    "months": ("called a month unusual where none was", "missed a changed month"),
}
"""What each verdict does when it errs: says yes where there is nothing, and no where there is something."""
UNITS = ("customers", "rows", "months", "orders")
"""What amounts of data are counted in; orders are those of a month where months are counted, too."""
POWER = 0.8
"""Share of cases in which a verdict should find what is there: the convention of Cohen (1988)."""
FALSE_ALARMS = 0.05
"""Share of trials in which it may say yes for nothing, whatever the kind of data."""


@cache
def _table() -> pd.DataFrame:
    return pd.read_csv(TABLE)


def rates_of(verdict: str) -> pd.DataFrame:
    """Return the rows of a verdict: data, truth, datasets, rate and its bounds."""
    rows = _table().loc[lambda t: t["verdict"] == verdict]
    return rows.drop(columns=["verdict", "main", *UNITS]).reset_index(drop=True)


def fewest(verdict: str, **has: int) -> dict[str, int] | None:
    """Return the least data that was tried, by unit, from which on a verdict finds what is there; None for none.

    It finds each main kind of data in POWER of the trials, and says yes for nothing in FALSE_ALARMS at most, as
    far as trials tell: the lower bound is no higher.

    Args:
        verdict: its name.
        has: what a study has, by unit. Of the units after the first, no more than that is asked for if possible.
    """
    rows, units = _tried(verdict)
    main, nothing = rows[rows["main"]], rows[rows["truth"] == "nothing"]
    power, alarms = main.groupby(units)["rate"].min(), nothing.groupby(units)["low"].max()
    short = pd.concat([power[power < POWER], alarms[alarms > FALSE_ALARMS]]).index.to_frame()
    enough = [
        a for a in power.index.to_frame().to_dict("records") if not (short >= pd.Series(a)).all(axis=1).any()
    ]
    return min(enough, key=lambda a: ([max(a[u], has.get(u, 0)) for u in units[:0:-1]], a[units[0]]), default=None)


def least(verdict: str, unit: str) -> int:
    """Return the smallest amount of data that a verdict was tried with: how it errs with less is not known."""
    return int(_tried(verdict)[0][unit].min())


def errs(verdict: str, **has: int) -> Markup:
    """Return the line that a page has on a verdict: how often it said yes for nothing, and no for something.

    Rates are means over kinds of data, tried with about as much of it as a study has (`has`, by unit);
    the worst kind of both is named. Where that is too little, what would be needed is said.
    """
    (rows, units), (falsely, missed) = _tried(verdict), SAID[verdict]
    at = {u: max(rows[u][rows[u] <= has[u]], default=rows[u].min()) for u in units}
    rows = rows[(rows[[*at]] == pd.Series(at)).all(axis=1)]
    nothing, something = rows[rows["truth"] == "nothing"], rows[rows["truth"] == "something"]
    return sentence(
        "{tried} this test has {falsely} in {wrong} and {missed} in {blind}.{needed}",
        tried=f"Tried with {in_words(at)}{', more than here' if any(at[u] > has[u] for u in at) else ''},",
        falsely=falsely,
        missed=missed,
        wrong=_shares(nothing["rate"], nothing, "trials"),
        blind=_shares(1 - something["rate"], something, ""),
        needed=_needed(verdict, has),
    )


def _tried(verdict: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a verdict with its amounts of data, and their units."""
    rows = _table().loc[lambda t: t["verdict"] == verdict].dropna(axis="columns", how="all")
    units = [unit for unit in UNITS if unit in rows]
    return rows.dropna(subset=units).astype(dict.fromkeys(units, int)), units


def _needed(verdict: str, has: dict[str, int]) -> Markup | str:
    """Return what a verdict would need; nothing where a study has as much."""
    needed, (rows, units) = fewest(verdict, **has), _tried(verdict)
    if needed and all(has[unit] >= needed[unit] for unit in has):
        return ""
    at = needed or rows.loc[rows["main"], units].max().to_dict()
    hardest = rows[rows["main"] & (rows[units] == pd.Series(at)).all(axis=1)].sort_values("rate").iloc[0]
    if not needed and hardest["rate"] >= POWER:
        return sentence(" It says so too often where there is nothing: do not rely on it alone.")
    return sentence(
        " From {amount} on it finds {power} or more (tried on {data})."
        if needed
        else " Even with {amount} it does not find {power} (tried on {data}).",
        amount=in_words(at), power=percent(POWER), data=_kind(hardest),
    )  # fmt: skip


def _kind(row: pd.Series) -> str:
    """Return what the data of a row is, without its amount, which is the end of it."""
    return row["data"].removesuffix(
        ", " + in_words({unit: row[unit] for unit in UNITS if pd.notna(row.get(unit))})
    )


def in_words(amounts: dict[str, int]) -> str:
    """Return amounts of data in words: `24 months of 1,000 orders`."""
    return " of ".join(counted(int(amount), unit.removesuffix("s"), unit) for unit, amount in amounts.items())


def covers(verdict: str) -> Markup:
    """Return the line that a page has on ranges: how often trials withheld them, and how often the others held."""
    rows = rates_of(verdict)
    of_decile, withheld = rows["data"].str.endswith(WORST), rows["data"].str.endswith(WITHHELD)
    shown = rows[~of_decile & ~withheld]
    worst, decile = (
        some.loc[(some["rate"] - some["nominal"]).abs().idxmax()] for some in (shown, rows[of_decile])
    )
    return sentence(
        "Such ranges were withheld in {withheld} of {n} trials. Shown, they held {mean}, {nominal} meant "
        "(furthest off: {rate}, for {data}; of the deciles of a forecast {decile}, for {where}).",
        n=int(rows.loc[withheld, "datasets"].sum()), withheld=percent(rows.loc[withheld, "rate"].mean()),
        mean=percent(shown["rate"].mean()), nominal=percent(worst["nominal"], 0), rate=percent(worst["rate"]),
        data=worst["data"], decile=percent(decile["rate"]), where=decile["data"].removesuffix(WORST),
    )  # fmt: skip


def _shares(wrong: pd.Series, rows: pd.DataFrame, of: str) -> Markup:
    """Return how often a verdict was wrong, of how many trials, and on which kind of data most often."""
    worst, most = wrong.idxmax(), ""
    if wrong[worst] > 0:
        at_most = f"at most {percent(wrong[worst])}, for " if len(rows) > 1 else ""
        most = sentence(" ({at_most}{data})", at_most=at_most, data=_kind(rows.loc[worst]))
    n, of = int(rows["datasets"].sum()), f" {of}" if of else ""
    return sentence("{mean} of {n}{of}{most}", mean=percent(wrong.mean()), n=n, of=of, most=most)

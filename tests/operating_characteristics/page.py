"""The two tables of docs/verdicts.md, told from the table of error rates and written between their marks."""

import pandas as pd

from helpers.base.paths import ROOT
from helpers.base.text import percent
from helpers.show.error_rates import TABLE, UNITS, WITHHELD, WORST, fewest, in_words
from tests.operating_characteristics.intervals import KINDS, METHODS

PAGE = ROOT / "docs" / "verdicts.md"
NAMES = {
    "structure": "Natural groups (04)",
    "structure in leaves": "Groups in leaves (05)",
    "leaks": "Leaks (07, 09)",
    "better forecasts": "Better forecasts (07)",
    "better lists": "Better lists (08)",
    "better scores": "Better scores (09)",
    "rules": "Association rules (08)",
    "months": "Unusual months (10)",
}


def needed(rates: pd.DataFrame) -> str:
    """Return how much data each verdict needs, and what it finds there and with less, of the kind least found."""
    lines = ["| Verdict | From where on it finds 80 % | Least found there | Least found with the next smaller |"]
    lines.append("|---|---|---|---|")
    for verdict, name in NAMES.items():
        rows = rates[(rates["verdict"] == verdict) & rates["main"]].dropna(axis="columns", how="all")
        units, enough = [unit for unit in UNITS if unit in rows], fewest(verdict)
        at = enough or rows[units].max().to_dict()

        smaller = {unit: rows.loc[rows[unit] < at[unit], unit].max() for unit in units}
        less = {in_words(one := at | {unit: n}): least_found(rows, one) for unit, n in smaller.items() if n > 0}
        there = least_found(rows, at)
        kind = there.partition(" % ")[2]  # named again only where it is another one
        told = "; ".join(f"{amount}: {found.removesuffix(' ' + kind)}" for amount, found in less.items())
        lines.append(
            f"| {name} | {in_words(at) if enough else 'no amount tried'} | {there} | {told or 'not tried'} |"
        )
    return "\n".join(lines)


def least_found(rows: pd.DataFrame, amounts: dict[str, int]) -> str:
    """Return the lowest rate with so much data, and of which kind of it."""
    with_so_much = rows[(rows[[*amounts]] == pd.Series(amounts)).all(axis=1)]
    row = with_so_much.loc[with_so_much["rate"].idxmin()]
    return f"{percent(row['rate'])} ({row['data'].removesuffix(', ' + in_words(amounts))})"


def ranges(rates: pd.DataFrame) -> str:
    """Return how often ranges are withheld and, where shown, how often they hold, by kind of spend and method."""
    rate = rates[rates["verdict"] == "intervals"].set_index("data")["rate"]
    parts = {"withheld": WITHHELD, "shown hold": "", "worst decile": WORST}
    heads = [f"{chapter}: {part}" for chapter in ("07", "11") for part in parts]
    lines = [f"| Spend | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for kind in KINDS:
        names = [f"{kind}{of}{part}" for of in METHODS for part in parts.values()]
        told = [percent(rate[name], 0 if WITHHELD in name else 1) if name in rate else "" for name in names]
        lines.append(f"| {kind} | {' | '.join(told)} |")
    return "\n".join(lines)


def with_tables(text: str) -> str:
    """Return a page with both tables as the table of error rates has them now."""
    rates = pd.read_csv(TABLE)
    for name, told in (("needed", needed(rates)), ("ranges", ranges(rates))):
        begin, end = f"<!-- {name}: written by make verdicts -->\n", f"\n<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = before + begin + told + end + rest.split(end)[1]
    return text


def write_page() -> None:
    """Bring the tables of the page up to date."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

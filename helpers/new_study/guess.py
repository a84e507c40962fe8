"""Which column of an unknown file is which: what the headers say, held against what stands below them.

A header alone misleads (`Customer` may hold a name, `Total` an order's amount on each of its lines), and content
alone does not tell a quantity from an age. So a column is taken for something only if both allow it, the clearest
first, and every guess carries how sure it is and why.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.places import locate
from helpers.base.vocabulary import COLUMNS, IDS, MOMENT, TEXT
from helpers.ledger.numbers import as_number
from helpers.new_study.header_words import readings_of

SURE, LIKELY, GUESSED = "sure", "likely", "a guess, please check"
NEARLY_ALL = 0.95
AGREES = 0.01
"""Half a cent each way and a little: how far quantity times price may be from an amount that is theirs."""
LOOKED_AT = 300
"""Distinct values of a column that are looked at for countries."""


class Content(NamedTuple):
    """What stands in a column, as shares of its lines with a value."""

    filled: int
    distinct: int
    numbers: float
    whole: float
    dates: float
    letters: float
    spaced: float
    """With a space between words: a name rather than a code."""
    countries: float
    lowest: float
    highest: float
    """Of the numbers; NaN where there are none."""
    example: str


class Guess(NamedTuple):
    """A column of the file, what it is taken for, how sure that is, and why."""

    header: str
    name: str
    certainty: str
    why: str


def content_of(texts: pd.Series, decimal: str, dates: float) -> Content:
    """Return what stands in a column of texts.

    Args:
        texts: trimmed, None where there is no value.
        decimal: the decimal mark of the file.
        dates: share of its values that can be read as a date.
    """
    values = texts.dropna()
    counts = values.value_counts(sort=False)
    different = pd.Series(counts.index, dtype="str")
    weights = counts.to_numpy() / max(len(values), 1)
    numbers = as_number(different, decimal)
    asked = different[different.str.contains(r"[^\W\d_]", na=False)].head(LOOKED_AT)
    placed = locate(list(asked))["code"].notna().to_numpy() if len(asked) else np.zeros(1)
    return Content(
        filled=len(values),
        distinct=len(counts),
        numbers=float(weights[numbers.notna()].sum()),
        whole=float(weights[(numbers % 1 == 0).to_numpy()].sum()),
        dates=dates,
        letters=float(weights[different.str.contains(r"[^\W\d_]", na=False).to_numpy()].sum()),
        spaced=float(weights[different.str.contains(r"\w\s+\w", na=False).to_numpy()].sum()),
        countries=float(placed.mean()),
        lowest=float(numbers.min()),
        highest=float(numbers.max()),
        example=str(values.iloc[0]) if len(values) else "",
    )


def fit(name: str, content: Content) -> float:
    """Return how well content suits a column, from 0 (not at all) to 1."""
    if not content.filled:
        return 0
    kind = COLUMNS[name].type
    if kind == MOMENT:
        return float(content.dates >= NEARLY_ALL)
    if name in IDS:
        if content.dates >= NEARLY_ALL and content.numbers < NEARLY_ALL:
            return 0
        if content.numbers - content.whole > 1 - NEARLY_ALL:  # fractions are amounts, not codes
            return 0
        return 0.5 if content.spaced > 0.5 else 1.0
    if name == "product_name":
        return 0.5 + content.spaced / 2 if content.letters > 0.5 else 0
    if name == "country":
        return content.countries if content.letters > 0.5 and content.countries > 0.3 else 0
    if name == "discount_applied":
        return float(content.distinct <= 3)
    if kind == TEXT:
        return 1.0 if content.letters > 0.5 else 0.2
    if content.numbers < NEARLY_ALL:
        return 0
    if name == "quantity":
        return 0.5 + content.whole / 2
    if name == "age":
        return float(content.lowest >= 0 and content.highest <= 120)
    return 1.0


def guess_columns(sample: pd.DataFrame, contents: Mapping[str, Content], decimal: str) -> list[Guess]:
    """Return what each column is taken for, in the order of the file; columns that say nothing are left out.

    Args:
        sample: the first lines as trimmed texts, None where there is no value.
        contents: what stands in each column.
        decimal: the decimal mark.
    """
    found = _by_header(contents)
    taken = {guess.name for guess in found.values()}
    _by_content(found, taken, contents)
    _by_product(found, sample, contents, decimal)
    _without_order_totals(found, sample)
    return [found[header] for header in sample if header in found]


def _by_header(contents: Mapping[str, Content]) -> dict[str, Guess]:
    """Return guesses from headers that their content allows, the clearest first, each column and name once."""
    order = list(COLUMNS)
    offers = []
    for position, (header, content) in enumerate(contents.items()):
        for reading in readings_of(header):
            suits = fit(reading.name, content)
            if suits > 0:
                rank = (-(reading.clarity + suits), order.index(reading.name), position)
                offers.append((rank, header, reading, suits))
    found: dict[str, Guess] = {}
    for _, header, reading, suits in sorted(offers):
        if header in found or reading.name in {guess.name for guess in found.values()}:
            continue
        certainty = {3: SURE, 2: LIKELY}.get(reading.clarity, GUESSED)
        if certainty == SURE and suits < 0.5:
            certainty = LIKELY
        found[header] = Guess(
            header, reading.name, certainty, f"by its header, and {_in_words(reading.name, contents[header])}"
        )
    return found


def _by_content(found: dict[str, Guess], taken: set[str], contents: Mapping[str, Content]) -> None:
    """Take the only column of dates, or of country names, for what it looks like, whatever its header."""
    free = {header: content for header, content in contents.items() if header not in found and content.filled}
    dated = [h for h, c in free.items() if c.dates >= NEARLY_ALL and c.numbers < NEARLY_ALL]
    if "ordered_at" not in taken and len(dated) == 1:
        found[dated[0]] = Guess(
            dated[0], "ordered_at", LIKELY, "no header says so, but it is the only column of dates"
        )
    placed = [h for h, c in free.items() if c.countries >= NEARLY_ALL and c.distinct > 1 and len(c.example) > 3]
    if "country" not in taken and len(placed) == 1:
        found[placed[0]] = Guess(placed[0], "country", LIKELY, "no header says so, but its values are countries")


def _by_product(
    found: dict[str, Guess], sample: pd.DataFrame, contents: Mapping[str, Content], decimal: str
) -> None:
    """Find the amount that is quantity times price: it settles which column is which, whatever they are called."""
    named = {guess.name: header for header, guess in found.items()}
    numeric = [h for h, c in contents.items() if c.numbers >= NEARLY_ALL and c.distinct > 1]
    values = {header: as_number(sample[header], decimal) for header in numeric}

    def free(name: str) -> list[str]:
        if name in named and found[named[name]].certainty == SURE and name != "revenue":
            return [named[name]]
        return [h for h in numeric if h not in found or found[h].name in ("quantity", "unit_price", "revenue")]

    best: tuple[float, str, str, str] | None = None
    for quantity in free("quantity"):
        if contents[quantity].whole < NEARLY_ALL:
            continue
        for price in free("unit_price"):
            for amount in free("revenue"):
                if len({quantity, price, amount}) < 3:
                    continue
                share = agreement(values[quantity], values[price], values[amount])
                if share >= NEARLY_ALL and (best is None or share > best[0]):
                    best = (share, quantity, price, amount)
    if best is None:
        return
    for header in [h for h, g in found.items() if g.name in ("quantity", "unit_price", "revenue")]:
        del found[header]
    why = f"{best[1]} times {best[2]} gives {best[3]} on {100 * best[0]:.0f} % of the lines looked at"
    for header, name in zip(best[1:], ("quantity", "unit_price", "revenue"), strict=True):
        found[header] = Guess(header, name, SURE, why)


def agreement(quantity: pd.Series, price: pd.Series, amount: pd.Series) -> float:
    """Return on which share of the lines quantity times price is the amount, of those where that proves something.

    With a quantity of one, or of nothing, any price agrees with itself.
    """
    telling = (quantity.abs() != 1) & (amount != 0) & (price.abs() != 1)
    both = (quantity * price - amount)[telling & quantity.notna() & price.notna() & amount.notna()]
    if len(both) < 10:
        return 0.0
    room = np.maximum(AGREES, AGREES * quantity[both.index].abs())
    return float((both.abs() <= room).mean())


def _without_order_totals(found: dict[str, Guess], sample: pd.DataFrame) -> None:
    """Give up an amount that stands alike on every line of an order: it is the order's, and would count often."""
    named = {guess.name: header for header, guess in found.items()}
    if not {"order_id", "revenue"} <= set(named) or "quantity times" in found[named["revenue"]].why:
        return
    amounts = sample.groupby(named["order_id"])[named["revenue"]].agg(["size", "nunique"])
    several = amounts[amounts["size"] > 1]
    if len(several) >= 10 and (several["nunique"] <= 1).mean() >= NEARLY_ALL:
        del found[named["revenue"]]


def _in_words(name: str, content: Content) -> str:
    """Return what a column holds, as evidence for a reader."""
    kind = COLUMNS[name].type
    if kind == MOMENT:
        return f"its values are dates, such as {content.example}"
    if name == "customer_id":  # a study file may travel further than its data
        return f"it has {content.distinct:,} different values"
    if kind == TEXT:
        return f"it has {content.distinct:,} different values, such as {content.example[:30]}"
    return f"its values are numbers, from {content.lowest:,.6g} to {content.highest:,.6g}"


def own_names(header: Sequence[str], guesses: Sequence[Guess], contents: Mapping[str, Content]) -> dict[str, str]:
    """Return names for columns that are taken for nothing but cannot keep their own name.

    A header `Quantity` over words would be read as numbers, `line` is the number of the row, and two headers may
    come to one name.
    """
    from helpers.ledger.ingest import snake_case

    taken = {guess.name for guess in guesses}
    mapped = {guess.header for guess in guesses}
    names: dict[str, str] = {}
    for position, title in enumerate(header):
        if title in mapped:
            continue
        name = snake_case(title)
        unfit = name in COLUMNS and (title not in contents or not fit(name, contents[title]))
        plain = re.fullmatch(r"[^\W_A-Z][^\WA-Z]*", name)
        if name in taken or name == "line" or unfit or not plain:
            base = f"{name}_given" if plain else f"column_{position + 1}"
            name = next(
                n for i in range(1, len(header) + 2) if (n := base if i == 1 else f"{base}_{i}") not in taken
            )
            names[title] = name
        taken.add(name)
    return names

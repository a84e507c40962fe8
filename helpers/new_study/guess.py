"""Which column of an unknown file is which: what the headers say, held against what stands below them.

A header alone misleads (`Customer` may hold a name, `Total` an order's amount on each of its lines), and content
alone does not tell a quantity from an age. So a column is taken for something only if both allow it, the clearest
first, and every guess carries how sure it is and why.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.vocabulary import COLUMNS, MOMENT, TEXT
from helpers.ledger.numbers import as_number
from helpers.new_study.content import NEARLY_ALL, TYPES, Content, fit
from helpers.new_study.header_words import Reading, concepts_of, readings_of
from helpers.new_study.kinds import CUSTOMERS, MEASURED, ORDERS, Kind

CLEAR = 3
"""The clarity of a header that says plainly what its column is."""
SURE, LIKELY, GUESSED = "sure", "likely", "a guess, please check"
AGREES = 0.01
"""Half a cent each way and a little: how far quantity times price may be from an amount that is theirs."""
TELLING, DIFFERENT = 0.2, 10
"""Share of the lines that must prove a product, and different amounts that it must have: zeros and ones agree with
anything."""
RELATED = 0.5
"""Rank correlation with quantity times price below which a column is not what was paid, whatever it is called."""
OF_CUSTOMERS = ("recency", "frequency", "monetary")
"""What a table of customers says of each: other tables have none of them."""
OF_ORDERS = ("order_id", "ordered_at", "product_id", "quantity", "unit_price")
"""What a table of customers has no room for."""


class Guess(NamedTuple):
    """A column of the file, what it is taken for, how sure that is, and why."""

    header: str
    name: str
    certainty: str
    why: str


def guess_columns(sample: pd.DataFrame, contents: Mapping[str, Content], decimal: str, kind: Kind) -> list[Guess]:
    """Return what each column is taken for, in the order of the file; columns that say nothing are left out.

    Args:
        sample: the first lines as trimmed texts, None where there is no value.
        contents: what stands in each column.
        decimal: the decimal mark.
        kind: what a row stands for.
    """
    found = _by_header(contents, kind)
    taken = {guess.name for guess in found.values()}
    _by_content(found, taken, contents, kind)
    if kind.is_ledger:
        _by_product(found, sample, contents, decimal)
        _without_unrelated_amount(found, sample, decimal)
        _without_order_totals(found, sample)
    if "monetary" in {guess.name for guess in found.values()}:  # then what is paid at a time is not the amount
        found = {header: guess for header, guess in found.items() if guess.name != "revenue"}
    return [found[header] for header in sample if header in found]


def _by_header(contents: Mapping[str, Content], kind: Kind) -> dict[str, Guess]:
    """Return guesses from headers that their content and the kind of table allow, the clearest first."""
    order = list(TYPES)
    offers = []
    for position, (header, content) in enumerate(contents.items()):
        for reading in _allowed(header, kind):
            suits = fit(reading.name, content) if kind.is_ledger or content.distinct > 1 else 0
            if suits > 0:
                # of a fare, a tip and a total, the total is what was paid
                part = kind.name == ORDERS and reading.name == "revenue" and "sum" not in concepts_of(header)
                rank = (-(reading.clarity + suits), order.index(reading.name), part, position)
                offers.append((rank, header, reading, suits))
    # several counts or sums of one thing are parts of it, and none of them is the whole
    clear = Counter(r.name for _, _, r, _ in offers if r.clarity == CLEAR and r.name in OF_CUSTOMERS)
    offers = [offer for offer in offers if clear[offer[2].name] < 2]
    found: dict[str, Guess] = {}
    for _, header, reading, suits in sorted(offers):
        if header in found or reading.name in {guess.name for guess in found.values()}:
            continue
        certainty = {CLEAR: SURE, 2: LIKELY}.get(reading.clarity, GUESSED)
        if certainty == SURE and suits < 0.5:
            certainty = LIKELY
        why = f"by its header, and {_in_words(reading.name, contents[header])}"
        found[header] = Guess(header, reading.name, certainty, why)
    return found


def _allowed(header: str, kind: Kind) -> list[Reading]:
    """Return what a header may mean in this kind of table."""
    readings = readings_of(header)
    if kind.is_ledger:
        return [reading for reading in readings if reading.name not in OF_CUSTOMERS]
    if header == kind.who:
        return [Reading("customer_id", 3)]
    allowed = [r for r in readings if r.name not in OF_ORDERS and not (r.name == "customer_id" and kind.who)]
    if kind.name == CUSTOMERS and "sum" in concepts_of(header):  # of all that a customer ever paid
        allowed = [r._replace(name="monetary") if r.name == "revenue" else r for r in allowed]
    return allowed


def _by_content(found: dict[str, Guess], taken: set[str], contents: Mapping[str, Content], kind: Kind) -> None:
    """Take the only column of dates, or of country names, for what it looks like, whatever its header."""
    named = next((guess for guess in found.values() if guess.name == "customer_id"), None)
    if kind.who and kind.who not in found and (named is None or named.certainty == GUESSED):
        if named:  # a name is weaker than an address
            del found[named.header]
        why = "no header says so, but its values are addresses of e-mail"
        found[kind.who] = Guess(kind.who, "customer_id", LIKELY, why)
    free = {header: content for header, content in contents.items() if header not in found and content.filled}
    dated = [h for h, c in free.items() if c.dates >= NEARLY_ALL and c.numbers < NEARLY_ALL]
    if kind.is_ledger and "ordered_at" not in taken and len(dated) == 1:
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
        return [h for h in numeric if (h not in found or found[h].name in MEASURED) and _may_be(name, h)]

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
    for header in [h for h, g in found.items() if g.name in MEASURED]:
        del found[header]
    why = f"{best[1]} times {best[2]} gives {best[3]} on {100 * best[0]:.0f} % of the lines looked at"
    for header, name in zip(best[1:], MEASURED, strict=True):
        found[header] = Guess(header, name, SURE, why)


def _may_be(name: str, header: str) -> bool:
    """Return whether a header speaks against a measure: an id, a score or a rating is none, whatever agrees."""
    says = {reading.name for reading in readings_of(header)}
    return name in says or not (says - {*MEASURED} or concepts_of(header) & {"id", "score", "duration", "age"})


def agreement(quantity: pd.Series, price: pd.Series, amount: pd.Series) -> float:
    """Return on which share of the lines quantity times price is the amount, of those where that proves something.

    With a quantity of one, or of nothing, any price agrees with itself. Nothing is proved by a few lines, or by
    amounts that are nearly all the same.
    """
    telling = (quantity.abs() != 1) & (amount != 0) & (price.abs() != 1)
    both = (quantity * price - amount)[telling & quantity.notna() & price.notna() & amount.notna()]
    if len(both) < max(10, TELLING * len(amount)) or amount.nunique() < DIFFERENT:
        return 0.0
    room = np.maximum(AGREES, AGREES * quantity[both.index].abs())
    return float((both.abs() <= room).mean())


def _without_unrelated_amount(found: dict[str, Guess], sample: pd.DataFrame, decimal: str) -> None:
    """Give up an amount that does not grow with quantity times price; taxes and discounts leave that it does."""
    named = {guess.name: header for header, guess in found.items()}
    if not set(MEASURED) <= set(named) or " times " in found[named["revenue"]].why:
        return
    quantity, price, amount = (as_number(sample[named[name]], decimal) for name in MEASURED)
    alike = amount.rank().corr((quantity * price).rank())
    if np.isnan(alike):
        return
    header = named["revenue"]
    if alike >= RELATED:
        why = f"{found[header].why}; it is not {named['quantity']} times {named['unit_price']}, but grows with it"
        found[header] = found[header]._replace(certainty=LIKELY, why=why)
        return
    del found[header]
    for name in MEASURED[:2]:
        guess = found[named[name]]
        why = f"{guess.why}; {header} has nothing to do with {named['quantity']} times {named['unit_price']}"
        found[named[name]] = guess._replace(certainty=GUESSED, why=why)


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
    kind = TYPES[name]
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
            flag = title in contents and contents[title].distinct == 2 < contents[title].filled / 10
            base = f"{name}_{'flag' if flag else 'given'}" if plain else f"column_{position + 1}"
            name = next(
                n for i in range(1, len(header) + 2) if (n := base if i == 1 else f"{base}_{i}") not in taken
            )
            names[title] = name
        taken.add(name)
    return names

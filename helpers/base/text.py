"""Numbers, lists and counts as people write them; every value escaped."""

import html
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup


class _EscapedValues(Formatter):
    """`str.format` whose values come out as HTML text; the template itself may hold markup."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Markup) and not format_spec:
            return value
        return html.escape(number(value) if not format_spec else format(value, format_spec))


def sentence(template: str, **values: Any) -> Markup:
    """Return a template with its values filled in, escaped; numbers get thousands separators.

    A value that is markup already, such as another sentence, stands as it is.

    A percentage stays on one line: its space is one that does not break.
    """
    return Markup(_EscapedValues().format(template, **values).replace(" %", "\N{NO-BREAK SPACE}%"))


def number(value: Any) -> str:
    """Return a value as people write it: 1,234 or 12.5 or 9 Dec 2011 or, for no value, a dash."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating | Decimal):
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        if abs(value) >= 1000 or value == int(value):
            return f"{value:,.0f}"
        whole, fraction = f"{value:,.{2 if abs(value) >= 1 else 4}f}".split(".")
        return f"{whole}.{fraction.rstrip('0'):0<2}"
    if isinstance(value, datetime):
        return day(value) + ("" if value.time() == datetime.min.time() else f" {value:%H:%M}")
    return day(value) if isinstance(value, date) else str(value)


def day(date: date) -> str:
    """Return a date as people write it: 9 Dec 2011."""
    return f"{date.day} {date:%b %Y}"


def percent(share: float, digits: int | None = None) -> str:
    """Return a share as a percentage: 18 %, and one digit below ten (3.3 %), unless a number of digits is given.

    Nearly all is not all, and a little is not nothing: 99.9 %, <0.1 %.
    """
    size = abs(100 * share)
    if digits is None:
        if 0 < size < 0.05:
            return "<0.1 %"
        if 99.5 <= size < 100:
            return f"{np.sign(share) * min(size, 99.9):.1f} %"
        digits = 0 if round(size, 1) >= 10 or size == 0 else 1
    return f"{100 * share:.{digits}f} %"


def change(share: float) -> str:
    """Return a change as a percentage with its sign: +34 %, -3.3 %."""
    return ("+" if share > 0 else "") + percent(share)


SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def money(amount: float | Decimal, currency: str = "") -> str:
    """Return an amount for prose, to three digits and with the currency's sign: £1.47m, £646k, £2,090, £96."""
    if math.isnan(amount):
        return number(None)
    value = abs(float(amount))
    value = float(f"{value:.3g}") if value >= 10_000 or value < 20 else round(value)
    if value >= 1e6:
        digits = f"{value / 1e6:,.3g}m" if value < 1e9 else f"{value / 1e6:,.0f}m"
    elif value >= 10_000:
        digits = f"{value / 1e3:.3g}k"
    else:
        digits = f"{value:,.0f}" if value >= 20 or value == int(value) else f"{value:#.3g}"
    return _with_sign(amount if value else 0, digits, currency)


def exact_money(amount: float | Decimal, currency: str = "") -> str:
    """Return an amount to the penny, for lists of lines and what has to add up: £87,749.00."""
    return _with_sign(amount, f"{abs(amount):,.2f}", currency)


def _with_sign(amount: float | Decimal, digits: str, currency: str) -> str:
    sign = SIGNS.get(currency, "")
    return f"{'-' if amount < 0 else ''}{sign}{digits}" + (f" {currency}" if currency and not sign else "")


def in_column(amount: float | Decimal) -> str:
    """Return an amount for a column, whose heading has the currency: whole from a thousand on."""
    return f"{amount:,.{0 if abs(amount) >= 1000 else 2}f}"


def score(value: float) -> str:
    """Return a measure between zero and one, such as a silhouette: 0.476."""
    return f"{value:.3f}"


def written(value: Any, kind: str) -> str:
    """Return a value as its kind is written (`helpers.base.vocabulary`); what is no number is written as it is."""
    if kind in _WRITERS and isinstance(value, int | float | np.number | Decimal) and not isinstance(value, bool):
        return "–" if pd.isna(value) else _WRITERS[kind](value)
    return number(value)


_WRITERS = {"share": percent, "change": change, "money": in_column, "score": score}


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: `a, b and c`; `a, b; c and d` where a comma is within one of them."""
    comma = "; " if any(", " in word for word in words) else ", "
    return " and ".join([comma.join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun: `1 line`, `2 lines`."""
    return f"{number(count)} {one if count == 1 else many}"

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
    """Return a value as people write it: 1,234 or 12.5 or 2011-12-09 or, for no value, a dash."""
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
        return value.strftime("%Y-%m-%d" if value.time() == datetime.min.time() else "%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage: .4762 -> 47.6 %."""
    return f"{100 * share:.{digits}f} %"


def money(amount: float | Decimal, currency: str = "") -> str:
    """Return an amount with its currency, whole from a thousand on: 5,699,403 GBP."""
    digits = 0 if abs(amount) >= 1000 else 2
    return f"{amount:,.{digits}f} {currency}".strip()


SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def brief_money(amount: float, currency: str = "") -> str:
    """Return an amount for prose, to three digits and with the currency's sign: £1.47m, £646k, £2,090, £96.1."""
    value = abs(amount)
    value = float(f"{value:.3g}") if value >= 10_000 or value < 100 else round(value)
    if value >= 1e6:
        digits = f"{value / 1e6:,.3g}m" if value < 1e9 else f"{value / 1e6:,.0f}m"
    elif value >= 10_000:
        digits = f"{value / 1e3:.3g}k"
    else:
        digits = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    minus, sign = "-" if amount < 0 and value else "", SIGNS.get(currency, "")
    return f"{minus}{sign}{digits}" + (f" {currency}" if currency and not sign else "")


def score(value: float) -> str:
    """Return a measure between zero and one, such as a silhouette: 0.476."""
    return f"{value:.3f}"


def written(value: Any, kind: str) -> str:
    """Return a value as its kind is written (`helpers.base.vocabulary`); what is no number is written as it is."""
    if kind in _WRITERS and isinstance(value, int | float | np.number | Decimal) and not isinstance(value, bool):
        return "–" if pd.isna(value) else _WRITERS[kind](value)
    return number(value)


_WRITERS = {"share": percent, "money": money, "score": score}


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: `a, b and c`; `a, b; c and d` where a comma is within one of them."""
    comma = "; " if any(", " in word for word in words) else ", "
    return " and ".join([comma.join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun: `1 line`, `2 lines`."""
    return f"{number(count)} {one if count == 1 else many}"

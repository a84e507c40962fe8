"""What all figures of a study rest on, in a sentence for the head of every page."""

from collections.abc import Mapping

import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, listed, money, sentence

LEFT_OUT = {"rejected": "rejected by the cleaning rules", "set_aside": "set aside as errors"}


def base_line(lines: Mapping[str, int], revenue: Mapping[str, float | None], currency: str) -> Markup:
    """Return what the figures rest on, and what is in none of them, with its amount where amounts are known.

    Args:
        lines: how many were `kept`, `returned`, `rejected` and `set_aside`.
        revenue: what they come to; of returns it is below zero.
        currency: of the study.
    """

    def told(end: str, one: str, many: str) -> str:
        worth = "" if pd.isna(revenue[end]) else f" ({money(abs(revenue[end]), currency)})"
        return f"{counted(int(lines[end]), one, many)}{worth}"

    text = f"Based on {told('kept', 'line', 'lines')}"
    if lines["returned"]:
        text += f" less {told('returned', 'return', 'returns')}"
        if not pd.isna(revenue["kept"]):
            text += f", net {money(revenue['kept'] + revenue['returned'], currency)}"
    out = [told(end, f"line {what}", f"lines {what}") for end, what in LEFT_OUT.items() if lines[end]]
    return sentence("{text}.{out}", text=text, out=f" Left out: {listed(out)}." if out else "")

"""Does every line and every penny of the source end somewhere? Checked in whole numbers and decimals."""

from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

WORDS = {
    "read": "read from the source",
    "changed": "changed by rules",
    "kept": "kept",
    "returned": "returned",
    "rejected": "rejected",
    "unparsed": "could not be read",
}


def rows_balance(rows: Mapping[str, int], unparsed: int) -> dict[str, int]:
    """Return rows by where they ended, with the unparsed lines that never came to the rules.

    Args:
        rows: `read` (by the rules), `kept`, `returned`, `rejected`.
        unparsed: lines kept aside by ingest.

    Raises:
        ArithmeticError: read is not kept + returned + rejected + unparsed.
    """
    whole = dict(rows) | {"read": rows["read"] + unparsed, "unparsed": unparsed}
    ended = sum(whole[end] for end in ("kept", "returned", "rejected", "unparsed"))
    if whole["read"] != ended:
        raise ArithmeticError(f"{whole['read']:,} lines were read, but {ended:,} ended somewhere.")
    return whole


def balance(rows: Mapping[str, int], revenue: Mapping[str, Decimal]) -> pd.DataFrame:
    """Return a table of lines and revenue by where they ended.

    Raises:
        ArithmeticError: revenue read + changed is not kept + returned + rejected, to the last decimal.
    """
    came = revenue["read"] + revenue["changed"]
    ended = revenue["kept"] + revenue["returned"] + revenue["rejected"]
    if came != ended:
        raise ArithmeticError(f"Revenue of {came:,} came in, but {ended:,} ended somewhere.")
    return pd.DataFrame(
        {
            "where": list(WORDS.values()),
            "lines": [rows.get(end) for end in WORDS],
            "revenue": [float(revenue[end]) if end in revenue else None for end in WORDS],
        }
    ).astype({"lines": "Int64"})

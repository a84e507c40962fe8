"""What a section of a chapter needs of the data, and which of it a study has.

A section says so in the metadata of its heading's cell: `{"needs": ["dates", "orders"]}`; `no dates` needs there
to be none. Where a need is not met, the section does not run and is not on the page; one line at the end of the
page says what this data cannot answer, and why.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from helpers.study.parameters import cell_source, read_cells

NEEDS = {
    "customers": (("customer_id",), "customers"),
    "orders": (("order_id",), "order numbers"),
    "dates": (("ordered_at",), "dates"),
    "amounts": (("revenue",), "amounts"),
    "prices": (("unit_price",), "unit prices"),
    "quantities": (("quantity",), "quantities"),
    "products": (("product_id", "product_name"), "products"),
    "countries": (("country",), "countries"),
    "returns": ((), "returns"),
}
"""Each need: columns of which the lines must have one, and what it is called."""
HEADING = re.compile(r"## +(?:\d+\. +)?(.+)")


def met(tables: Path) -> frozenset[str]:
    """Return which needs the tables of a study meet: by the clean lines, or before cleaning by those read."""
    import pyarrow.parquet as pq  # a build with nothing to do needs no tables

    lines = next((p for name in ("transactions", "raw") if (p := tables / f"{name}.parquet").exists()), None)
    columns = set(pq.read_schema(lines).names) if lines else set()
    returns = tables / "returns.parquet"
    found = {name for name, (any_of, _) in NEEDS.items() if columns & set(any_of)}
    if returns.exists() and pq.read_metadata(returns).num_rows:
        found.add("returns")
    return frozenset(found)


def lacking(cell: dict[str, Any], has: Iterable[str]) -> str | None:
    """Return why a section cannot be, in words (`no dates and no order numbers`), or None where it can.

    Args:
        cell: its heading.
        has: the needs that are met.

    Raises:
        KeyError: the heading names a need that is none.
    """
    reasons = []
    for need in cell["metadata"].get("needs", []):
        name = need.removeprefix("no ")
        word = NEEDS[name][1]
        if (name in has) == need.startswith("no "):
            reasons.append(f"it has {word}" if need.startswith("no ") else f"no {word}")
    return " and ".join(reasons) or None


def title_of(cell: dict[str, Any]) -> str | None:
    """Return the title of a section whose heading a cell is, without its number; None for any other cell."""
    found = HEADING.match(cell_source(cell)) if cell["cell_type"] == "markdown" else None
    return found[1].strip() if found else None


def left_out(notebook: Path, has: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield title and reason of each section of a notebook that the data does not meet the needs of."""
    for cell in read_cells(notebook):
        title = title_of(cell)
        if title and (reason := lacking(cell, has)):
            yield title, reason

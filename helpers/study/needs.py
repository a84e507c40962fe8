"""What a section of a chapter needs of the data, and which of it a study has.

A section says so in the metadata of its heading's cell: `{"needs": ["dates", "orders"]}`; `no dates` needs there
to be none. Where a need is not met, the section does not run and is not on the page; one line at the end of the
page says what this data cannot answer, and why.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from helpers.study.parameters import cell_source, read_cells

NEEDS = {
    "customers": (("customer_id",), "customers"),
    "orders": (("order_id",), "order numbers"),
    "rfm": (("order_id", "recency"), "order numbers, nor days since the last order"),
    "dates": (("ordered_at",), "dates"),
    "amounts": (("revenue",), "amounts"),
    "prices": (("unit_price",), "unit prices"),
    "quantities": (("quantity",), "quantities"),
    "products": (("product_id", "product_name"), "products"),
    "countries": (("country",), "countries"),
    "returns": ((), "returns"),
    "sales": ((), "dated sales"),
}
"""Each need: columns of which the lines must have one, and what it is called.

Sales are dated orders, or dated lines of nobody; dated rows of customers without orders are something else."""
HEADING = re.compile(r"## +(?:\d+\. +)?(.+)")


def met(tables: Path) -> frozenset[str]:
    """Return which needs the tables of a study meet: by the clean lines, or before cleaning by those read."""
    from helpers.base.parquet import rows_of, schema_of  # a build with nothing to do needs no tables

    lines = next((p for name in ("transactions", "raw") if (p := tables / f"{name}.parquet").exists()), None)
    returns = tables / "returns.parquet"
    returned = returns.exists() and rows_of(returns) > 0
    return met_by(schema_of(lines).names if lines else (), returned=returned)


def met_by(names: Iterable[str], *, returned: bool) -> frozenset[str]:
    """Return which needs lines of some columns meet; `returned` says whether some were sent back."""
    columns = set(names)
    found = {name for name, (any_of, _) in NEEDS.items() if columns & set(any_of)}
    if returned:
        found.add("returns")
    if "ordered_at" in columns and ("order_id" in columns or "customer_id" not in columns):
        found.add("sales")
    return frozenset(found)


def lacking(cell: dict[str, Any], has: Iterable[str]) -> str | None:
    """Return why a section cannot be, in words (`no dates and no order numbers`), or None where it can.

    `cell` is its heading; a need that is none of NEEDS is a KeyError.
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


def sections(notebook: Path) -> list[list[dict[str, Any]]]:
    """Return the cells of each section of a notebook, its heading first."""
    found: list[list[dict[str, Any]]] = []
    for cell in read_cells(notebook):
        if title_of(cell):
            found.append([])
        if found:
            found[-1].append(cell)
    return found


class LeftOutInLab:
    """In JupyterLab: cells of sections that the data does not meet the needs of do nothing when they are run.

    JupyterLab tells the kernel the id of the cell it runs; the cell's source is replaced before it is compiled.
    """

    def __init__(self, shell: Any, notebook: Path, has: Iterable[str]) -> None:
        self._shell, self._sections = shell, sections(notebook)
        self.reasons = {title_of(s[0]): why for s in self._sections if (why := lacking(s[0], has))}
        self._ids = {cell.get("id") for s in self._sections if title_of(s[0]) in self.reasons for cell in s}
        others = [t for t in shell.input_transformers_cleanup if not isinstance(t, LeftOutInLab)]
        shell.input_transformers_cleanup[:] = [*others, self]

    def _running(self) -> str | None:
        return self._shell.get_parent().get("metadata", {}).get("cellId")

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines of a cell as they are to be compiled."""
        running = self._running()
        return ["pass\n"] if running and running in self._ids else lines

    def skip(self, every: str | None = None) -> None:
        """Leave out what is left of the section whose cell is running, and later sections with a need."""
        running, after = self._running(), False
        for section in self._sections:
            ids = [cell.get("id") for cell in section]
            if running in ids:
                self._ids.update(ids[ids.index(running) + 1 :])
                after = True
            elif after and every in section[0]["metadata"].get("needs", []):
                self._ids.update(ids)

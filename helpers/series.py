"""The table of contents as code: the chapters in order, and the tables each one reads and writes.

The build derives its order from this list, the pages their navigation, and the tests what to check. A
chapter's title and question are those its notebook opens with.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from helpers.parameters import cell_source, read_cells
from helpers.paths import NOTEBOOKS


@dataclass(frozen=True)
class Chapter:
    """One notebook of the series."""

    number: int
    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The name its files share, `02_cleaning`."""
        return f"{self.number:02d}_{self.name}"

    @property
    def notebook(self) -> Path:
        """The notebook, as committed."""
        return NOTEBOOKS / f"{self.stem}.ipynb"

    @cached_property
    def _opening(self) -> list[str]:
        return [line for line in cell_source(read_cells(self.notebook)[0]).splitlines() if line.strip()]

    @property
    def title(self) -> str:
        """The notebook's first heading."""
        return self._opening[0].lstrip("# ")

    @property
    def question(self) -> str:
        """The business question: the bold line under the title."""
        return self._opening[1].strip("* ")


INGESTED = ("raw", "unparsed")
"""Tables that ingest makes of the source, before the first chapter."""

CHAPTERS = (
    Chapter(1, "eda", reads=("raw", "unparsed")),
    Chapter(
        2,
        "cleaning",
        reads=("raw", "unparsed"),
        writes=("transactions", "returns", "rejected", "cleaning_steps"),
    ),
    Chapter(3, "rfm", reads=("transactions", "returns"), writes=("customers",)),
    Chapter(4, "clustering", reads=("customers",), writes=("segments",)),
    Chapter(5, "tree_embedding", reads=("raw", "customers")),  # raw: who comes first, for a reproduction
    Chapter(6, "anomaly", reads=("transactions", "returns", "customers"), writes=("anomalies",)),
    Chapter(7, "regression", reads=("transactions", "returns", "customers")),
    Chapter(8, "recommendation", reads=("transactions", "customers"), writes=("recommendations",)),
    Chapter(9, "purchase_prediction", reads=("transactions", "returns", "customers")),
)

BY_NAME = {chapter.name: chapter for chapter in CHAPTERS}


def maker_of(table: str) -> str:
    """Return who writes a table, in words for a message: a chapter's stem, or ingest."""
    for chapter in CHAPTERS:
        if table in chapter.writes:
            return f"chapter {chapter.stem}"
    return "ingest, which `make report` runs first"


def chosen(names: list[str] | None) -> tuple[Chapter, ...]:
    """Return the chapters a study names, in the order of the series; all of them where it names none."""
    return CHAPTERS if names is None else tuple(chapter for chapter in CHAPTERS if chapter.name in names)


def prerequisites(chapter: Chapter) -> set[str]:
    """Return the names of the chapters whose tables a chapter reads."""
    return {other.name for other in CHAPTERS if set(other.writes) & set(chapter.reads)}

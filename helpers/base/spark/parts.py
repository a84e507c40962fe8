"""Tables in parts: Parquet files, or some rows of one, that executors read one by one or as a whole."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from helpers.base.parquet import quoted, quoted_column, rows_of

A_PART = 8_000_000
"""Rows of a part at most, where files can be divided."""
WIDE = ("HUGEINT", "UHUGEINT")
"""Types that Parquet does not have."""


class Part(NamedTuple):
    """Files of a table, or some rows of one of them."""

    files: tuple[str, ...]
    rows: int
    between: tuple[int, int] | None = None
    """Of the one file's rows, the first and the one after the last."""


class Parts(NamedTuple):
    """A table in parts, in the order of its rows."""

    parts: tuple[Part, ...]
    columns: dict[str, str]
    """SQL type of each column."""
    at_hand: bool = False
    """Whether it may be read as a whole wherever it is needed."""
    options: str = ""
    """Of the function that reads its files."""

    @property
    def rows(self) -> int:
        """How many rows all parts have."""
        return sum(part.rows for part in self.parts)

    def sql(self, *parts: Part) -> str:
        """Return the query that reads some parts; all of them where none is given."""
        chosen = parts or self.parts
        files = list(
            dict.fromkeys(file for part in chosen for file in part.files)
        )  # parts of one file name it, too
        if not files:
            return f"SELECT {', '.join(typed('NULL', *column) for column in self.columns.items())} WHERE false"
        given = {name: quoted_column(name) for name in self.columns}
        stored = {name: typed(given[name], name, kind) for name, kind in self.columns.items() if kind in WIDE}
        between = chosen[0].between if parts else None
        options = self.options or ("file_row_number = true" if between else "")
        where = f" WHERE file_row_number >= {between[0]} AND file_row_number < {between[1]}" if between else ""
        return f"SELECT {', '.join((given | stored).values())} FROM {reading(files, options)}{where}"


ONCE = Parts((Part((), 0),), {"nothing": "INTEGER"})
"""What a query is done over that reads no table in parts: it is done once."""


def reading(files: list[str], options: str = "") -> str:
    """Return the call of the function that reads files."""
    given = ", ".join(["hive_partitioning = false", *([options] if options else [])])
    return f"read_parquet([{', '.join(map(quoted, files))}], {given})"


def typed(value: str, name: str, kind: str) -> str:
    """Return a value as a column of a type."""
    return f"CAST({value} AS {kind}) AS {quoted_column(name)}"


def storable(sql: str, columns: Mapping[str, str]) -> str:
    """Return a query in types that Parquet has."""
    wide = [typed(quoted_column(name), name, "DECIMAL(38, 0)") for name, kind in columns.items() if kind in WIDE]
    return f"SELECT * REPLACE ({', '.join(wide)}) FROM ({sql})" if wide else sql


def divided(files: list[Path], cores: int) -> tuple[Part, ...]:
    """Return the rows of files as parts, in order: one for each core or more, none larger than `A_PART`."""
    counts = [rows_of(file) for file in files]
    most = max(1, min(A_PART, -(-sum(counts) // cores)))
    parts: list[Part] = []
    for file, rows in zip(map(str, files), counts, strict=True):
        last = parts[-1] if parts else None
        if last and not last.between and last.rows + rows <= most:
            parts[-1] = Part((*last.files, file), last.rows + rows)
        elif rows <= most:
            parts.append(Part((file,), rows))
        else:
            pieces = -(-rows // most)
            edges = [rows * number // pieces for number in range(pieces + 1)]
            parts += [Part((file,), end - start, (start, end)) for start, end in pairwise(edges)]
    return tuple(parts)

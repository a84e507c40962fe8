"""Tables as Parquet: one file, or a folder of parts in name order, as an engine of many processes writes them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def parts_of(path: Path) -> list[Path]:
    """Return the files of a table, in order."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def schema_of(path: Path) -> pa.Schema:
    """Return the columns of a table and their types."""
    return pq.read_schema(parts_of(path)[0])


def rows_of(path: Path) -> int:
    """Return how many rows a table has."""
    return sum(pq.read_metadata(part).num_rows for part in parts_of(path))


def sql_name(path: Path) -> str:
    """Return a table as DuckDB's SQL names it."""
    files = ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts_of(path))
    return f"read_parquet([{files}])"

"""Tables as Parquet: one file, or a folder of parts in name order, as an engine of many processes writes them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
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


def key_of_rows(path: Path, key: list[str]) -> tuple[bool, str | None]:
    """Look at the key of a file's rows, batch by batch.

    Returns:
        Whether rows are out of its order, and what keeps ordered ones from having it (None where nothing does).
    """
    unordered = repeated = missing = False
    last: pa.RecordBatch | None = None
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:  # by a path it would look for file systems
        for batch in file.iter_batches(columns=key):
            rows = pa.Table.from_batches([batch] if last is None else [last, batch]).combine_chunks()
            before, here = rows.slice(0, len(rows) - 1), rows.slice(1)
            less = equal = None
            for name in key:
                one, other = before.column(name), here.column(name)
                falls, same = pc.less(other, one), pc.equal(other, one)
                # by a later column, where all before it are equal
                less = falls if less is None else pc.or_kleene(less, pc.and_kleene(equal, falls))
                equal = same if equal is None else pc.and_kleene(equal, same)
                missing = missing or batch.column(batch.schema.get_field_index(name)).null_count > 0
            unordered = unordered or bool(pc.any(less).as_py())
            repeated = repeated or bool(pc.any(equal).as_py())
            last = batch.slice(len(batch) - 1)
    return unordered, "a row without" if missing else "two rows with the same" if repeated else None

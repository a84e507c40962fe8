"""Tables as Parquet: one file, or a folder of parts in name order, as an engine of many processes writes them."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
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


def quoted(path: Path | str) -> str:
    """Return a path as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"


def quoted_column(name: str) -> str:
    """Return a column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def sql_name(path: Path) -> str:
    """Return a table as DuckDB's SQL names it."""
    return f"read_parquet([{', '.join(map(quoted, parts_of(path)))}])"


def key_of_rows(path: Path, key: Sequence[str]) -> tuple[bool, str | None]:
    """Look at the key of a file's rows, batch by batch.

    Returns:
        Whether rows are out of its order, and what keeps ordered ones from having it (None where nothing does).
    """
    unordered = repeated = missing = False
    last: pa.RecordBatch | None = None
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:  # by a path it would look for file systems
        for batch in file.iter_batches(columns=list(key)):
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


def write_query(
    connection: duckdb.DuckDBPyConnection, sql: str, path: Path, key: Sequence[str] = ()
) -> str | None:
    """Write what a query gives as one file, sorted by a key where it is a table's.

    Returns:
        What keeps the rows from having that key; None where nothing does.
    """
    # what no table needs is read once or twice, which is not worth the work for a small file
    options = f"(FORMAT parquet, COMPRESSION {'zstd' if key else 'lz4_raw'})"
    connection.execute(f"COPY ({sql}) TO {quoted(path)} {options}")
    if not key:
        return None
    # rows mostly come as they were read, and looking at their keys costs far less than sorting; looked at is
    # the file, because two runs of one query on several threads may give two orders
    unordered, problem = key_of_rows(path, key)
    if unordered:
        part = path.with_name(f"{path.name}.part")
        order = ", ".join(map(quoted_column, key))
        ordered = f"SELECT * FROM {quoted(path)} ORDER BY {order}"
        connection.execute(f"COPY ({ordered}) TO {quoted(part)} {options}")
        part.replace(path)
        problem = key_of_rows(path, key)[1]
    return problem

"""What keeps the rows of a file from being a table: their order, a key twice, a key that is missing."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.base.parquet import key_of_rows, parts_of, rows_of, schema_of

WHOLE = range(100_000)
"""More than a batch."""


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (list(WHOLE), None, (False, None)),
        ([*WHOLE, 5], None, (True, None)),
        ([0, *WHOLE], None, (False, "two rows with the same")),
        ([*WHOLE, None], None, (False, "a row without")),
        (list(WHOLE), ["x"] * len(WHOLE), (False, None)),
        ([1] * 3, ["a", "b", "c"], (False, None)),
        ([1, 1, 2], ["b", "a", "c"], (True, None)),
        ([1, 1, 2], ["a", "a", "a"], (False, "two rows with the same")),
        ([1, 2, 1], ["a", "b", "c"], (True, None)),
        ([1], ["a"], (False, None)),
        ([], None, (False, None)),
    ],
)
def test_the_key_of_rows_is_looked_at_across_batches(tmp_path, first, second, found):
    columns = {"first": pa.array(first, pa.int64())} | ({"second": second} if second else {})
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert key_of_rows(tmp_path / "t.parquet", list(columns)) == found


def test_a_folder_of_parts_is_one_table(tmp_path):
    folder = tmp_path / "t.parquet"
    folder.mkdir()
    for number in (1, 0):
        pq.write_table(pa.table({"line": [number]}), folder / f"part-{number:05d}.parquet")
    assert [part.name for part in parts_of(folder)] == ["part-00000.parquet", "part-00001.parquet"]
    assert (rows_of(folder), schema_of(folder).names) == (2, ["line"])

"""Lines that may be no sales of their own: totals at the end of a file, and lines that are in two files."""

import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from helpers.base.vocabulary import NUMBER
from helpers.ledger.numbers import number_sql, quoted
from helpers.ledger.source import Source

OVERLAPPING = 0.005
"""Share of lines in two files above which that is said: shops sell the same thing twice in a minute, too."""
FOOTER = 3
"""Lines at the end of a file that may be totals."""
TOTAL = re.compile(
    r"\W*((grand|sub)[ -]?)?(totale?s?|totaal|sum|summe|gesamt(summe)?|suma|somme|soma|итого|всего|razem|celkem|"
    r"összesen|toplam|σύνολο|合计|合計|总计|總計|합계)\b.{0,20}$",
    re.IGNORECASE,
)


def counted_as(source: Source, columns: set[str], name: str) -> list[str]:
    """Return a sentence for each thing that no column tells apart, and what counts as one in its place."""
    said = []
    if source.one_customer and "customer_id" not in columns:
        said.append(f"No column of {name} says whom a row is about: each counts as a customer of its own.")
    if source.one_order and "order_id" not in columns and {"customer_id", "ordered_at"} <= columns:
        said.append(f"No column of {name} numbers the orders: all that a customer bought in a day counts as one.")
    return said


def overlaps(connection: duckdb.DuckDBPyConnection, text: Path, name: str) -> list[str]:
    """Return a sentence where many lines are in more than one file or sheet: months that overlap count twice."""
    columns = ", ".join(c for c in pq.read_schema(text).names if c not in ("line", "file", "row"))
    again, first, last = connection.sql(
        "SELECT coalesce(sum(lines - most), 0), min(first), max(last) FROM ("
        "SELECT sum(n) AS lines, max(n) AS most, min(file) AS first, max(file) AS last FROM ("
        f"SELECT hash({columns}) AS h, file, count(*) AS n FROM read_parquet({quoted(str(text))}) GROUP BY ALL"
        ") GROUP BY h HAVING count(*) > 1)"
    ).fetchall()[0]
    if again < max(2, OVERLAPPING * pq.read_metadata(text).num_rows):
        return []
    return [
        f"{name}: {again:,} lines are in more than one file or sheet, as in {first} and {last}; where they are "
        "the same sales, the rule drop_exact_duplicates counts them once."
    ]


def totals_at_end(connection: duckdb.DuckDBPyConnection, givens: dict[str, str], source: Source) -> list[tuple]:
    """Return the lines of totals that a file ends in: line, file, row and text.

    Such a line leaves a column empty that all others fill, and says so in a word or has a column's sum in it.

    Args:
        connection: with the lines as `text`.
        givens: its columns, each with SQL for what is given in it.
        source: says what means "no value".
    """
    if connection.sql("SELECT count(*) FROM text").fetchall()[0][0] <= FOOTER:
        return []
    last = connection.sql(f"SELECT unnest(max(line, {FOOTER})) FROM text GROUP BY file").fetchall()
    ends = connection.sql(
        f"SELECT line, file, row, {', '.join(givens)} FROM text "
        f"WHERE line IN ({', '.join(str(line) for (line,) in last)})"
    ).fetchall()
    found = []
    for line, file, row, *texts in sorted(ends):
        # SQL for the values of hundreds of columns at once takes gigabytes
        values = [None if text is None or text.strip() in source.missing else text.strip() for text in texts]
        empty = [text for text, value in zip(givens, values, strict=True) if value is None]
        if not empty or len(empty) == len(givens):
            continue
        filled = ", ".join(f"count({givens[text]})" for text in empty)
        count, *given = connection.sql(
            f"SELECT count(*), {filled} FROM text WHERE file = {quoted(file)}"
        ).fetchall()[0]
        if max(given) < count - FOOTER:
            continue
        said = any(value and TOTAL.match(value) for value in values)
        if said or _is_sum(
            connection, [sql for text, sql in givens.items() if text not in empty], (line, file), source.decimal
        ):
            found.append((line, file, row, ", ".join(value or "" for value in values)))
    return found


def _is_sum(
    connection: duckdb.DuckDBPyConnection, givens: list[str], place: tuple[int, str], decimal: str
) -> bool:
    """Return whether a line has in one of its columns what the other lines of its file add up to."""
    line, file = place
    numbers = [number_sql(given, NUMBER, decimal) for given in givens]
    sums = ", ".join(
        f"abs(sum({n}) FILTER (line <> {line}) - any_value(nullif({n}, 0)) FILTER (line = {line})) < 0.006"
        for n in numbers
    )
    return any(connection.sql(f"SELECT {sums} FROM text WHERE file = {quoted(file)}").fetchall()[0])

"""Where lines come from and how to read them (the schema of a study source)."""

from typing import Annotated, Literal

from pydantic import Field

from helpers.base.strict import Strict

MISSING = ("", "NULL", "null", "NaN", "nan", "N/A", "#N/A")
"""Texts that mean "no value". Not `NA` and `None`: one is Namibia, the other a real answer."""


PlainName = Annotated[str, Field(pattern=r"^[^\W_A-Z][^\WA-Z]*$")]
"""A name of a column or table as the series writes it: lower case; an underscore in front marks its own notes."""


class Source(Strict):
    """Where the lines come from and how to read them."""

    path: str
    """A csv, xlsx or parquet file, or a folder of them, in one of the data folders."""
    columns: dict[str, PlainName] = {}
    """Header in the source: canonical name. Headers not listed keep their name, in snake_case."""
    generator: Literal["sample"] | None = None
    """The module that makes the file when it is not there."""
    encoding: str | None = None
    """Of a csv; detected when not given."""
    delimiter: str | None = None
    """Of a csv; detected when not given."""
    decimal: Literal[".", ","] = "."
    """What separates whole and fraction in numbers written as text."""
    date_format: str | None = None
    """As in strptime; detected from the whole column when not given."""
    sheets: list[str] | None = None
    """Of a workbook; all of them when not given."""
    one_order: Literal["customer and day"] | None = None
    """What makes lines one order where no column numbers the orders."""
    one_customer: Literal["line"] | None = None
    """What tells customers apart where no column does: each line is one of its own, such as a session."""
    missing: list[str] = list(MISSING)
    """Texts that mean "no value"."""
    unreadable_at_most: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of lines with a date or number that cannot be read, above which the run stops."""

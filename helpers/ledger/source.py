"""Where lines come from and how to read them (the schema of a study source)."""

import io
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from helpers.base.strict import Strict

MISSING = ("", "NULL", "null", "NaN", "nan", "N/A", "#N/A")
"""Texts that mean "no value". Not `NA` and `None`: one is Namibia, the other a real answer."""


PlainName = Annotated[str, Field(pattern=r"^[^\W_A-Z][^\WA-Z]*$")]
"""A name of a column or table as the series writes it: lower case; an underscore in front marks its own notes."""

NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""The value of a partition that has none."""

SPECIFIERS = re.compile(r"(?:[^%]|%(?:-[dHIjmMSy]|[aAbBcdfgGhHIjmMnpSTuUVwWxXyYzZ%]))*", re.DOTALL)
"""What strptime knows in DuckDB, which reads the dates."""


MIXED = "utf-8 or cp1252"
"""UTF-8 in most places and cp1252 in others: two files that were put one after the other."""


def _encoding(name: str) -> str:
    if name == MIXED:
        return name
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)
    except (LookupError, ValueError):
        raise ValueError(f"is {name!r}, which is no encoding: write utf-8, say, or leave it out") from None
    return name


def _delimiter(mark: str) -> str:
    if len(mark) != 1 or mark.isalnum() or mark in '"\r\n\0':
        raise ValueError(
            f"is {mark!r}, but should be one mark, such as ';', and no letter, digit, quote or line end"
        )
    return mark


def _date_format(text: str) -> str:
    if not SPECIFIERS.fullmatch(text):
        wrong = text[SPECIFIERS.match(text).end() :][:2]
        raise ValueError(
            f"is {text!r}, in which {wrong!r} stands for nothing: see strptime; a plain % is written %%"
        )
    return text


class Source(Strict):
    """Where the lines come from and how to read them."""

    path: str = ""
    """A csv, xlsx or parquet file, or a folder of them: in one of the data folders, or in a store (`s3://`, `gs://`,
    `abfs://`)."""
    query: str | None = None
    """Instead of a path: one SELECT, of a PostgreSQL database."""
    connection: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")] | None = None
    """The environment variable that has the database's address; the address itself holds a secret."""
    columns: dict[str, PlainName] = {}
    """Header in the source: canonical name. Headers not listed keep their name, in snake_case."""
    generator: Literal["sample"] | None = None
    """The module that makes the file when it is not there."""
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    """Of a csv; detected when not given."""
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    """Of a csv; detected when not given."""
    decimal: Literal[".", ","] = "."
    """What separates whole and fraction in numbers written as text."""
    date_format: Annotated[str, AfterValidator(_date_format)] | None = None
    """As in strptime; detected from the whole column when not given."""
    partitions: dict[str, list[Annotated[str, BeforeValidator(str)]]] = {}
    """Of a folder whose folders are named `year=2024`: column, and its values that are read (all of them when not
    given), written as in the folders' names."""
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

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if bool(self.path) == bool(self.query):
            raise ValueError("source needs a path or a query, and not both")
        if bool(self.query) != bool(self.connection):
            raise ValueError(
                "source.query and source.connection go together: what is asked, and of which database"
            )
        return self


def partitions(inside: Path) -> dict[str, str | None]:
    """Return what the names of folders say, as in `year=2024/month=01`: column and value."""
    pairs = (part.split("=", 1) for part in inside.parts if "=" in part.strip("="))
    return {key: None if value == NO_PARTITION else unquote(value) for key, value in pairs}


def is_wanted(inside: Path, wanted: dict[str, list[str]] | None) -> bool:
    """Return whether the names of folders say none but wanted values."""
    return all(value in (wanted or {}).get(key, [value]) for key, value in partitions(inside).items())

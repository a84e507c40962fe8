"""Lookups: small csv files whose columns a cleaning rule joins to the lines."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from helpers.base.errors import StudyError, nearest
from helpers.base.words import machine_is_full
from helpers.ledger.sources import find_file


class Lookup(TypedDict):
    """A small csv, and the column it shares with the lines."""

    __pydantic_config__ = {"extra": "forbid"}
    file: str
    on: str


def find_lookup(name: str) -> Path:
    """Return a lookup file from the first data folder that has it.

    Raises:
        StudyError: it is in none, or is no file but a folder or a pipe, which would be waited for.
    """
    try:
        path = find_file(name)
    except OSError as error:  # a name too long for any file
        raise StudyError(f"{name[:80]} cannot be a lookup: {error.strerror}.") from None
    if not path.is_file():
        raise StudyError(f"{name} is no file, so it cannot be a lookup: give a csv.")
    return path


def read_lookup(lookup: Lookup, *, key_is_text: bool) -> pa.Table:
    """Return the table of a lookup file, its types guessed by the csv reader but for a key of text.

    Raises:
        StudyError: the file is not there or no csv, or lacks the key or has one of its values twice.
    """
    path = find_lookup(lookup["file"])
    types = {lookup["on"]: pa.string()} if key_is_text else {}
    try:
        table = pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(column_types=types))
    except (pa.ArrowException, OSError, ValueError) as error:
        if machine_is_full(error):
            raise
        raise StudyError(f"{path.name} cannot be read as csv: {' '.join(str(error).split())}.") from error
    if odd := [field.name for field in table.schema if pa.types.is_binary(field.type)]:
        raise StudyError(f"{path.name} has letters in {odd[0]!r} that are no UTF-8; save it as UTF-8.")
    if twice := [name for name in table.column_names if table.column_names.count(name) > 1]:
        raise StudyError(f"{path.name} has two columns called {twice[0]!r}; rename one of them in the file.")
    if own := [name for name in table.column_names if name.startswith("_")]:
        raise StudyError(
            f"{path.name} has a column {own[0]!r}; names with _ in front are the series' own: rename it."
        )
    if lookup["on"] not in table.column_names:
        hint = nearest(lookup["on"], table.column_names) or f"; there are {', '.join(table.column_names)}."
        raise StudyError(f"{path.name} has no column {lookup['on']!r} to join on{hint}")
    keys = table.column(lookup["on"])
    if len(keys.unique()) < len(keys):
        raise StudyError(f"{path.name} has a value of {lookup['on']!r} twice; each may have one row only.")
    return table

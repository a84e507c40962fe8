"""Where the lines are that `make new` is asked about: in a file, a folder, a store, or a database."""

import os
import re
from pathlib import Path

from helpers.base.errors import StudyError
from helpers.base.paths import data_folders, from_root
from helpers.ledger.sources import files_of, find_file, is_remote

QUERY = re.compile(r"\s*(select|with)\s|\w+:/", re.IGNORECASE)
"""What names a database or a page of the web rather than a file."""


def query_in(data: str, connection: str) -> str:
    """Return the query in the file that DATA names; empty where it names no file of SQL.

    Raises:
        StudyError: nothing says of which database it is, or DATA is no file of SQL and CONNECTION is given.
    """
    is_query = Path(data).suffix.lower() == ".sql"
    if is_query != bool(connection):
        raise StudyError(
            "A query needs a file and a database: `make new NAME=acme DATA=orders.sql CONNECTION=ORDERS_DB`, "
            "where the environment variable ORDERS_DB has the address."
        )
    if not is_query:
        return ""
    try:
        path = Path(data) if Path(data).exists() else find_file(data)
        query = path.read_text(encoding="utf-8").expandtabs().strip().rstrip(";").rstrip()
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{Path(data).name} cannot be read as SQL: {error}.") from None
    if not re.fullmatch("[A-Z][A-Z0-9_]{0,99}", connection):  # not repeated: it may be an address with a password
        raise StudyError("CONNECTION is no name of an environment variable, such as ORDERS_DB.")
    if not query or not query.replace("\n", "").isprintable():
        raise StudyError(f"{Path(data).name} cannot be read as SQL: it is empty, or has signs that are no text.")
    return query


def locate_data(data: str) -> Path:
    """Return the file or folder that DATA names: as typed, within the data folders, or fetched from a store.

    Raises:
        StudyError: DATA is missing, or is nowhere, or cannot be read as lines.
    """
    if not data:
        raise StudyError("DATA is missing: say which file, as in `make new NAME=acme DATA=acme.csv`.")
    if is_remote(data):
        from helpers.ledger.remote import fetched  # its libraries are needed for nothing else

        return fetched(data)
    try:
        typed = Path(data).expanduser()
        path = typed if os.path.lexists(typed) else find_file(data)
    except (StudyError, OSError, RuntimeError, ValueError):  # too long for a path, or of a user nobody knows
        if QUERY.match(data):  # not repeated: an address may hold a password
            raise StudyError(
                "DATA is a query or an address that `make new` does not read: give a file, a folder or an address "
                "in a store (s3://, gs://, abfs://), or a query in a file (DATA=orders.sql CONNECTION=ORDERS_DB)."
            ) from None
        folders = ", ".join(from_root(folder) + "/" for folder in data_folders())
        raise StudyError(
            f"DATA is {data[:200]!r}, which is neither here nor in the data folders ({folders})."
        ) from None
    files_of(path)
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def path_for_study(file: Path) -> str:
    """Return how a study names a file so that every run finds it: within a data folder, or by its whole path."""
    for folder in data_folders():
        if file.is_relative_to(folder.resolve()):
            inside = str(file.relative_to(folder.resolve()))
            if inside != "." and find_file(inside).resolve() == file.resolve():  # not one of that name elsewhere
                return inside
    return str(file)

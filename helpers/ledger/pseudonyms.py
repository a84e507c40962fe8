"""Customers under other names, so that a page can be mailed: one switch in a study, `pseudonyms: true`.

Ids are replaced where a source becomes lines, so nothing behind that (tables, pages, exports, findings) ever holds
an original. A pseudonym is a keyed hash: the same customer has the same one in every run of the study, and without
the key nobody can try out all numbers to find whose it is. The key is drawn once and stays beside the data, never
in a report and never in git.
"""

import csv
import hashlib
import os
import re
import secrets
from base64 import b32encode
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import DATA, from_root
from helpers.base.vocabulary import COLUMNS, CUSTOMER, LEDGER, TEXT
from helpers.ledger.numbers import quoted

KEYS = DATA / ".pseudonyms"
KEY_BYTES = 32
PREFIX = "c"
"""Begins every pseudonym, so that no program takes one for a number."""
HASH_BYTES = 8
"""64 bits: among a million customers, two share a pseudonym once in 37 million studies."""
WITHHELD = "(withheld)"
FILE = "file {}"
"""What a file of a folder is called, by its number in the order of names: its own may say a customer's."""
ROUNDED_ID = r"^\d[.,]\d+E\+\d+$"
"""An id that a spreadsheet took for a number and rounded, such as 1.23E+05: several have become one."""
BY_VALUE = ("keep", "exclude")
BY_TEXT = ("keep_matching", "change_case", "tidy_text", "join")
"""Rules that look into a text: on pseudonyms they would find nothing, or something by chance."""
SHARED = {name for name, column in (LEDGER | CUSTOMER).items() if column.type == TEXT} - {
    "customer_id",
    "order_id",
}
"""What many customers have in common, such as a country: a lookup by it can say nothing of one of them."""
PERSONAL = re.compile(
    r"customer|client|kunde|cliente|klant|person|people|contact|e.?mail|phone|mobile|telefon|address|adresse|street"
    r"|birth|(?:^|first|last|sur|full|nach|vor)[ _]?names?$",
    re.IGNORECASE,
)
"""Headings of a lookup that speak of people."""


class Pseudonyms(NamedTuple):
    """Which columns a study replaces, and with what key."""

    columns: tuple[str, ...]
    key: bytes

    def of(self, text: str) -> str:
        """Return the pseudonym of an id.

        BLAKE2b with a key is a message authentication code (RFC 7693): without the key, no id can be tested.
        """
        digest = hashlib.blake2b(text.encode(), digest_size=HASH_BYTES, key=self.key).digest()
        return PREFIX + b32encode(digest).decode().rstrip("=").lower()

    @property
    def fingerprint(self) -> str:
        """What tells these pseudonyms from others, and nothing about their key."""
        named = "\0".join(("columns", *self.columns)).encode()
        return hashlib.blake2b(named, digest_size=HASH_BYTES, key=self.key).hexdigest()


def replaced_columns(setting: bool | list[str]) -> tuple[str, ...]:
    """Return the columns that a study's `pseudonyms` replaces; true means the customers' ids."""
    return ("customer_id",) if setting is True else tuple(setting or ())


def pseudonyms_of(name: str, setting: bool | list[str]) -> Pseudonyms | None:
    """Return the pseudonyms of a study, with a key drawn now if it has none; None where it is not asked for.

    Raises:
        StudyError: the key cannot be read or written.
    """
    columns = replaced_columns(setting)
    return Pseudonyms(columns, _key(KEYS / f"{name}.key")) if columns else None


def _key(path: Path) -> bytes:
    """Return a study's key; the first time, draw it and keep it where only its owner reads it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        else:
            key = secrets.token_bytes(KEY_BYTES)
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(key.hex() + "\n")
    except OSError as error:
        raise StudyError(
            f"{from_root(path)}, the key of the pseudonyms, cannot be used: {error.strerror}."
        ) from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StudyError(
            f"{from_root(path)} is no key of pseudonyms: put the right one back, or remove it to have a new one "
            "drawn (every customer then gets another pseudonym)."
        )
    return key


def check_replaced(names: list[str], pseudonyms: Pseudonyms, file: str) -> None:
    """Check that a source has the columns that pseudonyms replace, and that they hold ids or texts.

    Args:
        names: of its columns, as the study calls them.
        pseudonyms: of the study.
        file: the source's name.

    Raises:
        StudyError: it has no such column, or the column holds numbers or dates.
    """
    for name in pseudonyms.columns:
        if name not in names:
            hint = nearest(name, names) or f"; there are {', '.join(names)}."
            raise StudyError(f"pseudonyms names {name!r}, which {file} has no column for{hint}")
        if name in COLUMNS and COLUMNS[name].type != TEXT:
            raise StudyError(f"pseudonyms names {name!r}, but only ids and texts can have one.")


def other_names(ids: list[str], pseudonyms: Pseudonyms) -> pa.Table:
    """Return the distinct ids of a source (`id`) with what they are called instead (`name`).

    Raises:
        StudyError: two of them would be called the same.
    """
    # a rounded id is left for ingest to set aside, where its value is withheld: several have become one
    names = [text if re.match(ROUNDED_ID, text) else pseudonyms.of(text) for text in ids]
    if len(set(names)) < len(names):  # once in millions of studies, but two customers would become one
        raise StudyError("Two ids have one pseudonym: remove the study's key in data/.pseudonyms and build again.")
    return pa.table({"id": ids, "name": names}, pa.schema([("id", pa.string()), ("name", pa.string())]))


def replace_ids(
    connection: duckdb.DuckDBPyConnection, text: Path, given: dict[str, str], pseudonyms: Pseudonyms
) -> None:
    """Replace ids in place in the scratch Parquet of text that readers write.

    `given` has, for a column of the file, SQL for the id in it, NULL where there is none.
    """
    part, source = text.with_suffix(".part"), f"read_parquet({quoted(str(text))})"
    ids = " UNION ".join(f"SELECT {sql} AS id FROM {source}" for sql in given.values())
    distinct = connection.sql(f"SELECT DISTINCT id FROM ({ids}) WHERE id IS NOT NULL ORDER BY id")
    connection.register("other_names", other_names([id_ for (id_,) in distinct.fetchall()], pseudonyms))
    joins = "".join(f" LEFT JOIN other_names AS n{i} ON n{i}.id = {sql}" for i, sql in enumerate(given.values()))
    replaced = ", ".join(f"n{i}.name AS {column}" for i, column in enumerate(given))
    query = f"SELECT lines.* REPLACE ({replaced}) FROM {source} AS lines{joins} ORDER BY line"
    connection.sql(query).write_parquet(str(part), compression="lz4")
    connection.unregister("other_names")
    part.replace(text)


def check_names(rules: list[str | dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Check that no cleaning rule reads into what will be a pseudonym, or looks up what belongs to one customer.

    Raises:
        ValueError: with a sentence that names the rule and the column.
    """
    for position, entry in enumerate(rules):
        name, option = next(iter(entry.items())) if isinstance(entry, dict) else (entry, None)
        if name in BY_TEXT and (read := sorted(set(columns) & set(_columns_in(option)))):
            raise ValueError(
                f"cleaning.rules[{position}]: {name} reads the text of {read[0]}, which `pseudonyms` replaces: "
                "name the ids in keep or exclude instead, or take one of the two out."
            )
        if name == "join" and option["on"] not in SHARED:
            raise ValueError(
                f"cleaning.rules[{position}]: join looks up by {option['on']}, which may tell one customer from "
                f"others, whom `pseudonyms` hides: join on one of {', '.join(sorted(SHARED))}, or take one out."
            )


def check_lookup(path: Path, raw: Path, pseudonyms: Pseudonyms) -> None:
    """Check that a lookup file has no column with the ids that pseudonyms replace, and none that speaks of people.

    Args:
        path: a csv that a cleaning rule joins.
        raw: the lines, under pseudonyms.
        pseudonyms: of the same lines.

    Raises:
        StudyError: it has; the sentence names the file and the column.
    """
    known: set[str] = set()
    for column in pq.read_table(raw, columns=list(pseudonyms.columns)).columns:
        known.update(column.unique().to_pylist())
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]  # the rule says what is wrong with an empty one
    for position, heading in enumerate(header):
        values = {row[position].strip().removesuffix(".0") for row in rows if len(row) > position} - {""}
        ids = sum(pseudonyms.of(value) in known for value in values)
        if PERSONAL.search(heading) or ids * 2 > len(values):
            raise StudyError(
                f"{path.name} has a column {heading!r} that tells who the customers are, whom `pseudonyms` hides: "
                "take the column out of the file, or the join out of cleaning.rules."
            )


def _columns_in(option: Any) -> list[str]:
    """Return the columns that the option of a rule that reads texts names."""
    if not isinstance(option, dict):
        return list(option or [])
    if "on" in option:
        return [option["on"]]
    lists = [names for names in option.values() if isinstance(names, list)]
    return [*option, *(name for names in lists for name in names)]


def translated(rules: list[str | dict[str, Any]], pseudonyms: Pseudonyms) -> list[str | dict[str, Any]]:
    """Return cleaning rules with the ids they name replaced, so that they find their lines and tell nobody."""
    found = list(rules)
    for position, entry in enumerate(rules):
        name, option = next(iter(entry.items())) if isinstance(entry, dict) else (entry, None)
        if name in BY_VALUE:
            found[position] = {name: _translated_values(option, pseudonyms)}
        elif name == "absolute":
            found[position] = {name: {c: _translated_values(where, pseudonyms) for c, where in option.items()}}
    return found


def _translated_values(values: dict[str, list], pseudonyms: Pseudonyms) -> dict[str, list]:
    return {
        column: [pseudonyms.of(str(value)) for value in listed] if column in pseudonyms.columns else listed
        for column, listed in values.items()
    }

"""Sources beyond this machine's files: objects in a store, and a database's answer to a query.

Either becomes a file in `data/.fetched`, and from there on is a source like any other: read, digested, compared.
An object is fetched again only where its size or time has changed; a query is asked anew by each build, because
nothing else says whether its answer has changed.
"""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from helpers.base.errors import StudyError
from helpers.base.files import read_json, remove, write_json
from helpers.base.paths import DATA
from helpers.ledger.source import is_wanted

FETCHED = DATA / ".fetched"
MINUTES = 30
"""How long a query may take."""
BLOCK = 1 << 22
SECRETS = ("access_key", "secret_key", "session_token", "account_key", "sas_token")


def fetched(address: str, wanted: dict[str, list[str]] | None = None) -> Path:
    """Return the local copy of an object, or a folder with those of all (wanted) objects below an address.

    Who may read them is the environment's business (`AWS_ACCESS_KEY_ID` and the like), never the study's.

    Raises:
        StudyError: the address holds a secret, or nothing can be read there.
    """
    from pyarrow import fs

    parts = urlsplit(address)
    if "@" in parts.netloc or any(name in parse_qs(parts.query) for name in SECRETS):
        raise StudyError("source.path holds a user or a key: take it out, and give it in the environment instead.")
    named = f"{parts.scheme}://{parts.netloc}{parts.path}"
    try:
        store, root = fs.FileSystem.from_uri(address)
        found = store.get_file_info(root)
        if found.type == fs.FileType.Directory:
            inside = store.get_file_info(fs.FileSelector(root, recursive=True))
            files = [info for info in inside if info.type == fs.FileType.File]
            objects = [info for info in files if is_wanted(Path(info.path.removeprefix(root)), wanted)]
        else:
            objects = [found] if found.type == fs.FileType.File else []
        if not objects:
            raise StudyError(f"source.path is {named}, where nothing is: check the address and partitions.")
        target = FETCHED / hashlib.sha256(address.encode()).hexdigest()[:16]
        inner = {info.path: info.path.removeprefix(root).strip("/") for info in objects}
        names = {path: str(Path(found.base_name, name)) for path, name in inner.items()}
        if outside := [name for name in names.values() if ".." in Path(name).parts]:
            raise StudyError(
                f"source.path is {named}, where the name {outside[0][:80]!r} leads out of its folder."
            )
        _copy(store, objects, names, target)
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())[:200]
        raise StudyError(f"source.path is {named}, which cannot be read: {reason}.") from None
    return target / found.base_name


def _copy(store: Any, objects: list, names: dict[str, str], target: Path) -> None:
    """Bring a folder's copies up to date: fetch what is new or changed, and remove what is gone."""
    notes = target / ".objects.json"
    before = read_json(notes)
    now = {names[info.path]: [info.size, str(info.mtime)] for info in objects}
    for gone in before.keys() - now.keys():
        remove(target / gone)
    for info in objects:
        name = names[info.path]
        copy = target / name
        if before.get(name) == now[name] and copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(f".{copy.name}.part")
        with store.open_input_stream(info.path) as stream, part.open("wb") as written:
            while block := stream.read(BLOCK):
                written.write(block)
        part.replace(copy)
    write_json(notes, now)


def answered(query: str, connection: str, *, again: bool = True) -> Path:
    """Ask a database, and return its answer as a Parquet file; nothing of it is held in memory.

    Args:
        query: one SELECT statement; it runs in a transaction that may only read.
        connection: the name of the environment variable that has the database's address.
        again: whether to ask where there is an answer from before.

    Raises:
        StudyError: the variable is not set, the driver is not installed, or the database refuses.
    """
    digest = hashlib.sha256(f"{query}\0{connection}".encode()).hexdigest()
    target = FETCHED / f"{connection.lower()}-{digest[:8]}.parquet"
    if target.exists() and not again:
        return target
    address = os.environ.get(connection, "")
    if not address:
        raise StudyError(
            f"source.connection is {connection}, but there is no such environment variable: set it to the address "
            "of the database, such as postgresql://user@host/name."
        )
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise StudyError(
            "source.query needs a driver for PostgreSQL: `uv sync --group postgresql` installs it."
        ) from None
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with dbapi.connect(address) as opened, opened.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = '{MINUTES}min'")
            cursor.execute(query)
            batches = cursor.fetch_record_batch()
            with pq.ParquetWriter(part, _plain(batches.schema)) as writer:
                for batch in batches:
                    writer.write_batch(batch.cast(_plain(batches.schema)))
        part.replace(target)
    except (dbapi.Error, pa.ArrowException) as error:
        reason = " ".join(str(error).replace(address, "the address").split())[:300]
        raise StudyError(f"source.query failed on {connection}: {reason}") from None
    finally:
        part.unlink(missing_ok=True)
    return target


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema without the driver's own types: a numeric comes as text, which keeps all of its digits."""
    fields = [
        field.with_type(field.type.storage_type) if isinstance(field.type, pa.BaseExtensionType) else field
        for field in schema
    ]
    return pa.schema([field.remove_metadata() for field in fields])

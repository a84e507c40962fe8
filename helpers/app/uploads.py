"""Files that are uploaded: streamed to disk under a name of our own, within a limit, and remembered by an id."""

import os
import secrets
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from tornado.web import stream_request_body

from helpers.app.guard import Guarded
from helpers.base.errors import StudyError
from helpers.base.files import read_json, remove, write_json
from helpers.base.paths import data_folders
from helpers.base.text import number
from helpers.ledger.sources import READABLE

MEGABYTE = 1_000_000
LARGEST = MEGABYTE * int(os.environ.get("APP_LARGEST_MB", "1000"))
"""Bytes of an uploaded file at most; the environment variable APP_LARGEST_MB sets it."""
UNPACKED = 8 * LARGEST
"""Bytes that a workbook, which is a zip, may unpack to."""
FOLDER = "uploads"
WAITING = ".waiting"
"""Within FOLDER: files that have no study yet."""
LISTS = (".csv",)
"""What a list of customers to predict may be."""


class Upload(NamedTuple):
    """A file that was uploaded and has no study yet."""

    id: str
    path: Path
    shown: str
    """The name that its owner gave it: a text, never a path."""

    @property
    def note(self) -> Path:
        """Where its shown name is kept."""
        return self.path.with_suffix(".json")


def uploads() -> Path:
    """Return the folder of uploaded files: the first data folder has it, so that a study finds them."""
    return data_folders()[0] / FOLDER


def waiting() -> list[Upload]:
    """Return the files that wait for a study."""
    found = (upload_of(note.stem) for note in sorted((uploads() / WAITING).glob("*.json")))
    return [upload for upload in found if upload is not None]


def upload_of(id_: str) -> Upload | None:
    """Return an uploaded file by its id; None where there is none."""
    if not id_.isalnum():
        return None
    note = uploads() / WAITING / f"{id_}.json"
    known = read_json(note)
    path = note.with_suffix(str(known.get("ending", "")))
    return Upload(id_, path, str(known.get("shown", ""))) if known and path.is_file() else None


def forget(upload: Upload) -> None:
    """Remove an uploaded file."""
    remove(upload.path)
    remove(upload.note)


def forget_unfinished() -> None:
    """Remove what an app that was killed had received in part."""
    for part in (uploads() / WAITING).glob("*.part"):
        part.unlink(missing_ok=True)


def shown_name(sent: str) -> str:
    """Return the last part of a name that a browser sent, as a text to show."""
    name = PurePosixPath(unquote(sent).replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[:100]


def check_content(path: Path, shown: str) -> None:
    """Look at a file before anything reads it.

    Raises:
        StudyError: it is empty, or a workbook that would unpack to more than UNPACKED.
    """
    if not path.stat().st_size:
        raise StudyError(f"{shown} is empty; upload a file with lines.")
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as packed:
                size = sum(part.file_size for part in packed.infolist())
        except (zipfile.BadZipFile, ValueError):
            raise StudyError(f"{shown} is a damaged workbook; save it again.") from None
        if size > UNPACKED:
            raise StudyError(
                f"{shown} unpacks to {number(size // MEGABYTE)} MB, and {number(UNPACKED // MEGABYTE)} MB are "
                "allowed; save it as csv or Parquet."
            )


@stream_request_body
class Receive(Guarded):
    """A file, sent as the body of one request: on disk as it comes, gone again where it does not come whole."""

    path: Path | None = None
    endings = READABLE
    largest = LARGEST

    def prepare(self) -> None:
        """Refuse by what the head of the request says."""
        self.received, self.stream = 0, None
        super().prepare()
        if self._finished:
            return None
        self.shown = shown_name(self.request.headers.get("X-File-Name", ""))
        ending = Path(self.shown).suffix.lower()
        if ending not in self.endings:
            return self.refuse(415, f"{self.shown or 'The file'} is none of {', '.join(self.endings)}.")
        try:
            if int(self.request.headers.get("Content-Length", "0")) > self.largest:
                return self.refuse(413, self.too_large())
        except ValueError:
            return self.refuse(400, "The length of the file cannot be read.")
        self.request.connection.set_max_body_size(self.largest)
        self.id = secrets.token_hex(8)
        self.path = uploads() / WAITING / f"{self.id}{ending}"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.stream = self.path.with_suffix(".part").open("wb")
        except OSError as error:
            return self.refuse(507, f"The folder for uploads cannot be written to: {error.strerror}.")
        return None

    def too_large(self) -> str:
        """Return the sentence for a file above the limit."""
        return (
            f"{self.shown} is larger than the {number(self.largest // MEGABYTE)} MB that are allowed; "
            "APP_LARGEST_MB sets another limit, or put the file into data/ and use make new."
        )

    def data_received(self, chunk: bytes) -> None:
        """Write what has come."""
        if self._finished or self.stream is None:
            return
        self.received += len(chunk)
        try:
            self.stream.write(chunk)
        except OSError as error:
            self.drop()
            self.refuse(507, f"{self.shown} cannot be kept: {error.strerror}.")

    def post(self) -> None:
        """Keep the file and say where to go on."""
        self.stream.close()
        part = self.path.with_suffix(".part")
        try:
            check_content(part, self.shown)
        except StudyError as error:
            self.drop()
            return self.refuse(422, str(error))
        write_json(self.path.with_suffix(".json"), {"shown": self.shown, "ending": self.path.suffix})
        part.replace(self.path)
        return self.finish({"next": self.next_page()})

    def next_page(self) -> str:
        """Return where the browser goes with the file."""
        return f"/new/{self.id}"

    def drop(self) -> None:
        """Forget what has been written."""
        if self.stream is not None:
            self.stream.close()
            self.path.with_suffix(".part").unlink(missing_ok=True)
            self.stream = None

    def on_connection_close(self) -> None:
        """The browser has gone: so has the half of its file."""
        self.drop()


class ReceiveList(Receive):
    """A list of customers to ask a model about."""

    endings = LISTS
    largest = min(LARGEST, 50 * MEGABYTE)

    def post(self, study: str, model: str) -> None:
        """Keep the list for the page that answers it."""
        self.place = f"/predict/{quote(study)}/{quote(model)}/list/{self.id}"
        return super().post()

    def next_page(self) -> str:
        """Return the page of the answers."""
        return self.place


def told(upload: Upload) -> dict[str, Any]:
    """Return an uploaded file as a page shows it."""
    return {"id": upload.id, "name": upload.shown, "bytes": upload.path.stat().st_size}

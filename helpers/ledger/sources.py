"""Where a study's source is, what it weighs, and where it comes from."""

import hashlib
from pathlib import Path

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import DATA, data_folders, from_root
from helpers.ledger.source import Source

READABLE = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".parquet")


def find_source(source: Source) -> Path:
    """Return the file or folder of a source; make it first where a generator can.

    Raises:
        StudyError: it is in none of the data folders.
    """
    try:
        return find_file(source.path)
    except StudyError:
        if source.generator != "sample":
            raise
    from helpers.ledger.sample import write_sample  # numpy and pandas are needed only the first time

    print("the sample ledger is not there yet: generating it")
    return write_sample(DATA)


def find_file(name: str) -> Path:
    """Return a file or folder from the first data folder that has it.

    Raises:
        StudyError: none has; the sentence names the folders and the nearest file.
    """
    for folder in data_folders():
        if (path := folder / name).exists():
            return path
    here = [entry.name for folder in data_folders() if folder.is_dir() for entry in folder.iterdir()]
    searched = ", ".join(from_root(folder) + "/" for folder in data_folders())
    hint = nearest(name, here) or "; put it there or set DATA_DIR (`make data` lists the sources)."
    raise StudyError(f"{name} is in none of the data folders ({searched}){hint}")


def files_of(path: Path) -> list[Path]:
    """Return the files of a source, in name order.

    Raises:
        StudyError: a folder without readable files, or a file of a kind that cannot be read.
    """
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in READABLE and not p.name.startswith("."))
        if not files:
            raise StudyError(f"{path.name} holds no file that can be read ({', '.join(READABLE)}).")
        return files
    if path.suffix.lower() not in READABLE:
        raise StudyError(
            f"{path.name} is a {path.suffix or 'file without ending'}; give one of {', '.join(READABLE)}."
        )
    return [path]


def digest(path: Path) -> str:
    """Return the sha256 of a file, or of a folder's file names and bytes."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    together = hashlib.sha256()
    for file in files_of(path):
        together.update(f"{file.name}\0{digest(file)}\0".encode())
    return together.hexdigest()

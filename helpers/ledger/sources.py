"""Where a study's source is, what it weighs, and where it comes from."""

import hashlib
import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import DATA, data_folders, from_root
from helpers.ledger.source import Source, is_wanted, partitions

LONG = 80
"""Characters of a name that a sentence repeats."""
SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
"""Of addresses in a store."""
READABLE = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".parquet")


def find_source(source: Source, *, again: bool = True) -> Path:
    """Return the file or folder of a source; fetch it, ask for it, or make it first where it is no file here.

    Args:
        source: of the study.
        again: whether a database is asked anew; False where this build has its answer.

    Raises:
        StudyError: it is in none of the data folders, or cannot be fetched.
    """
    if source.query or is_remote(source.path):
        from helpers.ledger.remote import answered, fetched  # their libraries are needed for nothing else

        if not source.query:
            return fetched(source.path, source.partitions)
        return answered(source.query, source.connection, again=again)
    try:
        return find_file(source.path)
    except StudyError:
        if source.generator != "sample":
            raise
    from helpers.ledger.sample import write_sample  # numpy and pandas are needed only the first time

    print("the sample ledger is not there yet: generating it")
    return write_sample(DATA)


def is_remote(path: str) -> bool:
    """Return whether a path is the address of an object, or of a folder of objects, in a store."""
    return "://" in path and urlsplit(path).scheme in SCHEMES


def find_file(name: str) -> Path:
    """Return a file or folder from the first data folder that has it.

    Raises:
        StudyError: none has; the sentence names the folders and the nearest file.
    """
    for folder in data_folders():
        try:
            if (path := folder / name).exists():
                return path
        except (OSError, ValueError):  # a name that is too long, or has a zero in it, is nowhere
            continue
    here = [entry.name for folder in data_folders() if folder.is_dir() for entry in folder.iterdir()]
    searched = ", ".join(from_root(folder) + "/" for folder in data_folders())
    hint = nearest(name, here) or "; put it there or set DATA_DIR (`make data` lists the sources)."
    said = name if len(name) <= LONG else f"{name[:LONG]}..."
    raise StudyError(f"{said} is in none of the data folders ({searched}){hint}")


def files_of(path: Path, wanted: dict[str, list[str]] | None = None) -> list[Path]:
    """Return the files of a source, of all folders within it, in name order.

    Args:
        path: of the source.
        wanted: partitions: column, and its values that are read; folders named otherwise are not entered.

    Raises:
        StudyError: a folder without readable files, a file of a kind that cannot be read, something that is no
            file, or a wanted partition that is not there.
    """
    if not path.is_dir():
        if wanted:
            raise StudyError(f"{path.name} is a file, and source.partitions chooses folders: take it out.")
        if path.suffix.lower() not in READABLE:
            raise StudyError(
                f"{path.name} is a {path.suffix or 'file without ending'}; give one of {', '.join(READABLE)}."
            )
        check_file(path)
        return [path]
    files = []
    for folder, inner, names in os.walk(path, onerror=_stop_at_closed):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and is_wanted(Path(name), wanted))
        if links := [name for name in inner if (Path(folder) / name).is_symlink()]:
            raise StudyError(
                f"{path.name} has a link to a folder in it ({links[0]}); put the files themselves there."
            )
        found = (Path(folder) / name for name in names if not name.startswith("."))
        files += [file for file in found if file.suffix.lower() in READABLE]
    there = {pair for file in files for pair in partitions(file.parent.relative_to(path)).items()}
    if missing := {(key, value) for key, values in (wanted or {}).items() for value in values} - there:
        raise StudyError(
            f"{path.name} has no file in a folder {'='.join(min(missing))}, which source.partitions asks for: "
            "take it out there."
        )
    if not files:
        raise StudyError(f"{path.name} holds no file that can be read ({', '.join(READABLE)}).")
    for file in files:
        check_file(file)
    return sorted(files, key=lambda file: file.relative_to(path).as_posix())


def _stop_at_closed(error: OSError) -> None:
    raise StudyError(f"{Path(error.filename).name} cannot be opened: {error.strerror}.")


def check_file(path: Path) -> None:
    """Check that a path leads to a file with an end, and by a link to one that is meant to be read.

    Raises:
        StudyError: it is a pipe, a device or a link to nowhere, or what it links to is no table.
    """
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError):  # Python 3.11 and 3.12 say RuntimeError of a circle of links
        raise StudyError(f"{path.name} is a link that leads nowhere; put the file itself there.") from None
    if not stat.S_ISREG(mode) or real.parts[1:2] in (("proc",), ("sys",), ("dev",)):
        raise StudyError(f"{path.name} is a pipe, a device or the like, not a file; save its lines to a file.")
    if real.suffix.lower() not in READABLE:
        raise StudyError(f"{path.name} is a link to {real.name}, which is none of {', '.join(READABLE)}.")


def stop_at_copies(files: list[Path]) -> None:
    """Raise a StudyError where two files are the same, byte for byte: every line would count twice."""
    sizes: dict[int, list[Path]] = {}
    for file in files:
        sizes.setdefault(file.stat().st_size, []).append(file)
    for alike in sizes.values():
        seen: dict[str, Path] = {}
        for file in alike if len(alike) > 1 else ():
            if (same := seen.setdefault(digest(file), file)) != file and file.stat().st_size:
                raise StudyError(f"{file.name} is a copy of {same.name}; take one of them out of the folder.")


def digest(path: Path, wanted: dict[str, list[str]] | None = None) -> str:
    """Return the sha256 of a file, or of the names and bytes of a folder's (wanted) files."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    together = hashlib.sha256()
    for file in files_of(path, wanted):
        together.update(f"{file.relative_to(path).as_posix()}\0{digest(file)}\0".encode())
    return together.hexdigest()

"""Where a study's source is, what it weighs, and where it comes from."""

import hashlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from helpers.base.errors import StudyError, nearest
from helpers.base.paths import DATA, PARAMS, data_folders, from_root

if TYPE_CHECKING:
    from helpers.study.schema import Source

READABLE = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".parquet")
CATALOGUE = DATA / "README.md"


class Origin(NamedTuple):
    """One row of the table in data/README.md."""

    file: str
    what: str
    origin: str
    licence: str
    sha256: str


def find_source(source: "Source") -> Path:
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


def origins() -> dict[str, Origin]:
    """Return what data/README.md says of each source, by file name.

    The table there is the one place that says where data comes from: people read it, `make data` and the
    front pages quote it.
    """
    rows = [
        line.strip().strip("|").split("|") for line in CATALOGUE.read_text().splitlines() if line.startswith("| `")
    ]
    return {(cells := [_plain(cell) for cell in row])[0]: Origin(*cells) for row in rows}


def _plain(markdown: str) -> str:
    """Return a cell of a Markdown table as text: the terminal and the front page show no markup."""
    linked = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return re.sub(r"\*\*?([^*]+)\*\*?", r"\1", linked).replace("`", "").strip()


def main() -> int:
    """Print, for each study, where its source comes from, its licence and checksum, and whether it is here."""
    from helpers.study.schema import load_study  # the cleaning rules look for files too, and read no study

    known = origins()
    for path in sorted(PARAMS.glob("*.yml")):
        study = load_study(path)
        for name in (study.source.path, *sorted(study.lookups())):
            print(f"{path.stem}: {name} {_presence(study.source, name, known.get(name))}")
            if origin := known.get(name):
                print(f"    {origin.what}; {origin.origin}; licence: {origin.licence}")
    return 0


def _presence(source: "Source", name: str, origin: Origin | None) -> str:
    """Return where a file is, and whether it is the one the table means."""
    try:
        path = find_file(name)
    except StudyError:
        return "is made on the first `make report`" if source.generator and name == source.path else "is not here"
    found = digest(path)
    if origin is None or not re.fullmatch("[0-9a-f]{64}", origin.sha256):
        return f"is here ({from_root(path)}, sha256 {found[:16]}…)"
    if found != origin.sha256:
        return (
            f"is here ({from_root(path)}), but its sha256 {found[:16]}… is not the {origin.sha256[:16]}… expected"
        )
    return f"is here ({from_root(path)}, sha256 {found[:16]}… as expected)"


if __name__ == "__main__":
    sys.exit(main())

"""Where each source comes from: the table in data/README.md, and `make data`, which reads it aloud."""

import re
import sys
from typing import NamedTuple

from helpers.base.console import say
from helpers.base.errors import StudyError
from helpers.base.paths import DATA, PARAMS, from_root
from helpers.ledger.source import Source
from helpers.ledger.sources import digest, find_file, is_remote
from helpers.study.file import load_study

CATALOGUE = DATA / "README.md"


class Origin(NamedTuple):
    """One row of the table in data/README.md."""

    file: str
    what: str
    origin: str
    licence: str
    sha256: str


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
    known = origins()
    for path in sorted(PARAMS.glob("*.yml")):
        study = load_study(path)
        for name in (study.source.path or f"a query of {study.source.connection}", *sorted(study.lookups())):
            say(f"{path.stem}: {name} {_presence(study.source, name, known.get(name))}")
            if origin := known.get(name):
                say(f"    {origin.what}; {origin.origin}; licence: {origin.licence}")
    return 0


def _presence(source: Source, name: str, origin: Origin | None) -> str:
    """Return where a file is, and whether it is the one the table means."""
    if source.query and name.endswith(source.connection):
        return "is asked anew by each build"
    if is_remote(name):
        return "is fetched where it has changed"
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

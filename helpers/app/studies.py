"""What studies there are: their state, their models, their files as one zip, and what deleting one takes away."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.app.uploads import FOLDER, uploads
from helpers.base.errors import StudyError
from helpers.base.files import remove
from helpers.base.paths import PARAMS, from_root, reports
from helpers.build.front import STATES, write_shelf
from helpers.build.history import moment
from helpers.build.state import read_state
from helpers.new_study.write import NAME
from helpers.study.file import load_study
from helpers.study.models import Card, read_card
from helpers.study.series import MODELS

PIECE = 1_000_000
"""Bytes of a file that are packed at a time."""
NOT_PACKED = (".lock", ".staging")


def study_file(name: str) -> Path:
    """Return a study's file.

    Raises:
        StudyError: there is no such study, or the name is none.
    """
    path = PARAMS / f"{name}.yml"
    if not NAME.fullmatch(name) or not path.is_file():
        raise StudyError(f"There is no study {name[:50]!r}.")
    return path


def listed() -> list[dict[str, Any]]:
    """Return every study as the home page shows it, those built last first, then by name."""
    found = [entry(path.stem) for path in PARAMS.glob("*.yml") if NAME.fullmatch(path.stem)]
    by_name = sorted(found, key=lambda one: one["name"])
    return sorted(by_name, key=lambda one: one["built_at"], reverse=True)


def entry(name: str) -> dict[str, Any]:
    """Return a study as a page shows it."""
    folder, state = reports() / name, read_state(reports() / name)
    try:
        study = load_study(PARAMS / f"{name}.yml")
        title, problem, source = study.values.title, state.get("problem"), study.source.path
    except StudyError as error:
        title, problem, source = name, str(error), ""
    built = (folder / "index.html").exists()
    return {
        "name": name,
        "title": title,
        "source": source.removeprefix(f"{FOLDER}/"),
        "own": source.startswith(f"{FOLDER}/"),
        "built": built,
        "built_at": state.get("built_at", ""),
        "when": moment(state.get("built_at", "")),
        "mark": STATES["built" if state.get("status") == "built" else "failed" if problem else "not built"],
        "problem": problem,
        "dashboard": (folder / "dashboard.html").exists(),
        "compared": (folder / "history" / "previous.json").exists(),
        "models": [{"name": card.name, "predicts": card.predicts} for card in cards(name)],
    }


def cards(name: str) -> list[Card]:
    """Return the cards of a study's models; one that is damaged is left out."""
    found = []
    for path in sorted((reports() / name / MODELS).glob("*.json")):
        try:
            found.append(read_card(path.parent, path.stem))
        except StudyError:
            continue
    return found


def taken_away(name: str) -> list[str]:
    """Return, in words, what deleting a study removes."""
    one = entry(name)
    told = [f"its report, {from_root(reports() / name)}"] if (reports() / name).exists() else []
    if one["own"]:
        told += [f"its study file, {from_root(study_file(name))}", f"the uploaded file, {one['source']}"]
    return told


def delete(name: str) -> None:
    """Remove a study's report; also its file and its source where they were made here."""
    one, path = entry(name), study_file(name)
    remove(reports() / name)
    if one["own"]:
        source = uploads() / one["source"]
        if source.parent == uploads():  # nothing that a study file only says is there
            remove(source)
        path.unlink()
    write_shelf()


class Pieces:
    """A file that is only written to, for a zip that goes out as it is made."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take a piece."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        """Return what has been written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def packed(name: str) -> Iterator[bytes]:
    """Yield a study's report and its study file as a zip, piece by piece: none of it is kept in memory."""
    folder, out = reports() / name, Pieces()
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in [study_file(name), *files]:
            inside = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
            if inside.parts[0] in NOT_PACKED:
                continue
            with (
                path.open("rb") as source,
                archive.open(f"{name}/{inside.as_posix()}", "w", force_zip64=True) as part,
            ):
                while piece := source.read(PIECE):
                    part.write(piece)
                    yield out.taken()
    yield out.taken()

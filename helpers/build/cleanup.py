"""What an earlier build left that the study no longer stands for, and that must not stay beside the new pages."""

from pathlib import Path
from typing import Any

from helpers.base.files import remove, write_json
from helpers.build.history import FOLDER as HISTORY
from helpers.build.state import read_findings
from helpers.study.schema import Study
from helpers.study.series import BY_NAME, PUBLISHED, Chapter

KEPT = (".lock", ".staging")
"""What belongs to the build that is running."""


def drop_left_out(study: Study, folder: Path, state: dict[str, Any]) -> bool:
    """Remove what is left of chapters that the study had once and no longer names; return whether there was any.

    Args:
        study: as it is now.
        folder: of its report.
        state: what run.json knows; the chapters are taken out of it.
    """
    names = {chapter.name for chapter in study.chapters}
    known_chapters = BY_NAME | {PUBLISHED: Chapter(0, PUBLISHED, reads=(), reproduces=study.name)}
    gone = [chapter for name, chapter in known_chapters.items() if name not in names and name in state["chapters"]]
    for chapter in gone:
        known = state["chapters"].pop(chapter.name)
        made = [f"{chapter.stem}.{ending}" for ending in ("ipynb", "html", "failed.ipynb", "failed.html")]
        made += [*known.get("files", []), *(f"tables/{table}.parquet" for table in chapter.writes)]
        for name in made:
            remove(folder / name)
        findings = read_findings(folder)
        findings.pop(chapter.name, None)
        write_json(folder / "findings.json", findings)
    return bool(gone)


def forget_names(study: Study, folder: Path, state: dict[str, Any]) -> None:
    """Remove all that was made before a study asked for its pseudonyms, or under others.

    Good pages of an earlier run stay when a chapter fails, but not those that name customers.

    Raises:
        StudyError: the key of the pseudonyms cannot be had.
    """
    pseudonyms = study.pseudonyms()
    names = pseudonyms.fingerprint if pseudonyms else None
    if names and state.get("pseudonyms") != names:
        for path in folder.iterdir():
            if path.name not in KEPT:
                remove(path)
        state["chapters"].clear()
        for known in set(state) - {"chapters"}:
            del state[known]
    if names != state.get("pseudonyms"):
        state["pseudonyms"] = names
        remove(folder / HISTORY)  # nobody is the same customer as before
        write_json(folder / "run.json", state)

"""What a build remembers of the last one, in run.json and findings.json: believed only where it has its shape.

Somebody may have edited, cut or lost them. A run.json of another shape counts as none, and findings that are not
those that were recorded count as missing: the chapter runs again.
"""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from helpers.base.files import read_json, write_json
from helpers.build.freshness import combined
from helpers.study.schema import Study
from helpers.study.series import PUBLISHED, Chapter

MORE = ConfigDict(extra="allow", strict=True)


@with_config(MORE)
class Cell(TypedDict):
    """Where a chapter failed."""

    cell: int
    section: str


class Download(TypedDict):
    """A file for the reader to take away."""

    name: str
    description: str


class Told(TypedDict):
    """A headline that answers a question of the front page."""

    answers: str
    text: str
    """HTML."""
    place: int
    """Which of the chapter's headlines it is: its page has `#said-<place>` at the section that says it."""
    at_stake: float | None
    download: str | None


@with_config(MORE)
class Known(TypedDict, total=False):
    """What run.json says of a chapter."""

    status: str
    error: str | None
    cell: Cell | None
    failed_page: str | None
    key: str
    page_key: str
    findings: str
    tables: dict[str, str | None]
    files: list[str]
    headlines: list[str]
    story: list[Told]
    downloads: list[Download]
    seconds: float


@with_config(MORE)
class Ingest(TypedDict, total=False):
    """What run.json says of the ingest."""

    key: str
    tables: dict[str, str | None]


@with_config(MORE)
class Read(TypedDict):
    """What run.json says of the source."""

    file: str
    sha256: str
    rows_read: int
    rows_unparsed: int
    encoding: str | None


@with_config(MORE)
class State(TypedDict, total=False):
    """run.json."""

    chapters: dict[str, Known]
    ingest: Ingest
    source: Read
    status: str
    problem: str | None
    pseudonyms: str | None
    built_at: str
    versions: dict[str, str]
    seed: int
    git_commit: str | None
    claims: dict[str, int]
    checked: list[dict[str, str]]


@with_config(MORE)
class Run(TypedDict):
    """A run that is kept to be compared with (history)."""

    built_at: str
    source: dict[str, Any]
    findings: dict[str, dict[str, Any]]


@cache
def _checker(shape: type) -> TypeAdapter:
    return TypeAdapter(shape)


def _read(path: Path, shape: type) -> dict[str, Any]:
    value = read_json(path)
    try:
        _checker(shape).validate_python(value)
    except ValidationError:
        return {}
    return value


def read_state(folder: Path) -> dict[str, Any]:
    """Return what a study's run.json says; nothing where it is missing or not as a build writes it."""
    return _read(folder / "run.json", State)


def read_run(path: Path) -> dict[str, Any]:
    """Return a run that was kept; nothing where it is missing or not as a build writes it."""
    return _read(path, Run)


def read_findings(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what findings.json has, a chapter each; nothing where it is missing or damaged."""
    found = read_json(folder / "findings.json")
    return {name: values for name, values in found.items() if isinstance(values, dict)}


def believed(folder: Path, state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the findings of the chapters that have those which run.json knows."""
    known = state.get("chapters", {})
    return {
        name: values
        for name, values in read_findings(folder).items()
        if not _own(values) or known.get(name, {}).get("findings") == combined(_own(values))
    }


def recorded(findings: dict[str, dict[str, Any]], chapter: Chapter) -> str:
    """Return a digest of what findings have of a chapter; a reproduction's stand under the names of others."""
    if chapter.reproduces:
        return combined({name: values[PUBLISHED] for name, values in findings.items() if PUBLISHED in values})
    return combined(_own(findings.get(chapter.name, {})))


def _own(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != PUBLISHED}


def keep_findings(study: Study, folder: Path, chapter: Chapter, found: dict[str, Any]) -> str:
    """Put what a chapter found into findings.json; return its digest (`recorded`)."""
    findings = read_findings(folder)
    if chapter.reproduces:
        for own in findings.values():
            own.pop(PUBLISHED, None)
        for name, values in found.items():
            findings.setdefault(name, {})[PUBLISHED] = values[PUBLISHED]
    else:
        reproduced = findings.get(chapter.name, {}).get(PUBLISHED)
        findings[chapter.name] = found | ({PUBLISHED: reproduced} if reproduced else {})
    ordered = {c.name: findings[c.name] for c in study.chapters if c.name in findings}
    write_json(folder / "findings.json", ordered)
    return recorded(ordered, chapter)

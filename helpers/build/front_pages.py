"""The front page of a study and the shelf of all studies, from what a build knows."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from helpers.build.history import SinceLastRun
from helpers.build.templating import render


class Mark(NamedTuple):
    """A state in word, icon and tone: never by colour alone."""

    tone: str
    icon: str
    word: str

    def counted(self, count: int) -> "Mark":
        """Return the mark with a count after its word."""
        return self._replace(word=f"{self.word}: {count}")


STATUSES = {
    "fresh": Mark("good", "✓", "up to date"),
    "executed": Mark("good", "✓", "built"),
    "failed": Mark("bad", "✕", "failed"),
    "skipped": Mark("unsure", "→", "skipped"),
    "not run": Mark("plain", "○", "not run"),
    "interrupted": Mark("unsure", "◦", "interrupted"),
}
VERDICTS = {
    "holds": Mark("good", "✓", "holds"),
    "does not hold": Mark("bad", "✕", "does not hold"),
    "cannot be tested here": Mark("unsure", "?", "cannot be tested here"),
}
STATES = {
    "built": Mark("good", "✓", "built"),
    "failed": Mark("bad", "✕", "failed"),
    "not built": Mark("plain", "○", "not built"),
    "source not here": Mark("plain", "○", "source not here"),
}


@dataclass(frozen=True)
class ChapterStatus:
    """A chapter on the front page; `headlines` are HTML whose values are already escaped."""

    number: str
    title: str
    question: str
    href: str | None
    status: str  # a key of STATUSES
    seconds: float | None = None
    headlines: list[str] = field(default_factory=list)
    error: str | None = None
    failed_href: str | None = None


@dataclass(frozen=True)
class Claim:
    """A published claim, what it expects, what was found, and the verdict (a key of VERDICTS)."""

    claim: str
    source: str
    expected: str
    found: str
    verdict: str


@dataclass(frozen=True)
class Download:
    """A file to take away, with its size in bytes."""

    title: str
    href: str
    bytes: int
    description: str = ""


@dataclass(frozen=True)
class StudyPage:
    """Everything the front page of a study says; `problem` is one sentence on a build that failed."""

    title: str
    description: str
    facts: list[tuple[str, str]]
    chapters: list[ChapterStatus]
    story: list[tuple[str, list[str]]] = field(default_factory=list)
    """What it comes to: a question, and the headlines (HTML, values escaped) that answer it."""
    claims: list[Claim] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    problem: str | None = None
    since: SinceLastRun | None = None
    provenance: list[tuple[str, str]] = field(default_factory=list)
    shelf: str = "../index.html"


@dataclass(frozen=True)
class ShelfEntry:
    """A study on the shelf; `claims` counts by verdict, `headlines` are HTML already escaped."""

    title: str
    description: str
    href: str | None
    facts: list[tuple[str, str]]
    state: str  # a key of STATES
    note: str = ""
    headlines: list[str] = field(default_factory=list)
    claims: dict[str, int] = field(default_factory=dict)
    checked: list[Claim] = field(default_factory=list)


def study_page(context: StudyPage) -> str:
    """Return the front page of a study as HTML."""
    counts = Counter(claim.verdict for claim in context.claims)
    tally = {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}
    return render(
        "study.html.j2",
        study=context,
        statuses=STATUSES,
        verdicts=VERDICTS,
        tally=tally,
        duration=duration,
        size=file_size,
    )


def shelf_page(studies: list[ShelfEntry]) -> str:
    """Return the shelf, the page that lists every study, as HTML."""
    return render("shelf.html.j2", studies=studies, states=STATES, verdicts=VERDICTS)


def duration(seconds: float) -> str:
    """Return seconds for people: 0.4 s, 12 s, 3 min 05 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def file_size(size: float) -> str:
    """Return a number of bytes for people: 812 bytes, 1.2 MB."""
    if size < 1000:
        return f"{size:.0f} bytes"
    return f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"

"""What a chapter depends on, as one digest: while its content is unchanged, the chapter is fresh.

Content, not time: a clone, a touch or a restored backup runs nothing again.
"""

import hashlib
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from helpers.base.paths import ROOT
from helpers.ledger.sources import digest
from helpers.study.parameters import cell_source, read_cells
from helpers.study.schema import Study
from helpers.study.series import Chapter

HELPERS = ROOT / "helpers"
WINGS = ("ledger", "show", "customers", "grouping", "predicting", "study")
"""The shared wings. A chapter depends on those that its notebook or its own folder names, and always on `base`."""
NAMED = re.compile(rf"\bhelpers\.({'|'.join(WINGS)})\b")


def combined(*parts: Any) -> str:
    """Return one digest of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@cache
def wing_digest(*wings: str) -> str:
    """Return a digest of every file in some wings, such as `base` or `chapters/rfm`."""
    files = [path for wing in wings for path in (HELPERS / wing).rglob("*")]
    kept = [path for path in files if path.is_file() and path.suffix != ".pyc"]
    return combined(*((str(path.relative_to(HELPERS)), digest(path)) for path in sorted(kept)))


def wings_of(chapter: Chapter) -> tuple[str, ...]:
    """Return the wings that a chapter's result depends on.

    Wings import only what `tests/unit/test_house.py` allows, so naming one is needing it: nothing is followed.
    """
    own = f"chapters/{chapter.name}"
    sources = [path.read_text(encoding="utf-8") for path in sorted((HELPERS / own).rglob("*.py"))]
    named = {wing for source in [notebook_code(chapter), *sources] for wing in NAMED.findall(source)}
    return ("base", own, *sorted(named))


def notebook_code(chapter: Chapter) -> str:
    """Return all code of a chapter's notebook as one source."""
    return "\n".join(cell_source(cell) for cell in read_cells(chapter.notebook) if cell["cell_type"] == "code")


@cache
def environment_digest() -> str:
    """Return a digest of what is installed: the lock file and the Python version."""
    return combined(digest(ROOT / "uv.lock"), sys.version_info[:3])


def ingest_key(study: Study, source: Path) -> str:
    """Return what the tables of ingest depend on."""
    pseudonyms = study.pseudonyms()
    names = [pseudonyms.fingerprint] if pseudonyms else []
    code = wing_digest("base", "ledger")
    lines = digest(source, study.source.partitions)
    return combined(study.source.model_dump(), names, lines, code, environment_digest())


def chapter_key(study: Study, chapter: Chapter, tables: Path) -> str:
    """Return what a chapter's result depends on: its notebook and helpers, its parameters, its tables."""
    made = [name for name in chapter.reads_if_made if (tables / f"{name}.parquet").exists()]
    read = {name: digest(tables / f"{name}.parquet") for name in (*chapter.reads, *made)}
    files = _files(study, chapter)
    code = wing_digest(*wings_of(chapter))
    return combined(digest(chapter.notebook), code, study.view(chapter.name), read, files, environment_digest())


def _files(study: Study, chapter: Chapter) -> dict[str, str]:
    """Return the digests of the small files that a chapter reads: what rules join, what parameters name."""
    named = {study.parameters(chapter.name)[name] for name in chapter.files} - {None}
    names = named | (study.lookups() if chapter.name == "cleaning" else set())
    if not names:
        return {}
    from helpers.ledger.lookups import find_lookup  # brings Arrow, which a build with nothing to do can spare

    return {name: digest(find_lookup(name)) for name in sorted(names)}


def page_key(key: str, navigation: list[str]) -> str:
    """Return what a page depends on: the chapter's result, what draws pages, and the titles it links to."""
    return combined(key, navigation, wing_digest("base", "build"))

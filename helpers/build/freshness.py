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
from helpers.ledger.sources import digest, find_file
from helpers.study.parameters import cell_source, read_cells
from helpers.study.schema import Study
from helpers.study.series import Chapter

HELPERS = ROOT / "helpers"
PAGE_MODULES = ("helpers.build.pages",)
"""What a page is made with besides its notebook: a change here draws pages again, and runs nothing."""


IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+(helpers[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)|import[ \t]+(helpers[^\n#]*))",
    re.MULTILINE,
)
"""`from helpers.x import y`, also over several lines, and `import helpers.x, helpers.y`."""


def combined(*parts: Any) -> str:
    """Return one digest of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@cache
def imported_modules(source: str) -> frozenset[str]:
    """Return the helper modules that a Python source imports, directly or through another."""
    return _closed(_named_in(source))


@cache
def _closed(modules: frozenset[str]) -> frozenset[str]:
    """Return modules with all they import in turn, following each once."""
    found, waiting = set(), set(modules)
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= _imports_of(module) - found
    return frozenset(found)


@cache
def _imports_of(module: str) -> frozenset[str]:
    """Return the helper modules that one names; each file is parsed once a build, whoever asks."""
    return _named_in(_file(module).read_text(encoding="utf-8"))


def _named_in(source: str) -> frozenset[str]:
    """Return the helper modules that the import statements of a source name, wherever they stand.

    Import lines are found as text: parsing every helper would be most of what a build with nothing to do does.
    """
    named: set[str] = set()
    for origin, imported, plain in IMPORTS.findall(source):
        names = [part.split()[0] for part in (imported or plain).strip("() \n").split(",") if part.strip()]
        named |= {origin, *(f"{origin}.{name}" for name in names)} if origin else set(names)
    return frozenset(name for name in named if name.startswith("helpers") and _file(name).is_file())


def _file(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def notebook_code(chapter: Chapter) -> str:
    """Return all code of a chapter's notebook as one source."""
    cells = read_cells(chapter.notebook)
    return "\n".join(cell_source(cell) for cell in cells if cell["cell_type"] == "code")


def code_digest(modules: frozenset[str]) -> str:
    """Return a digest of helper modules and of the data files that ship with the helpers."""
    files = [_file(module) for module in modules]
    if "helpers.show.maps" in modules:
        files += [path for path in (HELPERS / "base" / "shapes").iterdir() if path.is_file()]
    return combined(*((path.name, digest(path)) for path in sorted(files)))


@cache
def environment_digest() -> str:
    """Return a digest of what is installed: the lock file and the Python version."""
    return combined(digest(ROOT / "uv.lock"), sys.version_info[:3])


def ingest_key(study: Study, source: Path) -> str:
    """Return what the tables of ingest depend on."""
    modules = _closed(frozenset({"helpers.ledger.ingest"}))
    pseudonyms = study.pseudonyms()
    names = [pseudonyms.fingerprint] if pseudonyms else []
    return combined(study.source.model_dump(), names, digest(source), code_digest(modules), environment_digest())


def chapter_key(study: Study, chapter: Chapter, tables: Path) -> str:
    """Return what a chapter's result depends on: its notebook and helpers, its parameters, its tables."""
    read = {name: digest(tables / f"{name}.parquet") for name in chapter.reads}
    lookups = {name: digest(find_file(name)) for name in study.lookups()} if chapter.name == "cleaning" else {}
    code = code_digest(imported_modules(notebook_code(chapter)))
    return combined(digest(chapter.notebook), code, study.view(chapter.name), read, lookups, environment_digest())


def page_key(key: str, navigation: list[str]) -> str:
    """Return what a page depends on: the chapter's result, the template, and the titles it links to."""
    templates = sorted((HELPERS / "build" / "templates").iterdir())
    drawn_with = combined(*((path.name, digest(path)) for path in templates if path.is_file()))
    return combined(key, navigation, drawn_with, code_digest(_closed(frozenset(PAGE_MODULES))))

"""The house: which wing may name which. One table, held against the import lines of every helper and notebook."""

import ast
import json
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from helpers.base.paths import NOTEBOOKS, ROOT

SHARED = {"ledger", "show", "customers", "grouping", "predicting"}
MAY_IMPORT = {wing: {"base"} for wing in SHARED} | {
    "base": set(),
    "study": {"base", "ledger", "show"},
    "chapters": {"base"} | SHARED,  # and its own folder
    "build": {"base", "ledger", "show", "study"},
    "new_study": {"base", "ledger", "study"},
    "app": {"base", "ledger", "study", "build", "new_study", "show"},
    "course": {"base", "customers", "grouping", "predicting", "study", "show", "build"},
    "notebooks": {"course", "base", "study"} | SHARED,  # and its own chapter
}
MODULES = {path.relative_to(ROOT).with_suffix("").parts: path for path in (ROOT / "helpers").rglob("*.py")}
BOOKS = {("notebooks", path.stem.partition("_")[2]): path for path in NOTEBOOKS.glob("*.ipynb")}
BOOKS |= {("notebooks", p.parent.name, p.stem): p for p in NOTEBOOKS.glob("*/*.ipynb")}


def source_of(path: Path) -> str:
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def imported(source: str) -> set[tuple[str, ...]]:
    """Return the parts of each helper module that a source names; `from a import b` is `a.b` where that is one."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = tuple((node.module or "").split("."))
            found |= {(*parts, name.name) if (*parts, name.name) in MODULES else parts for name in node.names}
    return {parts for parts in found if parts[0] == "helpers" and len(parts) > 1}


def forbidden(owner: tuple[str, ...], source: str) -> list[str]:
    """Return the modules that a source names and its wing may not.

    Args:
        owner: parts of a module, or `notebooks` and a chapter's name.
        source: its text.
    """
    wing, own = (owner[0], ("chapters", owner[1])) if owner[0] == "notebooks" else (owner[1], owner[1:3])
    home = own if own[0] == "chapters" else own[:1]
    return [
        ".".join(parts)
        for parts in sorted(imported(source))
        if parts[1] not in MAY_IMPORT[wing] and parts[1 : 1 + len(home)] != home
    ]


@pytest.mark.parametrize("owner", sorted(MODULES | BOOKS), ids=".".join)
def test_a_wing_names_only_what_it_may(owner):
    if owner != ("helpers", "__init__"):
        assert not forbidden(owner, source_of((MODULES | BOOKS)[owner]))


def test_the_table_forbids_what_it_should():
    assert forbidden(("helpers", "base", "text"), "from helpers.ledger import rules")
    assert forbidden(("helpers", "chapters", "rfm", "charts"), "import helpers.chapters.eda.charts")
    assert forbidden(("helpers", "chapters", "rfm", "charts"), "from helpers.study.report import open_report")
    assert forbidden(("helpers", "grouping", "clusters"), "def f():\n    from helpers.customers import features")
    assert forbidden(("notebooks", "rfm"), "from helpers.build.run import Build")
    assert not forbidden(("helpers", "chapters", "rfm", "charts"), "from helpers.chapters.rfm import cohorts")
    assert not forbidden(("notebooks", "rfm"), "from helpers.chapters.rfm import cohorts")
    assert forbidden(("notebooks", "published", "uk_rfm"), "from helpers.chapters.rfm import cohorts")


def test_no_module_needs_itself():
    graph = {
        owner: {other for other in imported(source_of(path)) if other != owner} for owner, path in MODULES.items()
    }
    list(TopologicalSorter(graph).static_order())  # a CycleError names the circle


def test_each_wing_has_a_row_and_each_chapter_a_room():
    from helpers.study.series import CHAPTERS

    folders = {path.name for path in (ROOT / "helpers").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(MAY_IMPORT) - {"notebooks"}
    rooms = {path.name for path in (ROOT / "helpers" / "chapters").iterdir() if (path / "__init__.py").exists()}
    assert rooms == {chapter.name for chapter in CHAPTERS}


def test_the_unit_tests_mirror_the_house():
    unit = ROOT / "tests" / "unit"
    for test in unit.rglob("test_*.py"):
        if test.parent != unit:
            folder = ROOT / "helpers" / test.parent.relative_to(unit)
            stem = test.stem.removeprefix("test_")
            assert any(stem == path.stem or stem.startswith(f"{path.stem}_") for path in folder.glob("*.py")), test

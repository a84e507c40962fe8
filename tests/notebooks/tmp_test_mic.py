"""The notebook shows its method: parameters that cells read, estimators that cells name, one meaning a name."""

import ast
import re
from collections import defaultdict

import nbformat
import pytest

from helpers.base.paths import NOTEBOOKS, ROOT
from helpers.study.needs import NEEDS, title_of
from helpers.study.series import CHAPTERS

SHOWING = [chapter for chapter in CHAPTERS if chapter.number >= 3]
BOOKS = sorted([*NOTEBOOKS.glob("*.ipynb"), *(NOTEBOOKS / "published").glob("*.ipynb")])
books = pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
showing = pytest.mark.parametrize("chapter", SHOWING, ids=lambda chapter: chapter.stem)

ESTIMATORS = re.compile(
    r"sklearn\.(?:cluster|ensemble|linear_model|mixture|neighbors|neural_network|svm|tree|decomposition|naive_bayes"
    r"|dummy|calibration)|lightfm|implicit|lightgbm|xgboost|umap|imblearn|optuna|shap"
)
"""Modules whose classes are a chapter's method: a helper gets what it fits handed in."""


def code_of(book):
    """Return the trees of the parameters cell and of the other code cells."""
    cells = [cell for cell in nbformat.read(book, as_version=4).cells if cell.cell_type == "code"]
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    return ast.parse(tagged[0].source), [ast.parse(cell.source) for cell in cells if cell is not tagged[0]]


def loaded(trees):
    return {
        node.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


@books
def test_every_parameter_is_read_by_a_later_cell(book):
    parameters, cells = code_of(book)
    names = [statement.target.id for statement in parameters.body]
    assert set(names) <= loaded(cells), sorted(set(names) - loaded(cells))


@books
def test_a_name_is_given_once(book):
    """A cell that is run again must not break another; targets of loops and comprehensions are nobody's names."""
    given = defaultdict(int)
    for tree in code_of(book)[1]:
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else ()
            names = [
                n.id
                for t in targets
                for n in ast.walk(t)
                if isinstance(n, ast.Name) and n.ctx.__class__ is ast.Store
            ]
            for name in names:
                given[name] += 1
    assert not {name: times for name, times in given.items() if times > 1}


@books
def test_the_parameters_are_not_given_again(book):
    parameters, cells = code_of(book)
    names = {statement.target.id for statement in parameters.body}
    stored = {
        n.id for tree in cells for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    assert not names & stored


@showing
def test_the_cells_name_what_their_sections_speak_of(chapter):
    assert chapter.shows, f"{chapter.stem} names no estimator and no metric in helpers/study/series.py"
    names = {
        getattr(node, "id", getattr(node, "attr", None))
        for tree in code_of(chapter.notebook)[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    assert set(chapter.shows) <= names, sorted(set(chapter.shows) - names)


@showing
def test_no_estimator_hides_in_the_chapters_helpers(chapter):
    hidden = []
    for path in (ROOT / "helpers" / "chapters" / chapter.name).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and ESTIMATORS.match(node.module or ""):
                hidden += [(path.name, alias.name) for alias in node.names]
            elif isinstance(node, ast.Import):
                hidden += [(path.name, alias.name) for alias in node.names if ESTIMATORS.match(alias.name)]
    assert not hidden


@books
def test_a_section_needs_what_can_be_had(book):
    for cell in nbformat.read(book, as_version=4).cells:
        needed = cell.metadata.get("needs", [])
        assert not needed or title_of(cell), "needs stand with a heading of the second level"
        assert {need.removeprefix("no ") for need in needed} <= set(NEEDS)


@books
def test_nothing_reads_the_study_file_a_second_time(book):
    source = book.read_text(encoding="utf-8")
    assert not re.search(r"report\.(section|published|seed)\b|\w+_from\(", source)
    assert "Left out here" not in source

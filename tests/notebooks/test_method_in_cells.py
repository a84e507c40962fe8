"""The notebook shows its method: parameters that cells read, estimators that cells name, one meaning a name."""

import ast
import re
from collections import Counter

import nbformat
import pytest

from helpers.base.paths import NOTEBOOKS, ROOT
from helpers.build.sections import PRACTICE
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


def code_of(book, *, practice=False):
    """Return the trees of the parameters cell and of other code cells: the chapter's, or of its exercises."""
    cells = [cell for cell in nbformat.read(book, as_version=4).cells if cell.cell_type == "code"]
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    others = [
        c for c in cells if c is not tagged[0] and bool(PRACTICE & set(c.metadata.get("tags", []))) == practice
    ]
    return ast.parse(tagged[0].source), [ast.parse(cell.source) for cell in others]


def names(node, kind):
    """Return the names in a tree that are loaded (`ast.Load`) or given (`ast.Store`)."""
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, kind)]


@books
def test_an_exercise_takes_no_name_of_the_chapter(book):
    own, practice = code_of(book)[1], code_of(book, practice=True)[1]
    assert not {n for t in practice for n in names(t, ast.Store)} & {n for t in own for n in names(t, ast.Store)}


@books
def test_every_parameter_is_read_by_a_later_cell(book):
    parameters, cells = code_of(book)
    read = {name for tree in cells for name in names(tree, ast.Load)}
    assert not [s.target.id for s in parameters.body if s.target.id not in read]


@books
def test_a_name_is_given_once(book):
    """A cell that is run again must not break another; targets of loops and comprehensions are nobody's names."""
    assigned = [n for tree in code_of(book)[1] for n in ast.walk(tree) if isinstance(n, ast.Assign)]
    given = Counter(name for node in assigned for target in node.targets for name in names(target, ast.Store))
    assert not [name for name, times in given.items() if times > 1]


@books
def test_the_parameters_are_not_given_again(book):
    parameters, cells = code_of(book)
    given = {name for tree in cells for name in names(tree, ast.Store)}
    assert not [s.target.id for s in parameters.body if s.target.id in given]


@showing
def test_the_cells_name_what_their_sections_speak_of(chapter):
    assert chapter.shows, f"{chapter.stem} names no estimator and no metric in helpers/study/series.py"
    nodes = [node for tree in code_of(chapter.notebook)[1] for node in ast.walk(tree)]
    named = {n.id for n in nodes if isinstance(n, ast.Name)} | {
        n.attr for n in nodes if isinstance(n, ast.Attribute)
    }
    assert not [name for name in chapter.shows.split() if name not in named]


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

"""The reproductions of published studies: short, plain, in their authors' settings; checked without a kernel."""

import ast
import io
import re
import tokenize
from functools import cache

import nbformat
import pytest

from helpers.base.paths import NOTEBOOKS, PARAMS
from helpers.study.file import load_study
from helpers.study.parameters import chapter_parameters, parameters_cell
from helpers.study.series import BY_NAME, PUBLISHED

REPRODUCED = ["insiders", "purchasing_behaviors", "shopping_trends", "uk_rfm"]
LONGEST_CELL = 25
LINES = dict.fromkeys(REPRODUCED, (60, 120)) | {"insiders": (60, 170)}
"""Lines of code beside parameters and imports, at least and at most: enough to show all of the method, few enough
to read at one sitting. The Insiders study has a pipeline of four stages, merged groups and hypotheses."""
WINGS = {"base", "ledger", "show", "customers", "grouping", "predicting"}
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
IMPORTS = ast.Import | ast.ImportFrom
studies = pytest.mark.parametrize("study", REPRODUCED)


@cache
def notebook(study):
    return nbformat.read(NOTEBOOKS / PUBLISHED / f"{study}.ipynb", as_version=4)


def code_cells(study):
    return [cell for cell in notebook(study).cells if cell.cell_type == "code"]


def prose_of(study):
    return [cell.source for cell in notebook(study).cells if cell.cell_type == "markdown"]


def nodes(study, cells=slice(None)):
    return [node for cell in code_cells(study)[cells] for node in ast.walk(ast.parse(cell.source))]


def claimed(study):
    """Return the findings of a reproduction that a study's claims name."""
    found = [claim.finding or "" for claim in load_study(PARAMS / f"{study}.yml").values.claims]
    return [finding for finding in found if f".{PUBLISHED}." in finding]


def test_there_is_a_notebook_for_each_study_whose_claims_need_one():
    assert sorted(path.stem for path in (NOTEBOOKS / PUBLISHED).glob("*.ipynb")) == REPRODUCED
    assert [study for study in sorted(path.stem for path in PARAMS.glob("*.yml")) if claimed(study)] == REPRODUCED


@studies
def test_it_is_the_last_chapter_of_its_study(study):
    chapter = load_study(PARAMS / f"{study}.yml").chapters[-1]
    assert (chapter.name, chapter.reproduces) == (PUBLISHED, study)
    assert chapter.question.endswith("?")


@studies
def test_it_is_valid_and_has_no_outputs(study):
    nbformat.validate(notebook(study))
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(study))
    assert not any("papermill" in cell.metadata for cell in notebook(study).cells)


@studies
def test_it_opens_with_its_question_and_closes_with_limits_and_findings(study):
    lines = [line for line in prose_of(study)[0].splitlines() if line.strip()]
    assert re.fullmatch(r"# As published: \S.*", lines[0])
    assert re.fullmatch(r"\*\*.+\?\*\*", lines[1])
    headings = re.findall(r"^## (\d+)\. (.+)$", "\n".join(prose_of(study)), flags=re.MULTILINE)
    numbers, titles = zip(*headings, strict=True)
    assert numbers == tuple(str(number) for number in range(1, len(numbers) + 1))
    assert titles[-2:] == ("Limits", "Findings")
    assert code_cells(study)[-1].source.rstrip().endswith("report.close()")


@studies
def test_each_section_says_why_and_quotes_no_figure(study):
    for text in prose_of(study):
        prose = re.sub(r"`[^`]*`|^#+ .*$|^\s*- |Chapters? [\d, and]+", "", text, flags=re.MULTILINE)
        assert prose.strip(), text
        assert not re.findall(r"\d[\d,.]*\d|\d %", prose), prose


@studies
def test_it_is_short_and_plain(study):
    body = [line for cell in code_cells(study)[2:] for line in cell.source.splitlines() if line.strip()]
    fewest, most = LINES[study]
    assert fewest <= len(body) <= most
    assert not any(isinstance(node, DEFINITIONS) for node in nodes(study))
    assert all(len(cell.source.splitlines()) <= LONGEST_CELL for cell in code_cells(study)[2:])


@studies
def test_the_authors_settings_are_variables_that_cells_read(study):
    path = NOTEBOOKS / PUBLISHED / f"{study}.ipynb"
    statements = ast.parse(parameters_cell(path)).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
    tokens = tokenize.generate_tokens(io.StringIO(parameters_cell(path)).readline)
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    assert {statement.end_lineno for statement in statements} <= commented
    read = {node.id for node in nodes(study, slice(1, None)) if isinstance(node, ast.Name)}
    assert {statement.target.id for statement in statements} <= read
    assert ast.literal_eval(statements[0].value) == f"params/{study}.yml"
    chapter_parameters(path)()


@studies
def test_it_names_the_libraries_and_no_chapter(study):
    cells = [
        any(isinstance(node, IMPORTS) for node in nodes(study, slice(n, n + 1)))
        for n in range(len(code_cells(study)))
    ]
    assert cells.count(True) == 1
    modules = [node.module for node in nodes(study) if isinstance(node, ast.ImportFrom)]
    assert any(module.startswith("sklearn") for module in modules)
    ours = [module for module in modules if module.startswith("helpers")]
    assert all(module.split(".")[1] in WINGS or module == "helpers.study.report" for module in ours)


@studies
def test_it_records_what_was_published_under_the_chapters_names(study):
    calls = [node for node in nodes(study) if isinstance(node, ast.Call)]
    names = [ast.unparse(call.args[0]).strip("f'") for call in calls if ast.unparse(call.func) == "report.record"]
    paths = [name.split(".") for name in names]
    assert all(path[0] in BY_NAME and path[1] == PUBLISHED for path in paths)
    assert {finding.split(".")[0] for finding in claimed(study)} <= {path[0] for path in paths}


def test_the_study_files_hold_no_settings_of_their_authors():
    assert not [
        path.name for path in PARAMS.glob("*.yml") if re.search(r"^published:", path.read_text(), re.MULTILINE)
    ]

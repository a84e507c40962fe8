"""The reproductions of published studies: short, plain, in their authors' settings, checked without a kernel."""

import ast
import io
import re
import tokenize

import nbformat
import pytest

from helpers.base.paths import NOTEBOOKS, PARAMS
from helpers.study.file import load_study
from helpers.study.parameters import chapter_parameters, parameters_cell
from helpers.study.series import BY_NAME, PUBLISHED

REPRODUCED = ["insiders", "purchasing_behaviors", "shopping_trends", "uk_rfm"]
LONGEST_CELL = 25
FEWEST, MOST = 60, 135
"""Statements beside parameters and imports: enough to show all of the method, few enough for one sitting."""
WINGS = {"base", "ledger", "show", "customers", "grouping", "predicting"}
studies = pytest.mark.parametrize("study", REPRODUCED)


def notebook(study):
    return nbformat.read(NOTEBOOKS / PUBLISHED / f"{study}.ipynb", as_version=4)


def code_cells(study):
    return [cell for cell in notebook(study).cells if cell.cell_type == "code"]


def trees(study):
    return [ast.parse(cell.source) for cell in code_cells(study)]


def headings(study):
    text = "\n".join(cell.source for cell in notebook(study).cells if cell.cell_type == "markdown")
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def walked(study):
    return [node for tree in trees(study) for node in ast.walk(tree)]


def recorded(study):
    """Return the paths that a notebook records, the names of loops left open: `anomaly.published`."""
    calls = [
        node for node in walked(study) if isinstance(node, ast.Call) and ast.unparse(node.func) == "report.record"
    ]
    return {re.sub(r"^f?'|'$", "", ast.unparse(call.args[0])) for call in calls}


def test_there_is_a_notebook_for_each_study_that_claims_to_be_reproduced():
    assert sorted(path.stem for path in (NOTEBOOKS / PUBLISHED).glob("*.ipynb")) == REPRODUCED
    for path in PARAMS.glob("*.yml"):
        claims = load_study(path).values.claims
        assert (path.stem in REPRODUCED) == any(f".{PUBLISHED}." in (claim.finding or "") for claim in claims)


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
    lines = [line for line in notebook(study).cells[0].source.splitlines() if line.strip()]
    assert re.fullmatch(r"# As published: \S.*", lines[0])
    assert re.fullmatch(r"\*\*.+\?\*\*", lines[1])
    numbers, titles = zip(*(heading.split(". ", 1) for heading in headings(study)), strict=True)
    assert numbers == tuple(str(number) for number in range(1, len(numbers) + 1))
    assert titles[-2:] == ("Limits", "Findings")
    assert code_cells(study)[-1].source.rstrip().endswith("report.close()")


@studies
def test_each_section_says_why_before_it_computes(study):
    told = [cell.source for cell in notebook(study).cells if cell.cell_type == "markdown"]
    assert all(re.sub(r"^#+ .*$", "", text, flags=re.MULTILINE).strip() for text in told)


@studies
def test_prose_has_no_typed_figures(study):
    for cell in notebook(study).cells:
        if cell.cell_type == "markdown":
            prose = re.sub(
                r"`[^`]*`|^#+ .*$|^\s*\d+\. |^\s*- |Chapters? [\d, and]+", "", cell.source, flags=re.MULTILINE
            )
            assert not re.findall(r"\d[\d,.]*\d|\d %", prose), prose


@studies
def test_it_is_short_and_plain(study):
    body = trees(study)[2:]
    statements = [node for tree in body for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    assert FEWEST <= len(statements) <= MOST
    assert not any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in walked(study)
    )
    assert all(len(cell.source.splitlines()) <= LONGEST_CELL for cell in code_cells(study)[2:])


@studies
def test_the_authors_settings_are_variables_that_cells_read(study):
    source = parameters_cell(NOTEBOOKS / PUBLISHED / f"{study}.ipynb")
    statements = ast.parse(source).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    assert {statement.end_lineno for statement in statements} <= commented
    read = {n.id for tree in trees(study)[1:] for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert not {statement.target.id for statement in statements} - read
    assert ast.literal_eval(statements[0].value) == f"params/{study}.yml"
    assert chapter_parameters(NOTEBOOKS / PUBLISHED / f"{study}.ipynb")().seed == 42


@studies
def test_it_names_the_libraries_and_no_chapter(study):
    importing = [
        tree for tree in trees(study) if any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.walk(tree))
    ]
    assert importing == [trees(study)[1]] or len(importing) == 1
    modules = [node.module for node in walked(study) if isinstance(node, ast.ImportFrom)]
    assert any(module.startswith("sklearn") for module in modules)
    ours = [module for module in modules if module.startswith("helpers")]
    assert all(module.split(".")[1] in WINGS or module == "helpers.study.report" for module in ours)


@studies
def test_it_records_what_was_published_under_the_chapters_names(study):
    paths = [path.split(".") for path in recorded(study)]
    assert paths
    assert all(path[0] in BY_NAME and path[1] == PUBLISHED for path in paths)
    claimed = {
        claim.finding.split(".")[0]
        for claim in load_study(PARAMS / f"{study}.yml").values.claims
        if claim.finding and f".{PUBLISHED}." in claim.finding
    }
    assert claimed <= {path[0] for path in paths}

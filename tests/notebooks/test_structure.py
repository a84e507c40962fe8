"""What every notebook and study has in common, checked without a kernel."""

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from itertools import pairwise

import nbformat
import pytest

from helpers.base.paths import NOTEBOOKS, PARAMS, ROOT
from helpers.build.sections import PRACTICE
from helpers.course.lab import METADATA
from helpers.study.file import load_study
from helpers.study.parameters import GIVEN_BY_BUILD, chapter_parameters, parameters_cell
from helpers.study.series import CHAPTERS

LONGEST_CELL = 25
CLOSING = ("What to do with it", "Limits", "Exercises", "Findings")
chapters = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)


def notebook(chapter):
    return nbformat.read(chapter.notebook, as_version=4)


def code_cells(chapter):
    """Return the code of a chapter, without its exercises and their solutions."""
    cells = [cell for cell in notebook(chapter).cells if cell.cell_type == "code"]
    return [cell for cell in cells if not PRACTICE & set(cell.metadata.get("tags", []))]


def headings(chapter):
    text = "\n".join(cell.source for cell in notebook(chapter).cells if cell.cell_type == "markdown")
    return [line.lstrip("# ") for line in text.splitlines() if line.startswith("## ")]


def test_the_notebooks_are_the_chapters_and_nothing_else():
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == [chapter.stem for chapter in CHAPTERS]


@chapters
def test_a_notebook_is_valid_and_has_no_outputs(chapter):
    nbformat.validate(notebook(chapter))
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(chapter))
    assert not any("papermill" in cell.metadata for cell in notebook(chapter).cells)


@chapters
def test_a_notebook_lies_here_as_jupyter_saves_it(chapter):
    """So that saving one shows no change to git but what was written."""
    text = chapter.notebook.read_text(encoding="utf-8")
    assert json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n" == text
    assert json.loads(text)["metadata"] == METADATA


@chapters
def test_a_chapter_opens_with_its_title_and_its_question(chapter):
    lines = [line for line in notebook(chapter).cells[0].source.splitlines() if line.strip()]
    assert re.fullmatch(r"# \S.*", lines[0])
    assert re.fullmatch(r"\*\*.+\?\*\*", lines[1])
    assert chapter.question.endswith("?")


@chapters
def test_a_chapter_closes_with_what_to_do_limits_exercises_and_findings(chapter):
    titles = dict.fromkeys(re.sub(r"^\d+\. ", "", heading) for heading in headings(chapter))  # Limits may be two
    assert tuple(titles)[-len(CLOSING) :] == CLOSING
    assert code_cells(chapter)[-1].source.rstrip().endswith("report.close()")


@chapters
def test_sections_are_numbered_in_order(chapter):
    numbers = [int(re.match(r"(\d+)\. ", heading).group(1)) for heading in headings(chapter)]
    assert numbers == list(range(1, len(numbers) + 1))


@chapters
def test_a_notebook_tells_and_helpers_compute(chapter):
    for cell in code_cells(chapter):
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        assert not any(isinstance(node, kinds) for node in ast.walk(ast.parse(cell.source))), cell.source
        imports = re.match(r"(from|import) ", cell.source)  # as many as there are
        assert imports or len(cell.source.splitlines()) <= LONGEST_CELL, cell.source


@chapters
def test_every_section_says_why_before_it_computes(chapter):
    cells = notebook(chapter).cells
    for cell, following in pairwise(cells):
        if cell.cell_type == "markdown" and cell.source.startswith("## ") and following.cell_type == "code":
            prose = "\n".join(cell.source.splitlines()[1:]).strip()
            assert prose or cell.source.startswith(f"## {len(headings(chapter))}."), cell.source


@chapters
def test_imports_stand_in_one_cell(chapter):
    importing = [c for c in code_cells(chapter) if re.search(r"^(from|import) ", c.source, re.MULTILINE)]
    assert len(importing) == 1


@chapters
def test_each_parameter_has_a_type_a_literal_default_and_a_comment(chapter):
    source = parameters_cell(chapter.notebook)
    statements = ast.parse(source).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
    for statement in statements:
        ast.literal_eval(statement.value)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    assert {statement.end_lineno for statement in statements} <= commented


@chapters
def test_a_chapter_runs_on_the_sample_when_opened_by_hand(chapter):
    names: dict = {}
    exec(parameters_cell(chapter.notebook), names)
    assert {name: names[name] for name in GIVEN_BY_BUILD} == {"study": "params/sample.yml"}
    chapter_parameters(chapter.notebook)()


@chapters
def test_prose_has_no_typed_figures(chapter):
    for cell in notebook(chapter).cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"`[^`]*`|^#+ .*$|^\s*\d+\. |^\s*- ", "", cell.source, flags=re.MULTILINE)
            assert not re.findall(r"\d[\d,.]*\d|\d %", prose), prose


@pytest.mark.parametrize("path", sorted(PARAMS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_study_is_valid(path):
    study = load_study(path)
    assert study.values.description.strip()
    assert study.values.cleaning.rules


def test_the_six_studies_are_here():
    named = {path.stem for path in PARAMS.glob("*.yml")}
    assert named >= {  # and whatever `make new` wrote
        "sample", "online_retail", "uk_rfm", "insiders", "shopping_trends", "purchasing_behaviors",
    }  # fmt: skip


def test_the_packages_of_the_brief_are_installed():
    brief = "jupyterlab papermill pandas sklearn seaborn plotly lightfm nbconvert data_profiling"
    code = (
        "import importlib.util as u, sys; sys.exit(' '.join(n for n in sys.argv[1:] if not u.find_spec(n)) or 0)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *brief.split()], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_ruff_finds_nothing_to_say(arguments):
    found = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_ruff_reads_the_notebooks_too():
    listed = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(chapter.notebook.name in listed.stdout for chapter in CHAPTERS)


def test_reports_and_data_are_not_committed():
    listed = subprocess.run(
        ["git", "ls-files", "data", "reports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git clone")
    assert set(listed.stdout.split()) <= {"data/README.md", "reports/README.md"}


@chapters
def test_the_readme_asks_what_the_chapter_asks(chapter):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| `{chapter.stem}` | {chapter.question} |" in readme

"""A reason that shows while a chapter runs leaves out the rest of its section, or all with the same need."""

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.build.progress import COURSE, ENGINE, register

SKIP = """
from IPython.display import HTML, display
display(HTML("x"), metadata={"series": {"skip": "too short"%s}})
"""


@pytest.mark.parametrize(
    ("every", "left_out"), [("", ["1. When", "4. Else"]), (', "every": "dates"', ["1. When", "2. Then"])]
)
def test_a_reason_holds_for_its_section_or_for_all_with_the_same_need(tmp_path, monkeypatch, every, left_out):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    cells = []
    for title, needs, source in (
        ("1. When", ["dates"], SKIP % every), ("2. Then", ["dates"], "ran = 1"), ("3. Who", [], "print('here')"),
        ("4. Else", ["no dates"], "print('instead')"),
    ):  # fmt: skip
        cells += [new_markdown_cell(f"## {title}", metadata={"needs": needs}), new_code_cell(source)]
    cells.insert(2, new_code_cell("1 / 0"))
    book = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(book, tmp_path / "book.ipynb")
    register(lambda **_: None, {"dates"})
    ran = papermill.execute_notebook(
        tmp_path / "book.ipynb", None, engine_name=ENGINE, kernel_name="python3", progress_bar=False
    ).cells
    assert [cell.source.removeprefix("## ") for cell in ran if "left_out" in cell.metadata] == left_out
    assert ran[-3].outputs[0].text == "here\n"
    assert bool(ran[4].execution_count) == ("2. Then" not in left_out)
    assert bool(ran[-1].outputs) == ("4. Else" not in left_out)


def test_an_exercise_that_fails_ends_no_course(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv(COURSE, "1")
    cells = [
        new_code_cell("answer = shares", metadata={"tags": ["exercise"], "exercise": 1}),
        new_code_cell("print('here')"),
    ]
    book = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(book, tmp_path / "book.ipynb")
    register(lambda **_: None, set())
    failed, after = papermill.execute_notebook(
        tmp_path / "book.ipynb", None, engine_name=ENGINE, kernel_name="python3", progress_bar=False
    ).cells
    assert failed.outputs[0].text == "error: NameError: name 'shares' is not defined\n"
    assert after.outputs[0].text == "here\n"

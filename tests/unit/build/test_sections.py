"""The answer comes first, the method is folded."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from helpers.build.sections import fold, lead_first


def markdown(source: str, *tags: str):
    return new_markdown_cell(source, metadata={"tags": list(tags), "page": {}})


def code(*outputs, tags=()):
    return new_code_cell("", outputs=list(outputs), metadata={"tags": list(tags), "page": {}})


def shown(markup: str = "", alt: str = ""):
    return new_output("display_data", {"text/html": markup}, metadata={"page": {"alt": alt, "figure": ""}})


FIGURE, TABLE, SENTENCE = shown(alt="A line"), shown("<table><tr></tr></table>"), shown("<p>So.</p>")


@pytest.mark.parametrize(("outputs", "led"), [([TABLE, FIGURE, SENTENCE], [FIGURE]), ([SENTENCE, TABLE], [TABLE])])
def test_figures_lead_or_tables_where_a_cell_has_none(outputs, led):
    first, prose, cell = lead_first([markdown("## 1. How"), code(*outputs, tags=["lead"])])
    assert first.outputs == led
    assert prose.source == "## 1. How"
    assert cell.outputs == [output for output in outputs if output not in led]


def test_without_a_lead_nothing_moves():
    cells = [markdown("## 1. How"), code(FIGURE)]
    assert lead_first(cells) == cells


@pytest.mark.parametrize(
    ("tags", "opens", "closes", "unfinished"),
    [
        (["lead", "method", "lead"], [False, True, False], [False, False, True], False),
        (["method", "exercises"], [True, True], [False, True], True),
        (["lead", "lead"], [False, False], [False, False], False),
    ],
)
def test_a_fold_ends_where_the_next_section_begins(tags, opens, closes, unfinished):
    cells = [markdown(f"## {n}. Part", tag) for n, tag in enumerate(tags, start=1)]
    assert fold([markdown("Words before."), *cells]) == unfinished
    assert [cell.metadata.page.opens for cell in cells] == opens
    assert [cell.metadata.page.closes for cell in cells] == closes


def test_what_cannot_be_answered_is_never_in_a_fold():
    line = new_markdown_cell("", metadata={"page": {"left_out": "<p>None.</p>"}})
    assert not fold([markdown("## 1. Exercises", "exercises"), line])
    assert line.metadata.page.closes


def test_cells_of_method_in_a_section_are_folded_together_and_called_by_what_they_show():
    listed = shown("<table><caption>Tea &amp; pots</caption></table>")
    why, how, then = markdown("Why.", "method"), code(listed, tags=["method"]), code(SENTENCE)
    alone = code(FIGURE, tags=["method"])
    assert not fold([markdown("## 1. Part"), why, how, then, alone])
    assert (why.metadata.page.folded, how.metadata.page.unfolded) == ("Tea & pots", True)
    assert "unfolded" not in why.metadata.page and "folded" not in then.metadata.page
    assert alone.metadata.page == {"folded": "How this was done", "unfolded": True}


def test_in_a_section_that_is_folded_nothing_is_folded_again():
    cell = code(TABLE, tags=["method"])
    assert fold([markdown("## 1. Part", "method"), cell])
    assert "folded" not in cell.metadata.page

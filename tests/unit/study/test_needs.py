"""What a section needs, and what a study has."""

import json

import pandas as pd
import pytest

from helpers.study import needs


@pytest.fixture
def tables(tmp_path):
    def make(**frames):
        for name, frame in frames.items():
            frame.to_parquet(tmp_path / f"{name}.parquet")
        return tmp_path

    return make


def heading(source="## 2. Cohorts", **metadata):
    return {"cell_type": "markdown", "source": [source], "metadata": metadata}


def test_columns_of_the_clean_lines_count_and_before_cleaning_those_of_the_source(tables):
    folder = tables(raw=pd.DataFrame({"ordered_at": [1], "product_name": ["x"], "unit_price": [1.0]}))
    assert needs.met(folder) == {"dates", "products", "prices", "sales"}
    tables(transactions=pd.DataFrame({"order_id": [1]}), returns=pd.DataFrame({"order_id": []}))
    assert needs.met(folder) == {"orders", "rfm"}
    tables(returns=pd.DataFrame({"order_id": [1]}))
    assert needs.met(folder) == {"orders", "returns", "rfm"}


@pytest.mark.parametrize(
    ("columns", "sold"),
    [
        (("ordered_at", "order_id", "customer_id"), True),
        (("ordered_at",), True),
        (("ordered_at", "customer_id"), False),
        (("order_id",), False),
    ],
)
def test_sales_are_dated_orders_or_dated_lines_of_nobody(tables, columns, sold):
    assert ("sales" in needs.met(tables(raw=pd.DataFrame({name: [1] for name in columns})))) == sold


def test_what_is_lacking_is_said_in_words():
    assert needs.lacking(heading(needs=["dates", "orders"]), {"dates", "orders"}) is None
    assert needs.lacking(heading(needs=["dates", "orders"]), {"prices"}) == "no dates and no order numbers"
    assert needs.lacking(heading(needs=["no dates"]), {"dates"}) == "it has dates"
    assert needs.lacking(heading(needs=["no dates"]), set()) is None
    assert needs.lacking(heading(), set()) is None
    with pytest.raises(KeyError):
        needs.lacking(heading(needs=["stars"]), set())


def test_a_heading_of_the_second_level_opens_a_section():
    assert needs.title_of(heading("## 2. Cohorts\n\nWhy.")) == "Cohorts"
    assert needs.title_of(heading("### Below")) is None
    assert needs.title_of(heading("# Title")) is None


class Shell:
    """What a kernel of JupyterLab has: transformers of a cell's source, and the message that asked to run it."""

    def __init__(self):
        self.input_transformers_cleanup = []
        self.cell = None

    def get_parent(self):
        return {"metadata": {"cellId": self.cell} if self.cell else {}}

    def compiled(self, cell, source="x = 1\n"):
        self.cell = cell
        lines = [source]
        for transformer in self.input_transformers_cleanup:
            lines = transformer(lines)
        return "".join(lines)


@pytest.fixture
def book(tmp_path):
    def code(name):
        return {"cell_type": "code", "source": ["x = 1"], "metadata": {}, "id": name}

    cells = [code("open"), heading(), code("a"), code("b"), heading("## 3. When", needs=["dates"]), code("c")]
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"cells": [*cells, heading("## 4. End"), code("d")]}))
    return path


def test_in_the_lab_a_section_that_lacks_something_does_nothing(book):
    shell = Shell()
    lab = needs.LeftOutInLab(shell, book, set())
    assert lab.reasons == {"When": "no dates"}
    assert [shell.compiled(cell) for cell in ("open", "a", "c", "d", None)] == [
        "x = 1\n", "x = 1\n", "pass\n", "x = 1\n", "x = 1\n",
    ]  # fmt: skip
    needs.LeftOutInLab(shell, book, {"dates"})  # another study is opened in the same kernel
    assert shell.compiled("c") == "x = 1\n"


def test_in_the_lab_what_follows_a_skip_does_nothing(book):
    shell = Shell()
    lab = needs.LeftOutInLab(shell, book, {"dates"})
    shell.cell = "a"
    lab.skip()
    assert [shell.compiled(cell) for cell in "abcd"] == ["x = 1\n", "pass\n", "x = 1\n", "x = 1\n"]


def test_in_the_lab_a_skip_may_hold_for_later_sections_with_the_same_need(book):
    shell = Shell()
    lab = needs.LeftOutInLab(shell, book, {"dates"})
    shell.cell = "a"
    lab.skip(every="dates")
    assert [shell.compiled(cell) for cell in "abcd"] == ["x = 1\n", "pass\n", "pass\n", "x = 1\n"]

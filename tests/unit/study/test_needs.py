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
    assert needs.met(folder) == {"dates", "products", "prices"}
    tables(transactions=pd.DataFrame({"order_id": [1]}), returns=pd.DataFrame({"order_id": []}))
    assert needs.met(folder) == {"orders"}
    tables(returns=pd.DataFrame({"order_id": [1]}))
    assert needs.met(folder) == {"orders", "returns"}


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


def test_a_notebook_tells_which_sections_a_study_lacks(tmp_path):
    book = tmp_path / "book.ipynb"
    book.write_text(json.dumps({"cells": [heading(), heading("## 3. When", needs=["dates"])]}))
    assert list(needs.left_out(book, set())) == [("When", "no dates")]

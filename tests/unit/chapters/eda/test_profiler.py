"""The profiler's page: whatever a table holds is shown as text."""

import re

import pandas as pd

from helpers.chapters.eda.profiler import profile_page

ELEMENT, SCRIPT = "<xpwn a=1>", "<script>PWN()</script>"


def test_a_value_or_header_is_never_markup():
    page = profile_page(
        pd.DataFrame(
            {
                "constant": [ELEMENT] * 6,
                SCRIPT: [SCRIPT] * 6,
                "mixed": [ELEMENT, SCRIPT, "c"] * 2,
                "number": [7] * 6,
            }
        )
    )
    assert "has constant value" in page
    assert not re.search(r"<xpwn|<script>PWN", page)


def test_dates_are_those_of_the_table():
    when = pd.date_range("2023-01-02", "2024-12-30", freq="3D").astype("datetime64[us]")
    page = profile_page(pd.DataFrame({"when": when, "number": range(len(when))}))
    assert "2023-01-02" in page
    assert "1970" not in page


def test_a_text_of_many_words_makes_no_cloud_of_them():
    names = [f"word{n} tea{n % 97}" for n in range(500)]
    assert len(profile_page(pd.DataFrame({"name": names}))) < 500_000

"""Every page of the series, over sales data that nobody prepared, in house English."""

import pytest

from helpers.study.series import CHAPTERS
from tests.house_english import broken, figures, naked, naked_axes, pictures, plain, texts


@pytest.fixture(params=[chapter.stem for chapter in CHAPTERS])
def notebook(series, request):
    return series.study / f"{request.param}.ipynb"


def test_no_word_or_format_that_the_house_does_not_use(notebook):
    found = [hit for text in texts(notebook) for hit in broken(text)]
    assert not found, "\n".join(found)


def test_charts_have_titles_and_axes_say_what_they_show(notebook):
    bare = {
        figure["layout"]["meta"]["alt"][:80]: bare_of
        for figure in figures(notebook)
        if (bare_of := naked_axes(figure))
    }
    assert not bare
    assert [about for about in pictures(notebook) if naked(about)] == []


def test_the_front_page_is_in_house_english_too(series):
    assert broken(plain(series.front_page())) == []

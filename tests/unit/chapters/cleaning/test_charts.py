"""Values before and after cleaning are drawn from counts, and every line is in a bar."""

from helpers.chapters.cleaning.charts import before_after
from tests.unit.conftest import numbered


def test_each_line_above_zero_is_in_a_bar(engine):
    read = engine.table(numbered(revenue=["-3", "0", "1.5", "1.5", "20", "300", None]))
    kept = engine.table(numbered(revenue=["1.5", "1.5", "20"]))
    picture = before_after(read, kept, ["revenue"])
    drawn = [sum(bar.get_height() for bar in bars) for bars in picture.figure.axes[0].containers]
    assert drawn == [4, 3]
    titles = {picture.figure.axes[0].get_title(loc=place) for place in ("left", "center")}  # as the theme has it
    assert "2 read at or below zero" in titles
    assert "median 1.50 read, 1.50 kept; largest 300 read, 20 kept" in picture.alt


def test_one_value_alone_is_drawn(engine):
    alone = engine.table(numbered(revenue=["5", "5"]))
    bars = before_after(alone, alone, ["revenue"]).figure.axes[0].containers[0]
    assert sum(bar.get_height() for bar in bars) == 2

"""Charts that any chapter can use: what they draw, in which colours and order, with data as text."""

import numpy as np
import pandas as pd
import pytest

from helpers.show import charts, theme

HOSTILE = "<b>few</b>"


@pytest.fixture
def grouped():
    """Two thousand points of two groups, the name of one of which tries to be markup."""
    points = np.random.default_rng(3).normal(size=(2000, 3)) + np.repeat([[0.0] * 3, [9.0, 0, 0]], [600, 1400], 0)
    return {
        "points": points,
        "groups": np.repeat([HOSTILE, "many"], [600, 1400]),
        "ids": list(map(str, range(2000))),
    }


def test_a_sample_is_drawn_by_group_in_the_order_of_their_names(grouped):
    plane = charts.grouped_scatter(**grouped, axes=["One", "<i>Two</i>"], title="Customers", seed=0)
    assert [trace.name for trace in plane.data] == ["&lt;b&gt;few&lt;/b&gt;", "many"]
    assert [trace.marker.color for trace in plane.data] == list(theme.CATEGORICAL[:2])
    assert sum(len(trace.x) for trace in plane.data) == charts.POINTS
    assert "1,500 of 2,000" in plane.layout.meta["caption"]
    assert "many around 9.0" in plane.layout.meta["alt"] or "many around 8.9" in plane.layout.meta["alt"]
    assert plane.layout.yaxis.title.text == "&lt;i&gt;Two&lt;/i&gt;"


def test_one_axis_is_no_plane(grouped):
    flat = grouped | {"points": grouped["points"][:, :1]}
    assert charts.grouped_scatter(**flat, axes=["a", "b"], title="Customers", seed=0) is None


def test_a_crosswalk_has_the_segments_colours_and_says_amounts_and_shares():
    counts = pd.DataFrame({"Group A: <new>": [30, 0], "Group B: old": [10, 5]}, index=["Champions", HOSTILE])
    shares = counts.div(counts.sum(axis=1), axis=0)
    chart = charts.crosswalk(counts, shares, "Who is where", str, "Share of the segment")
    assert chart.data[0].text[0][0] == "30<br>75 %"
    assert chart.data[0].text[1][0] == ""  # nobody
    assert theme.SEGMENTS["Champions"] in chart.data[0].y[0]
    assert "&lt;b&gt;few&lt;/b&gt;" in chart.data[0].y[1]
    assert "&lt;new&gt;" in chart.data[0].x[0]
    assert "Group B: old in <b>few</b> (100 %)" in chart.layout.meta["alt"]

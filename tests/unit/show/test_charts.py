"""Charts that any chapter can use: what they draw, in which colours and order, with data as text."""

import numpy as np
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


def test_a_sample_is_drawn_by_group_with_the_largest_first(grouped):
    plane = charts.grouped_scatter(**grouped, axes=["One", "<i>Two</i>"], title="Customers", seed=0)
    assert [trace.name for trace in plane.data] == ["many", "&lt;b&gt;few&lt;/b&gt;"]
    assert [trace.marker.color for trace in plane.data] == list(theme.CATEGORICAL[:2])
    assert sum(len(trace.x) for trace in plane.data) == charts.POINTS
    assert "1,500 of 2,000" in plane.layout.meta["caption"]
    assert "many around 9.0" in plane.layout.meta["alt"] or "many around 8.9" in plane.layout.meta["alt"]
    assert plane.layout.yaxis.title.text == "&lt;i&gt;Two&lt;/i&gt;"


def test_as_many_axes_are_needed_as_are_named(grouped):
    space = charts.grouped_scatter(**grouped, axes=["a", "b", "c"], title="Customers", seed=0)
    assert [len(trace.x) for trace in space.data] == [len(trace.z) for trace in space.data]
    flat = grouped | {"points": grouped["points"][:, :2]}
    assert charts.grouped_scatter(**flat, axes=["a", "b", "c"], title="Customers", seed=0) is None

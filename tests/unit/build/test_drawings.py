"""Pictures of the front page: lengths are right, text is text, and each says what it shows."""

import re
from xml.etree import ElementTree

import pytest

from helpers.build.drawings import HEIGHT, lines, pair, sparkline, ticks

HOSTILE = '"><script>alert(1)</script>'


def points(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.search(rf'class="{kind}" points="([^"]*)"', svg)[1]
    return [tuple(map(float, point.split(","))) for point in found.split()]


def test_a_sparkline_ends_with_its_subject_and_is_highest_where_the_value_is():
    svg = sparkline([1.0, 3.0, 2.0, 5.0], 2, "Four months")
    assert [x for x, _ in points(svg, "then")] == [0.0, 33.3, 66.7]
    assert [x for x, _ in points(svg, "now")] == [66.7, 100.0]
    assert points(svg, "now")[-1][1] < points(svg, "then")[1][1] < points(svg, "then")[0][1]
    assert ElementTree.fromstring(svg).get("aria-label") == "Four months"
    assert points(sparkline([0.0, 0.0], 9, ""), "now") == [(0.0, 22.0), (100.0, 22.0)]


def test_two_lines_share_an_axis_from_zero_and_both_names_can_be_read():
    svg = lines([("2024", [10.0, None, 40.0]), ("2025", [20.0, 30.0, 40.0])], "JFM", "{:.0f}".format, "Sales")
    assert points(svg, "then") == [(0.0, HEIGHT * 0.75), (100.0, 0.0)]
    assert points(svg, "now") == [(0.0, HEIGHT / 2), (50.0, HEIGHT / 4), (100.0, 0.0)]
    heights = [float(y) for y in re.findall(r'class="right \w+" x="100%" dx="8" y="([-\d.]+)"', svg)]
    assert abs(heights[0] - heights[1]) >= 12
    assert re.findall(r">(\d+)</text>", svg)[:5] == ["0", "10", "20", "30", "40"]


def test_a_loss_is_below_zero():
    svg = lines([("", [-5.0, 10.0])], "JF", "{:.0f}".format, "Sales")
    assert ">-5</text>" in svg and points(svg, "now")[0][1] == HEIGHT


def test_paired_bars_have_the_lengths_of_their_shares():
    svg = pair(0.2, 0.4, "#123456", 0.4, ("of customers", "of sales"))
    narrow, wide = (float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)%"', svg))
    assert wide == 2 * narrow
    assert (
        ElementTree.fromstring(svg).get("aria-label")
        == "20\N{NO-BREAK SPACE}% of customers and 40\N{NO-BREAK SPACE}% of sales"
    )
    assert pair(0.2, None, "#123456", 0.4, ("of customers", "")).count("<rect") == 1


def test_names_are_text():
    drawn = [
        sparkline([1.0, 2.0], 1, HOSTILE),
        lines([(HOSTILE, [1.0, 2.0])], [HOSTILE, "F"], lambda _: HOSTILE, HOSTILE),
        pair(0.2, 0.4, HOSTILE, 0.4, (HOSTILE, HOSTILE)),
    ]
    for svg in drawn:
        ElementTree.fromstring(svg)
        assert "<script>" not in svg


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 118_000, [0, 50_000, 100_000, 150_000]),
        (-5, 10, [-5, 0, 5, 10]),
        (0, 0, [0, 0.25]),
        (0, 7, [0, 2, 4, 6, 8]),
    ],
)
def test_an_axis_has_few_round_numbers(low, high, marks):
    assert ticks(low, high) == pytest.approx(marks)

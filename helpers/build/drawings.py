"""The pictures of a front page as inline SVG: sparklines, a period against the one before, paired bars.

Lengths along the page are shares of its width, so that a picture fits any screen and its text keeps its size.
"""

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from helpers.base.text import percent

HEIGHT, FOOT = 200, 22
"""Pixels of the plot of `lines`, and of the months below it."""
APART = 15
"""Pixels between two labels at the end of lines."""
WIDEST = 54
"""Share of its place in per cent that the longest of paired bars takes; the rest is for its label."""


def sparkline(values: Sequence[float], later: int, told: str) -> Markup:
    """Return values as a line whose last `later` points are the subject; `told` says what it shows."""
    low, high = min(values), max(values)
    points = [
        (100 * i / max(len(values) - 1, 1), 22 - 18 * (value - low) / ((high - low) or 1))
        for i, value in enumerate(values)
    ]
    start = max(len(points) - later, 0)
    x, y = points[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 100 25" preserveAspectRatio="none" role="img" aria-label="{told}">'
        '<polyline class="then" points="{then}"/><polyline class="now" points="{now}"/>'
        '<path class="dot" d="M{x:.1f},{y:.1f}h.01"/></svg>'
    ).format(told=told, then=_points(points[: start + 1]), now=_points(points[start:]), x=x, y=y)


def lines(
    drawn: Sequence[tuple[str, Sequence[float | None]]],
    ticks_below: Sequence[str],
    written: Callable[[float], str],
    told: str,
) -> Markup:
    """Return one line or two over the same months, each with its name at its end.

    Args:
        drawn: names and values of the lines, the subject last; None where a month has no value.
        ticks_below: the months.
        written: writes a value of the axis.
        told: what the picture shows, for who cannot see it.
    """
    values = [value for _, line in drawn for value in line if value is not None]
    marks = ticks(min(0.0, *values), max(0.0, *values))
    low, high = marks[0], marks[-1]

    def down(value: float) -> float:
        return HEIGHT * (high - value) / (high - low)

    def along(place: int) -> float:
        return 100 * place / max(len(ticks_below) - 1, 1)

    grid = Markup("").join(
        Markup('<line x2="100%" y1="{y:.1f}" y2="{y:.1f}"/><text class="left" x="-8" y="{y:.1f}">{text}</text>')
        .format(y=down(mark), text=written(mark))
        for mark in marks
    )  # fmt: skip
    below = Markup("").join(
        Markup('<text class="below" x="{x:.2f}%" y="{y}">{name}</text>').format(
            x=along(i), y=HEIGHT + 16, name=name
        )
        for i, name in enumerate(ticks_below)
    )
    kinds = ["now"] if len(drawn) == 1 else ["then", "now"]
    paths = Markup("").join(
        Markup('<polyline class="{kind}" points="{points}"/>').format(
            kind=kind, points=_points([(along(i), down(v)) for i, v in enumerate(line) if v is not None])
        )
        for kind, (_, line) in zip(kinds, drawn, strict=True)
    )
    ends = [down([value for value in line if value is not None][-1]) for _, line in drawn]
    if len(ends) == 2 and abs(ends[0] - ends[1]) < APART:  # both names have to be read
        middle, sign = sum(ends) / 2, 1 if ends[0] >= ends[1] else -1
        ends = [middle + sign * APART / 2, middle - sign * APART / 2]
    names = Markup("").join(
        Markup('<text class="right {kind}" x="100%" dx="8" y="{y:.1f}">{name}</text>').format(
            kind=kind, y=y, name=name
        )
        for kind, y, (name, _) in zip(kinds, ends, drawn, strict=True)
    )
    return Markup(
        '<svg class="lines" width="100%" height="{all}" role="img" aria-label="{told}">{grid}{below}'
        '<svg width="100%" height="{height}" viewBox="0 0 100 {height}" preserveAspectRatio="none">{paths}</svg>'
        "{names}</svg>"
    ).format(all=HEIGHT + FOOT, height=HEIGHT, told=told, grid=grid, below=below, paths=paths, names=names)


def pair(first: float, second: float | None, colour: str, longest: float, words: tuple[str, str]) -> Markup:
    """Return two shares as bars above each other, the second in its colour; without it, the first in its.

    Args:
        first: a share between 0 and 1.
        second: another, or None.
        colour: CSS colour.
        longest: the largest share of the picture.
        words: what each is a share of.
    """
    told = " and ".join(
        f"{in_percent(s)} {word}" for s, word in zip((first, second), words, strict=True) if s is not None
    )
    bars = [(first, "then", None), (second, "", colour)] if second is not None else [(first, "", colour)]
    drawn = Markup("").join(
        Markup('<rect class="{kind}" y="{y}" width="{width:.2f}%" height="10"{fill}/>'
               '<text x="{width:.2f}%" dx="6" y="{mid}">{text}</text>').format(
            kind=kind, y=1 + 12 * i, mid=6.5 + 12 * i, width=WIDEST * share / longest,
            fill=Markup(' fill="{}"').format(fill) if fill else "", text=f"{in_percent(share)} {word}",
        )
        for i, ((share, kind, fill), word) in enumerate(zip(bars, words, strict=False))
    )  # fmt: skip
    return Markup(
        '<svg class="pair" width="100%" height="{height}" role="img" aria-label="{told}">{drawn}</svg>'
    ).format(height=12 * len(bars) + 1, told=told, drawn=drawn)


def ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers that span two numbers; `low` is 0 or less, `high` 0 or more."""
    span = (high - low) or 1.0
    size = 10 ** math.floor(math.log10(span / 3))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if span / (size * times) <= 4)
    first, last = math.floor(low / step), max(math.ceil(high / step), 1)
    return [step * place for place in range(first, last + 1)]


def in_percent(value: float) -> str:
    """Return a share as a percentage whose sign stays beside it."""
    return percent(value).replace(" ", "\N{NO-BREAK SPACE}")


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

"""Colours: told apart by every eye, legible on both papers and with a label inside."""

from itertools import combinations

import numpy as np
import pytest

from helpers.show import theme

MACHADO = {  # severity 1, of Machado, Oliveira and Fernandes (2009), on linear RGB
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
}
TO_CONES = [[0.4122215, 0.5363325, 0.051446], [0.2119035, 0.6806995, 0.107397], [0.0883025, 0.2817188, 0.6299787]]
TO_OKLAB = [
    [0.2104543, 0.7936178, -0.004072],
    [1.9779985, -2.4285922, 0.4505937],
    [0.025904, 0.7827718, -0.8086758],
]


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def oklab(colour, sight):
    seen = np.clip(np.array(MACHADO[sight]) @ linear(colour), 0, 1)
    return np.array(TO_OKLAB) @ np.cbrt(np.array(TO_CONES) @ seen)


def contrast(one, other):
    weights = [0.2126, 0.7152, 0.0722]
    low, high = sorted(float(linear(colour) @ weights) + 0.05 for colour in (one, other))
    return high / low


@pytest.mark.parametrize("sight", MACHADO)
def test_segments_are_told_apart_by_every_eye(sight):
    for one, other in combinations(theme.SEGMENTS.values(), 2):
        assert np.linalg.norm(oklab(one, sight) - oklab(other, sight)) >= 0.075, (one, other)


@pytest.mark.parametrize("sight", MACHADO)
def test_colours_that_meet_in_a_chart_are_told_apart_by_every_eye(sight):
    """Any two may meet, and each meets the grey of what is not the subject."""
    for one, other in combinations((*theme.CATEGORICAL, theme.NEUTRAL), 2):
        assert np.linalg.norm(oklab(one, sight) - oklab(other, sight)) >= 0.08, (one, other)
    for colour in (*theme.CATEGORICAL, theme.NEUTRAL):
        assert min(contrast(colour, theme.LIGHT["paper"]), contrast(colour, theme.DARK["paper"])) >= 3, colour


def test_segments_read_on_both_papers_and_are_no_colours_of_groups():
    for colour in theme.SEGMENTS.values():
        assert min(contrast(colour, theme.LIGHT["paper"]), contrast(colour, theme.DARK["paper"])) >= 3, colour
    assert not set(theme.SEGMENTS.values()) & {*theme.CATEGORICAL, theme.NEUTRAL}


def test_labels_inside_bars_read_on_every_colour():
    for colour in (*theme.SEGMENTS.values(), *theme.CATEGORICAL, theme.NEUTRAL):
        assert contrast(theme.ink_on(colour), colour) >= 4.5, colour


def test_a_study_of_its_own_segments_has_a_colour_for_each():
    found = theme.segment_colours(["VIP", "Champions", "Gone"])
    assert found["Champions"] == theme.SEGMENTS["Champions"]
    assert len(set(found.values())) == 3
    assert found == theme.segment_colours(["Gone", "VIP", "Champions"])  # the order of the names decides nothing
    assert len(theme.segment_colours([*theme.SEGMENTS, "VIP"])) == 11

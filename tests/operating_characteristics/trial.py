"""What is tried: a verdict on data of a known truth."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np


class Setting(NamedTuple):
    """One kind of data set and what is asked of it."""

    verdict: str
    """The name of the verdict, by which chapters quote its rates."""
    name: str
    """What the data is, in words: `a bent continuum, 1,000 customers`."""
    truth: Literal["nothing", "something", "either", "covered"]
    """Whether there is nothing to be found, something, what can be called either, or a value to be covered."""
    trial: Callable[[np.random.Generator], bool | float | dict | None]
    """Draws a data set and returns whether the verdict said yes (of an interval: whether it covered, or the share
    that it covered); None where it could not say anything. Of several numbers, each by its `part`."""
    nominal: float | None = None
    """What an interval promises."""
    part: str = ""
    """The end of the name. Settings of a verdict whose names are the same without it share their trials, and each
    takes its own of their numbers; of a list, that whose mean is furthest from nominal."""
    amounts: Mapping[str, int] = {}
    """How much data there is, by unit (`UNITS`); the name ends with it in words."""
    main: bool = False
    """Whether what is found of this kind of data tells how much the verdict needs."""
    datasets: int = 200
    """How many are tried: more where a trial costs little, since chance in the rates falls with their number."""

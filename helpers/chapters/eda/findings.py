"""What chapter 01 keeps of what it saw: the first things to know, and what to do about them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from helpers.show.display import say, show

HEADLINES, ENOUGH = 6, 3
LAST_RESORT = 99
"""The place of a sentence that is news only where little else is, such as how many rows there are."""


class Fact(NamedTuple):
    """One thing seen, worded once for the section, the top of the page and the list of what to do."""

    text: Markup
    place: int = 0
    """Among the headlines, from 1; 0 for what is none."""
    do: str = ""
    """What follows from it; empty where nothing does."""
    where: str = ""
    """The chapter that takes it up, or `source`."""


class Notes:
    """The facts of all sections."""

    def __init__(self) -> None:
        self._facts: dict[Markup, Fact] = {}

    def say(self, facts: Sequence[Fact]) -> None:
        """Show the facts as one paragraph, and keep them; the same one twice is kept once."""
        self._facts |= {fact.text: fact for fact in facts}
        if facts:
            say(Markup(" ").join(fact.text for fact in facts))

    def show(self, facts: Sequence[Fact], *figures: Any) -> None:
        """Show figures whose finding the facts are (the first of them becomes the title), and keep them."""
        self._facts |= {fact.text: fact for fact in facts}
        show(*figures, finding=Markup(" ").join(fact.text for fact in facts))

    def headlines(self) -> list[Markup]:
        """Return three to six facts, the most useful first."""
        ranked = sorted((fact for fact in self._facts.values() if fact.place), key=lambda fact: fact.place)
        news = [fact.text for fact in ranked if fact.place < LAST_RESORT]
        return news[:HEADLINES] if len(news) >= ENOUGH else [fact.text for fact in ranked]

    def actions(self) -> pd.DataFrame:
        """Return what to do, in the order in which it was seen: `seen`, `do` and `chapter`."""
        rows = [(fact.text.unescape(), fact.do, fact.where) for fact in self._facts.values() if fact.do]
        return pd.DataFrame(rows, columns=["seen", "do", "chapter"])

"""Where what a page names is to be found: chapters, sections, downloads, segments."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import nbformat

from helpers.show import theme

SEGMENTS = "03_rfm"
"""The chapter that defines the segments, at the heading with that anchor."""


@dataclass(frozen=True)
class Link:
    """A chapter in the navigation; `current` marks the page that is being made."""

    title: str
    href: str
    current: bool = False
    number: int | None = None
    """Its number in the series: a study may leave chapters out."""


class Heading(NamedTuple):
    """A line of the table of contents: level 2 or 3, the id it leads to, and its plain text."""

    level: int
    id: str
    text: str


def addresses_of(notebook: nbformat.NotebookNode, chapters: list[Link]) -> dict[str, str]:
    """Return where what a text names is to be found: chapters by their stems, this chapter's downloads by name."""
    known = {link.href.removesuffix(".html"): link.href for link in chapters if not link.current}
    own = next((link.href.removesuffix(".html") for link in chapters if link.current), None)
    made = [
        o.metadata.series.name
        for c in notebook.cells
        for o in c.get("outputs", [])
        if o.metadata.page.role == "download"
    ]
    segments = dict.fromkeys(theme.SEGMENTS, f"{known[SEGMENTS]}#segments") if SEGMENTS in known else {}
    return known | segments | {name: f"downloads/{own}/{name}" for name in made if own}


def with_sections(headlines: str, said: dict[int, Heading]) -> str:
    """Return a list of headlines in HTML, each with a link to the section that says it."""
    first, *items = headlines.split("</li>")
    linked = []
    for place, item in enumerate([first, *items]):
        to = said.get(place)
        number = to and re.match(r"\d+(?=\. )", to.text)
        text = f"Section {number[0]}" if number else "More"
        linked.append(item + (f' <a class="to" href="#{to.id}">{text}</a>' if to and "<li>" in item else ""))
    return "</li>".join(linked)


def linked(markup: str, addresses: dict[str, str]) -> str:
    """Turn the code names of chapters and downloads (`06_anomaly`, `customers.csv`) into links to them.

    So is the name of a segment where it is a table's cell or emphasised; it leads to where segments are defined.
    """

    def link(name: re.Match) -> str:
        opens, text, closes = name.groups()
        if text not in addresses:
            return name[0]
        to = f'<a href="{addresses[text]}">{{}}</a>'.format
        return to(name[0]) if opens == "<code>" else f"{opens}{to(text)}{closes}"

    return re.sub(r"(<code>|<em>|<td[^>]*>)([\w .-]+)(</code>|</em>|</td>)", link, markup)

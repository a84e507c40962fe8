"""What a study found as the body of a mail: `summary.md` to paste, `summary.eml` to open as a draft."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from helpers.base.files import write_text
from helpers.base.text import sentence

BOUNDARY = "=_findings"
"""Between the two forms of a mail; the same each time, so that the same findings are the same file."""
FONT = "font-family: Segoe UI, Helvetica, Arial, sans-serif; font-size: 15px; line-height: 1.5"


class Part(NamedTuple):
    """A heading and what is found under it, as HTML whose values are escaped."""

    heading: str
    found: Sequence[str]


def write_mail(folder: Path, front: Mapping[str, Any], built_at: str | None) -> None:
    """Write summary.md and summary.eml into a study's folder.

    Args:
        folder: of the study's report.
        front: what its front page says: `study_page` is given the same.
        built_at: when, as ISO 8601.
    """
    found = _plain(front["finding"]["title"])
    title = found if found == front["title"] else f"{front['title']}: {found}"
    about, parts = front["finding"]["about"], parts_of(front)
    write_text(folder / "summary.md", as_markdown(title, about, front["base"], parts))
    # bytes of a mail are ASCII under its policy, with lines that end as mail's do
    write_text(
        folder / "summary.eml", as_mail(title, about, front["base"], parts, built_at).as_bytes().decode("ascii")
    )


def parts_of(front: Mapping[str, Any]) -> list[Part]:
    """Return what a front page says, without its pictures; what it has nothing of is left out."""
    figures = []
    for tile in front["tiles"]:
        compared = "; ".join(told for told in (tile.change, tile.before) if told)
        value = sentence("{label}: <strong>{value}</strong>", label=tile.label, value=tile.value)
        figures.append(value + (sentence(" ({compared})", compared=compared) if compared else ""))
    chapters = [
        sentence("<strong>{title}</strong>: ", title=chapter["title"]) + Markup(chapter["headline"])
        for chapter in front["chapters"]
        if chapter["headline"]
    ]
    parts = [
        Part("Key figures", figures),
        Part("What to do", [card.text for card in front["do"]]),
        Part("What not to rely on", [card.text for card in front["doubt"]]),
        Part("Chapter by chapter", chapters),
    ]
    return [part for part in parts if part.found]


def as_markdown(title: str, about: str, base: str, parts: Sequence[Part]) -> str:
    """Return a summary as Markdown, in which what is marked in the findings stays so."""
    blocks = [f"# {_escaped(title)}", *([_marked(about)] if about else [])]
    for part in parts:
        blocks.append(f"## {_escaped(part.heading)}")
        blocks.append("\n".join(f"- {_marked(text)}" for text in part.found))
    blocks += [f"*{_escaped(base)}*"] if base else []
    return "\n\n".join(blocks) + "\n"


def as_mail(title: str, about: str, base: str, parts: Sequence[Part], built_at: str | None) -> EmailMessage:
    """Return a summary as a draft without addresses, as plain text and as HTML.

    Args:
        title: its subject, as text.
        about: what is behind it, as HTML.
        base: what the figures rest on, as text.
        parts: what was found.
        built_at: when, as ISO 8601.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = " ".join(title.split())
    if built_at:
        mail["Date"] = format_datetime(datetime.fromisoformat(built_at))
    mail["X-Unsent"] = "1"  # opens as a draft
    lines = [title, *([_plain(about)] if about else []), ""]
    for part in parts:
        lines += [part.heading, *(f"- {_plain(text)}" for text in part.found), ""]
    mail.set_content("\n".join([*lines, *([base] if base else [])]) + "\n", cte="quoted-printable")
    body = Markup("").join(
        Markup("<h2 style='font-size: 17px; margin: 20px 0 4px'>{}</h2><ul style='margin: 0'>{}</ul>").format(
            part.heading, Markup("").join(Markup("<li>{}</li>").format(Markup(text)) for text in part.found)
        )
        for part in parts
    )
    head = Markup("<h1 style='font-size: 21px; margin: 0'>{}</h1>").format(title)
    foot = Markup("<p style='color: #555; font-size: 13px'>{}</p>").format(base) if base else ""
    mail.add_alternative(
        f"<html><body style='{FONT}'>{head}{body}{foot}</body></html>", "html", cte="quoted-printable"
    )
    mail.set_boundary(BOUNDARY)
    return mail


def _plain(text: str) -> str:
    return str(Markup(text).striptags()).replace("\N{NO-BREAK SPACE}", " ")


def _escaped(text: str) -> str:
    """Return a text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


def _marked(text: str) -> str:
    """Return a finding in HTML as Markdown: what is strong or emphasised stays so, of other elements the text."""
    marks = {"strong": "**", "b": "**", "em": "*", "i": "*"}
    written = []
    for piece in re.split("(<[^>]*>)", text):
        element = re.match(r"</?(\w+)", piece)
        written.append(marks.get(element[1], "") if element else _escaped(unescape(piece)))
    return " ".join("".join(written).split())

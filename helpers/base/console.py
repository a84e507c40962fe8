"""What is said on the terminal, a line at a time: nothing from a file moves the cursor or turns the text."""

import os
import sys
import unicodedata
from typing import TextIO

OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of what a terminal obeys rather than shows: controls, marks of direction, halves, line ends."""


def shown(text: str) -> str:
    r"""Return a text in which controls and marks of direction are written out, as `\x1b` and `\u202e`."""
    written_out = (c.encode("unicode_escape").decode() if unicodedata.category(c) in OBEYED else c for c in text)
    return "".join(written_out)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print one line, made harmless; nothing where nobody listens any more."""
    write(f"{shown(text)}\n", stream)


def write(text: str, stream: TextIO | None = None) -> None:
    """Write our own text as it is, with ? for letters the terminal lacks; nothing where nobody listens."""
    stream = stream or sys.stdout
    if stream is None:  # it was closed before Python started
        return
    known = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(known, "replace").decode(known))
        stream.flush()
    except BrokenPipeError:  # as of `| head -1`; Python itself would say so once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_closed_streams() -> None:
    """Put something in place of standard streams that were closed, or files and pipes would take their numbers."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: PTH123, SIM115 - stays open

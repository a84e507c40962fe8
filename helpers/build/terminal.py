"""What a build says on the terminal: one line a step, and where the running ones are."""

import json
import sys
import time
from typing import Any

from helpers.base.console import open_closed_streams, say, shown, write
from helpers.build.processes import Step

NAME_WIDTH = 22
QUIET_FOR = 15
"""Seconds between two lines about a running step, where a line cannot be written over."""


class Terminal:
    """Prints a line a step; on a real terminal the last line follows the running cells."""

    def __init__(self) -> None:
        open_closed_streams()
        self._live = sys.stdout.isatty()
        self._said: dict[str, float] = {}

    def step(self, name: str, what: str) -> None:
        """Say what became of a step."""
        self.line(f"  {name:<{NAME_WIDTH}} {what}")

    def done(self, name: str, what: str, seconds: float) -> None:
        """Say that a step succeeded, and how long it took."""
        self.step(name, f"{what or 'done':<40} {seconds:6.1f} s")

    def failed(self, name: str, error: str, where: str) -> None:
        """Say that a step failed, and why."""
        self.line(f"  {name:<{NAME_WIDTH}} FAILED{where}", sys.stderr)
        self.line(f"    {error}", sys.stderr)

    def error(self, text: str) -> None:
        """Say in one sentence why nothing was done."""
        self.line(f"error: {text}", sys.stderr)

    def progress(self, running: list[Step]) -> None:
        """Say which cells are running; often where the line can be written over, else now and then."""
        where = [_position(step) for step in running]
        if self._live:
            write("\r\033[K  " + shown(" · ".join(where)))
            return
        now = time.monotonic()
        for step, text in zip(running, where, strict=True):
            if now - max(self._said.get(step.name, 0), step.started) > QUIET_FOR:
                self._said[step.name] = now
                say(f"    {text}")

    def line(self, text: str, stream=None) -> None:
        """Print a line where the last one, on a real terminal, was about running cells."""
        if self._live:
            write("\r\033[K")
        say(text, stream)


class Messages(Terminal):
    """Says the same to a program: a JSON object a line, and where steps are whenever that changes."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, dict[str, Any]] = {}

    def step(self, name: str, what: str) -> None:
        """Say what became of a step."""
        self._tell(step=name, state="unchanged" if what == "unchanged" else "said", said=what)

    def done(self, name: str, what: str, seconds: float) -> None:
        """Say that a step succeeded, and how long it took."""
        self._tell(step=name, state="done", said=what, seconds=round(seconds, 1))

    def failed(self, name: str, error: str, where: str) -> None:
        """Say that a step failed, and why."""
        self._tell(step=name, state="failed", said=error, where=where)

    def error(self, text: str) -> None:
        """Say in one sentence why nothing was done."""
        self._tell(state="error", said=text)

    def progress(self, running: list[Step]) -> None:
        """Say which cell each running step is at, where that is not what was said last."""
        for step in running:
            at = {key: step.at[key] for key in ("cell", "of", "section") if key in step.at}
            if self._last.get(step.name) != at:
                self._last[step.name] = at
                self._tell(step=step.name, state="running", **at)

    def line(self, text: str, stream=None) -> None:
        """Say a line about the whole build."""
        self._tell(state="line", said=text)

    def _tell(self, **message: Any) -> None:
        write(json.dumps(message) + "\n")


def _position(step: Step) -> str:
    """Return `02_cleaning cell 5 of 30, Returns, 12 s`."""
    if not step.at:
        return f"{step.name}: {step.seconds:.0f} s"
    return f"{step.name}: cell {step.at['cell']} of {step.at['of']}, {step.at['section']}, {step.seconds:.0f} s"

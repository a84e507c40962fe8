"""The terminal: what a file holds is shown and not obeyed, whatever letters the terminal has."""

import io
import subprocess
import sys

import pytest

from helpers.base.console import say, shown
from helpers.base.paths import ROOT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("gnp.exe\u202egnp", r"gnp.exe\u202egnp"),
        ("\u2066isolated\u2069", r"\u2066isolated\u2069"),
        ("two\nlines\r", r"two\nlines\r"),
        ("\u2028", r"\u2028"),
        ("\ud800", r"\ud800"),
        ("\x9b31m", r"\x9b31m"),
        ("Größe 5 €, ☕ 東京 \u00a0", "Größe 5 €, ☕ 東京 \u00a0"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text, said):
    assert shown(text) == said


def test_letters_a_terminal_lacks_become_question_marks():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    say("a ☕", stream)
    assert stream.buffer.getvalue() == b"a ?\n"


SAYS = "from helpers.base.console import open_closed_streams, say\nopen_closed_streams()\n"


@pytest.mark.parametrize("closed", ["", ">&-", ">&- 2>&-", "<&- >&- 2>&-", "| head -1", "| true"])
def test_nobody_has_to_listen(closed):
    code = SAYS + "for n in range(20000): say('a line')\nopen('/dev/null').fileno() > 2 or exit(3)"
    script = f'set -o pipefail; {sys.executable} -c "{code}" {closed} > /dev/null'
    if closed.startswith((">", "<")):
        script = f'{sys.executable} -c "{code}" {closed}'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

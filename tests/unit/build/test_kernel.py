"""A forked kernel is told what it is, says how it ended, and leaves an ordinary one where it has been used."""

import os
import signal
import subprocess
import sys
import time

import pytest

from helpers.base.paths import ROOT
from helpers.build.kernel import Forked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere kernels are not forked")


def test_one_that_is_told_nothing_ends():
    waiting = Forked()
    assert waiting.poll() is None
    os.close(waiting._write)  # as when the step dies
    assert waiting.wait() == 0
    assert waiting.poll() == 0


def test_one_that_is_killed_says_by_what():
    waiting = Forked()
    while os.getpgid(waiting.pid) != waiting.pid:  # until it has a session of its own
        time.sleep(0.01)
    waiting.kill()
    assert waiting.wait() == -signal.SIGKILL
    waiting.terminate()  # nobody is there to be asked


def test_what_it_cannot_run_ends_it_with_an_error(tmp_path):
    waiting = Forked()
    waiting.become(["python", "-m", "ipykernel_launcher", "-f", "x"], dict(os.environ), str(tmp_path / "nowhere"))
    assert waiting.wait() == 1


STEP_THAT_ENDS_AT_ONCE = """
import ctypes, os, sys, time
from helpers.base.paths import ROOT
from helpers.build.kernel import Forked

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # takes in what has lost its parent, as a desktop's session does
if os.fork() == 0:
    command = ["python", "-m", "ipykernel_launcher", "-f", sys.argv[1]]
    Forked().become(command, dict(os.environ), None)
    os._exit(0)
until = time.monotonic() + 20
while time.monotonic() < until:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:  # all of them have ended
        sys.exit(0)
    time.sleep(0.1)
os.killpg(0, 9)
"""


def test_one_whose_step_ended_while_it_started_ends_too(tmp_path):
    command = [sys.executable, "-c", STEP_THAT_ENDS_AT_ONCE, str(tmp_path / "connection.json")]
    assert (
        subprocess.run(command, cwd=ROOT, start_new_session=True, capture_output=True, check=False).returncode == 0
    )

"""A forked kernel is told what it is, says how it ended, and leaves an ordinary one where it has been used."""

import os
import signal
import sys
import time

import pytest

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

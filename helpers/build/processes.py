"""Steps as processes: start them, follow their progress, and end them with everything they started."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.base.machine import SIDE_BY_SIDE
from helpers.base.paths import ROOT, from_root
from helpers.build.words import os_error_in_words

STOP_AFTER = 8  # a kernel that does not listen is killed after five
"""Seconds a step has to end by itself when the build is interrupted."""


def step_environment(staging: Path, beside: int = 1) -> dict[str, str]:
    """Return the environment of a step: this project's kernel, one BLAS thread, nobody's telemetry.

    `beside` is how many steps share the machine, this one counted.
    """
    return os.environ | {
        SIDE_BY_SIDE: str(beside),
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(staging / ".ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "YDATA_PROFILING_NO_ANALYTICS": "True",
        "PYTHONWARNINGS": "ignore:IProgress not found",  # of progress bars that a page has no use for
    }


@dataclass
class Step:
    """A running step and what it last said."""

    name: str
    staging: Path
    process: subprocess.Popen
    started: float = field(default_factory=time.monotonic)
    outcome: dict[str, Any] = field(default_factory=dict)
    at: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    listeners: list[threading.Thread] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started


def start(name: str, step: str, study_file: Path, staging: Path, beside: int) -> Step:
    """Start a step; threads read what it says, so that it never waits for the build."""
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.build.step", from_root(study_file.resolve()), step, str(staging)],
        cwd=ROOT,
        env=step_environment(staging, beside),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the build alone, which then ends its steps in order
    )
    started = Step(name, staging, process)
    for target in (_follow, _collect_errors):
        started.listeners.append(threading.Thread(target=target, args=(started,), daemon=True))
        started.listeners[-1].start()
    return started


def _follow(step: Step) -> None:
    for line in step.process.stdout:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict):
            step.outcome = message if "outcome" in message else step.outcome
            step.at = message if "cell" in message and "outcome" not in message else step.at


def _collect_errors(step: Step) -> None:
    for line in step.process.stderr:
        step.errors = [*step.errors[-60:], line.rstrip()]


def has_ended(step: Step) -> bool:
    """Return whether a step's process is gone and all it said has been heard."""
    if step.process.poll() is None:
        return False
    for listener in step.listeners:
        listener.join(STOP_AFTER)
    return True


def outcome(step: Step) -> dict[str, Any]:
    """Return what a finished step said; a step that said nothing has died, and its last words are given."""
    if step.outcome:
        return step.outcome
    code = step.process.returncode
    how = f"killed by signal {-code}" if code < 0 else f"exit {code}"
    last = step.errors[-1] if step.errors else "it said nothing"
    said = os_error_in_words(last) or f"Its process died ({how}): {last}."
    return {"outcome": "failed", "error": said, "cell": step.at or None}


def stop(steps: list[Step]) -> None:
    """End running steps: ask first, so that papermill shuts its kernel down, then kill."""
    for step in steps:
        _signal(step, signal.SIGINT)
    deadline = time.monotonic() + STOP_AFTER
    for step in steps:
        try:
            step.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(step, signal.SIGKILL)
            step.process.wait()


def _signal(step: Step, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(step.process.pid, number)

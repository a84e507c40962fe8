"""Steps as processes: start them, follow their progress, and end them with everything they started.

They are forked from a server that has the libraries loaded that nearly every chapter imports, so that these are
imported once in a build (about four CPU seconds) and not by each step and each kernel.
"""

import contextlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from helpers.base.machine import SIDE_BY_SIDE
from helpers.base.paths import ROOT, from_root
from helpers.base.words import os_error_in_words

STOP_AFTER = 8  # a kernel that does not listen is killed after five
"""Seconds a step has to end by itself when the build is interrupted."""


def step_environment(staging: Path, beside: int = 1) -> dict[str, str]:
    """Return the environment of a step: this project's kernel, one BLAS thread, any processor, nobody's telemetry.

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
        "NUMBA_CPU_NAME": "generic",  # UMAP's clusters hang on last digits, which are each processor's own
        "YDATA_PROFILING_NO_ANALYTICS": "True",
        # of progress bars that a page has no use for, and of the locks that they leave to whoever tidies up
        "PYTHONWARNINGS": "ignore:IProgress not found,ignore:resource_tracker",
    }


@dataclass
class Step:
    """A running step and what it last said."""

    name: str
    staging: Path
    process: multiprocessing.Process
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
    environment = step_environment(staging, beside)
    context = multiprocessing.get_context("forkserver")
    with _environment(environment):  # the server starts with the first step, and reads PYTHONHASHSEED only then
        context.set_forkserver_preload(_preloaded())
        forkserver.ensure_running()
    said, out = context.Pipe(duplex=False)
    complained, err = context.Pipe(duplex=False)
    arguments = [from_root(study_file.resolve()), step, str(staging)]
    process = context.Process(target=run_step, args=(arguments, environment, out, err))
    process.start()
    out.close()
    err.close()
    started = Step(name, staging, process)
    for target, end in ((_follow, said), (_collect_errors, complained)):
        lines = os.fdopen(os.dup(end.fileno()), encoding="utf-8", errors="replace")
        end.close()
        started.listeners.append(threading.Thread(target=target, args=(started, lines), daemon=True))
        started.listeners[-1].start()
    return started


def run_step(arguments: list[str], environment: dict[str, str], out: Connection, err: Connection) -> None:
    """Run a step in this process, which has been forked for it, and say on `out` and `err` what it says."""
    os.setsid()  # Ctrl-C reaches the build alone, which then ends its steps in order
    os.chdir(ROOT)
    os.environ.update(environment)
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    for connection, stream in ((out, 1), (err, 2)):
        os.dup2(connection.fileno(), stream)
        connection.close()
    sys.stdout, sys.stderr = (
        os.fdopen(stream, "w", encoding="utf-8", buffering=1, closefd=False) for stream in (1, 2)
    )
    from helpers.build.step import main

    code = main(*arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def _preloaded() -> list[str]:
    """Return what the server imports: nothing where forking is unsafe, or memory is limited."""
    unlimited = resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
    return ["helpers.build.preloaded"] if sys.platform == "linux" and unlimited else []


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _follow(step: Step, lines: IO[str]) -> None:
    for line in lines:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict):
            step.outcome = message if "outcome" in message else step.outcome
            step.at = message if "cell" in message and "outcome" not in message else step.at


def _collect_errors(step: Step, lines: IO[str]) -> None:
    for line in lines:
        step.errors = [*step.errors[-60:], line.rstrip()]


def has_ended(step: Step) -> bool:
    """Return whether a step's process is gone and all it said has been heard."""
    if step.process.exitcode is None:
        return False
    for listener in step.listeners:
        listener.join(STOP_AFTER)
    return True


def outcome(step: Step) -> dict[str, Any]:
    """Return what a finished step said; a step that said nothing has died, and its last words are given."""
    if step.outcome:
        return step.outcome
    code = step.process.exitcode
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
        step.process.join(max(0.1, deadline - time.monotonic()))
        if step.process.exitcode is None:
            _signal(step, signal.SIGKILL)
            step.process.join()


def _signal(step: Step, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(step.process.pid, number)

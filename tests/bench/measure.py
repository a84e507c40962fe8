"""What a command costs: processor time, elapsed time and peak memory of the process it runs in."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of `ru_maxrss`: macOS counts bytes, Linux kibibytes."""


class Cost(NamedTuple):
    """What one run took."""

    cpu: float
    """Seconds of processor time, user and system, over all threads, imports included."""
    wall: float
    """Seconds from start to end."""
    peak: float
    """Largest resident memory, in MB."""


def run_module(module: str, *arguments: Path) -> Cost:
    """Run a module of the project in a process of its own, and return what it took.

    Raises:
        CalledProcessError: the process failed.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)  # of this child alone; getrusage would add up all children
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * MAXRSS_UNIT / 1e6)

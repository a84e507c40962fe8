"""What a command costs: processor time, elapsed time and peak memory of the process it runs in.

Linux starts a child's peak memory at its parent's own peak (they share memory until the child's exec), so a
command started from a process that has grown large would seem large itself. Commands are therefore started
by a launcher, this module run as a program, which imports nothing big and holds no data.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[2]
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of `ru_maxrss`: macOS counts bytes, Linux kibibytes."""


TURN = 0.05
"""Seconds between two looks at a family of processes."""


class Cost(NamedTuple):
    """What one run took."""

    cpu: float
    """Seconds of processor time, user and system, over all threads, imports included."""
    wall: float
    """Seconds from start to end."""
    peak: float
    """Largest resident memory, in MB."""


def run_module(module: str, *arguments: Path | str) -> Cost:
    """Run a module of the project in a process of its own, and return what it took.

    Raises:
        CalledProcessError: the module failed.
    """
    launcher = [sys.executable, "-m", "tests.bench.measure", module, *map(str, arguments)]
    launched = subprocess.run(launcher, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(*json.loads(launched.stdout.splitlines()[-1]))


def family(root: psutil.Process) -> tuple[float, int]:
    """Return the CPU seconds of a process and of all it started so far, and the bytes that those alive hold."""
    seconds, held = 0.0, 0
    for process in [root, *root.children(recursive=True)]:
        try:
            seconds += sum(process.cpu_times()[:4])  # its own, and of children that have ended
            held += process.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return seconds, held


def family_cost(command: list[str]) -> Cost:
    """Run a command and return what it and all processes that it started took.

    Raises:
        CalledProcessError: it failed.
    """
    started = time.perf_counter()
    root = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cpu = peak = 0.0
    while root.poll() is None:
        spent, held = family(root)
        cpu, peak = max(cpu, spent), max(peak, held)
        time.sleep(TURN)
    if root.returncode:
        raise subprocess.CalledProcessError(root.returncode, command)
    return Cost(cpu, time.perf_counter() - started, peak / 1e6)


def launch(command: list[str]) -> Cost:
    """Run a command as a child of this process alone, and return what it took.

    Raises:
        CalledProcessError: the command failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)  # of this child alone; getrusage would add up all children
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * MAXRSS_UNIT / 1e6)


if __name__ == "__main__":
    print(json.dumps(launch([sys.executable, "-m", *sys.argv[1:]])))

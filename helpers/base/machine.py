"""What this machine has, and how much of it one process may take: cores and memory, also those of a container."""

import os
from pathlib import Path

SIDE_BY_SIDE = "SERIES_SIDE_BY_SIDE"
"""Environment variable by which a build tells its steps how many of them may run at a time."""
ENGINE_PART = 0.5
"""Of a step's memory: models, charts and the kernel need the rest."""
LEAST_MEMORY = 512 << 20
GROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """Return how many cores this process may use, not more than its container is given."""
    affinity = getattr(os, "sched_getaffinity", None)
    found = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota, _, period = _of_group("cpu.max").partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        found = min(found, max(1, int(quota) // int(period)))
    return found


def memory() -> int:
    """Return how much memory there is, in bytes, not more than the container is given."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _of_group("memory.max").strip()
    return min(found, int(limit)) if limit.isdigit() else found


def _of_group(name: str) -> str:
    """Return a limit of the container (control groups, version 2), or nothing."""
    try:
        return (GROUP / name).read_text(encoding="ascii")
    except OSError:
        return ""


def side_by_side() -> int:
    """Return how many steps share the machine; one where no build says so."""
    told = os.environ.get(SIDE_BY_SIDE, "")
    return max(1, int(told)) if told.isdigit() else 1


def threads_each() -> int:
    """Return how many threads an engine of this process takes."""
    return max(1, cores() // side_by_side())


def memory_each() -> int:
    """Return how many bytes an engine of this process takes before it spills to disk."""
    return max(LEAST_MEMORY, int(memory() * ENGINE_PART / side_by_side()))

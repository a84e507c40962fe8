"""Where a report's numbers come from: the versions, the commit and the settings that made them."""

import platform
import subprocess
from importlib.metadata import version
from typing import Any

from helpers.base.paths import ROOT, from_root
from helpers.study.schema import Study

NAMED = ("pandas", "duckdb", "narwhals", "pyarrow", "scikit-learn", "plotly", "papermill", "nbconvert")
"""Packages whose version can move a figure; the lock file pins all the others."""


def provenance(study: Study) -> dict[str, Any]:
    """Return what run.json says of a build besides its steps."""
    return {
        "study": study.name,
        "title": study.values.title,
        "study_file": from_root(study.path.resolve()),
        "seed": study.values.seed,
        "git_commit": git_commit(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in NAMED},
    }


def git_commit() -> str | None:
    """Return the commit the code stands at, with `+` when files differ from it; None outside a clone."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip() or None

"""Where things are, from one root: the folder that holds the Makefile."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PARAMS = ROOT / "params"
NOTEBOOKS = ROOT / "notebooks"
DATA = ROOT / "data"


def reports() -> Path:
    """Return the folder of finished reports; `REPORTS_DIR` moves it (the tests do)."""
    return Path(os.environ.get("REPORTS_DIR") or ROOT / "reports")


def data_folders() -> list[Path]:
    """Return the folders that are searched for a source, in order."""
    given = [Path(os.environ["DATA_DIR"])] if os.environ.get("DATA_DIR") else []
    return [*given, DATA, ROOT.parent / "shared" / "data"]


def from_root(path: Path) -> str:
    """Return a path as a person in the project's folder would type it."""
    try:
        return str(path.resolve().relative_to(ROOT))
    except ValueError:
        return str(path)

"""The course elsewhere than in a clone: a cell that sets the series up on Colab or the like, and badges."""

import re
import subprocess

import nbformat

from helpers.base.paths import ROOT

GITHUB = re.compile(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")
SETUP = """# Skip this cell in a clone. On Colab, put the address of the repository here; the rest is fetched.
repository = "{repository}"  # an address to clone
from pathlib import Path

if repository and not any((Path.cwd() / up / "helpers").exists() for up in (".", "..", "../..")):
    install = "uv export --quiet --locked --no-dev --no-emit-project | uv pip install --quiet --system -r -"
    !git clone --quiet --depth 1 {{repository}} series && cd series && pip install --quiet uv && {{install}}
    %cd series
    !python -m helpers.build.run params/sample.yml"""


def origin() -> str:
    """Return the address that this clone came from; nothing where git knows none, or one of this machine."""
    ran = subprocess.run(
        ["git", "remote", "get-url", "origin"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    address = ran.stdout.strip()
    return address if address.startswith(("https://", "ssh://", "git@")) else ""


def setup_cell(repository: str) -> nbformat.NotebookNode:
    """Return the cell that sets the series up from a repository."""
    return nbformat.v4.new_code_cell(SETUP.format(repository=repository), id="setup", metadata={"tags": ["setup"]})


def badges(repository: str) -> str:
    """Return Markdown links that open the course on Binder and Colab; nothing unless GitHub has the repository."""
    if not (found := GITHUB.search(repository)):
        return ""
    binder = f"https://mybinder.org/v2/gh/{found[1]}/HEAD?urlpath=lab/tree/notebooks"
    colab = f"https://colab.research.google.com/github/{found[1]}/blob/HEAD/notebooks/01_eda.ipynb"
    return f"[Open in Binder]({binder}) · [Open in Colab]({colab})"

"""The course as a site: Jupyter Book over the paths and the notebooks, with the study's pages beside them."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from helpers.base.errors import StudyError
from helpers.study.series import Chapter

CONFIG = {
    "title": "Customer analytics: a course",
    "author": "",
    "execute": {"execute_notebooks": "off"},
    "html": {"use_issues_button": False, "use_repository_button": False, "extra_footer": ""},
    "launch_buttons": {"notebook_interface": "classic"},
    "sphinx": {"config": {"suppress_warnings": ["myst.header", "myst.xref_missing"]}},
}


def build_site(made: Path, report: Path, chapters: Iterable[Chapter]) -> None:
    """Build the site of a course that lies in a folder: `site/index.html` opens it.

    Raises:
        StudyError: Jupyter Book is not installed, or did not build the site.
    """
    book = made / ".book"
    shutil.copytree(made / "student", book / "student")
    shutil.copy(made / "README.md", book / "index.md")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": f"student/{c.stem}"} for c in chapters]}
    for name, content in (("_config.yml", CONFIG), ("_toc.yml", toc)):
        (book / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "--quiet", str(book)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    site = book / "_build" / "html"
    if not (site / "index.html").exists():
        last = (ran.stderr or ran.stdout).strip().splitlines() or ["it said nothing"]
        raise StudyError(f"The course's site was not built: {last[-1]}.")
    shutil.copytree(made / "slides", site / "slides")
    shutil.copytree(
        report, site / "report", ignore=shutil.ignore_patterns("tables", "*.ipynb", ".*", "downloads", "models")
    )
    shutil.move(site, made / "site")
    shutil.rmtree(book)

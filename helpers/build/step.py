"""One step of a build in a process of its own: ingest, or a chapter (papermill, then its page).

    python -m helpers.build.step params/sample.yml ingest <staging folder>
    python -m helpers.build.step params/sample.yml cleaning <staging folder>
    python -m helpers.build.step params/sample.yml page:cleaning <staging folder>

What the step makes lands in the staging folder; the build moves it into place only if the step succeeded.
Progress goes to standard output, one JSON object a line; the outcome is the last of them.
"""

import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from helpers.base.errors import StudyError
from helpers.base.paths import ROOT, from_root, reports
from helpers.base.words import in_words
from helpers.study.file import load_study
from helpers.study.needs import met
from helpers.study.schema import Study
from helpers.study.series import MODELS, Chapter

START_ATTEMPTS = 2
"""Two kernels that start at once can ask for the same port; the start is tried again, the analysis never."""


def tell(**message: Any) -> None:
    """Send a message to the build."""
    print(json.dumps(message), flush=True)


def run_ingest(study: Study, staging: Path) -> None:
    """Read the study's source into `raw` and `unparsed`."""
    from helpers.base.engine import open_engine
    from helpers.ledger.ingest import ingest
    from helpers.ledger.sources import find_source

    tables = staging / "tables"
    tables.mkdir(parents=True)
    source = find_source(study.source, again=False)
    with open_engine(study.values.engine) as engine:
        result = ingest(source, study.source, engine, tables, study.pseudonyms())
    tell(outcome="done", ingested=result._asdict() | {"file": source.name})


def run_chapter(study: Study, chapter: Chapter, staging: Path) -> None:
    """Execute a chapter's notebook and export its page."""
    executed = staging / f"{chapter.stem}.ipynb"
    parameters = {"study": from_root(study.path.resolve())} | study.parameters(chapter.name)
    error = _execute(chapter.notebook, executed, parameters, met(reports() / study.name / "tables"))
    if error is not None:
        _write_failed_page(executed, study, chapter, error["error"])
        tell(outcome="failed", **error)
        return
    promised = {f"table {name}": staging / "tables" / f"{name}.parquet" for name in chapter.writes}
    promised["findings (report.close())"] = staging / "findings.json"
    if missing := [what for what, path in promised.items() if not path.exists()]:
        tell(outcome="failed", error=f"It ended without writing its {missing[0]}.", cell=None)
        return
    write_page(executed, staging / f"{chapter.stem}.html", study, chapter)
    write_card(staging / MODELS, staging / MODELS, study, chapter)
    tell(outcome="done")


def write_card(folder: Path, target: Path, study: Study, chapter: Chapter) -> None:
    """Write the page of the card of the chapter's model, where it kept one."""
    if not (folder / f"{chapter.stem}.json").exists():
        return
    from helpers.build.cards import card_page
    from helpers.study.models import read_card

    target.mkdir(exist_ok=True)
    page = card_page(read_card(folder, chapter.stem), study.values.title, f"../{chapter.stem}.html")
    (target / f"{chapter.stem}.html").write_text(page, encoding="utf-8")


def write_page(executed: Path, page: Path, study: Study, chapter: Chapter, failed: str | None = None) -> None:
    """Export an executed notebook as a page."""
    import nbformat

    from helpers.build.pages import Link, chapter_page

    links = [
        Link(c.title, f"{c.stem}.html", c.name == chapter.name, None if c.reproduces else c.number)
        for c in study.chapters
    ]
    notebook = nbformat.read(executed, as_version=4)
    if chapter.opening:
        notebook.cells[0].source = f"# {chapter.title}\n\n**{chapter.question}**"
    content = chapter_page(notebook, study_title=study.values.title, chapters=links, failed=failed)
    page.write_text(content, encoding="utf-8")


def _execute(
    notebook: Path, target: Path, parameters: dict[str, Any], has: Iterable[str]
) -> dict[str, Any] | None:
    """Run a notebook by papermill; return None, or what went wrong and where.

    `has` are the needs of sections that the study's data meets.

    Papermill marks cells completed that a dead kernel never finished, so only its exceptions are believed.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from helpers.build.kernel import fork_a_kernel
    from helpers.build.progress import ENGINE, NOT_RUN, position, register

    fork_a_kernel()
    register(tell, has)
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            papermill.execute_notebook(
                _literal(notebook),
                _literal(target),
                parameters,
                engine_name=ENGINE,
                kernel_name="python3",
                progress_bar=False,
                cwd=ROOT,
                start_timeout=120,
            )
        except papermill.PapermillExecutionError as error:
            return {"error": in_words(error.ename, error.evalue), "cell": position()}
        except (DeadKernelError, CellTimeoutError, RuntimeError) as error:
            if position() is None and attempt < START_ATTEMPTS:
                continue
            if position() is None:
                return {"error": f"Its kernel did not start: {error}", "cell": None}
            return {
                "error": "Its kernel died: it was killed, or the machine ran out of memory.",
                "cell": position(),
            }
        ran = json.loads(target.read_text(encoding="utf-8"))["cells"]
        if any(
            c["cell_type"] == "code"
            and c["source"]
            and c["execution_count"] is None
            and NOT_RUN not in c["metadata"].get("tags", [])
            for c in ran
        ):
            return {"error": "Some of its cells were never executed.", "cell": position()}
        return None
    return None


def _literal(path: Path) -> str:
    """Return a path for papermill, which fills in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _write_failed_page(executed: Path, study: Study, chapter: Chapter, error: str) -> None:
    """Keep what a failed chapter got to, for whoever looks for the cause; nothing may hide the cause itself."""
    if not executed.exists():
        return
    failed = executed.with_name(f"{chapter.stem}.failed.ipynb")
    shutil.move(executed, failed)
    try:
        write_page(failed, failed.with_suffix(".html"), study, chapter, failed=error)
    except Exception:
        traceback.print_exc()


def main(study_file: str, step: str, staging: str) -> int:
    """Run one step; 0 also when the step failed and said why."""
    folder = Path(staging)
    try:
        study = load_study(study_file)
        if step == "ingest":
            run_ingest(study, folder)
        elif step.startswith("page:"):
            chapter = study.chapter(step.removeprefix("page:"))
            executed = reports() / study.name / f"{chapter.stem}.ipynb"
            write_page(executed, folder / f"{chapter.stem}.html", study, chapter)
            write_card(reports() / study.name / MODELS, folder / MODELS, study, chapter)
            tell(outcome="done")
        else:
            os.environ["SERIES_STAGING"] = str(folder.resolve())
            run_chapter(study, study.chapter(step), folder)
    except StudyError as error:
        tell(outcome="failed", error=str(error), cell=None)
    except Exception as error:  # whoever runs the series is told in a line, whoever wrote it finds the place above
        traceback.print_exc()
        tell(outcome="failed", error=in_words(type(error).__name__, str(error)), cell=None)
    except KeyboardInterrupt:
        tell(outcome="interrupted", error="It was interrupted.", cell=None)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

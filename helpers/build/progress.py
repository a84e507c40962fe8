"""Papermill's own engine, which says which cell is running and passes over the sections that are left out."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import NBClientEngine, papermill_engines

from helpers.build.sections import PRACTICE
from helpers.study.needs import lacking, title_of

ENGINE = "series"
NOT_RUN = "skip-execution"
"""The tag of a cell that nbclient does not execute."""
COURSE = "SERIES_COURSE"
"""The environment variable by which `make course` has exercises and their solutions run, too."""
MAY_FAIL = "raises-exception"
"""The tag of a cell that may fail without ending the run: the data may have left out what an exercise is about."""
_at: dict[str, Any] = {}


def position() -> dict[str, Any] | None:
    """Return where the run got to: cell number, number of cells, section; None before the first cell."""
    return dict(_at) or None


def register(tell: Callable[..., None], has: Iterable[str]) -> None:
    """Make the engine known to papermill.

    Args:
        tell: called with the position at the start of each cell.
        has: the needs of sections that the study's data meets (`helpers.study.needs`).
    """
    had = frozenset(has)

    class SeriesEngine(NBClientEngine):
        """Runs cells as papermill does, but for those of sections that are left out."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            start, complete = nb_man.cell_start, nb_man.cell_complete
            section: list[Any] = ["", None]  # its title, and its heading's cell
            unmet: dict[str, str] = {}  # needs that the run itself found unmet -> why

            def cell_start(cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
                if cell.cell_type == "markdown":
                    headings = [line for line in cell.source.splitlines() if line.startswith("#")]
                    section[0] = headings[-1].lstrip("# ") if headings else section[0]
                    if title_of(cell):
                        section[1] = cell
                        while_run = (why for need, why in unmet.items() if need in cell.metadata.get("needs", []))
                        if reason := next(while_run, None) or lacking(cell, had - unmet.keys()):
                            cell.metadata["left_out"] = reason
                elif section[1] is not None and "left_out" in section[1].metadata:
                    tag(cell, NOT_RUN)
                elif PRACTICE & set(cell.metadata.get("tags", [])):
                    tag(cell, MAY_FAIL if COURSE in os.environ and not lacking(cell, has) else NOT_RUN)
                else:
                    _at.update(cell=(cell_index or 0) + 1, of=len(nb_man.nb.cells), section=section[0])
                    tell(**_at)
                start(cell, cell_index, **kwargs)

            def cell_complete(cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
                if MAY_FAIL in cell.metadata.get("tags", []):
                    cell["outputs"] = [told(output) for output in cell.outputs]
                if section[1] is not None and (skipped := skipped_by(cell)):
                    section[1].metadata["left_out"] = skipped["skip"]
                    if skipped.get("every"):
                        unmet[skipped["every"]] = skipped["skip"]
                complete(cell, cell_index, **kwargs)

            nb_man.cell_start, nb_man.cell_complete = cell_start, cell_complete
            # papermill writes and validates all of the notebook twice a cell (.05 s each): at the end is enough
            save, nb_man.save = nb_man.save, lambda **_: None
            try:
                return super().execute_managed_notebook(nb_man, kernel_name, **options)
            finally:
                nb_man.save = save

    papermill_engines.register(ENGINE, SeriesEngine)


def told(output: NotebookNode) -> NotebookNode:
    """Return an output, an error as words on stderr: papermill ends a run for an error, whatever a cell's tags."""
    if output["output_type"] != "error":
        return output
    return new_output("stream", name="stderr", text=f"error: {output['ename']}: {output['evalue']}\n")


def tag(cell: NotebookNode, name: str) -> None:
    """Give a cell a tag."""
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), name]


def skipped_by(cell: NotebookNode) -> dict[str, Any] | None:
    """Return what a cell told `report.skip`: the reason, as HTML, and whom else it holds for; None if nothing."""
    for output in cell.get("outputs", []):
        about = output.get("metadata", {}).get("series", {})
        if "skip" in about:
            return about
    return None

"""Which cell is running: papermill's own engine, telling the build as each cell starts."""

from collections.abc import Callable
from typing import Any

from papermill.engines import NBClientEngine, papermill_engines

ENGINE = "series"
_at: dict[str, Any] = {}


def position() -> dict[str, Any] | None:
    """Return where the run got to: cell number, number of cells, section; None before the first cell."""
    return dict(_at) or None


def register(tell: Callable[..., None]) -> None:
    """Make the engine known to papermill; `tell` is called with the position at the start of each cell."""

    class TellingEngine(NBClientEngine):
        """Runs cells as papermill does, and says which one it is at."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            start = nb_man.cell_start
            section = [""]

            def cell_start(cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
                if cell.cell_type == "markdown":
                    headings = [line for line in cell.source.splitlines() if line.startswith("#")]
                    section[0] = headings[-1].lstrip("# ") if headings else section[0]
                else:
                    _at.update(cell=(cell_index or 0) + 1, of=len(nb_man.nb.cells), section=section[0])
                    tell(**_at)
                start(cell, cell_index, **kwargs)

            nb_man.cell_start = cell_start
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register(ENGINE, TellingEngine)

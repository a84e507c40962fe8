"""Cells of the chapter's notebook, found by how they begin and run in a world of made-up names."""

from helpers.study.parameters import cell_source, parameters_cell, read_cells
from helpers.study.series import BY_NAME

NOTEBOOK = BY_NAME["lifetime_value"].notebook
SOURCES = [cell_source(cell) for cell in read_cells(NOTEBOOK) if cell["cell_type"] == "code"]


def run(*beginnings, **names):
    """Run the cells that begin with these texts, with the parameters' defaults; return all variables."""
    world: dict = {}
    exec(parameters_cell(NOTEBOOK), world)
    exec(next(source for source in SOURCES if source.startswith(("import", "from"))), world)
    world.update(names)
    for beginning in beginnings:
        exec(source(beginning), world)
    return world


def source(beginning):
    """Return the one cell that begins with a text."""
    [found] = [source for source in SOURCES if source.startswith(beginning)]
    return found

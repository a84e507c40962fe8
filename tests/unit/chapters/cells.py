"""Cells of a chapter's notebook, found by how they begin and run in a world of made-up names."""

from helpers.study.parameters import cell_source, parameters_cell, read_cells
from helpers.study.series import BY_NAME


def source_of(chapter, beginning):
    """Return the one cell of code that begins with a text."""
    cells = read_cells(BY_NAME[chapter].notebook)
    sources = [cell_source(cell) for cell in cells if cell["cell_type"] == "code"]
    [found] = [source for source in sources if source.startswith(beginning)]
    return found


def run(chapter, *beginnings, **names):
    """Run the cells that begin with these texts, with the parameters' defaults; return all variables."""
    world: dict = {}
    exec(parameters_cell(BY_NAME[chapter].notebook), world)
    exec(source_of(chapter, "from datetime import"), world)
    world.update(names)
    for beginning in beginnings:
        exec(source_of(chapter, beginning), world)
    return world

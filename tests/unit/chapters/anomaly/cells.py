"""Cells of the chapter's notebook, run by their ids on made-up tables: the method stands there alone."""

from helpers.base.paths import NOTEBOOKS
from helpers.study.parameters import cell_source, parameters_cell, read_cells

NOTEBOOK = NOTEBOOKS / "06_anomaly.ipynb"
SOURCES = {cell["id"]: cell_source(cell) for cell in read_cells(NOTEBOOK)}
DETECTORS = ("matrices", "forest", "robust-z", "lof", "mean-rank")


def run_cells(*ids, **names):
    """Return all names after running some cells with the parameters' defaults, where `names` says nothing else."""
    space: dict = {}
    exec(parameters_cell(NOTEBOOK), space)
    exec(next(source for source in SOURCES.values() if source.startswith("import")), space)
    space.update(names)
    for cell in ids:
        exec(SOURCES[cell], space)
    return space


def level_of(table, features, detector, share, **parameters):
    """Return a table of customers as a level, scored by the notebook's cells."""
    key = ("customer", "source")
    space = run_cells(*DETECTORS, tables={key: table}, customer_features=features, **parameters)
    parts = (table, space["matrices"][key], space["z"][key], space["scores"][key])
    return space["Level"]("customer", *parts, detector, share, features)

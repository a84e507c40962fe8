"""What a chapter can be asked: its notebook's `parameters` cell, read as a typed schema.

The cell is the one definition of a chapter's own parameters: annotations are their types, values their
defaults, and the comment behind each says what it does. Study files are checked against it before any
kernel starts.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import create_model, model_validator

from helpers.base.paths import from_root
from helpers.base.strict import Strict

GIVEN_BY_BUILD = frozenset({"study"})
"""Parameters that the build passes itself; a study file cannot set them."""

SEED = (0, 2**32 - 1)
"""What NumPy and scikit-learn take for a seed."""
BOUNDS = {
    "seed": SEED,
    "seeds": SEED,
    "profile_rows": (1, 10**9),
    "date_offset_days": (-100_000, 100_000),
    "quantiles": (2, 100),
}
"""Lowest and highest value of parameters, by name, that a library would otherwise refuse in its own words."""
ANY = (-(10**9), 10**9)
"""Of all other numbers: what lies beyond fits no count of rows and no library's whole numbers."""


class ChapterParameters(Strict):
    """A chapter's section of a study file; its fields are those of the notebook's cell."""

    @model_validator(mode="after")
    def _within_bounds(self) -> "ChapterParameters":
        for name in self.model_fields_set:
            low, high = BOUNDS.get(name, ANY)
            value = getattr(self, name)
            for number in value if isinstance(value, list) else [value]:
                if isinstance(number, int | float) and not low <= number <= high:
                    raise ValueError(f"{name} is {number}, but should be from {low} to {high}")
        return self


def cell_source(cell: dict) -> str:
    """Return a notebook cell's text, which JSON stores as one string or as a list of lines."""
    return "".join(cell["source"])


def read_cells(notebook: Path) -> list[dict]:
    """Return the cells of a notebook file, without importing nbformat (the build's fast path)."""
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def parameters_cell(notebook: Path) -> str:
    """Return the source of the one cell tagged `parameters`."""
    tagged = [c for c in read_cells(notebook) if "parameters" in c["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ValueError(f"{from_root(notebook)} has {len(tagged)} cells tagged `parameters`; it needs one.")
    return cell_source(tagged[0])


@cache
def chapter_parameters(notebook: Path) -> type[Strict]:
    """Return the schema of a chapter's own parameters, with their defaults.

    The cell is the project's own code and holds literals only, so running it is how Python reads it.
    """
    names: dict[str, Any] = {}
    exec(parameters_cell(notebook), names)
    types = names.pop("__annotations__", {})
    names.pop("__builtins__")
    if bare := sorted(set(names) - set(types)):
        raise ValueError(f"{from_root(notebook)}: the parameter {bare[0]} needs an annotation.")
    fields = {name: (kind, names[name]) for name, kind in types.items() if name not in GIVEN_BY_BUILD}
    return create_model("Parameters", __base__=ChapterParameters, **fields)

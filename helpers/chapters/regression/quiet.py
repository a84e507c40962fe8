"""Importing a package that complains about what a report does without on purpose."""

import importlib
import warnings
from types import ModuleType


def import_quietly(name: str) -> ModuleType:
    """Return a module, imported without warnings: progress bars ask for widgets, which no page should load."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)

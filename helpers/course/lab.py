"""JupyterLab as `make lab` starts it: a notebook is saved as it is committed, without what a run left in it."""

from typing import Any

LEFT_BY_RUNS = ("trusted", "execution", "collapsed", "scrolled")
"""Of a cell's metadata."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Of a committed notebook; a kernel adds its version."""


def strip_outputs(model: dict[str, Any], **about: Any) -> None:
    """Take outputs and counts out of a notebook that is about to be saved: Jupyter's `pre_save_hook`.

    What is shown in the open tab stays, and git sees only what was written.
    """
    if model["type"] != "notebook":
        return
    model["content"]["metadata"] = METADATA
    for cell in model["content"]["cells"]:
        for name in LEFT_BY_RUNS:
            cell["metadata"].pop(name, None)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}

"""What the server of steps (`helpers.build.processes`) imports before it forks any."""

from contextlib import suppress
from importlib import import_module

LIBRARIES = (
    *("helpers.build.step", "helpers.build.progress", "helpers.build.pages", "helpers.build.kernel"),
    *("papermill", "nbclient", "ipykernel.kernelapp", "ipykernel.ipkernel"),
    *("helpers.base.engine", "helpers.ledger.lines", "helpers.study.report", "helpers.show.display"),
    *("seaborn", "plotly.express", "sklearn.ensemble", "sklearn.inspection", "sklearn.linear_model"),
    *("sklearn.pipeline", "sklearn.cluster"),
)

for name in LIBRARIES:
    with suppress(Exception):  # what cannot be imported fails in the step that needs it, which says so
        import_module(name)

"""A record of each built chapter in MLflow, at MLFLOW_TRACKING_URI: off, and not imported, without it.

A chapter is a run of its study's experiment: its parameters, its findings that are numbers as metrics, its page
and the card of its model as artifacts, and the model itself, kept as data (skops, never pickle).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.base.errors import StudyError
from helpers.build.state import read_findings
from helpers.study.schema import Study
from helpers.study.series import MODELS, Chapter

URI = "MLFLOW_TRACKING_URI"
LONGEST = 500
"""Characters of a parameter that are recorded: servers of before 2024 take no more."""
NOT_IN_A_NAME = re.compile(r"[^\w./ -]", re.ASCII)
WAIT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "20", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
"""A server that does not answer keeps no build waiting for minutes; the environment may say otherwise."""


def track(study: Study, folder: Path, state: dict[str, Any], chapters: list[Chapter]) -> str:
    """Record chapters that were built; return what is to be said of it, nothing where nobody asked.

    Args:
        study: that was built.
        folder: of its report.
        state: what run.json knows.
        chapters: those that were executed.
    """
    if not os.environ.get(URI) or not chapters:
        return ""
    try:
        import mlflow
    except ImportError:
        return f"{URI} is set, but mlflow is not installed: run `uv sync --group mlflow`. Nothing was recorded."
    for name, value in WAIT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    findings = read_findings(folder)
    try:
        mlflow.set_experiment(study.name)
        for chapter in chapters:
            with mlflow.start_run(run_name=chapter.stem):
                _record(mlflow, study, folder, state | state["chapters"][chapter.name], chapter)
                mlflow.log_metrics(dict(numbers(findings.get(chapter.name, {}))))
    except Exception as error:  # whatever a server or its client has to say: the report is built, and stays
        told = str(error).strip().partition("\n")[0].rstrip(".")
        why = f"{type(error).__name__}: {told[:200]}"
        return f"The build could not be recorded in MLflow ({why}); the report is good."
    return f"{len(chapters)} chapters recorded in MLflow" if len(chapters) > 1 else "1 chapter recorded in MLflow"


def _record(mlflow: Any, study: Study, folder: Path, known: dict[str, Any], chapter: Chapter) -> None:
    """Fill the run that is open with what is known of the build and of the chapter."""
    source = known.get("source", {})
    mlflow.set_tags(
        {
            "study": study.name,
            "title": study.values.title,
            "chapter": chapter.title,
            "key": known.get("key", ""),
            "git_commit": str(known.get("git_commit")),
            "source": str(source.get("file")),
            "source_sha256": str(source.get("sha256")),
        }
    )
    mlflow.log_params({name: str(value)[:LONGEST] for name, value in study.parameters(chapter.name).items()})
    mlflow.log_metric("seconds", float(known.get("seconds", 0)))
    page = folder / f"{chapter.stem}.html"
    if page.exists():
        mlflow.log_artifact(str(page))
    for file in sorted((folder / MODELS).glob(f"{chapter.stem}.*")):
        mlflow.log_artifact(str(file), MODELS)
    _log_model(mlflow, folder / MODELS, chapter.stem)


def _log_model(mlflow: Any, folder: Path, name: str) -> None:
    """Log the chapter's model in MLflow's own form, which anybody can load and serve who trusts the same types."""
    if not (folder / f"{name}.json").exists():
        return
    from helpers.study.models import TRUSTED, load

    try:
        kept = load(folder, name)
    except StudyError:
        return
    import mlflow.sklearn

    mlflow.sklearn.log_model(
        kept.model,
        name="model",
        serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_SKOPS,
        skops_trusted_types=list(TRUSTED),
        pip_requirements=[f"{package}=={version}" for package, version in kept.card.versions.items()],
    )


def numbers(found: dict[str, Any], within: str = "") -> Iterator[tuple[str, float]]:
    """Yield the findings that are numbers, those of a section as `section.name`, under names that MLflow takes."""
    for name, value in found.items():
        path = f"{within}.{name}" if within else str(name)
        if isinstance(value, dict):
            yield from numbers(value, path)
        elif isinstance(value, bool | int | float):
            yield NOT_IN_A_NAME.sub("_", path)[:250], float(value)

"""Tracking: nothing without the switch, one sentence where it cannot be, and a run a chapter in a real MLflow."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from helpers.base.files import write_json
from helpers.build.tracking import URI, numbers, track
from helpers.study.models import keep, load
from helpers.study.series import BY_NAME
from tests.unit.study.test_models import ABOUT

REGRESSION = BY_NAME["regression"]
STATE = {
    "chapters": {"regression": {"key": "k1", "seconds": 2.5}},
    "source": {"file": "lines.csv", "sha256": "ab"},
}
FOUND = {
    "r2": 0.5,
    "intervals": {"mae": [1, 2], "low (GBP)": 3},
    "best_model": "linear",
    "kept": True,
    "none": None,
}


@pytest.fixture
def report(tmp_path):
    """The report of a chapter with a page, findings and a model."""
    folder = tmp_path / "report"
    x = pd.DataFrame({"recency": np.arange(20.0)})
    keep(folder / "models", "07_regression", Ridge().fit(x, x["recency"] * 2), x, x, **ABOUT, measured=[])
    (folder / "07_regression.html").write_text("<p>A page</p>")
    write_json(folder / "findings.json", {"regression": FOUND})
    return folder


def test_without_the_switch_nothing_is_imported_or_said(report, study, monkeypatch):
    monkeypatch.delenv(URI, raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)  # whoever imports it now is told that it is not there
    assert track(study(), report, STATE, [REGRESSION]) == ""


def test_without_the_package_one_sentence_says_what_to_do(report, study, monkeypatch):
    monkeypatch.setenv(URI, str(report))
    monkeypatch.setitem(sys.modules, "mlflow", None)
    said = track(study(), report, STATE, [REGRESSION])
    assert said.startswith(
        "MLFLOW_TRACKING_URI is set, but mlflow is not installed: run `uv sync --group mlflow`."
    )
    assert track(study(), report, STATE, []) == ""


def test_findings_that_are_numbers_are_metrics():
    assert dict(numbers(FOUND)) == {"r2": 0.5, "intervals.low _GBP_": 3.0, "kept": 1.0}


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """A real MLflow over a folder; the switch is on."""
    package = pytest.importorskip("mlflow", reason="mlflow is not installed: uv sync --group mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv(URI, (tmp_path / "runs").as_uri())
    package.set_tracking_uri(None)
    yield package
    package.set_tracking_uri(None)


def test_each_chapter_is_a_run_with_its_model(report, study, mlflow):
    asked = study("regression: {level: 0.8}\n")
    assert track(asked, report, STATE, [REGRESSION]) == "1 chapter recorded in MLflow"
    (run,) = mlflow.MlflowClient().search_runs([mlflow.get_experiment_by_name("small").experiment_id])
    assert (run.info.run_name, run.info.status) == ("07_regression", "FINISHED")
    assert run.data.metrics == {"r2": 0.5, "intervals.low _GBP_": 3.0, "kept": 1.0, "seconds": 2.5}
    assert (run.data.params["level"], run.data.params["horizon_days"]) == ("0.8", "90")
    assert run.data.tags["source_sha256"] == "ab"
    files = {file.path for file in mlflow.MlflowClient().list_artifacts(run.info.run_id)}
    assert {"07_regression.html", "models"} <= files
    kept = {file.path for file in mlflow.MlflowClient().list_artifacts(run.info.run_id, "models")}
    assert {"models/07_regression.skops", "models/07_regression.json"} <= kept
    import mlflow.sklearn

    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    x = pd.DataFrame({"recency": [1.5, 2.5]})
    assert (loaded.predict(x) == load(report / "models", "07_regression").predict(x)).all()


def test_a_server_that_is_not_there_fails_no_build(report, study, mlflow, monkeypatch):
    monkeypatch.setenv(URI, "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    said = track(study(), report, STATE, [REGRESSION])
    assert said.startswith("The build could not be recorded in MLflow (")
    assert said.endswith("; the report is good.")

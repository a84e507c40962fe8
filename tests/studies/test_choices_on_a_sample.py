"""Chapters that choose on a sample of the customers say what that leaves open; choosing on all is within it."""

import json
import os
import subprocess
import sys

import pytest

from helpers.base.paths import ROOT
from helpers.study.file import load_study
from helpers.study.series import BY_NAME

FEW = 400
"""Customers that choices are made on here, of the sample's 1,505."""
RUN = """
import sys, papermill
from helpers.build.progress import ENGINE, register
from helpers.study.needs import met
from helpers.base.paths import ROOT, reports
import json
notebook, out, parameters, study = sys.argv[1:]
register(lambda **_: None, met(reports() / study / "tables"))
papermill.execute_notebook(
    notebook, out, json.loads(parameters), engine_name=ENGINE, kernel_name="python3", progress_bar=False, cwd=ROOT
)
"""


@pytest.fixture
def both(built, tmp_path):
    """Return a function that gives what a chapter finds by all customers of the sample, and by FEW of them."""

    def found(chapter: str) -> tuple[dict, dict]:
        by_all = built("sample")[chapter]
        study = load_study(ROOT / "params" / "sample.yml")
        parameters = study.parameters(chapter) | {"study": "params/sample.yml", "choose_on": FEW}
        out, environment = (
            tmp_path / "out.ipynb",
            {"REPORTS_DIR": str(built.reports), "SERIES_STAGING": str(tmp_path)},
        )
        given = [str(BY_NAME[chapter].notebook), str(out), json.dumps(parameters), "sample"]
        ran = subprocess.run(
            [sys.executable, "-c", RUN, *given], env=os.environ | environment, cwd=ROOT, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-2000:]
        assert "Choices were made on" in out.read_text(encoding="utf-8")
        return by_all, json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))["findings"]

    return found


def half(interval: list[float]) -> float:
    value, low, high = interval
    return max(high - value, value - low)


def agree(by_all: dict, by_some: dict, measured: str, interval: str) -> None:
    """Assert that a figure of some is that of all within the error that is said."""
    assert by_some["chosen_on"] <= FEW < by_all["chosen_on"]
    said = half(by_some[interval])
    assert 0 < half(by_all[interval]) < said
    assert abs(by_some[measured] - by_all[measured]) <= said  # of the model chosen, measured on everybody
    assert abs(by_some[interval][0] - by_all[interval][0]) <= said  # of those asked, against everybody


@pytest.mark.slow
def test_the_verdict_on_some_is_that_on_all_within_the_error_that_is_said(both):
    by_all, by_some = both("regression")
    agree(by_all, by_some, "mae", "chosen_on_mae")
    verdicts = ("predictable", "planning_basis", "leaks", "left_out")
    assert [by_some[name] for name in verdicts] == [by_all[name] for name in verdicts]


def test_lists_of_some_are_those_of_all_or_the_baselines_where_the_interval_leaves_that_open(both):
    """A third of the customers show less: then the baseline stays, and the gain on all is in their interval."""
    by_all, by_some = both("recommendation")
    agree(by_all, by_some, "precision", "chosen_on_precision")
    for end, baseline in (("", "Buy again"), ("_new", "Popular lately")):
        low, high = by_some[f"lift_low{end}"], by_some[f"lift_high{end}"]
        assert low <= by_all[f"lift_mean{end}"] <= high
        if by_some[f"recommended{end}"] != by_all[f"recommended{end}"]:
            assert by_some[f"recommended{end}"] == baseline and low <= 0
    assert by_some["recommended_new"] == by_all["recommended_new"]  # a gain that some are enough for


@pytest.mark.slow
def test_the_model_of_purchases_is_that_of_all_or_as_good_within_what_is_said(both):
    by_all, by_some = both("purchase_prediction")
    assert by_some["chosen_on"] <= FEW < by_all["chosen_on"]
    of_all = by_all["auc_by_family"]
    assert of_all[by_all["model"]] - of_all[by_some["model"]] <= by_some["chosen_on_missed"]
    assert by_all["chosen_on_missed"] < by_some["chosen_on_missed"] < 0.1
    value, said = by_some["chosen_on_auc"][0], half(by_some["chosen_on_auc"])
    assert half(by_all["chosen_on_auc"]) < said and abs(value - by_some["auc"]) <= said
    assert (by_some["policy"], by_some["calibrated"]) == (by_all["policy"], by_all["calibrated"])


def test_the_model_of_lifetime_value_is_that_of_all_or_as_good_within_what_is_said(both):
    by_all, by_some = both("lifetime_value")
    loss, unsure = by_some["chosen_on_loss"]
    assert by_some["chosen_on"] == FEW and by_all["chosen_on_loss"][1] < unsure
    assert abs(loss - by_all["chosen_on_loss"][0]) <= unsure
    assert by_some["winner"] == by_all["winner"]
    low, high = by_all["total_low"], by_all["total_high"]
    assert low <= by_some["total"] <= high

"""The line that a page has on a verdict quotes the table: means, trials, and the worst kind of data by name."""

import pandas as pd
import pytest

from helpers.show import error_rates
from helpers.show.error_rates import SAID, covers, errs, rates_of
from tests.operating_characteristics import run
from tests.operating_characteristics.run import settings
from tests.operating_characteristics.trial import Setting

COLUMNS = ["verdict", "data", "truth", "datasets", "rate", "low", "high", "nominal"]


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A small table in the place of the measured one."""
    rows = [
        ["leaks", "noise, 30 rows", "nothing", 200, 0.01, 0.0, 0.03, None],
        ["leaks", "strong features", "nothing", 100, 0.13, 0.08, 0.21, None],
        ["leaks", "a product", "something", 50, 1.0, 0.93, 1.0, None],
        ["leaks", "a noisy copy", "something", 50, 0.2, 0.1, 0.34, None],
        ["rules", "independent products", "nothing", 10, 0.0, 0.0, 0.31, None],
        ["rules", "a pair", "something", 20, 0.95, 0.75, 1.0, None],
        ["ranges", "steady spend", "covered", 90, 0.91, 0.9, 0.92, 0.9],
        ["ranges", "steady spend, worst decile", "covered", 90, 0.93, 0.9, 0.95, 0.9],
        ["ranges", "steady spend, withheld", "covered", 100, 0.1, 0.05, 0.17, None],
        ["ranges", "spend with a season", "covered", 30, 0.87, 0.86, 0.88, 0.9],
        ["ranges", "spend with a season, worst decile", "covered", 30, 0.84, 0.82, 0.86, 0.9],
        ["ranges", "spend with a season, withheld", "covered", 100, 0.7, 0.6, 0.8, None],
    ]
    path = tmp_path / "rates.csv"
    pd.DataFrame(rows, columns=COLUMNS).to_csv(path, index=False)
    monkeypatch.setattr(error_rates, "TABLE", path)
    error_rates._table.cache_clear()
    yield
    error_rates._table.cache_clear()


def test_rows_are_those_of_the_verdict(measured):
    found = rates_of("leaks")
    assert found["rate"].tolist() == [0.01, 0.13, 1.0, 0.2]
    assert found.columns.tolist() == COLUMNS[1:]


def test_both_errors_are_means_and_the_worst_kind_of_each_is_named(measured):
    assert str(errs("leaks")).replace("\xa0", " ").replace("\u202f", " ") == (
        "This test has called an honest feature a leak in 7.0 % of 300 trials (at most 13 %, for strong features) "
        "and missed a feature made of the target in 40 % of 100 (at most 80 %, for a noisy copy)."
    )


def test_no_kind_is_the_worst_where_nothing_went_wrong(measured):
    assert "independent in 0" in str(errs("rules"))
    assert "of 10 trials and missed a true rule in 5" in str(errs("rules"))


def test_ranges_are_told_by_how_often_they_held_and_where_furthest_off(measured):
    assert str(covers("ranges")).replace("\xa0", " ").replace("\u202f", " ") == (
        "Such ranges were withheld in 40 % of 200 trials. Shown, they held 89 %, 90 % meant (furthest off: 87 %, "
        "for spend with a season; of the deciles of a forecast 84 %, for spend with a season)."
    )


def test_each_verdict_that_is_quoted_is_tried_on_both_kinds():
    tried = {setting.verdict for setting in settings().values() if setting.truth != "covered"}
    # a list is no verdict: its chapter quotes the share found of each kind
    assert tried - set(SAID) == {"anomalies"}
    for verdict in tried:
        kinds = {setting.truth for setting in settings().values() if setting.verdict == verdict}
        assert kinds >= {"nothing", "something"}


def test_settings_of_one_trial_take_each_their_part_and_of_a_list_what_is_furthest(monkeypatch):
    parts = {"": 0.9, ", worst": 0.9, ", withheld": None}
    made = [Setting("ranges", f"spend{part}", "covered", None, level, part=part) for part, level in parts.items()]
    shown = {"": 0.9, ", worst": [0.9, 0.8, 0.95], ", withheld": 0.0}
    asked = []

    def outcomes(key):
        asked.append(key)
        return {0: shown, 1: dict.fromkeys(parts) | {", withheld": 1.0}, 2: shown}

    monkeypatch.setattr(run, "settings", lambda: {f"ranges: {one.name}": one for one in made})
    monkeypatch.setattr(run, "outcomes", outcomes)
    found = run.rates([f"ranges: {one.name}" for one in made], 3)
    assert set(asked) == {"ranges: spend"}
    assert found["rate"].tolist() == pytest.approx([0.9, 0.8, 1 / 3])
    assert found["datasets"].tolist() == [2, 2, 3]

"""What the chapter says follows from what was measured."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.regression import narrative
from helpers.chapters.regression.evaluation import Evidence
from helpers.predicting.audit import audit
from helpers.predicting.ranges import Band


def made(*, spend=True, spearman=0.5, gain=(5, 1, 9), against_mean=(5, 1, 9)):
    """Return evidence with the figures that a test is about."""
    measured = {"r2": Interval(0.4, 0.3, 0.5), "spearman": Interval(spearman, 0.4, 0.6), "mae": Interval(9, 8, 10)}
    measured |= {"rmse": Interval(12, 11, 13), "top_decile_share": Interval(0.55, 0.5, 0.6)}
    models = ["mean", *(["last period"] if spend else []), "linear", "XGBoost"]
    scores = pd.DataFrame({"model": models}).assign(rmse=13.0, mae=9.0, top_decile_share=0.5)
    y = np.ones(3)
    gains, against = {"mae": Interval(*gain)}, {"rmse": Interval(*against_mean)}
    return Evidence(y, y, ["XGBoost"], "XGBoost", scores, measured, gains, against, spend)


@pytest.mark.parametrize(
    ("evidence", "what", "words", "answers"),
    [
        (
            made(),
            "spend ahead",
            "misses spend ahead by £9 on average, £5 less than if the days before",
            "how much",
        ),
        (made(spearman=0.8), "spend ahead", "too good", "doubt"),
        (made(gain=(5, -1, 9)), "spend ahead", "not significantly nearer", "doubt"),
        (made(spend=False), "revenue", "Revenue is predictable", "how much"),
        (made(spend=False, against_mean=(1, -1, 3)), "revenue", "is not predictable from these features", "doubt"),
    ],
)
def test_the_verdict_follows_the_figures(evidence, what, words, answers):
    assert words in narrative.verdict(evidence, what, "GBP")
    assert narrative.answered(evidence) == answers


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((5, 1, 9), "£5 (interval £1 to £9) nearer on average"),
        ((-5, -9, -1), "further off on average"),
        ((1, -1, 3), "no nearer than the spend"),
    ],
)
def test_the_gain_is_only_claimed_where_its_interval_allows(gain, words):
    assert words in narrative.gain(made(gain=gain), "GBP")


@pytest.mark.parametrize(
    ("covered", "words"),
    [
        ((0.91, 0.88, 0.94), "close to that"),
        ((0.85, 0.78, 0.92), "no further off than chance allows"),
        ((0.8, 0.75, 0.85), "too few"),
        ((0.97, 0.95, 0.99), "more than meant"),
    ],
)
def test_coverage_is_told_as_it_was_measured(covered, words):
    band = Band(np.zeros(3), np.full(3, 7.0))
    assert words in narrative.coverage(band, Interval(*covered), 0.9, "GBP")


@pytest.mark.parametrize(
    ("low", "words"),
    [
        ([0, 0, 0], "Every range starts at £0: do not plan"),
        ([0, 0, 5], "67\xa0% of the ranges start at"),
        ([0, 4, 5], ""),
    ],
)
def test_ranges_that_start_at_nothing_are_no_ground_for_a_plan(low, words):
    told = narrative.from_nothing(np.array(low, dtype=float), "GBP")
    assert words in told
    assert bool(told) == bool(words)


def test_a_leak_is_a_headline_and_a_product_comes_first():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"income": rng.uniform(1, 9, 60).round(2), "amount": rng.uniform(5, 50, 60).round(2)})
    frame = frame.assign(ratio_of_income=frame["amount"] / frame["income"], twice=2 * frame["amount"])
    found = audit(frame, "amount", ["income", "ratio_of_income", "twice"], derived=["ratio_of_income", "twice"])
    assert "ratio of income × income = amount" in narrative.leak_headline(found, "amount")
    assert "1 more leak was found" in narrative.leak_headline(found, "amount")
    assert any("is left out" in text for text in narrative.leaks(found, "amount"))
    honest = audit(frame, "amount", ["income"])
    assert narrative.leak_headline(honest, "amount") is None
    assert "gives amount away" in narrative.leaks(honest, "amount")[0]


def test_few_copies_are_told_and_many_are_explained():
    frame = pd.DataFrame({"a": [*range(500), 0], "amount": [*range(500), 0]})
    assert "too few to matter" in narrative.copies(audit(frame, "amount", ["a"]))
    assert "copies are kept" not in narrative.copies(audit(frame.head(500), "amount", ["a"]))
    twice = pd.concat([frame.head(40)] * 2)
    assert "40 of the 80 rows differ" in narrative.copies(audit(twice, "amount", ["a"]))


def test_a_pair_of_features_that_are_alike_is_named_once():
    one = np.random.default_rng(0).normal(size=50)
    frame = pd.DataFrame({"a": one, "b": one + 1e-3, "c": -one, "amount": range(50)})
    text = narrative.collinear(audit(frame[["a", "b", "amount"]], "amount", ["a", "b"]))
    assert text.count("with") == 1


def test_nothing_drives_a_forecast_that_no_shuffling_hurts():
    importances = pd.DataFrame(
        {"feature": ["age", "income"], "permutation": [4.0, 0.1], "permutation_std": [0.1, 0.1]}
    )
    moves = pd.DataFrame({"age": [1.0, 2], "income": [-5.0, 5]})
    text = narrative.drivers("XGBoost", importances, moves, 10.0)
    assert text.startswith("Age drive")
    assert "annual income moves predictions most" in text
    assert "no feature drives it" in narrative.drivers("XGBoost", importances.assign(permutation=0.0), moves, 10.0)


def test_noise_that_changes_nothing_is_called_that():
    table = pd.DataFrame({"noise": [0, 0.05, 0.1], "mae": [10.0, 10.1, 12.0]})
    assert "exact values matter" in narrative.noise(table, made(), 3)
    assert "Measured on 2 of the 3" in narrative.noise(table, made(), 2)
    flat = table.assign(mae=10.0)
    assert "changes nothing" in narrative.noise(flat, made(against_mean=(1, -1, 3)), 3)

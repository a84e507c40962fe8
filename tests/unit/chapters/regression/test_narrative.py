"""What the chapter says follows from what was measured."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.regression import advice as advise
from helpers.chapters.regression import narrative as readings
from helpers.chapters.regression.forecast import TARGET
from helpers.chapters.regression.intervals import Band
from helpers.predicting.audit import audit


def made(
    *, spend=True, spearman=0.5, gain=(5, 1, 9), against_mean=(5, 1, 9), covered=(0.9, 0.88, 0.92), when=None
):
    """Return what readings look at, with the figures that a test is about."""
    measured = {"r2": Interval(0.4, 0.3, 0.5), "spearman": Interval(spearman, 0.4, 0.6), "mae": Interval(9, 8, 10)}
    measured |= {"rmse": Interval(12, 11, 13), "top_decile_share": Interval(0.55, 0.5, 0.6)}
    gains = {"mae": Interval(*gain)}
    return SimpleNamespace(
        measured=measured,
        gains=gains,
        against_mean={"rmse": Interval(*against_mean)},
        beats_baseline=gain[1] > 0,
        worth_using=(gain[1] > 0) if spend else (against_mean[1] > 0),
        covered=Interval(*covered),
        band=Band(np.zeros(3), np.full(3, 7.0), 0.9),
        of=lambda model, measure: 0.5,
        evaluation=SimpleNamespace(
            baseline="last period" if spend else "mean",
            best="XGBoost",
            choices=["XGBoost"],
            task=SimpleNamespace(spend=spend, when=when),
        ),
    )


@pytest.mark.parametrize(
    ("evidence", "target", "words"),
    [
        (made(), TARGET, "better than by the days before (rank correlation 0.50)"),
        (made(spearman=0.8), TARGET, "too good"),
        (made(gain=(5, -1, 9)), TARGET, "not surely better"),
        (made(spend=False), "revenue", "Revenue is predictable"),
        (made(spend=False, against_mean=(1, -1, 3)), "revenue", "Revenue is not predictable from these features"),
    ],
)
def test_the_verdict_follows_the_figures(evidence, target, words):
    assert words in advise.verdict(evidence, target, 90)


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((5, 1, 9), "errs less"),
        ((-5, -9, -1), "the simple guess is better"),
        ((1, -1, 3), "cannot be told from none"),
    ],
)
def test_the_gain_is_only_claimed_where_its_interval_allows(gain, words):
    assert words in readings.read_gain(made(gain=gain), "GBP")


@pytest.mark.parametrize(
    ("covered", "words"),
    [
        ((0.91, 0.905, 0.915), "close to what they promise"),
        ((0.8, 0.78, 0.82), "less than promised"),
        ((0.97, 0.96, 0.98), "more than promised"),
        ((0.95, 0.88, 0.99), "no further off than chance allows (88.0 % to 99.0 %)"),
    ],
)
def test_coverage_is_told_as_it_was_measured(covered, words):
    text = readings.read_coverage(made(covered=covered), "GBP")
    assert words in text
    assert "no guarantee" not in text
    assert "no guarantee" in readings.read_coverage(made(covered=covered, when=np.zeros(3)), "GBP")


def test_a_leak_is_a_headline_and_a_product_comes_first():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"income": rng.uniform(1, 9, 60), "revenue": rng.uniform(10, 90, 60)})
    frame = frame.assign(log_amount=np.log(frame["revenue"]), per_income=frame["revenue"] / frame["income"])
    found = audit(frame, "revenue", ["income", "log_amount", "per_income"], derived={"log_amount", "per_income"})
    headline = readings.leak_headline(found, "revenue")
    assert headline.startswith("Leak: per income × income = revenue.")
    assert "1 more leak was found." in headline
    assert len(readings.read_leaks(found, "revenue")) == 2
    clean = audit(frame, "revenue", ["income"])
    assert readings.leak_headline(clean, "revenue") is None
    assert "No feature, product" in readings.read_leaks(clean, "revenue")[0]


def test_few_copies_are_told_and_many_are_a_headline():
    frame = pd.DataFrame({"a": [*range(60), *range(60)], "b": 1.0})
    assert "60 of the 120 rows differ; 60 are copies" in readings.read_copies(audit(frame, "a", ["b"]))
    few = pd.DataFrame({"a": [*range(200), 0], "b": 1.0})
    assert "1 row is a copy of another" in readings.read_copies(audit(few, "a", ["b"]))
    assert "No two" in readings.read_copies(audit(frame.head(60), "a", ["b"]))


def test_nobody_is_told_to_act_on_predictions_that_are_no_better_than_a_guess():
    tenths = pd.DataFrame({"tenth": range(1, 11), "customers": 5, "predicted": 3.0, "share": 0.1})
    tenths["actual"] = [9.0, 4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    useful, useless = (advise.business_table(tenths, "GBP", other) for other in (None, advise.CHANCE))
    assert useful["customers"].tolist() == [5, 20, 25]
    assert useful["action"].nunique() == 3
    assert useless["action"].unique().tolist()[0].startswith("Treat them alike")
    upside_down = tenths.assign(actual=tenths["actual"].to_numpy()[::-1])
    actions = advise.business_table(upside_down, "GBP", None)["action"].tolist()
    assert [action.startswith("They brought no less") for action in actions] == [False, True, True]
    told = advise.read_order(advise.business_table(upside_down, "GBP", None))
    assert told.startswith("The next four tenths by predicted amount brought") and "the top tenth above it" in told
    assert advise.read_order(useful) is None and advise.read_order(useless) is None


def test_predictions_no_better_than_the_period_before_are_not_called_chance():
    assert advise.instead(made()) is None
    assert advise.instead(made(gain=(5, -1, 9))) == advise.AS_BEFORE
    assert advise.instead(made(spend=False, against_mean=(1, -1, 3))) == advise.CHANCE


@pytest.mark.parametrize(
    ("evidence", "target", "question"),
    [
        (made(), TARGET, "how much"),
        (made(spearman=0.8), TARGET, "doubt"),
        (made(gain=(5, -1, 9)), TARGET, "doubt"),
        (made(spend=False), "revenue", "how much"),
    ],
)
def test_a_verdict_that_nobody_should_act_on_is_a_doubt(evidence, target, question):
    assert advise.question_of(evidence, target) == question


def test_a_pair_of_features_that_are_alike_is_named_once():
    x = np.random.default_rng(1).normal(size=80)
    frame = pd.DataFrame({"first": x, "second": x + 1e-4, "y": np.arange(80.0)})
    frame["second"] += np.random.default_rng(2).normal(size=80) / 50
    [said] = readings.read_others(audit(frame, "y", ["first", "second"]))
    assert "first with second" in said and "second with first" not in said


def test_a_published_recipe_below_the_mean_is_called_that():
    found = {"r2": -0.13, "rmse": 25.1, "mean_rmse": 23.7, "twins": 0, "test_rows": 780}
    assert "not predictable from these" in readings.read_published(found)[0]
    good = found | {"rmse": 3.5, "mean_rmse": 150.0, "twins": 38}
    assert "far above" in readings.read_published(good)[0]
    assert "38 of its 780 test rows have an identical twin" in readings.read_published(good)[1]

"""Sentences say what the figures say, in every case that the data can be in."""

import numpy as np
import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.lifetime_value import narrative
from helpers.chapters.lifetime_value.models import BG, GAMMA_GAMMA, MBG, NBD, PARETO, Fit
from tests.house_english import broken


def fitted(model, values, likelihood=-100.0, flat=()):
    return Fit(model, np.array(values, dtype=float), likelihood, np.zeros((len(values),) * 2), flat, 100)


FITS = {NBD: fitted(NBD, [1, 5], -110.0), BG: fitted(BG, [1, 5, 1, 3]), MBG: fitted(MBG, [1, 5, 1, 3]),
        PARETO: fitted(PARETO, [1, 5, 1, 9])}  # fmt: skip
NEVER = FITS | {NBD: fitted(NBD, [1, 5], -101.0), BG: fitted(BG, [1, 5, 1e-4, 2e4]),
                PARETO: fitted(PARETO, [1, 5, 1, 9], flat=("beta",))}  # fmt: skip


def plain(text):
    assert broken(str(text)) == []
    return str(text).replace("\N{NO-BREAK SPACE}", " ")


def test_a_parameter_that_is_not_determined_is_a_warning():
    assert plain(narrative.chosen(BG, {}, FITS, judged=False)).endswith("No parameter is at its bound.")
    warned = {name: one.degenerate for name, one in NEVER.items() if one.degenerate}
    assert warned == {BG: ["a", "b"], PARETO: ["beta"]}
    told = plain(narrative.warning(NBD, warned, NEVER))
    assert told.startswith("BG/NBD (a, b) and Pareto/NBD (beta) are degenerate")
    assert "do not show that anybody stops" in told and "assumes that nobody stops" in told
    stops = plain(narrative.warning(BG, {BG: ["b"]}, FITS | {BG: fitted(BG, [1, 5, 400, 2e4])}))
    assert stops.startswith("BG/NBD (b) is degenerate") and "Customers stop, but" in stops


def test_the_table_of_parameters_gives_no_interval_where_there_is_none():
    found = narrative.parameters({BG: FITS[BG], PARETO: NEVER[PARETO]}).set_index(["model", "parameter"])
    assert found.loc[(PARETO, "beta"), "low"] == "not determined"
    assert found.loc[(BG, "b"), "low"] == "3"


@pytest.mark.parametrize(
    ("values", "why"),
    [([4, 3, 20], ""), ([5000, 3, 20], "at its bound"), ([4, 0.9, 20], "no limit")],
)
def test_gamma_gamma_gives_way_where_it_breaks(values, why):
    said = narrative.why_own_mean(0.0, fitted(GAMMA_GAMMA, values))
    assert why in said and bool(said) == bool(why)
    told = plain(narrative.spend(0.3, said, -10.0))
    assert "worth more" in told and ("own mean is used" in told) == bool(why)
    assert "small enough" in plain(narrative.spend(0.02, "", -10.0))


COMPARED = pd.DataFrame({"forecast": ["model", "recent", "year"], "spearman": [0.5, 0.4, 0.52]})
GAINS = {"recent": Interval(-0.1, -0.2, -0.05), "year": Interval(0.02, -0.1, 0.1)}


def test_which_forecast_holds_is_told_with_the_others():
    model = plain(narrative.held(COMPARED, GAINS, "model", "NBD", 90))
    assert "correlation of 0.50, significantly better than “As in the 90 days before”." in model
    assert "“As in the year before, in proportion” did as well, within chance." in model
    rule = plain(narrative.held(COMPARED, GAINS, "year", "NBD", 90))
    assert rule.startswith("For the next 90 days rank customers by “As in the year before") and "0.52" in rule
    none = plain(narrative.held(COMPARED, {"year": GAINS["year"]}, "model", "NBD", 90))
    assert "no simple rule did significantly worse" in none


@pytest.mark.parametrize(("actual", "inside", "said"), [
    (200.0, False, "100 % more than forecast, outside the interval: the models know no seasons."),
    (95.0, True, "5.0 % less than forecast, within the interval."),
])  # fmt: skip
def test_how_far_the_total_was_from_its_forecast_is_told(actual, inside, said):
    assert said in plain(narrative.total(100.0, actual, 90, inside=inside))


def test_the_break_even_is_of_the_largest_list_and_says_what_a_test_can_show():
    plan = pd.DataFrame({"list": ["Keep", "Remind"], "customers": [400, 90], "break_even": [0.008, 0.02],
                         "detectable": [0.05, 0.1]})  # fmt: skip
    told = plain(narrative.break_even(plan, 1.0, "GBP"))
    assert told == (
        "Keep: contacting these 400 customers at £1 each pays if it adds at least 0.8 % buyers; with the group "
        "held out, the list can only show 5.0 % or more."
    )
    assert "large enough" in plain(narrative.break_even(plan.assign(detectable=0.001), 1.0, "GBP"))
    assert "cannot pay" in plain(narrative.break_even(plan.assign(break_even=1.2), 1.0, "GBP"))


def effects(low, high, spend):
    return pd.DataFrame([("bought", "adjusted", 0.02, low, high), ("spend", "adjusted", *spend)],
                        columns=["outcome", "way", "effect", "low", "high"])  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "spend", "sure", "paid"),
    [
        (0.01, 0.03, (10.0, 8.0, 12.0), True, "It paid: £2 per contacted customer"),
        (-0.01, 0.05, (10.0, -8.0, 30.0), False, "Whether it paid is open"),
        (-0.05, -0.01, (-9.0, -20.0, -1.0), True, "It did not pay"),
    ],
)
def test_an_effect_is_told_with_its_interval_and_whether_it_paid(low, high, spend, sure, paid):
    told = plain(narrative.effect(effects(low, high, spend), 90, 1.0, 0.3, "GBP"))
    assert paid in told and ("no significant difference" in told) != sure


def test_the_overdue_are_to_be_contacted_and_their_spend_is_told():
    rhythm, some = pd.DataFrame({"own": range(50)}), pd.DataFrame({"own": range(7)})
    told = plain(narrative.overdue(some, rhythm, 0.1, 1500.0, "GBP"))
    assert told.startswith(
        "Contact the 7 of 50 regular customers who are overdue by their own rhythm (they spent £1,5"
    )
    assert plain(narrative.overdue(some.head(0), rhythm, 0.1, None, "")).startswith("None of the 50")


def test_a_rhythm_that_is_no_better_than_the_mean_says_so():
    judged = pd.DataFrame({"way": ["rhythm", "mean"], "auc": [0.6, 0.7], "days_off": [12.0, 10.0]})
    still = pd.DataFrame({"overdue": [True] * 25 + [False] * 25})
    came = pd.Series([pd.NaT] * 25 + [pd.Timestamp("2025-01-01")] * 25)
    told = plain(narrative.on_time(judged, still, came, 30))
    assert "the mean interval is the better guide" in told
    assert "Of 25 customers overdue then, 0 % ordered in the window, of the others 100 %" in told
    assert "better guide" not in plain(narrative.on_time(judged.assign(auc=[0.8, 0.7]), still, came, 30))
    assert "Too few customers" in plain(narrative.on_time(judged, still.head(5), came.head(5), 30))


def test_who_responds_is_only_told_where_a_model_knows():
    found = pd.DataFrame({"way": ["Two models"], "qini": [0.02], "low": [0.01], "high": [0.03]})
    assert "better than chance (Qini 0.020" in plain(narrative.responders(found))
    assert "contact them at random" in plain(narrative.responders(found.assign(low=-0.01)))

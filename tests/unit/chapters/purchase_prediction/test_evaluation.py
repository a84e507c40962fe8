"""A small ledger from cut-offs to one look at the test; and the ledgers that nobody can learn from."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.engine import open_engine
from helpers.base.errors import StudyError
from helpers.chapters.purchase_prediction import charts
from helpers.chapters.purchase_prediction import narrative as readings
from helpers.chapters.purchase_prediction.charts import contact_maps, lift_charts, profit_chart
from helpers.chapters.purchase_prediction.evaluation import (
    by_kind,
    dates_table,
    judge_once,
    learning_curves,
    ledger_or_reason,
    read_ledger,
    score_now,
    spend_by_tenth,
    weights,
)
from helpers.chapters.purchase_prediction.models import (
    FAMILIES,
    Network,
    candidates,
    choose,
    compare_balance,
    try_out,
)
from helpers.chapters.purchase_prediction.retraining import age_models
from helpers.chapters.purchase_prediction.selection import select
from helpers.chapters.purchase_prediction.targeting import Costs, contacts, policies, tenths

START = datetime(2024, 1, 1, 10)
ASKED = {"days": 30, "cut_off": None, "at_most": 4, "folds": 3, "seed": 1}
COSTS = Costs(1, 0.3, 0.1)
HOSTILE = "<b>=1+1</b>"


def orders(customers, days, seed=0):
    """Return orders of customers of whom half come every ten days for ever, and half stop after some."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        stops = days if number % 2 else rng.integers(1, days)
        at = rng.integers(0, 10)
        while at < stops:
            rows.append((f"c{number:03d}", START + timedelta(days=int(at)), float(rng.lognormal(3, 0.5))))
            at += 1 + rng.integers(5, 14)
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"])
    frame["order_id"] = [f"o{number}" for number in range(len(frame))]
    frame["country"] = np.where(frame["customer_id"] < "c020", HOSTILE, "France")
    frame["quantity"] = 1.0
    frame["product_id"] = "p"
    return frame.sort_values("ordered_at", ignore_index=True)


@pytest.fixture(scope="module")
def engine():
    with open_engine() as opened:
        yield opened


def frames(engine, frame):
    back = frame.head(1).assign(revenue=-1.0, quantity=-1.0)
    return tuple(engine.table(pa.Table.from_pandas(each, preserve_index=False)) for each in (frame, back))


@pytest.fixture(scope="module")
def ledger(engine):
    return read_ledger(*frames(engine, orders(160, 200)), engine, **ASKED)


@pytest.fixture(scope="module")
def judged(ledger):
    selection = select(ledger.training, ledger.unusable, 1)
    grid = Network(layers=((4,),), activations=("relu",), penalties=(1.0,), members=2)
    tried = [try_out(each, ledger.training, selection.kept, 1) for each in candidates(grid)]
    tested = judge_once(ledger, selection, tried, COSTS, seed=1, draws=60, members=2)
    return selection, tried, tested


def test_the_last_date_is_for_the_test_and_today_comes_after_it(ledger):
    assert len(ledger.past) == 3
    assert ledger.past[-1].cut_off < ledger.test.cut_off < ledger.now.cut_off
    assert ledger.now.bought is None
    assert ledger.training.rows == sum(each.rows for each in ledger.past)
    assert dates_table(ledger)["use"].tolist() == ["to learn from"] * 3 + ["to be tested on", "to be contacted"]
    assert "No two horizons overlap" in readings.read_dates(ledger)


def test_constant_and_unknown_features_are_named_with_a_reason(ledger):
    assert ledger.unusable["basket_size"] == "is the same for everybody"
    assert "a year before" in ledger.unusable["season_orders"]
    assert "recency" not in ledger.unusable


def test_a_planted_habit_is_found_and_everything_is_measured(ledger, judged):
    _, tried, tested = judged
    at = tested.table.set_index("model")
    assert set(at.index) == {"recency", "reference", *FAMILIES}
    assert at.loc[tested.chosen, "auc"] > 0.8
    assert (at["low"] <= at["auc"]).all()
    assert (at["auc"] <= at["high"]).all()
    assert 0 < tested.threshold <= 1
    assert tested.gains["recency"].value == pytest.approx(at.loc[tested.chosen, "auc"] - at.loc["recency", "auc"])
    assert tested.chosen == choose(tried).candidate.family


def test_the_same_ledger_gives_the_same_answers(engine, ledger, judged):
    selection, tried, tested = judged
    again = read_ledger(*frames(engine, orders(160, 200)), engine, **ASKED)
    assert select(again.training, again.unusable, 1).kept == selection.kept
    repeated = judge_once(again, selection, tried, COSTS, seed=1, draws=60, members=2)
    assert repeated.threshold == tested.threshold
    pd.testing.assert_frame_equal(repeated.table, tested.table)


def test_every_chart_says_what_it_shows_and_draws_hostile_names_as_text(ledger, judged):
    selection, tried, tested = judged
    kept = selection.kept
    best = {family: choose(tried, family) for family in FAMILIES}
    curves = learning_curves(ledger.training, kept, best["network"].candidate, 3, 1)
    by_tenth = tenths(tested.best, ledger.test.bought, ledger.test.spend)
    now, _ = score_now(ledger, kept, best["logistic"].candidate, 1, 1)
    listed = contacts(ledger.now.customers, now, 0.0)
    maps, unplaced = contact_maps(listed)
    aged = age_models([*ledger.past, ledger.test], best["logistic"].candidate, kept, seed=1, draws=60, members=1)
    figures = [
        charts.selection_chart(selection.table), charts.elimination_chart(selection.by_count),
        charts.fold_chart(best), charts.network_grid(tried), charts.learning_chart(curves),
        *charts.ranking_charts(tested, ledger.test.bought), charts.calibration_chart(tested, ledger.test.bought),
        *lift_charts(by_tenth), profit_chart(tested, ledger.test, COSTS, "GBP"),
        charts.ageing_chart(aged), *charts.behaviour_charts(ledger.test, kept, tested.best, 1), *maps,
    ]  # fmt: skip
    assert all(len(figure.layout.meta["alt"]) > 30 for figure in figures)
    assert not any("<b>" in figure.to_json() for figure in figures)
    assert unplaced.index.tolist() == [HOSTILE]
    assert spend_by_tenth(tested, ledger.test).index.tolist() == list(range(1, 11))


def test_what_is_said_fits_what_was_found(ledger, judged):
    selection, tried, tested = judged
    ways = policies(tested.best, ledger.test.spend, tested.threshold, COSTS)
    said = [
        readings.read_selection(selection), readings.read_choice(tried), *readings.read_test(tested),
        readings.read_network(tested), readings.read_calibration(tested, ledger.test.bought, 0.5),
        readings.read_threshold(tested, COSTS, ways, "GBP"),
        readings.read_kinds(by_kind(ledger.test, tested.best), ledger),
        readings.seen_signs(weights(ledger, selection.kept, 1)),
        readings.read_balance(compare_balance(ledger.training, selection.kept, [tried[0].candidate], 1)),
    ]  # fmt: skip
    assert all(text.endswith((".", ":")) and "nan" not in text for text in said)
    assert "nobody in the training folds was worth one" in readings.read_threshold(
        tested._replace(threshold=1.0), COSTS, ways, "GBP"
    )
    assert readings.findings(ledger, selection, tried, tested, 1.5)["lift_top_decile"] == 1.5


def test_a_plan_that_everybody_would_have_beaten_is_doubted():
    ways = pd.DataFrame({"policy": ["Threshold from training", "Everybody"], "profit": [1498.0, 2090.0]})
    assert "1,498 GBP, contacting everybody 2,090 GBP" in readings.read_plan(ways, "GBP")
    assert readings.read_plan(ways.assign(profit=[9.0, 9.0]), "GBP") is None


@pytest.mark.parametrize(
    ("frame", "asked", "words"),
    [
        (orders(40, 50), {}, "too short for a horizon"),
        (orders(40, 80), {}, "room for one cut-off only"),
        (orders(40, 200), {"folds": 50}, "fewer than the 50 folds"),
        (orders(40, 200)[lambda f: f["customer_id"] == "c001"], {}, "fewer than the 3 folds"),
    ],
)
def test_a_ledger_with_nothing_to_learn_from_gives_a_reason(engine, frame, asked, words):
    found, reason = ledger_or_reason(*frames(engine, frame), engine, **ASKED | asked)
    assert found is None
    assert words in reason


def test_customers_who_all_come_back_give_a_reason(engine):
    frame = orders(40, 200)[lambda f: f["customer_id"].str[-1].isin(list("13579"))]
    found, reason = ledger_or_reason(*frames(engine, frame), engine, **ASKED)
    assert found is None
    assert "did not buy again" in reason


def test_a_cut_off_that_the_study_asks_for_and_cannot_be_stops_the_chapter(engine):
    with pytest.raises(StudyError, match="outside the ledger"):
        ledger_or_reason(*frames(engine, orders(40, 200)), engine, **ASKED | {"cut_off": "2031-01-01"})

"""Spend ahead: the test comes last in time, and what cannot be predicted is refused in a sentence."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.regression.forecast import TARGET, described, look_ahead, spend_task, today
from helpers.chapters.regression.task import forecast, prepare
from helpers.chapters.regression.training import evaluate

START = datetime(2024, 1, 1, 10)
SECTION = {
    "target": None,
    "last_cut_off": None,
    "horizon_days": 20,
    "cut_offs": 4,
    "features": None,
    "known_after": [],
    "folds": 3,
    "inner_folds": 2,
}


def ledger(customers=30, days=120, sign=1.0, seed=4):
    """Return orders of customers who buy again and again, each for an amount of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        usual, gap = rng.uniform(5, 200), rng.uniform(5, 25)
        day = rng.uniform(0, 10)
        while day < days:
            rows.append((f"c{number:03d}", day, sign * usual * rng.uniform(0.8, 1.2)))
            day += gap * rng.uniform(0.5, 1.5)
    return pd.DataFrame(
        {
            "customer_id": [row[0] for row in rows],
            "order_id": [f"o{number}" for number in range(len(rows))],
            "ordered_at": [START + timedelta(days=row[1]) for row in rows],
            "revenue": [row[2] for row in rows],
        }
    )


def framed(engine, frame):
    return engine.table(pa.Table.from_pandas(frame, preserve_index=False))


def prepared(engine, frame, **section):
    lines = framed(engine, frame)
    return prepare(lines, framed(engine, frame.head(1)), frame, SECTION | section, seed=1, engine=engine)


@pytest.fixture(scope="module")
def looked(engine):
    frame = ledger()
    lines = framed(engine, frame)
    ahead = look_ahead(lines, framed(engine, frame.head(1)), days=20, at_most=4, last=None, engine=engine)
    return frame, lines, ahead


def test_the_last_cut_off_is_the_test_and_all_others_are_learned_from(looked):
    _, _, ahead = looked
    task = spend_task(ahead, ahead.features, 1, 3, 2)
    ((learn, test),) = task.outer
    dates = ahead.table["cut_off"].to_numpy()
    assert len(ahead.dates) == 4
    assert set(dates[test]) == {np.datetime64(ahead.dates[-1])}
    assert dates[learn].max() < dates[test].min()
    assert len(learn) + len(test) == len(dates)
    assert described(ahead)["role"].tolist() == ["learn"] * 3 + ["test"]


def test_the_outcome_and_the_baseline_by_hand(looked):
    frame, _, ahead = looked
    date = ahead.dates[1]
    days = timedelta(days=20)
    row = ahead.table[(ahead.table["cut_off"] == date) & (ahead.table["customer_id"] == "c003")].iloc[0]
    own = frame[frame["customer_id"] == "c003"]
    after = own[(own["ordered_at"] >= date) & (own["ordered_at"] < date + days)]["revenue"].sum()
    before = own[(own["ordered_at"] < date) & (own["ordered_at"] >= date - days)]["revenue"].sum()
    assert row[TARGET] == pytest.approx(after)
    assert row["recent_spend"] == pytest.approx(before)
    assert TARGET not in ahead.features


def test_today_is_the_end_of_the_ledger_and_the_forecast_knows_all_customers(looked, engine):
    frame, lines, ahead = looked
    now, known = today(lines, framed(engine, frame.head(1)), ahead, engine)
    assert now == frame["ordered_at"].max().replace(hour=0, minute=0, second=0, microsecond=0, nanosecond=0)
    assert set(known["customer_id"]) == set(frame["customer_id"])
    evaluation = evaluate(spend_task(ahead, ahead.features, 1, 3, 2), trials=1)
    table = forecast(evaluation, known, 0.9)
    assert sorted(table["customer_id"]) == sorted(known["customer_id"])
    assert (table["low"] <= table["predicted"]).all()
    assert (table["predicted"] <= table["high"]).all()
    assert table["low"].min() >= 0


def test_with_one_cut_off_customers_are_divided_into_folds(engine):
    ready = prepared(engine, ledger(days=45))
    assert ready.task.when is None
    assert len(ready.task.outer) == 3
    assert "by folds" in described(ready.ahead)["role"].iloc[0]


def test_a_short_ledger_is_refused_in_a_sentence_and_a_wrong_date_is_an_error(engine):
    short = prepared(engine, ledger(days=15))
    assert short.task is None
    assert "too short for a horizon of 20 days" in short.refusal
    with pytest.raises(StudyError, match="outside the ledger"):
        prepared(engine, ledger(), last_cut_off="2031-01-01")


def test_nobody_spending_anything_is_refused_in_a_sentence(engine):
    free = ledger().assign(revenue=0.0)
    ready = prepared(engine, free)
    assert ready.task is None
    assert "0 for everybody: there is nothing to predict" in ready.refusal


def test_fewer_customers_than_folds_are_refused_in_a_sentence(engine):
    ready = prepared(engine, ledger(customers=2))
    assert ready.task is None
    assert "fewer than the 3 folds" in ready.refusal


def test_returns_above_purchases_make_negative_spend_which_is_predicted_by_squares(engine):
    frame = pd.concat([ledger(), ledger(customers=10, sign=-1.0, seed=9)])
    ready = prepared(engine, frame)
    assert ready.task.y.min() < 0
    assert ready.task.spend is False
    assert np.isfinite(evaluate(ready.task, trials=1).chosen).all()


def test_the_audit_finds_a_feature_of_the_horizon_itself(engine, looked):
    from helpers.predicting.audit import audit

    _, _, ahead = looked
    table = ahead.table.assign(known_too_late=ahead.table[TARGET] * 0.5)
    found = audit(table, TARGET, [*ahead.features, "known_too_late"])
    assert found.suspects == ["known_too_late"]
    assert audit(ahead.table, TARGET, ahead.features).leaks == []

"""The test comes last in time, copies stay together, and what cannot be predicted is refused in a sentence."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.errors import StudyError
from helpers.chapters.regression.task import (
    SPEND,
    as_features,
    column,
    described,
    in_order,
    spend_ahead,
)
from helpers.predicting.audit import audit

START = datetime(2024, 1, 1, 10)
ROWS = 60


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


def ahead(engine, frame, returns=None, **changes):
    back = frame.head(0) if returns is None else returns
    lines, returns = (engine.table(pa.Table.from_pandas(each, preserve_index=False)) for each in (frame, back))
    asked = {
        "days": 20,
        "at_most": 4,
        "last": None,
        "target": None,
        "features": None,
        "known_after": [],
        "folds": 3,
        "choose_on": 5000,
        "seed": 42,
    }
    return spend_ahead(lines, returns, engine, **(asked | changes))


def people(**changes):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "customer_id": [str(n) for n in range(1, ROWS + 1)],
            "age": rng.integers(18, 80, ROWS).astype(float),
            "city": rng.choice(["York", "Bath"], ROWS),
            "rating": rng.uniform(1, 5, ROWS).round(1),
            "amount": rng.gamma(2.0, 50.0, ROWS).round(2),
        }
    )
    return frame.assign(**changes)


def predicted(frame, sources=None, **changes):
    asked = {"target": "amount", "features": None, "known_after": [], "folds": 3, "choose_on": 5000, "seed": 42}
    return column(frame, list(frame.columns) if sources is None else sources, **(asked | changes))


@pytest.fixture(scope="module")
def looked(engine):
    frame = ledger()
    return frame, ahead(engine, frame)


def test_the_last_cut_off_is_the_test_and_all_others_are_learned_from(looked):
    _, ready = looked
    dates = ready.table["cut_off"].to_numpy()
    assert len(ready.snapshots) == 4
    assert set(dates[ready.task.tested]) == {np.datetime64(ready.snapshots[-1].cut_off)}
    assert np.array_equal(np.argsort(ready.task.when, kind="stable"), np.argsort(dates, kind="stable"))
    assert described(ready.snapshots)["role"].tolist() == ["learn"] * 3 + ["test"]
    assert ready.spend
    assert ready.what == "spend in the next 20 days"


def test_the_outcome_and_the_baseline_by_hand(looked):
    frame, ready = looked
    date, days = ready.snapshots[1].cut_off, timedelta(days=20)
    row = ready.table[(ready.table["cut_off"] == date) & (ready.table["customer_id"] == "c003")].iloc[0]
    own = frame[frame["customer_id"] == "c003"]
    after = own[(own["ordered_at"] >= date) & (own["ordered_at"] < date + days)]["revenue"].sum()
    before = own[(own["ordered_at"] < date) & (own["ordered_at"] >= date - days)]["revenue"].sum()
    assert row[SPEND] == pytest.approx(after)
    assert row["recent_spend"] == pytest.approx(before)
    assert SPEND not in ready.task.names


def test_with_one_cut_off_customers_are_divided_into_folds(engine):
    ready = ahead(engine, ledger(days=45))
    assert not ready.task.through_time
    assert len(ready.task.tested) == len(ready.table)
    assert "by folds" in described(ready.snapshots)["role"].iloc[0]


def test_a_short_ledger_is_refused_in_a_sentence_and_a_wrong_date_is_an_error(engine):
    short = ahead(engine, ledger(days=15))
    assert short.task is None
    assert "too short for a horizon of 20 days" in short.refusal
    with pytest.raises(StudyError, match="outside the sales data"):
        ahead(engine, ledger(), last="2031-01-01")
    with pytest.raises(StudyError, match=r"regression\.target is 'revenue', but the source has dated orders"):
        ahead(engine, ledger(), target="revenue")


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (ledger().assign(revenue=0.0), "0 for everybody: there is nothing to predict"),
        (ledger(customers=2), "fewer than the 3 folds"),
    ],
    ids=["nobody spends", "few"],
)
def test_a_ledger_that_cannot_be_predicted_is_refused_in_a_sentence(engine, frame, words):
    ready = ahead(engine, frame)
    assert ready.task is None
    assert words in ready.refusal


def test_what_came_back_makes_spend_net_and_may_take_it_below_zero(engine):
    frame = ledger()
    back = frame.assign(revenue=-1.5 * frame["revenue"])[frame["customer_id"] == "c003"]
    ready = ahead(engine, frame, returns=back)
    spend, gross = (each.table.groupby("customer_id")[SPEND].sum() for each in (ready, ahead(engine, frame)))
    assert spend["c003"] < 0
    assert spend["c003"] == pytest.approx(-0.5 * gross["c003"])
    assert spend.drop("c003").tolist() == gross.drop("c003").tolist()
    assert ready.spend


def test_the_audit_finds_a_feature_of_the_horizon_itself(looked):
    _, ready = looked
    table = ready.table.assign(known_too_late=ready.table[SPEND] * 0.5)
    assert audit(table, SPEND, [*ready.task.names, "known_too_late"]).suspects == ["known_too_late"]
    assert ready.audited.leaks == []


def test_customers_stand_in_the_order_of_their_ids_and_need_a_target():
    frame = people().sort_values("customer_id")
    frame.loc[frame["customer_id"] == "7", "amount"] = np.nan
    assert in_order(frame, "amount")["customer_id"].tolist() == [str(n) for n in range(1, ROWS + 1) if n != 7]
    with pytest.raises(StudyError, match="is 'city', which is no number"):
        in_order(frame, "city")
    with pytest.raises(StudyError, match="no column 'amuont'; did you mean amount"):
        in_order(frame, "amuont")


def test_features_are_the_sources_own_less_leaks_and_what_comes_after():
    frame = people()
    frame = frame.assign(per_year=frame["amount"] / frame["age"], empty=np.nan, when=pd.Timestamp("2024-01-01"))
    sources = ["customer_id", "age", "city", "rating", "amount", "empty"]
    ready = predicted(frame, sources, known_after=["rating"])
    assert ready.task.names == ["age", "city"]
    assert ready.left_out == {
        "rating": "is known only after the event",
        "per_year": "gives the target away",
        "empty": "has no value at all",
    }
    assert predicted(frame, sources, features=["age", "per_year"]).task.names == ["age"]
    with pytest.raises(StudyError, match="no column 'agee'; did you mean age"):
        predicted(frame, sources, features=["agee"])


def test_features_become_numbers_and_texts_and_gaps_stay_gaps():
    x = as_features(people(member=True, city=["York", None] * (ROWS // 2)), ["age", "city", "member"])
    assert x["age"].dtype == float
    assert x["member"].tolist()[0] == 1.0
    assert x["city"].isna().sum() == ROWS // 2


def test_copies_share_a_group():
    once = people()
    frame = pd.concat([once, once, once], ignore_index=True).assign(customer_id=[str(n) for n in range(3 * ROWS)])
    ready = predicted(frame)
    assert ready.audited.duplicates == 2 * ROWS
    assert (np.bincount(ready.task.groups) == 3).all()


@pytest.mark.parametrize(
    ("frame", "changes", "words"),
    [
        (people(amount=5.0), {}, "5 for everybody: there is nothing to predict"),
        (people().head(2), {}, "2 different rows, fewer than the 3 folds"),
        (people(age=np.nan, city="York", rating=np.nan), {}, "No feature is left"),
        (people(), {"known_after": ["age", "city", "rating"]}, "No feature is left"),
    ],
    ids=["constant", "few", "empty", "after"],
)
def test_what_cannot_be_predicted_is_refused_in_a_sentence(frame, changes, words):
    ready = predicted(frame, **changes)
    assert ready.task is None
    assert words in ready.refusal


def test_the_places_of_chapter_03_are_no_leak_and_a_score_is_no_money():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(60)], "age": rng.normal(40, 9, 60)})
    frame["monetary"] = rng.uniform(10, 900, 60)
    placed = frame.assign(m_score=pd.qcut(frame["monetary"], 5, labels=False), rfm_segment="Champions")
    found = predicted(placed, target="monetary", sources=list(frame))
    assert found.audited.leaks == [] and "m_score" not in found.left_out and found.paid
    assert [leak.suspects for leak in predicted(placed, target="monetary").audited.leaks] == [("m_score",)]
    assert not predicted(frame, target="age").paid

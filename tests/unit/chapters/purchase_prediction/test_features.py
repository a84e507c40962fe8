"""The rhythm of a customer, known by hand; and a past that does not notice when the future changes."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.base.engine import open_engine
from helpers.base.vocabulary import FEATURES, MEASURES
from helpers.chapters.purchase_prediction.features import (
    FLAT,
    OWN,
    TAKEN,
    as_inputs,
    complete,
    customers_at,
    features_of,
    purchase_days,
    rhythm_features,
)

CUT_OFF = datetime(2024, 6, 1)


def lines_of(*orders):
    """Return lines of (customer, days before the cut-off, revenue)."""
    frame = pd.DataFrame(orders, columns=["customer_id", "before", "revenue"])
    frame["ordered_at"] = [CUT_OFF + timedelta(hours=10) - timedelta(days=days) for days in frame.pop("before")]
    frame["order_id"] = [f"o{number}" for number in range(len(frame))]
    frame["revenue"] = frame["revenue"].astype(float)
    frame["country"] = ["France" if name == "f" else "Spain" for name in frame["customer_id"]]
    return frame


# a comes every ten days, b came once, c came twice and stopped, f is the only one in France
ORDERS = (
    ("a", 41, 10), ("a", 31, 10), ("a", 21, 10), ("a", 11, 40), ("b", 50, 7), ("c", 100, 60), ("c", 80, 20),
    ("f", 5, 5), ("a", -3, 99), ("b", -89, 50), ("d", -1, 5),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with open_engine() as opened:
        yield opened


def framed(engine, frame):
    return engine.table(pa.Table.from_pandas(frame, preserve_index=False))


@pytest.fixture(scope="module")
def seen(engine):
    lines = framed(engine, lines_of(*ORDERS))
    back = framed(engine, lines_of(("c", 70, -20), ("a", -5, -99)))
    return customers_at(lines, back, CUT_OFF, 90, engine)


def of(seen, customer):
    return seen.set_index("customer_id").loc[customer]


def test_customers_of_the_future_are_not_there_and_outcomes_are_those_of_the_horizon(seen):
    assert seen["customer_id"].tolist() == ["a", "b", "c", "f"]
    assert seen["next_orders"].tolist() == [1, 1, 0, 0]
    assert seen["next_spend"].tolist() == [99 - 99, 50, 0, 0]  # net: what a bought went back
    assert set(seen["cut_off"]) == {CUT_OFF}


def test_gaps_and_their_regularity(seen):
    a, c = of(seen, "a"), of(seen, "c")
    assert (a["gap_median"], a["gap_last"], a["gap_longest"], a["gap_variation"]) == (10, 10, 10, 0)
    assert (c["gap_median"], c["gap_last"], c["average_gap"]) == (20, 20, 20)
    assert c["silence"] == pytest.approx(79 / 20)
    assert a["silence"] == pytest.approx(1.0)


def test_one_purchase_shows_no_gap_until_the_silence_stands_in_for_it(seen):
    b = of(seen, "b")
    assert np.isnan(b["gap_median"])
    filled = complete(seen).iloc[1]
    assert filled["gap_median"] == filled["average_gap"] == b["average_gap"]
    assert filled["gap_variation"] == 0
    assert not complete(seen).isna().any().any()


def test_a_trend_compares_the_halves_of_a_customers_own_time(seen):
    # a: 41 days; the first purchase opens the time, two lie in its earlier half, one in the later
    assert of(seen, "a")["order_trend"] == 1 - 2
    assert of(seen, "a")["spend_trend"] == pytest.approx(np.log(41 / 21))
    assert of(seen, "b")["order_trend"] == 0
    assert of(seen, "b")["spend_trend"] == 0


def test_what_came_back_counts_only_before_the_cut_off(seen):
    assert of(seen, "c")["return_share"] == pytest.approx(20 / 80)
    assert of(seen, "a")["return_share"] == 0


def test_last_purchase_weight_months_and_home(seen):
    a = of(seen, "a")
    assert a["last_to_average"] == pytest.approx(40 / 17.5)
    ages = np.array([41, 31, 21, 11])
    assert a["recent_weight"] == pytest.approx(float((0.5 ** (ages / 60)).sum()), rel=0.02)
    assert a["active_months"] == pytest.approx(2 / 3)  # April and May, of April to June
    assert of(seen, "f")["home_country"] == 0
    assert a["home_country"] == 1


def test_the_season_of_a_year_before_is_unknown_in_a_young_ledger(engine):
    days = purchase_days(framed(engine, lines_of(*ORDERS)), CUT_OFF)
    assert rhythm_features(days, CUT_OFF, 90)["season_orders"].isna().all()


def test_the_season_of_a_year_before_counts_the_same_days(engine):
    orders = (("a", 400, 1), ("a", 360, 1), ("a", 300, 1), ("a", 260, 1), ("b", 364, 1), ("b", 10, 1))
    found = rhythm_features(purchase_days(framed(engine, lines_of(*orders)), CUT_OFF), CUT_OFF, 90)
    assert found["season_orders"].tolist() == [
        2,
        1,
    ]  # 360 and 300 days ago lie in the horizon's days; 260 does not


def test_the_future_may_change_without_a_feature_noticing(engine, seen):
    other = [*ORDERS[:8], ("a", -20, 5555), ("c", -10, 7777)]
    lines = framed(engine, lines_of(*other))
    back = framed(engine, lines_of(("c", 70, -20), ("f", -1, -5)))
    again = customers_at(lines, back, CUT_OFF, 90, engine)
    outcome = ["next_orders", "next_spend"]
    pd.testing.assert_frame_equal(again.drop(columns=outcome), seen.drop(columns=outcome))
    assert again["next_orders"].tolist() != seen["next_orders"].tolist()


def test_today_nothing_has_come_yet(engine):
    lines = framed(engine, lines_of(*ORDERS))
    now = customers_at(lines, framed(engine, lines_of(("c", 70, -20))), datetime(2024, 8, 30), 90, engine)
    assert now["next_orders"].tolist() == [0] * 5


def test_every_feature_has_a_name_and_a_meaning(seen):
    names = features_of(seen)
    assert set(OWN) <= set(names) <= {*TAKEN, *OWN}
    assert all((FEATURES | MEASURES)[name].label and (FEATURES | MEASURES)[name].meaning for name in names)


def test_models_see_long_tails_as_logarithms_and_shares_as_they_are(seen):
    inputs, numbers = as_inputs(seen), complete(seen)
    assert inputs["monetary"].tolist() == pytest.approx(np.log1p(numbers["monetary"]).tolist())
    for name in set(FLAT) & set(inputs):
        assert inputs[name].tolist() == numbers[name].tolist()

"""Segments at an earlier date are those of a ledger cut at that date; scores mean the same at both."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.what_changed import movement
from helpers.customers.features import customer_features, span_of
from helpers.customers.scores import score
from helpers.customers.segments import check_segments
from tests.unit.conftest import numbered

SEGMENTS = {"Best": {"r": [4, 5], "fm": [3, 5]}, "New": {"r": [4, 5], "fm": [1, 2]}, "Away": {"r": [1, 3]}}
NAMED = check_segments(SEGMENTS, 5)
START, CUT = datetime(2024, 1, 1), datetime(2024, 9, 1)


@pytest.fixture(scope="module")
def ledger(engine):
    """Return purchases and returns of a year, and of the year up to a date, as a file of that day has them."""
    rng = np.random.default_rng(5)
    size = 600
    when = sorted(START + timedelta(hours=int(hour)) for hour in rng.integers(0, 366 * 24, size))
    columns = {
        "customer_id": [f"c{int(n):02d}" for n in rng.zipf(1.3, size) % 60],
        "order_id": [str(n) for n in range(size)],
        "ordered_at": when,
        "quantity": ["1"] * size,
        "revenue": [f"{value:.2f}" for value in rng.gamma(2, 20, size)],
    }
    back = {name: values[5::20] for name, values in columns.items()}
    back |= {
        "ordered_at": [moment + timedelta(days=20) for moment in back["ordered_at"]],
        "quantity": ["-1"] * len(back["order_id"]),
        "revenue": [f"-{value}" for value in back["revenue"]],
    }

    def until(columns, moment):
        kept = [place for place, day in enumerate(columns["ordered_at"]) if day < moment]
        return engine.table(numbered(**{name: [values[n] for n in kept] for name, values in columns.items()}))

    late = datetime(2026, 1, 1)
    return {moment: (until(columns, moment), until(back, moment)) for moment in (CUT, late)}, late


def test_an_earlier_date_is_a_ledger_cut_there(ledger, engine):
    frames, late = ledger
    found = movement.measured(*frames[late], CUT, engine)
    cut, back = frames[CUT]
    anew = customer_features(cut, back, span_of(cut, back, snapshot=CUT.isoformat()), engine)
    expected = anew.sort("customer_id").collect("pandas").to_native().set_index("customer_id")
    pd.testing.assert_frame_equal(found, expected[found.columns].round({"monetary": 2}))
    summed = movement.measured(*movement.moments_of(*frames[late], engine), CUT, engine)
    pd.testing.assert_frame_equal(summed, found)
    segments = movement.segments_of(found, found, NAMED, 5)
    scores = score(expected.reset_index(), 5)
    assert segments.tolist() == [NAMED[one] for one in scores.itertuples(index=False, name=None)]


def test_rows_sum_to_the_customers_of_the_earlier_date(ledger, engine):
    frames, late = ledger
    then, now = (movement.measured(*frames[late], moment, engine) for moment in (CUT, late))
    moved = pd.DataFrame({
        "before": movement.segments_of(then, then, NAMED, 5),
        "after": movement.segments_of(now.loc[then.index], then, NAMED, 5),
        "at_stake": then["monetary"],
    })  # fmt: skip
    order = movement.order_of(NAMED)
    paths = movement.paths_of(moved, order, pd.DataFrame(0.0, index=order, columns=order))
    by_row = paths.groupby("before")["customers"].sum()
    assert by_row.to_dict() == moved["before"].value_counts().to_dict()
    assert paths["customers"].sum() == len(then) < len(now)
    assert paths["at_stake"].sum() == pytest.approx(then["monetary"].sum())


def test_nobody_moves_where_nothing_changes(ledger, engine):
    frames, late = ledger
    now = movement.measured(*frames[late], late, engine)
    same = movement.segments_of(now, now, NAMED, 5)
    assert same.equals(movement.segments_of(now.sample(frac=1, random_state=0), now, NAMED, 5)[now.index])


def test_the_way_down_is_the_way_to_a_worse_segment():
    assert movement.order_of(NAMED) == ["Best", "New", "Away"]
    moved = pd.DataFrame({
        "before": ["Best", "Best", "New", "Away"], "after": ["Away", "Best", "Best", "Away"],
        "at_stake": [9.0, 5, 1, 2],
    })  # fmt: skip
    paths = movement.paths_of(moved, movement.order_of(NAMED), pd.DataFrame())
    assert paths[["before", "direction"]].to_numpy().tolist() == [
        ["Best", "down"], ["Best", "same"], ["Away", "same"], ["New", "up"],
    ]  # fmt: skip


def test_a_spell_goes_back_to_the_last_other_segment():
    moments = pd.to_datetime(["2024-04-01", "2024-03-01", "2024-02-01", "2024-01-01"])
    at = [
        pd.Series({"stays": "A", "came": "A", "back": "A", "new": "A"}),
        pd.Series({"stays": "A", "came": "A", "back": "B"}),
        pd.Series({"stays": "A", "came": "B", "back": "A"}),
        pd.Series({"stays": "A", "came": "C", "back": "A"}),
    ]
    found = movement.since(list(zip(moments, at, strict=True)))
    assert found["segment_since"].dt.month.to_dict() == {"stays": 1, "came": 3, "back": 4, "new": 4}
    assert found["previous_segment"].to_dict() == {"stays": None, "came": "B", "back": "B", "new": None}

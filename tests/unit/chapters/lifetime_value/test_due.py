"""Time to the next order: lifelines' curves and intervals, and rhythms that were drawn."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_leukemia, load_rossi, load_waltons

from helpers.chapters.lifetime_value import due

SETS = {
    "waltons": (load_waltons, "T", "E"),
    "rossi": (load_rossi, "week", "arrest"),
    "leukemia": (load_leukemia, "t", "status"),
}
START = pd.Timestamp("2025-01-01")


@pytest.mark.parametrize("name", SETS)
def test_curve_and_interval_are_those_of_lifelines(name):
    load, time, event = SETS[name]
    frame = load()
    ours = due.survival(frame[time].to_numpy(), frame[event].to_numpy() == 1)
    theirs = KaplanMeierFitter().fit(frame[time], frame[event])
    low, high = (theirs.confidence_interval_survival_function_.iloc[:, column] for column in (0, 1))
    for side, curve in {"share": theirs.survival_function_.iloc[:, 0], "low": low, "high": high}.items():
        assert (ours[side] - curve.reindex(ours.index)).abs().max() < 1e-9
        assert curve.reindex(ours.index).notna().all()


def test_where_all_have_ended_none_is_left():
    curve = due.survival(np.array([3.0, 1.0, 2.0]), np.ones(3, dtype=bool))
    assert curve["share"].iloc[-1] == curve["low"].iloc[-1] == curve["high"].iloc[-1] == 0
    assert due.time_at(curve, np.array([0.5, 0.0])).tolist() == [2.0, 3.0]
    assert due.share_after(curve, np.array([0.0, 1.0, 99.0])) == pytest.approx([1, 2 / 3, 0])
    lasting = due.survival(np.array([1.0, 5.0]), np.array([True, False]))
    assert np.isnan(due.time_at(lasting, np.array([0.4]))[0])


def shop(rng, customers, shape, until=700):
    """Draw purchase days of customers with intervals of their own; who stops, stops half way."""
    rows = []
    for one in range(customers):
        mean, stops = rng.uniform(15, 60), until if one % 4 else until / 2
        days = rng.uniform(0, 30) + rng.gamma(shape, mean / shape, 200).cumsum()
        rows += [(str(one), START + pd.Timedelta(days=int(day))) for day in days[days < stops]]
    return pd.DataFrame(rows, columns=["customer_id", "day"]).drop_duplicates()


def test_an_interval_is_held_against_earlier_ones_only():
    days = pd.DataFrame({"customer_id": "a", "day": START + pd.to_timedelta([0, 10, 30, 90], unit="D")})
    found = due.intervals_of(days, (START + pd.Timedelta(days=100)).to_pydatetime(), ["customer_id"])
    assert found["interval"].tolist() == [10, 20, 60, 10] and found["ended"].tolist() == [True, True, True, False]
    usual = 30.0  # of all that have ended
    assert found["own"].tolist() == [usual, (10 + usual) / 2, (30 + usual) / 3, (90 + usual) / 4]


def test_those_who_stopped_are_overdue_and_hardly_anybody_else():
    days, now = shop(np.random.default_rng(4), 400, 4.0), START + pd.Timedelta(days=700)
    intervals = due.intervals_of(days, now.to_pydatetime(), ["customer_id"])
    curve = due.rhythm(intervals, 3)
    found = due.due(intervals, curve, 3, late=0.05)
    stopped = found["customer_id"].astype(int) % 4 == 0
    assert found.loc[stopped, "overdue"].mean() > 0.95
    assert found.loc[~stopped, "overdue"].mean() < 0.1
    assert (found.loc[~found["overdue"], "due_on"].dropna() >= now).all()


def test_the_probability_of_an_order_is_what_comes():
    days = shop(np.random.default_rng(5), 1200, 3.0)
    cut = START + pd.Timedelta(days=600)
    intervals = due.intervals_of(days, cut.to_pydatetime(), ["customer_id"])
    curve = due.rhythm(intervals, 3)
    found = due.due(intervals, curve, 3, late=0.1)
    going = found["customer_id"].astype(int) % 4 != 0
    probability = due.within(found, curve, 30)
    came = found["customer_id"].isin(
        days.loc[days["day"].between(cut, cut + pd.Timedelta(days=29)), "customer_id"]
    )
    assert probability[going].mean() == pytest.approx(came[going].mean(), abs=0.06)

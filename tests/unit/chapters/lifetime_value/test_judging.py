"""What is forecast beside what was: the winner, the tracking of weeks, sums by group, dates."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from helpers.base.sampling import Interval
from helpers.chapters.lifetime_value import judging
from helpers.chapters.lifetime_value.models import BG, Fit
from tests.unit.chapters.lifetime_value import worlds

FIT = Fit(BG, np.array([0.6, 6.0, 0.8, 2.5]), 0.0, np.zeros((4, 4)), (), 1)


def test_a_forecast_is_ranked_summed_and_held_against_buying():
    actual = np.array([0.0, 10, 20, 30])
    forecasts = {"model": pd.Series([1.0, 2, 3, 4]), "other": pd.Series([4.0, 3, 2, 1])}
    found = judging.compare(forecasts, actual, actual > 0).set_index("forecast")
    assert found["spearman"].tolist() == pytest.approx([1, -1]) and found["auc"].tolist() == [1, 0]
    assert found["total_ratio"].tolist() == pytest.approx([1 / 6, 1 / 6])
    assert found.loc["model", "mae"] == pytest.approx((1 + 8 + 17 + 26) / 4)
    assert judging.rank_gain(actual, *(f.to_numpy() for f in forecasts.values())) == pytest.approx(2)


@pytest.mark.parametrize(
    ("best", "low", "doubtful", "winner"),
    [
        (0.4, 0.1, False, "model"),
        (0.6, 0.1, False, "rule"),
        (0.6, -0.1, False, "model"),
        (0.6, -0.1, True, "rule"),
    ],
)
def test_the_model_gives_way_to_what_is_significantly_better(best, low, doubtful, winner):
    compared = pd.DataFrame({"forecast": ["model", "rule"], "spearman": [0.5, best]})
    gains = {"rule": Interval(best - 0.5, low, 1.0)}
    assert judging.winner(compared, gains, doubtful=doubtful) == winner


def test_weeks_are_tracked_where_the_model_is_right():
    rng, rows = np.random.default_rng(3), []
    start, then, today = datetime(2024, 1, 1), datetime(2025, 1, 6), datetime(2025, 6, 30)
    for one in range(3000):
        at, rate, stops = rng.uniform(0, 200), rng.gamma(0.6, 1 / 42), rng.beta(0.8, 2.5)
        while at < 546:
            rows.append((str(one), pd.Timestamp(start) + pd.Timedelta(days=int(at))))
            if len(rows) > 1 and rows[-2][0] == str(one) and rng.random() < stops:
                break
            at += rng.exponential(1 / rate)
    days = pd.DataFrame(rows, columns=["customer_id", "day"]).drop_duplicates().assign(orders=1)
    weeks = judging.tracking(days, FIT, then, today)
    after = weeks[weeks.index >= pd.Timestamp(then)].sum()
    assert after["expected"] == pytest.approx(after["actual"], rel=0.1)
    assert weeks["expected"].sum() == pytest.approx(weeks["actual"].sum(), rel=0.1)


def test_the_probability_of_an_order_is_lower_than_that_of_being_active():
    people = worlds.customers(np.random.default_rng(1), 300, (0.6, 6.0), (0.8, 2.5))
    soon, later = judging.probability(FIT, people, 30), judging.probability(FIT, people, 300)
    x, last, age = (people[name].to_numpy(float) for name in ("x", "last", "age"))
    assert (soon < later).all() and (later <= judging.alive(BG, FIT.values, x, last, age)).all()


def test_sums_by_group_have_their_intervals_and_the_largest_is_first():
    value = pd.DataFrame({"worth_year": [1.0, 2, 3], "lifetime": [2.0, 4, 9], "value_at_risk": 1.0, "alive": 0.5})
    drawn = pd.DataFrame({"a": np.linspace(5, 7, 101), "b": np.linspace(8, 10, 101)})
    found = judging.by_group(value, pd.Series(["a", "a", "b"]), drawn)
    assert found.index.tolist() == ["b", "a"]
    assert found.loc["a", ["lifetime", "customers", "low", "high"]].tolist() == pytest.approx([6, 2, 5.05, 6.95])


def test_dates_are_judged_by_who_came_and_when():
    cut = datetime(2025, 3, 1)
    came = pd.Series(pd.to_datetime(["2025-03-05", None, "2025-03-11"]))
    on = pd.Series(pd.to_datetime(["2025-03-07", "2025-06-01", "2025-02-01"]))  # before the window: its start
    found = judging.compare_dates({"rhythm": (np.array([3, 1, 2]), on)}, came, cut).iloc[0]
    assert (found["auc"], found["days_off"]) == (1.0, 6.0)


def test_parts_with_few_customers_are_not_compared():
    people = pd.DataFrame({"next_orders": 1.0, "expected": 0.5, "x": [0.0] * 30 + [1.0] * 5})
    assert judging.by_part(people, people["x"], "x")["x"].tolist() == [0]

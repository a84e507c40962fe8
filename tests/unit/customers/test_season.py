"""Customers who keep to a season are found where chance would not show as many, and judged by their season."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from helpers.customers import season
from helpers.customers.season import BY_CHANCE, FEWEST, find_seasons

NOW = datetime(2025, 3, 1)


def purchases(months_of):
    """Return `customer_id, day`: of each customer the tenth of the months given, such as 2024-11."""
    rows = [(who, f"{month}-10") for who, months in months_of.items() for month in months]
    return pd.DataFrame(rows, columns=["customer_id", "day"]).astype({"day": "datetime64[us]"})


def steady(count=200, months=24, each=8, seed=1):
    """Return customers who buy in months at random, all year round."""
    rng = np.random.default_rng(seed)
    calendar = [str(p) for p in pd.period_range("2023-01", periods=months, freq="M")]
    return {f"s{n:03d}": rng.choice(calendar, each, replace=False) for n in range(count)}


def test_customers_of_one_season_are_found_and_named():
    christmas = {f"c{n:02d}": ["2023-11", "2023-12", "2024-11"][n % 2 :] for n in range(40)}
    found = find_seasons(purchases(steady() | christmas), NOW)
    assert found.found["season"].tolist() == ["Nov-Dec"]
    assert found.found["customers"].tolist() == [40]
    assert found.found["by_chance"][0] <= BY_CHANCE * 40
    assert found.found["inside"][0] == pytest.approx(1)
    theirs = found.customers["season"].dropna()
    assert set(theirs.index) == set(christmas)
    assert set(theirs) == {"Nov-Dec"}


def test_a_sample_of_many_customers_says_what_chance_shows_of_all(monkeypatch):
    span, rng = np.arange(24), np.random.default_rng(1)
    bought = np.zeros((1200, 24), dtype=bool)
    for customer in bought:
        customer[rng.choice(24, 2, replace=False)] = True
    everybody = season._by_chance(bought, span, seed=1)
    monkeypatch.setattr(season, "DRAWN", 400)
    assert everybody.max() > 40
    assert season._by_chance(bought, span, seed=1) == pytest.approx(everybody, rel=0.1, abs=4)


def test_a_season_may_run_over_new_year_and_count_as_one():
    turn = {f"c{n:02d}": ["2023-12", "2024-01", "2024-12"] for n in range(30)}
    once = {f"o{n:02d}": ["2023-12", "2024-01"] for n in range(30)}  # one season, two years of the calendar
    found = find_seasons(purchases(steady() | turn | once), NOW).customers["season"]
    assert set(found[list(turn)]) == {"Dec-Jan"}
    assert found[list(once)].isna().all()


def test_one_month_outside_of_four_is_allowed_and_one_of_three_is_not():
    most = {f"c{n:02d}": ["2023-11", "2023-12", "2024-11", "2024-05"] for n in range(30)}
    fewer = {f"f{n:02d}": ["2023-11", "2024-11", "2024-05"] for n in range(30)}
    found = find_seasons(purchases(steady() | most | fewer), NOW).customers["season"]
    assert found[list(most)].notna().all()
    assert found[list(fewer)].isna().all()


def test_few_months_of_a_busy_season_are_no_season():
    """A shop that sells nearly all at Christmas: everybody with two months is there, by chance."""
    rng = np.random.default_rng(3)
    busy = ["2023-11", "2023-12", "2024-11", "2024-12"]
    calendar = [str(p) for p in pd.period_range("2023-01", periods=24, freq="M")]
    weights = np.array([12 if month in busy else 1 for month in calendar], dtype=float)
    drawn = {f"s{n:03d}": rng.choice(calendar, 2, False, weights / weights.sum()) for n in range(400)}
    assert find_seasons(purchases(drawn), NOW).found.empty


def test_too_few_customers_are_no_season():
    christmas = {f"c{n:02d}": ["2023-11", "2024-11"] for n in range(FEWEST // 2)}
    assert find_seasons(purchases(steady() | christmas), NOW).found.empty


def test_two_seasons_have_a_customer_once():
    christmas = {f"c{n:02d}": ["2023-11", "2023-12", "2024-11"] for n in range(40)}
    spring = {f"a{n:02d}": ["2023-04", "2024-04", "2024-05"] for n in range(30)}
    found = find_seasons(purchases(steady() | christmas | spring), NOW)
    assert found.found["season"].tolist() == ["Nov-Dec", "Apr-May"]
    assert found.found["customers"].sum() == found.customers["season"].notna().sum() == 70


@pytest.mark.parametrize(
    ("now", "out", "missed", "next_season"),
    [
        ("2024-12-05", False, 0, "2024-11-01"),
        ("2025-03-01", True, 0, "2025-11-01"),
        ("2025-12-31", False, 0, "2025-11-01"),  # the season is on: it is not missed yet
        ("2026-01-01", True, 1, "2026-11-01"),
        ("2027-06-01", True, 2, "2027-11-01"),
    ],
)
def test_a_customer_is_judged_by_the_season(now, out, missed, next_season):
    christmas = {f"c{n:02d}": ["2023-11", "2023-12", "2024-11"] for n in range(40)}
    state = find_seasons(purchases(steady() | christmas), datetime.fromisoformat(now)).customers
    one, other = state.loc["c00"], state.loc["s000"]
    assert (one["out_of_season"], one["missed_seasons"]) == (out, missed)
    assert one["next_season"] == pd.Timestamp(next_season)
    assert (other["season"], other["out_of_season"], other["missed_seasons"]) == (None, False, 0)
    assert pd.isna(other["next_season"])


def test_order_and_repetition_do_not_matter():
    days = purchases(steady() | {f"c{n:02d}": ["2023-11", "2023-12", "2024-11"] for n in range(40)})
    again = pd.concat([days, days.sample(frac=0.5, random_state=0)]).sample(frac=1, random_state=1)
    first, second = find_seasons(days, NOW), find_seasons(again, NOW)
    pd.testing.assert_frame_equal(first.customers, second.customers)
    pd.testing.assert_frame_equal(first.found, second.found)


@pytest.mark.parametrize("months", [[], ["2024-02"]])
def test_next_to_nothing_has_no_season(months):
    found = find_seasons(purchases({"one": months}), NOW)
    assert found.found.empty
    assert found.customers["season"].isna().all()
    assert len(found.customers) == len(months)

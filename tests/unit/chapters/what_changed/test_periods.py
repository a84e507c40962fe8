"""The periods compared are the longest that the data has, a year apart where it can be."""

from datetime import date

import pandas as pd
import pytest

from helpers.chapters.what_changed.periods import Dates, choose, to_date


def dates(first, last, months=None):
    """Return the dates of a ledger; its whole months are those between, if not said otherwise."""
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    whole = pd.period_range(*(months or (first, last)), freq="M")
    return Dates(first, last, whole)


def ends(compared):
    return [str(day) for period in (compared.before, compared.after) for day in (period.first, period.last)]


def test_two_whole_years_are_compared_whatever_follows():
    found = choose(dates("2024-01-02", "2026-01-19", ("2024-01", "2025-12")))
    assert ends(found) == ["2024-01-01", "2024-12-31", "2025-01-01", "2025-12-31"]
    assert [found.before.name, found.after.name] == ["2024", "2025"]
    assert found.by_year


def test_without_two_whole_years_the_last_twelve_months_are():
    found = choose(dates("2023-03-15", "2025-06-10", ("2023-04", "2025-05")))
    assert ends(found) == ["2023-06-01", "2024-05-31", "2024-06-01", "2025-05-31"]
    assert found.by_year


def test_less_than_two_years_have_some_days_twice():
    found = choose(dates("2010-12-01", "2011-12-09", ("2010-12", "2011-11")))
    assert ends(found) == ["2010-12-01", "2010-12-09", "2011-12-01", "2011-12-09"]
    assert found.before.days == found.after.days == 9
    assert found.by_year


def test_less_than_a_year_is_month_on_month():
    found = choose(dates("2024-01-08", "2024-05-02", ("2024-02", "2024-04")))
    assert ends(found) == ["2024-03-01", "2024-03-31", "2024-04-01", "2024-04-30"]
    assert not found.by_year


def test_less_than_two_months_is_cut_in_half_and_less_than_two_weeks_not_at_all():
    found = choose(dates("2024-03-05", "2024-04-13", ("2024-04", "2024-03")))
    assert ends(found) == ["2024-03-05", "2024-03-24", "2024-03-25", "2024-04-13"]
    assert choose(dates("2024-03-05", "2024-03-17", ("2024-04", "2024-03"))) is None


def test_the_year_so_far_is_held_against_the_same_days():
    found = to_date(dates("2024-01-02", "2026-01-19"))
    assert ends(found) == ["2025-01-01", "2025-01-19", "2026-01-01", "2026-01-19"]
    assert to_date(dates("2025-06-01", "2026-03-01")) is None


@pytest.mark.parametrize("leap", ["2024-02-29", "2023-02-28"])
def test_a_day_that_last_year_had_not_is_its_last(leap):
    found = to_date(dates("2022-01-01", leap))
    assert found.before.last == date(found.after.last.year - 1, 2, 28)

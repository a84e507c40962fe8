"""What is known of customers at a date, counted by hand; too little is said to be so."""

from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.chapters.lifetime_value import purchases

LINES = pd.DataFrame([
    ("a", "1", "2025-01-01 09:00", 10.0), ("a", "2", "2025-01-01 17:00", 5.0),
    ("a", "3", "2025-01-15 10:00", 30.0), ("b", "4", "2025-01-10 10:00", 8.0),
    ("a", "5", "2025-02-20 10:00", 7.0), (None, "6", "2025-01-10 10:00", 99.0),
], columns=["customer_id", "order_id", "ordered_at", "revenue"])  # fmt: skip
BACK = pd.DataFrame(
    [("a", "9", "2025-01-20 10:00", -9.0), ("a", "9", "2025-02-25 10:00", -2.0)], columns=LINES.columns
)
CUT = datetime(2025, 2, 1)


def lazy(engine, frame):
    typed = frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"]))
    return engine.table(pa.Table.from_pandas(typed, preserve_index=False))


@pytest.fixture
def days(engine):
    return purchases.purchases_of(lazy(engine, LINES), lazy(engine, BACK))


def test_orders_of_a_day_are_one_and_returns_are_apart(days):
    first = days.iloc[0]
    assert (first["customer_id"], first["orders"], first["spend"]) == ("a", 1, 15.0)
    assert days["orders"].sum() == 4 and days["spend"].sum() == 60 and days["returned"].sum() == 11
    assert days.loc[days["orders"] == 0, "returned"].tolist() == [9, 2]


def test_a_customer_is_repeat_orders_and_two_times(days):
    found = purchases.customers_at(days, CUT, 30)
    a = found.loc["a"]
    assert (a["x"], a["n"], a["last"], a["age"]) == (1, 2, 2.0, 31 / 7)
    assert a["mean"] == 22.5 and a["kept"] == pytest.approx(1 - 9 / 45)
    assert (a["recent"], a["year"]) == (
        21.0,
        36.0,
    )  # from 2 January, and all; net of what came back before the date
    assert (a["next_orders"], a["next_worth"]) == (1, 5.0)
    assert found.loc["b", ["x", "last", "next_orders", "next_worth"]].tolist() == [0, 0, 0, 0]


def test_without_amounts_orders_are_what_customers_are_worth(engine):
    counted = purchases.purchases_of(
        lazy(engine, LINES.drop(columns="revenue")), lazy(engine, BACK.drop(columns="revenue"))
    )
    found = purchases.customers_at(counted, CUT, 30)
    assert found.loc["a", ["year", "next_worth", "kept"]].tolist() == [2, 1, 1] and "mean" not in found


def many(days, customers=120):
    rng = np.random.default_rng(0)
    at = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, days, 8 * customers), unit="D")
    who = np.repeat(np.arange(customers), 8).astype(str)
    rows = pd.DataFrame({"customer_id": who, "day": at, "orders": 1, "spend": 1.0, "returned": 0.0})
    return rows.drop_duplicates(["customer_id", "day"])


def known(rows, days=60):
    return {date: purchases.customers_at(rows, date, days) for date in purchases.cut_offs(rows, days)}


def test_windows_do_not_overlap_and_end_today():
    dates = purchases.cut_offs(many(400), 60)
    assert [(b - a).days for a, b in pairwise(dates)] == [60, 60]
    assert pd.Timestamp(dates[-1]) == many(400)["day"].max() + pd.Timedelta(days=1)
    assert not purchases.too_few(known(many(400)), 60)


def test_too_little_is_said_to_be_so():
    assert "too short" in purchases.too_few(known(many(70)), 60)
    assert "too few customers" in purchases.too_few(known(many(400, customers=20)), 60)
    assert "too short" in purchases.too_few(known(many(400).head(0)), 60)
    once = many(400).drop_duplicates("customer_id")
    assert "too few customers" in purchases.too_few(known(once), 60)

"""The features of customers, on ledgers small enough to count by hand."""

from datetime import datetime

import pytest

from helpers.base.errors import StudyError
from helpers.customers.features import (
    DAY_SHARES,
    WEEKDAY_SHARES,
    customer_features,
    fifty,
    is_ledger,
    span_of,
)
from helpers.study.parameters import BOUNDS
from tests.unit.conftest import numbered, rows_of

FIRST, NEXT, LAST = datetime(2011, 1, 3, 9), datetime(2011, 1, 5, 23), datetime(2011, 1, 31, 8)
ORDERS = {
    "customer_id": ["a", "a", "a", "a", "b", None],
    "order_id": ["1", "1", "2", "3", "4", "5"],
    "ordered_at": [FIRST, FIRST, NEXT, LAST, NEXT, LAST],
    "product_id": ["p", "q", "p", "POST", "p", "p"],
    "quantity": [2, 1, 3, 1, 10, 1],
    "revenue": ["2.10", "1.00", "3.15", "5.00", "9.99", "7"],
    "country": ["France", "France", "France", "Germany", "Nowhere", "France"],
}
RETURNS = {
    "customer_id": ["a", "c"],
    "order_id": ["C1", "C2"],
    "ordered_at": [datetime(2011, 2, 1, 10), datetime(2011, 1, 1)],
    "product_id": ["p", "p"],
    "quantity": [-2, -1],
    "revenue": ["-2.10", "-1"],
    "country": ["France", "France"],
}


@pytest.fixture
def features(engine):
    """Return a function from options, and columns that differ from the ledger above, to customers by id."""

    def compute(without=(), *, changed=None, snapshot=None, **options):
        columns = {n: v for n, v in (ORDERS | (changed or {})).items() if n not in without}
        lines = engine.table(numbered(**columns))
        returns = engine.table(numbered(**{n: v for n, v in RETURNS.items() if n not in without}))
        asked = {name: options[name] for name in ("recency", "feature_set") if name in options}
        span = span_of(lines, returns, snapshot=snapshot, **asked)
        found = customer_features(lines, returns, span, engine, **options)
        return {row["customer_id"]: row for row in rows_of(found, "customer_id")}

    return compute


def test_every_customer_who_bought_has_one_row(features):
    assert list(features()) == ["a", "b"]


def test_counts_and_sums_are_those_of_the_lines(features):
    a = features()["a"]
    assert (a["frequency"], a["lines"], a["items"], a["unique_items"], a["purchase_days"]) == (3, 4, 7.0, 3, 3)
    assert a["gross_revenue"] == 11.25
    assert a["monetary"] == pytest.approx(11.25 - 2.1)  # net of what was brought back
    assert features(net_of_returns=False)["a"]["monetary"] == 11.25
    assert (a["first_order"], a["last_order"]) == (FIRST, LAST)
    assert a["average_ticket"] == 11.25 / 4
    assert a["average_order"] == 3.75
    assert a["basket_size"] == pytest.approx(7 / 3, rel=1e-12)
    assert (a["returned_items"], a["return_rate"]) == (2.0, 2 / 7)


def test_elapsed_days_are_full_days_and_calendar_days_are_midnights(features):
    # the snapshot is 8:00 on 1 February: b's 23:00 on 5 January is 26 full days and 27 midnights before
    assert features()["b"]["recency"] == 26
    assert features(recency="calendar")["b"]["recency"] == 27
    assert features()["a"]["recency"] == 1
    assert features()["a"]["tenure"] == 28


def test_charges_are_money_but_no_items_where_goods_are_named(features):
    a = features(goods="^[pq]$")["a"]
    assert (a["items"], a["unique_items"], a["gross_revenue"]) == (6.0, 2, 11.25)


def test_gaps_are_between_purchase_days_and_at_least_the_silence(features):
    both = features()
    assert both["a"]["average_gap"] == 14.0
    assert both["b"]["average_gap"] == 27.0
    assert both["a"]["purchase_rate"] == 3 / 30  # from 3 January to 1 February, the ledger's last day


def test_the_insiders_count_to_the_last_day_and_write_the_span_for_no_gap(features):
    options = {"feature_set": "insiders", "recency": "calendar"}
    assert features(**options)["a"]["recency"] == 1
    later = {"ordered_at": [FIRST, FIRST, NEXT, LAST, datetime(2011, 2, 1, 7), LAST]}
    moved = features(**options, changed=later)
    assert moved["b"]["average_gap"] == 373.0
    assert features(changed=later)["b"]["average_gap"] == 1.0


def test_shares_of_revenue_add_up_and_follow_the_shifted_calendar(features):
    a = features()["a"]
    assert a["share_monday"] == pytest.approx((3.10 + 5) / 11.25, rel=1e-12)
    assert a["share_day_31"] == pytest.approx(5 / 11.25, rel=1e-12)
    for names in (WEEKDAY_SHARES, DAY_SHARES):
        assert sum(a[name] for name in names) == pytest.approx(1, rel=1e-12)
    shifted = features(date_offset_days=1)["a"]
    assert shifted["share_tuesday"] == a["share_monday"]
    assert shifted["recency"] == a["recency"]
    assert shifted["share_day_01"] == a["share_day_31"]


@pytest.mark.parametrize("days", BOUNDS["date_offset_days"])
def test_the_calendar_can_be_shifted_as_far_as_a_study_may(features, days):
    shifted = features(date_offset_days=days)["a"]
    assert sum(shifted[name] for name in WEEKDAY_SHARES) == pytest.approx(1, rel=1e-12)


def test_a_customer_lives_where_most_of_their_money_was_spent(features):
    both = features()
    assert both["a"]["country"] == "France"  # 6.25 against 5.00
    assert 42 < both["a"]["latitude"] < 51
    assert both["b"]["latitude"] is None


def test_a_customer_who_paid_nothing_has_shares_of_nothing(features):
    b = features(changed={"revenue": ["2.10", "1.00", "3.15", "5.00", "0", "7"]})["b"]
    assert (b["monetary"], b["share_wednesday"], b["average_ticket"]) == (0.0, 0.0, 0.0)


def test_features_without_their_column_are_left_out(features):
    a = features(without=("product_id", "country", "quantity"))["a"]
    assert (a["monetary"], a["frequency"]) == (11.25, 3)
    assert not {"items", "unique_items", "country", "latitude", "return_rate", "basket_size"} & set(a)


def test_the_fifty_leave_out_the_weekday_without_sales(engine):
    lines, returns = engine.table(numbered(**ORDERS)), engine.table(numbered(**RETURNS))
    found = customer_features(lines, returns, span_of(lines, returns), engine)
    names = fifty(found.collect("pandas").to_native())
    assert [name for name in names if name in WEEKDAY_SHARES] == ["share_monday", "share_wednesday"]
    assert len(names) == 2 + 2 + 31 + 11


def test_the_same_lines_in_another_order_give_the_same_features(features):
    backwards = {name: values[::-1] for name, values in ORDERS.items()}
    assert features(changed=backwards) == features()


def test_a_source_with_orders_and_dates_is_a_ledger(engine):
    assert is_ledger(engine.table(numbered(**ORDERS)))
    assert not is_ledger(engine.table(numbered(customer_id=["a"], revenue=["1"])))


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (dict(snapshot="2011-01-30"), "rfm.snapshot"),
        (dict(snapshot="2011-01-30", recency="calendar"), "rfm.snapshot"),
        (dict(snapshot="yesterday"), "rfm.snapshot"),
        (dict(recency="calender"), "did you mean calendar"),
        (dict(feature_set="insider"), "did you mean insiders"),
        (dict(feature_set="insiders"), "rfm.recency"),
        (dict(goods="["), "rfm.goods"),
        (dict(goods="(?=p)"), "rfm.goods"),
    ],
)
def test_a_wrong_option_is_one_sentence_that_names_the_key(features, options, key):
    with pytest.raises(StudyError, match=key):
        features(**options)


def test_a_ledger_without_revenue_has_what_needs_no_money(features):
    paid, unpaid = features(), features(without=("revenue",))
    assert not {"monetary", "gross_revenue", "average_ticket", "average_order"} & set(unpaid["a"])
    same = ["recency", "frequency", "tenure", "average_gap", "items", "basket_size"]
    assert [unpaid["a"][name] for name in same] == [paid["a"][name] for name in same]
    days = [value for name, value in unpaid["a"].items() if name.startswith("share_day_")]
    assert sum(days) == pytest.approx(1)


def test_a_ledger_without_customers_says_what_is_missing(features):
    with pytest.raises(StudyError, match="no customer"):
        features(changed={"customer_id": [None] * 6})


def test_one_customer_has_features(features):
    only = features(changed={"customer_id": ["a"] * 6})
    assert list(only) == ["a"]
    assert only["a"]["frequency"] == 5

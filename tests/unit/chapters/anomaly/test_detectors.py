"""Detectors find what stands apart, say what they left out, and are compared on the rows that both scored."""

import numpy as np
import pandas as pd
import pytest
from helpers.chapters.anomaly.published import findings as published_findings
from helpers.chapters.anomaly.published import read_value, repeat
from sklearn.ensemble import IsolationForest

from helpers.base.errors import StudyError
from helpers.chapters.anomaly import detectors as anomaly
from helpers.chapters.anomaly.context import AMOUNT, PRICE
from helpers.chapters.anomaly.detectors import (
    BOTH,
    FOREST,
    LOF,
    ROBUST,
    Settings,
    agreement,
    detect,
    flag,
    flagged_count,
    space_of,
    spread_of,
)
from helpers.chapters.anomaly.narrative import findings, headlines, read_worth
from helpers.chapters.anomaly.reasons import feature_table, reasons, times
from helpers.chapters.anomaly.review import (
    anomalies_table,
    by_reason,
    customers_with_context,
    level_of,
    review_list,
    shown_list,
)

SEED = 3


def people(rows=200, **columns):
    rng = np.random.default_rng(SEED)
    base = {
        "customer_id": [str(n) for n in range(rows)],
        "a": rng.normal(10, 2, rows),
        "b": rng.normal(0, 1, rows),
    }
    return pd.DataFrame(base | columns)


def test_each_detector_puts_what_stands_apart_first():
    frame = people()
    frame.loc[50, ["a", "b"]] = [40.0, 9.0]
    scores = detect(space_of(frame, ["a", "b"], "f"), Settings())
    assert [int(np.argmax(scores[name])) for name in (FOREST, ROBUST, BOTH, LOF)] == [50, 50, 50, 50]
    assert scores[BOTH][50] == pytest.approx(1)


def test_the_forest_flags_as_many_as_scikit_learn_does():
    frame = people(rows=390)
    values = frame[["a", "b"]].to_numpy()
    own = flag(anomaly.forest_scores(values, Settings(0.05)), 0.05)
    theirs = IsolationForest(n_estimators=100, contamination=0.05, random_state=42).fit_predict(values) == -1
    assert own.tolist() == theirs.tolist()


@pytest.mark.parametrize(
    ("rows", "share", "count"), [(3882, 0.02, 78), (3900, 0.05, 195), (100, 0.01, 1), (7, 0.1, 1)]
)
def test_a_share_is_rounded_up(rows, share, count):
    assert flagged_count(rows, share) == count


def test_a_spread_is_that_of_a_normal_one_and_no_less_than_its_tail():
    normal = np.random.default_rng(1).normal(0, 3, 100_000)
    assert spread_of(normal) == pytest.approx(3, rel=0.03)
    mostly_zero = np.r_[np.zeros(900), np.full(100, 7.0)]
    assert spread_of(mostly_zero) == pytest.approx(7 / 2.326, rel=1e-3)
    one_of_many = np.r_[np.zeros(999), 5.0]
    assert spread_of(one_of_many) == pytest.approx(1.2533 * 0.005)


def test_less_than_usual_is_no_reason_where_only_more_is_suspicious():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({AMOUNT: rng.normal(0, 1, 100), PRICE: rng.normal(0, 1, 100)})
    frame.loc[0], frame.loc[1] = [-9.0, 0.0], [0.0, -9.0]
    away = space_of(frame, [AMOUNT, PRICE], "f").away
    assert away[0].max() < 1
    assert away[1, 1] > 3


def test_what_is_constant_or_empty_is_left_out_and_said():
    frame = people(c=1.0, d=np.nan, e=None)
    frame.loc[:4, "a"] = np.nan
    space = space_of(frame, ["a", "c", "d", "e"], "f")
    assert space.features == ("a",)
    assert space.problem is None
    said = " ".join(space.notes)
    assert "C is left out: it is the same in all rows." in said
    assert "D is left out: no row has a value." in said
    assert "E is left out: no row has a value." in said
    assert "A is missing in 5 rows" in said


def test_too_few_rows_or_nothing_left_is_a_reason_and_no_failure():
    assert "with 19 rows, fewer than 20" in space_of(people(rows=19), ["a"], "f").problem
    empty = space_of(people(c=1.0), ["c"], "f")
    assert empty.problem == "no feature is left in which the rows differ"
    level = level_of(people(c=1.0), ["c"], Settings(), BOTH)
    assert level.scores == {}
    assert headlines({}, None, level, {})[0].startswith("No customer can be called unusual")
    assert findings({}, None, level, {})["flagged"] == 0
    assert len(space_of(people(rows=0), ["a"], "f").values) == 0


def test_a_feature_that_is_not_there_or_is_text_is_named():
    with pytest.raises(StudyError, match=r"f names aa, which is not there; did you mean a\?"):
        space_of(people(), ["aa"], "f")
    with pytest.raises(StudyError, match="f names customer_id, which is text"):
        space_of(people(), ["customer_id"], "f")


@pytest.mark.parametrize(
    "wrong", [{"contamination": 0}, {"contamination": 0.6}, {"n_estimators": 0}, {"lof_neighbours": 0}]
)
def test_settings_that_make_no_sense_are_said(wrong):
    with pytest.raises(StudyError, match=next(iter(wrong))):
        Settings(**wrong)


def test_detectors_agree_on_rows_that_both_scored_only():
    one = np.arange(100.0)
    sampled = np.where(np.arange(100) < 50, one, np.nan)
    table = agreement({FOREST: one, ROBUST: -one, LOF: sampled}, 0.1)
    assert table["rows"].tolist() == [100, 50, 50]
    assert table["share"].tolist() == [0, 1, 0]
    assert anomaly.votes({FOREST: one, ROBUST: one, LOF: sampled}, 0.1).tolist() == [0] * 90 + [2] * 10


def test_a_large_set_has_its_local_outliers_sampled(monkeypatch):
    monkeypatch.setattr(anomaly, "LOF_ROWS", 60)
    scores = anomaly.lof_scores(people()[["a", "b"]].to_numpy(), Settings())
    assert int(np.isfinite(scores).sum()) == 60
    assert int(flag(scores, 0.1).sum()) == 6


def test_reasons_are_in_words_with_the_values_behind_them():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"line": np.arange(300), PRICE: rng.normal(0, 0.05, 300), AMOUNT: rng.normal(0, 0.1, 300)}
    )
    frame[["unit_price", "revenue"]] = 5.0, 10.0
    frame.loc[7, [PRICE, AMOUNT, "unit_price", "revenue"]] = [np.log(100), np.log(50), 795.0, 1590.0]
    frame.loc[8, [PRICE, AMOUNT]] = 0.0
    frame.loc[9, [PRICE, AMOUNT, "unit_price"]] = [np.log(1 / 400), 0.0, 0.0]
    space = space_of(frame, [PRICE, AMOUNT], "f")
    told = reasons(frame.loc[[7, 8, 9]], space.rows(np.array([7, 8, 9])), "GBP")
    assert told["why"].iloc[0] == (
        "Price 795.00 GBP, 100 times the product's usual 7.95; "
        "amount 1,590 GBP, 50 times the customer's usual 31.80"
    )
    assert told["check"].iloc[0].startswith("Compare the price")
    assert told["why"].iloc[1].startswith("No single value")
    assert told["why"].iloc[2] == "Price 0.00 GBP, where the product has its price otherwise"


def test_ratios_are_told_both_ways():
    told = [times(np.log(ratio)) for ratio in (2.5, 0.4, 1 / 50, 1200)]
    assert told == ["2.5 times", "0.40 times", "1/50 of", "1,200 times"]


def test_a_list_is_ranked_and_its_table_has_a_row_a_flagged_one():
    frame = people(monetary=np.arange(200.0))
    frame.loc[[3, 9], "a"] = [80.0, 60.0]
    level = level_of(frame, ["a", "b"], Settings(0.01), ROBUST)
    found = review_list(level, frame[level.flagged], "GBP")
    assert found["id"].tolist() == ["3", "9"]
    assert found["rank"].tolist() == [1, 2]
    assert found["why"].iloc[0].startswith("A 80, above the usual 10.")
    table = anomalies_table({"customer": found})
    assert table[["level", "id", "rank"]].to_numpy().tolist() == [["customer", "3", 1], ["customer", "9", 2]]
    assert by_reason({"customer": found})[["reason", "rows", "amount"]].to_numpy().tolist() == [["A", 2, 12.0]]
    assert shown_list(found, "customer", 1)["customer"].tolist() == ["3"]
    assert "hardly better" in read_worth(level)
    assert list(anomalies_table({}).columns) == list(table.columns)


def test_customers_stand_in_natural_order_with_their_context():
    frame = pd.DataFrame({"country": ["x", "y", "z"], "customer_id": ["10", "9", "100"]})
    context = pd.DataFrame({"customer_id": ["9", "10"], "f": [1.0, 2.0]})
    found = customers_with_context(frame, context)
    assert found["customer_id"].tolist() == ["9", "10", "100"]
    assert found["f"].tolist()[:2] == [1.0, 2.0]


def test_features_are_shown_in_units_that_people_read():
    space = space_of(pd.DataFrame({PRICE: np.log(np.linspace(1, 100, 101))}), [PRICE], "f")
    row = feature_table(space).iloc[0]
    assert (row["feature"], row["usual"], row["most"]) == ("Price, times usual", "50.50", "100")


def test_a_published_setting_says_whether_the_flagged_spend_more():
    frame = people(rows=400, revenue=np.random.default_rng(5).normal(60, 20, 400))
    plain = repeat(frame, ["a", "b"], Settings(0.05))
    assert int(plain.flags.sum()) == 20
    assert "not high-value" in read_value(plain)
    rich = frame.assign(revenue=np.where(plain.flags, 500.0, frame["revenue"]))
    assert "do spend more" in read_value(repeat(rich, ["a", "b"], Settings(0.05)))
    three = published_findings(repeat(frame, ["a", "b", "revenue"], Settings(0.05)))
    assert three["flagged"] + three["normal"] == 400
    assert {"flagged_a_b", "flagged_a_revenue", "flagged_b_revenue", "mean_amount_ratio"} <= set(three)
    nobody = repeat(frame.drop(columns="revenue"), ["a", "b"], Settings(0.05))
    assert "no amount" in read_value(nobody)
    with pytest.raises(StudyError, match="cannot be repeated"):
        repeat(frame.head(5), ["a"], Settings())

"""Planted copies and leaks are found, honest features are left alone."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from helpers.base.errors import StudyError
from helpers.predicting.audit import audit, collinearity, identical_rows, unusable
from helpers.predicting.leaks import NEARLY, find_leaks, half_unit, numbers, restated

ROWS = 120


@pytest.fixture(scope="module")
def honest():
    """Features that know something of the target, and none that gives it away."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "income": rng.integers(20, 90, ROWS) * 1000.0,
            "visits": rng.integers(1, 30, ROWS).astype(float),
            "rating": rng.uniform(1, 5, ROWS).round(1),
            "city": rng.choice(["York", "Bath", "Hull"], ROWS),
        }
    )
    frame["amount"] = (0.004 * frame["income"] + 8 * frame["visits"] + rng.normal(0, 15, ROWS)).round(2)
    return frame


def found(frame, target="amount", derived=()):
    return find_leaks(frame.drop(columns=target), frame[target], derived=derived)


def test_rows_that_are_the_same_share_a_label_and_gaps_are_alike():
    frame = pd.DataFrame({"a": [1, 2, 1, np.nan, np.nan], "b": ["x", "x", "x", None, None], "id": range(5)})
    assert identical_rows(frame, ["a", "b"]).tolist() == [0, 1, 0, 2, 2]
    assert identical_rows(frame).tolist() == [0, 1, 2, 3, 4]
    assert identical_rows(frame, []).tolist() == [0, 1, 2, 3, 4]


def test_honest_features_are_no_leak(honest):
    assert found(honest) == []


@pytest.mark.parametrize("decimals", [None, 4], ids=["exact", "rounded"])
def test_a_ratio_times_its_base_is_found_and_the_derived_one_suspected(honest, decimals):
    ratio = honest["amount"] / honest["income"]
    frame = honest.assign(ratio=ratio if decimals is None else ratio.round(decimals))
    leak = found(frame, derived={"ratio"})[0]
    assert (leak.kind, leak.formula, leak.suspects) == ("product", "ratio x income = amount", ("ratio",))
    assert leak.deviation < (1e-9 if decimals is None else 0.2)


def test_where_nobody_says_what_is_derived_all_inputs_are_suspected(honest):
    frame = honest.assign(ratio=honest["amount"] / honest["income"])
    assert set(found(frame)[0].suspects) == {"ratio", "income"}


@pytest.mark.parametrize(
    ("make", "kind", "formula"),
    [
        (lambda f: np.log(f["amount"] + 500), "same", "amount rises with planted"),
        (lambda f: -f["amount"] / 7, "same", "amount falls with planted"),
        (lambda f: f["amount"] * f["visits"], "ratio", "planted / visits = amount"),
        (lambda f: f["visits"] / f["amount"], "ratio", "visits / planted = amount"),
        (lambda f: 100 * f["amount"] / f["visits"], "product", "0.01 x planted x visits = amount"),
        (lambda f: f["amount"] - f["income"], "sum", "1.00 x income + 1.00 x planted"),
        (lambda f: f["amount"] + f["income"] - 2 * f["visits"], "sum", "1.00 x planted"),
        (lambda f: f["amount"] > f["amount"].median(), "steps", "amount cut into steps = planted"),
    ],
)
def test_every_kind_of_formula_is_found(honest, make, kind, formula):
    leaks = found(honest.assign(planted=make(honest)), derived={"planted"})
    assert [leak.kind for leak in leaks] == [kind]
    assert formula in leaks[0].formula
    assert leaks[0].suspects == ("planted",)


def test_a_score_of_the_ranks_is_found_though_it_was_cut_to_whole_numbers(honest):
    gap = honest["income"].rank(pct=True) - honest["amount"].rank(pct=True)
    score = np.trunc(100 * (gap - gap.min()) / (gap.max() - gap.min()))
    frame = honest.assign(income_rank=honest["income"].rank(pct=True), score=score)
    leaks = found(frame, derived={"income_rank", "score"})
    assert [(leak.kind, leak.suspects) for leak in leaks] == [("sum", ("score",))]
    assert leaks[0].formula.endswith("= rank of amount")


def test_features_that_only_repeat_a_source_are_innocent(honest):
    frame = honest.assign(
        log_income=np.log(honest["income"]),
        rich=honest["income"] > 60_000,
        north=honest["city"].isin(["York", "Hull"]),
        score=honest["amount"] / honest["visits"],
    )
    assert restated(frame.drop(columns="amount"), {"log_income", "rich", "north", "score"}) == [
        "log_income",
        "rich",
        "north",
    ]
    assert [leak.suspects for leak in found(frame, derived={"log_income", "rich", "north", "score"})] == [
        ("score",)
    ]


def test_too_little_data_to_tell_a_formula_from_chance_finds_none(honest):
    frame = honest.assign(ratio=honest["amount"] / honest["income"])
    assert found(frame.head(10)) == []
    assert found(frame.assign(amount=5.0)) == []


def test_columns_without_values_and_decimals_do_no_harm(honest):
    frame = honest.assign(
        amount=honest["amount"].map(lambda value: Decimal(str(value))),
        nothing=np.nan,
        ratio=honest["amount"] / honest["income"],
        gaps=honest["amount"].where(honest.index > 5),
    )
    assert found(frame, derived={"ratio"})[0].suspects == ("ratio",)
    assert numbers(frame)["amount"].dtype == float


@pytest.mark.parametrize(
    ("values", "whole", "expected"),
    [
        ([1, 2.5], False, 0.05),
        ([1, 2], False, 0),
        ([1, 2], True, 0.5),
        ([1 / 3, 2], True, 0),
        ([0.1234], True, 5e-5),
    ],
)
def test_the_half_unit_by_hand(values, whole, expected):
    assert half_unit(np.array(values), whole=whole) == pytest.approx(expected, abs=1e-12)


def test_variance_inflation_by_hand():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    frame = pd.DataFrame({"a": a, "b": b, "both": a + b, "alone": rng.normal(size=400), "text": "x", "same": 1})
    table = collinearity(frame).set_index("feature")
    assert np.isinf(table.loc[["a", "b", "both"], "vif"]).all()
    assert 1 <= table.loc["alone", "vif"] < 1.1
    two = collinearity(pd.DataFrame({"a": a, "c": a + b})).set_index("feature")
    r = np.corrcoef(a, a + b)[0, 1]
    assert two.loc["a", "vif"] == pytest.approx(1 / (1 - r**2))
    assert two.loc["a", "nearest"] == "c"
    assert collinearity(pd.DataFrame({"a": a})).empty


def test_an_audit_is_all_of_it_at_once(honest):
    twice = pd.concat([honest, honest.head(30)], ignore_index=True)
    frame = twice.assign(
        customer_id=[str(n) for n in range(len(twice))],
        line=range(len(twice)),
        ratio=twice["amount"] / twice["income"],
        empty=np.nan,
        same="x",
    )
    features = [name for name in frame.columns if name not in ("customer_id", "line", "amount")]
    seen = audit(frame, "amount", features, derived={"ratio"}, after=["rating"])
    assert (seen.rows, seen.distinct, seen.duplicates) == (150, 120, 30)
    assert seen.suspects == ["ratio"]
    assert seen.after == ["rating"]
    assert seen.useless == {"empty": "has no value at all", "same": "is the same for everybody"}
    assert set(seen.collinear["feature"]) == {"income", "visits"}


def test_names_that_are_no_column_are_sentences(honest):
    with pytest.raises(StudyError, match="no column 'amuont'; did you mean amount"):
        audit(honest, "amuont", ["income"])
    with pytest.raises(StudyError, match="no column 'ratin'; did you mean rating"):
        audit(honest, "amount", ["income"], after=["ratin"])
    assert unusable(honest) == {}


def test_formulas_are_looked_for_in_the_rows_asked_and_copies_in_all():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200)}).round(3)
    frame["amount"] = frame["a"] * 2
    frame.loc[150:, "amount"] = rng.normal(size=50)
    frame.loc[199] = frame.loc[198]
    everywhere, some = audit(frame, "amount", ["a", "b"]), audit(frame, "amount", ["a", "b"], asked=np.arange(150))
    assert everywhere.leaks == [] and some.suspects == ["a"]
    assert everywhere.duplicates == some.duplicates == 1 and len(some.groups) == some.rows == 200


def test_a_feature_that_is_the_target_with_little_noise_is_a_leak_and_a_strong_one_is_not():
    rng = np.random.default_rng(5)
    target = pd.Series(rng.lognormal(4, 0.8, 400).round(2), name="spend")
    noisy = (target * (1 + rng.normal(0, 0.01, 400))).round(2)
    strong = (target * np.exp(rng.normal(0, 0.1, 400))).round(2)
    assert strong.corr(target, method="spearman") > 0.98
    [leak] = find_leaks(pd.DataFrame({"noisy": noisy, "strong": strong}), target)
    assert (leak.kind, leak.suspects) == ("noisy", ("noisy",))
    assert 0 < leak.deviation < 0.0005


def test_a_noisy_copy_is_found_in_few_rows_but_one_large_value_is_no_copy():
    rng = np.random.default_rng(3)
    target = pd.Series(rng.lognormal(4, 0.8, 30).round(2), name="revenue")
    noisy = (target * (1 + rng.normal(0, 0.01, 30))).round(2)
    assert noisy.corr(target, method="spearman") ** 2 < NEARLY  # a few rows changed places
    assert [leak.kind for leak in find_leaks(pd.DataFrame({"noisy": noisy}), target)] == ["noisy"]
    usual = target < target.max()
    outlying, large = target.where(usual, 1e6), noisy.sample(frac=1, random_state=1).set_axis(target.index)
    large = large.where(usual, 1e6)
    assert large.corr(outlying) ** 2 > NEARLY
    assert find_leaks(pd.DataFrame({"large": large}), outlying) == []

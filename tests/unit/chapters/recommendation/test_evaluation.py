"""Models side by side, the blend and its tuning, and what is left when data run short."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from helpers.chapters.recommendation.lightfm import Settings
from scipy import sparse

from helpers.base.errors import StudyError
from helpers.chapters.recommendation import evaluation as recommend
from helpers.chapters.recommendation import narrative as readings
from helpers.chapters.recommendation import tables, windows
from helpers.chapters.recommendation.evaluation import (
    AGAIN,
    ALL_TIME,
    BLEND,
    COMPONENTS,
    HYBRID,
    LIGHTFM,
    RANDOM,
    RECENT,
    Blend,
    Options,
)
from helpers.chapters.recommendation.interactions import Split, keyed
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.unit.chapters.recommendation.test_models import two_tastes
from tests.unit.conftest import numbered

OPTIONS = Options(
    k=3, seed=1, recent_days=30, half_life=90, habit_half_life=180, nearest=20, ease_penalty=10, ease_products=100,
    als_factors=3, als_iterations=3, price_bands=3, draws=200,
    lightfm=Settings(components=4, epochs=4, hybrid_epochs=4, half_life=45, seed=1, max_sampled=5),
)  # fmt: skip


def of_two_tastes(seed: int = 5) -> Split:
    """A split in which half of the known customers buy a product again, and one new one of their own half."""
    train, taste = two_tastes()
    rng = np.random.default_rng(seed)
    number = np.array([int(name[1:]) for name in train.products])
    after = np.zeros(train.shape)
    for pair in range(0, len(taste), 2):
        row = pair + pair // 2 % 2  # of both tastes in turn
        own = np.flatnonzero((number >= 20) == (taste[row] == 1))
        seen = train.seen[row].toarray().ravel() > 0
        after[row, rng.choice(own[seen[own]])] = 1
        after[row, rng.choice(own[~seen[own]])] = 1
    everything = sparse.csr_matrix(after)
    new = sparse.csr_matrix(after * (train.seen.toarray() == 0))
    strangers = pd.DataFrame(columns=["customer_id", "product_id"])
    cut = datetime(2024, 1, 1)
    return Split(train, cut, cut + timedelta(days=30), everything, new, strangers, len(taste) // 2)


@pytest.fixture(scope="module")
def judged():
    apart = of_two_tastes()
    models = recommend.fit_plain(apart.train, OPTIONS)
    return recommend.evaluate(apart, models, OPTIONS.k)


def test_known_products_are_excluded_only_where_only_new_ones_count(judged):
    for model in judged.lists["next"]:
        new, seen = judged.lists["new"][model], judged.split.train.seen
        rows = np.repeat(judged.split.rows["new"], 3)
        assert np.asarray(seen[rows, new.ravel()]).sum() == 0, model
    again, seen = judged.lists["next"][AGAIN], judged.split.train.seen
    assert np.asarray(seen[np.repeat(judged.split.rows["next"], 3), again.ravel()]).all()


def test_each_model_is_worth_what_the_data_were_made_for(judged):
    assert judged.mean("next", AGAIN) > judged.mean("next", ALL_TIME)
    for model in (recommend.NEIGHBOURS, recommend.EASE):
        assert judged.mean("new", model) > judged.mean("new", RANDOM) * 1.5
    assert judged.mean("new", AGAIN) == judged.mean("new", ALL_TIME)  # habits say nothing of what is new


def test_batches_do_not_change_lists(judged, monkeypatch):
    monkeypatch.setattr(recommend, "BATCH", 7)
    again = recommend.evaluate(judged.split, recommend.fit_plain(judged.split.train, OPTIONS), OPTIONS.k)
    for question in judged.lists:
        for model, lists in judged.lists[question].items():
            assert (again.lists[question][model] == lists).all(), model


def with_components(split):
    models = recommend.fit_plain(split.train, OPTIONS)
    models[LIGHTFM] = models[recommend.EASE]
    return models, recommend.component_scales(models, split.train)


def test_the_tuned_blend_is_at_least_as_precise_as_each_component_where_it_was_tuned(judged):
    models, scales = with_components(judged.split)
    weights = recommend.tune(judged.split, models, scales, OPTIONS)
    blends = {question: Blend(weights[question], scales) for question in weights}
    again = recommend.evaluate(judged.split, models, OPTIONS.k, blends)
    for question in weights:
        alone = {n: again.mean(question, n) for n in COMPONENTS if question == "next" or n != recommend.HABITS}
        assert again.mean(question, BLEND) >= max(alone.values()) - 1e-12
    assert weights["new"][recommend.HABITS] == 0


def test_a_blend_of_one_component_ranks_like_it(judged):
    models, scales = with_components(judged.split)
    blend = Blend({recommend.EASE: 2.0, RECENT: 0.0}, scales)
    rows = np.arange(20)
    scores = {name: model(rows) for name, model in models.items()}
    expected = recommend.top_k(scores[recommend.EASE], 5)
    assert recommend.top_k(blend.of(scores), 5).tolist() == expected.tolist()


def test_differences_are_paired_and_intervals_hold_the_mean(judged):
    itself = recommend.difference(judged, "next", AGAIN, AGAIN, OPTIONS)
    assert itself == (0, 0, 0)
    found = recommend.difference(judged, "next", AGAIN, ALL_TIME, OPTIONS)
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(judged.mean("next", AGAIN) - judged.mean("next", ALL_TIME))
    table = recommend.compared(judged, "next", OPTIONS)
    assert (table["low"] <= table["precision"]).all()
    assert (table["precision"] <= table["high"]).all()
    assert table["precision"].is_monotonic_decreasing
    coverage = table.set_index("model")["coverage"]
    assert coverage[ALL_TIME] == pytest.approx(3 / 40)
    assert coverage[RANDOM] > 0.9


def test_everybody_gets_a_list(judged):
    train = judged.split.train
    models = recommend.fit_plain(train, OPTIONS, only=[AGAIN])
    found = recommend.offers(train, models, 3, {"next": AGAIN, "new": AGAIN})
    assert found["next"].lists.shape == (len(train.customers), 3)
    assert np.asarray(train.seen[np.repeat(np.arange(120), 3), found["new"].lists.ravel()]).sum() == 0
    assert (found["next"].scores[:, 0] == 1).all()


def test_activity_groups_by_orders(judged):
    train = replace(judged.split.train, visits=np.array([1.0, 2, 4, 5, 9] + [1] * 115))
    assert tables.activity(train, [2, 5])[:5].tolist() == [0, 1, 1, 2, 2]
    assert tables.activity_names([2, 5]) == ["New: 1 order", "Light: 2 to 4", "Heavy: 5 or more"]
    shares = tables.by_activity(judged, "next", "hit_rate", [2, 5])
    assert list(shares.columns) == ["New: 1 order (60)"]
    assert shares.loc[AGAIN].iloc[0] == pytest.approx(judged.mean("next", AGAIN, "hit_rate"))


def test_the_failed_and_the_served_are_all(judged):
    found = tables.failed_profile(judged, "next", AGAIN)
    assert found["number"].sum() == len(judged.split.rows["next"])
    assert found["products"].tolist() == [7.0] * len(found)


SECTION = chapter_parameters(BY_NAME["recommendation"].notebook)().model_dump()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("k", 0, "recommendation.k is 0"),
        ("half_life", 0.0, "recommendation.half_life is 0"),
        ("epochs", 0, "recommendation.epochs"),
        ("activity", [5, 2], r"recommendation.activity is \[5, 2\]"),
        ("activity", [1, 5], "recommendation.activity"),
    ],
)
def test_a_parameter_without_sense_is_named(key, value, said):
    with pytest.raises(StudyError, match=said):
        recommend.options_from(SECTION | {key: value}, 42)


def ledger(engine, orders: list[tuple[str, str, str]], **more):
    """Lines of (customer, product, day), each an order of its own."""
    who, what, day = zip(*orders, strict=True)
    columns = {
        "customer_id": list(who),
        "product_id": list(what),
        "order_id": [f"o{n}" for n in range(len(who))],
        "ordered_at": [datetime.fromisoformat(text) for text in day],
        "revenue": ["5.00"] * len(who),
    } | {name: [value] * len(who) for name, value in more.items()}
    return keyed(engine.table(numbered(**columns)))


REPEATS = [
    (f"c{c}", f"p{(c + step) % 6}", f"2024-{month:02d}-{1 + c:02d}")
    for c in range(12) for step, month in enumerate((1, 2, 3, 4, 5, 6))
]  # fmt: skip


def test_windows_are_planned_from_the_end(engine):
    found = windows.plan(ledger(engine, REPEATS), None, 30)
    assert (found.earlier, found.test) == (datetime(2024, 4, 13), datetime(2024, 5, 13))
    given = windows.plan(ledger(engine, REPEATS), "2024-04-01", 30)
    assert given.test == datetime(2024, 4, 1)


@pytest.mark.parametrize("cut_off", ["2023-06-01", "2031-01-01", "soon"])
def test_a_cut_off_outside_the_ledger_stops_with_a_sentence(engine, cut_off):
    with pytest.raises(StudyError, match=cut_off):
        windows.plan(ledger(engine, REPEATS), cut_off, 30)
    with pytest.raises(StudyError, match="horizon_days is 0"):
        windows.plan(ledger(engine, REPEATS), None, 0)


def test_a_ledger_too_short_or_without_dates_has_no_windows_and_says_why(engine):
    short = windows.plan(ledger(engine, REPEATS[:6]), None, 300)
    assert short.test is None
    assert "too short" in short.why
    lines = keyed(engine.table(numbered(customer_id=["a", "b"], product_name=["x", "y"])))
    assert "no dates" in windows.plan(lines, None, 30).why
    assert "no dates" in readings.why_not(windows.plan(lines, None, 30), None)


def window(engine, lines, days=30, weights=None):
    planned = windows.plan(lines, None, days)
    return planned, windows.window(
        lines, planned.test, options=OPTIONS, plan=planned, engine=engine, weights=weights
    )


def test_a_window_fits_and_judges_all_models(engine):
    planned, found = window(engine, ledger(engine, REPEATS, country="France", product_name="A cup"))
    assert set(found.evaluation.measures["next"]) == {*tables.KNOWS}
    assert list(found.described.columns) == ["r_score", "f_score", "m_score", "country"]
    worth = {question: recommend.compared(found.evaluation, question, OPTIONS) for question in recommend.QUESTIONS}
    recorded = readings.findings(found, windows.choose(found), OPTIONS, worth)
    assert recorded["customers_evaluated"] == 11  # the last one orders on the last day, which may be incomplete
    assert 0 <= recorded["coverage"] <= 1
    assert recorded["baseline_buy_again"] == found.evaluation.mean("next", AGAIN)
    assert readings.why_not(planned, found) == ""


def test_customers_who_never_come_back_leave_nothing_to_evaluate(engine):
    once = [(f"c{n:02d}", f"p{n % 3}", f"2024-{1 + n // 5:02d}-{1 + n % 5:02d}") for n in range(60)]
    planned, found = window(engine, ledger(engine, once), days=60)
    assert found is None
    assert "nothing to be right about" in readings.why_not(planned, found)
    recorded = readings.findings(None, None, OPTIONS, {})
    assert recorded["customers_evaluated"] == 0
    assert recorded["precision"] is None


def test_a_single_product_is_said_to_tell_nothing(engine):
    one = [(who, "p", day) for who, _, day in REPEATS]
    _, found = window(engine, ledger(engine, one))
    assert found.evaluation.mean("next", AGAIN) == found.evaluation.mean("next", LIGHTFM)
    assert len(found.split.rows["new"]) == 0
    assert "only one product" in readings.read_catalogue(found.split, 3)[0]
    choice = windows.choose(found)
    final = windows.final(ledger(engine, one), choice, OPTIONS, pd.DataFrame({"customer_id": []}), [])
    assert final.offers["next"].lists.tolist() == [[0, -1, -1]] * 12
    assert (final.offers["new"].lists == -1).all()


def test_without_names_the_content_model_is_left_out_and_said(engine):
    _, found = window(engine, ledger(engine, REPEATS))
    assert recommend.CONTENT not in found.models
    assert "no names" in readings.read_left_out(found, OPTIONS)[0]
    assert "no names" not in " ".join(
        readings.read_left_out(window(engine, ledger(engine, REPEATS, product_name="A cup"))[1], OPTIONS)
    )


def test_without_an_earlier_window_the_blend_is_even():
    choice = windows.choose(None)
    assert choice.models == {"next": BLEND, "new": BLEND}
    assert set(choice.weights["next"].values()) == {1.0}
    assert not choice.tuned


def test_without_evaluation_features_recommend_and_without_features_popularity():
    customers = pd.DataFrame({"customer_id": ["a", "b"], "gender": ["f", None], "season": [None, None]})
    assert windows.without_evaluation(customers, ["gender", "season"]).models["next"] == HYBRID
    assert windows.without_evaluation(customers, ["season", "age"]).models["next"] == ALL_TIME


def test_nothing_after_the_cut_off_reaches_a_model_or_a_feature(engine):
    more = {"country": "France", "product_name": "A cup"}
    planned, found = window(engine, ledger(engine, REPEATS, **more))
    cut = f"{planned.test:%Y-%m-%d}"
    other = [(who, "p1" if day >= cut else what, day) for who, what, day in REPEATS]
    assert other != REPEATS
    _, again = window(engine, ledger(engine, other, **more), weights=found.weights)
    rows = np.arange(len(found.split.train.customers))
    for name, model in found.models.items():
        assert (model(rows) == again.models[name](rows)).all(), name
    pd.testing.assert_frame_equal(found.described, again.described)
    pd.testing.assert_frame_equal(found.products, again.products)


def test_what_was_learned_differs_when_the_past_does(engine):
    _, found = window(engine, ledger(engine, REPEATS))
    other = [(who, "p1" if day < "2024-02-01" else what, day) for who, what, day in REPEATS]
    _, again = window(engine, ledger(engine, other))
    rows = np.arange(len(found.split.train.customers))
    assert (found.models[AGAIN](rows) != again.models[AGAIN](rows)).any()

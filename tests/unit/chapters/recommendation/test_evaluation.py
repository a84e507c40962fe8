"""Models side by side on the same customers, in both questions, and lists for everybody."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from helpers.base.sampling import Interval, bootstrap, mean_difference
from helpers.chapters.recommendation import evaluation, narrative
from helpers.chapters.recommendation.evaluation import (
    Gain,
    compared,
    evaluate,
    gain_of,
    most_precise,
    over_windows,
    recommend,
)
from helpers.chapters.recommendation.features import known_before
from helpers.chapters.recommendation.interactions import Split, windows
from helpers.chapters.recommendation.models import (
    Chance,
    Content,
    Ease,
    Factorization,
    HybridRanking,
    ItemSimilarity,
    Popularity,
    PurchaseHistory,
    Ranking,
    fit,
)
from helpers.chapters.recommendation.next_basket import TifuKnn, UpCf
from tests.unit.chapters.recommendation.test_models import (
    ALS,
    BM25,
    LIGHTFM,
    REPEATS,
    WORDS,
    known,
    ledger_of,
    two_tastes,
)

PLAIN = {
    "Random": Chance(1),
    "Popular of all time": Popularity(),
    "Popular lately": Popularity(days=30),
    "Buy again": PurchaseHistory(),
    "Nearest neighbours": ItemSimilarity(BM25, 90),
    "EASE": Ease(90, 10, 100),
    "ALS": Factorization(ALS, 90),
}
ALL = PLAIN | {
    "LightFM": Ranking(LIGHTFM, 4, 45),
    "LightFM hybrid": HybridRanking(LIGHTFM, 4, 45),
    "Content": Content(WORDS, 90),
    "TIFU-KNN": TifuKnn(neighbours=3, group=2, within=0.9, across=0.7, own=0.7),
    "UP-CF": UpCf(last=3, asymmetry=0.25, locality=2),
}


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
    newcomers = pd.DataFrame(columns=["customer_id", "product_id"])
    cut = datetime(2024, 1, 1)
    return Split(
        train, cut, cut + timedelta(days=30), {"next": everything, "new": new}, newcomers, len(taste) // 2
    )


@pytest.fixture(scope="module")
def judged():
    window = of_two_tastes()
    return evaluate(window, fit(PLAIN, known(window.train)), 3)


def test_known_products_are_excluded_only_where_only_new_ones_count(judged):
    seen = judged.window.train.seen
    for model in judged.lists["next"]:
        new = judged.lists["new"][model].columns
        rows = np.repeat(judged.window.rows["new"], 3)
        assert np.asarray(seen[rows, new.ravel()]).sum() == 0, model
    again = judged.lists["next"]["Buy again"].columns
    assert np.asarray(seen[np.repeat(judged.window.rows["next"], 3), again.ravel()]).all()


def test_each_model_is_worth_what_the_data_were_made_for(judged):
    assert judged.mean("next", "Buy again") > judged.mean("next", "Popular of all time")
    for model in ("Nearest neighbours", "EASE"):
        assert judged.mean("new", model) > judged.mean("new", "Random") * 1.5
    # a purchase history says nothing of what is new
    assert judged.mean("new", "Buy again") == judged.mean("new", "Popular of all time")
    assert judged.mean("next", most_precise([judged], "next")) == max(
        judged.mean("next", model) for model in PLAIN
    )


def test_batches_do_not_change_lists(judged, monkeypatch):
    monkeypatch.setattr(evaluation, "BATCH", 7)
    again = evaluate(judged.window, fit(PLAIN, known(judged.window.train)), 3)
    for question in judged.lists:
        for model, offered in judged.lists[question].items():
            assert (again.lists[question][model].columns == offered.columns).all(), model


def test_differences_are_paired_and_intervals_hold_the_mean(judged):
    again, popular = (judged.values("next", name) for name in ("Buy again", "Popular lately"))
    assert bootstrap(mean_difference, again, again, seed=1) == (0, 0, 0)
    table = compared([judged], "next", 1)
    gain = gain_of(table, "Popular lately")
    assert gain.kept == gain.lasting and gain.verdict == -1  # there is but one window
    assert gain.kept.low < gain.kept.value < gain.kept.high < 0
    assert gain.kept.value == pytest.approx(popular.mean() - again.mean())
    by_hand = bootstrap(mean_difference, popular, again, seed=1, symmetric=True)
    assert tuple(gain.kept) == pytest.approx(tuple(by_hand))
    assert (table["precision_low"] <= table["precision"]).all()
    assert (table["precision"] <= table["precision_high"]).all()
    assert table["mean_precision"].is_monotonic_decreasing
    coverage = table.set_index("model")["coverage"]
    assert coverage["Popular of all time"] == pytest.approx(3 / 40)
    assert coverage["Random"] > 0.9


def test_windows_count_the_same_and_a_customer_of_several_is_drawn_with_all(judged):
    again = evaluate(of_two_tastes(seed=6), fit(PLAIN, known(judged.window.train)), 3)
    found = over_windows([again, judged], "next", 1)
    mean, gain = found["EASE"]
    assert mean.value == pytest.approx((again.mean("next", "EASE") + judged.mean("next", "EASE")) / 2)
    assert mean.low < mean.value < mean.high and gain.value == pytest.approx(
        mean.value - found["Buy again"][0].value
    )
    twice, once = (over_windows(some, "next", 1)["EASE"][0] for some in ([judged, judged], [judged]))
    assert tuple(twice) == pytest.approx(tuple(once))  # the same customers again are no further observations


@pytest.mark.parametrize(
    ("kept", "lasting", "verdict"),
    [
        ((1, 3), (1, 2), 1),
        ((-1, 3), (1, 2), 0),
        ((1, 3), (-1, 2), 0),
        ((-3, -1), (-2, -1), -1),
        ((-3, -1), (1, 2), 0),
    ],
)
def test_better_is_what_is_so_in_the_last_window_and_over_all(kept, lasting, verdict):
    assert Gain(*(Interval(sum(ends) / 2, *ends) for ends in (kept, lasting))).verdict == verdict


def test_everybody_gets_a_list(judged):
    train = judged.window.train
    fitted = fit({"Buy again": PurchaseHistory()}, known(train))
    offers = recommend(train, fitted, {"next": ["Buy again"], "new": ["Buy again"]}, 3)
    offered, new = (offers[question]["Buy again"] for question in ("next", "new"))
    assert offered.columns.shape == (len(train.customers), 3)
    assert np.asarray(train.seen[np.repeat(np.arange(120), 3), new.columns.ravel()]).sum() == 0
    assert (offered.scores[:, 0] == 1).all()


def window_of(engine, orders, **more):
    lines = ledger_of(engine, orders, **more)
    _, window, _ = windows(lines, 30, None)
    return window, fit(ALL, known_before(lines, window, engine))


def test_a_window_fits_and_judges_all_models(engine):
    window, fitted = window_of(engine, REPEATS, country="France", product_name="A cup")
    assert {*fitted, "Blend"} == {*narrative.KNOWS}
    worth = evaluate(window, fitted, 3)
    recorded = narrative.findings(worth, compared([worth], "next", 1), "next", "Buy again")
    assert recorded["customers_evaluated"] == 11  # the last one orders on the last day, which may be incomplete
    assert 0 <= recorded["coverage"] <= 1
    assert recorded["precision"] == recorded["baseline_buy_again"] == worth.mean("next", "Buy again")


def test_a_single_product_is_said_to_tell_nothing(engine):
    window, fitted = window_of(engine, [(who, "p", day) for who, _, day in REPEATS])
    worth = evaluate(window, fitted, 3)
    assert worth.mean("next", "Buy again") == worth.mean("next", "LightFM")
    assert window.asked == ["next"]
    assert "only one product" in narrative.model_limits(1, fitted, 100, 3)[-1]
    everybody = recommend(window.train, fitted, {"next": ["LightFM"], "new": ["LightFM"]}, 3)
    assert everybody["next"]["LightFM"].columns.tolist() == [[0, -1, -1]] * 12
    assert (everybody["new"]["LightFM"].columns == -1).all()


def test_without_names_the_content_model_is_not_there_and_that_is_said(engine):
    _, fitted = window_of(engine, REPEATS)
    assert "Content" not in fitted
    assert "no names" in narrative.model_limits(60, fitted, 100, 3)[0]
    _, named = window_of(engine, REPEATS, product_name="A cup")
    assert narrative.model_limits(60, named, 100, 3) == []


def test_nothing_after_the_cut_off_reaches_a_model(engine):
    more = {"country": "France", "product_name": "A cup"}
    window, fitted = window_of(engine, REPEATS, **more)
    later = [(who, "p1" if day >= f"{window.cut_off:%Y-%m-%d}" else what, day) for who, what, day in REPEATS]
    _, again = window_of(engine, later, **more)
    rows = np.arange(len(window.train.customers))
    for name, model in fitted.items():
        assert (model(rows) == again[name](rows)).all(), name
    earlier = [(who, "p1" if day < "2024-02-01" else what, day) for who, what, day in REPEATS]
    _, other = window_of(engine, earlier, **more)
    assert (fitted["Buy again"](rows) != other["Buy again"](rows)).any()

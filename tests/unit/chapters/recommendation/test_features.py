"""What customers and products share, and what the hybrid makes of it."""

import numpy as np
import pandas as pd

from helpers.chapters.recommendation.features import (
    Known,
    known_before,
    known_now,
    product_features,
    shared_values,
    with_identity,
)
from helpers.chapters.recommendation.interactions import interactions, windows
from helpers.chapters.recommendation.metrics import top_k
from helpers.chapters.recommendation.models import HybridRanking
from tests.unit.chapters.recommendation.test_models import (
    LIGHTFM,
    REPEATS,
    ledger_of,
    own_half,
    two_tastes,
)

HYBRID = HybridRanking(LIGHTFM, 20, 45)


def described(taste: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"club": np.where(taste == 1, "reds", "blues")})


def named_products(products: np.ndarray) -> pd.DataFrame:
    half = np.array([int(name[1:]) for name in products]) >= len(products) // 2
    words = np.where(half, "ruby", "azure")
    frame = pd.DataFrame(
        {"product_id": products, "product_name": words, "named": True, "price": np.arange(len(words))}
    )
    return frame.astype({"price": float})


def test_the_hybrid_serves_new_customers_by_what_they_share():
    train, taste = two_tastes()
    hybrid = HYBRID.fit(Known(train, named_products(train.products), described(taste)))
    assert own_half(train, taste, hybrid) > 0.97
    newcomers = pd.DataFrame({"club": ["reds", "blues", None, "greens"]})
    lists = top_k(hybrid.cold_scores(newcomers), 5)
    red = np.array([int(name[1:]) >= 20 for name in train.products])[lists].mean(axis=1)
    assert red[0] == 1
    assert red[1] == 0
    assert lists[2].tolist() == lists[3].tolist()  # nothing is known of either


def test_a_product_nobody_bought_is_placed_by_its_words():
    """The last product of each half has no buyer: only its words say to whom it belongs."""
    train, taste = two_tastes()
    hidden = [int(np.flatnonzero(train.products == name)[0]) for name in ("p019", "p039")]
    rest = train.without(np.isin(train.column, hidden))
    known = Known(rest, named_products(train.products).assign(price=np.nan), described(taste))
    scores = HybridRanking(LIGHTFM, 5, 45).fit(known)(np.arange(len(taste)))
    prefers_red = scores[:, hidden[1]] > scores[:, hidden[0]]
    assert (prefers_red == (taste == 1)).mean() > 0.85


def test_features_are_identities_words_bands_and_categories():
    catalogue = pd.DataFrame(
        {
            "product_name": ["red cup", "Red plate", "red bowl", "p4"],
            "named": [True, True, True, False],
            "price": [1.0, 2.0, np.nan, 9.0],
            "category": ["a", "a", "a", "b"],
        }
    )
    found = product_features(catalogue)
    assert found[:, :4].toarray().tolist() == np.eye(4).tolist()
    # the word red and category a; what fewer than three share says nothing
    assert found[:, 4:].toarray().tolist() == [[1, 1]] * 3 + [[0, 0]]


def test_without_names_prices_or_features_only_identities_are_left():
    bare = pd.DataFrame({"product_name": ["1", "2"], "named": [False, False], "price": [np.nan, np.nan]})
    assert product_features(bare).toarray().tolist() == np.eye(2).tolist()
    assert with_identity(shared_values(pd.DataFrame(index=range(3)))).toarray().tolist() == np.eye(3).tolist()
    assert shared_values(pd.DataFrame({"x": [None] * 5})).shape == (5, 0)


def test_features_of_a_window_know_nothing_of_what_comes_after(engine):
    more = {"country": "France", "product_name": "A cup"}
    _, window, _ = windows(ledger_of(engine, REPEATS, **more), 30, None)
    known = known_before(ledger_of(engine, REPEATS, **more), window, engine)
    assert list(known.described.columns) == ["r_score", "f_score", "m_score", "country"]
    later = [(who, "p1" if day >= f"{window.cut_off:%Y-%m-%d}" else what, day) for who, what, day in REPEATS]
    assert later != REPEATS
    again = known_before(ledger_of(engine, later, **more), window, engine)
    pd.testing.assert_frame_equal(known.described, again.described)
    pd.testing.assert_frame_equal(known.products, again.products)


def test_only_features_that_customers_have_are_known(engine):
    lines = ledger_of(engine, REPEATS)
    customers = pd.DataFrame({"customer_id": ["c1", "c0"], "gender": ["f", None], "season": [None, None]})
    known = known_now(lines, interactions(lines), customers, ["gender", "season", "age"])
    assert list(known.described.columns) == ["gender"]
    assert known.described["gender"].tolist()[1] == "f"
    assert len(known.described) == 12

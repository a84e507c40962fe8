"""LightFM on customers of two tastes: it must find them, forget what is old, and use features for strangers."""

import numpy as np
import pandas as pd
import pytest
from helpers.chapters.recommendation.lightfm import (
    Settings,
    customer_features,
    hybrid,
    learning_curve,
    like,
    one_hot,
    product_features,
    warp,
)

from helpers.chapters.recommendation.models import popularity, top_k
from tests.unit.chapters.recommendation.test_models import made, own_half, two_tastes

FEW = Settings(components=8, epochs=20, hybrid_epochs=20, half_life=45, seed=42, max_sampled=10)


def test_warp_finds_the_taste_of_each_customer():
    train, taste = two_tastes()
    assert own_half(train, taste, warp(train, FEW)) > 0.97
    assert own_half(train, taste, popularity(train)) < 0.7


def test_warp_ranks_what_was_bought_above_what_was_not():
    train, _ = two_tastes()
    scores = warp(train, FEW)(np.arange(len(train.customers)))
    bought = train.seen.toarray() > 0
    above = (scores[bought].mean() - scores[~bought].mean()) / scores.std()
    assert above > 1


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    train, _ = two_tastes()
    rows = np.arange(10)
    one = warp(train, FEW)(rows)
    assert (warp(train, FEW)(rows) == one).all()
    assert (warp(train, FEW._replace(seed=1))(rows) != one).any()


def test_old_purchases_count_less():
    """Customers bought of one half long ago and of the other now; with a short half-life only now counts."""
    rng = np.random.default_rng(3)
    bought, age = np.zeros((100, 40), dtype=int), np.zeros((100, 40))
    for customer in range(100):
        halves = [rng.choice(20, 6, replace=False) + 20 * half for half in (0, 1)]
        now = customer % 2
        bought[customer, np.concatenate(halves)] = 1
        age[customer, halves[1 - now]] = 300.0
    train, now = made(bought, age), np.arange(100) % 2
    lately = own_half(train, now, warp(train, FEW._replace(half_life=30)))
    evenly = own_half(train, now, warp(train, FEW._replace(half_life=1e9)))
    assert lately > 0.9
    assert evenly < lately - 0.2


def described(taste: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"club": np.where(taste == 1, "reds", "blues")})


def named_products(products: np.ndarray) -> pd.DataFrame:
    half = np.array([int(name[1:]) for name in products]) >= len(products) // 2
    words = np.where(half, "ruby", "azure")
    frame = pd.DataFrame(
        {"product_id": products, "product_name": words, "named": True, "price": np.arange(len(words))}
    )
    return frame.astype({"price": float})


def test_the_hybrid_serves_strangers_by_what_they_share():
    train, taste = two_tastes()
    mixed = hybrid(
        train, customer_features(described(taste)), product_features(named_products(train.products), 2), FEW
    )
    assert own_half(train, taste, mixed.scores) > 0.97
    strangers = pd.DataFrame({"club": ["reds", "blues", None, "greens"]})
    lists = top_k(mixed.cold_scores(like(strangers, mixed.customers.names)), 5)
    red = np.array([int(name[1:]) >= 20 for name in train.products])[lists].mean(axis=1)
    assert red[0] == 1
    assert red[1] == 0
    assert lists[2].tolist() == lists[3].tolist()  # nothing is known of either


def test_a_product_nobody_bought_is_placed_by_its_words():
    """The last product of each half has no buyer: only its words say to whom it belongs."""
    train, taste = two_tastes()
    hidden = [int(np.flatnonzero(train.products == name)[0]) for name in ("p019", "p039")]
    kept = ~np.isin(train.column, hidden)
    rest = train.__class__(
        train.customers, train.products, train.row[kept], train.column[kept], train.orders[kept],
        train.age[kept], train.visits, train.now,
    )  # fmt: skip
    told = product_features(named_products(train.products), 2)
    scores = hybrid(rest, customer_features(described(taste)), told, FEW._replace(hybrid_epochs=5)).scores(
        np.arange(len(taste))
    )
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
    found = product_features(catalogue, bands=2)
    assert found.names == ["word red", "category a"]  # what fewer than three share says nothing
    assert found.matrix[:, :4].toarray().tolist() == np.eye(4).tolist()
    assert found.shared.toarray().tolist() == [[1, 1]] * 3 + [[0, 0]]


def test_without_names_prices_or_features_only_identities_are_left():
    bare = pd.DataFrame({"product_name": ["1", "2"], "named": [False, False], "price": [np.nan, np.nan]})
    assert product_features(bare, 3).names == []
    assert customer_features(pd.DataFrame(index=range(3))).matrix.toarray().tolist() == np.eye(3).tolist()
    matrix, names = one_hot(pd.DataFrame({"x": [None] * 5}))
    assert (matrix.shape, names) == ((5, 0), [])


def test_the_learning_curve_stops_where_asked_and_ends_with_the_model():
    train, taste = two_tastes()
    curve, scores = learning_curve(train, FEW, 8, lambda model: {"half": own_half(train, taste, model)})
    assert curve["epochs"].tolist() == [8, 16, 20]
    assert curve["half"].iloc[-1] == pytest.approx(own_half(train, taste, scores))
    assert curve["half"].iloc[-1] > 0.97

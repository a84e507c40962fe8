"""Each model on interactions whose answer is known."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from lightfm import LightFM
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from helpers.chapters.recommendation.features import WORD, Known
from helpers.chapters.recommendation.interactions import Interactions, keyed
from helpers.chapters.recommendation.metrics import top_k
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
    similar_items,
    similar_words,
)
from tests.unit.conftest import numbered

WORDS = TfidfVectorizer(token_pattern=WORD, sublinear_tf=True)
LIGHTFM = LightFM(no_components=8, loss="warp", learning_rate=0.05, max_sampled=10, random_state=42)
BM25 = BM25Recommender(K=20, num_threads=1)
with threadpool_limits(1, "blas"):
    ALS = AlternatingLeastSquares(factors=3, regularization=0.05, alpha=10, num_threads=1, random_state=1)
REPEATS = [
    (f"c{c}", f"p{(c + step) % 6}", f"2024-{month:02d}-{1 + c:02d}")
    for c in range(12) for step, month in enumerate((1, 2, 3, 4, 5, 6))
]  # fmt: skip


def ledger_of(engine, orders: list[tuple[str, str, str]], **more):
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


def made(bought: np.ndarray, age: np.ndarray | None = None) -> Interactions:
    """Interactions of a matrix of counts; columns are put in the order of popularity by their names."""
    order = np.lexsort((np.arange(bought.shape[1]), -(bought > 0).sum(axis=0)))
    bought = bought[:, order]
    row, column = np.nonzero(bought)
    days = np.zeros(len(row)) if age is None else age[:, order][row, column]
    return Interactions(
        customers=np.array([f"c{n:03d}" for n in range(len(bought))], dtype=object),
        products=np.array([f"p{n:03d}" for n in order], dtype=object),
        row=row,
        column=column,
        orders=bought[row, column].astype(float),
        age=days.astype(float),
        now=pd.Timestamp("2024-01-01"),
    )


def known(train: Interactions, names: list[str] | None = None, described: pd.DataFrame | None = None) -> Known:
    """What is known of products without prices, in the order of the columns, and of customers."""
    products = pd.DataFrame(
        {"product_id": train.products, "product_name": names or train.products, "price": np.nan}
    )
    return Known(
        train,
        products.assign(named=names is not None, price=np.nan),
        pd.DataFrame(index=range(len(train.customers))) if described is None else described,
    )


def two_tastes(seed: int = 0, customers: int = 120, products: int = 40) -> tuple[Interactions, np.ndarray]:
    """Customers of two tastes who each buy some products of their own half; returns them and the taste of each."""
    rng = np.random.default_rng(seed)
    taste = np.arange(customers) % 2
    bought = np.zeros((customers, products), dtype=int)
    for customer in range(customers):
        half = rng.choice(products // 2, 7, replace=False) + taste[customer] * products // 2
        bought[customer, half] = 1
    return made(bought), taste


def own_half(train: Interactions, taste: np.ndarray, scores) -> float:
    """Share of the new products on the lists of five that are of the customer's own half."""
    rows = np.arange(len(taste))
    lists = top_k(scores(rows), 5, train.seen)
    number = np.array([int(name[1:]) for name in train.products])
    return float(((number[lists] >= len(train.products) // 2) == (taste[:, None] == 1)).mean())


SMALL = np.array([[3, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0]])


def test_popularity_is_the_same_for_everybody():
    train = made(SMALL)
    assert Popularity().fit(known(train))(np.array([0, 2])).tolist() == [[3, 2, 1, 0]] * 2


def test_recent_popularity_counts_only_the_last_days():
    age = np.where(np.arange(4)[None, :] == 0, 40.0, 5.0).repeat(4, axis=0).reshape(4, 4)
    scores = Popularity(days=30).fit(known(made(SMALL, age)))(np.array([1]))
    assert scores[0].tolist() == pytest.approx([0, np.log(3), np.log(2), 0])


def test_buying_again_ranks_own_counts_and_then_the_most_popular():
    train = made(SMALL)
    assert top_k(PurchaseHistory().fit(known(train))(np.array([0, 2])), 4).tolist() == [[0, 1, 2, 3], [1, 2, 0, 3]]


def test_chance_depends_on_the_customer_alone():
    train = made(SMALL)
    scores = Chance(1).fit(known(train))
    assert scores(np.array([0, 1, 2]))[2].tolist() == scores(np.array([2]))[0].tolist()
    assert scores(np.array([0]))[0].tolist() != scores(np.array([1]))[0].tolist()


def test_ease_is_the_closed_form():
    train, _ = two_tastes()
    whole = train.seen.toarray()
    inverse = np.linalg.inv(whole.T @ whole + 10 * np.eye(whole.shape[1]))
    links = -inverse / np.diag(inverse)
    np.fill_diagonal(links, 0)
    found = Ease(90, 10, 100).fit(known(train))(np.arange(5))
    assert np.abs(found - whole[:5] @ links).max() < 1e-10
    assert np.abs(found).max() > 0.1


def test_ease_leaves_the_least_bought_products_out():
    train, _ = two_tastes()
    found = Ease(90, 10, 8).fit(known(train))(np.arange(5))
    assert (found[:, 8:] == 0).all()
    assert (found[:, :8] != 0).any()


LEARNERS = {
    "neighbours": ItemSimilarity(BM25, 90),
    "ease": Ease(90, 10, 100),
    "als": Factorization(ALS, 90),
    "lightfm": Ranking(LIGHTFM, 20, 45),
    "hybrid": HybridRanking(LIGHTFM, 20, 45),
}


@pytest.mark.parametrize("model", LEARNERS)
def test_collaborative_models_find_the_taste(model):
    train, taste = two_tastes()
    assert own_half(train, taste, LEARNERS[model].fit(known(train))) > 0.97
    assert own_half(train, taste, Popularity().fit(known(train))) < 0.7


@pytest.mark.parametrize("model", LEARNERS)
def test_an_estimator_is_copied_for_each_fit(model):
    train, _ = two_tastes()
    one, again = (LEARNERS[model].fit(known(train))(np.arange(5)) for _ in range(2))
    assert (one == again).all()


def test_another_seed_gives_another_lightfm():
    train, _ = two_tastes()
    other = LightFM(no_components=8, loss="warp", max_sampled=10, random_state=1)
    one, another = (Ranking(model, 20, 45).fit(known(train))(np.arange(10)) for model in (LIGHTFM, other))
    assert (one != another).any()


def test_warp_ranks_what_was_bought_above_what_was_not():
    train, _ = two_tastes()
    scores = Ranking(LIGHTFM, 20, 45).fit(known(train))(np.arange(len(train.customers)))
    bought = train.seen.toarray() > 0
    assert (scores[bought].mean() - scores[~bought].mean()) / scores.std() > 1


def test_old_purchases_count_less():
    """Customers bought of one half long ago and of the other now; with a short half-life only now counts."""
    rng = np.random.default_rng(3)
    bought, age = np.zeros((100, 40), dtype=int), np.zeros((100, 40))
    for customer in range(100):
        halves = [rng.choice(20, 6, replace=False) + 20 * half for half in (0, 1)]
        bought[customer, np.concatenate(halves)] = 1
        age[customer, halves[1 - customer % 2]] = 300.0
    train, now = made(bought, age), np.arange(100) % 2
    lately, evenly = (own_half(train, now, Ranking(LIGHTFM, 20, days).fit(known(train))) for days in (30, 1e9))
    assert lately > 0.9
    assert evenly < lately - 0.2


def test_content_goes_by_words():
    named = known(made(SMALL), ["red cup", "blue cup", "blue plate", "!"])
    scores = Content(WORDS, 90).fit(named)(np.array([1]))[0]
    assert scores[0] > scores[1] > scores[2] == scores[3] == 0
    similar = similar_words(named, WORDS).toarray()
    assert (np.diag(similar) == 0).all()
    assert similar[0, 1] > similar[0, 2] == 0


def test_without_words_there_is_no_content_model():
    mute = known(made(SMALL), ["", "12", "?", "1"])
    assert list(fit({"content": Content(WORDS, 90), "popular": Popularity()}, mute)) == ["popular"]
    assert similar_words(mute, WORDS).nnz == 0


def test_similar_items_share_customers_and_never_are_the_product_itself():
    train = made(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]]))
    similar = similar_items(train, CosineRecommender(K=3, num_threads=1)).toarray()
    assert np.diag(similar).tolist() == [0, 0, 0]
    by_name = dict(zip(train.products, range(3), strict=True))
    assert similar[by_name["p000"], by_name["p001"]] == pytest.approx(2 / np.sqrt(6))
    assert similar[by_name["p001"], by_name["p002"]] == 0

"""Each model on interactions whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.recommendation import models as recommenders
from helpers.chapters.recommendation.interactions import Interactions
from helpers.chapters.recommendation.models import top_k


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
        visits=bought.max(axis=1).astype(float),
        now=pd.Timestamp("2024-01-01"),
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
    assert recommenders.popularity(train)(np.array([0, 2])).tolist() == [[3, 2, 1, 0]] * 2


def test_recent_popularity_counts_only_the_last_days():
    age = np.where(np.arange(4)[None, :] == 0, 40.0, 5.0).repeat(4, axis=0).reshape(4, 4)
    scores = recommenders.recent_popularity(made(SMALL, age), 30)(np.array([1]))
    assert scores[0].tolist() == pytest.approx([0, np.log(3), np.log(2), 0])


def test_buying_again_ranks_own_counts_and_then_the_most_popular():
    train = made(SMALL)
    assert top_k(recommenders.buy_again(train)(np.array([0, 2])), 4).tolist() == [[0, 1, 2, 3], [1, 2, 0, 3]]


def test_habits_count_less_when_long_ago():
    age = np.array([[100.0, 0, 0, 0]] + [[0.0] * 4] * 3)
    scores = recommenders.habits(made(SMALL, age), 50)(np.array([0]))
    assert scores[0].tolist() == pytest.approx([np.log(4) / 4, np.log(2), 0, 0])


def test_chance_depends_on_the_customer_alone():
    train = made(SMALL)
    scores = recommenders.random_order(train, seed=1)
    assert scores(np.array([0, 1, 2]))[2].tolist() == scores(np.array([2]))[0].tolist()
    assert scores(np.array([0]))[0].tolist() != scores(np.array([1]))[0].tolist()


def test_ease_is_the_closed_form():
    train, _ = two_tastes()
    whole = train.seen.toarray()
    inverse = np.linalg.inv(whole.T @ whole + 10 * np.eye(whole.shape[1]))
    links = -inverse / np.diag(inverse)
    np.fill_diagonal(links, 0)
    found = recommenders.ease(train, 90, 10, largest=100)(np.arange(5))
    assert np.abs(found - whole[:5] @ links).max() < 1e-10
    assert np.abs(found).max() > 0.1


def test_ease_leaves_the_least_bought_products_out():
    train, _ = two_tastes()
    found = recommenders.ease(train, 90, 10, largest=8)(np.arange(5))
    assert (found[:, 8:] == 0).all()
    assert (found[:, :8] != 0).any()


@pytest.mark.parametrize("model", ["neighbours", "ease", "als"])
def test_collaborative_models_find_the_taste(model):
    train, taste = two_tastes()
    scores = {
        "neighbours": lambda: recommenders.neighbours(train, 90, 20),
        "ease": lambda: recommenders.ease(train, 90, 10, 100),
        "als": lambda: recommenders.als(train, 90, 3, 10, seed=1),
    }[model]()
    assert own_half(train, taste, scores) > 0.97
    assert own_half(train, taste, recommenders.popularity(train)) < 0.7


def test_content_goes_by_words():
    train = made(SMALL)
    names = ["red cup", "blue cup", "blue plate", "!"]
    texts = recommenders.text_weights(names)
    scores = recommenders.by_content(train, texts, 90)(np.array([1]))[0]
    assert scores[0] > scores[1] > scores[2] == scores[3] == 0
    assert recommenders.text_weights(["", "12", "?"]) is None


def test_similar_items_share_customers_and_never_are_the_product_itself():
    train = made(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]]))
    similar = recommenders.similar_items(train, nearest=2).toarray()
    assert np.diag(similar).tolist() == [0, 0, 0]
    by_name = dict(zip(train.products, range(3), strict=True))
    assert similar[by_name["p000"], by_name["p001"]] == pytest.approx(2 / np.sqrt(6))
    assert similar[by_name["p001"], by_name["p002"]] == 0

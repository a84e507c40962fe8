"""Why a product is offered: own orders, the most similar purchase, the customer's kind, or popularity."""

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation.reasons import POPULAR, reasons
from tests.unit.chapters.recommendation.test_models import made

# cup, plate, bowl, spoon; the first customer bought cup (3 orders, 10 days ago) and plate
BOUGHT = np.array([[3, 1, 0, 0], [1, 0, 0, 1], [1, 1, 1, 0], [1, 0, 0, 0]])
AGE = np.array([[10, 40, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=float)
TRAIN = made(BOUGHT, AGE)
NAMES = np.array(["Cup", "Plate", "Bowl", "<Spoon>"])
SIMILAR = sparse.csr_matrix(np.array([[0, 0.2, 0.3, 0], [0.2, 0, 0.9, 0], [0.3, 0.9, 0, 0], [0, 0, 0, 0]]))


def test_each_place_has_its_reason():
    lists = np.array([[0, 2, 3, -1], [2, 1, 0, 3], [3, 0, 1, 2], [2, 1, 3, -1]])
    found = reasons(TRAIN, lists, SIMILAR, NAMES)
    assert found[0].tolist() == ["Bought 3 times, last on 22 Dec 2023", "Because they bought Plate", POPULAR, ""]
    assert found[1].tolist() == [
        "Because they bought Cup", "Because they bought Cup",
        "Bought once, last on 1 Jan 2024", "Bought once, last on 1 Jan 2024",
    ]  # fmt: skip
    assert found[3].tolist() == ["Because they bought Cup", "Because they bought Cup", POPULAR, ""]


def test_equally_similar_products_give_the_more_popular_as_the_reason():
    even = sparse.csr_matrix(np.array([[0, 0, 0.5, 0], [0, 0, 0.5, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]]))
    assert reasons(TRAIN, np.array([[2]]), even, NAMES).tolist() == [["Because they bought Cup"]]


def test_a_kind_that_buys_more_is_a_reason_where_nothing_is_similar():
    bought = np.zeros((8, 2), dtype=int)
    bought[:4, 0] = bought[4:, 1] = 1
    bought[3] = [0, 1]
    kinds = pd.DataFrame({"season": ["Winter"] * 4 + ["Summer"] * 3 + [None]})
    train = made(bought)
    column = train.products.tolist().index("p000")
    none = sparse.csr_matrix((2, 2))
    lists = np.full((8, 1), column)
    found = reasons(train, lists, none, np.array(["a", "b"]), kinds)
    assert found[3, 0] == "Bought 2.0 times as often as usual by season Winter"
    assert found[5, 0] == POPULAR
    assert found[7, 0] == POPULAR

"""Strangers: features help where they were made to, and not where they say nothing."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from helpers.chapters.recommendation.lightfm import customer_features, hybrid, product_features
from scipy import sparse

from helpers.chapters.recommendation import cold_start
from helpers.chapters.recommendation.evaluation import ALL_TIME, HYBRID, fit_plain
from helpers.chapters.recommendation.interactions import Split, keyed
from tests.unit.chapters.recommendation.test_evaluation import OPTIONS
from tests.unit.chapters.recommendation.test_lightfm import FEW, described, named_products
from tests.unit.chapters.recommendation.test_models import made, two_tastes
from tests.unit.conftest import numbered

OWN = OPTIONS.__class__(**{**OPTIONS.__dict__, "lightfm": FEW})


def one_purchase_each(customers: int = 300) -> tuple:
    """Customers with one purchase each, of the half of the products that is their taste."""
    rng = np.random.default_rng(4)
    taste = np.arange(customers) % 2
    bought = np.zeros((customers, 10), dtype=int)
    bought[np.arange(customers), rng.integers(0, 5, customers) + 5 * taste] = 1
    return made(bought), taste


def test_hidden_customers_are_served_by_features_that_matter_only():
    train, taste = one_purchase_each()
    products = named_products(train.products)
    told = cold_start.hidden(train, products, described(taste), OWN).set_index("model")
    assert told.loc[HYBRID, "hit_rate"] > 0.55  # three of their five: 0.6 with the right half
    assert told.loc[ALL_TIME, "hit_rate"] < 0.4
    shuffled = described(np.random.default_rng(1).permutation(taste))
    mute = cold_start.hidden(train, products, shuffled, OWN).set_index("model")
    assert mute.loc[HYBRID, "hit_rate"] < 0.4


def test_a_hidden_customer_is_not_learned_from():
    train, _ = one_purchase_each()
    rest = cold_start.without(train, train.row == 3)
    assert rest.seen[3].nnz == 0
    assert rest.seen.nnz == train.seen.nnz - 1
    assert rest.shape == train.shape


def test_newcomers_are_judged_on_what_they_bought(engine):
    train, taste = two_tastes()
    number = np.array([int(name[1:]) for name in train.products])
    people = [f"s{n:02d}" for n in range(20)]
    halves = [train.products[(number >= 20) == bool(n % 2)] for n in range(20)]
    bought = pd.DataFrame(
        [(who, what) for who, half in zip(people, halves, strict=True) for what in half],
        columns=["customer_id", "product_id"],
    )
    country = ["blues" if who.endswith(tuple("02468")) else "reds" for who in bought["customer_id"]]
    lines = keyed(
        engine.table(
            numbered(
                customer_id=bought["customer_id"].tolist(),
                product_id=bought["product_id"].tolist(),
                country=country,
            )
        )
    )
    nothing = sparse.csr_matrix(train.shape)
    cut = datetime(2024, 1, 1)
    apart = Split(train, cut, cut + timedelta(days=9), nothing, nothing, bought, 0)
    frame = described(taste).rename(columns={"club": "country"})
    mixed = hybrid(train, customer_features(frame), product_features(named_products(train.products), 2), FEW)
    found, strangers = cold_start.newcomers(apart, lines, fit_plain(train, OWN), mixed, OWN)
    assert strangers == 20
    told = found.set_index("model")["precision"]
    assert told[HYBRID] == 1
    assert told[ALL_TIME] < 0.8
    empty = apart.__class__(**{**apart.__dict__, "strangers": bought.head(0)})
    assert cold_start.newcomers(empty, lines, fit_plain(train, OWN), mixed, OWN)[1] == 0


def test_each_kind_is_offered_its_own():
    train, taste = two_tastes()
    mixed = hybrid(
        train, customer_features(described(taste)), product_features(named_products(train.products), 2), FEW
    )
    number = np.array([int(name[1:]) for name in train.products])
    names = np.where(number >= 20, "ruby", "azure")
    shown = cold_start.by_feature(mixed, described(taste), names, shown=2, groups=5)
    assert dict(zip(shown["value"], shown["products"], strict=True)) == {
        "blues": "azure, azure",
        "reds": "ruby, ruby",
    }
    assert shown["customers"].tolist() == [60, 60]

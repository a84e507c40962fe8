"""New customers: features help where they were made to, and not where they say nothing."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from scipy import sparse

from helpers.chapters.recommendation import cold_start
from helpers.chapters.recommendation.features import Known
from helpers.chapters.recommendation.interactions import Split, keyed
from helpers.chapters.recommendation.models import Chance, Popularity, fit
from tests.unit.chapters.recommendation.test_features import HYBRID, described, named_products
from tests.unit.chapters.recommendation.test_models import made, two_tastes
from tests.unit.conftest import numbered

NAME, BEST_SELLERS = cold_start.HYBRID, "Popular of all time"


def one_purchase_each(customers: int = 300) -> tuple:
    """Customers with one purchase each, of the half of the products that is their taste."""
    rng = np.random.default_rng(4)
    taste = np.arange(customers) % 2
    bought = np.zeros((customers, 10), dtype=int)
    bought[np.arange(customers), rng.integers(0, 5, customers) + 5 * taste] = 1
    return made(bought), taste


def test_hidden_customers_are_served_by_features_that_matter_only():
    train, taste = one_purchase_each()
    known = Known(train, named_products(train.products), described(taste))
    helped = cold_start.hidden(known, HYBRID, 3, 1).set_index("model")
    assert helped.loc[NAME, "hit_rate"] > 0.55  # three of their five: 0.6 with the right half
    assert helped.loc[BEST_SELLERS, "hit_rate"] < 0.4
    shuffled = known._replace(described=described(np.random.default_rng(1).permutation(taste)))
    mute = cold_start.hidden(shuffled, HYBRID, 3, 1).set_index("model")
    assert mute.loc[NAME, "hit_rate"] < 0.4


def test_the_hybrid_is_recommended_where_it_is_better_for_the_same_customers_only():
    relevant = sparse.csr_matrix(np.eye(2)[np.repeat([0, 1], [30, 10])])  # the first product for three in four
    hit, miss = np.zeros((40, 1), dtype=int), np.ones((40, 1), dtype=int)
    better = cold_start.compare({"Random": miss, BEST_SELLERS: miss, NAME: hit}, relevant, 1)
    same = cold_start.compare({"Random": miss, BEST_SELLERS: hit, NAME: hit}, relevant, 1).set_index("model")
    assert cold_start.recommended(better) == NAME
    assert same.loc[BEST_SELLERS, ["difference", "difference_low", "difference_high"]].tolist() == [0, 0, 0]
    assert cold_start.recommended(same.reset_index()) == BEST_SELLERS


def test_a_hidden_customer_is_not_learned_from():
    train, _ = one_purchase_each()
    rest = train.without(train.row == 3)
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
    columns = {name: bought[name].tolist() for name in bought} | {"country": country}
    lines = keyed(engine.table(numbered(**columns)))
    nothing, cut = sparse.csr_matrix(train.shape), datetime(2024, 1, 1)
    window = Split(train, cut, cut + timedelta(days=9), {"next": nothing, "new": nothing}, bought, 0)
    known = Known(train, named_products(train.products), described(taste).rename(columns={"club": "country"}))
    guesses = {"Random": Chance(1), BEST_SELLERS: Popularity(), "Popular lately": Popularity(days=30)}
    cold = cold_start.newcomers(window, lines, fit(guesses | {NAME: HYBRID}, known), 3, 1)
    precision = cold.set_index("model")["precision"]
    assert precision[NAME] == 1
    assert precision[BEST_SELLERS] < 0.8


def test_each_kind_is_offered_its_own():
    train, taste = two_tastes()
    hybrid = HYBRID.fit(Known(train, named_products(train.products), described(taste)))
    names = np.where(np.array([int(name[1:]) for name in train.products]) >= 20, "ruby", "azure")
    shown = cold_start.by_feature(hybrid, described(taste), names, shown=2, groups=5)
    assert dict(zip(shown["value"], shown["offered"], strict=True)) == {
        "blues": "azure, azure",
        "reds": "ruby, ruby",
    }
    assert shown["customers"].tolist() == [60, 60]

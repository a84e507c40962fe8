"""What to offer to somebody who never bought: the model knows them only by what they share with others.

A ledger tests it with customers who came after the cut-off. A source of one purchase each, without dates, tests it
by hiding customers in turn: their one purchase is guessed from everybody else's.
"""

from collections.abc import Mapping

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from helpers.base.sampling import bootstrap, mean_difference
from helpers.base.vocabulary import label
from helpers.chapters.recommendation.features import Known
from helpers.chapters.recommendation.interactions import Split
from helpers.chapters.recommendation.metrics import per_customer, top_k
from helpers.chapters.recommendation.models import Hybrid, HybridRanking, Popularity, Scores

HYBRID = "LightFM hybrid"
BEST_SELLERS = ("Popular of all time", "Popular lately")
FOLDS = 5


def compare(lists: Mapping[str, np.ndarray], relevant: sparse.csr_matrix, seed: int) -> pd.DataFrame:
    """Return what lists for new customers are worth, a row a model.

    Returns:
        `model, precision, hit_rate, hit_low, hit_high`, and `difference, difference_low, difference_high`: the
        hybrid's share of customers with a hit less the model's, of the same customers.
    """
    rows, hits = [], {}
    for model, columns in lists.items():
        measures = per_customer(columns, relevant)
        hits[model] = measures["hit_rate"].to_numpy()
        rows.append([model, float(measures["precision"].mean()), *bootstrap(np.mean, hits[model], seed=seed)])
    frame = pd.DataFrame(rows, columns=["model", "precision", "hit_rate", "hit_low", "hit_high"])
    gains = [bootstrap(mean_difference, hits[HYBRID], hits[model], seed=seed) for model in lists]
    return frame.assign(**dict(zip(("difference", "difference_low", "difference_high"), zip(*gains, strict=True),
                                   strict=True)))  # fmt: skip


def best_seller(cold: pd.DataFrame) -> str:
    """Return the list of best sellers with most hits."""
    rates = cold.set_index("model")["hit_rate"]
    return str(rates[[name for name in BEST_SELLERS if name in rates]].idxmax())


def recommended(cold: pd.DataFrame) -> str:
    """Return whose list new customers are shown: the hybrid's where it is significantly better than all others."""
    others = cold[cold["model"] != HYBRID]
    return HYBRID if (others["difference_low"] > 0).all() else best_seller(cold)


def newcomers(window: Split, lines: nw.LazyFrame, fitted: Mapping[str, Scores], k: int, seed: int) -> pd.DataFrame:
    """Test lists for customers who first bought in a window, of products known before it: the frame of `compare`.

    A newcomer's country is known, their purchases are not.
    """
    bought = window.newcomers
    people, row = np.unique(bought["customer_id"].to_numpy(), return_inverse=True)
    column = pd.Index(window.train.products).get_indexer(bought["product_id"])
    shape = (len(people), len(window.train.products))
    relevant = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
    described = pd.DataFrame({"customer_id": people})
    if "country" in lines.collect_schema().names():
        within = lines.filter(nw.col("customer_id").is_in(people.tolist()), ~nw.col("country").is_null())
        country = within.group_by("customer_id").agg(nw.col("country").min()).collect("pandas").to_native()
        described = described.merge(country, on="customer_id", how="left")
    lists = {"Random": top_k(fitted["Random"](np.arange(len(people))), k)}
    for name in BEST_SELLERS:
        lists[name] = np.repeat(top_k(fitted[name](np.zeros(1, dtype=int)), k), len(people), axis=0)
    lists[HYBRID] = top_k(fitted[HYBRID].cold_scores(described.drop(columns="customer_id")), k)
    return compare(lists, relevant, seed)


def hidden(known: Known, hybrid: HybridRanking, k: int, seed: int) -> pd.DataFrame:
    """Test lists for customers hidden in turn, from what they share with the others: the frame of `compare`."""
    train = known.train
    fold = np.random.default_rng(seed).permutation(len(train.customers)) % FOLDS
    lists = {name: np.full((len(train.customers), k), -1) for name in ("Random", BEST_SELLERS[0], HYBRID)}
    for number in range(FOLDS):
        rows = np.flatnonzero(fold == number)
        rest = known._replace(train=train.without(fold[train.row] == number))
        cold = hybrid.fit(rest).cold_scores(known.described.iloc[rows])
        chance = np.random.default_rng([seed, number]).random((len(rows), len(train.products)))
        lists["Random"][rows] = top_k(chance, k)
        lists[BEST_SELLERS[0]][rows] = top_k(Popularity().fit(rest)(rows), k)
        lists[HYBRID][rows] = top_k(cold, k)
    return compare(lists, train.seen, seed)


def by_feature(
    hybrid: Hybrid, described: pd.DataFrame, names: np.ndarray, shown: int, groups: int
) -> pd.DataFrame:
    """Return what newcomers of each kind would be offered, of the values of each feature with most customers."""
    rows = []
    for feature in described.columns:
        counts = described[feature].astype("string").value_counts()
        counts = counts[[f"{feature} {value}" in hybrid.shared for value in counts.index]]
        for value in sorted(counts.index, key=lambda value, counts=counts: (-counts[value], value))[:groups]:
            best = top_k(hybrid.cold_scores(pd.DataFrame({feature: [value]})), shown)[0]
            offered = ", ".join(str(names[column]).strip() for column in best if column >= 0)
            rows.append([label(feature), value, int(counts[value]), offered])
    return pd.DataFrame(rows, columns=["feature", "value", "customers", "offered"])

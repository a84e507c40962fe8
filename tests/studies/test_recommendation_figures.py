"""Figures of chapter 08 on the real data and on the sample, whose complements are known."""

import csv

import numpy as np
import pandas as pd
import pytest
from implicit.nearest_neighbours import CosineRecommender

from helpers.base.engine import open_engine
from helpers.base.paths import DATA
from helpers.chapters.recommendation.association_rules import baskets, rules
from helpers.chapters.recommendation.interactions import interactions, keyed
from helpers.chapters.recommendation.lists import nearest_products
from helpers.chapters.recommendation.metrics import MEASURES
from helpers.chapters.recommendation.models import similar_items

NAMES = [
    "customers_evaluated",
    "k",
    "precision",
    "recall",
    "ndcg",
    "precision_new",
    "ndcg_new",
    "coverage",
    "baseline_buy_again",
    "baseline_popularity",
    "lightfm_precision",
    "lightfm_precision_new",
    "best_model",
    "best_model_new",
    "lift_low",
    "lift_high",
]
STUDIES = ("sample", "online_retail", "shopping_trends")


@pytest.fixture(scope="module")
def findings(built):
    return lambda study: built(study)["recommendation"]


def test_the_populations_are_those_of_the_reference(findings):
    found = findings("online_retail")
    assert found["cut_off"] == "2011-11-01T00:00:00"
    assert found["customers_evaluated"] == 1538
    assert found["customers_evaluated_new"] == 1440
    assert found["k"] == 10


def test_the_baselines_are_those_of_the_reference(findings):
    found = findings("online_retail")
    assert found["baseline_buy_again"] == pytest.approx(0.297, abs=0.001)
    assert found["baseline_popularity"] == pytest.approx(0.117, abs=0.01)
    assert found["baseline_popularity_all_time"] == pytest.approx(0.079, abs=0.001)
    assert found["by_model"]["Buy again"]["ndcg"] == pytest.approx(0.344, abs=0.001)
    assert found["by_model_new"]["Popular of all time"]["precision"] == pytest.approx(0.035, abs=0.001)
    assert found["by_model_new"]["Popular lately"]["precision"] == pytest.approx(0.067, abs=0.005)


def test_the_best_beats_usual_products(findings):
    found = findings("online_retail")
    assert found["precision"] >= 0.305
    assert found["precision"] > found["baseline_buy_again"]
    assert 0 < found["lift_low"] < found["precision"] - found["baseline_buy_again"] < found["lift_high"]
    assert found["ndcg"] > 0.344


MODELS = 13


@pytest.mark.parametrize(("study", "blend_is_recommended"), [("online_retail", True), ("sample", True)])
def test_every_model_is_judged_in_three_windows_and_the_verdict_is_that_of_both_intervals(
    study, blend_is_recommended, findings
):
    found = findings(study)
    assert len(found["windows"]) == 4 and found["windows"][-1] == found["cut_off"]
    for end, baseline in (("", "Buy again"), ("_new", "Popular lately")):
        means, last, lasting = (
            found[f"{name}{end}"] for name in ("mean_by_model", "gain_by_model", "mean_gain_by_model")
        )
        assert len(means) == len(last) == len(lasting) == MODELS
        assert {"TIFU-KNN", "UP-CF", "EASE", "LightFM", "Blend"} <= set(means)
        assert all(low < mean < high for mean, low, high in means.values())
        assert last[baseline] == lasting[baseline] == [0, 0, 0]
        best = found[f"best_model{end}"]
        better = min(last[best][1], lasting[best][1]) > 0
        assert found[f"recommended{end}"] == (best if better else baseline)
        assert [found[f"lift_{name}{end}"] for name in ("low", "high")] == pytest.approx(last[best][1:])
    assert (found["recommended"] == "Blend") == blend_is_recommended


def test_lists_are_those_of_the_model_that_is_recommended(findings, built):
    """The table that the dashboard and the downloads read is not the usual products where those lost."""
    found = findings("online_retail")
    lists = pd.read_parquet(built.reports / "online_retail" / "tables" / "recommendations.parquet")
    assert (lists["bought_before"].mean() < 1) == (found["recommended"] != "Buy again")
    page = (built.reports / "online_retail" / "08_recommendation.html").read_text(encoding="utf-8")
    assert ("Show customers their usual products" in page) == (found["recommended"] == "Buy again")
    assert ("Do not pay for a recommender" in page) == (found["recommended"] == "Buy again")


def test_new_products_are_found_and_nothing_leaks(findings):
    found = findings("online_retail")
    assert 0.088 <= found["precision_new"] < 0.11  # a random split gives .18
    assert found["precision_new"] > found["baseline_popularity_new"]
    assert 0.070 <= found["lightfm_precision_new"] < 0.11
    assert 0.22 <= found["lightfm_precision"] < 0.30


def test_every_model_has_its_reach(findings):
    found = findings("online_retail")
    for table in (found["by_model"], found["by_model_new"]):
        assert len(table) >= 11
        for model, row in table.items():
            assert set(row) == {*MEASURES, "coverage", "novelty", "head"}, model
            assert 0 < row["coverage"] <= 1
    reach = {model: row["coverage"] for model, row in found["by_model"].items()}
    assert reach["Popular of all time"] == pytest.approx(10 / 3607)
    assert reach["Random"] > 0.98
    assert found["by_model"]["Random"]["novelty"] > found["by_model"]["Popular of all time"]["novelty"] + 2


@pytest.mark.parametrize("study", STUDIES)
def test_findings_have_their_names(study, findings):
    assert set(NAMES) <= set(findings(study))


@pytest.mark.parametrize("study", STUDIES)
def test_every_customer_has_a_full_list_with_reasons(study, findings, built):
    found = findings(study)
    folder = built.reports / study
    lists = pd.read_parquet(folder / "tables" / "recommendations.parquet")
    customers = pd.read_parquet(folder / "tables" / "customers.parquet", columns=["customer_id"])
    assert set(lists["customer_id"]) == set(customers["customer_id"])
    assert (lists.groupby("customer_id")["rank"].agg(list).map(tuple).nunique()) == 1
    assert lists["rank"].max() == found["k"]
    assert not lists.duplicated(["customer_id", "product_id"]).any()
    assert (lists["reason"].str.len() > 3).all()
    ordered = lists.sort_values(["customer_id", "rank"])
    assert (ordered.groupby("customer_id")["score"].diff().dropna() <= 0).all()
    with (folder / "downloads" / "08_recommendation" / "recommendations.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in csv.reader(file)) == len(lists) + 1
    new = folder / "downloads" / "08_recommendation" / "recommendations_new.csv"
    if new.exists():
        assert set(pd.read_csv(new, dtype=str)["bought_before"].str.lower()) == {"false"}


def test_shopping_trends_cannot_be_evaluated_and_still_recommends(findings, built):
    found = findings("shopping_trends")
    assert found["customers_evaluated"] == 0
    assert found["precision"] is None
    page = (built.reports / "shopping_trends" / "08_recommendation.html").read_text(encoding="utf-8")
    assert "Collaborative filtering cannot be evaluated here" in page
    lists = pd.read_parquet(built.reports / "shopping_trends" / "tables" / "recommendations.parquet")
    one = lists[lists["customer_id"] == "2409"]
    assert len(one) == 5
    assert not one["bought_before"].any()
    shown = page[page.index("Offered (content)") :]
    assert "2409" in shown[:3000]
    assert (
        abs(found["strangers"]["LightFM hybrid"] - found["strangers"]["Random"]) < 0.05
    )  # features tell nothing here


@pytest.fixture(scope="module")
def sample(built):
    built("sample")
    with open_engine() as engine:
        lines = keyed(engine.scan(built.reports / "sample" / "tables" / "transactions.parquet"))
        yield interactions(lines), baskets(lines)


def complements() -> list[tuple[str, str]]:
    truth = pd.read_csv(DATA / "sample_truth_complements.csv", dtype=str)
    return list(truth.itertuples(index=False, name=None))


def test_injected_complements_are_each_others_most_similar_items(sample):
    train, _ = sample
    similar = similar_items(train, CosineRecommender(K=50 + 1, num_threads=1))
    near = nearest_products(similar, 3)
    pairs = set(zip(near["column"], near["other"], strict=True))
    place = {name: column for column, name in enumerate(train.products)}
    for one, other in complements():
        for a, b in ((one, other), (other, one)):
            assert (place[a], place[b]) in pairs, (a, b)


def test_injected_complements_are_the_strongest_rules(sample):
    _, orders = sample
    found = rules(orders, share=0.002, at_least=20).pairs
    injected = {frozenset(pair) for pair in complements()}
    top = found.head(len(injected))
    assert {frozenset(pair) for pair in zip(top["product"], top["bought_with"], strict=True)} == injected
    assert np.all(top["lift"] > 10)


def test_lightfm_is_better_than_popularity_on_the_sample(findings):
    found = findings("sample")
    assert found["lightfm_precision"] > 2 * found["baseline_popularity"]
    assert found["by_model_new"]["LightFM"]["precision"] > found["by_model_new"]["Popular lately"]["precision"]

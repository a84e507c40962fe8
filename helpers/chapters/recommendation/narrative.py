"""What chapter 08 says about its results."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import counted, listed, percent, sentence
from helpers.chapters.recommendation.association_rules import LEVEL, Rules
from helpers.chapters.recommendation.cold_start import HYBRID
from helpers.chapters.recommendation.evaluation import AGAINST, Evaluation
from helpers.chapters.recommendation.interactions import QUESTIONS, Split
from helpers.chapters.recommendation.metrics import top_products

KNOWS = {
    "Random": "nothing: a list at random",
    "Popular of all time": "how many customers ever bought each product",
    "Popular lately": "how many customers bought it in the last days before the cut-off",
    "Buy again": "how many orders of each product the customer has placed",
    "Habits": "the same as log counts, halved with every half-life since the last order",
    "Nearest neighbours": "which products are bought by the same customers (BM25 weights)",
    "EASE": "how each product follows from all others, in one linear model",
    "ALS": "hidden tastes of customers and products (alternating least squares)",
    "LightFM": "hidden tastes, learned by ranking what was bought above what was not (WARP)",
    "LightFM hybrid": "the same, with words, prices and what customers have in common",
    "Content": "which product names share words",
    "Blend": "a weighted sum of several models, weights tuned on the earlier window",
}
"""What each model knows, in the words of the page."""
MEASURED = (
    *("cut_off", "cut_off_earlier", "weights", "strangers", "rules", "best_model", "best_model_new"),
    *("precision", "recall", "ndcg", "coverage", "precision_new", "ndcg_new", "baseline_buy_again"),
    *("baseline_popularity", "lightfm_precision", "lightfm_precision_new", "lift_low", "lift_high"),
)
"""Findings that only some data give; the others have none."""
USES = {
    "next": ("Reminders, reorder lists, the start page of a known customer", "recommendations.csv"),
    "new": ("Letters and shelves that widen what a customer buys", "recommendations_new.csv"),
}
"""What the list of each question is for, and its file."""


def models_table(models: Collection[str]) -> pd.DataFrame:
    return pd.DataFrame({"model": list(models), "knows": [KNOWS[name] for name in models]})


def evaluated(window: Split) -> Markup:
    """Return who is evaluated, and who and what cannot be."""
    return sentence(
        "Before {cut_off}, {customers} customers bought {products} products. From then to {end}, {came_back} "
        "of them bought again; {judged} bought a product that was known before and are evaluated, {new} of them "
        "with a product that was new to them. {newcomers} more customers came only after the cut-off: no model "
        "that learns from purchases can know them, so they are no part of these figures.",
        cut_off=window.cut_off,
        customers=len(window.train.customers),
        products=len(window.train.products),
        end=window.end,
        came_back=window.came_back,
        judged=len(window.rows["next"]),
        new=len(window.rows["new"]),
        newcomers=window.newcomers["customer_id"].nunique(),
    )


def model_limits(products: int, fitted: Collection[str], ease_products: int, k: int) -> list[Markup]:
    """Return what the catalogue does not let some models do."""
    said = []
    if "Content" not in fitted:
        said.append(sentence("There is no content-based model: the products have no names with words in them."))
    if products > ease_products:
        said.append(
            sentence(
                "EASE works on the {most} most bought of {products} products, because its time grows with the "
                "cube of their number.",
                most=ease_products,
                products=products,
            )
        )
    if products == 1:
        said.append(sentence("There is only one product: every list holds it, and all models are the same."))
    elif products <= k:
        said.append(
            sentence(
                "There are {products} products and {k} places: every list holds all of them, so the models differ "
                "only in their order.",
                products=products,
                k=k,
            )
        )
    return said


def choice(chosen: Mapping[str, str], rehearsal: Evaluation) -> Markup:
    """Return what the earlier window chose."""
    named = [f"{name} ({QUESTIONS[question]})" for question, name in chosen.items()]
    return sentence(
        "On the window from {cut_off}, with {customers} customers, the most precise were {models}. They are what "
        "this chapter recommends, whatever the test window says.",
        cut_off=rehearsal.window.cut_off,
        customers=len(rehearsal.window.rows["next"]),
        models=listed(named),
    )


def precision_table(evaluation: Evaluation) -> pd.DataFrame:
    """Return each model's precision in both questions, the best first: `model, precision_next, precision_new`."""
    judged = [question for question in QUESTIONS if len(evaluation.window.rows[question])]
    models = list(evaluation.measures["next"])
    columns = {f"precision_{question}": [evaluation.mean(question, m) for m in models] for question in judged}
    table = pd.DataFrame({"model": models} | columns)
    return table.sort_values(["precision_next", "model"], ascending=[False, True], ignore_index=True)


def compared_with_baseline(judged: Evaluation, question: str, model: str, gain: Interval) -> Markup:
    """Return what the chosen model is worth beside the baseline; `gain` is their paired difference."""
    verdict = "significantly better" if gain.low > 0 else "significantly worse" if gain.high < 0 else ""
    return sentence(
        "{model} is right in {value} of its places, {baseline} in {other}. The paired difference is {gain}, "
        "between {low} and {high}: {verdict}.",
        model=model,
        value=f"{judged.mean(question, model):.3f}",
        baseline=AGAINST[question].lower(),
        other=f"{judged.mean(question, AGAINST[question]):.3f}",
        gain=f"{gain.value:+.3f}",
        low=f"{gain.low:+.3f}",
        high=f"{gain.high:+.3f}",
        verdict=verdict or "no significant difference",
    )


def reach(judged: Evaluation, chosen: Mapping[str, str]) -> Markup:
    """Return how much of the catalogue the chosen models show, and what is bought anyway."""
    products = len(judged.window.train.products)
    shares = []
    for question, name in chosen.items():
        columns = judged.lists[question][name].columns
        if len(columns):
            share = len(np.unique(columns[columns >= 0])) / products
            shares.append(f"{name} shows {percent(share)} of the catalogue to somebody, {QUESTIONS[question]}")
    return sentence(
        "{shares}. Of what was bought in the test window, {top} was of the most bought decile of the products.",
        shares="; ".join(shares),
        top=percent((judged.window.after.indices < top_products(products)).mean()),
    )


def cold_start(cold: pd.DataFrame) -> Markup:
    """Return whether features help with new customers; `cold` is of `cold_start.compare`."""
    rows = cold.set_index("model")
    hybrid, best = rows.loc[HYBRID], rows.drop(HYBRID)["hit_rate"].idxmax()
    baseline = rows.loc[best]
    if best == "Random" and hybrid["hit_low"] <= baseline["hit_high"]:
        verdict = "no list is better than chance, so what new customers share with others says nothing"
    elif hybrid["hit_low"] > baseline["hit_high"]:
        verdict = "what new customers share with others helps"
    elif hybrid["hit_rate"] <= baseline["hit_rate"]:
        verdict = "offer new customers the best sellers; what they share with others does not help"
    else:
        verdict = "the difference is within what chance can do, so the best sellers will do"
    return sentence(
        "The hybrid hits {hybrid} of the new customers, {best} {baseline}: {verdict}.",
        hybrid=percent(hybrid["hit_rate"]),
        best=best.lower(),
        baseline=percent(baseline["hit_rate"]),
        verdict=verdict,
    )


def who_has_lists(offered: pd.DataFrame, customers: int) -> Markup:
    """Return for how many customers there are lists, and how much of them they bought before."""
    served, again = offered["customer_id"].nunique(), offered["bought_before"].mean()
    left = counted(customers - served, "customer", "customers")
    return sentence(
        "{n} customers have lists{none}{share}.",
        n=served,
        none=f"; {left} without a product to learn from have none" if customers > served else "",
        share=f". Of the places, {percent(again)} are products they bought before" if again else "",
    )


def rules(tested: Rules) -> Markup:
    """Return how many rules there are, and what was asked of them."""
    return sentence(
        "Of {possible} pairs of products that are each in at least {floor} of the {orders} orders, {tested} are "
        "together in as many, and {pairs} of these more often than at random, at a false-discovery rate of "
        "{level} (Benjamini-Hochberg over all pairs).",
        possible=tested.possible,
        floor=tested.floor,
        orders=tested.orders,
        tested=tested.tested,
        pairs=len(tested.pairs),
        level=percent(LEVEL, 0),
    )


def use(question: str, model: str, expected: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what the list of a question is for and what may be expected of it, as `expected` says."""
    purpose, file = USES[question]
    unknown = {"expected": "cannot be measured here", "baseline": "–", "hits": "–"}
    return {"use": purpose, "file": file, "model": model} | dict(expected or unknown)


def expected(judged: Evaluation, question: str, model: str, k: int) -> dict[str, str]:
    """Return what may be expected of a list, in products of a customer who buys, and without a model."""
    digits = 1 if question == "next" else 2  # new products are hit less often
    against = AGAINST[question]
    return {
        "expected": f"{k * judged.mean(question, model):.{digits}f} of {k} are bought",
        "baseline": f"{k * judged.mean(question, against):.{digits}f} ({against.lower()})",
        "hits": percent(judged.mean(question, model, "hit_rate"), 0),
    }


def offered_next(judged: Evaluation, model: str, k: int) -> Markup:
    return sentence(
        "Of {k} products offered to a customer who buys, {model} are bought; a list of their usual products gets "
        "{usual}, the best sellers of late {popular}.",
        k=k,
        model=f"{k * judged.mean('next', model):.1f}",
        usual=f"{k * judged.mean('next', 'Buy again'):.1f}",
        popular=f"{k * judged.mean('next', 'Popular lately'):.1f}",
    )


def offered_new(judged: Evaluation, model: str, k: int, gain: Interval) -> Markup:
    return sentence(
        "Of {k} products that are new to a customer, {model} are bought, {popular} with best sellers ({verdict}).",
        k=k,
        model=f"{k * judged.mean('new', model):.2f}",
        popular=f"{k * judged.mean('new', 'Popular lately'):.2f}",
        verdict="significantly more"
        if gain.low > 0
        else "no significant difference"
        if gain.high >= 0
        else "fewer",
    )


def beats_usual_products(model: str, gain: Interval) -> Markup:
    verdict = "beats" if gain.low > 0 else "does worse than" if gain.high < 0 else "does not significantly beat"
    return sentence(
        "The recommender ({model}) {verdict} a list of usual products (difference in precision {low} to {high}, "
        "judged on days that took no part in its choice).",
        model=model.lower(),
        verdict=verdict,
        low=f"{gain.low:+.3f}",
        high=f"{gain.high:+.3f}",
    )


def worth(judged: Evaluation, table: pd.DataFrame, model: str) -> dict[str, Any]:
    """Return the findings of what they buy next, beside the baselines; `table` is of `evaluation.compared`."""
    by_model = table.drop(columns=["precision_low", "precision_high"]).set_index("model")
    return {
        "customers_evaluated": len(judged.window.rows["next"]),
        "best_model": model,
        **{name: by_model.loc[model, name] for name in ("precision", "recall", "ndcg", "coverage")},
        "baseline_buy_again": by_model.loc["Buy again", "precision"],
        "baseline_popularity": by_model.loc["Popular lately", "precision"],
        "baseline_popularity_all_time": by_model.loc["Popular of all time", "precision"],
        "lightfm_precision": by_model.loc["LightFM", "precision"],
        "by_model": by_model.to_dict("index"),
    }


def worth_new(judged: Evaluation, table: pd.DataFrame, model: str) -> dict[str, Any]:
    """Return the findings of new products, as `worth` does."""
    by_model = table.drop(columns=["precision_low", "precision_high"]).set_index("model")
    return {
        "customers_evaluated_new": len(judged.window.rows["new"]),
        "best_model_new": model,
        "precision_new": by_model.loc[model, "precision"],
        "ndcg_new": by_model.loc[model, "ndcg"],
        "baseline_popularity_new": by_model.loc["Popular lately", "precision"],
        "lightfm_precision_new": by_model.loc["LightFM", "precision"],
        "by_model_new": by_model.to_dict("index"),
    }

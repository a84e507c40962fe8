"""What chapter 08 says about its results."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import counted, day, listed, percent, sentence
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
    "Purchase history": "the same as log counts, halved with every half-life since the last order",
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


def evaluated(window: Split) -> Markup:
    customers, products = window.train.shape
    newcomers = window.newcomers["customer_id"].nunique()
    return sentence(
        f"Before {day(window.cut_off)}, {customers:,} customers bought {products:,} products. From then to "
        f"{day(window.end)}, {window.came_back:,} of them bought again; {len(window.rows['next']):,} bought "
        f"a product that was known before and are evaluated, {len(window.rows['new']):,} of them with a product "
        f"that was new to them. {newcomers:,} more customers first bought after the cut-off: no model that learns "
        "from purchases can know them, so they are no part of these figures."
    )


def model_limits(products: int, fitted: Collection[str], ease_products: int, k: int) -> list[Markup]:
    limits = {
        "There is no content-based model: the products have no names with words in them.": "Content" not in fitted,
        f"EASE works on the {ease_products:,} most bought of {products:,} products, because its time grows with "
        "the cube of their number.": products > ease_products,
        "There is only one product: every list holds it, and all models are the same.": products == 1,
        f"There are {products} products and {k} places: every list holds all of them, so the models differ only "
        "in their order.": 1 < products <= k,
    }
    return [sentence(limit) for limit, holds in limits.items() if holds]


def choice(chosen: Mapping[str, str], rehearsal: Evaluation) -> Markup:
    window = rehearsal.window
    named = listed([f"{name} ({QUESTIONS[question]})" for question, name in chosen.items()])
    return sentence(
        f"On the window from {day(window.cut_off)}, with {len(window.rows['next']):,} customers, the most "
        f"precise were {named}. They are what this chapter recommends, whatever the test window says."
    )


def precision_table(evaluation: Evaluation) -> pd.DataFrame:
    models, asked = list(evaluation.measures["next"]), evaluation.window.asked
    columns = {f"precision_{question}": [evaluation.mean(question, m) for m in models] for question in asked}
    table = pd.DataFrame({"model": models} | columns)
    return table.sort_values(["precision_next", "model"], ascending=[False, True], ignore_index=True)


def compared_with_baseline(judged: Evaluation, question: str, model: str, gain: Interval) -> Markup:
    """Return what the chosen model is worth beside the baseline; `gain` is their paired difference."""
    baseline = AGAINST[question]
    verdict = "significantly better" if gain.low > 0 else "significantly worse" if gain.high < 0 else ""
    return sentence(
        f"{model} is right in {judged.mean(question, model):.3f} of its places, {baseline.lower()} in "
        f"{judged.mean(question, baseline):.3f}. The paired difference is {gain.value:+.3f}, between "
        f"{gain.low:+.3f} and {gain.high:+.3f}: {verdict or 'no significant difference'}."
    )


def reach(judged: Evaluation, chosen: Mapping[str, str]) -> Markup:
    products = judged.window.train.shape[1]
    shown = {question: judged.lists[question][chosen[question]].columns for question in judged.window.asked}
    shares = "; ".join(
        f"{chosen[question]} shows {percent(len(np.unique(columns[columns >= 0])) / products)} of the "
        f"catalogue to somebody, {QUESTIONS[question]}"
        for question, columns in shown.items()
    )
    top = percent((judged.window.relevant["next"].indices < top_products(products)).mean())
    return sentence(f"{shares}. Of what was bought in the test window, {top} was of the most bought decile.")


def cold_start(cold: pd.DataFrame) -> Markup:
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
        f"The hybrid hits {percent(hybrid['hit_rate'])} of the new customers, {best.lower()} "
        f"{percent(baseline['hit_rate'])}: {verdict}."
    )


def who_has_lists(offered: pd.DataFrame, customers: int) -> Markup:
    served, again = offered["customer_id"].nunique(), offered["bought_before"].mean()
    left = counted(customers - served, "customer", "customers")
    none = f"; {left} without a product to learn from have none" if customers > served else ""
    share = f". Of the places, {percent(again)} are products they bought before" if again else ""
    return sentence(f"{served:,} customers have lists{none}{share}.")


NO_LIST = sentence(
    "No list is recommended: what it is worth cannot be measured here. The lists are there for a trial, in which "
    "one half of the customers is shown theirs and the other half is not."
)


def lists_written(offered: pd.DataFrame, k: int, *, measured: bool) -> Markup:
    """Say how many customers have a list, and whether anybody knows what it is worth."""
    n = offered["customer_id"].nunique()
    if measured:
        return sentence(f"Every one of {n:,} customers has a list of {k} products with a reason for each.")
    return sentence(
        f"Lists of {k} products for {n:,} customers are there for a trial; none is recommended, because nobody "
        "has measured what they are worth."
    )


def rules(tested: Rules) -> Markup:
    if not tested.possible:
        return sentence("Fewer than two products are in enough orders to say what is bought together.")
    if tested.pairs.empty:
        return sentence(
            "Of {n} pairs of products none is in one order more often than at random.",
            n=tested.possible,
        )
    return sentence(
        f"Of {tested.possible:,} pairs of products that are each in at least {tested.floor:,} of the "
        f"{tested.orders:,} orders, {tested.tested:,} are together in as many, and {len(tested.pairs):,} of these "
        f"more often than at random, at a false-discovery rate of {percent(LEVEL, 0)} (Benjamini-Hochberg over "
        "all pairs)."
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


def offered_next(judged: Evaluation, model: str, recommended: str, k: int) -> Markup:
    ours, usual, popular = (k * judged.mean("next", name) for name in (model, "Buy again", "Popular lately"))
    if recommended == "Buy again":
        return sentence(
            f"Offer customers their usual products: of {k} offered to one who buys, {usual:.1f} are bought; the "
            f"recommender ({model.lower()}) gets {ours:.1f}, the best sellers of late {popular:.1f}."
        )
    return sentence(
        f"Of {k} products offered to a customer who buys, {ours:.1f} are bought; a list of their usual products "
        f"gets {usual:.1f}, the best sellers of late {popular:.1f}."
    )


def offered_new(judged: Evaluation, model: str, k: int, gain: Interval) -> Markup:
    ours, popular = (k * judged.mean("new", name) for name in (model, "Popular lately"))
    verdict = "significantly more" if gain.low > 0 else "significantly fewer" if gain.high < 0 else ""
    return sentence(
        f"Of {k} products that are new to a customer, {ours:.2f} are bought, {popular:.2f} with best sellers "
        f"({verdict or 'no significant difference'})."
    )


def beats_usual_products(model: str, gain: Interval) -> Markup:
    verdict = "beats" if gain.low > 0 else "does worse than" if gain.high < 0 else "does not significantly beat"
    return sentence(
        f"The recommender ({model.lower()}) {verdict} a list of usual products (difference in precision "
        f"{gain.low:+.3f} to {gain.high:+.3f}, judged on days that took no part in its choice)"
        f"{'' if gain.low > 0 else ': the list for repeats holds the usual products'}."
    )


def findings(judged: Evaluation, table: pd.DataFrame, question: str, model: str) -> dict[str, Any]:
    """Return what a question's findings are, beside the baselines; `table` is of `evaluation.compared`."""
    by_model = table.drop(columns=["precision_low", "precision_high"]).set_index("model")
    best, end = by_model.loc[model], "" if question == "next" else "_new"
    values = {
        "customers_evaluated": len(judged.window.rows[question]),
        "best_model": model,
        "precision": best["precision"],
        "ndcg": best["ndcg"],
        "baseline_popularity": by_model.loc["Popular lately", "precision"],
        "lightfm_precision": by_model.loc["LightFM", "precision"],
        "by_model": by_model.to_dict("index"),
    }
    of_next = {
        "recall": best["recall"],
        "coverage": best["coverage"],
        "baseline_buy_again": by_model.loc["Buy again", "precision"],
        "baseline_popularity_all_time": by_model.loc["Popular of all time", "precision"],
    }
    return {f"{name}{end}": value for name, value in values.items()} | (of_next if question == "next" else {})

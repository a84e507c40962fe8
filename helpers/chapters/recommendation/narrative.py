"""What chapter 08 says about its results, and what it records."""

from typing import Any

import numpy as np
import pandas as pd

from helpers.base.sampling import Interval
from helpers.base.text import number, percent
from helpers.chapters.recommendation.evaluation import (
    AGAIN,
    ALL_TIME,
    CONTENT,
    EASE,
    HYBRID,
    LIGHTFM,
    QUESTIONS,
    RANDOM,
    RECENT,
    Options,
    difference,
)
from helpers.chapters.recommendation.interactions import Split
from helpers.chapters.recommendation.windows import Choice, Plan, Window

NO_EARLIER = (
    "The ledger is too short for an earlier window, or nobody bought again in it; the blend has equal weights."
)


def read_split(apart: Split) -> list[str]:
    """Say who is evaluated, and who and what cannot be."""
    train = apart.train
    evaluated, new = len(apart.rows["next"]), len(apart.rows["new"])
    strangers = apart.strangers["customer_id"].nunique()
    return [
        f"Before {apart.cut_off:%Y-%m-%d}, {len(train.customers):,} customers bought {len(train.products):,} "
        f"products; {percent(len(train.row) / np.prod(train.shape))} of all pairs of the two met.",
        f"From then to {apart.end:%Y-%m-%d}, {apart.known_buyers:,} of them bought again; {evaluated:,} "
        f"bought a product that was known before and are evaluated, {new:,} of them with a product that was new "
        "to them.",
        f"{strangers:,} more customers came only after the cut-off: no model that learns from purchases can know "
        "them, so they are no part of these figures.",
    ]


def read_best(window: Window, question: str, choice: Choice, options: Options) -> str:
    """Say what the chosen model is worth and whether it is surely better than the baseline."""
    name, against = choice.models[question], AGAIN if question == "next" else RECENT
    found = difference(window.evaluation, question, name, against, options)
    value = window.evaluation.mean(question, name)
    baseline = window.evaluation.mean(question, against)
    sure = "surely better" if found.low > 0 else "surely worse" if found.high < 0 else "not surely different"
    where = "chosen on the earlier window" if choice.tuned else "with equal weights, for want of an earlier window"
    return (
        f"{name} ({where}) is right in {value:.3f} of its places, {against[0].lower()}{against[1:]} in "
        f"{baseline:.3f}. The difference by customer is {found.value:+.3f}, between {found.low:+.3f} and "
        f"{found.high:+.3f}: {sure}."
    )


def read_left_out(test: Window, options: Options) -> list[str]:
    """Say which models or parts are not there, and why."""
    found = []
    products = len(test.split.train.products)
    if CONTENT not in test.models:
        found.append("The content-based model is left out: the products have no names with words in them.")
    if products > options.ease_products:
        found.append(
            f"{EASE} works on the {options.ease_products:,} most bought of {products:,} products, because its "
            "time grows with the cube of their number."
        )
    return found


def read_catalogue(apart: Split, k: int) -> list[str]:
    """Say where lists are as long as the catalogue."""
    products = len(apart.train.products)
    if products == 1:
        return ["There is only one product: every list holds it, and no model can be better than another."]
    if products <= k:
        return [
            f"There are {products} products and {k} places: every list holds all of them, so the models differ "
            "only in their order."
        ]
    return []


def read_choice(choice: Choice, earlier: Window) -> str:
    """Say what the earlier window chose."""
    named = " and ".join(f"{name} ({QUESTIONS[question]})" for question, name in choice.models.items())
    return (
        f"On the window from {earlier.split.cut_off:%Y-%m-%d}, with {len(earlier.split.rows['next']):,} "
        f"customers, the most precise were: {named}. They are what this chapter recommends, "
        "whatever the test window says."
    )


def read_reach(test: Window, choice: Choice) -> str:
    """Say how much of the catalogue the chosen models reach, and how it compares with what is bought anyway."""
    told = []
    for question, name in choice.models.items():
        if len(test.split.rows[question]):
            shown = test.evaluation.lists[question][name]
            share = len(np.unique(shown[shown >= 0])) / len(test.split.train.products)
            told.append(f"{name} shows {percent(share)} of the catalogue to somebody, {QUESTIONS[question]}")
    bought = test.split.after.indices
    head = max(1, int(np.ceil(0.1 * len(test.split.train.products))))
    return (
        f"{'; '.join(told)}. Of what was really bought in the test window, {percent((bought < head).mean())} "
        "was of the most bought tenth of the products."
    )


def read_failures(failed: pd.DataFrame, model: str) -> str:
    """Say whom the chosen model fails, and who fails fewest.

    Args:
        failed: of `recommendation_tables.failures`.
        model: the chosen one.
    """
    shares = failed.loc[model].rename(lambda group: group.replace(": ", ", "))
    told = "; ".join(f"{group}: {percent(share)}" for group, share in shares.items())
    first = failed.index[0]
    other = "" if first == model else f" {first} leaves the fewest customers without a hit, but is less precise."
    return f"Without a hit from the {model.lower()}: {told}.{other}"


def read_cold(cold: pd.DataFrame) -> list[str]:
    """Say whether features help with strangers."""
    if not len(cold):
        return ["Left out here: there is nobody to test it on, or nothing that strangers share with customers."]
    rows = cold.set_index("model")
    mixed = rows.loc[HYBRID]
    best = rows.drop(HYBRID)["hit_rate"].idxmax()
    baseline = rows.loc[best]
    if best == RANDOM and mixed["low"] <= baseline["high"]:
        verdict = "no list is better than chance, so what strangers share with customers says nothing."
    elif mixed["low"] > baseline["high"]:
        verdict = "what strangers share with customers helps."
    elif mixed["hit_rate"] <= baseline["hit_rate"]:
        verdict = "offer strangers the best sellers; what they share with customers does not help."
    else:
        verdict = "the difference is within what chance can do, so the best sellers will do."
    return [
        f"The hybrid hits {percent(mixed['hit_rate'])} of the strangers, {best[0].lower()}{best[1:]} "
        f"{percent(baseline['hit_rate'])}: {verdict}"
    ]


def read_lists(lists: dict[str, pd.DataFrame], known: int, customers: int) -> str:
    """Say for whom there are lists, and how much of them is new."""
    again = lists["next"]["bought_before"].mean()
    left = customers - known
    return (
        f"{known:,} customers have lists"
        + (f"; {number(left)} without a product to learn from have none" if left > 0 else "")
        + (
            f". With repeats allowed, {percent(again)} of the places are products they bought before."
            if again
            else "."
        )
    )


def findings(
    window: Window | None, choice: Choice | None, options: Options, tables: dict[str, pd.DataFrame]
) -> dict[str, Any]:
    """Return what is recorded: the chosen models' worth in the test window, beside the baselines.

    Args:
        window: the test window, if there is one.
        choice: of the earlier window.
        options: of the models.
        tables: question -> `recommendation.compared`, of the questions that could be judged.
    """
    named = ("precision", "recall", "ndcg", "precision_new", "ndcg_new", "coverage", "baseline_buy_again")
    named += ("baseline_popularity", "lightfm_precision", "lightfm_precision_new", "best_model", "best_model_new")
    named += ("lift_low", "lift_high")
    found: dict[str, Any] = {"customers_evaluated": 0, "k": options.k} | dict.fromkeys(named)
    if window is None or choice is None:
        return found
    judged, best = window.evaluation, choice.models["next"]
    lift = difference(judged, "next", best, AGAIN, options)
    table = tables["next"].set_index("model")
    found |= {
        "customers_evaluated": len(window.split.rows["next"]),
        "precision": judged.mean("next", best),
        "recall": judged.mean("next", best, "recall"),
        "ndcg": judged.mean("next", best, "ndcg"),
        "coverage": table.loc[best, "coverage"],
        "baseline_buy_again": judged.mean("next", AGAIN),
        "baseline_popularity": judged.mean("next", RECENT),
        "baseline_popularity_all_time": judged.mean("next", ALL_TIME),
        "lightfm_precision": judged.mean("next", LIGHTFM),
        "best_model": best,
        "lift_low": lift.low,
        "lift_high": lift.high,
        "by_model": table.drop(columns=["low", "high"]).to_dict("index"),
    }
    if len(window.split.rows["new"]):
        new = choice.models["new"]
        found |= {
            "customers_evaluated_new": len(window.split.rows["new"]),
            "precision_new": judged.mean("new", new),
            "ndcg_new": judged.mean("new", new, "ndcg"),
            "baseline_popularity_new": judged.mean("new", RECENT),
            "lightfm_precision_new": judged.mean("new", LIGHTFM),
            "best_model_new": new,
            "by_model_new": tables["new"].set_index("model").drop(columns=["low", "high"]).to_dict("index"),
        }
    return found


def why_not(plan: Plan, test: Window | None) -> str:
    """Return why nothing can be evaluated, as a sentence; empty where it can."""
    if plan.why:
        return plan.why
    if test is None:
        return (
            f"No customer who bought before {plan.test:%Y-%m-%d} bought a product known then in the "
            f"{plan.days} days from it on, so there is nothing to be right about."
        )
    return ""


def headlines(test: Window | None, choice: Choice, options: Options, missing: str) -> list[tuple[str, str | None]]:
    """Return what a business person should know first, each with the front page's question that it answers."""
    if test is None:
        return [
            (f"Recommendations cannot be evaluated here. {missing}", "doubt"),
            (
                "Lists are made from what customers and products have in common, and nobody has measured what "
                "they are worth.",
                None,
            ),
        ]
    judged, k, found = test.evaluation, options.k, []
    best = choice.models["next"]
    lift = difference(judged, "next", best, AGAIN, options)
    offered = (
        f"Of {k} products offered to a customer who buys, {k * judged.mean('next', best):.1f} are bought; a list "
        f"of what they always buy gets {k * judged.mean('next', AGAIN):.1f}, the best sellers of late "
        f"{k * judged.mean('next', RECENT):.1f}."
    )
    compared = (
        f"The recommender ({best.lower()}) {_beats(lift)} (difference in precision {lift.low:+.3f} to "
        f"{lift.high:+.3f}, judged on days that took no part in its choice)."
    )
    found += [(offered, "do"), (compared, None if lift.low > 0 else "doubt")]
    if len(test.split.rows["new"]):
        new = choice.models["new"]
        against = difference(judged, "new", new, RECENT, options)
        fresh = (
            f"Of {k} products that are new to a customer, {k * judged.mean('new', new):.2f} are bought, "
            f"{k * judged.mean('new', RECENT):.2f} with best sellers "
            f"({'surely more' if against.low > 0 else 'not surely more'})."
        )
        found.append((fresh, None))
    return found


def _beats(lift: Interval) -> str:
    if lift.low > 0:
        return "beats what they always buy"
    return "does worse than what they always buy" if lift.high < 0 else "does not surely beat what they always buy"

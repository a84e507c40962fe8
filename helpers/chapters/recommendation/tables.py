"""The tables of chapter 08: models, activity, failures, customers shown, what to do; and how they are headed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from helpers.base.text import percent
from helpers.chapters.recommendation.evaluation import (
    AGAIN,
    ALL_TIME,
    ALS,
    BLEND,
    CONTENT,
    EASE,
    HABITS,
    HYBRID,
    LIGHTFM,
    NEIGHBOURS,
    QUESTIONS,
    RANDOM,
    RECENT,
    Evaluation,
    Options,
)
from helpers.chapters.recommendation.interactions import Interactions
from helpers.chapters.recommendation.metrics import MEASURES
from helpers.chapters.recommendation.windows import Choice, Final, Window

KNOWS = {
    RANDOM: "nothing: a list by chance",
    ALL_TIME: "how many customers ever bought each product",
    RECENT: "how many customers bought it in the last days before the cut-off",
    AGAIN: "how many orders of each product the customer has placed",
    HABITS: "the same as log counts, halved with every half-life since the last order",
    NEIGHBOURS: "which products are bought by the same customers (BM25 weights)",
    EASE: "how each product follows from all others, in one linear model",
    ALS: "hidden tastes of customers and products (alternating least squares)",
    LIGHTFM: "hidden tastes, learned by ranking what was bought above what was not (WARP)",
    HYBRID: "the same, with words, prices and what customers have in common",
    CONTENT: "which product names share words",
    BLEND: "a weighted sum of several models, weights tuned on the earlier window",
}
"""What each model knows, in the words of the page."""
NAMES = {
    "model": "Model",
    "low": "from",
    "high": "to",
    **MEASURES,
    "coverage": "Coverage",
    "novelty": "Novelty (bits)",
    "head": "Places of the top tenth",
}
FORMATS: dict[str, Any] = {name: "{:.3f}".format for name in ("precision", "recall", "map", "ndcg", "low", "high")}
FORMATS |= {"hit_rate": percent, "coverage": percent, "head": percent, "novelty": "{:.1f}".format}
WORTH = ["model", "precision", "low", "high", *[name for name in MEASURES if name != "precision"]]
REACH = ["model", "precision", "coverage", "novelty", "head"]


def models_table(window: Window) -> pd.DataFrame:
    """Return what each fitted model knows: `model, knows`."""
    names = list(window.evaluation.measures["next"])
    return pd.DataFrame({"model": names, "knows": [KNOWS[name] for name in names]})


def before_and_after(earlier: Window, test: Window) -> pd.DataFrame:
    """Return each model's precision in both windows and questions, the best of the earlier window first."""
    found = pd.DataFrame({"model": list(earlier.evaluation.measures["next"])})
    for question in QUESTIONS:
        for name, window in (("earlier", earlier), ("test", test)):
            if len(window.split.rows[question]):
                found[f"{question}_{name}"] = [window.evaluation.mean(question, model) for model in found["model"]]
    return found.sort_values([found.columns[1], "model"], ascending=[False, True], ignore_index=True)


WINDOW_NAMES = {
    "model": "Model",
    "next_earlier": "Repeats allowed, earlier",
    "next_test": "… test",
    "new_earlier": "New only, earlier",
    "new_test": "… test",
}
WINDOW_FORMATS = {name: "{:.3f}".format for name in WINDOW_NAMES if name != "model"}


def activity(train: Interactions, bounds: Sequence[int]) -> np.ndarray:
    """Return the group of each customer by orders before the cut-off: 0 new, 1 light, 2 heavy."""
    return np.searchsorted(np.asarray(bounds), train.visits, side="right")


def activity_names(bounds: Sequence[int]) -> list[str]:
    """Return the names of the three groups."""
    light, heavy = bounds
    orders = "1 order" if light == 2 else f"under {light} orders"
    return [f"New: {orders}", f"Light: {light} to {heavy - 1}", f"Heavy: {heavy} or more"]


def by_activity(judged: Evaluation, question: str, measure: str, bounds: Sequence[int]) -> pd.DataFrame:
    """Return the mean of a measure, models x groups of activity, the groups' sizes in their headings."""
    group = activity(judged.split.train, bounds)[judged.split.rows[question]]
    columns = {}
    for place, name in enumerate(activity_names(bounds)):
        members = group == place
        if members.any():
            columns[f"{name} ({members.sum():,})"] = {
                model: float(measures[measure][members].mean())
                for model, measures in judged.measures[question].items()
            }
    return pd.DataFrame(columns)


def failures(judged: Evaluation, question: str, bounds: Sequence[int]) -> pd.DataFrame:
    """Return the share of customers without a hit, models x groups of activity, the fewest in all first."""
    found = 1 - by_activity(judged, question, "hit_rate", bounds)
    in_all = {model: judged.mean(question, model, "hit_rate") for model in found.index}
    return found.loc[sorted(in_all, key=lambda model: (-in_all[model], model))]


def failed_profile(judged: Evaluation, question: str, model: str) -> pd.DataFrame:
    """Return medians of the customers a model fails (no hit) beside those it serves, as of the cut-off."""
    train, rows = judged.split.train, judged.split.rows[question]
    products = np.diff(train.seen.indptr)
    silent = np.full(len(train.customers), np.inf)
    np.minimum.at(silent, train.row, train.age)
    right = np.asarray(judged.split.relevant[question].sum(axis=1)).ravel()
    hit = judged.values(question, model, "hit_rate") > 0
    told = []
    for name, members in (("at least one hit", rows[hit]), ("no hit", rows[~hit])):
        if len(members):
            told.append(
                {
                    "customers": name,
                    "number": len(members),
                    "orders": float(np.median(train.visits[members])),
                    "products": float(np.median(products[members])),
                    "silent": float(np.floor(np.median(silent[members]))),
                    "right": float(np.median(right[members])),
                }
            )
    return pd.DataFrame(told)


FAILED_NAMES = {
    "customers": "Customers with",
    "number": "How many",
    "orders": "Orders before",
    "products": "Products before",
    "silent": "Days since the last order",
    "right": "Products to be right about",
}


def what_to_do(window: Window | None, choice: Choice, options: Options) -> pd.DataFrame:
    """Return what each list is for and what may be expected of it, a row a use."""
    uses = {
        "next": ("Reminders, reorder lists, the start page of a known customer", "recommendations.csv"),
        "new": ("Letters and shelves that widen what a customer buys", "recommendations_new.csv"),
    }
    if window is None:
        uses = {"next": ("A first try, where nothing better is known", "recommendations.csv")}
    rows = []
    for question, (use, file) in uses.items():
        row = {"use": use, "file": file, "model": choice.models[question]}
        if window is not None and len(window.split.rows[question]):
            name = choice.models[question]
            against = AGAIN if question == "next" else RECENT
            digits = 1 if question == "next" else 2  # new products are hit less often
            row["expected"] = (
                f"{options.k * window.evaluation.mean(question, name):.{digits}f} of {options.k} are bought"
            )
            row["without"] = (
                f"{options.k * window.evaluation.mean(question, against):.{digits}f} ({against.lower()})"
            )
            row["hit"] = percent(window.evaluation.mean(question, name, "hit_rate"), 0)
        else:
            row |= {"expected": "cannot be measured here", "without": "–", "hit": "–"}
        rows.append(row)
    return pd.DataFrame(rows)


USES = {
    "use": "What for",
    "file": "List",
    "model": "Model",
    "expected": "Right, of a customer who buys",
    "without": "Without a model",
    "hit": "Customers with a hit",
}


def shown_customers(
    wanted: Sequence[str], lists: dict[str, pd.DataFrame], final: Final, customers: pd.DataFrame, shown: int = 3
) -> pd.DataFrame:
    """Return customers with what they bought most and the first offers of both questions, a row each."""
    # a name that ends in a blank would stand before its comma with it
    names = final.products["product_name"].str.strip().to_numpy()
    segments = customers.set_index("customer_id").get("rfm_segment")
    counts = final.train.matrix(final.train.orders)
    if "content" in lists:  # both questions have the same list where nothing could be evaluated
        lists = {"hybrid" if final.hybrid else "popular": lists["new"], "content": lists["content"]}
    rows = []
    for customer in wanted:
        row = counts[int(np.searchsorted(final.train.customers, customer))]
        order = np.lexsort((row.indices, -row.data))[:shown]
        told = [f"{names[row.indices[i]]} ({row.data[i]:.0f})" for i in order]
        theirs = {
            question: found[found["customer_id"] == customer].head(shown) for question, found in lists.items()
        }
        first = {question: ", ".join(found["product_name"].str.strip()) for question, found in theirs.items()}
        segment = {} if segments is None else {"segment": segments[customer]}
        rows.append({"customer_id": customer, **segment, "bought": ", ".join(told), **first})
    return pd.DataFrame(rows)


def shown_reasons(wanted: Sequence[str], new: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return the first new offers of customers with their reasons: `customer_id, rank, product_name, reason`."""
    parts = [new[(new["customer_id"] == customer) & (new["rank"] <= k)] for customer in wanted]
    return pd.concat(parts)[["customer_id", "rank", "product_name", "reason"]]


SHOWN_NAMES = {
    "customer_id": "Customer",
    "segment": "Segment",
    "bought": "Bought most (orders)",
    "next": "Offered next",
    "new": "Offered new",
    "hybrid": "Offered (hybrid)",
    "popular": "Offered (popular)",
    "content": "Offered (content)",
    "rank": "Rank",
    "reason": "Why",
}
ALIKE = {
    "names": {"product": "Best seller", "similar": "Its customers also buy", "likeness": "Likeness (cosine)"},
    "formats": {"likeness": "{:.2f}".format},
}
"""How the table of similar products is headed and written."""
KIND_NAMES = {"feature": "Feature", "value": "Of", "customers": "Customers like that", "products": "Offered first"}
HITS = {
    "names": {
        "model": "Model",
        "precision": "Precision",
        "hit_rate": "Customers with a hit",
        "low": "from",
        "high": "to",
    },
    "formats": {"precision": "{:.3f}".format, "hit_rate": percent, "low": percent, "high": percent},
}
"""How the table of lists for strangers is headed and written."""

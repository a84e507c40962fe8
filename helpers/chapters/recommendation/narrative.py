"""What chapter 08 says about its results."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, day, listed, percent, sentence
from helpers.chapters.recommendation.association_rules import Rules
from helpers.chapters.recommendation.cold_start import HYBRID, best_seller, recommended
from helpers.chapters.recommendation.evaluation import AGAINST, Evaluation, Gain, common_models, gain_of
from helpers.chapters.recommendation.interactions import QUESTIONS, Split
from helpers.chapters.recommendation.lists import NOT_NOW, held_back
from helpers.chapters.recommendation.metrics import MEASURES, top_products
from helpers.chapters.recommendation.models import Ease

KNOWS = {
    "Random": "nothing: a list at random",
    "Popular of all time": "how many customers ever bought each product",
    "Popular lately": "how many customers bought it in the last days before the cut-off",
    "Buy again": "how many orders of each product the customer has placed",
    "TIFU-KNN": "the same, later orders counting more, and the orders of the most similar customers",
    "UP-CF": "which of a customer's last orders held it, and those of others by how alike they are",
    "Nearest neighbours": "which products are bought by the same customers (BM25 weights)",
    "EASE": "how each product follows from all others, in one linear model",
    "ALS": "hidden tastes of customers and products (alternating least squares)",
    "LightFM": "hidden tastes, learned by ranking what was bought above what was not (WARP)",
    "LightFM hybrid": "the same, with words, prices and what customers have in common",
    "Content": "which product names share words",
    "Blend": "a weighted sum of several models, weights tuned on earlier windows",
}
"""What each model knows, in the words of the page."""
PLAIN = {
    "Buy again": "usual products",
    "Popular lately": "recent best sellers",
    "Popular of all time": "best sellers of all time",
    "Random": "products at random",
}
"""What the lists of baselines hold, in words that need no model."""
INSTEAD = {"next": "Popular lately", "new": "Random"}
"""What a list is held against that is the baseline itself."""
SAID = {1: "significantly more", 0: "no significant difference", -1: "significantly fewer"}
"""What a verdict on a gain is called."""
MOSTLY = 0.5
"""Share of the rarer product's orders from which on a pair is said to be in one order most of the time."""
MEASURED = (
    *("cut_off", "cut_off_earlier", "weights", "strangers", "rules", "best_model", "best_model_new"),
    *("precision", "recall", "ndcg", "coverage", "precision_new", "ndcg_new", "baseline_buy_again"),
    *("baseline_popularity", "lightfm_precision", "lightfm_precision_new", "lift_low", "lift_high"),
    *("windows", "lift_mean", "lift_mean_low", "lift_mean_high", "settings"),
)
"""Findings that only some data give; the others have none."""
USES = {
    "next": ("Reminders, reorder lists, the start page of a known customer", "recommendations.csv"),
    "new": ("Newsletters and shelves that widen what a customer buys", "recommendations_new.csv"),
}
"""What the list of each question is for, and its file."""


def evaluated(window: Split) -> Markup:
    customers, products = window.train.shape
    newcomers = window.newcomers["customer_id"].nunique()
    who = "of those drawn, " if window.drawn else ""
    return sentence(
        f"Before {day(window.cut_off)}, {customers:,} customers bought {products:,} products. From then to "
        f"{day(window.end)}, {window.came_back:,} of them bought again; {who}{len(window.rows['next']):,} bought "
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


def through_time(earlier: Sequence[Split], test: Split, wanted: int) -> Markup:
    """Say which windows there are: those that models are judged in, and whether there are fewer than wanted."""
    starts = [day(window.cut_off) for window in (*earlier, test)]
    if len(starts) > wanted:
        judging = listed(starts[-wanted:])
        return sentence(
            f"Models are judged in {wanted} windows, from {judging}; that from {starts[0]} serves to choose only."
        )
    if len(starts) == 1:
        return sentence(
            "Only this one window fits into the data: nothing can be chosen before it, and nobody knows whether "
            "its season is like others."
        )
    return sentence(
        f"Models are judged in {len(starts)} windows, from {listed(starts)}; {wanted} with one before them to "
        "choose in would need a longer history."
    )


def choice(chosen: Mapping[str, str], rehearsals: Sequence[Evaluation], ease: Ease, epochs: int) -> Markup:
    """Say what was chosen on the earlier windows, and what the last window is for."""
    starts = listed([day(one.window.cut_off) for one in rehearsals])
    span = f"{'windows' if len(rehearsals) > 1 else 'window'} from {starts}"
    named = listed([f"{name} ({QUESTIONS[question]})" for question, name in chosen.items()])
    return sentence(
        f"In the {span}, the most precise were {named}. The test takes EASE with a half-life of "
        f"{ease.half_life:.0f} days and a penalty of {ease.penalty:.0f}, and LightFM after "
        f"{counted(epochs, 'epoch', 'epochs')}. A model replaces a simple list only where it is significantly "
        "better, over all windows and in the last one."
    )


def precision_table(rehearsals: Sequence[Evaluation]) -> pd.DataFrame:
    """Return each model's mean precision over earlier windows, by question."""
    models, asked = common_models(rehearsals, "next"), rehearsals[-1].window.asked
    columns = {
        f"precision_{question}": [np.mean([one.mean(question, m) for one in rehearsals]) for m in models]
        for question in asked
    }
    table = pd.DataFrame({"model": models} | columns)
    return table.sort_values(["precision_next", "model"], ascending=[False, True], ignore_index=True)


def models_table(table: pd.DataFrame, windows: int) -> pd.DataFrame:
    """Return the columns of `evaluation.compared` that a page shows; of one window, no mean over several."""
    several = ["mean_precision", "mean_low", "mean_high"] if windows > 1 else []
    last = ["precision", "precision_low", "precision_high", "recall", "ndcg", "hit_rate"]
    return table[["model", *several, *last]]


def plain(model: str) -> str:
    """Return what a model's list holds: `usual products`; `the recommender (blend)` of a model that learns."""
    return PLAIN.get(model, f"the recommender ({model if model.isupper() else model.lower()})")


def compared_with_baseline(
    judged: Evaluation, question: str, model: str, gain: Gain, k: int, *, windows: int = 1
) -> Markup:
    """Return what the chosen model is worth beside the baseline; `gain` is their paired difference."""
    baseline = AGAINST[question]
    over = ""
    if windows > 1:
        over = f"; {k * gain.lasting.low:+.2f} to {k * gain.lasting.high:+.2f} on average over {windows} windows"
    return sentence(
        f"Customers bought {k * judged.mean(question, model):.2f} of {k} products on the list of {plain(model)}, "
        f"{k * judged.mean(question, baseline):.2f} of {k} {plain(baseline)}: "
        f"{SAID[gain.verdict]} ({k * gain.kept.low:+.2f} to {k * gain.kept.high:+.2f} products{over})."
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


def cold_start(cold: pd.DataFrame, customers: int, k: int) -> Markup:
    """Say which list new customers are shown, by the paired differences of `cold_start.compare`."""
    rows = cold.set_index("model")
    best = best_seller(cold)
    hits = {name: percent(rows.loc[name, "hit_rate"], 0) for name in (HYBRID, best, "Random")}
    if rows.loc["Random", "difference_low"] <= 0 and rows.drop(HYBRID)["hit_rate"].idxmax() == "Random":
        return sentence(
            f"No list for new customers is better than chance: {hits[HYBRID]} of {customers:,} bought at least "
            f"one of {k} products on the model's list, {hits['Random']} one of {k} at random. What they share "
            "with others says nothing."
        )
    if recommended(cold) == HYBRID:
        return sentence(
            f"Show new customers the model's list: {hits[HYBRID]} of {customers:,} bought at least one of its {k} "
            f"products, {hits[best]} one of {k} {PLAIN[best]}, significantly fewer."
        )
    verdict = "significantly fewer" if rows.loc[best, "difference_high"] < 0 else "not significantly different"
    return sentence(
        f"Show new customers the {PLAIN[best]}: {hits[best]} of {customers:,} bought at least one of the {k}, "
        f"{hits[HYBRID]} one of {k} on the model's list, {verdict}."
    )


def who_has_lists(offered: pd.DataFrame, customers: int) -> Markup:
    served, again = offered["customer_id"].nunique(), offered["bought_before"].mean()
    left = counted(customers - served, "customer", "customers")
    none = f"; {left} without a product to learn from have none" if customers > served else ""
    share = (
        f". Of its {len(offered):,} suggestions, {percent(again)} are products they bought before" if again else ""
    )
    return sentence(f"{served:,} customers have a list{none}{share}.")


def other_actions(customers: pd.DataFrame) -> Markup | None:
    """Say why a customer's action is not that of the segment, where some are not; None where all are."""
    reasons = {
        "flag": "Customers who are flagged are reviewed first",
        "buying_season": "customers who order in one season only are written to before it",
    }
    held = [reason for name, reason in reasons.items() if name in customers and customers[name].notna().any()]
    if not held:
        return None
    told = listed(held)
    return sentence(f"{told[:1].upper()}{told[1:]}, whatever their segment.")


NO_LIST = sentence(
    "No list is recommended: what it is worth cannot be measured here. The lists are there for a trial, in which "
    "one half of the customers is shown theirs and the other half is not."
)


def lists_written(offered: pd.DataFrame, k: int, *, measured: bool) -> Markup:
    """Say how many customers have a list, with whom it can be used now, and whether anybody knows its worth."""
    n = offered["customer_id"].nunique()
    if not measured:
        return sentence(
            f"Lists of {k} products for {n:,} customers are there for a trial; none is recommended, because "
            "nobody has measured what they are worth."
        )
    held = held_back(offered)
    if not held.sum():
        return sentence(f"All {n:,} customers have a list of {k} products.")
    return sentence(
        f"All {n:,} customers have a list of {k} products; use it now for {n - held.sum():,}. The other "
        f"{held.sum():,} wait: the column action says why."
    )


def orders(offered: Mapping[str, pd.DataFrame], newcomers: str | None) -> pd.DataFrame:
    """Return what to do with the lists: `what_to_do, customers, file`.

    Args:
        offered: by question the list that was measured.
        newcomers: the model whose list new customers are shown; None where nobody knows.
    """
    told = {
        "next": "Send it as a reorder reminder, or show it on their start page",
        "new": "Put it into the newsletter of one half of them, drawn at random; compare what the halves spend",
    }
    held = held_back(next(iter(offered.values())))
    rows = [
        (told[asked], table["customer_id"].nunique() - held.sum(), USES[asked][1])
        for asked, table in offered.items()
    ]
    if newcomers:
        name = f"the {PLAIN[newcomers]}" if newcomers in PLAIN else "the list of their kind"
        rows.append((f"Show {name} to customers who have not bought yet", np.nan, "the table in section 8"))
    rows += [(f"Send no list now: {NOT_NOW[kind]}", count, "by the column action") for kind, count in held.items()]
    return pd.DataFrame(rows, columns=["what_to_do", "customers", "file"])


def rules(tested: Rules, pairs: pd.DataFrame) -> Markup:
    """Say which products to show together; `pairs` are those of `tested` by name."""
    if not tested.possible:
        return sentence("Fewer than two products are in enough orders to say which are ordered together.")
    if pairs.empty:
        return sentence(
            "Of {n} pairs of products none is in one order more often than at random.",
            n=tested.possible,
        )
    often = pairs[pairs["confidence"] >= MOSTLY]
    first, rest = (often if len(often) else pairs).iloc[0], len(pairs) - len(often)
    example = f"{str(first['product']).strip()} and {str(first['bought_with']).strip()}"
    beyond = "significantly more often in one order than at random"
    if often.empty:
        some = counted(rest, "pair of products is", "pairs of products are")
        return sentence(
            "Show {example} side by side: of {n} pairs tested, {some} {beyond}, this one first of all.",
            example=example, n=tested.possible, some=some, beyond=beyond,
        )  # fmt: skip
    ends = " to ".join(dict.fromkeys(percent(end, 0) for end in often["confidence"].agg(["min", "max"])))
    return sentence(
        "Show or bundle {some}, such as {example}: {ends} of the orders with the rarer one hold the other."
        + (" Of {n} pairs tested, {more} {beyond}." if rest else ""),
        some=counted(len(often), "pair of products", "pairs of products"),
        example=example,
        ends=ends,
        n=tested.possible,
        more=counted(rest, "more is", "more are"),
        beyond=beyond,
    )


def use(question: str, model: str, expected: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what the list of a question is for and what may be expected of it, as `expected` says."""
    purpose, file = USES[question]
    unknown = {"expected": "cannot be measured here", "baseline": "–", "hits": "–"}
    holds = plain(model)
    return {"use": purpose, "file": file, "model": holds[:1].upper() + holds[1:]} | dict(expected or unknown)


def expected(judged: Evaluation, question: str, model: str, k: int) -> dict[str, str]:
    """Return what customers who ordered in the test bought of a list, and of a simpler one."""
    digits = 1 if question == "next" else 2  # new products are hit less often
    against = INSTEAD[question] if model == AGAINST[question] else AGAINST[question]
    return {
        "expected": f"{k * judged.mean(question, model):.{digits}f} of {k}",
        "baseline": f"{k * judged.mean(question, against):.{digits}f} of {k} ({plain(against)})",
        "hits": percent(judged.mean(question, model, "hit_rate"), 0),
    }


def offered_next(judged: Evaluation, model: str, recommended: str, k: int) -> Markup:
    """Say which list to show, and how much of it was bought in the test; nobody was shown a list there."""
    ours, usual, popular = (k * judged.mean("next", name) for name in (model, "Buy again", "Popular lately"))
    window, n = judged.window, len(judged.window.rows["next"])
    span = f"{day(window.cut_off)} to {day(window.end)}"
    bought = [f"{usual:.1f} of {k} usual products", f"{popular:.1f} of {k} recent best sellers"]
    if model not in PLAIN:
        bought.append(f"{ours:.1f} of {k} that a recommender chose")
    show = "their usual products" if recommended == "Buy again" else "what a recommender chooses"
    return sentence(
        f"Show customers {show}: the {n:,} who ordered from {span} bought {listed(bought)}. Whether showing a "
        "list sells more was not tested."
    )


def offered_new(judged: Evaluation, model: str, k: int, gain: Gain) -> Markup:
    """Say how often a product was bought that is new to a customer, of a thousand suggestions."""
    ours, popular = (1000 * judged.mean("new", name) for name in (model, "Popular lately"))
    source = f"from the {PLAIN[model]}" if model in PLAIN else "by a recommender"
    return sentence(
        f"Of 1,000 suggestions of new products {source}, {ours:.0f} were bought; of 1,000 recent best sellers, "
        f"{popular:.0f}: {SAID[gain.verdict]}. Tested on {len(judged.window.rows['new']):,} "
        "customers who bought something new."
    )


def beats_usual_products(gain: Gain) -> Markup:
    """Say whether to use a recommender for repeat purchases."""
    if gain.verdict > 0:
        return sentence("For repeat purchases a recommender is significantly better than usual products.")
    verdict = "are significantly better" if gain.verdict < 0 else "are as good, without a significant difference"
    return sentence(
        "Do not pay for a recommender for repeat purchases: each customer's usual products "
        f"{verdict}, and recommendations.csv holds these."
    )


def findings(judged: Evaluation, table: pd.DataFrame, question: str, model: str) -> dict[str, Any]:
    """Return what a question's findings are, beside the baselines; `table` is of `evaluation.compared`.

    Figures are of the last window; `mean_by_model` has means over all windows, `gain_by_model` and
    `mean_gain_by_model` the paired differences to the baseline, each with its bounds; `lift` is the chosen
    model's.
    """
    gains, end = table.set_index("model"), "" if question == "next" else "_new"
    by_model = gains[[*MEASURES, "coverage", "novelty", "head"]]
    bounds = {
        "mean_by_model": ["mean_precision", "mean_low", "mean_high"],
        "gain_by_model": ["gain", "gain_low", "gain_high"],
        "mean_gain_by_model": ["mean_gain", "mean_gain_low", "mean_gain_high"],
    }
    best, gain = by_model.loc[model], gain_of(table, model)
    values = {
        "customers_evaluated": len(judged.window.rows[question]),
        "best_model": model,
        "precision": best["precision"],
        "ndcg": best["ndcg"],
        "baseline_popularity": by_model.loc["Popular lately", "precision"],
        "lightfm_precision": by_model.loc["LightFM", "precision"],
        "by_model": by_model.to_dict("index"),
        "lift_low": gain.kept.low,
        "lift_high": gain.kept.high,
        "lift_mean": gain.lasting.value,
        "lift_mean_low": gain.lasting.low,
        "lift_mean_high": gain.lasting.high,
    } | {
        name: {m: [float(row[c]) for c in columns] for m, row in gains.iterrows()}
        for name, columns in bounds.items()
    }
    of_next = {
        "recall": best["recall"],
        "coverage": best["coverage"],
        "baseline_buy_again": by_model.loc["Buy again", "precision"],
        "baseline_popularity_all_time": by_model.loc["Popular of all time", "precision"],
    }
    return {f"{name}{end}": value for name, value in values.items()} | (of_next if question == "next" else {})

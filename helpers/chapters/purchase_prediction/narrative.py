"""What chapter 09 says about its own results, and how its tables are headed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.base.sampling import Interval
from helpers.base.text import counted, listed, money, number, percent
from helpers.chapters.purchase_prediction.charts import NAMES
from helpers.chapters.purchase_prediction.evaluation import Ledger, Tested, horizon_end
from helpers.chapters.purchase_prediction.features import meaning_of, name_of
from helpers.chapters.purchase_prediction.models import FAMILIES, Tried, auc, choose
from helpers.chapters.purchase_prediction.selection import Selection
from helpers.chapters.purchase_prediction.targeting import Costs

HONEST = 0.80
"""AUC above which features of a ledger have hardly ever told who buys next: look for a leak first."""
WORTH_IT = 0.005
"""Gain of AUC by balancing that would be worth its trouble."""
MISPROMISED = 0.03
"""Difference between promised and bought shares that is worth a warning."""

DATES = {
    "names": {"cut_off": "Cut-off", "use": "Its customers are", "share": "Bought after it", "spend": "They spent"},
    "formats": {"share": lambda value: "to come" if pd.isna(value) else percent(value)},
}
SELECTION = {
    "names": {
        "feature": "Feature",
        "meaning": "What it is",
        "nearest": "Most alike",
        "correlation": "Rank correlation",
        "information": "Uncertainty removed",
        "forest": "Forest",
        "permutation": "Cost of shuffling",
        "elimination": "Place in the elimination",
        "reason": "Kept or dropped, and why",
    },
    "formats": {
        "correlation": lambda value: _or_dash(value, "{:.2f}"),
        "information": lambda value: "–" if pd.isna(value) else percent(value),
        "forest": lambda value: "–" if pd.isna(value) else percent(value),
        "permutation": lambda value: _or_dash(value, "{:.4f}"),
        "elimination": lambda value: _or_dash(value, "{:.0f}"),
    },
}
THREE = "{:.3f}".format
MODELS = {
    "names": {
        "model": "Model",
        "settings": "Settings",
        "auc": "ROC AUC",
        "between": "95 % of resamples",
        "pr_auc": "PR AUC",
        "brier": "Brier",
        "accuracy": "Accuracy",
        "precision": "Precision",
        "recall": "Recall",
        "f1": "F1",
        "method": "Balancing",
        "family": "Model",
        "excess": "Promised too much",
    },
    "formats": {
        name: lambda value: _or_dash(value, "{:.3f}")
        for name in ("auc", "pr_auc", "brier", "accuracy", "precision", "recall", "f1")
    }
    | {"excess": lambda value: f"{100 * value:+.1f} points"},
}
TENTHS = {
    "names": {
        "tenth": "Tenth",
        "expected": "Promised",
        "share": "Bought",
        "lift": "Lift",
        "gain": "Buyers so far",
        "spend": "They spent",
        "spend_gain": "Spend so far",
    },
    "formats": {name: percent for name in ("expected", "share", "gain", "spend_gain")} | {"lift": "{:.2f}".format},
}
AGEING = {
    "names": {
        "trained": "Made at",
        "tested": "Asked about",
        "age": "Age in days",
        "auc": "ROC AUC",
        "brier": "Brier",
        "expected": "Promised",
        "share": "Bought",
    },
    "formats": {"auc": THREE, "brier": THREE, "expected": percent, "share": percent},
}
KINDS = {
    "names": {
        "kind": "Customers",
        "customers": "How many",
        "expected": "Promised",
        "share": "Bought",
        "auc": "ROC AUC",
    },
    "formats": {"expected": percent, "share": percent, "auc": lambda value: _or_dash(value, "{:.3f}")},
}
PLAN = {
    "names": {"group": "Group", "probability": "Mean probability", "share_of_revenue": "Share of past revenue",
              "what_to_do": "What to do"},
    "formats": {"probability": percent, "share_of_revenue": percent},
}  # fmt: skip
CLASSES = {
    "names": {"class": "Class", "stratified": "Copies on both sides", "grouped": "Copies together"},
    "formats": {"stratified": percent, "grouped": percent},
}
POLICIES = {"names": {"policy": "Who is contacted", "contacted": "Contacted", "buyers": "Buyers among them"}}
CONTACTS = {
    "names": {"probability": "Probability", "tenth": "Tenth", "contact": "Contact", "group": "Group"},
    "formats": {"probability": percent},
}


def _or_dash(value: float, pattern: str) -> str:
    return "–" if pd.isna(value) else pattern.format(value)


def read_dates(ledger: Ledger) -> str:
    """Say what is learned where, and what is tested."""
    test = ledger.test
    return (
        f"A customer counts as a buyer who orders within {test.days} days. Models learn from "
        f"{counted(len(ledger.past), 'cut-off', 'cut-offs')} ({number(ledger.training.rows)} rows, one for each "
        f"customer known at a cut-off) and are tested on the {number(test.rows)} customers known at "
        f"{test.cut_off:%Y-%m-%d}, of whom {percent(test.bought.mean())} bought before "
        f"{horizon_end(test):%Y-%m-%d}. No two horizons overlap, "
        "and no feature knows anything from its cut-off on."
    )


def reasons_table(selection: Selection) -> pd.DataFrame:
    """Return every feature with its meaning and the reason why it is kept or dropped."""
    names = selection.table["feature"]
    return pd.DataFrame(
        {
            "feature": [name_of(name) for name in names],
            "meaning": [meaning_of(name) for name in names],
            "reason": selection.table["reason"],
        }
    )


def views_table(selection: Selection) -> pd.DataFrame:
    """Return the five views of every feature that could be used."""
    shown = selection.table.drop(columns=["kept", "reason"]).dropna(subset=["information"])
    shown["feature"] = [name_of(name) for name in shown["feature"]]
    shown["nearest"] = [name_of(name) if isinstance(name, str) and name else "–" for name in shown["nearest"]]
    return shown


def read_selection(selection: Selection) -> str:
    """Say how many features are kept, and which."""
    names = [name_of(name).lower() for name in selection.kept]
    return f"{len(names)} of {len(selection.table)} features are kept: {listed(names)}."


def tried_table(tried: Sequence[Tried], family: str | None = None) -> pd.DataFrame:
    """Return the candidates with their mean AUC on the folds, the best first."""
    rows = [
        {"model": FAMILIES[t.candidate.family], "settings": t.candidate.words, "auc": t.auc}
        for t in tried
        if family in (None, t.candidate.family)
    ]
    return pd.DataFrame(rows).sort_values("auc", ascending=False, kind="stable", ignore_index=True)


def read_choice(tried: Sequence[Tried]) -> str:
    """Say which model is used, and what the others reached."""
    chosen = choose(tried)
    best = max(tried, key=lambda t: round(t.auc, 10))
    text = (
        f"{FAMILIES[chosen.candidate.family]} ({chosen.candidate.words}) is used: mean AUC {chosen.auc:.4f} on "
        "the folds. "
    )
    if best is chosen:
        return text + "No other candidate reached more."
    return text + (
        f"The highest of all {len(tried)} candidates is {FAMILIES[best.candidate.family].lower()} "
        f"({best.candidate.words}) with {best.auc:.4f}; the simplest model stays unless another one beats it by "
        "more than two standard errors, fold by fold, and by enough to matter."
    )


def tested_table(tested: Tested) -> pd.DataFrame:
    """Return what each model reached at the test, the chosen one marked."""
    shown = tested.table.copy()
    shown["between"] = [
        f"{low:.3f} to {high:.3f}" for low, high in zip(shown.pop("low"), shown.pop("high"), strict=True)
    ]
    shown["model"] = [NAMES[name] + (" (used)" if name == tested.chosen else "") for name in shown["model"]]
    return shown[["model", "auc", "between", "pr_auc", "brier", "accuracy", "precision", "recall", "f1"]]


def in_words(gain: Interval) -> str:
    """Return a difference with its interval."""
    return f"{gain.value:+.3f} (95 % of resamples {gain.low:+.3f} to {gain.high:+.3f})"


def read_test(tested: Tested) -> list[str]:
    """Say how good the model is, and against what."""
    reached = tested.table.set_index("model")["auc"]
    recency, reference = tested.gains["recency"], tested.gains["reference"]
    used = reached[tested.chosen]
    sure = "surely" if recency.excludes_zero else "not surely"
    useful = (
        "The features beyond recency, frequency and monetary earn their place."
        if reference.excludes_zero and reference.value > 0
        else "What the other features add to recency, frequency and monetary could be chance."
    )
    texts = [
        f"Of a buyer and a non-buyer, the model ranks the buyer higher in {percent(used)} of all pairs (AUC "
        f"{used:.3f}), recency alone in {percent(reached['recency'])}. That is {sure} more: {in_words(recency)}.",
        f"Against the reference ({reached['reference']:.3f}) the difference is {in_words(reference)}. {useful}",
    ]
    if used > HONEST:
        texts.append(
            f"An AUC above {HONEST:.2f} is rare for a shop without contracts. Before believing it, look for "
            "something of the future in the features; in an invented ledger, habits are simply more regular than "
            "in life."
        )
    return texts


def read_network(tested: Tested) -> str:
    """Say whether the network is worth its effort."""
    gain = tested.gains["network"]
    if not gain.excludes_zero:
        verdict = "That is no difference that other customers would surely repeat: the simpler model does."
    else:
        verdict = "The network is better." if gain.value > 0 else "The network is worse, for all its freedom."
    return f"Network less logistic regression on the same features and customers: {in_words(gain)}. {verdict}"


def read_balance(found: pd.DataFrame) -> str:
    """Say what balancing does to the ranking and to the level of the promises."""
    texts, gained = [], 0.0
    for family, rows in found.groupby("family", sort=False):
        at = rows.set_index("method")
        gained = max(gained, float(at["auc"].max() - at.loc["none", "auc"]))
        texts.append(
            f"{FAMILIES[str(family)]}: AUC {at.loc['none', 'auc']:.3f} as they are, "
            f"{at.loc['weights', 'auc']:.3f} with weights, {at.loc['smote', 'auc']:.3f} with SMOTE; promised less "
            f"bought {100 * at.loc['none', 'excess']:+.1f}, {100 * at.loc['weights', 'excess']:+.1f} and "
            f"{100 * at.loc['smote', 'excess']:+.1f} points."
        )
    if gained < WORTH_IT:
        texts.append(
            "Balancing moves the level of all probabilities and hardly their order. A threshold from costs moves "
            "with the level, so nothing is won, and it is not used."
        )
    else:
        texts.append(f"Here it gains {gained:.3f} of AUC; it is not used below, but worth a trial of its own.")
    return " ".join(texts)


def read_calibration(tested: Tested, bought: np.ndarray, training_share: float) -> str:
    """Say whether promises were kept, and what the Brier score is worth."""
    promised, happened = float(tested.best.mean()), float(bought.mean())
    brier = float(tested.table.set_index("model").loc[tested.chosen, "brier"])
    blind = float(np.mean((training_share - bought) ** 2))
    gap, better = happened - promised, ", which is better" if blind < brier else ""
    text = (
        f"The model promised {percent(promised)} buyers, and {percent(happened)} bought. Brier {brier:.3f}, where "
        f"promising everybody the training's share scores {blind:.3f}{better}. "
    )
    if abs(gap) < MISPROMISED:
        return text + "The level of the promises holds."
    way = "more" if gap > 0 else "fewer"
    return text + (
        f"So {way} bought than promised: the season may differ from those that were learned from, and no "
        "feature of a customer knows that. Read the probabilities as a rank, not as a level."
    )


def read_threshold(tested: Tested, costs: Costs, policies: pd.DataFrame, currency: str) -> str:
    """Say from which probability a contact pays, and what that would have brought at the test."""
    at = policies.set_index("policy")
    used, everybody = at.loc["Threshold from training"], at.loc["Everybody"]
    drawn = at.loc["As many, drawn by lot"]
    if tested.threshold >= 1:
        return (
            f"With a contact at {money(costs.contact, currency)}, nobody in the training folds was worth one: the "
            "plan contacts nobody. Lower the cost or find an offer that moves more."
        )
    text = (
        f"A contact costs {money(costs.contact, currency)}; {percent(costs.margin, 0)} of revenue is profit, and "
        f"{percent(costs.uplift, 0)} of a contacted buyer's spend is taken to be due to the contact. On training "
        f"folds that pays from a probability of {tested.threshold:.3f}. At the test it would have contacted "
        f"{number(int(used['contacted']))} customers for a profit of {money(used['profit'], currency)}; "
        f"contacting everybody brings {money(everybody['profit'], currency)}, as many drawn by lot "
        f"{money(drawn['profit'], currency)}."
    )
    if everybody["profit"] > used["profit"]:
        text += (
            " So here the threshold came too high: customers bought whom the training dates had not shown to buy. "
            "Where a contact is this cheap, more of them pay than the past can tell."
        )
    half = at.loc["Threshold of a half"]
    if half["profit"] > used["profit"]:
        text += f" A threshold of a half would have brought {money(half['profit'], currency)}."
    return text


def read_plan(policies: pd.DataFrame, currency: str) -> str | None:
    """Say where the plan of contacts did worse at the test than contacting everybody; None where it did not."""
    profit = policies.set_index("policy")["profit"]
    if profit["Everybody"] <= profit["Threshold from training"]:
        return None
    return (
        "At the test the plan of contacts would have earned "
        f"{money(profit['Threshold from training'], currency)}, contacting everybody "
        f"{money(profit['Everybody'], currency)}: the plan may leave out customers who pay."
    )


def read_kinds(kinds: pd.DataFrame, ledger: Ledger) -> str:
    """Say whom the model knows least, and what it cannot see at all."""
    known = kinds.dropna(subset=["auc"])
    text = ""
    if len(known):
        worst = known.loc[known["auc"].idxmin()]
        text = (
            f"It knows least about: {worst['kind'].lower()} ({number(int(worst['customers']))} customers, AUC "
            f"{worst['auc']:.3f}). "
        )
    return text + (
        f"{percent(ledger.strangers)} of the revenue in the test's horizon came from customers who had never "
        "bought before it, and no model of customers can see those. It knows nothing of prices, stock, letters "
        "already sent, or why anybody buys, and it cannot say whom a contact would change: only an experiment "
        "with customers left alone can."
    )


def seen_signs(weights: pd.DataFrame) -> str:
    """Say which features raise and which lower the odds of a purchase."""
    up, down = weights[weights["odds"] > 1], weights[weights["odds"] < 1]
    parts = [
        f"{name_of(row.feature).lower()} (odds x {row.odds:.2f} with one standard deviation more)"
        for row in up.head(3).itertuples()
    ]
    texts = [f"What raises the odds of a purchase: {listed(parts)}."] if parts else []
    parts = [f"{name_of(row.feature).lower()} (x {row.odds:.2f})" for row in down.head(3).itertuples()]
    if parts:
        texts.append(f"What lowers them: {listed(parts)}.")
    return " ".join(texts)


def findings(
    ledger: Ledger, selection: Selection, tried: Sequence[Tried], tested: Tested, lift: float
) -> Mapping[str, object]:
    """Return what is recorded of a ledger."""
    at = tested.table.set_index("model")
    used, chosen = at.loc[tested.chosen], choose(tried)
    return {
        "rows": ledger.test.rows,
        "cut_off": ledger.test.cut_off,
        "horizon_days": ledger.test.days,
        "training_rows": ledger.training.rows,
        "positive_share": ledger.test.bought.mean(),
        "model": tested.chosen,
        **{name: used[name] for name in ("auc", "pr_auc", "brier", "accuracy", "precision", "recall", "f1")},
        "auc_low": used["low"],
        "auc_high": used["high"],
        "auc_logistic": at.loc["reference", "auc"],
        "auc_logistic_selected": at.loc["logistic", "auc"],
        "auc_boosting": at.loc["boosting", "auc"],
        "auc_network": at.loc["network", "auc"],
        "recency_auc": auc(ledger.test.bought, tested.probabilities["recency"]),
        **{f"gain_over_{name}": tested.gains[name]._asdict() for name in ("recency", "reference")},
        "network_gain": tested.gains["network"]._asdict(),
        "lift_top_decile": lift,
        "threshold": tested.threshold,
        "features_selected": selection.kept,
        "fold_aucs": chosen.fold_aucs,
        "promised_share": tested.best.mean(),
        "unknown_customers_revenue_share": ledger.strangers,
    }

"""What chapter 09 says about its own results."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import counted, day, listed, money, number, percent, sentence
from helpers.base.vocabulary import label
from helpers.chapters.purchase_prediction.column import Origin
from helpers.chapters.purchase_prediction.targeting import (
    AT_TEST,
    BEFORE_SEASON,
    CONTACT,
    EVERYBODY,
    FIRST,
    MODEL,
    NOBODY,
    NOT_TRIED,
    RECENT,
    REVIEW,
)

HONEST = 0.80
"""AUC above which features of sales data have hardly ever told who buys next: look for a leak first."""
MEMORY = 0.05
"""Accuracy lost by keeping copies together from which the rest was memory."""
WORTH_IT = 0.005
"""Gain of AUC by balancing that would be worth its trouble."""
TOLERATED = 0.01
"""AUC that an old model may lose before it is called no longer good enough."""


def cut_offs(known: pd.DataFrame, days: int) -> Markup:
    """What is learned where, and what is tested."""
    latest = known["cut_off"].max()
    test = known[known["cut_off"] == latest]
    template = (
        "Models learn from {past} ({rows} rows, one for each customer known at a cut-off) and are tested on the "
        "{n} customers known at {latest}, of whom {share} bought within {days} days. No two horizons overlap, and "
        "no feature knows anything from its cut-off on."
    )
    past, share = counted(known["cut_off"].nunique() - 1, "cut-off", "cut-offs"), percent(test["bought"].mean())
    rows = len(known) - len(test)
    return sentence(template, past=past, rows=rows, n=len(test), latest=latest, share=share, days=days)


def selection(kept: Sequence[str], features: int) -> Markup:
    """How many features are kept, and which."""
    names = listed([label(name).lower() for name in kept])
    return sentence("{n} of {all} features are kept: {names}.", n=len(kept), all=features, names=names)


def choice(scores: pd.DataFrame, chosen: str) -> Markup:
    """Which model is used, and what the others reached."""
    means = scores.mean()
    best = means.idxmax()
    template = "{chosen} is used: mean AUC {auc:.4f} on the folds. "
    if best == chosen:
        template += "No other candidate reached more."
    else:
        template += (
            "The highest is {best} with {highest:.4f}; the simplest model stays unless another one beats it by "
            "more than two standard errors, fold by fold, and by enough to matter."
        )
    return sentence(template, chosen=chosen, auc=means[chosen], best=best, highest=means[best])


def signs(odds: pd.Series) -> Markup:
    """Which features raise and which lower the odds of a purchase, the strongest first."""
    order = np.argsort(-np.abs(np.log(odds.to_numpy())), kind="stable")
    strongest = [(label(name).lower(), factor) for name, factor in odds.iloc[order].items()]
    up = [f"{name} (× {factor:.2f})" for name, factor in strongest if factor > 1][:3]
    down = [f"{name} (× {factor:.2f})" for name, factor in strongest if factor < 1][:3]
    template = "One standard deviation more raises the odds of a purchase most for {up}"
    template += ", and lowers them most for {down}." if down else "."
    return sentence(template, up=listed(up) or "no feature", down=listed(down))


def balance(table: pd.DataFrame) -> Markup:
    """What balancing does to the ranking and to the level of the probabilities."""
    by = table.set_index(["family", "method"])["auc"].unstack()
    gained = float((by.max(axis=1) - by["none"]).max())
    if gained < WORTH_IT:
        return sentence(
            "Balancing moves the level of the probabilities and hardly their order, and a threshold from costs "
            "moves with the level: the ranking gains nothing, so balancing is not used."
        )
    return sentence("Balancing gains {gain:.3f} of AUC; it is not used below, but worth a trial.", gain=gained)


def test_result(aucs: Mapping[str, float], used: str, gains: Mapping[str, Interval]) -> Markup:
    """How good the model is, and against what; `gains` are those over `recency` and `reference`."""
    recency, reference = gains["recency"], gains["reference"]
    template = (
        "The model ranks a buyer above a non-buyer in {used} of all pairs (AUC): "
        + _significance(recency, ", {over_recency},")
        + " recency alone ({recency}). Against the reference the difference is {over_reference}: "
        + (
            "the other features improve the forecast."
            if reference.low > 0
            else "what the other features add may be chance."
        )
    )
    if aucs[used] > HONEST:
        template += (
            " An AUC above {honest:.2f} is rare for a shop without contracts: before believing it, check that no "
            "feature has information from after the cut-off. Simulated customers are more regular than real ones."
        )
    over = {f"over_{name}": in_words(gain) for name, gain in gains.items()}
    return sentence(template, used=percent(aucs[used]), recency=percent(aucs["recency"]), honest=HONEST, **over)


def ranking(aucs: Mapping[str, float], used: str, gain: Interval) -> Markup:
    """How well the model ranks, in short."""
    template = "The model ranks a buyer above a non-buyer in {used} of all pairs, "
    template += _significance(gain, "") + " recency alone ({recency})."
    return sentence(template, used=percent(aucs[used]), recency=percent(aucs["recency"]))


def _significance(gain: Interval, by: str) -> str:
    """Return how a difference reads, with by how much in its middle, before what it is a difference to."""
    if gain.excludes_zero:
        return f"significantly {'more' if gain.value > 0 else 'fewer'}{by} than"
    return f"no significant difference{by} from"


def network(gain: Interval) -> Markup:
    """Whether the neural network is worth its effort."""
    verdict = "no significant difference, so the simpler model is preferred"
    if gain.excludes_zero:
        verdict = "the network ranks better than logistic regression" if gain.value > 0 else "the network is worse"
    return sentence(
        "AUC of the neural network less that of logistic regression: {gain}; {so}.",
        gain=in_words(gain),
        so=verdict,
    )


def in_words(gain: Interval) -> str:
    """A difference with its interval."""
    return f"{gain.value:+.3f} (95 % interval {gain.low:+.3f} to {gain.high:+.3f})"


def contact_test(ways: pd.DataFrame, best: str, currency: str, uplift: float, *, windows: int) -> Markup:
    """What each choice would have earned at the test under the assumed uplift, and which is recommended.

    `windows` is how many were tried, the test included.
    """
    by = ways.set_index("policy")
    template = "Assume that {uplift} of a contacted buyer's spend is due to the contact. In the test, contacting "
    template += (
        "everybody then earned {everybody}, the model's selection of {n} customers {model}, and the {n} most "
    )
    template += "recent buyers {recent}. "
    if best == MODEL:
        template += "The model's selection earned most there and in the windows before, and is recommended."
    else:
        template += "Over {windows} {Best} earned most of what needs no model and is recommended; the model only "
        template += "orders the list."
    names = {EVERYBODY: "contacting everybody", RECENT: "going by the last order", NOBODY: "contacting nobody"}
    amounts = {"model": MODEL, "everybody": EVERYBODY, "recent": RECENT}
    earned = {name: money(by.loc[policy, "profit"], currency) for name, policy in amounts.items()}
    told = {"n": by.loc[MODEL, "contacted"], "uplift": percent(uplift), "Best": names.get(best, "")}
    return sentence(template, windows=counted(windows, "window", "windows"), **told, **earned)


def contact_plan(
    contacts: pd.DataFrame,
    ways: pd.DataFrame,
    best: str,
    measure: str,
    *,
    break_even: float | None,
    cost: str = "",
) -> Markup:
    """Whom to contact, and what that must add to pay; without amounts by which result of the test.

    `measure` is `profit`, or `buyers` without amounts; `break_even` the share of additional buyers that pays the
    `cost` of all contacts.
    """
    counts = contacts["contact"].value_counts()
    left = {REVIEW: "to review first", BEFORE_SEASON: "to write to before their season"}
    but = listed([f"{number(int(counts[name]))} {what}" for name, what in left.items() if name in counts])
    without = " (without {but})" if but else ""
    who = {
        EVERYBODY: "Contact {n} of {n_all} customers, all but {but}" if but else "Contact all {n} customers",
        RECENT: "Contact the {n} most recent buyers" + without,
        MODEL: "Contact the {n} of {n_all} customers whom the model selects" + without,
        NOBODY: "Contact nobody beyond the actions of the segments",
    }
    counted = {"n": int(counts.reindex([FIRST, CONTACT]).sum()), "n_all": len(contacts), "but": but}
    if break_even is not None:
        pays = "a mailing to all pays only" if best == NOBODY else f"that costs {cost}, and pays"
        template = who[best] + ": {pays} if at least {share} of them buy only because of it."
        return sentence(template, pays=pays, share=percent(break_even), **counted)
    names = {
        MODEL: "the model's selection",
        EVERYBODY: "contacting everybody",
        RECENT: "as many most recent buyers",
    }
    first, second = (best, MODEL) if best in (EVERYBODY, RECENT) else (MODEL, RECENT)
    won = ways.set_index("policy")[measure]
    return sentence(
        who[best] + ": in the test {one} held {this:,.0f} buyers, {another} {that:,.0f} buyers.",
        one=Markup(names[first]), another=Markup(names[second]), this=won[first], that=won[second], **counted,
    )  # fmt: skip


def lost(best: str, better: tuple[str, str] | None) -> list[Markup]:
    """Say that the model's own selection lost; nothing where it won. `better` is of `better_than_model`."""
    if best == MODEL or better is None:
        return []
    names = {EVERYBODY: "contacting everybody", RECENT: "as many most recent buyers", NOBODY: "contacting nobody"}
    what, where = better
    template = "Do not let the purchase model choose whom to contact: "
    template += "its selection could be tried once only" if where == NOT_TRIED else (
        "{where} its selection did worse than {better}"
    )  # fmt: skip
    where = "in the test" if where == AT_TEST else where
    return [sentence(template + ". It only orders the list.", better=names[what], where=where)]


def expected_profit(profits: pd.Series, currency: str, uplift: float) -> Markup:
    """What the recommended contacts would earn at the assumed uplift, and how many of them less than they cost."""
    template = "Assuming that {uplift} of their spend is due to the contact, and that they spend as in the test, "
    template += "that earns {hoped}. Another season may differ."
    if (profits < 0).any():
        template += (
            " {dear} of the {n} contacts are expected to cost more than they earn; leaving these out has not "
        )
        template += "been tested."
    dear, n = int((profits < 0).sum()), len(profits)
    return sentence(template, hoped=money(profits.sum(), currency), uplift=percent(uplift), dear=dear, n=n)


def ageing(losses: Mapping[int, Interval]) -> Markup:
    """From which age on a model is no longer good enough, or that no age did.

    `losses`: age in days -> AUC of a model of that age less that of the freshest one, on the last horizon.
    """
    if not losses:
        return sentence(
            "There are too few dates to see a model grow old: it needs at least two before the last one."
        )
    texts = listed([f"{in_words(loss)} at {age} days" for age, loss in losses.items()])
    worse = [age for age, loss in losses.items() if loss.high < 0 and loss.value < -TOLERATED]
    template = "AUC on the last horizon, against the freshest model: {texts}. "
    if worse:
        template += "Retrain before a model is {age} days old: by then it has significantly lost more than {most}."
    else:
        template += "Up to {age} days no model has significantly lost more than {most}: the ranking lasts. "
        template += "The level of the probabilities may not: compare forecast with actual."
    return sentence(template, texts=texts, age=worse[0] if worse else max(losses), most=TOLERATED)


def kinds(table: pd.DataFrame, new_customers: float, of: str = "revenue") -> Markup:
    """Whom the model knows least, and what it cannot see at all."""
    template = "{share} of the {of} in the test's horizon is that of new customers, whom no model can see."
    known = table.dropna(subset=["auc"])
    worst = known.loc[known["auc"].idxmin(), "customer_kind"].lower() if len(known) else ""
    if worst:
        template = "The model knows least about: {worst}. " + template
    return sentence(template, worst=worst, share=percent(new_customers), of=of)


def beats_guessing(accuracy: Mapping[str, float], rows: int) -> bool:
    """Return whether an accuracy is above that of guessing by more than chance does: two standard errors of it."""
    guessing = accuracy["guessing"]
    return accuracy["grouped"] - guessing > 2 * np.sqrt(guessing * (1 - guessing) / max(rows, 1))


def column(name: str, accuracy: Mapping[str, float], origin: Origin, rows: int, *, copied: bool) -> Markup:
    """What holds for a column, from the accuracy of `shuffled` and `grouped` folds and of guessing.

    Where no row is `copied`, these folds differ by chance only, and nothing can be remembered.
    """
    name = label(name).lower()
    shares = {kind: percent(value) for kind, value in accuracy.items()}
    if origin.computed:
        cut = label(origin.cut).lower()
        why = f"{cut} is one of the inputs" if origin.given else origin.formula.in_words
        template = (
            "An accuracy of {shuffled} for {name} says nothing: {name} is {cut} cut in two, and {why}. The model "
            "repeats a formula of its own inputs. To predict what it stands for, record whom it happened to."
        )
        return sentence(template, name=name, cut=cut, why=why, **shares)
    remembered = copied and accuracy["shuffled"] > accuracy["grouped"] + MEMORY
    if not remembered and not beats_guessing(accuracy, rows):
        template = (
            "{first} cannot be predicted from these columns: the accuracy is {grouped}, no better than guessing "
            "the most frequent class ({guessing}). Do not act on a predicted {name}."
        )
        return sentence(template, name=name, first=name.capitalize(), **shares)
    if not copied:
        template = (
            "{first} can be predicted: the accuracy is {grouped}, where guessing the most frequent class reaches "
            "{guessing}. Watch the accuracy on new customers."
        )
        return sentence(template, first=name.capitalize(), **shares)
    template = (
        "With copies of a row on both sides of the split, {name} is predicted with an accuracy of {shuffled}; "
        "with copies together {grouped}, where guessing the most frequent class reaches {guessing}. "
    )
    if beats_guessing(accuracy, rows):
        template += "It can be predicted: watch the accuracy on new customers."
    else:
        template += "What looked like prediction was memory: do not act on a predicted {name}."
    return sentence(template, name=name, **shares)


def trained_on(dates: Sequence[datetime], rows: int, today: datetime) -> str:
    """Return what the kept model learned from; `today` is the day its predictions start."""
    known = listed([day(date) for date in dates])
    return f"{number(rows)} rows: the customers known at {known}, with sales up to {day(today)}"


def not_for(gain: Interval, days: int, *, calibrated: bool) -> list[str]:
    """Return what nobody should use the kept model for; `gain` is its AUC's over recency's at the test."""
    told = []
    if not gain.excludes_zero:
        told.append("Choosing customers by it: at the test it was no better than days since the last order.")
    if not calibrated:
        told.append("Counting buyers: it does not know how many will buy, and answers with a decile.")
    return [
        *told,
        "Whom a contact would change: it forecasts who buys, not who buys because somebody wrote.",
        f"Other horizons than {days} days, and customers who have not bought yet.",
        "Values outside the ranges below: nothing like them was learned from.",
        "Denying a person something, such as credit: it was tested for nothing of the kind.",
    ]


def column_card(name: str, accuracy: Mapping[str, float], origin: Origin, rows: int) -> dict[str, list[str]]:
    """Return the leaks found in a column that is predicted, and what its model is not for."""
    what = label(name).lower()
    leaks, told = [f"No step or formula of the inputs gives {what} away."], []
    if origin.computed:
        leaks = [f"The inputs give {what} away: it was computed from {label(origin.cut).lower()}."]
        told = [f"Anything: {what} can be computed, and a model need only repeat it."]
    if not beats_guessing(accuracy, rows):
        told.append("Acting on any prediction: it was no better than naming the most frequent class.")
    told += [
        "Values outside the ranges below: nothing like them was learned from.",
        "Denying a person something, such as credit: it was tested for nothing of the kind.",
    ]
    return {"leaks": leaks, "not_for": told}

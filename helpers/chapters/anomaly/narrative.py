"""What chapter 06 says about its own results: sentences and headlines."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import SIGNS, counted, listed, money, number, percent, score, sentence
from helpers.base.vocabulary import label
from helpers.chapters.anomaly.context import (
    DATE,
    OFF,
    PRICE,
    TWICE,
)
from helpers.chapters.anomaly.detectors import FOREST, LOF, ROBUST, ROWS_NEEDED, Level, agreement
from helpers.chapters.anomaly.injection import (
    ABUSE_SHARE,
    BURST_ORDERS,
    DAYS_LATE,
    KIND_NAMES,
    PRICE_FACTOR,
    QUANTITY_FACTOR,
)
from helpers.chapters.anomaly.levels import PRICE_RATIO
from helpers.chapters.anomaly.reasons import SENT_BACK
from helpers.customers.profiles import value_column

KINDS_FOUND = {
    "quantity": ("wrong quantities", f"a quantity times {QUANTITY_FACTOR}"),
    "price": ("wrong prices", f"a price times {PRICE_FACTOR}"),
    "date": ("wrong dates", f"a date {DAYS_LATE} days late"),
    "twice": ("lines entered twice", "a large line entered twice"),
    "burst": ("bursts of orders", f"{BURST_ORDERS} orders in a day"),
    "returns": ("mass returns", f"{percent(ABUSE_SHARE, 0)} sent back"),
}
"""Kinds of errors made on purpose: their name in a headline, and how gross they are."""
KINDS = {
    "quantity": f"one line's quantity times {QUANTITY_FACTOR}",
    "price": f"one line's price times {PRICE_FACTOR}, as if the point was forgotten",
    "date": f"one line's date {DAYS_LATE} days late, as if the month was mistyped",
    "twice": "one of the largest lines entered once more under another order number",
    "burst": f"{BURST_ORDERS} orders on one day, of things the customer buys anyway",
    "returns": f"{percent(ABUSE_SHARE, 0)} of the customer's lines brought back",
}
QUIET = {
    **dict.fromkeys((PRICE, PRICE_RATIO), "No price is {off} or more off its product's usual one, so prices"),
    DATE: "No order's date contradicts its number, so dates",
    TWICE: "No large order line of a customer is there twice within a day, so lines entered twice",
}
"""What is said of a feature that is as usual in all rows."""
SEEN = 0.1
"""Share of a kind of error on a list below which it is missed for all practical purposes."""
WORSE = 0.05
"""How far below all errors a kind is found for a headline to say so."""
BARE = "Amount by itself"
"""A set of features without context."""
SAME = 0.8
"""Share of flagged rows in common from which two detectors say nearly the same."""


def nothing_to_score(rows: int, level: str) -> str:
    """Return why a table of so many lines, customers or orders cannot be scored, for `report.skip`."""
    if rows < ROWS_NEEDED:
        return f"with {rows} rows, fewer than {ROWS_NEEDED}, nothing can be called unusual"
    return f"the {level}s differ in none of anomaly.{level}_features that this data has"


def gaps(table: pd.DataFrame, features: Sequence[str]) -> list[Markup]:
    """Return a sentence for each feature that is left out or filled in."""
    said = []
    for name in features:
        if name not in table:
            what = "order numbers that rise with the dates" if name == DATE else "the columns it is computed of"
            said.append(sentence("{name} is left out: the data lack {what}.", name=label(name), what=what))
            continue
        missing, different = int(table[name].isna().sum()), table[name].nunique()
        if different == 0:
            said.append(sentence("{name} is left out: no row has a value.", name=label(name)))
        elif different == 1 and name in QUIET:
            said.append(sentence(QUIET[name] + " flag nothing here.", off=percent(OFF)))
        elif different == 1:
            said.append(sentence("{name} is left out: it is the same in all rows.", name=label(name)))
        elif missing:
            text = "{name} is missing in {missing} rows, which count as usual there."
            said.append(sentence(text, name=label(name), missing=missing))
    return said


def _in_sentence(detector: str) -> str:
    """Return a detector's name within a sentence."""
    both = "the mean rank of Isolation Forest and z-score"
    return {FOREST: "the Isolation Forest", ROBUST: "the robust z-score"}.get(detector, both)


def recalls(evaluation: pd.DataFrame, detector: str) -> dict[str, float]:
    """Return the share that a detector finds of each kind of error."""
    at = evaluation.loc[detector]
    return {kind: float(at[f"found_{kind}"]) for kind in KINDS if f"found_{kind}" in at.dropna()}


def measured(level: str, evaluation: pd.DataFrame, detector: str, precision: Interval) -> Markup:
    """Say how good the list is on injected errors, and where it is not."""
    at, by_kind = evaluation.loc[detector], recalls(evaluation, detector)
    text = sentence(
        "{n} {level}s got an error: {kinds}. On the first copy {detector} found most, so it ranks the list. On "
        "the second, {value} of the first {n} places are injected errors (95 % interval {low} to {high}); the "
        "average precision is {average}.",
        n=int(at["injected"]),
        level=level,
        kinds="; ".join(KINDS[kind] for kind in by_kind),
        detector=_in_sentence(detector),
        value=percent(precision.value),
        low=percent(precision.low),
        high=percent(precision.high),
        average=score(at["average_precision"]),
    )
    if missed := [KIND_NAMES[kind].lower() for kind, share in by_kind.items() if share < 0.5]:
        text += sentence(
            " Do not rely on this list for {missed}: it finds fewer than half.", missed=listed(missed)
        )
    return text


def other_kinds(rates: pd.DataFrame) -> pd.DataFrame:
    """Return the share listed of each kind of error that the trials tried, and of rows without one."""
    ordered = rates.sort_values(["truth", "rate"], ascending=False)
    shares = {"rate": "listed_share", "low": "listed_low", "high": "listed_high"}
    told = ordered[["data", *shares]].rename(columns={"data": "kind_of_error"} | shares)
    return told.assign(kind_of_error=told["kind_of_error"].str.capitalize())


def missed_kinds(rates: pd.DataFrame) -> Markup:
    """Say which kinds of error the lists miss; `rates` are those of `rates_of("anomalies")`."""
    errors = rates[rates["truth"] == "something"].sort_values("rate", ascending=False)
    told = [
        f"{percent(rate)} of {data}"
        for data, rate in zip(errors["data"], errors["rate"], strict=True)
        if rate < SEEN
    ]
    return sentence(
        "Mistakes that leave all that is compared about as usual are missed: in trials the lists held "
        "{told}. Look for these by rules of your own.",
        told=listed(told),
    )


def local_outlier_factor(evaluation: pd.DataFrame, detector: str) -> Markup:
    """Say what the local outlier factor is worth here."""
    factor, chosen = (evaluation.loc[name, "average_precision"] for name in (LOF, detector))
    if factor < chosen / 2:
        return sentence(
            "The local outlier factor collapses: its average precision is {factor}. It asks whether a row's "
            "neighbours are closer together than the row is; among many copies of the ordinary, rows that are "
            "hardly different do. It is shown, and has no part in the ranking.",
            factor=score(factor),
        )
    text = "The local outlier factor reaches an average precision of {factor}; it is a second opinion here."
    return sentence(text, factor=score(factor))


def agreed(level: Level) -> Markup:
    """Say how far the detectors agree."""
    first = agreement(level.scores, level.share).iloc[0]
    return sentence(
        "{One} and {other} would each list {n} {level}s; {shared} of them ({share}) are the same.{so}",
        n=int(first["flagged_by_each"]),
        level=level.name,
        One=_in_sentence(FOREST).capitalize().replace("isolation forest", "Isolation Forest"),
        other=_in_sentence(ROBUST),
        shared=int(first["by_both"]),
        share=percent(first["share"]),
        so=" They say nearly the same." if first["share"] >= SAME else "",
    )


def flagged(level: Level, review: pd.DataFrame, currency: str) -> Markup:
    """Say what is on a list, how long it is, and which row comes first."""
    first, value = review.iloc[0], value_column(review)
    return sentence(
        "{n} of {all} {level}s are listed, the {share} most unusual by {detector}. How many are listed was asked "
        "for and says nothing about how many are wrong. First to review is {level} {id}{amount}: {why}.",
        n=len(review),
        all=len(level.table),
        level=level.name,
        share=percent(level.share),
        detector=_in_sentence(level.detector),
        id=first["id"],
        amount=f" ({money(first[value], currency)})" if value else "",
        why=first["why"][0].lower() + first["why"][1:],
    )


def context_added(sets: dict[str, float]) -> Markup:
    """Say what context adds to the amount by itself."""
    values = list(sets.values())
    first, last, best = values[0], values[-1], max(values)
    template = (
        "The amount by itself reaches an average precision of {first}, the best set of context features {best}."
    )
    if BARE not in sets:
        template = "The best set of context features reaches an average precision of {best}."
    text = sentence(template, first=score(first), best=score(best))
    if last < best - 0.01:
        text += sentence(" With the customer's behaviour it falls to {last}.", last=score(last))
    return text


def worth_findings(level: Level) -> dict[str, float | None]:
    """Return the mean amount of flagged customers and of others, and their ratio; nothing where none is known."""
    name = value_column(level.table)
    if name is None:
        return {}
    values = level.table[name].astype(float)
    flagged, others = values[level.flagged].mean(), values[~level.flagged].mean()
    ratio = flagged / others if others else None
    return {"mean_amount_flagged": flagged, "mean_amount_normal": others, "mean_amount_ratio": ratio}


def worth(level: Level, currency: str) -> Markup:
    """Say what the flagged customers spend beside the others, or that it is not known."""
    if not (means := worth_findings(level)):
        return sentence("What the customers are worth is not in the source.")
    flagged, others = means["mean_amount_flagged"], means["mean_amount_normal"]
    total = level.table[value_column(level.table)].astype(float).sum()
    return sentence(
        "The flagged customers spend {flagged} each on average, the others {others}; together the flagged account "
        "for {share} of the sales.",
        flagged=money(flagged, currency),
        others=money(others, currency),
        share=percent(flagged * len(level.order) / total if total else 0.0),
    )


def past_sales(currency: str) -> str:
    """Return the heading of a column of past sales."""
    return f"Past sales ({SIGNS.get(currency, currency)})" if currency else "Past sales"


def review_first(level: str, review: pd.DataFrame, behind: float | None, currency: str) -> Markup:
    """Say what to review before anything else; `behind` is the money that the flagged rows are about."""
    count, back = len(review), review[review["reason"] == SENT_BACK]
    template = "Review {rows}" + (", before any other contact" if level == "customer" else "")
    if behind is None:
        return sentence(template + ".", rows=_the_flagged(count, level))
    name, most = value_column(review), ""
    if len(back):
        most = "{amount} of it from {who} who sent much of their large orders back"
        amount = money(back[name].astype(float).abs().sum(), currency)
        most = ", " + most.format(amount=amount, who=counted(len(back), "customer", "customers"))
    return sentence(
        template + ": {behind} of past sales{most}.",
        rows=_the_flagged(count, level),
        behind=money(behind, currency),
        most=most,
    )


def _the_flagged(count: int, level: str) -> str:
    return f"the {number(count)} flagged {level}s" if count > 1 else f"the flagged {level}"


def headline(lists: dict[str, pd.DataFrame], currency: str) -> Markup:
    """Say what is listed for review: customers (or orders) and lines, with the money that they are about."""
    names = {
        "customer": ("customer", "customers"),
        "order": ("order", "orders"),
        "line": ("order line", "order lines"),
    }
    told = []
    for level in [level for level in names if level in lists]:
        value, review = value_column(lists[level]), lists[level]
        behind = f" ({money(review[value].astype(float).abs().sum(), currency)} of sales)" if value else ""
        told.append(counted(len(review), *names[level]) + behind)
    one = len(told) == 1 and told[0].startswith("1 ")
    return sentence(
        "{told} {are} listed for review, with the reasons of each.", told=listed(told), are="is" if one else "are"
    )


def found_in_test(level: str, evaluation: pd.DataFrame, detector: str, count: int) -> Markup:
    """Say what a list found of the errors made on purpose, and what that does not tell."""
    by_kind, found = recalls(evaluation, detector), evaluation.loc[detector, "precision_at_rate"]
    weakest = min(by_kind, key=by_kind.__getitem__)
    but = ", but {recall} of the {kind}" if by_kind[weakest] < found - WORSE else ""
    return sentence(
        "In a test the list of {level}s found {found} of {n} errors made on purpose ({gross})"
        + but
        + ". How many of "
        "the {count} listed {level}s are wrong is not known.",
        level=level,
        found="all" if found == 1 else percent(found),
        n=int(evaluation.loc[detector, "injected"]),
        count=count,
        gross=", ".join(KINDS_FOUND[kind][1] for kind in by_kind),
        kind=KINDS_FOUND[weakest][0],
        recall=f"only {percent(by_kind[weakest])}" if by_kind[weakest] else "none",
    )

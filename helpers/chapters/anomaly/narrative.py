"""What chapter 06 says about its own results: sentences and headlines."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import listed, money, number, percent, score, sentence
from helpers.base.vocabulary import label
from helpers.chapters.anomaly.detectors import FOREST, LOF, ROBUST, ROWS_NEEDED, Level, agreement
from helpers.chapters.anomaly.injection import ABUSE_SHARE, BURST_ORDERS, KIND_NAMES, PRICE_FACTOR, QUANTITY_FACTOR
from helpers.customers.profiles import value_column

KINDS = {
    "quantity": f"one line's quantity times {QUANTITY_FACTOR}",
    "price": f"one line's price times {PRICE_FACTOR}, as if the point was forgotten",
    "burst": f"{BURST_ORDERS} orders on one day, of things the customer buys anyway",
    "returns": f"{percent(ABUSE_SHARE, 0)} of the customer's lines brought back",
}
MUCH = 1.5
"""Times the mean of the others from which flagged customers are called good ones."""
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
            text = "{name} is left out: the data lack the columns it is computed of."
            said.append(sentence(text, name=label(name)))
            continue
        missing, different = int(table[name].isna().sum()), table[name].nunique()
        if different == 0:
            said.append(sentence("{name} is left out: no row has a value.", name=label(name)))
        elif different == 1:
            said.append(sentence("{name} is left out: it is the same in all rows.", name=label(name)))
        elif missing:
            text = "{name} is missing in {missing} rows, which count as usual there."
            said.append(sentence(text, name=label(name), missing=missing))
    return said


def _in_sentence(detector: str) -> str:
    """Return a detector's name within a sentence."""
    return {FOREST: "the Isolation Forest", ROBUST: "the robust z-score"}.get(detector, "the mean rank of both")


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
        "Of the {n} {level}s that each of them flags, {one} and {other} share {shared} ({share}). {so}",
        n=int(first["flagged_by_each"]),
        level=level.name,
        one=_in_sentence(FOREST),
        other=_in_sentence(ROBUST),
        shared=int(first["by_both"]),
        share=percent(first["share"]),
        so="They say nearly the same." if first["share"] >= SAME else "What both flag is the safer start.",
    )


def flagged(level: Level, review: pd.DataFrame) -> Markup:
    """Say what was flagged: how many, and who is first."""
    first = review.iloc[0]
    return sentence(
        "{n} of {all} {level}s are flagged, the {share} most unusual by {detector}. That share was asked "
        "for; it is not a finding. First is {level} {id}: {why}.",
        n=len(review),
        all=len(level.table),
        level=level.name,
        share=percent(level.share),
        detector=_in_sentence(level.detector),
        id=first["id"],
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


def worth(level: Level) -> Markup:
    """Say whether the flagged customers are worth more than the others, or that it is not known."""
    if not (means := worth_findings(level)):
        return sentence("What the customers are worth is not in the source.")
    flagged, others = means["mean_amount_flagged"], means["mean_amount_normal"]
    total = level.table[value_column(level.table)].astype(float).sum()
    return sentence(
        "The flagged customers spend {flagged} each on average, the others {others}; together the flagged account "
        "for {share} of the revenue. {so}",
        flagged=number(flagged),
        others=number(others),
        share=percent(flagged * len(level.order) / total if total else 0.0),
        so="Treat them with care: some are the best there are."
        if flagged > MUCH * others
        else "They are hardly better customers than the others: unusual is not valuable.",
    )


def review_first(level: str, count: int, behind: float | None, currency: str) -> Markup:
    """Say what to review before anything else; `behind` is the money that the flagged rows are about."""
    order = ", the most unusual first" if count > 1 else ""
    template = "Review {rows}" + order + (", before any other contact" if level == "customer" else "")
    return sentence(
        template + (": {behind} of sales." if behind is not None else "."),
        rows=f"the {number(count)} flagged {level}s" if count > 1 else f"the flagged {level}",
        behind=money(behind or 0.0, currency),
    )  # fmt: skip


def headline(level: Level, evaluations: dict[str, pd.DataFrame]) -> Markup:
    """Say how long a list is, and how much of what is wrong it finds."""
    text = sentence(
        "{n} of {all} {level}s need{s} review, each with its reasons",
        s="s" if len(level.order) == 1 else "",
        n=len(level.order),
        all=len(level.table),
        level=level.name,
    )
    if level.name not in evaluations:
        return text + "."
    evaluation = evaluations[level.name]
    by_kind = recalls(evaluation, level.detector)
    weakest = min(by_kind, key=by_kind.__getitem__)
    found = evaluation.loc[level.detector, "precision_at_rate"]
    least = ", least where the kind is {kind} ({recall})" if by_kind[weakest] < found else ""
    return text + sentence(
        "; a list as long as the number of injected errors finds {found} of these" + least + ".",
        found=percent(found) if found < 1 else "all",
        kind=KIND_NAMES[weakest].lower(),
        recall=percent(by_kind[weakest]),
    )

"""What chapter 06 says about its own results: sentences, headlines and findings."""

import pandas as pd

from helpers.base.text import listed, number, percent
from helpers.chapters.anomaly.detectors import FOREST, LOF, ROBUST, agreement
from helpers.chapters.anomaly.injection import (
    ABUSE_SHARE,
    BURST_ORDERS,
    FEWEST,
    KIND_NAMES,
    KINDS,
    LINE_KINDS,
    PRICE_FACTOR,
    QUANTITY_FACTOR,
)
from helpers.chapters.anomaly.review import Level, Measured
from helpers.customers.profiles import value_column

MUCH = 1.5
"""Times the mean of the others from which flagged customers are called good ones."""
SAME = 0.8
"""Share of flagged rows in common from which two detectors say nearly the same."""


def why_not_planted(level: str, ledger: bool) -> str:
    """Say why nothing was planted at a level."""
    if not ledger:
        return (
            "without dated orders there is nothing in which a known mistake could be made and found in its context"
        )
    return (
        f"the share that is planted would be fewer than {FEWEST} {level}s of a kind, or a column that it needs "
        "is not there"
    )


def kinds_in_words(kinds: list[str]) -> list[str]:
    """Return what was planted, a phrase a kind."""
    values = {
        "quantity": QUANTITY_FACTOR,
        "price": PRICE_FACTOR,
        "orders": BURST_ORDERS,
        "share": percent(ABUSE_SHARE, 0),
    }
    return [KINDS[kind].format(**values) for kind in kinds]


def _in_sentence(detector: str) -> str:
    """Return a detector's name within a sentence."""
    return {FOREST: "the Isolation Forest", ROBUST: "the robust z-score"}.get(detector, "the mean rank of both")


def read_measured(measured: Measured, what: str) -> list[str]:
    """Say how good the list is on planted anomalies, and where it is not."""
    at, low, high = measured.chosen, measured.precision.low, measured.precision.high
    recalls = measured.recalls
    found = [f"{KIND_NAMES[kind].lower()} {percent(share)}" for kind, share in recalls.items()]
    texts = [
        f"{at['planted']:,} {what} were planted: {'; '.join(kinds_in_words(list(recalls)))}. On the first copy "
        f"{_in_sentence(measured.detector)} found most, so it ranks the list. On the second, "
        f"{percent(at['precision'])} of the first {at['planted']:,} places were planted (95 % interval "
        f"{percent(low)} to {percent(high)}); the average precision is {at['average_precision']:.3f}.",
        f"Found by kind: {listed(found)}.",
    ]
    missed = [KIND_NAMES[kind].lower() for kind, share in recalls.items() if share < 0.5]
    if missed:
        texts.append(f"Do not rely on this list for: {listed(missed)}. More than half of those were not found.")
    return texts


def read_lof(measured: Measured) -> str:
    """Say what the local outlier factor is worth here."""
    table = measured.reported.set_index("detector")
    factor, chosen = table.loc[LOF, "average_precision"], table.loc[measured.detector, "average_precision"]
    if factor < chosen / 2:
        return (
            f"The local outlier factor collapses: its average precision is {factor:.3f}. It asks whether a row's "
            "neighbours stand closer together than the row does; among many copies of the ordinary, rows that are "
            "hardly different do. It is shown, and has no part in the ranking."
        )
    return f"The local outlier factor reaches an average precision of {factor:.3f}; it is a second opinion here."


def read_agreement(level: Level) -> str:
    """Say how far the detectors agree."""
    pairs = agreement(level.scores, level.contamination)
    first = pairs.iloc[0]
    said = (
        f"Of the {first['flagged']:,} {level.name}s that each of them flags, {_in_sentence(FOREST)} and "
        f"{_in_sentence(ROBUST)} share {first['shared']:,} ({percent(first['share'])})."
    )
    return (
        f"{said} What both flag is the safer start."
        if first["share"] < SAME
        else f"{said} They say nearly the same."
    )


def read_level(level: Level, found: pd.DataFrame, currency: str) -> str:
    """Say what was flagged: how many, and who is first."""
    first = found.iloc[0]
    noun = f"{level.name}s"
    return (
        f"{number(len(found))} of {number(len(level.frame))} {noun} are flagged, the "
        f"{percent(level.contamination)} that stand out most by {_in_sentence(level.detector)}. That share was "
        "asked for; it is not a finding. "
        f"First is {level.name} {first['id']}: {first['why'][0].lower()}{first['why'][1:]}."
    )


def read_sets(sets: pd.DataFrame) -> str:
    """Say what context adds."""
    first, best = sets.iloc[0], sets.loc[sets["average_precision"].idxmax()]
    last = sets.iloc[-1]
    said = (
        f"The amount by itself reaches an average precision of {first['average_precision']:.3f}, the best set of "
        f"context features {best['average_precision']:.3f}."
    )
    if last["average_precision"] < best["average_precision"] - 0.01:
        return f"{said} With the customer's behaviour it falls to {last['average_precision']:.3f}."
    return said


def read_worth(level: Level) -> str:
    """Say whether the flagged customers are worth more than the others, or that it is not known."""
    name = value_column(level.frame)
    if name is None:
        return "What the customers are worth is not in the source."
    values = level.frame[name].astype(float)
    flagged, others = float(values[level.flagged].mean()), float(values[~level.flagged].mean())
    share = float(values[level.flagged].sum() / values.sum()) if values.sum() else 0.0
    return (
        f"The flagged customers bring {number(flagged)} each on average, the others {number(others)}; together "
        f"the flagged bring {percent(share)} of the revenue. "
        + (
            "Treat them with care: some are the best there are."
            if flagged > MUCH * others
            else "They are hardly better customers than the others: unusual is not valuable."
        )
    )


def read_parameters(shares: pd.DataFrame, trees: pd.DataFrame, contamination: float) -> str:
    """Say what contamination and trees change."""
    least, most = trees.iloc[0], trees.iloc[-1]
    low, high = shares.iloc[0], shares.iloc[-1]
    return (
        f"A contamination of {percent(low['contamination'])} flags {number(int(low['flagged']))} customers, one "
        f"of {percent(high['contamination'])} flags {number(int(high['flagged']))}: the list is as long as it is "
        f"asked to be, here {percent(contamination)}. Two forests with different seeds share "
        f"{percent(least['shared'])} of what they flag with {number(int(least['trees']))} trees, and "
        f"{percent(most['shared'])} with {number(int(most['trees']))}."
    )


def findings(
    lists: dict[str, pd.DataFrame],
    line_level: Level | None,
    customer_level: Level,
    measured: dict[str, Measured | None],
) -> dict[str, object]:
    """Return what is recorded of the chapter's own result; what could not be measured is None.

    `recall_by_kind` has each kind at the level it is made at: wrong lines among lines, behaviour among customers.
    """
    of_lines, of_customers = measured.get("line"), measured.get("customer")
    recalls = (of_customers.recalls if of_customers else {}) | (of_lines.recalls if of_lines else {})
    found: dict[str, object] = {
        "flagged": len(lists.get("customer", [])),
        "customers": len(customer_level.frame),
        "flagged_lines": len(lists["line"]) if "line" in lists else None,
        "lines": len(line_level.frame) if line_level else None,
        "features": customer_level.space.features,
        "line_features": line_level.space.features if line_level else None,
        "recall_by_kind": {kind: recalls[kind] for kind in KINDS if kind in recalls} or None,
        "recall_by_kind_customers": of_customers.recalls if of_customers else None,
    }
    found["share"] = found["flagged"] / len(customer_level.frame) if len(customer_level.frame) else None
    found["share_lines"] = len(lists["line"]) / len(line_level.frame) if line_level and "line" in lists else None
    for name, each in (("lines", of_lines), ("customers", of_customers)):
        found |= _measured_findings(name, each)
    found |= _value_findings(customer_level) if "customer" in lists else {}
    return found


def _measured_findings(name: str, measured: Measured | None) -> dict[str, object]:
    keys = ("precision_planted", "precision_low", "precision_high", "average_precision", "detector", "planted")
    if measured is None:
        return {f"{key}_{name}": None for key in keys}
    at, precision = measured.chosen, measured.precision
    values = (
        at["precision"],
        precision.low,
        precision.high,
        at["average_precision"],
        measured.detector,
        at["planted"],
    )
    found = {f"{key}_{name}": value for key, value in zip(keys, values, strict=True)}
    by_detector = measured.reported.set_index("detector")[["precision", "average_precision"]]
    found[f"by_detector_{name}"] = by_detector.to_dict("index")
    if len(measured.sets):
        found[f"average_precision_by_features_{name}"] = measured.sets.set_index("set")[
            "average_precision"
        ].to_dict()
    return found


def _value_findings(level: Level) -> dict[str, object]:
    """Return agreement, and what the flagged customers are worth beside the others."""
    pairs = agreement(level.scores, level.contamination)
    found: dict[str, object] = {"agreement": pairs["share"].tolist()}
    name = value_column(level.frame)
    if name:
        values = level.frame[name].astype(float)
        means = values[level.flagged].mean(), values[~level.flagged].mean()
        found |= {"mean_amount_flagged": means[0], "mean_amount_normal": means[1]}
        found["mean_amount_ratio"] = means[0] / means[1] if means[1] else None
    return found


def headlines(
    lists: dict[str, pd.DataFrame],
    line_level: Level | None,
    customer_level: Level,
    measured: dict[str, Measured | None],
) -> list[str]:
    """Return what a reader should know first."""
    texts = []
    for level in (line_level, customer_level):
        if level and level.name in lists:
            texts.append(_headline(level, lists[level.name], measured.get(level.name)))
        elif level:
            texts.append(f"No {level.name} can be called unusual: {level.space.problem}.")
    if not measured.get("customer"):
        texts.append("How much the list of customers finds could not be measured here: nothing could be planted.")
    return texts


def _headline(level: Level, found: pd.DataFrame, measured: Measured | None) -> str:
    text = (
        f"{number(len(found))} of {number(len(level.frame))} {level.name}s are worth a look, each with its reasons"
    )
    if measured is None:
        return f"{text}."
    at = measured.chosen
    text += f"; a list of as many as were planted finds {percent(at['precision'])} of these"
    kinds = LINE_KINDS if level.name == "line" else tuple(measured.recalls)
    weakest = min(kinds, key=lambda kind: measured.recalls.get(kind, 1.0))
    return f"{text}, least where the kind is {KIND_NAMES[weakest].lower()} ({percent(measured.recalls[weakest])})."

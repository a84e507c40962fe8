"""What chapter 07 advises: what the predictions are worth, what to do with whom, and the headlines that say so."""

import numpy as np
import pandas as pd

from helpers.base.text import money
from helpers.chapters.regression import narrative as readings
from helpers.chapters.regression.evaluation import TOO_GOOD, Evidence
from helpers.chapters.regression.forecast import TARGET
from helpers.chapters.regression.models import LAST
from helpers.predicting.audit import Audit


def verdict(evidence: Evidence, target: str, days: int) -> str:
    """Return what the predictions are worth, in one sentence."""
    thing = readings.what(target, days)
    m = evidence.measured
    if evidence.evaluation.task.spend and target == TARGET:
        if m["spearman"].value > TOO_GOOD:
            return (
                f"The rank correlation of {m['spearman'].value:.2f} is too good for {thing}: look for what let "
                "the future into the features before using it."
            )
        if not evidence.beats_baseline:
            return f"{_capital(thing)}: the model is not surely better than the spend of as many days before."
        return (
            f"{_capital(thing)} is predicted better than by the days before (rank correlation "
            f"{m['spearman'].value:.2f}), but not to the penny: R² {m['r2'].value:.2f}."
        )
    if not evidence.worth_using:
        return (
            f"{_capital(thing)} is not predictable from these features: on rows that were not seen R² is "
            f"{m['r2'].value:.3f}, no better than predicting the mean for everybody."
        )
    return (
        f"{_capital(thing)} is predictable from these features: R² {m['r2'].value:.3f} on rows that were not seen."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def question_of(evidence: Evidence, target: str) -> str:
    """Return which question of the front page the verdict answers."""
    ahead = evidence.evaluation.task.spend and target == TARGET
    too_good = ahead and evidence.measured["spearman"].value > TOO_GOOD
    return "how much" if evidence.worth_using and not too_good else "doubt"


def headlines(
    evidence: Evidence, audited: Audit, to_do: pd.DataFrame, target: str, currency: str
) -> list[tuple[str, str | None]]:
    """Return what stands on top of the page after the verdict, each with the front page's question it answers."""
    found = [(readings.leak_headline(audited, target), "doubt")]
    if audited.duplicates >= readings.FEW * audited.rows:
        found.append((readings.read_copies(audited), None))
    if evidence.evaluation.baseline == LAST:
        found += [(readings.read_gain(evidence, currency), None), (readings.read_top(evidence), None)]
    found += [(read_order(to_do), "doubt"), (readings.read_promise(evidence, currency), None)]
    return [(text, answers) for text, answers in found if text]


CHANCE = "Treat them alike: the prediction tells them apart no better than chance."
AS_BEFORE = "Go by what they spent in the period before: the model knows little more."
UPSIDE_DOWN = "They brought no less than the group above: do not go by the order of the predictions here."
"""What to do where predictions say nothing, where a simple guess says as much, and where their order fails."""


def instead(evidence: Evidence) -> str | None:
    """Return what to do with every customer where predictions beat no simple guess; None where they do."""
    if evidence.worth_using:
        return None
    ranked = evidence.evaluation.baseline == LAST and evidence.measured["spearman"].low > 0
    return AS_BEFORE if ranked else CHANCE


def read_order(to_do: pd.DataFrame) -> str | None:
    """Say where the order of the predictions fails; None where it holds, or nobody is told to go by it."""
    for place in range(1, len(to_do)):
        if to_do["action"].iloc[place] == UPSIDE_DOWN:
            name, above = (to_do["group"].iloc[at] for at in (place, place - 1))
            return (
                f"{name} by predicted amount brought {to_do['came'].iloc[place]} a customer, {above.lower()} "
                f"above it {to_do['came'].iloc[place - 1]}: the order of the "
                "predictions is not to be trusted there."
            )
    return None


def business_table(tenths: pd.DataFrame, currency: str, other: str | None) -> pd.DataFrame:
    """Return what to do with customers by where their prediction stands.

    Args:
        tenths: by tenth of the prediction.
        currency: of the amounts.
        other: what to do with all of them, where nobody should act on the predictions.

    Returns:
        `group`, `customers`, `predicted`, `came` (mean amounts), `share` of all that came, and `action`.
    """
    groups = (
        ("The top tenth", range(1, 2), "Look after each of them in person; one lost costs more than a campaign."),
        (
            "The next four tenths",
            range(2, 6),
            "Offers that raise the basket; check whether they bring what was predicted.",
        ),
        ("The lower half", range(6, 11), "Cheap contact only; expect little, and be glad of exceptions."),
    )
    rows, above = [], np.inf
    for name, members, action in groups:
        part = tenths[tenths["tenth"].isin(members)]
        if len(part):
            weights = part["customers"]
            means = {key: float(np.average(part[key], weights=weights)) for key in ("predicted", "actual")}
            rows.append(
                {
                    "group": name,
                    "customers": int(weights.sum()),
                    "predicted": money(means["predicted"], currency),
                    "came": money(means["actual"], currency),
                    "share": float(part["share"].sum()),
                    "action": other or (action if means["actual"] < above else UPSIDE_DOWN),
                }
            )
            above = means["actual"]
    return pd.DataFrame(rows)

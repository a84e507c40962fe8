"""What to do with whom, by decile of the prediction, and where the order of the predictions fails."""

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.text import money, sentence
from helpers.chapters.regression.evaluation import LAST, Evidence

GROUPS = (
    (
        "Top decile",
        range(1, 2),
        "Attend to them first, in person: one lost costs more than a campaign.",
    ),
    ("Deciles 2 to 5", range(2, 6), "Attend to them next, and check whether spend reaches the forecast."),
    ("Lower half", range(6, 11), "Attend to them last, and expect little."),
)
"""An order of attention: what is done with a customer is said by the action of their segment."""
CHANCE = "Treat them alike: the forecast tells them apart no better than chance."
AS_BEFORE = "Go by what they spent in the period before: the model knows little more."
UPSIDE_DOWN = "They spent no less than the group above: do not go by the order of the forecast here."
"""What to do where predictions say nothing, where a simple guess says as much, and where their order fails."""


def instead(evidence: Evidence) -> str | None:
    """Return what to do with every customer where predictions beat no simple guess; None where they do."""
    if evidence.worth_using:
        return None
    ranked = evidence.baseline == LAST and evidence.measured["spearman"].low > 0
    return AS_BEFORE if ranked else CHANCE


def business_table(deciles: pd.DataFrame, currency: str, other: str | None) -> pd.DataFrame:
    """Return what to do with customers by their decile; `other`: with all, where nobody should act on it."""
    rows, above = [], np.inf
    for name, members, action in GROUPS:
        part = deciles[deciles["decile"].isin(members)]
        if len(part):
            forecast, came = np.average(part[["predicted", "actual"]], axis=0, weights=part["customers"])
            to_do = other or (action if came < above else UPSIDE_DOWN)
            means = money(forecast, currency), money(came, currency)
            rows.append((name, part["customers"].sum(), *means, part["share"].sum(), to_do))
            above = came
    return pd.DataFrame(rows, columns=["group", "customers", "forecast", "actual", "share", "action"])


def order_fails(to_do: pd.DataFrame) -> Markup | None:
    """Say where the order of the predictions fails; None where it holds, or nobody is told to go by it."""
    for place in range(1, len(to_do)):
        if to_do["action"].iloc[place] == UPSIDE_DOWN:
            below, above = to_do.iloc[place], to_do.iloc[place - 1]
            return sentence(
                "{name} by forecast spent {actual} per customer, {other} above it {more}: the order of the "
                "forecast is not to be trusted there.",
                name=below["group"],
                actual=below["actual"],
                other=above["group"].lower(),
                more=above["actual"],
            )
    return None

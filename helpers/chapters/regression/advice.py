"""What to do with whom, by decile of the prediction, and where the order of the predictions fails."""

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.text import counted, listed, money, percent, sentence
from helpers.chapters.regression.evaluation import LAST, Evidence
from helpers.predicting.deciles import decile_of

GROUPS = (
    ("Top decile", range(1, 2), "Attend to them first: those at the top of the list."),
    ("Deciles 2 to 5", range(2, 6), "Attend to them next, and check whether spend reaches the forecast."),
    ("Lower half", range(6, 11), "Attend to them last, and expect little."),
)
"""An order of attention: what is done with a customer is said by the action of their segment."""
CHANCE = "Treat them alike: the forecast tells them apart no better than chance."
AS_BEFORE = "Go by what they spent in the period before: the model knows little more."
ALIKE = "Treat them like the group above: they spent no less."
"""What to do where predictions say nothing, where a simple guess says as much, and where their order fails."""
HOLDS, SEASONAL, FAILS = "holds", "seasonal", "fails"
"""Of a group's place in the order: it spent less than the group above; only customers of one season made it spend
as much or more; or it did so without a reason that is known."""


def instead(evidence: Evidence) -> str | None:
    """Return what to do with every customer where predictions beat no simple guess; None where they do."""
    if evidence.worth_using:
        return None
    ranked = evidence.baseline == LAST and evidence.measured["spearman"].low > 0
    return AS_BEFORE if ranked else CHANCE


def forecast_groups(predicted: np.ndarray, actual: np.ndarray, seasons: pd.Series | None = None) -> pd.DataFrame:
    """Return what groups of customers by their forecast spent, and whether the order of the groups held.

    Args:
        predicted: an amount a customer.
        actual: the same.
        seasons: the months of each customer who orders in one season only, else missing; aligned to the others.

    Returns:
        A row a group, the highest forecasts first: `group, customers, forecast, actual` (means), `share` (of all
        that was spent), `order` (HOLDS, SEASONAL, FAILS), `seasonal` (customers of one season), `seasonal_share`
        (of what the group spent), `season` (their months).
    """
    frame = pd.DataFrame({"decile": decile_of(predicted), "predicted": predicted, "actual": actual})
    frame["season"] = pd.Series(None, frame.index, dtype=object) if seasons is None else seasons.to_numpy(object)
    total, rows, above, others_above = frame["actual"].sum(), [], np.inf, np.inf
    for name, members, _ in GROUPS:
        part = frame[frame["decile"].isin(members)]
        if part.empty:
            continue
        has, came = part["season"].notna(), part["actual"].mean()
        others = part.loc[~has, "actual"].mean() if not has.all() else -np.inf
        order = HOLDS if came < above else SEASONAL if has.any() and others < others_above else FAILS
        spent = part["actual"].sum()
        rows.append({
            "group": name, "customers": len(part), "forecast": part["predicted"].mean(), "actual": came,
            "share": spent / total if total else np.nan, "order": order, "seasonal": int(has.sum()),
            "seasonal_share": part.loc[has, "actual"].sum() / spent if spent else 0.0,
            "season": listed(sorted(set(part.loc[has, "season"]))),
        })  # fmt: skip
        above, others_above = came, others if np.isfinite(others) else others_above
    return pd.DataFrame(rows)


def business_table(groups: pd.DataFrame, other: str | None) -> pd.DataFrame:
    """Return the groups with what to do; `other`: with all of them, where nobody should act on the forecast."""
    usual = {name: action for name, _, action in GROUPS}
    told = [
        other or {HOLDS: usual[one.group], SEASONAL: _before_season(one), FAILS: ALIKE}[one.order]
        for one in groups.itertuples()
    ]
    return groups[["group", "customers", "forecast", "actual", "share"]].assign(action=told)


def _before_season(group: pd.Series) -> str:
    return (
        f"Write to the {group.seasonal:,} who order in {group.season} only before their season; expect little of "
        "the others."
    )


def order_fails(groups: pd.DataFrame, currency: str) -> Markup | None:
    """Say where the order of the forecast failed in the test, and of whom; None where it held."""
    failed = groups[groups["order"] != HOLDS]
    if failed.empty:
        return None
    row = failed.iloc[0]
    template = "{group}: forecast {forecast} per customer, actual {actual}, {share} of all that was spent. "
    if row["order"] == SEASONAL:
        template += (
            "Of them, {seasonal} order in {season} only and account for {part} of it: the model misses these."
        )
    else:
        template += "That is no less than the group above: the order of the forecast does not hold there."
    return sentence(
        template,
        group=row["group"] + " by forecast",
        forecast=money(row["forecast"], currency),
        actual=money(row["actual"], currency),
        share=percent(row["share"]),
        seasonal=counted(row["seasonal"], "customer", "customers"),
        season=row["season"],
        part=percent(row["seasonal_share"]),
    )


def use_of_list(groups: pd.DataFrame, other: str | None, currency: str) -> Markup:
    """Say what the list of forecasts is good for, by how far its order held in the test."""
    if other:
        return sentence("Do not go by this list: in the test the forecast was no better than a simple guess.")
    first, orders = groups.iloc[0], set(groups["order"])
    template = "In the test the top decile spent {top} per customer: use this list to find such customers. "
    if FAILS in orders:
        template += "Further down neither its order nor its amounts held."
    elif SEASONAL in orders:
        template += (
            "Further down its order held from group to group, but not for customers who order in one season "
        )
        template += "only: go by their action."
    else:
        template += "Further down its order held from group to group, too."
    return sentence(template, top=money(first["actual"], currency))

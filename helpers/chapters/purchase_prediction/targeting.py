"""Whom to contact, how many of them, and what that is expected to bring.

A contact costs something whoever gets it. It pays where the customer buys and a part of that is due to the
contact. How large that part is nobody can read from a ledger without customers who were left alone on purpose, so
it is an assumption of the study file, and the plan is as good as that.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.base.errors import StudyError

LARGEST = 0.99
"""Quantile of buyers' spend that larger ones are set to while the threshold is chosen: one order must not decide
it."""
VALUABLE = 0.75
"""Quantile of past revenue from which a customer counts as valuable."""
TENTHS = 10


class Costs(NamedTuple):
    """What a contact costs and brings; the parameters of the chapter of the same meaning."""

    contact: float
    """Cost of contacting one customer, in the study's currency."""
    margin: float
    """Share of revenue that is profit."""
    uplift: float
    """Share of a contacted buyer's spend that they would not have spent without the contact: an assumption."""

    @property
    def of_spend(self) -> float:
        """Profit that a contact brings for each unit of money a contacted customer spends."""
        return self.margin * self.uplift


def check_costs(costs: Costs) -> Costs:
    """Return the costs, after checking that they can be.

    Raises:
        StudyError: naming the parameter and the value.
    """
    if costs.contact < 0:
        raise StudyError(f"purchase_prediction.contact_cost is {costs.contact}, but a contact costs 0 or more.")
    for name, share in (("margin", costs.margin), ("uplift", costs.uplift)):
        if not 0 <= share <= 1:
            raise StudyError(f"purchase_prediction.{name} is {share}, but should be a share between 0 and 1.")
    return costs


def by_probability(probabilities: np.ndarray) -> np.ndarray:
    """Return positions from the most probable to the least; of equals the first row first."""
    return np.argsort(-probabilities, kind="stable")


def tenth_of(probabilities: np.ndarray) -> np.ndarray:
    """Return the tenth of each customer, 1 for the most probable; tenths differ by at most one customer."""
    places = np.empty(len(probabilities), dtype=int)
    places[by_probability(probabilities)] = np.arange(len(probabilities))
    return places * TENTHS // len(probabilities) + 1


def tenths(probabilities: np.ndarray, bought: np.ndarray, spend: np.ndarray) -> pd.DataFrame:
    """Return what customers did, by tenth of their probability.

    Returns:
        A row a tenth from the most probable: `tenth`, `customers`, `expected` (mean probability), `share` (that
        bought), `lift` (share over that of all), `gain` (share of all buyers so far), `spend`, `spend_gain`.
    """
    frame = pd.DataFrame(
        {"tenth": tenth_of(probabilities), "expected": probabilities, "bought": bought, "spend": spend}
    )
    by = frame.groupby("tenth")
    found = by.agg(
        customers=("bought", "size"),
        expected=("expected", "mean"),
        share=("bought", "mean"),
        spend=("spend", "sum"),
    ).reset_index()
    found["lift"] = found["share"] / max(bought.mean(), 1e-12)
    found["gain"] = by["bought"].sum().cumsum().to_numpy() / max(bought.sum(), 1)
    found["spend_gain"] = found["spend"].cumsum() / max(spend.sum(), 1e-12)
    return found


def profit_curve(probabilities: np.ndarray, spend: np.ndarray, costs: Costs) -> pd.DataFrame:
    """Return the profit of contacting everybody down to a probability.

    Returns:
        A row for each different probability, the highest first: `threshold`, `contacted`, `profit`.
    """
    order = by_probability(probabilities)
    sorted_down = probabilities[order]
    gained = np.cumsum(costs.of_spend * spend[order] - costs.contact)
    last = np.append(sorted_down[1:] != sorted_down[:-1], True)  # customers alike are contacted together or not
    return pd.DataFrame(
        {
            "threshold": sorted_down[last],
            "contacted": np.flatnonzero(last) + 1,
            "profit": gained[last],
        }
    )


def best_threshold(probabilities: np.ndarray, spend: np.ndarray, costs: Costs) -> float:
    """Return the probability from which a contact pays, by what customers spent whom the model had not seen.

    1 where nobody is worth a contact.
    """
    buyers = spend[spend > 0]
    capped = np.minimum(spend, np.quantile(buyers, LARGEST)) if len(buyers) else spend
    curve = profit_curve(probabilities, capped, costs)
    best = curve.loc[curve["profit"].idxmax()]
    return float(best["threshold"]) if best["profit"] > 0 else 1.0


def policies(probabilities: np.ndarray, spend: np.ndarray, threshold: float, costs: Costs) -> pd.DataFrame:
    """Return what ways of choosing whom to contact would have brought, on customers with a known outcome.

    Returns:
        `policy`, `contacted`, `buyers` (among the contacted), `profit`.
    """
    chosen = probabilities >= threshold
    everyone = np.ones(len(spend), dtype=bool)
    curve = profit_curve(probabilities, spend, costs)
    hindsight = probabilities >= curve.loc[curve["profit"].idxmax(), "threshold"]
    ways = {
        "Threshold from training": chosen,
        "Threshold of a half": probabilities >= 0.5,
        "Everybody": everyone,
        "Best threshold in hindsight": hindsight,
    }
    rows = [_policy(name, who, spend, costs) for name, who in ways.items()]
    mean = rows[2]["profit"] / len(spend) * int(chosen.sum())
    drawn = {
        "policy": "As many, drawn by lot",
        "contacted": int(chosen.sum()),
        "buyers": round(float((spend > 0).mean() * chosen.sum())),
        "profit": mean,
    }
    return pd.DataFrame([*rows, drawn])


def _policy(name: str, who: np.ndarray, spend: np.ndarray, costs: Costs) -> dict[str, object]:
    profit = float(costs.of_spend * spend[who].sum() - costs.contact * who.sum())
    return {"policy": name, "contacted": int(who.sum()), "buyers": int((spend[who] > 0).sum()), "profit": profit}


def contacts(customers: pd.DataFrame, probabilities: np.ndarray, threshold: float) -> pd.DataFrame:
    """Return every customer with their probability, tenth and whether to contact them, the most probable first.

    Args:
        customers: a row a customer with `customer_id`, `monetary` and more features.
        probabilities: of each.
        threshold: from which a contact pays.

    Returns:
        `rank`, `customer_id`, `country` (where known), `probability`, `tenth`, `contact` (yes or no), `group`,
        `recency`, `frequency`, `monetary`.
    """
    worth = customers["monetary"].to_numpy(float)
    valuable, likely = worth >= np.quantile(worth, VALUABLE), probabilities >= threshold
    place = [name for name in ("country",) if name in customers]
    frame = customers[["customer_id", *place]].copy()
    frame["probability"] = probabilities
    frame["tenth"] = tenth_of(probabilities)
    frame["contact"] = np.where(likely, "yes", "no")
    frame["group"] = [GROUPS[bool(a), bool(b)][0] for a, b in zip(likely, valuable, strict=True)]
    for name in ("recency", "frequency", "monetary"):
        frame[name] = customers[name]
    frame = frame.iloc[by_probability(probabilities)].reset_index(drop=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame


GROUPS = {
    (True, True): ("Keep close", "Contact first: they are likely to buy and buy much."),
    (True, False): ("Remind", "Contact at low cost: likely to buy, but less at a time."),
    (False, True): (
        "Look at by hand",
        "They bought much, but a message to all of them does not pay: choose by hand.",
    ),
    (False, False): ("Leave be", "Below the plan's threshold: do not contact."),
}
"""Likely to buy, valuable -> what the group is called, and what to do."""


def expected_profit(listed: pd.DataFrame, spend_by_tenth: pd.Series, costs: Costs) -> float:
    """Return the profit expected of contacting the customers of a list marked `yes`.

    Args:
        listed: `contacts`.
        spend_by_tenth: mean spend of buyers in each tenth of the test, indexed by tenth.
        costs: of a contact.
    """
    chosen = listed[listed["contact"] == "yes"]
    spend = chosen["probability"] * chosen["tenth"].map(spend_by_tenth).fillna(0)
    return float(costs.of_spend * spend.sum() - costs.contact * len(chosen))


def plan(listed: pd.DataFrame) -> pd.DataFrame:
    """Return the groups with their size, mean probability, past revenue and what to do, those to contact first."""
    by = listed.groupby("group")
    found = by.agg(
        customers=("customer_id", "size"), probability=("probability", "mean"), revenue=("monetary", "sum")
    )
    order = [name for name, _ in GROUPS.values() if name in found.index]
    found = found.loc[order].reset_index()
    found["share_of_revenue"] = found.pop("revenue") / max(listed["monetary"].sum(), 1e-12)
    found.insert(2, "what_to_do", [dict(GROUPS.values())[name] for name in found["group"]])
    return found
